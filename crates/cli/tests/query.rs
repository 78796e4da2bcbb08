//! `rulehound query`: what it prints where, and how it exits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use common::{Run, rulehound_with_input};

const EVENTS: &str = r#"{"_id":"1","_index":"logs-a","_source":{"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"process"},"process":{"name":"sh","pid":7},"seen":true}}
{"_id":"2","_index":"logs-a","_source":{"@timestamp":"2026-01-01T00:00:02Z","event":{"category":"file"},"process":{"name":"sh","pid":7}}}
"#;

const MAPPING: &str = r#"{"properties": {
    "@timestamp": {"type": "date"},
    "event": {"properties": {"category": {"type": "keyword"}}},
    "process": {"properties": {"name": {"type": "keyword"}, "pid": {"type": "long"}}}
}}"#;

/// A folder with events, a mapping and other files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        fs::write(folder.file("events.ndjson"), EVENTS).unwrap();
        fs::write(folder.file("broken.ndjson"), format!("{EVENTS}{{\"a\":\n")).unwrap();
        fs::write(folder.file("mapping.json"), MAPPING).unwrap();
        let ties = [10, 9]
            .map(|nr| format!(r#"{{"_id":"{nr}","_source":{{"@timestamp":"2026-01-01","nr":{nr}}}}}"#));
        fs::write(folder.file("ties.ndjson"), ties.join("\n")).unwrap();
        fs::write(folder.file("query.eql"), "any where\n  process.pid == 7 /* both */").unwrap();
        fs::write(folder.file("refused.eql"), "any\nwhere what(1)").unwrap();
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the command in the folder, with `EVENTS` on its standard input.
    fn query(&self, args: &[&str]) -> Run {
        rulehound_with_input(self.0.path(), &[&["query"], args].concat(), EVENTS.as_bytes())
    }
}

/// Runs a query and gives what it prints, one JSON value a line or one in all.
fn results(args: &[&str]) -> Vec<Value> {
    let output = Folder::new().query(args);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let values = serde_json::Deserializer::from_str(&output.stdout).into_iter();
    values.collect::<Result<_, _>>().unwrap()
}

/// Runs a query that cannot do all that was asked, and gives what it says.
fn fails(args: &[&str], code: i32, expected: &[&str]) {
    let Run { code: found, stderr: said, .. } = Folder::new().query(args);
    assert_eq!(found, code, "{args:?}: {said}");
    for part in expected {
        assert!(said.contains(part), "{args:?} should say `{part}`:\n{said}");
    }
}

#[test]
fn languages_of_single_events() {
    for (language, query, ids) in [
        ("kuery", "process.pid: 7 and not event.category: file", &["1"][..]),
        ("kuery", "process.name: s* and seen: true", &["1"]),
        ("kuery", "", &["1", "2"]),
        ("lucene", "+process.name:sh -event.category:process", &["2"]),
        ("lucene", "process.pid:[7 TO *] AND process.name:/s./", &["1", "2"]),
    ] {
        let response = &results(&["--language", language, query, "events.ndjson"])[0];
        let events = response["hits"]["events"].as_array().unwrap();
        let found: Vec<&str> = events.iter().map(|event| event["_id"].as_str().unwrap()).collect();
        assert_eq!(found, ids, "{language}: {query}");
    }
    fails(&["--language", "kuery", "process.pid: (1", "events.ndjson"], 1, &["expected `)`"]);
    fails(&["--language", "lucene", "process.pid:x", "events.ndjson"], 1, &["lucene::value"]);
    // With a mapping: fields that the events have and it lacks are found.
    let mapped = ["--language", "kuery", "--mapping", "mapping.json", "seen: true", "events.ndjson"];
    assert_eq!(results(&mapped)[0]["hits"]["total"]["value"], 1);
}

#[test]
fn the_response_is_the_default() {
    let response = &results(&["any where process.pid == 7", "events.ndjson"])[0];
    assert_eq!(response["hits"]["total"], json!({ "value": 2, "relation": "eq" }));
    let event = &response["hits"]["events"][0];
    assert_eq!((&event["_index"], &event["_id"]), (&json!("logs-a"), &json!("1")));
    assert_eq!(event["_source"]["process"]["name"], "sh");
    let sequence = "sequence by process.pid [process where true] [file where true]";
    let response = &results(&[sequence, "events.ndjson"])[0];
    assert_eq!(response["hits"]["sequences"][0]["join_keys"], json!([7]));
}

#[test]
fn ndjson_has_a_line_a_result() {
    let events = results(&["--output", "ndjson", "any where true", "events.ndjson"]);
    assert_eq!(events.iter().map(|event| &event["_id"]).collect::<Vec<_>>(), ["1", "2"]);
    let sequences =
        results(&["--output", "ndjson", "sequence [any where true] [any where true]", "events.ndjson"]);
    assert_eq!(sequences.len(), 1);
    assert_eq!(sequences[0]["events"][1]["_id"], "2");
}

#[test]
fn the_table_has_a_line_an_event() {
    let table = |query| Folder::new().query(&["--output", "table", query, "events.ndjson"]).stdout;
    let text = table("sequence with maxspan=1m [file where true] ![process where true]");
    assert!(text.contains("2026-01-01T00:00:02Z") && text.contains("(missing)"), "{text}");
    assert_eq!(table("registry where true"), "no results\n");
}

#[test]
fn standard_input_is_read() {
    assert_eq!(results(&["any where true", "-"])[0]["hits"]["total"]["value"], 2);
}

#[test]
fn a_query_may_stand_in_a_file() {
    assert_eq!(results(&["@query.eql", "events.ndjson"])[0]["hits"]["total"]["value"], 2);
    fails(&["@refused.eql", "events.ndjson"], 1, &["refused.eql:2:"]);
    fails(&["@absent.eql", "events.ndjson"], 2, &["absent.eql"]);
    let since = ["--language", "kuery", "@timestamp >= \"2026-01-01T00:00:02Z\"", "events.ndjson"];
    assert_eq!(results(&since)[0]["hits"]["total"]["value"], 1, "`@timestamp` is no file");
}

#[test]
fn a_mapping_decides_what_fields_there_are() {
    let with_mapping = ["--mapping", "mapping.json"];
    let run = |query| results(&[&with_mapping[..], &[query, "events.ndjson"]].concat()).remove(0);
    assert_eq!(run("any where process.name == \"sh\"")["hits"]["total"]["value"], 2);
    // A field that the events have is mapped when they come.
    assert_eq!(run("any where seen == true")["hits"]["total"]["value"], 1);
    assert_eq!(run("any where ?seen == true")["hits"]["total"]["value"], 1);
    assert_eq!(run("any where ?unseen == null")["hits"]["total"]["value"], 2);
    let unknown = "any where proces.name == \"sh\"";
    fails(&[&with_mapping[..], &[unknown, "events.ndjson"]].concat(), 1, &["proces.name", "process.name"]);
    assert_eq!(results(&[unknown, "events.ndjson"])[0]["hits"]["total"]["value"], 0);
}

#[test]
fn the_fields_that_order_and_classify_events_can_be_named() {
    let by_pid = ["--tiebreaker-field", "process.pid", "--event-category-field", "process.name"];
    let response = &results(&[&by_pid[..], &["sh where true", "events.ndjson"]].concat())[0];
    assert_eq!(response["hits"]["total"]["value"], 2);
    // The catalogue does not know the field: its values tell that it is a number.
    let by_number = ["--tiebreaker-field", "nr", "any where true", "ties.ndjson"];
    let response = &results(&by_number)[0];
    let ids: Vec<&Value> =
        response["hits"]["events"].as_array().unwrap().iter().map(|event| &event["_id"]).collect();
    assert_eq!(ids, ["9", "10"]);
    let no_date = ["--timestamp-field", "process.pid", "any where true", "events.ndjson"];
    fails(&no_date, 2, &["`process.pid` holds no dates"]);
    let unknown =
        ["--mapping", "mapping.json", "--timestamp-field", "when", "any where true", "events.ndjson"];
    fails(&unknown, 2, &["no field `when`"]);
}

#[test]
fn what_is_refused_is_a_problem_and_what_cannot_run_an_error() {
    fails(&["process where", "events.ndjson"], 1, &["error[eql::", "query:1:"]);
    fails(&["any where true", "broken.ndjson"], 1, &["broken.ndjson:3"]);
    fails(&["any where true", "absent.ndjson"], 2, &["absent.ndjson"]);
    fails(&["--mapping", "absent.json", "any where true", "events.ndjson"], 2, &["absent.json"]);
    fails(&["--mapping", "events.ndjson", "any where true", "events.ndjson"], 2, &["mapping"]);
    fails(&["--size", "many", "any where true", "events.ndjson"], 2, &["--size"]);
}
