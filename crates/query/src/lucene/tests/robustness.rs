//! Text that is no query, and queries that ask for too much.

use proptest::prelude::*;

use super::compiled;
use crate::Severity;
use crate::lucene::parser::MAX_DEPTH;

#[test]
fn depth_is_limited() {
    for text in ["(", "status:(", "-(", "a AND ("] {
        assert_eq!(compiled(&text.repeat(100_000)).diagnostics[0].code, "lucene::syntax::too-deep", "{text}");
    }
    let text = format!("status:{}a{}", "(b AND (".repeat(MAX_DEPTH / 2), "))".repeat(MAX_DEPTH / 2));
    assert!(compiled(&text).filter.is_some());
    assert!(compiled(&vec!["status:a"; 20_000].join(" OR ")).filter.is_some());
    assert!(compiled(&format!("title:({})", "a ".repeat(20_000))).filter.is_some());
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
        is_sound(&format!("status:{text}"));
        is_sound(&format!("age:[{text} TO {text}] title:\"{text}\"~2"));
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "status", "age", "date", "title", "ip", "book.\\*", "_exists_", ":", "(", ")", "[", "]", "{", "}", " TO ", "*", "?",
        "AND", "OR", "NOT", "&&", "||", "!", "+", "-", "- ", "\"", "\\", "\\u00e9", "/", "~", "~2", "^", "^2", "now-1d/d",
        "10", ">=10", "a", "\u{3000}",
    ]), 0..30)) {
        is_sound(&words.join(" "));
        is_sound(&words.concat());
    }
}
