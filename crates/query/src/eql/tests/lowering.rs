//! What conditions become.

use std::net::Ipv6Addr;

use rulehound_schema::{Field, FieldSource, FieldType, Value};

use super::filter;
use crate::{CompareOp, Expr, Filter, Pattern, Predicate, Test, WildcardPart};

fn ask(name: &str, field_type: FieldType, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: Field::new(name, field_type), test })
}

fn name(test: Test) -> Filter {
    ask("process.name", FieldType::Keyword, test)
}

fn pid(test: Test) -> Filter {
    ask("process.pid", FieldType::Long, test)
}

fn not(inner: Filter) -> Filter {
    Filter::Not(Box::new(inner))
}

fn text(text: &str) -> Value<'static> {
    Value::String(text.to_owned().into())
}

fn texts(all: &[&str]) -> Test {
    Test::In(all.iter().map(|one| text(one)).collect())
}

fn exact(text: &str, case_insensitive: bool) -> Pattern {
    Pattern::Exact { text: text.into(), case_insensitive }
}

fn check(condition: &str, expected: Filter) {
    assert_eq!(filter(condition), expected, "{condition}");
}

#[test]
fn comparisons_with_fields() {
    check("process.name == \"a\"", name(texts(&["a"])));
    check("\"a\" == process.name", name(texts(&["a"])));
    check("process.name == 4.5", name(texts(&["4.5"])));
    check("process.name == 1e10", name(texts(&["1.0E10"])));
    check("process.name == true", name(texts(&["true"])));
    check("process.name < \"b\"", name(Test::Compare(CompareOp::Lt, text("b"))));
    check("2 < process.pid", pid(Test::Compare(CompareOp::Gt, Value::Long(2))));
    check("process.name == null", not(name(Test::Exists)));
    check("null != process.name", name(Test::Exists));
    check(
        "process.name < null",
        Filter::Computed(Expr::Compare(
            CompareOp::Lt,
            Box::new(Expr::Field(Field::new("process.name", FieldType::Keyword))),
            Box::new(Expr::Literal(None)),
        )),
    );
    check("title == \"a\"", ask("title", FieldType::Keyword, texts(&["a"])));
    check("agent > \"1.10\"", ask("agent", FieldType::Version, Test::Compare(CompareOp::Gt, text("1.10"))));
}

/// `!=` asks that no value is equal, and so holds where the field is missing (Elasticsearch's tests of its query
/// translator: `bool != true` is `must_not` of a `term`). An unknown field is null.
#[test]
fn inequality_holds_without_a_value() {
    let different = |ask: &dyn Fn(Test) -> Filter, equal| not(ask(equal));
    let is = |value| Test::In(vec![value]);
    let ok = |test| ask("process.ok", FieldType::Boolean, test);
    let ip = |test| ask("source.ip", FieldType::Ip, test);
    let date = |test| ask("@timestamp", FieldType::Date, test);
    let day = Test::Between(Value::Date(0), Value::Date(86_399_999));
    let is_a = || name(texts(&["a"]));
    check("process.name != \"a\"", different(&name, texts(&["a"])));
    check("\"a\" != process.name", different(&name, texts(&["a"])));
    check("process.pid != 4", different(&pid, is(Value::Long(4))));
    check("process.ok != true", different(&ok, is(Value::Boolean(true))));
    check("source.ip != \"::1\"", different(&ip, is(Value::Ip(Ipv6Addr::LOCALHOST))));
    check("@timestamp != \"1970-01-01\"", different(&date, day));
    check("not (process.name == \"a\")", not(is_a()));
    check("(process.name == \"a\") != true", not(is_a()));
    check("not process.name in (\"a\")", not(is_a()));
    check("not (process.name != \"a\")", is_a());
    check("not not process.name != \"a\"", different(&name, texts(&["a"])));
    check("?gone != \"a\"", Filter::Constant(false));
}

#[test]
fn numbers() {
    let long = |n| Test::In(vec![Value::Long(n)]);
    check("process.pid == \"4\"", pid(long(4)));
    check("process.pid == 4.0", pid(long(4)));
    check("process.pid == 4.5", Filter::Constant(false));
    check("process.pid != 4.5", Filter::Constant(true));
    check("process.pid > 4.5", pid(Test::Compare(CompareOp::Gt, Value::Long(4))));
    check("process.pid >= 4.5", pid(Test::Compare(CompareOp::Gt, Value::Long(4))));
    check("process.pid < -4.5", pid(Test::Compare(CompareOp::Lte, Value::Long(-5))));
    check("process.pid < 100000000000000000000", pid(Test::Exists));
    check("process.pid > 1e30", Filter::Constant(false));
    check("process.pid > -1e30", pid(Test::Exists));
    check("size == 18446744073709551615", Filter::Constant(false)); // a double, rounded up out of range
    check(
        "size == \"18446744073709551615\"",
        ask("size", FieldType::UnsignedLong, Test::In(vec![Value::UnsignedLong(u64::MAX)])),
    );
    check(
        "size < 0",
        ask("size", FieldType::UnsignedLong, Test::Compare(CompareOp::Lt, Value::UnsignedLong(0))),
    );
    check("size >= -1", ask("size", FieldType::UnsignedLong, Test::Exists));
    check("process.load == 1", ask("process.load", FieldType::Double, Test::In(vec![Value::Double(1.0)])));
}

#[test]
fn dates_stand_for_spans_of_time() {
    let date = |test| ask("@timestamp", FieldType::Date, test);
    let day = 1_577_923_200_000_i64; // 2020-01-02
    let (from, to) = (Value::Date(day), Value::Date(day + 86_399_999));
    check("@timestamp == \"2020-01-02\"", date(Test::Between(from.clone(), to.clone())));
    check("@timestamp > \"2020-01-02\"", date(Test::Compare(CompareOp::Gt, to.clone())));
    check("@timestamp <= \"2020-01-02\"", date(Test::Compare(CompareOp::Lte, to)));
    check("@timestamp >= \"2020-01-02\"", date(Test::Compare(CompareOp::Gte, from.clone())));
    check("@timestamp < \"2020-01-02\"", date(Test::Compare(CompareOp::Lt, from.clone())));
    check("@timestamp == \"2020-01-02T00:00:00.000Z\"", date(Test::In(vec![from.clone()])));
    check("@timestamp == \"2020-01-02T01:00:00.000+01:00\"", date(Test::In(vec![from.clone()])));
    check("@timestamp == 1577923200000", date(Test::In(vec![from])));
    let span = |millis| date(Test::Between(Value::Date(day), Value::Date(day + millis - 1)));
    check("@timestamp == \"2020-01-02T00:00:00Z\"", span(1_000));
    check("@timestamp == \"2020-01-02T00:00Z\"", span(60_000));
    check("@timestamp == \"2020-01-02T00Z\"", span(3_600_000));
    let nanos = Value::DateNanos(day * 1_000_000);
    let last = Value::DateNanos(day * 1_000_000 + 999_999);
    let expected = ask("nanos", FieldType::DateNanos, Test::Between(nanos, last));
    check("nanos == \"2020-01-02T00:00:00.000Z\"", expected);
}

#[test]
fn booleans() {
    let ok = || ask("process.ok", FieldType::Boolean, Test::In(vec![Value::Boolean(true)]));
    check("process.ok", ok());
    check("process.ok == true", ok());
    check("process.ok == \"true\"", ok());
    check("not process.ok", not(ok()));
    check(
        "process.ok == false",
        ask("process.ok", FieldType::Boolean, Test::In(vec![Value::Boolean(false)])),
    );
    check("(process.pid == 1) == false", not(pid(Test::In(vec![Value::Long(1)]))));
    check("true != (process.pid == 1)", not(pid(Test::In(vec![Value::Long(1)]))));
    check("not not not process.ok", not(ok()));
}

#[test]
fn lists_and_patterns() {
    check("process.name in (\"a\", null, \"b\")", name(texts(&["a", "b"])));
    check("process.name not in (\"a\")", not(name(texts(&["a"]))));
    check("process.name == \"a\" or process.name == \"b\"", name(texts(&["a", "b"])));
    check("process.name : \"a\"", name(Test::Matches(vec![exact("a", true)])));
    check("process.name in~ (\"a*\", \"b\")", name(Test::Matches(vec![exact("a*", true), exact("b", true)])));
    check("process.name like \"a\"", name(Test::Matches(vec![exact("a", false)])));
    check(
        "process.name : (\"a?*\", null)",
        name(Test::Matches(vec![Pattern::Wildcard {
            parts: vec![WildcardPart::Literal("a".into()), WildcardPart::AnyChar, WildcardPart::AnyRun],
            case_insensitive: true,
        }])),
    );
    let regex = Pattern::Regex { source: "a+".into(), case_insensitive: true };
    check("process.name regex~ \"a+\"", name(Test::Matches(vec![regex])));
}

#[test]
fn addresses() {
    let ip = |test| ask("source.ip", FieldType::Ip, test);
    let v4: Ipv6Addr = "::ffff:10.1.2.3".parse().unwrap();
    check("source.ip == \"10.1.2.3\"", ip(Test::In(vec![Value::Ip(v4)])));
    check("source.ip == \"10.1.2.3/8\"", ip(Test::Cidr(vec![(v4, 104)])));
    check(
        "cidrmatch(source.ip, \"10.1.2.3/8\", \"::1\")",
        ip(Test::Cidr(vec![(v4, 104), (Ipv6Addr::LOCALHOST, 128)])),
    );
    check("not cidrMatch(source.ip, \"10.1.2.3/8\")", not(ip(Test::Cidr(vec![(v4, 104)]))));
}

#[test]
fn functions_that_ask_about_one_field() {
    let wildcard = |parts: &[WildcardPart], case_insensitive| {
        name(Test::Matches(vec![Pattern::Wildcard { parts: parts.to_vec(), case_insensitive }]))
    };
    let (any, a) = (WildcardPart::AnyRun, WildcardPart::Literal("a*".into()));
    check("startsWith(process.name, \"a*\")", wildcard(&[a.clone(), any.clone()], false));
    check("ENDSWITH~(process.name, \"a*\") == true", wildcard(&[any.clone(), a.clone()], true));
    check("stringContains(process.name, \"a*\")", wildcard(&[any.clone(), a, any.clone()], false));
    check("stringContains(process.name, \"\")", wildcard(&[any], false));
    check("not startsWith(process.name, \"\")", not(wildcard(&[WildcardPart::AnyRun], false)));
}

#[test]
fn constants_are_gone() {
    check("true and process.ok or false", filter("process.ok"));
    check("false and process.ok", Filter::Constant(false));
    check("1 + 2 * 3 == 7", Filter::Constant(true));
    check("length(\"abc\") - 1 == process.pid", pid(Test::In(vec![Value::Long(2)])));
    check("not null", Filter::Constant(false));
    check("null == null", Filter::Constant(true));
    check("startsWith(\"abc\", \"b\")", Filter::Constant(false));
}

/// Null compares with nothing, and so does a field that does not exist; but `not` holds for the latter.
#[test]
fn unknown_fields_are_missing_everywhere() {
    check("?gone == \"a\"", Filter::Constant(false));
    check("not ?gone : \"a*\"", Filter::Constant(true));
    check("?gone == null", Filter::Constant(true));
    check("?gone != null", Filter::Constant(false));
    check("?gone == ?away", Filter::Constant(true));
    check("?gone", Filter::Constant(false));
    check("length(?gone) > 1", Filter::Constant(false));
    check("not length(?gone) > 1", Filter::Constant(false));
    check("process.name == ?gone", not(name(Test::Exists)));
}

/// An event of one field.
struct One<'a>(&'a str, Vec<Value<'a>>);

impl FieldSource for One<'_> {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        if &*field.name == self.0 { self.1.clone() } else { Vec::new() }
    }
}

/// A computed condition on events whose `process.name` has these values.
fn computed(condition: &str, values: &[&str]) -> Option<bool> {
    let Filter::Computed(expr) = filter(condition) else { panic!("{condition}") };
    match expr.evaluate(&One("process.name", values.iter().map(|value| text(value)).collect())) {
        Some(Value::Boolean(value)) => Some(value),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn computed_conditions() {
    assert_eq!(computed("length(process.name) > 3", &["abcd"]), Some(true));
    assert_eq!(computed("length(process.name) > 3", &["abc"]), Some(false));
    assert_eq!(computed("length(process.name) > 3", &[]), None);
    assert_eq!(computed("not length(process.name) > 3", &["abc"]), Some(true));
    // `not` directly over a computed condition is null with it.
    assert_eq!(computed("not length(process.name) > 3", &[]), None);
    assert_eq!(computed("length(process.name) == null", &[]), Some(true));
    assert_eq!(computed("substring(process.name, 1) : \"B*\"", &["abc"]), Some(true));
}

#[test]
fn computed_conditions_over_several_values() {
    let (short, long) = ("ab", "abcd");
    assert_eq!(computed("length(process.name) > 3", &[short, long]), Some(true));
    assert_eq!(computed("length(process.name) != 2", &[short, long]), Some(true));
    assert_eq!(computed("length(process.name) != 2", &[short]), Some(false));
    // `not` asks about all values.
    assert_eq!(computed("not length(process.name) == 2", &[short, long]), Some(false));
    assert_eq!(computed("not length(process.name) == 3", &[short, long]), Some(true));
    // Every mention of a field takes a value of its own.
    assert_eq!(computed("concat(process.name, process.name) == \"abcdab\"", &[short, long]), Some(true));
    let many: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(computed("concat(process.name, process.name, process.name) == \"x\"", &many).is_some());
}
