//! Text that is no query, and queries that ask for too much.

use proptest::prelude::*;

use super::parsed;
use crate::Severity;
use crate::esql::parser::MAX_DEPTH;

/// Parses, and checks what holds of all results.
fn is_sound(text: &str) {
    let (query, diagnostics) = parsed(text);
    let errors = diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(query.is_none(), errors, "{diagnostics:?} in {text:?}");
    for diagnostic in &diagnostics {
        assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?} in {text:?}");
    }
}

#[test]
fn depth_is_limited() {
    for (text, code) in [
        ("(".repeat(100_000), "esql::syntax::too-deep"),
        (format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)), "esql::syntax::too-deep"),
        ("not (".repeat(100_000), "esql::syntax::too-deep"),
        ("- ".repeat(100_000), "esql::syntax::too-deep"),
        ("f(".repeat(100_000), "esql::syntax::too-deep"),
        ("a in (".repeat(100_000), "esql::syntax::too-deep"),
        (format!("a{}", "::long".repeat(100_000)), "esql::syntax::too-deep"),
        (format!("1{} == 1", "+ 1".repeat(100_000)), "esql::syntax::too-deep"),
        ("not ".repeat(100_000), "esql::syntax::unexpected"),
        ("[".repeat(100_000), "esql::syntax::unexpected"),
        ("/*".repeat(100_000), "esql::syntax::unterminated-comment"),
    ] {
        let (query, diagnostics) = parsed(&format!("FROM a | WHERE {text}"));
        assert!(query.is_none() && diagnostics.iter().any(|d| d.code == code), "{text:.20}: {diagnostics:?}");
    }
}

#[test]
fn width_is_not() {
    let names: Vec<String> = (0..20_000).map(|n| format!("\"{n}\"")).collect();
    let names = names.join(", ");
    for text in [
        format!("WHERE a IN ({names})"),
        format!("WHERE a LIKE ({names})"),
        format!("EVAL a = [{names}]"),
        format!("EVAL a = CONCAT({names})"),
        format!("WHERE {}", vec!["a == 1"; 20_000].join(" AND ")),
        format!("WHERE {}", vec!["a == 1"; 20_000].join(" OR ")),
        format!("WHERE {}a", "NOT ".repeat(20_000)),
        format!("KEEP {}", vec!["a*"; 20_000].join(", ")),
        vec!["LIMIT 10"; 20_000].join(" | "),
    ] {
        let (query, diagnostics) = parsed(&format!("FROM a | {text}"));
        assert!(query.is_some(), "{text:.40}: {diagnostics:?}");
        assert_eq!(query.clone(), query);
    }
}

/// The deepest that is allowed goes all the way on a thread of the standard stack.
#[test]
fn the_deepest_expression_parses() {
    for (open, middle, close, cost) in [
        ("(", "a", ")", 1),
        ("NOT (", "a", ")", 1),
        ("(a AND b OR ", "a", ")", 1),
        ("f(x, ", "a", ")", 1),
        ("-f(x, ", "a", ")", 2),
        ("x IN (a, 1 + 2 * (", "a", "))", 2),
        ("a == b + c * (", "a", ")", 3),
    ] {
        let levels = (MAX_DEPTH - 4) / cost;
        let text = format!("ROW z = {}{middle}{}", open.repeat(levels), close.repeat(levels));
        let (query, diagnostics) = parsed(&text);
        assert!(query.is_some(), "{open}: {diagnostics:?}");
        assert_eq!(query.clone(), query);
    }
}

const QUERIES: &[&str] = &[
    r#"FROM logs-*, "a b", -c*, x:y::failures METADATA _id, _index | WHERE a == "b\"" AND NOT c IN (1, 2.5, -3) OR d IS NOT NULL | LIMIT 5"#,
    r#"FROM a [METADATA _id] | EVAL x = CASE(a > 5 minutes, [1, 2], b::long), `y``z` = -a * 2 % 3 // end"#,
    r#"ROW a = """raw""", b = null | STATS c = COUNT(*) WHERE a LIKE ("a*", "b"), MAX(d) BY e, f = BUCKET(g, 1 day) | SORT c DESC NULLS LAST"#,
    r#"FROM a | KEEP a*, *.b, `c`* | DROP d | RENAME a AS b, c = d | MV_EXPAND x | INLINE STATS m = MAX(b) BY c"#,
    r#"FROM a | DISSECT b "%{c} %{d}" APPEND_SEPARATOR="," | GROK e """%{IP:f}""", "b" | ENRICH p ON q WITH r = s, t | LOOKUP JOIN u ON v, w"#,
    r#"FROM a | CHANGE_POINT b ON c AS d, e | COMPLETION f = CONCAT("a", b) WITH { "inference_id": "x" } | SAMPLE 0.1 | WHERE MATCH(b, "c", {"fuzziness": 1}) OR m : "words""#,
    r#"FROM a | FORK (WHERE b | LIMIT 1) (SORT c) | WHERE /* a /* b */ */ a RLIKE ".*" == b = c"#,
];

/// A query with some pieces of it dropped, doubled, swapped or broken.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (0_usize..400, 0_usize..400, ".{0,3}");
    (prop::sample::select(QUERIES), prop::collection::vec(edit, 0..6)).prop_map(|(query, edits)| {
        let mut chars: Vec<char> = query.chars().collect();
        for (from, length, insert) in edits {
            let from = from % (chars.len() + 1);
            let to = (from + length % 12).min(chars.len());
            let piece: Vec<char> =
                insert.chars().chain(chars[from..to].iter().copied().filter(|_| length % 2 == 0)).collect();
            chars.splice(from..to, piece);
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_a_problem(text in any::<String>()) {
        is_sound(&text);
        is_sound(&format!("FROM a | WHERE {text}"));
        is_sound(&format!("FROM {text}"));
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "FROM", "from a", "ROW", "|", "| WHERE", "| EVAL", "| KEEP", "| DROP", "| RENAME", "| STATS", "| SORT", "| LIMIT",
        "| MV_EXPAND", "| DISSECT", "| GROK", "| ENRICH", "| LOOKUP JOIN", "| CHANGE_POINT", "| COMPLETION", "| FORK (",
        "| INLINE STATS", "| SAMPLE", "METADATA", "BY", "ON", "WITH", "AS", "WHERE", "AND", "OR", "NOT", "IN", "LIKE",
        "RLIKE", "IS", "NULL", "ASC", "NULLS", "FIRST", "a", "`b c`", "c*", "*", ".", ",", "=", "==", "<", "::", ":", "(", ")",
        "[", "]", "{", "}", "+", "-", "/", "%", "?", ";", "1", "1.5", "5 days", "\"s\"", "\"", "\"\"\"", "'", "`", "//", "/*",
        "COUNT(*)", "true", "null", "\u{e9}",
    ]), 0..30)) {
        is_sound(&words.join(" "));
        is_sound(&words.concat());
        is_sound(&format!("FROM a | WHERE {}", words.join(" ")));
    }

    #[test]
    fn broken_queries(text in mutated()) {
        is_sound(&text);
    }
}

#[test]
fn the_queries_that_are_broken_are_whole() {
    for (place, text) in QUERIES.iter().enumerate() {
        let (query, diagnostics) = parsed(text);
        assert_eq!(query.is_some(), place < QUERIES.len() - 1, "{text}: {diagnostics:?}");
    }
}
