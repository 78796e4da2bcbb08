//! From text to filter.

use rulehound_schema::Value;

use super::{ask, compiled, is, schema};
use crate::leaf::Operator;
use crate::lucene::{Reading, query_string};
use crate::problem::{Language, Problems};
use crate::{CompareOp, Expr, Filter, Pattern, Phrase, Test, WildcardPart};

fn lowered(text: &str) -> Filter {
    let found = compiled(text);
    found.filter.unwrap_or_else(|| panic!("{text}: {:?}", found.diagnostics))
}

fn check(cases: impl IntoIterator<Item = (&'static str, Filter)>) {
    for (text, expected) in cases {
        assert_eq!(lowered(text), expected, "{text}");
    }
}

/// Phrases of words between blanks.
fn has(name: &str, phrases: &[&str], slop: u32) -> Filter {
    let phrase = |words: &&str| Phrase {
        words: words.split(' ').map(|word| Pattern::wildcard(word, false)).collect(),
        slop,
    };
    ask(name, Test::Phrases(phrases.iter().map(phrase).collect()))
}

fn matches(name: &str, pattern: Pattern) -> Filter {
    ask(name, Test::Matches(vec![pattern]))
}

fn exists(name: &str) -> Filter {
    ask(name, Test::Exists)
}

#[test]
fn fields_and_words() {
    check([
        ("status:active", is("status", &["active"])),
        ("title:(quick OR brown)", has("title", &["quick", "brown"], 0)),
        ("title:(quick brown)", has("title", &["quick", "brown"], 0)),
        // Words in a row are one text: a keyword is compared with all of it.
        ("status:(new york city)", is("status", &["new york city"])),
        ("book.title:Quick", has("book.title", &["quick"], 0)),
        ("title:\"John Smith\"", has("title", &["john smith"], 0)),
        ("status:\"John Smith\"", is("status", &["John Smith"])),
        ("title:\"fox quick\"~5", has("title", &["fox quick"], 5)),
        ("first\\ name:Alice", is("first name", &["Alice"])),
        ("_exists_:title", exists("title")),
        ("NOT _exists_:title", exists("title").negated()),
        ("status:*", exists("status")),
        ("*:*", Filter::Constant(true)),
        ("*", Filter::Constant(true)),
        ("", Filter::Constant(true)),
        ("title:\"...\"", Filter::Constant(false)),
        // Analysis leaves nothing of the second clause: it is dropped.
        ("status:a AND title:\"-\"", is("status", &["a"])),
        ("nobody:a", Filter::Constant(false)),
        ("age:5", ask("age", Test::In(vec![Value::Long(5)]))),
        ("ip:\"10.0.0.0/8\"", ask("ip", Test::Cidr(vec![("::ffff:10.0.0.0".parse().unwrap(), 104)]))),
        ("ip:10.0.0.0\\/8", ask("ip", Test::Cidr(vec![("::ffff:10.0.0.0".parse().unwrap(), 104)]))),
        ("date:2020-01-01", {
            ask("date", Test::Between(Value::Date(1_577_836_800_000), Value::Date(1_577_923_199_999)))
        }),
        // `book.\*` names several fields.
        (
            r"book.\*:quick",
            Filter::Or(vec![is("book.content", &["quick"]), has("book.title", &["quick"], 0)]),
        ),
        (r"boo\*:5", Filter::Or(vec![is("book.content", &["5"]), has("book.title", &["5"], 0)])),
    ]);
}

#[test]
fn patterns() {
    use WildcardPart::{AnyChar, AnyRun};
    let literal = |text: &str| WildcardPart::Literal(text.into());
    let wildcard = |parts: Vec<WildcardPart>| Pattern::Wildcard { parts, case_insensitive: false };
    let fuzzy = |text: &str, distance| Pattern::Fuzzy {
        text: text.into(),
        distance,
        prefix: 0,
        case_insensitive: false,
    };
    let words = |pattern| ask("title", Test::Phrases(vec![Phrase::word(pattern)]));
    check([
        ("status:qu?ck", matches("status", wildcard(vec![literal("qu"), AnyChar, literal("ck")]))),
        ("status:bro*", matches("status", wildcard(vec![literal("bro"), AnyRun]))),
        ("path:*a\\*b*", matches("path", wildcard(vec![AnyRun, literal("a*b"), AnyRun]))),
        ("path:C\\:\\\\Win*", matches("path", wildcard(vec![literal("C:\\Win"), AnyRun]))),
        ("title:Bro?n", words(wildcard(vec![literal("bro"), AnyChar, literal("n")]))),
        ("title:Bro*", words(wildcard(vec![literal("bro"), AnyRun]))),
        // What stands before the `*` is analysed: any of the words, the last of which goes on.
        (
            "title:Foo-Ba*",
            Filter::any([
                words(Pattern::Exact { text: "foo".into(), case_insensitive: false }),
                words(wildcard(vec![literal("ba"), AnyRun])),
            ]),
        ),
        (
            "status:/joh?n(ath[oa]n)/",
            matches("status", Pattern::Regex { source: "joh?n(ath[oa]n)".into(), case_insensitive: false }),
        ),
        (
            r"status:/a\/b/",
            matches("status", Pattern::Regex { source: r"a\/b".into(), case_insensitive: false }),
        ),
        ("title:quikc~", words(fuzzy("quikc", 1))),
        ("title:Quikcly~", words(fuzzy("quikcly", 2))),
        ("status:ab~", matches("status", fuzzy("ab", 0))),
        ("status:quikc~1", matches("status", fuzzy("quikc", 1))),
        ("status:quikc~7^2", matches("status", fuzzy("quikc", 2))),
    ]);
}

#[test]
fn ranges() {
    use CompareOp::{Gt, Gte, Lt, Lte};
    let age = |op, value| ask("age", Test::Compare(op, Value::Long(value)));
    let date = |op, value| ask("date", Test::Compare(op, Value::Date(value)));
    let status = |op, value: &str| ask("status", Test::Compare(op, Value::String(value.to_owned().into())));
    check([
        ("age:[1 TO 5]", Filter::And(vec![age(Gte, 1), age(Lte, 5)])),
        ("age:{1 TO 5}", Filter::And(vec![age(Gt, 1), age(Lt, 5)])),
        ("age:[1 TO 5}^2", Filter::And(vec![age(Gte, 1), age(Lt, 5)])),
        ("age:[10 TO *]", age(Gte, 10)),
        ("age:{* TO 10}", age(Lt, 10)),
        ("age:[* TO *]", exists("age")),
        ("status:{alpha TO omega}", Filter::And(vec![status(Gt, "alpha"), status(Lt, "omega")])),
        ("status:[\"a b\" TO \"c]\"]", Filter::And(vec![status(Gte, "a b"), status(Lte, "c]")])),
        ("age:>10", age(Gt, 10)),
        ("age:>=10", age(Gte, 10)),
        ("age:<10", age(Lt, 10)),
        ("age:<=10", age(Lte, 10)),
        ("age:(>=10 AND <20)", Filter::And(vec![age(Gte, 10), age(Lt, 20)])),
        ("age:(+>=10 +<20)", Filter::And(vec![age(Gte, 10), age(Lt, 20)])),
        ("date:[2012-01-01 TO 2012-12-31]", {
            Filter::And(vec![date(Gte, 1_325_376_000_000), date(Lte, 1_356_998_399_999)])
        }),
    ]);
    let Filter::Computed(Expr::Compare(Gte, ..)) = lowered("date:[now-1d/d TO *]") else {
        panic!("computed")
    };
}

/// `QueryParserBase.addClause`: operators work on their neighbours.
#[test]
fn operators() {
    let [a, b, c] = ["a", "b", "c"].map(|value| is("status", &[value]));
    let all = |parts: &[&Filter]| Filter::And(parts.iter().map(|part| (*part).clone()).collect());
    let not = |filter: &Filter| filter.clone().negated();
    let (x, y, z) = (exists("title"), exists("age"), exists("ip"));
    check([
        ("status:a status:b", is("status", &["a", "b"])),
        ("status:a OR status:b || status:c", is("status", &["a", "b", "c"])),
        ("status:a AND status:b && status:c", all(&[&a, &b, &c])),
        ("title:* AND age:* OR ip:*", all(&[&x, &y])),
        ("title:* OR age:* AND ip:*", all(&[&y, &z])),
        ("(title:* AND age:*) OR ip:*", Filter::Or(vec![all(&[&x, &y]), z.clone()])),
        ("+title:* age:*", x.clone()),
        ("title:* -age:*", Filter::And(vec![not(&y), x.clone()])),
        ("title:* NOT age:*", Filter::And(vec![not(&y), x.clone()])),
        ("title:* AND NOT age:*", Filter::And(vec![x.clone(), not(&y)])),
        ("title:* !age:*", Filter::And(vec![not(&y), x.clone()])),
        ("-title:*", not(&x)),
        ("title:* AND (NOT age:*)", Filter::And(vec![x.clone(), not(&y)])),
        ("status:(+a -b c)", Filter::And(vec![a.clone(), not(&b)])),
        ("status:(a OR (b AND c))^4", Filter::Or(vec![a.clone(), all(&[&b, &c])])),
        ("status:and", is("status", &["and"])),
        (r"status:\AND", is("status", &["AND"])),
        (r#"status:\(1\+1\)\=2"#, is("status", &["(1+1)=2"])),
        (r"status:\u0041b", is("status", &["Ab"])),
    ]);
}

#[test]
fn parameters() {
    let schema = schema();
    let with = |reading: Reading<'_>, text: &str| {
        let mut problems = Problems::new(Language::Lucene);
        query_string(text, &reading, &mut problems).unwrap()
    };
    let title = || Some(vec![schema.field("title").unwrap()]);
    let all = Reading { operator: Operator::All, fields: title(), ..Reading::new(&schema) };
    let [a, b, c] = ["a", "b", "c"].map(|word| has("title", &[word], 0));
    let and = |parts: &[&Filter]| Filter::And(parts.iter().map(|part| (*part).clone()).collect());
    assert_eq!(with(all.clone(), "a b"), and(&[&a, &b]));
    assert_eq!(with(all.clone(), "a \"b\" c"), and(&[&a, &b, &c]));
    assert_eq!(with(all.clone(), "a OR b"), has("title", &["a", "b"], 0));
    assert_eq!(with(all, "a -b"), Filter::And(vec![a.clone(), b.negated()]));
    let slop = Reading { slop: 3, fields: title(), ..Reading::new(&schema) };
    assert_eq!(with(slop.clone(), "\"a b\""), has("title", &["a b"], 3));
    assert_eq!(with(slop, "\"a b\"~1"), has("title", &["a b"], 1));
    assert_eq!(with(Reading { fields: title(), ..Reading::new(&schema) }, "*"), exists("title"));
}

#[test]
fn without_a_field_all_are_asked() {
    let Filter::Or(parts) = lowered("5") else { panic!("many fields") };
    for part in [is("status", &["5"]), has("title", &["5"], 0), ask("age", Test::In(vec![Value::Long(5)]))] {
        assert!(parts.contains(&part), "{part:?}");
    }
    let Filter::Or(parts) = lowered("this that") else { panic!("many fields") };
    assert!(
        parts.contains(&is("status", &["this that"])) && parts.contains(&has("title", &["this", "that"], 0))
    );
}
