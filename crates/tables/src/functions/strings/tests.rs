//! Values made after "ES|QL string functions" and the classes of Elasticsearch of the same names.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;
use rulehound_query::esql::functions::SignatureError;

use crate::functions::testing::{Arg, NULL, column, constant, refused, rows, run, text, values};

fn int(n: i32) -> Arg {
    constant(Integer, n)
}

/// Of constants.
fn one(name: &'static str, args: &[Arg]) -> Literal {
    rows(name, args).remove(0)
}

#[test]
fn lengths() {
    let names = column(Text, values!["Cádiz", "🐱", "", NULL]);
    assert_eq!(rows("length", std::slice::from_ref(&names)), values![5, 1, 0, NULL]);
    assert_eq!(rows("byte_length", std::slice::from_ref(&names)), values![6, 4, 0, NULL]);
    assert_eq!(rows("bit_length", &[names]), values![48, 32, 0, NULL]);
    assert!(matches!(refused("length", &[int(1)]), SignatureError::Type { place: 0, .. }));
    let outcome = run("length", &[column(Keyword, values![["a", "b"]])]);
    assert_eq!((outcome.rows, outcome.warnings.len()), (vec![NULL], 1));
}

#[test]
fn concat() {
    let names = column(Keyword, values!["a", NULL, ["x", "y"]]);
    let outcome = run("concat", &[names, text("-"), column(Text, values!["b", "c", "d"])]);
    assert_eq!(outcome.rows, values!["a-b", NULL, NULL]);
    assert_eq!(outcome.warnings[0].0, "concat");
    let long = text(&"x".repeat(600_000));
    let outcome = run("concat", &[long.clone(), long]);
    assert_eq!((outcome.rows, outcome.warnings[0].2), (vec![NULL], 1));
    assert!(matches!(refused("concat", &[text("a")]), SignatureError::Count { .. }));
    assert!(matches!(refused("concat", &[text("a"), int(1)]), SignatureError::Type { place: 1, .. }));
}

#[test]
fn parts() {
    let names = column(Keyword, values!["cmd.exe", "CMD.EXE", "", NULL]);
    let ask = |name, part: &str| rows(name, &[names.clone(), text(part)]);
    assert_eq!(ask("starts_with", "cmd"), values![true, false, false, NULL]);
    assert_eq!(ask("ends_with", ".exe"), values![true, false, false, NULL]);
    assert_eq!(ask("contains", "d.e"), values![true, false, false, NULL]);
    assert_eq!(ask("contains", ""), values![true, true, true, NULL]);
    assert_eq!(rows("contains", &[names.clone(), constant(Null, NULL)]), [NULL, NULL, NULL, NULL]);
    assert!(matches!(refused("starts_with", &[names, int(1)]), SignatureError::Type { place: 1, .. }));
}

#[test]
fn left_and_right() {
    let names = column(Keyword, values!["🐱Meow", "ab", NULL]);
    let part = |name, length| rows(name, &[names.clone(), int(length)]);
    assert_eq!(part("left", 3), values!["🐱Me", "ab", NULL]);
    assert_eq!(part("right", 3), values!["eow", "ab", NULL]);
    assert_eq!(part("right", 5), values!["🐱Meow", "ab", NULL]);
    assert_eq!(part("left", 0), values!["", "", NULL]);
    assert_eq!(part("left", -1), values!["", "", NULL]);
    assert_eq!(part("right", i32::MIN), values!["", "", NULL]);
    assert!(matches!(
        refused("left", &[names, constant(Long, 1_i64)]),
        SignatureError::Type { place: 1, .. }
    ));
}

#[test]
fn substring() {
    let names = column(Keyword, values!["Tzvetan", "🐱Meow", "", NULL]);
    let from = |place| rows("substring", &[names.clone(), int(place)]);
    assert_eq!(from(2), values!["zvetan", "Meow", "", NULL]);
    assert_eq!(from(0), from(1));
    assert_eq!(from(-3), values!["tan", "eow", "", NULL]);
    assert_eq!(from(-99), from(1));
    assert_eq!(from(99), values!["", "", "", NULL]);
    assert_eq!(rows("substring", &[names.clone(), int(1), int(3)]), values!["Tzv", "🐱Me", "", NULL]);
    assert_eq!(rows("substring", &[names.clone(), int(-3), int(2)]), values!["ta", "eo", "", NULL]);
    let outcome = run("substring", &[names, int(1), int(-1)]);
    assert_eq!((outcome.rows, outcome.warnings[0].2), (vec![NULL; 4], 3));
}

#[test]
fn locate() {
    let names = column(Keyword, values!["hello world", "🐱Meow!🐶Woof!", NULL]);
    assert_eq!(rows("locate", &[names.clone(), text("o")]), values![5, 4, NULL]);
    assert_eq!(rows("locate", &[names.clone(), text("o"), int(6)]), values![8, 9, NULL]);
    assert_eq!(rows("locate", &[names.clone(), text("o"), int(-4)]), values![8, 9, NULL]);
    assert_eq!(rows("locate", &[names.clone(), text("🐶")]), values![0, 7, NULL]);
    assert_eq!(rows("locate", &[names, text("")]), values![1, 1, NULL]);
}

#[test]
fn trim() {
    let names = column(Keyword, values!["\t a b \n", "\u{a0}x", NULL]);
    assert_eq!(rows("trim", std::slice::from_ref(&names)), values!["a b", "\u{a0}x", NULL]);
    assert_eq!(rows("ltrim", std::slice::from_ref(&names)), values!["a b \n", "\u{a0}x", NULL]);
    assert_eq!(rows("rtrim", &[names]), values!["\t a b", "\u{a0}x", NULL]);
}

#[test]
fn repeat_and_space() {
    assert_eq!(one("repeat", &[text("ab"), int(3)]), Literal::Keyword("ababab".into()));
    assert_eq!(rows("space", &[column(Integer, values![0, 2, -1, NULL])]), values!["", "  ", NULL, NULL]);
    let outcome = run(
        "repeat",
        &[column(Keyword, values!["a", "a", ""]), column(Integer, values![-1, i32::MAX, i32::MAX])],
    );
    assert_eq!(outcome.rows, values![NULL, NULL, ""]);
    assert_eq!(outcome.warnings.len(), 2);
}

#[test]
fn reverse() {
    // A flag is two characters that belong together.
    let names = column(Keyword, values!["Some Text", "a🇩🇪e\u{301}", NULL]);
    assert_eq!(rows("reverse", &[names]), values!["txeT emoS", "e\u{301}🇩🇪a", NULL]);
}

#[test]
fn split() {
    let names = column(Keyword, values!["foo;bar;;baz", "qux", "", NULL, ";"]);
    let expected = [
        Literal::List(values!["foo", "bar", "", "baz"].to_vec()),
        Literal::Keyword("qux".into()),
        Literal::Keyword("".into()),
        NULL,
        Literal::List(values!["", ""].to_vec()),
    ];
    assert_eq!(rows("split", &[names.clone(), text(";")]), expected);
    let outcome = run("split", &[names.clone(), text("::")]);
    assert_eq!((outcome.rows, outcome.warnings[0].2), (vec![NULL; 5], 4));
    assert_eq!(rows("split", &[names, constant(Null, NULL)]), [NULL, NULL, NULL, NULL, NULL]);
}

#[test]
fn case_of_letters() {
    let names = column(Keyword, values!["SOME Text", "ΟΔΟΣ", "İ", ["A", "B"], NULL]);
    assert_eq!(
        rows("to_lower", std::slice::from_ref(&names)),
        values!["some text", "οδος", "i\u{307}", ["a", "b"], NULL]
    );
    assert_eq!(rows("to_upper", &[column(Text, values!["straße", "ŉ"])]), values!["STRASSE", "ʼN"]);
    assert_eq!(rows("to_lower", &[constant(Null, NULL)]), [NULL]);
    assert!(matches!(refused("to_upper", &[int(1)]), SignatureError::Type { .. }));
}

#[test]
fn replace() {
    for (given, regex, replacement, expected) in [
        ("Hello World", "World", "Universe", "Hello Universe"),
        ("host:8080", ":[0-9]+$", "", "host"),
        ("a1b22", r"\d+", "<$0>", "a<1>b<22>"),
        ("john smith", r"(\w+) (\w+)", "$2, $1", "smith, john"),
        ("2024", "(?<year>[0-9]{4})", "y=${year}", "y=2024"),
        // Of the digits so many as name a group; `\` escapes.
        ("ab", "(a)", "$12", "a2b"),
        ("ab", "a", r"\$1\\", r"$1\b"),
        // Letters of ASCII, as Java has it.
        ("é1٣", r"[\w]", "_", "é_٣"),
        ("é1٣", r"\W", "_", "_1_"),
        ("a.b", r"\Q.\E", "-", "a-b"),
        ("Ab-c", r"\p{Upper}|\P{Alnum}", "", "bc"),
        ("SECRET=x secret=y", r"(?i)secret=\S+", "***", "*** ***"),
        // What needs backtracking.
        ("foobar foobaz", "foo(?=baz)", "X", "foobar Xbaz"),
        ("aa bb ab", r"(\w)\1", "=", "= = ab"),
        ("abc", "", "-", "-a-b-c-"),
        ("", "^$", "x", "x"),
    ] {
        let given = one("replace", &[text(given), text(regex), text(replacement)]);
        assert_eq!(given, Literal::Keyword(expected.into()), "{regex}");
    }
}

#[test]
fn replace_says_what_is_wrong() {
    let regexes = column(Keyword, values!["a", "(", "b", NULL, "b"]);
    let replacements = column(Keyword, values!["x", "y", "$1", "z", "\\"]);
    let outcome = run("replace", &[text("ab"), regexes, replacements]);
    assert_eq!(outcome.rows, values!["xb", NULL, NULL, NULL, NULL]);
    let reasons: Vec<_> = outcome.warnings.iter().map(|(_, reason, rows)| (reason.as_str(), *rows)).collect();
    assert_eq!(
        reasons,
        [("not a regular expression", 1), ("the replacement names a group that there is not", 2)]
    );
    let error = refused("replace", &[text("a"), int(1), text("b")]);
    assert!(matches!(error, SignatureError::Type { place: 1, .. }));
}
