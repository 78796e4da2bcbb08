//! Text that is no query, and queries that ask for too much.

use proptest::prelude::*;

use super::endpoint::endpoint;
use super::{codes, compiled};
use crate::eql::Compiled;

#[test]
fn depth_is_limited() {
    for (text, code) in [
        ("(".repeat(100_000), "eql::syntax::too-deep"),
        (format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)), "eql::syntax::too-deep"),
        ("not ".repeat(100_000), "eql::syntax::unexpected"),
        ("not (".repeat(100_000), "eql::syntax::too-deep"),
        ("-".repeat(100_000), "eql::syntax::unexpected"),
        ("-(".repeat(100_000), "eql::syntax::too-deep"),
        (format!("1{} == 1", "+ 1".repeat(100_000)), "eql::syntax::too-deep"),
        ("length(".repeat(100_000), "eql::syntax::too-deep"),
        ("process.pid in (".repeat(100_000), "eql::syntax::too-deep"),
        ("/*".repeat(100_000), "eql::syntax::unterminated-comment"),
    ] {
        let found = compiled(&format!("any where {text}"));
        assert!(found.query.is_none() && codes(&found).contains(&code), "{:.20}: {:?}", text, codes(&found));
    }
}

#[test]
fn width_is_not() {
    let names: Vec<String> = (0..20_000).map(|n| format!("\"{n}\"")).collect();
    for text in [
        format!("any where process.name in ({})", names.join(", ")),
        format!("any where process.name : ({})", names.join(", ")),
        format!("any where {}", vec!["process.ok"; 20_000].join(" and ")),
        format!("any where {}", vec!["process.pid == 1"; 20_000].join(" or ")),
        format!("any where {}true", "not ".repeat(20_000)),
        format!("sequence {}", "[any where true]".repeat(2_000)),
    ] {
        assert!(compiled(&text).query.is_some(), "{text:.40}");
    }
}

/// The deepest that is allowed goes all the way on a thread of the standard stack.
#[test]
fn the_deepest_expression_compiles() {
    let depth = crate::eql::parser::MAX_DEPTH - 8;
    for (open, middle, close, cost, end) in [
        ("(", "process.ok", ")", 1, ""),
        ("not (", "process.ok", ")", 2, ""),
        ("(process.ok and (process.ok or ", "process.ok", "))", 4, ""),
        ("length(string(", "process.pid", "))", 2, " > 1"),
        ("true == (process.ok or ", "process.ok", ")", 3, ""),
    ] {
        let levels = depth / cost;
        let condition = format!("{}{middle}{}", open.repeat(levels), close.repeat(levels));
        let found = compiled(&format!("any where {condition}{end}"));
        assert!(found.query.is_some(), "{open}: {:.300}", format!("{:?}", found.diagnostics));
    }
    for (open, middle, close, cost) in [
        ("_arraysearch(a, $x, ", "$x.y == \"1\"", ")", 2),
        ("_arraysearch(a, $x, not (", "$x.y == \"1\"", "))", 4),
    ] {
        let levels = depth / cost;
        let found = endpoint(&format!("any where {}{middle}{}", open.repeat(levels), close.repeat(levels)));
        assert!(found.query.is_some(), "{open}: {:.300}", format!("{:?}", found.diagnostics));
    }
    let found = endpoint(&format!("any where {}", "descendant of [any where ".repeat(100_000)));
    assert!(codes(&found).contains(&"eql::syntax::too-deep"), "{:?}", codes(&found));
    let sum = format!("any where process.pid{} == 1", " + 1".repeat(depth));
    let Some(query) = compiled(&sum).query else { panic!("{:?}", compiled(&sum).diagnostics) };
    assert_eq!(query.clone(), query);
}

const QUERIES: &[&str] = &[
    r#"process where process.name : ("a*", "b?") and not process.pid in (1, 2.5, -3) or ?x == null | head 5"#,
    r#"sequence by process.pid with maxspan=5m [any where true] with runs=2 ![file where false] by `a``b` until [any where x]"#,
    r#"sample by a, ?b [process where startsWith~(process.name, "\u{e9}\\\"")] [any where """raw""" == title]"#,
    r#"any where between(process.name, "a", "b", true) regex~ "[a-z]+(x|y){2,3}~(z)&@<1-9>" // end"#,
    r#"sequence with maxspan=1m [file where true] as event0 [any where not descendant of [process where x.y == event0.z] or a == b]"#,
    r#"any where _arraysearch(process.args, $x, $x.y : "a*" and not $x.z.w >= 1) or event0.file.name == null"#,
    r#"any where /* a /* b */ */ 1 + 2 * -3 / .5 % 7e2 >= length(concat(process.args, 1, true))"#,
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

/// Compiles in each dialect, and checks what holds of all results.
fn is_sound(text: &str) {
    for found in [compiled(text), endpoint(text)] {
        is_sound_as(text, &found);
    }
}

fn is_sound_as(text: &str, found: &Compiled) {
    let errors = found.diagnostics.iter().any(|d| d.severity == crate::Severity::Error);
    assert_eq!(found.query.is_none(), errors, "{:?}", found.diagnostics);
    for diagnostic in &found.diagnostics {
        assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?} in {text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_a_problem(text in any::<String>()) {
        is_sound(&text);
        is_sound(&format!("any where {text}"));
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "any", "where", "sequence", "by", "with", "maxspan", "=", "5m", "[", "]", "![", "until", "sample", "|", "head", "1",
        "(", ")", "not", "and", "or", "in", "like~", "regex", ":", "==", "<", "-", "+", "process.name", "?x", "`a b`",
        "descendant", "_arraysearch", "$x", "$x.y", "as", "event0", "event0.y", "\"s\"", "null", "true", "length", "startsWith~", ",", ".", "runs", "join", "fork", "of", "'", "\"", "\"\"\"",
    ]), 0..30)) {
        is_sound(&words.join(" "));
        is_sound(&words.concat());
    }

    #[test]
    fn broken_queries(text in mutated()) {
        is_sound(&text);
    }
}
