//! Searches over files of a few events.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use rulehound_query::eql::{self, Dialect, Options};
use rulehound_schema::Schema;
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// An event: its `_id`, its `@timestamp` (nothing if empty), its `process.pid` and `event.sequence`.
type Event = (&'static str, &'static str, i64, Option<i64>);

/// A folder with one file for each list of events, `0.ndjson` and so on.
fn folder(files: &[&[Event]]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (number, events) in files.iter().enumerate() {
        let lines = events.iter().map(|(id, time, pid, sequence)| {
            let mut source = json!({
                "event": { "category": "process", "sequence": sequence },
                "process": { "pid": pid },
            });
            if !time.is_empty() {
                source["@timestamp"] = json!(format!("2026-01-01T00:00:0{time}Z"));
            }
            json!({ "_id": id, "_source": source }).to_string() + "\n"
        });
        fs::write(folder.path().join(format!("{number}.ndjson")), lines.collect::<String>()).unwrap();
    }
    folder
}

fn options(size: usize, tiebreaker: bool) -> SearchOptions {
    let field = |name: &str| Schema::catalogue().field(name).unwrap();
    let order = EventOrder {
        fallback: None,
        timestamp: field("@timestamp"),
        tiebreaker: tiebreaker.then(|| field("event.sequence")),
    };
    SearchOptions { size, ..SearchOptions::new(order) }
}

fn run(query: &str, files: &[&[Event]], options: &SearchOptions) -> Search {
    let folder = folder(files);
    let checked = Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Lenient,
    };
    let compiled = eql::compile(query, checked);
    let query = compiled.query.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let input = |number| Input::Path(folder.path().join(format!("{number}.ndjson")));
    let inputs: Vec<Input> = (0..files.len()).map(input).collect();
    search(&query, &inputs, options).unwrap()
}

/// The ids of the results; those of a sequence joined by `+`, `-` for a missing event.
fn ids(search: &Search) -> Vec<String> {
    match &search.results {
        Results::Events(events) => events.iter().map(|event| event.id.clone()).collect(),
        Results::Sequences(found) | Results::Samples(found) => {
            let id =
                |event: &Option<FoundEvent>| event.as_ref().map_or("-".to_owned(), |event| event.id.clone());
            found.iter().map(|one| one.events.iter().map(id).collect::<Vec<_>>().join("+")).collect()
        }
    }
}

/// Searches by one thread and by several, in batches of one and of many, and expects the same of all.
fn check(query: &str, files: &[&[Event]], size: usize, tiebreaker: bool, expected: &[&str]) {
    for (threads, batch_rows) in [(1, 1000), (1, 1), (4, 1), (4, 2)] {
        let mut options = options(size, tiebreaker);
        (options.scan.threads, options.scan.batch_rows) = (threads, batch_rows);
        let search = run(query, files, &options);
        assert_eq!(ids(&search), expected, "{query} with {threads} threads, batches of {batch_rows}");
    }
}

const DAY: &[Event] = &[
    ("c", "3", 1, None),
    ("a", "1", 1, None),
    ("d", "4", 2, None),
    ("b", "2", 2, None),
    ("e", "5", 1, None),
];

#[test]
fn events_come_in_the_order_of_time() {
    check("process where true", &[DAY], 10, false, &["a", "b", "c", "d", "e"]);
    check("process where process.pid == 2", &[DAY], 10, false, &["b", "d"]);
    check("file where true", &[DAY], 10, false, &[]);
}

#[test]
fn size_keeps_the_end_that_the_first_pipe_takes() {
    check("process where true", &[DAY], 2, false, &["d", "e"]);
    check("process where true | head 3", &[DAY], 2, false, &["a", "b"]);
    check("process where true | tail 3", &[DAY], 10, false, &["c", "d", "e"]);
    check("process where true | tail 3 | head 1", &[DAY], 10, false, &["c"]);
    check("process where true | head 4 | tail 1", &[DAY], 10, false, &["d"]);
    check("process where true", &[DAY], 0, false, &[]);
    let pairs = "sequence [process where process.pid == 1] [process where process.pid == 2]";
    check(pairs, &[DAY], 10, false, &["a+b", "c+d"]);
    check(pairs, &[DAY], 1, false, &["c+d"]);
    check(&format!("{pairs} | head 1"), &[DAY], 10, false, &["a+b"]);
}

#[test]
fn ties_are_broken_by_the_tiebreaker_then_by_arrival() {
    let first: &[Event] = &[("x", "1", 1, Some(3)), ("y", "1", 1, None)];
    let second: &[Event] = &[("u", "1", 1, Some(2)), ("v", "0", 1, Some(9))];
    check("process where true", &[first, second], 10, false, &["v", "x", "y", "u"]);
    check("process where true", &[second, first], 10, false, &["v", "u", "x", "y"]);
    check("process where true", &[first, second], 10, true, &["v", "u", "x", "y"]);
    let chain = "sequence [process where true] with runs=4 [process where true] | head 1";
    check(chain, &[first, second, DAY], 10, true, &["v+u+x+y+a"]);
}

#[test]
fn events_without_a_time_are_the_last_choice_and_in_no_sequence() {
    let events: &[Event] = &[("n", "", 1, None), ("a", "1", 1, None), ("b", "2", 1, None)];
    check("process where true", &[events], 10, false, &["n", "a", "b"]);
    check("process where true", &[events], 2, false, &["a", "b"]);
    check("process where true | head 10", &[events], 10, false, &["a", "b", "n"]);
    check("process where true | head 2", &[events], 10, false, &["a", "b"]);
    let sequence = run("sequence [any where true] [any where true]", &[events], &options(10, false));
    assert_eq!((ids(&sequence), sequence.without_time), (vec!["a+b".to_owned()], 1));
}

#[test]
fn joins_are_samples_with_pipes_and_without_keys() {
    let join = "join by process.pid [process where true] [process where true]";
    check(join, &[DAY], 10, false, &["c+a", "d+b"]);
    check(&format!("{join} | head 1"), &[DAY], 10, false, &["c+a"]);
    check(&format!("{join} | tail 1"), &[DAY], 10, false, &["d+b"]);
    let keyless =
        "join [process where process.pid == 2] [process where process.pid == 1] until [any where true]";
    check(keyless, &[DAY], 10, false, &["d+c"]);
    check("join [process where true] [file where true]", &[DAY], 10, false, &[]);
}

#[test]
fn samples_are_taken_as_events_came() {
    let sample = "sample by process.pid [process where true] [process where true]";
    check(sample, &[DAY], 10, false, &["c+a", "d+b"]);
    check(sample, &[DAY], 1, false, &["c+a"]);
    let mut options = options(10, false);
    options.max_samples_per_key = 2;
    assert_eq!(ids(&run(sample, &[DAY], &options)), ["c+a", "c+e", "d+b", "b+d"]);
}

#[test]
fn what_is_left_out_is_counted() {
    let search = run("process where true", &[DAY], &options(2, false));
    assert_eq!((search.results.len(), search.found, search.scan.events), (2, 5, 5));
}

#[test]
fn the_response_has_elasticsearchs_shape() {
    let took = std::time::Duration::from_millis(7);
    let shape = |query: &str, events: &[Event]| {
        let mut response = response_json(&run(query, &[events], &options(10, false)), took);
        let hits = response["hits"].take();
        assert_eq!(
            response,
            json!({"is_partial": false, "is_running": false, "took": 7, "timed_out": false, "hits": null})
        );
        hits
    };
    let one: &[Event] = &[("a", "1", 1, None)];
    let source = json!({
        "event": { "category": "process", "sequence": null },
        "process": { "pid": 1 },
        "@timestamp": "2026-01-01T00:00:01Z",
    });
    let event = json!({ "_index": "", "_id": "a", "_source": source });
    let total = |value: u64| json!({ "value": value, "relation": "eq" });
    assert_eq!(shape("any where true", one), json!({ "total": total(1), "events": [event] }));
    assert_eq!(shape("file where true", one), json!({ "total": total(0), "events": [] }));
    let missing = json!({ "_index": "", "_id": "", "_source": {}, "missing": true });
    let query = "sequence by process.pid with maxspan=1s [any where true] ![file where true]";
    let sequence = json!({ "join_keys": [1], "events": [event, missing] });
    assert_eq!(shape(query, one), json!({ "total": total(1), "sequences": [sequence] }));
    let without_keys = "sequence with maxspan=1s [any where true] ![file where true]";
    let sequence = json!({ "events": [event, missing] });
    assert_eq!(shape(without_keys, one), json!({ "total": total(1), "sequences": [sequence] }));
}

#[test]
fn fields_that_only_events_have_are_mapped() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("events.json");
    let events = json!([
        { "known": 1, "word": null, "nested": { "list": [[], ["2026-01-01", 5]] } },
        { "word": "w", "whole": 1, "half": 0.5, "yes": true, "number": "1984", "dotted.name": "x", "whole.not": "y" },
        { "whole": "late", "big": u64::MAX },
    ]);
    fs::write(&file, events.to_string()).unwrap();
    let mapping = r#"{"properties": {"known": {"type": "keyword"}}}"#;
    let schema = Schema::from_mappings([mapping]).unwrap();
    let found = discover(&schema, &[Input::Path(file)]).mapping.unwrap();
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let kind = |name: &str| found["properties"][name]["type"].as_str();
    let expected = [
        ("known", None),
        ("word", Some("keyword")),
        ("nested.list", Some("date")),
        ("whole", Some("long")),
        ("half", Some("double")),
        ("yes", Some("boolean")),
        ("number", Some("keyword")),
        ("dotted.name", Some("keyword")),
        ("big", Some("unsigned_long")),
    ];
    for (name, expected) in expected {
        assert_eq!(kind(name), expected, "{name}");
    }
}
