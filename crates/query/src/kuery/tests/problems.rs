//! What is wrong with a query, and where.

use rulehound_schema::Schema;

use super::{Options, compile, compiled};
use crate::Severity;

#[test]
fn problems_point_at_the_text() {
    for (text, code, at) in [
        ("process.name:", "kuery::syntax::unexpected", ""),
        ("process.name: (a or", "kuery::syntax::unexpected", ""),
        ("process.name: a)", "kuery::syntax::unexpected", ")"),
        ("(process.name: a", "kuery::syntax::unexpected", ""),
        ("process.name: \"a", "kuery::syntax::unexpected", ""),
        ("process.name: C:\\Windows", "kuery::syntax::unexpected", ":"),
        ("process.name: C\\Windows", "kuery::syntax::unexpected", "\\"),
        ("not not process.name: a", "kuery::syntax::unexpected", "not"),
        ("group:{ first: a", "kuery::syntax::unexpected", ""),
        ("group:{}", "kuery::syntax::unexpected", "}"),
        ("process.pid > ", "kuery::syntax::unexpected", ""),
        ("process.pid: abc", "kuery::value", "abc"),
        ("process.pid: 1*", "kuery::type", "1*"),
        ("process.elevated: yes", "kuery::value", "yes"),
        ("source.ip: 10.0.0.0/99", "kuery::value", "10.0.0.0/99"),
        ("@timestamp > now-1x", "kuery::date-math", "now-1x"),
        ("@timestamp: yesterday", "kuery::value", "yesterday"),
        ("message > a", "kuery::type", "a"),
        ("process.name: null", "kuery::null", "null"),
    ] {
        let found = compiled(text);
        assert!(found.filter.is_none(), "{text}");
        let [diagnostic] = found.diagnostics.as_slice() else { panic!("{text}: {:?}", found.diagnostics) };
        assert_eq!((diagnostic.code, &text[diagnostic.span.clone()]), (code, at), "{text}: {diagnostic:?}");
    }
}

#[test]
fn an_unknown_field_is_a_warning() {
    for (text, strict, message) in [
        ("proces.name: a", true, "there is no field `proces.name`: nothing matches"),
        ("proces.name: a", false, "unknown field `proces.name`: it is taken for a keyword"),
        ("nothing.like.*: a", true, "no known field has a name like `nothing.like.*`: nothing matches"),
        ("point: a", true, "`point` is of type geo_point, which no value matches"),
    ] {
        let own = super::schema();
        let schema = if strict { &own } else { Schema::catalogue() };
        let found = compile(text, Options { schema });
        assert!(found.filter.is_some());
        let [diagnostic] = found.diagnostics.as_slice() else { panic!("{text}: {:?}", found.diagnostics) };
        assert_eq!((diagnostic.severity, diagnostic.message.as_str()), (Severity::Warning, message));
    }
    let found = compiled("proces.name: a or proces.name: b");
    assert_eq!(found.diagnostics.len(), 1, "once a name");
    assert_eq!(found.diagnostics[0].help.as_deref(), Some("did you mean `process.name`?"));
}
