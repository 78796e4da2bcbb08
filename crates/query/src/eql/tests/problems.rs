//! Every kind of problem: the query that has it, and the text that is pointed at.

use std::collections::BTreeSet;

use super::{codes, compiled, schema};
use crate::eql::problem::Problem;
use crate::eql::{Dialect, Options, compile};
use crate::{Diagnostic, Severity};
use rulehound_schema::Schema;

/// A query, the code of its one problem, and what the problem points at.
const CASES: &[(&str, &str, &str)] = &[
    ("any where process.pid == 1 ; ", "eql::syntax::unexpected-character", ";"),
    ("any where имя == 1", "eql::syntax::unexpected-character", "имя"),
    ("any where process.ok && process.ok", "eql::syntax::unknown-operator", "&&"),
    ("any where process.ok || process.ok", "eql::syntax::unknown-operator", "||"),
    ("any where !process.ok", "eql::syntax::unknown-operator", "!"),
    ("any where process.load > 1e999", "eql::syntax::number-out-of-range", "1e999"),
    ("any where true /* /* */", "eql::syntax::unterminated-comment", "/*"),
    ("any where `process.name", "eql::syntax::unterminated-name", "`"),
    ("any where `` == 1", "eql::syntax::empty-name", "``"),
    ("any where process.name == \"x", "eql::string::unterminated", "\"x"),
    (r#"any where process.name == "\w""#, "eql::string::unknown-escape", r"\w"),
    (r#"any where process.name == "\u{1}""#, "eql::string::bad-unicode-escape", r"\u{1"),
    (r#"any where process.name == "\u00e9""#, "eql::string::bad-unicode-escape", r"\u"),
    (r#"any where process.name == "\u{d800}""#, "eql::string::no-such-character", r"\u{d800}"),
    ("any where process.name == 'x'", "eql::string::single-quotes", "'x'"),
    (r#"any where process.name == ?"x\""#, "eql::string::old-raw-string", r#"?"x\""#),
    ("any where process.pid ==", "eql::syntax::unexpected", ""),
    ("any process.pid == 1", "eql::syntax::unexpected", "process"),
    ("any where process.ok AND process.ok", "eql::syntax::unexpected", "AND"),
    ("any where (process.ok", "eql::syntax::unexpected", ""),
    ("sequence [any where true] [any where true", "eql::syntax::unexpected", ""),
    ("any where process.pid = 1", "eql::syntax::assignment", "="),
    ("any where 1 < process.pid < 3", "eql::syntax::chained-comparison", "<"),
    ("any where process.name not like \"a\"", "eql::syntax::misplaced-not", "not"),
    ("any where process.name : process.args", "eql::syntax::pattern-not-constant", "process"),
    ("any where process.args[0] == \"a\"", "eql::syntax::array-index", "["),
    ("any where child of [any where true]", "eql::syntax::process-relationship", "child"),
    ("sequence [any where true] fork=true [any where true]", "eql::syntax::fork", "fork"),
    ("any where process.name:length() > 3", "eql::syntax::method-call", "length"),
    ("sequence with span=1s [any where true] [any where true]", "eql::syntax::unknown-option", "span"),
    ("sequence [any where true] with repeat=2", "eql::syntax::unknown-option", "repeat"),
    (
        "sequence by process.pid by process.pid [any where true] [any where true]",
        "eql::syntax::repeated-clause",
        "by",
    ),
    ("sequence with maxspan=30 [any where true] [any where true]", "eql::syntax::maxspan-without-unit", "30"),
    ("sequence with maxspan=3w [any where true] [any where true]", "eql::syntax::maxspan-unit", "w"),
    ("sequence with maxspan=0.5h [any where true] [any where true]", "eql::syntax::maxspan-not-whole", "0.5"),
    ("sequence with maxspan=0s [any where true] [any where true]", "eql::syntax::maxspan-not-positive", "0"),
    ("sequence [any where true] with runs=0 [any where true]", "eql::syntax::runs", "0"),
    ("sequence [any where true] with runs=101", "eql::syntax::runs", "101"),
    ("any where true | heat 1", "eql::syntax::unknown-pipe", "heat"),
    ("any where true | count", "eql::syntax::unsupported-pipe", "count"),
    ("any where true | head", "eql::pipe-arguments", "| head"),
    ("any where true | head 1, 2", "eql::pipe-arguments", "| head 1, 2"),
    ("any where true | head -1", "eql::pipe-limit", "-1"),
    ("any where true | tail process.pid", "eql::pipe-limit", "process.pid"),
    ("join by process.pid [any where true] [any where true]", "eql::join-unsupported", "join"),
    ("sequence [any where true]", "eql::too-few-steps", "sequence"),
    ("sequence [any where true] ![any where true]", "eql::missing-without-maxspan", "![any where true]"),
    ("sequence with maxspan=1s ![any where true] ![any where true]", "eql::only-missing", "sequence"),
    (
        "sequence [any where true] [any where true] until ![any where true]",
        "eql::missing-until",
        "![any where true]",
    ),
    (
        "sequence [any where true] [any where true] until [any where true] with runs=2",
        "eql::runs-on-until",
        "[any where true] with runs=2",
    ),
    ("sample by process.pid [any where true]", "eql::sample-size", "sample"),
    ("sample [any where true] [any where true]", "eql::sample-without-keys", "sample"),
    ("sample by process.pid [any where true] [any where true] | head 1", "eql::sample-pipe", "| head 1"),
    ("sample by process.pid [any where true] ![any where true]", "eql::sample-missing", "![any where true]"),
    (
        "sample by process.pid [any where true] [any where true] with runs=2",
        "eql::sample-runs",
        "[any where true] with runs=2",
    ),
    (
        "sequence by process.pid + 1 [any where true] [any where true]",
        "eql::key-not-field",
        "process.pid + 1",
    ),
    (
        "sequence [any where true] by process.pid [any where true] by process.pid, process.name",
        "eql::key-count",
        "process.pid, process.name",
    ),
    (
        "sequence [any where true] by process.pid [any where true] by process.name",
        "eql::key-types",
        "process.name",
    ),
    ("any where process.nam == \"a\"", "eql::unknown-field", "process.nam"),
    ("any where place == \"a\"", "eql::unusable-field", "place"),
    ("any where process == \"a\"", "eql::object-field", "process"),
    ("any where items.id == 1", "eql::nested-field", "items.id"),
    ("any where message : \"a\"", "eql::text-field", "message"),
    ("any where startswit(process.name, \"a\")", "eql::unknown-function", "startswit"),
    ("any where length(process.name, 1) > 1", "eql::argument-count", "length(process.name, 1)"),
    ("any where length(process.pid) > 1", "eql::argument-type", "process.pid"),
    ("any where cidrMatch(source.ip, process.name)", "eql::argument-not-constant", "process.name"),
    ("any where length~(process.name) > 1", "eql::not-case-aware", "length~"),
    ("any where cidrMatch(source.ip, \"10.0.0.0/33\")", "eql::bad-network", "\"10.0.0.0/33\""),
    ("any where process.name + 1 == 2", "eql::operand-type", "process.name"),
    ("any where process.name like 1", "eql::operand-type", "1"),
    ("any where process.pid : \"4\"", "eql::string-operator", "process.pid"),
    ("any where process.pid == process.load", "eql::field-comparison", "process.load"),
    ("any where process.name in (\"a\", process.args)", "eql::field-comparison", "process.args"),
    (
        "any where length(process.name) == length(process.args)",
        "eql::field-comparison",
        "length(process.args)",
    ),
    ("any where process.pid", "eql::not-boolean", "process.pid"),
    ("any where not 1", "eql::not-boolean", "1"),
    ("any where process.ok and process.name", "eql::not-boolean", "process.name"),
    ("any where process.pid == \"many\"", "eql::bad-constant", "\"many\""),
    ("any where @timestamp > \"2020-13-01\"", "eql::bad-constant", "\"2020-13-01\""),
    ("any where source.ip == \"300.1.1.1\"", "eql::bad-constant", "\"300.1.1.1\""),
    ("any where process.ok == \"yes\"", "eql::bad-constant", "\"yes\""),
    ("any where length(process.name) == \"3\"", "eql::incomparable", "\"3\""),
    ("any where process.pid in (1, \"2\")", "eql::incomparable", "\"2\""),
    ("any where process.name regex \"(a\"", "eql::bad-regex", "\"(a\""),
    (
        "any where process.name regex \"(((a{999}){999}){999})\"",
        "eql::bad-regex",
        "\"(((a{999}){999}){999})\"",
    ),
];

#[test]
fn each_kind_points_at_its_place() {
    let mut wrong = Vec::new();
    for (query, code, at) in CASES {
        let compiled = compiled(query);
        let found: Vec<(&str, &str)> =
            compiled.diagnostics.iter().map(|d| (d.code, query.get(d.span.clone()).unwrap())).collect();
        if compiled.query.is_some() || found != [(*code, *at)] {
            wrong.push((query, found));
        }
        assert!(compiled.diagnostics.iter().all(|d| !d.message.ends_with('.')), "{query}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_code_can_fire() {
    let mut fired: BTreeSet<String> = CASES.iter().map(|(_, code, _)| (*code).to_owned()).collect();
    fired.extend(others().into_iter().map(|diagnostic| diagnostic.code.to_owned()));
    let known = Problem::CODES.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(fired, known);
}

/// Problems that take more than a line.
fn others() -> Vec<Diagnostic> {
    let mut found = compiled(&format!("any where {}true", "(".repeat(1_000))).diagnostics;
    found.extend(compiled(&";".repeat(1_000)).diagnostics.pop());
    let schema = Schema::from_mappings([r#"{"properties": {"a": {"type": "keyword"}}}"#]).unwrap();
    let options =
        Options { schema: &schema, event_category_field: "event.category", dialect: Dialect::Elasticsearch };
    found.extend(compile("process where a == \"b\"", options).diagnostics);
    let endpoint = Options { schema: Schema::catalogue(), dialect: Dialect::Endpoint, ..options };
    found.extend(super::endpoint::CASES.iter().flat_map(|(query, ..)| compile(query, endpoint).diagnostics));
    let lenient = Options { schema: Schema::catalogue(), dialect: Dialect::Lenient, ..options };
    for query in [
        "join [any where true] [any where true] until [any where true]",
        "any where between(process.name, \"a\", \"b\", true, true) == \"c\"",
    ] {
        found.extend(compile(query, lenient).diagnostics);
    }
    found
}

#[test]
fn one_run_reports_the_problems_of_all_steps() {
    let found = compiled("sequence [any where process.pid = 1] [any wher true] ![any where 'a' : 1]");
    assert_eq!(
        codes(&found),
        ["eql::syntax::assignment", "eql::syntax::unexpected", "eql::string::single-quotes"]
    );
    let found = compiled("sequence by a [any where b == 1 and length() > 1] [any where process.pid]");
    let expected = ["eql::unknown-field", "eql::unknown-field", "eql::argument-count", "eql::not-boolean"];
    assert_eq!(codes(&found), expected);
}

#[test]
fn near_misses_are_suggested() {
    for (query, help) in [
        ("any where process.nam == \"a\"", "did you mean `process.name`"),
        ("any where startsWit(process.name, \"a\")", "did you mean `startsWith`?"),
        ("any where wildcard(process.name, \"a\")", "did you mean `like`?"),
        ("any where true | heat 1", "did you mean `head`?"),
        ("any where xyzzy == 1", "write `?xyzzy` if it may be missing"),
        ("any where process.ok AND process.ok", "keywords are lower case: write `and`"),
        ("any where sequence == 1", "a field of this name is written in backticks: `` `sequence` ``"),
        (
            "any where process.pid + 1 in (2)",
            "`in`, `like`, `regex` and `:` bind to the value right before them; use parentheses",
        ),
    ] {
        let found = compiled(query).diagnostics;
        let helps: Vec<&str> = found.iter().filter_map(|d| d.help.as_deref()).collect();
        assert!(helps.iter().any(|found| found.starts_with(help)), "{query}: {found:?}");
    }
}

/// Without a mapping an unknown field is null and nothing more.
#[test]
fn the_catalogue_only_warns_of_unknown_fields() {
    let options = Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Elasticsearch,
    };
    let compiled = compile("process where xyzzy.plugh == 1 and xyzzy.plugh : 4 or process.pid == 1", options);
    let [warning] = compiled.diagnostics.as_slice() else { panic!("{:?}", compiled.diagnostics) };
    assert_eq!((warning.code, warning.severity), ("eql::unknown-field", Severity::Warning));
    assert!(compiled.query.is_some());
    assert!(compile("any where ?xyzzy == 1", options).diagnostics.is_empty());
    assert!(
        compile("any where ?xyzzy == 1", Options { schema: &schema(), ..options }).diagnostics.is_empty()
    );
}

/// A caseless field is asked without regard to case, whatever the operator says: that needs more memory.
#[test]
fn a_pattern_is_compiled_as_it_will_be_asked() {
    let options = Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Elasticsearch,
    };
    let problems = |field: &str, operator: &str, times: usize| {
        let query = format!("any where {field} {operator} \"(abcdefgh{{100}}){{{times}}}\"");
        compile(&query, options).diagnostics.iter().map(|problem| problem.code).collect::<Vec<_>>()
    };
    let fitting = |times: &usize| problems("file.path", "regex~", *times).is_empty();
    let times = (1..100).map(|times| times * 20).take_while(fitting).last().unwrap() + 20;
    assert_eq!(problems("file.path", "regex", times), [""; 0]);
    assert_eq!(problems("file.path.caseless", "regex", times), ["eql::bad-regex"]);
}
