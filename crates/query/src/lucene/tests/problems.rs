//! What is wrong with a query string, and where.

use super::compiled;
use crate::Severity;

#[test]
fn problems_point_at_the_text() {
    for (text, code, at) in [
        ("(a", "lucene::syntax::unexpected", ""),
        ("a)", "lucene::syntax::unexpected", ")"),
        ("a AND", "lucene::syntax::unexpected", ""),
        ("AND a", "lucene::syntax::unexpected", "AND"),
        ("a AND OR b", "lucene::syntax::unexpected", "OR"),
        ("status:", "lucene::syntax::unexpected", ""),
        ("status:a:b", "lucene::syntax::unexpected", ":"),
        ("status:\"a", "lucene::syntax::unexpected", "\""),
        ("status:/a", "lucene::syntax::unexpected", "/"),
        ("status:a\\", "lucene::syntax::unexpected", "\\"),
        ("status:a^b", "lucene::syntax::unexpected", "b"),
        ("status:a]", "lucene::syntax::unexpected", "]"),
        ("age:[1 5]", "lucene::syntax::unexpected", "5"),
        ("age:[1 TO 5", "lucene::syntax::unexpected", ""),
        ("age:[TO]", "lucene::syntax::unexpected", "]"),
        ("status:a~b", "lucene::syntax::unexpected", "~b"),
        ("status:a\\u00", "lucene::syntax::unexpected", "a\\u00"),
        ("age:old", "lucene::value", "old"),
        ("age:1*", "lucene::type", "1*"),
        ("age:abc~", "lucene::type", "abc~"),
        ("status:/a(/", "lucene::pattern", "/a(/"),
        ("date:[now-1x TO *]", "lucene::date-math", "[now-1x TO *]"),
        ("title:[a TO b]", "lucene::type", "[a TO b]"),
    ] {
        let found = compiled(text);
        assert!(found.filter.is_none(), "{text}");
        let [diagnostic] = found.diagnostics.as_slice() else { panic!("{text}: {:?}", found.diagnostics) };
        assert_eq!((diagnostic.code, &text[diagnostic.span.clone()]), (code, at), "{text}: {diagnostic:?}");
    }
}

#[test]
fn warnings() {
    for (text, code) in [
        ("statos:a", "lucene::unknown-field"),
        ("_exists_:statos", "lucene::unknown-field"),
        (r"no\*:a", "lucene::unknown-field"),
        ("point:a", "lucene::no-values"),
    ] {
        let found = compiled(text);
        assert!(found.filter.is_some(), "{text}");
        let [diagnostic] = found.diagnostics.as_slice() else { panic!("{text}: {:?}", found.diagnostics) };
        assert_eq!((diagnostic.code, diagnostic.severity), (code, Severity::Warning), "{text}");
    }
}
