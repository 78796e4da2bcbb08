//! `CHANGE_POINT` over events, from Elastic's documentation of the command.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::fmt::Write as _;

use serde_json::{Value, json};

use common::{folder_of, rulehound};

/// The columns, and the rows in which something changes, of a query over 30 events. They come in no order of
/// time; `a` goes up at the fourteenth minute, `b` has a spike at the twentieth.
fn run(query: &str) -> (Vec<String>, Vec<Value>, usize, String) {
    let mut events = String::new();
    for minute in (0..30).rev() {
        let (a, b) = (if minute < 14 { 3 } else { 8 }, if minute == 20 { 99 } else { 4 });
        writeln!(
            events,
            r#"{{"@timestamp":"2026-01-01T00:{minute:02}:00Z","nr":{minute},"a":{a},"b":{b},"name":"x"}}"#
        )
        .unwrap();
    }
    let folder = folder_of(&[("events.ndjson", &events)]);
    let run = rulehound(folder.path(), &["query", "--language", "esql", query, "events.ndjson"]);
    let Ok(response) = serde_json::from_str::<Value>(&run.stdout) else {
        return (Vec::new(), Vec::new(), 0, run.stderr);
    };
    let columns = response["columns"].as_array().unwrap().iter();
    let column = |column: &Value| format!("{}:{}", column["name"], column["type"]).replace('"', "");
    let rows = response["values"].as_array().unwrap();
    let changed = rows.iter().filter(|row| row[2] != json!(null)).cloned().collect();
    (columns.map(column).collect(), changed, rows.len(), run.stderr)
}

#[test]
fn the_row_of_the_change_has_its_kind_and_p_value() {
    let (columns, changed, rows, stderr) = run("FROM * | KEEP nr, a | CHANGE_POINT a ON nr");
    assert_eq!(columns, ["nr:long", "a:long", "type:keyword", "pvalue:double"], "{stderr}");
    assert_eq!((changed, rows), (vec![json!([14, 8, "step_change", 0.0])], 30));
    // By time, if nothing else is said.
    let (columns, changed, ..) = run("FROM * | KEEP @timestamp, b | CHANGE_POINT b AS kind, p");
    assert_eq!(columns, ["@timestamp:date", "b:long", "kind:keyword", "p:double"]);
    assert_eq!(changed, [json!(["2026-01-01T00:20:00.000Z", 99, "spike", 0.0])]);
}

#[test]
fn too_few_values_are_told() {
    let (_, changed, rows, stderr) = run("FROM * | WHERE nr < 21 | KEEP nr, a | CHANGE_POINT a ON nr");
    assert_eq!((changed, rows), (vec![], 21));
    assert!(stderr.contains("Requires at least [22]; found [21]"), "{stderr}");
}

#[test]
fn only_numbers_change() {
    let (_, _, _, stderr) = run("FROM * | CHANGE_POINT name ON nr");
    assert!(stderr.contains("CHANGE_POINT"), "{stderr}");
}
