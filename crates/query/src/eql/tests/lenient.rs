//! What a lenient reading lets run, and what it means.

use rulehound_schema::Schema;

use super::{codes, compiled};
use crate::eql::{Compiled, Dialect, Options, compile};
use crate::{Plan, SamplePlan, Severity};

fn leniently(query: &str) -> Compiled {
    let options = Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Lenient,
    };
    compile(query, options)
}

/// A condition is refused by a strict reading, and by a lenient one warned of with this code alone; there it means the
/// same as another condition.
fn check(condition: &str, code: &str, same: &str) {
    let query = format!("any where {condition}");
    let strict = compiled(&query);
    assert!(
        strict.query.is_none() && codes(&strict).iter().any(|found| found.starts_with("eql::")),
        "{query}"
    );
    let lenient = leniently(&query);
    assert!(!codes(&lenient).is_empty() && codes(&lenient).iter().all(|found| *found == code), "{lenient:?}");
    assert!(lenient.diagnostics.iter().all(|d| d.severity == Severity::Warning), "{query}");
    assert!(lenient.query.is_some(), "{query}");
    assert_eq!(lenient.query, leniently(&format!("any where {same}")).query, "{query}");
}

#[test]
fn colons_compare_what_is_no_string_by_value() {
    let code = "eql::string-operator";
    check("process.pid : 4", code, "process.pid == 4");
    check("not process.pid : 4", code, "not process.pid == 4");
    check("process.pid : (4, null, 5)", code, "process.pid in (4, 5)");
    check("process.pid - 1 : 2 + 3", code, "process.pid - 1 == 5");
    check("length(process.name) : 3", code, "length(process.name) == 3");
    check("1 * 2 + 10 / 2 : 2 + 5", code, "true");
    check("@timestamp : \"2020-01-02\"", code, "@timestamp == \"2020-01-02\"");
    check("source.ip : \"10.0.0.1\"", code, "source.ip == \"10.0.0.1\"");
    check("process.name : (\"a*\", 4)", "eql::operand-type", "process.name : (\"a*\", \"4\")");
    check("process.name : true", "eql::operand-type", "process.name in~ (\"true\")");
}

#[test]
fn conditions_that_are_no_booleans_never_hold() {
    let code = "eql::not-boolean";
    check("process.pid", code, "false");
    check("not process.pid", code, "false");
    check("not (process.pid and true)", code, "false");
    check("1 - -2", code, "false");
    check("indexOf(process.name, \"a\") or process.name == \"b\"", code, "process.name == \"b\"");
}

#[test]
fn arguments_of_wrong_types() {
    check("length(process.pid) > 1", "eql::argument-type", "false");
    check("process.pid == number(5)", "eql::argument-type", "false");
    check(
        "not process.pid == number(5) or process.name == \"a\"",
        "eql::argument-type",
        "process.name == \"a\"",
    );
    let between = |case| format!("between(process.name, \"a\", \"b\", false, {case}) == \"c\"");
    check(&between("true"), "eql::case-argument", "between(process.name, \"a\", \"b\", false) == \"c\"");
    check(&between("false"), "eql::case-argument", "between~(process.name, \"a\", \"b\", false) == \"c\"");
}

/// What Elasticsearch's grammar refuses, and what is wrong whatever the event.
#[test]
fn errors_stay() {
    for query in [
        "any where number(1) == null",
        "any where startsWith(\"a\", 1)",
        "any where length() == 1",
        "any where between(process.name, \"a\", \"b\", true, true, true) == \"c\"",
        "any where process.pid like \"4*\"",
        "any where process.pid == process.ppid",
        "any where \"a\" + 1 == 2",
        "join [any where true]",
        "join by process.pid [any where true] ![any where true]",
        "join by process.pid [any where true] [any where true] with runs=2",
        "join [any where true] by process.pid [any where true]",
        "join [any where true] by process.pid [any where true] by process.pid until [any where true]",
        "join with maxspan=1s [any where true] [any where true]",
        "sample [any where true] [any where true]",
    ] {
        assert!(leniently(query).query.is_none(), "{query}");
    }
}

fn join(query: &str) -> (SamplePlan, Vec<&'static str>) {
    assert_eq!(codes(&compiled(query)), ["eql::join-unsupported"], "{query}");
    let compiled = leniently(query);
    let found = codes(&compiled);
    match compiled.query.unwrap().plan {
        Plan::Sample(plan) => (plan, found),
        other => panic!("{other:?}"),
    }
}

#[test]
fn joins_are_samples() {
    let (plan, found) = join("join by process.pid [file where true] [any where true] | head 2");
    let sample = leniently("sample by process.pid [file where true] [any where true]");
    assert_eq!(found, ["eql::join-unsupported"]);
    assert_eq!(Plan::Sample(plan), sample.query.unwrap().plan);

    let keyed = "join [file where true] by process.pid [any where true] by process.parent.pid \
                 until [network where true] by process.pid";
    let (plan, found) = join(keyed);
    assert_eq!(found, ["eql::join-unsupported", "eql::join-without-order"]);
    let keys: Vec<usize> = plan.filters.iter().map(|filter| filter.keys.len()).collect();
    assert_eq!(keys, [1, 1]);

    let (plan, _) = join("join [file where true] [any where true] [process where true]");
    assert!(plan.filters.len() == 3 && plan.filters.iter().all(|filter| filter.keys.is_empty()));
}

/// Warnings beyond those that are kept do not refuse a query.
#[test]
fn many_warnings_are_no_error() {
    let conditions: Vec<String> = (0..150).map(|n| format!("xyzzy{n} == 1")).collect();
    let compiled = leniently(&format!("any where {}", conditions.join(" or ")));
    assert!(compiled.query.is_some());
    assert!(compiled.diagnostics.iter().all(|d| d.severity == Severity::Warning));
    assert_eq!(compiled.diagnostics.last().unwrap().code, "eql::too-many-problems");
}
