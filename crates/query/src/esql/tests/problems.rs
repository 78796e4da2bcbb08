//! Every kind of problem: the query that has it, and the text that is pointed at.

use std::collections::BTreeSet;

use super::parsed;
use crate::Severity;
use crate::esql::problem::Problem;

/// What follows `FROM a | `, the code of its one problem, and what the problem points at.
const CASES: &[(&str, &str, &str)] = &[
    ("WHERE \u{438}\u{43c}\u{44f} == 1", "esql::syntax::unexpected-character", "\u{438}\u{43c}\u{44f}"),
    ("WHERE a == 1 # b", "esql::syntax::unexpected-character", "#"),
    ("WHERE a && b", "esql::syntax::unknown-operator", "&&"),
    ("WHERE a || b", "esql::syntax::unknown-operator", "||"),
    ("WHERE a <> b", "esql::syntax::unknown-operator", "<>"),
    ("WHERE a =~ b", "esql::syntax::unknown-operator", "=~"),
    ("WHERE !a", "esql::syntax::unknown-operator", "!"),
    ("WHERE a > 1e999", "esql::syntax::number-out-of-range", "1e999"),
    ("WHERE a > 9999999999999999999 days", "esql::syntax::number-out-of-range", "9999999999999999999 days"),
    ("WHERE a /* /* */", "esql::syntax::unterminated-comment", "/*"),
    ("WHERE `a", "esql::syntax::unterminated-name", "`"),
    ("WHERE `` == 1", "esql::syntax::empty-name", "``"),
    ("WHERE a == \"x", "esql::string::unterminated", "\"x"),
    ("WHERE a == \"x\\", "esql::string::unterminated", "\"x\\"),
    (r#"WHERE a == "\w""#, "esql::string::unknown-escape", r"\w"),
    ("WHERE a == 'x'", "esql::string::single-quotes", "'x'"),
    ("WHERE a ==", "esql::syntax::unexpected", ""),
    ("WHERE", "esql::syntax::unexpected", ""),
    ("WHERE a b", "esql::syntax::unexpected", "b"),
    ("WHERE a.in == 1", "esql::syntax::unexpected", "in"),
    ("WHERE a == 1;", "esql::syntax::unexpected", ";"),
    ("WHERE (a", "esql::syntax::unexpected", ""),
    ("WHERE a IN 1", "esql::syntax::unexpected", "1"),
    ("WHERE a NOT 1", "esql::syntax::unexpected", "1"),
    ("WHERE a IS 1", "esql::syntax::unexpected", "1"),
    ("KEEP a-b", "esql::syntax::unexpected", "-"),
    ("KEEP a,", "esql::syntax::unexpected", ""),
    ("RENAME a, b", "esql::syntax::unexpected", ","),
    ("SORT a NULLS", "esql::syntax::unexpected", ""),
    ("INLINE a", "esql::syntax::unexpected", "a"),
    ("LOOKUP a", "esql::syntax::unexpected", "a"),
    ("LOOKUP JOIN a", "esql::syntax::unexpected", ""),
    ("CHANGE_POINT a AS b", "esql::syntax::unexpected", ""),
    ("COMPLETION a WITH b", "esql::syntax::unexpected", "b"),
    ("GROK a b", "esql::syntax::unexpected", "b"),
    ("", "esql::syntax::unexpected", ""),
    ("| LIMIT 1", "esql::syntax::unexpected", "|"),
    ("WHERE a = 1", "esql::syntax::assignment", "="),
    ("WHERE f(a = 1)", "esql::syntax::assignment", "="),
    ("EVAL a + b = 1", "esql::syntax::assignment", "="),
    ("WHERE 1 < a < 3", "esql::syntax::chained-comparison", "<"),
    ("WHERE a LIKE b", "esql::syntax::pattern-not-constant", "b"),
    ("WHERE a RLIKE (\"b\", 1)", "esql::syntax::pattern-not-constant", "1"),
    ("WHERE f(a) : \"b\"", "esql::syntax::match-field", ":"),
    ("ROW a = [1, \"b\"]", "esql::syntax::source-later", "ROW"),
    ("EVAL a = [1, \"b\"]", "esql::syntax::mixed-list", "\"b\""),
    ("EVAL a = [null]", "esql::syntax::mixed-list", "null"),
    ("WHERE a > 5 minuts", "esql::syntax::unknown-unit", "minuts"),
    ("WHERE a == ?b", "esql::syntax::parameter", "?"),
    ("MV_EXPAND a*", "esql::syntax::wildcard", "a*"),
    ("RENAME a.* AS b", "esql::syntax::wildcard", "a.*"),
    ("DISSECT a \"%{b}\" SEPARATOR=\",\"", "esql::syntax::unknown-option", "SEPARATOR"),
    (
        "DISSECT a \"%{b}\" append_separator=\",\", APPEND_SEPARATOR=\"\"",
        "esql::syntax::repeated-option",
        "APPEND_SEPARATOR",
    ),
    ("EVAL a = f(b, {\"c\": 1, \"c\": 2})", "esql::syntax::repeated-option", "\"c\""),
    ("FROM b", "esql::syntax::source-later", "FROM"),
    ("WHER a", "esql::unknown-command", "WHER"),
    ("xyzzy (a | b) | LIMIT 1", "esql::unknown-command", "xyzzy"),
    ("FORK (WHERE a | LIMIT 1) (SORT b)", "esql::not-supported", "FORK"),
    ("RERANK \"a\" ON b", "esql::not-supported", "RERANK"),
    ("WHERE a IN (FROM b | KEEP c)", "esql::not-supported", "FROM"),
    ("LIMIT 1 BY a", "esql::not-supported", "BY"),
    ("EVAL a = f(b, {\"c\": {\"d\": 1}})", "esql::not-supported", "{"),
];

/// Whole queries.
const SOURCES: &[(&str, &str, &str)] = &[
    ("", "esql::syntax::unexpected", ""),
    ("WHERE a", "esql::syntax::no-source", "WHERE"),
    ("FORM a", "esql::unknown-command", "FORM"),
    ("TS a", "esql::not-supported", "TS"),
    ("SHOW INFO", "esql::not-supported", "SHOW"),
    ("FROM a, (FROM b | LIMIT 1) | LIMIT 2", "esql::not-supported", "FROM"),
    ("FROM", "esql::syntax::unexpected", ""),
    ("FROM \"\"", "esql::syntax::empty-name", "\"\""),
    ("FROM a b", "esql::syntax::unexpected", "b"),
    ("FROM a [METADATA _id", "esql::syntax::unexpected", ""),
    ("FROM a METADATA", "esql::syntax::unexpected", ""),
];

fn found(query: &str) -> Vec<(&'static str, &str)> {
    let (tree, diagnostics) = parsed(query);
    assert!(tree.is_none(), "{query}");
    assert!(diagnostics.iter().all(|d| !d.message.ends_with('.')), "{query}");
    diagnostics.iter().map(|d| (d.code, query.get(d.span.clone()).unwrap())).collect()
}

#[test]
fn each_points_at_its_place() {
    for (text, code, at) in CASES {
        assert_eq!(found(&format!("FROM a | {text}")), [(*code, *at)], "{text}");
    }
    for (text, code, at) in SOURCES {
        assert_eq!(found(text), [(*code, *at)], "{text}");
    }
}

/// Those of the form of a text; the others need the query to be understood.
#[test]
fn every_code_of_the_form_can_fire() {
    let mut fired: BTreeSet<&str> = CASES.iter().chain(SOURCES).map(|(_, code, _)| *code).collect();
    fired.insert("esql::syntax::too-deep");
    fired.insert("esql::syntax::ambiguous-operator");
    let known: BTreeSet<&str> = Problem::CODES.iter().copied().collect();
    let of_form = |code: &str| code.starts_with("esql::syntax::") || code.starts_with("esql::string::");
    assert!(fired.is_subset(&known), "{:?}", fired.difference(&known));
    assert_eq!(
        known.difference(&fired).filter(|code| of_form(code)).count(),
        0,
        "{:?}",
        known.difference(&fired)
    );
}

#[test]
fn a_comparison_as_an_operand_is_a_warning() {
    let (query, diagnostics) = parsed("FROM a | WHERE b == c IS NULL");
    assert!(query.is_some());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(
        (diagnostics[0].code, diagnostics[0].severity),
        ("esql::syntax::ambiguous-operator", Severity::Warning)
    );
    assert!(parsed("FROM a | WHERE (b == c) IS NULL").1.is_empty());
}

#[test]
fn one_run_reports_the_problems_of_all_commands() {
    let query = "FROM a METADATA | WHERE b = 1 | LIMTI 5 | EVAL c = \"d | KEEP e\n| SORT f NULLS";
    let codes: Vec<&str> = found(query).into_iter().map(|(code, _)| code).collect();
    assert_eq!(
        codes,
        [
            "esql::syntax::unexpected",
            "esql::syntax::assignment",
            "esql::unknown-command",
            "esql::string::unterminated",
            "esql::syntax::unexpected",
        ]
    );
}

#[test]
fn helps_say_what_was_meant() {
    for (text, help) in [
        ("WHER a", "did you mean `WHERE`?"),
        ("STAT COUNT(*)", "did you mean `STATS`?"),
        ("MVEXPAND a", "did you mean `MV_EXPAND`?"),
        ("WHERE a > 5 minuts", "did you mean `minutes`?"),
        ("WHERE a = 1", "write `==` to compare"),
        ("WHERE last == 1", "a column of this name is written in backquotes: `` `last` ``"),
        ("KEEP a-b", "a name with a hyphen is written in backquotes"),
        ("WHERE a && b", "write `AND`"),
    ] {
        let (_, diagnostics) = parsed(&format!("FROM a | {text}"));
        assert_eq!(diagnostics[0].help.as_deref(), Some(help), "{text}");
    }
}
