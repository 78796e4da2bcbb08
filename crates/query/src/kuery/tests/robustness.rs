//! Text that is no query, and queries that ask for too much.

use proptest::prelude::*;

use super::compiled;
use crate::Severity;
use crate::kuery::parser::MAX_DEPTH;

#[test]
fn depth_is_limited() {
    for (start, text) in [("", "("), ("process.name:", "("), ("", "group:{"), ("", "not (")] {
        let found = compiled(&format!("{start}{}", text.repeat(100_000)));
        assert_eq!(found.diagnostics[0].code, "kuery::syntax::too-deep", "{text}");
    }
    for (open, close) in [("(", ")"), ("not (", ")"), ("(process.pid: 1 and ", " or process.pid: 2)")] {
        let text = format!("{}process.name: a{}", open.repeat(MAX_DEPTH), close.repeat(MAX_DEPTH));
        assert!(compiled(&text).filter.is_some(), "{open}");
    }
    let many = vec!["process.name: a"; 20_000].join(" or ");
    assert!(compiled(&many).filter.is_some());
}

const QUERIES: &[&str] = &[
    r#"process.name: (a* or "b\"" and not c\:d) and not process.pid >= 10 or message: "x y" "#,
    r#"group:{ first: Alice and last: (White or B*) } or source.*: 10.0.0.0/8 and created < now-1d/d"#,
    "created: \"2020-01-01||+1M/d\" or * and process.elevated: true or caseless: \\u00e9\\ud83d\\ude00",
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

/// Compiles, and checks what holds of all results.
fn is_sound(text: &str) {
    let found = compiled(text);
    let errors = found.diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(found.filter.is_none(), errors, "{:?}", found.diagnostics);
    for diagnostic in &found.diagnostics {
        assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?} in {text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_a_problem(text in any::<String>()) {
        is_sound(&text);
        is_sound(&format!("process.name: {text}"));
        is_sound(&format!("process.name: \"{text}\" and created > {text}"));
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "process.name", "process.pid", "created", "message", "source.ip", "group", ":", "(", ")", "{", "}", "*", "and",
        "or", "not", "\"", "\\", "\\u", "\\ud83d", "<", ">=", "now-1d/d", "10", "a", "null", "true", "2020", "||", "\u{a0}",
    ]), 0..30)) {
        is_sound(&words.join(" "));
        is_sound(&words.concat());
    }

    #[test]
    fn broken_queries(text in mutated()) {
        is_sound(&text);
    }
}
