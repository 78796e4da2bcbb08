//! ES|QL over events, through the command.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use serde_json::{Value, json};

use common::{Run, folder_of, rulehound, rulehound_with_input};

/// Made-up measurements of three machines. `tags` comes unsorted and with a tag twice.
const EVENTS: &str = r#"{"@timestamp":"2026-01-01T00:00:00Z","host":"a","load":1.5,"jobs":3,"tags":["web","db","web"],"note":"all well","address":"10.0.0.1","version":"1.10.0"}
{"@timestamp":"2026-01-01T00:05:00Z","host":"b","load":2.5,"jobs":[7,5],"tags":"db","address":"10.0.0.20","version":"1.9.2"}
{"@timestamp":"2026-01-01T00:10:00Z","host":"a","load":3.5,"jobs":4,"note":"a bit slow","address":"fe80::1","version":"1.9.10"}
{"@timestamp":"2026-01-01T00:15:00Z","host":"c","jobs":1,"tags":["cache","db"],"up":true}
"#;

const MAPPING: &str = r#"{"properties":{"@timestamp":{"type":"date"},"host":{"type":"keyword"},"load":{"type":"double"},
"jobs":{"type":"integer","fields":{"wide":{"type":"long"}}},"tags":{"type":"keyword"},"note":{"type":"text"},"up":{"type":"boolean"},
"address":{"type":"ip"},"version":{"type":"version"},"odd":{"type":"binary"}}}"#;

fn run(query: &str, output: &str) -> Run {
    let folder = folder_of(&[("events.ndjson", EVENTS), ("mapping.json", MAPPING)]);
    let args = ["query", "--language", "esql", "--mapping", "mapping.json", "--output", output];
    rulehound(folder.path(), &[&args[..], &[query, "events.ndjson"]].concat())
}

/// Names and types of the columns, and the rows.
fn answer(query: &str) -> (Vec<String>, Value) {
    let run = run(query, "response");
    assert_eq!(run.code, 0, "{query}: {}", run.stderr);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let column =
        |column: &Value| format!("{}:{}", column["name"].as_str().unwrap(), column["type"].as_str().unwrap());
    (answer["columns"].as_array().unwrap().iter().map(column).collect(), answer["values"].clone())
}

fn check(query: &str, columns: &[&str], rows: &Value) {
    assert_eq!(
        answer(query),
        (columns.iter().map(|name| (*name).to_owned()).collect(), rows.clone()),
        "{query}"
    );
}

#[test]
fn columns_of_a_mapping_come_by_name() {
    let (columns, _) = answer("FROM * | LIMIT 0");
    assert_eq!(
        columns,
        [
            "@timestamp:date",
            "address:ip",
            "host:keyword",
            "jobs:integer",
            "jobs.wide:long",
            "load:double",
            "note:text",
            "odd:unsupported",
            "tags:keyword",
            "up:boolean",
            "version:version"
        ]
    );
}

#[test]
fn rows_are_filtered_extended_and_kept() {
    check(
        "FROM * | WHERE host == \"a\" | EVAL more = load * 2 | KEEP host, more | SORT more DESC",
        &["host:keyword", "more:double"],
        &json!([["a", 7.0], ["a", 3.0]]),
    );
    check(
        "FROM * | KEEP host, load | RENAME load AS l | SORT l DESC NULLS LAST | LIMIT 2",
        &["host:keyword", "l:double"],
        &json!([["a", 3.5], ["b", 2.5]]),
    );
    // Ascending, nulls come last.
    check("FROM * | SORT load | KEEP load", &["load:double"], &json!([[1.5], [2.5], [3.5], [null]]));
}

#[test]
fn several_values_are_as_the_index_keeps_them() {
    // Keywords each once and in order, numbers in order.
    check(
        "FROM * | KEEP tags, jobs",
        &["tags:keyword", "jobs:integer"],
        &json!([[["db", "web"], 3], ["db", [5, 7]], [null, 4], [["cache", "db"], 1]]),
    );
    // Most functions of several values are null.
    let several = run("FROM * | WHERE host == \"b\" | EVAL more = jobs + 1 | KEEP more", "response");
    assert!(several.stdout.contains("\"values\":[[null]]"), "{}", several.stdout);
    assert!(several.stderr.contains("multi-value"), "{}", several.stderr);
    check(
        "FROM * | MV_EXPAND tags | STATS n = COUNT(*) BY tags | SORT tags",
        &["n:long", "tags:keyword"],
        &json!([[1, "cache"], [3, "db"], [1, "web"], [1, null]]),
    );
    check(
        "FROM * | STATS n = COUNT(jobs), s = SUM(jobs), m = MAX(jobs.wide)",
        &["n:long", "s:long", "m:long"],
        &json!([[5, 20, 7]]),
    );
}

#[test]
fn groups_have_aggregates() {
    check(
        "FROM * | STATS n = COUNT(*), slow = COUNT(*) WHERE load > 2, AVG(load) BY host | SORT host",
        &["n:long", "slow:long", "AVG(load):double", "host:keyword"],
        &json!([[2, 1, 2.5, "a"], [1, 1, 2.5, "b"], [1, 0, null, "c"]]),
    );
    check(
        "FROM * | STATS spread = MAX(load) - MIN(load), begun = MIN(@timestamp)",
        &["spread:double", "begun:date"],
        &json!([[2.0, "2026-01-01T00:00:00.000Z"]]),
    );
    check("FROM * | STATS BY up | SORT up", &["up:boolean"], &json!([[true], [null]]));
    check(
        "FROM * | KEEP host, load | INLINE STATS most = MAX(load) BY host | SORT load | LIMIT 3",
        &["load:double", "most:double", "host:keyword"],
        &json!([[1.5, 3.5, "a"], [2.5, 2.5, "b"], [3.5, 3.5, "a"]]),
    );
}

#[test]
fn values_have_the_order_of_their_type() {
    check(
        "FROM * | SORT version | KEEP version | LIMIT 3",
        &["version:version"],
        &json!([["1.9.2"], ["1.9.10"], ["1.10.0"]]),
    );
    check(
        "FROM * | SORT address DESC | KEEP address | WHERE address IS NOT NULL",
        &["address:ip"],
        &json!([["fe80::1"], ["10.0.0.20"], ["10.0.0.1"]]),
    );
    check("FROM * | WHERE address > \"10.0.0.3\" | STATS COUNT(*)", &["COUNT(*):long"], &json!([[2]]));
}

#[test]
fn full_text_asks_the_index() {
    check("FROM * | WHERE note : \"BIT\" | KEEP host", &["host:keyword"], &json!([["a"]]));
    check(
        "FROM * | WHERE KQL(\"tags: db and not host: b\") | KEEP host",
        &["host:keyword"],
        &json!([["a"], ["c"]]),
    );
    check("FROM * | WHERE QSTR(\"host:b OR up:true\") | STATS n = COUNT(*)", &["n:long"], &json!([[2]]));
    let late = run("FROM * | LIMIT 3 | WHERE note : \"bit\"", "response");
    assert_eq!(late.code, 1);
    assert!(late.stderr.contains("esql::search-too-late"), "{}", late.stderr);
}

#[test]
fn a_row_needs_no_events() {
    let folder = folder_of(&[]);
    let run = rulehound(
        folder.path(),
        &["query", "--language", "esql", "ROW a = 1, b = [1, 2], c = \"x\" | EVAL d = a + 1"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["values"], json!([[1, [1, 2], "x", 2]]));
}

#[test]
fn without_a_mapping_the_events_tell_the_fields() {
    let folder = folder_of(&[("events.ndjson", r#"{"my":{"size":3},"host":{"name":"a"}}"#)]);
    let query = |text| {
        rulehound(
            folder.path(),
            &["query", "--language", "esql", "--output", "ndjson", text, "events.ndjson"],
        )
    };
    let all = query("FROM *");
    assert_eq!(all.stdout, "{\"host.name\":\"a\",\"my.size\":3}\n", "{}", all.stderr);
    let sum = query("FROM * | EVAL twice = my.size * 2 | KEEP twice");
    assert_eq!(sum.stdout, "{\"twice\":6}\n", "{}", sum.stderr);
}

#[test]
fn standard_input_is_read_once() {
    let folder = folder_of(&[]);
    let args =
        ["query", "--language", "esql", "--output", "ndjson", "FROM * | STATS n = COUNT(process.args)", "-"];
    let input = "{\"process\":{\"args\":[\"a\",\"b\"]}}\n{\"process\":{\"args\":\"c\"}}\n";
    let run = rulehound_with_input(folder.path(), &args, input.as_bytes());
    assert_eq!((run.code, run.stdout.as_str()), (0, "{\"n\":3}\n"), "{}", run.stderr);
}

#[test]
fn errors_point_at_the_place() {
    for (query, code, word) in [
        ("FROM * | WHERE hots == \"a\"", "esql::unknown-column", "`host`"),
        ("FROM * | EVAL x = LENGHT(host)", "esql::unknown-function", "`length`"),
        ("FROM * | WHER host == \"a\"", "esql::unknown-command", "`WHERE`"),
        ("FROM * | EVAL x = LENGTH(jobs)", "esql::arguments", "keyword"),
        ("FROM * | WHERE host", "esql::not-boolean", "boolean"),
        ("FROM * | EVAL x = MAX(load)", "esql::aggregate-outside", "STATS"),
        ("FROM * | STATS MAX(load), host", "esql::not-grouped", "BY"),
        ("FROM * | STATS x = MAX(load) | WHERE load > 1", "esql::unknown-column", "`load`"),
        ("FROM * | WHERE @timestamp > \"no date\"", "esql::not-a-value", "date"),
    ] {
        let run = run(query, "response");
        assert_eq!(run.code, 1, "{query}");
        assert!(
            run.stderr.contains(code) && run.stderr.to_lowercase().contains(&word.to_lowercase()),
            "{query}: {}",
            run.stderr
        );
        assert!(run.stdout.is_empty(), "{query}");
    }
}
