//! From text to filter. Where no source is named: Kibana's page "Kibana Query Language".

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::{Options, compile, compiled, schema};
use crate::{CompareOp, Element, Expr, Filter, Pattern, Phrase, Predicate, Test, WildcardPart};

fn lowered(text: &str) -> Filter {
    let found = compiled(text);
    found.filter.unwrap_or_else(|| panic!("{text}: {:?}", found.diagnostics))
}

fn ask(name: &str, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: schema().field(name).unwrap(), test })
}

fn is(name: &str, values: &[&str]) -> Filter {
    ask(name, Test::In(values.iter().map(|value| Value::String((*value).to_owned().into())).collect()))
}

fn like(name: &str, pattern: &str) -> Filter {
    ask(name, Test::Matches(vec![Pattern::wildcard(pattern, false)]))
}

/// Phrases of words between blanks.
fn has(name: &str, phrases: &[&str]) -> Filter {
    let phrase = |words: &&str| Phrase {
        words: words.split(' ').map(|word| Pattern::wildcard(word, false)).collect(),
        slop: 0,
    };
    ask(name, Test::Phrases(phrases.iter().map(phrase).collect()))
}

fn exists(name: &str) -> Filter {
    ask(name, Test::Exists)
}

/// Of one object of `group`.
fn in_group(filter: Filter) -> Filter {
    Filter::Element(Box::new(Element { array: "group".into(), filter }))
}

fn long(value: i64) -> Value<'static> {
    Value::Long(value)
}

#[test]
fn terms() {
    for (text, expected) in [
        ("", Filter::Constant(true)),
        ("  ", Filter::Constant(true)),
        ("*", Filter::Constant(true)),
        ("*:*", Filter::Constant(true)),
        ("process.name:*", exists("process.name")),
        ("process.name : \"*\"", is("process.name", &["*"])),
        ("process.name: *.exe", like("process.name", "*.exe")),
        ("process.name: cmd", is("process.name", &["cmd"])),
        ("process.name: Two words ", is("process.name", &["Two words"])),
        ("\"process.name\": cmd", is("process.name", &["cmd"])),
        ("process.pid: 200", ask("process.pid", Test::In(vec![long(200)]))),
        ("process.pid: \"200\"", ask("process.pid", Test::In(vec![long(200)]))),
        ("process.score: 1.5", ask("process.score", Test::In(vec![Value::Double(1.5)]))),
        ("process.elevated: true", ask("process.elevated", Test::In(vec![Value::Boolean(true)]))),
        ("process.name: true", is("process.name", &["true"])),
        ("process.version: 1.2", is("process.version", &["1.2"])),
    ] {
        assert_eq!(lowered(text), expected, "{text}");
    }
}

#[test]
fn conjunctions_and_lists() {
    let (a, c) = (is("process.name", &["a"]), exists("created"));
    let pid = ask("process.pid", Test::In(vec![long(1)]));
    for (text, expected) in [
        ("process.name: (a or b or c)", is("process.name", &["a", "b", "c"])),
        ("process.name: a OR process.name: b", is("process.name", &["a", "b"])),
        (
            "process.name: (a and b)",
            Filter::And(vec![is("process.name", &["a"]), is("process.name", &["b"])]),
        ),
        ("not process.name: a", a.clone().negated()),
        ("NOT process.name: (a or b)", is("process.name", &["a", "b"]).negated()),
        (
            "process.name: (a and not (b or c))",
            Filter::And(vec![a.clone(), is("process.name", &["b", "c"]).negated()]),
        ),
        ("process.name:(not *)", exists("process.name").negated()),
        // `and` binds tighter than `or`, `not` tighter than both.
        (
            "process.name: a or created: * and not process.pid: 1",
            Filter::Or(vec![a.clone(), Filter::And(vec![c.clone(), pid.clone().negated()])]),
        ),
        (
            "(process.name: a or created: *) and process.pid: 1",
            Filter::And(vec![Filter::Or(vec![a, c]), pid]),
        ),
    ] {
        assert_eq!(lowered(text), expected, "{text}");
    }
}

/// The rules of `grammar.peggy`: where words end, and what a backslash takes the meaning from.
#[test]
fn escapes() {
    for (text, value) in [
        (r"process.name: a\:b", "a:b"),
        (r"process.name: \(a\)", "(a)"),
        (r#"process.name: \"a\""#, "\"a\""),
        (r"process.name: a\\b", r"a\b"),
        (r"process.name: a\*b", "a*b"),
        (r"process.name: \<a\>\{\}", "<a>{}"),
        (r"process.name: a \and b", "a and b"),
        (r"process.name: \not a", "not a"),
        (r"process.name: a\tb", "a\tb"),
        (r"process.name: \u0041\u00e9", "A\u{e9}"),
        (r"process.name: \ud83d\ude00", "\u{1f600}"),
        (r#"process.name: "a\\b\"c\*""#, r#"a\b"c\*"#),
        (r#"process.name: "C:\Windows and \\""#, r"C:\Windows and \"),
        (r#"process.name: "a\nb\u0041""#, "a\nbA"),
        ("process.name: a or", "a or"),
        ("process.name: sand oregano notes", "sand oregano notes"),
        ("process.name: a?b", "a?b"),
    ] {
        assert_eq!(lowered(text), is("process.name", &[value]), "{text}");
    }
    let question_mark = Pattern::Wildcard {
        parts: vec![WildcardPart::Literal("a?b*".into()), WildcardPart::AnyRun],
        case_insensitive: false,
    };
    assert_eq!(
        lowered(r"process.name: a?b\**"),
        ask("process.name", Test::Matches(vec![question_mark])),
        "`?` is no wildcard"
    );
}

#[test]
fn ranges() {
    use CompareOp::{Gt, Gte, Lt, Lte};
    let date = Value::Date;
    for (text, field, op, value) in [
        ("process.pid > 10", "process.pid", Gt, long(10)),
        ("process.pid>=10", "process.pid", Gte, long(10)),
        ("process.pid < 1.5", "process.pid", Lte, long(1)),
        ("process.pid <= \"10\"", "process.pid", Lte, long(10)),
        ("process.name > b", "process.name", Gt, Value::String("b".into())),
        ("source.ip >= 10.0.0.1", "source.ip", Gte, Value::Ip("::ffff:10.0.0.1".parse().unwrap())),
        // The reference of the range query: `gt` and `lte` round up, `gte` and `lt` down.
        ("created >= 2020-01-01", "created", Gte, date(1_577_836_800_000)),
        ("created > 2020-01-01", "created", Gt, date(1_577_923_199_999)),
        ("created < 2020-01-01", "created", Lt, date(1_577_836_800_000)),
        ("created <= 2020-01-01", "created", Lte, date(1_577_923_199_999)),
        ("created <= \"2020-01-01||/M\"", "created", Lte, date(1_580_515_199_999)),
        ("created < \"2020-01-31||+1M/d\"", "created", Lt, date(1_582_934_400_000)),
    ] {
        assert_eq!(lowered(text), ask(field, Test::Compare(op, value)), "{text}");
    }
}

#[test]
fn dates() {
    let spans = ask("created", Test::Between(Value::Date(1_577_836_800_000), Value::Date(1_577_923_199_999)));
    assert_eq!(lowered("created: 2020-01-01"), spans);
    // `now` is the time of the event.
    let Filter::Computed(Expr::Compare(CompareOp::Gte, left, right)) = lowered("created >= now-30d/d") else {
        panic!("a computed comparison")
    };
    assert_eq!(*left, Expr::Field(schema().field("created").unwrap()));
    let Expr::DateMath { from, steps, bound } = *right else { panic!("date math") };
    assert_eq!(*from, Expr::Field(Field::new("@timestamp", FieldType::Date)));
    assert_eq!((steps.to_string().as_str(), bound), ("-30d/d", rulehound_schema::Bound::From));
}

#[test]
fn networks() {
    let network = Test::Cidr(vec![("::ffff:10.0.0.0".parse().unwrap(), 104)]);
    assert_eq!(lowered("source.ip: 10.0.0.0/8"), ask("source.ip", network.clone()));
    assert_eq!(lowered("source.ip: \"10.0.0.0/8\""), ask("source.ip", network));
    let address = Value::Ip("::ffff:127.0.0.1".parse().unwrap());
    assert_eq!(lowered("source.ip: 127.0.0.1"), ask("source.ip", Test::In(vec![address])));
}

/// Unquoted words are a `match`: any of them; quoted ones a `match_phrase`.
#[test]
fn words() {
    for (text, expected) in [
        ("message: null pointer", has("message", &["null", "pointer"])),
        ("message: \"Null Pointer\"", has("message", &["null pointer"])),
        ("message: ERROR", has("message", &["error"])),
        ("message: \"...\"", Filter::Constant(false)),
        ("process.name.text: \"Cmd.exe\"", has("process.name.text", &["cmd.exe"])),
        ("message: Fail*", has("message", &["fail*"])),
        // A `query_string`: blanks part one question from the next.
        ("message: Access Den*", has("message", &["access", "den*"])),
        ("process.command_line: *-enc* *hidden*", {
            let patterns = ["*-enc*", "*hidden*"].map(|pattern| Pattern::wildcard(pattern, false));
            ask("process.command_line", Test::Matches(patterns.to_vec()))
        }),
        // Its escapes and operators are those of Lucene.
        ("process.command_line: a-\\(1\\)* ", like("process.command_line", "a-(1)*")),
        ("process.command_line: (\\(x\\)?*)", {
            let parts = vec![WildcardPart::Literal("(x)?".into()), WildcardPart::AnyRun];
            ask(
                "process.command_line",
                Test::Matches(vec![Pattern::Wildcard { parts, case_insensitive: false }]),
            )
        }),
        ("process.name: *a b*", like("process.name", "*a b*")),
        ("caseless: A*", { ask("caseless", Test::Matches(vec![Pattern::wildcard("A*", true)])) }),
    ] {
        assert_eq!(lowered(text), expected, "{text}");
    }
}

#[test]
fn names() {
    for (text, expected) in [
        ("*.port: 80 or source.p*: 443", ask("source.port", Test::In(vec![long(80), long(443)]))),
        // What a field that a pattern of names finds cannot answer is no error.
        ("source.*: 80", ask("source.port", Test::In(vec![long(80)]))),
        ("source.*: *", Filter::Or(vec![exists("source.ip"), exists("source.port")])),
        ("source: *", Filter::Or(vec![exists("source.ip"), exists("source.port")])),
        (
            "group:{ first: Alice and last: White }",
            in_group(Filter::And(vec![is("group.first", &["Alice"]), is("group.last", &["White"])])),
        ),
        ("group:{ fir*: Alice }", in_group(is("group.first", &["Alice"]))),
        ("not group:{ first: Alice }", in_group(is("group.first", &["Alice"])).negated()),
        (
            "group:{ *: Alice }",
            in_group(Filter::Or(vec![is("group.first", &["Alice"]), is("group.last", &["Alice"])])),
        ),
        ("nobody: a", Filter::Constant(false)),
        ("not nobody: a", Filter::Constant(true)),
    ] {
        assert_eq!(lowered(text), expected, "{text}");
    }
}

/// Without a mapping an event may have any field.
#[test]
fn unknown_fields_are_guessed() {
    let compiled = |text: &str| compile(text, Options { schema: Schema::catalogue() }).filter.unwrap();
    let field = |field_type| Field::new("my.own", field_type);
    let test = Test::In(vec![Value::String("a".into())]);
    assert_eq!(
        compiled("my.own: a"),
        Filter::Predicate(Predicate { field: field(FieldType::Keyword), test })
    );
    let test = Test::Compare(CompareOp::Gt, Value::Double(0.98));
    assert_eq!(
        compiled("my.own > 0.98"),
        Filter::Predicate(Predicate { field: field(FieldType::Double), test })
    );
}

#[test]
fn free_text_is_put_to_all_fields() {
    let Filter::Or(parts) = lowered("80") else { panic!("many fields") };
    let pid = ask("process.pid", Test::In(vec![long(80)]));
    for part in [pid, is("process.name", &["80"]), has("message", &["80"])] {
        assert!(parts.contains(&part), "{part:?}");
    }
    let Filter::Or(parts) = lowered("\"access denied\"") else { panic!("many fields") };
    assert!(parts.contains(&has("message", &["access denied"])));
    assert!(
        !parts.iter().any(|part| matches!(part, Filter::Predicate(p) if &*p.field.name == "process.pid"))
    );
}
