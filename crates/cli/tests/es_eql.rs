//! Elasticsearch's own EQL conformance suite, through the `rulehound` command.
//!
//! The suite is not part of the project: it is looked for in `$RULEHOUND_CORPORA/es-eql`, else in
//! `../shared/corpora/es-eql` beside the checkout. A case that is not to pass stands in [`EXCEPTIONS`] with the
//! reason; if it passes all the same, that is an error too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Cases that are not to pass: file, name or number (from 1), and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// A file of cases and what it runs over.
struct Suite {
    cases: &'static str,
    events: Vec<PathBuf>,
    mappings: Vec<PathBuf>,
    /// The field that tells events apart.
    id: &'static str,
    more: &'static [&'static str],
}

/// The suite's folder; `None`, and a word about it, if it is not there.
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let corpus = env::var_os("RULEHOUND_CORPORA").map_or_else(beside, PathBuf::from).join("es-eql");
    if !corpus.is_dir() {
        eprintln!("skipped: no conformance suite at {}", corpus.display());
        return None;
    }
    Some(corpus)
}

#[test]
fn queries_over_windows_events() {
    let Some(corpus) = corpus() else { return };
    let folder = TempDir::new().unwrap();
    // A Windows file time.
    let millis = |timestamp: i64| json!(timestamp / 10_000 - 11_644_473_600_000);
    let events = with_timestamp(&corpus, folder.path().join("millis.json"), millis);
    let suites = ["test_queries", "additional_test_queries", "test_queries_supported", "test_queries_date"]
        .map(|cases| {
            let mapping = corpus.join("data/endgame-140.mapping");
            let tiebreaker = &["--tiebreaker-field", "serial_event_id"];
            Suite {
                cases,
                events: vec![events.clone()],
                mappings: vec![mapping],
                id: "serial_event_id",
                more: tiebreaker,
            }
        });
    check(&corpus, &suites);
}

#[test]
fn queries_over_nanoseconds() {
    let Some(corpus) = corpus() else { return };
    let folder = TempDir::new().unwrap();
    let nanos = |timestamp: i64| json!(Timestamp::from_nanosecond(timestamp.into()).unwrap().to_string());
    let suite = Suite {
        cases: "test_queries_date_nanos",
        events: vec![with_timestamp(&corpus, folder.path().join("nanos.json"), nanos)],
        mappings: vec![corpus.join("data/endgame-140-nanos.mapping")],
        id: "serial_event_id",
        more: &["--event-category-field", "event_type"],
    };
    check(&corpus, &[suite]);
}

#[test]
fn sequences() {
    let Some(corpus) = corpus() else { return };
    let suite = |cases, data: &str| Suite {
        cases,
        events: vec![corpus.join(format!("data/{data}.data"))],
        mappings: vec![corpus.join(format!("data/{data}.mapping"))],
        id: "sequence",
        more: &["--tiebreaker-field", "event.sequence"],
    };
    check(&corpus, &[suite("test_extra", "extra"), suite("test_missing_events", "missing-events")]);
}

#[test]
fn samples() {
    let Some(corpus) = corpus() else { return };
    let suite = |cases, data: &[&str]| Suite {
        cases,
        events: data.iter().map(|data| corpus.join(format!("data/{data}.data"))).collect(),
        mappings: data.iter().map(|data| corpus.join(format!("data/{data}.mapping"))).collect(),
        id: "id",
        more: &[],
    };
    let suites = [
        suite("test_sample", &["sample1", "sample2", "sample3"]),
        suite("test_sample_multi", &["sample-multi"]),
        suite("test_sampling", &["sampling1", "sampling2", "sampling3"]),
    ];
    check(&corpus, &suites);
}

/// Writes the events of `test_data.json` with a `@timestamp` made of their `timestamp`.
fn with_timestamp(corpus: &Path, file: PathBuf, convert: impl Fn(i64) -> Value) -> PathBuf {
    let text = fs::read_to_string(corpus.join("test_data.json")).unwrap();
    let mut events: Vec<Value> = serde_json::from_str(&text).unwrap();
    for event in &mut events {
        event["@timestamp"] = convert(event["timestamp"].as_i64().unwrap());
    }
    fs::write(&file, serde_json::to_vec(&events).unwrap()).unwrap();
    file
}

/// Runs every case and tells of all that went otherwise than expected.
fn check(corpus: &Path, suites: &[Suite]) {
    let mut wrong = Vec::new();
    let mut exceptions = BTreeSet::new();
    let mut passed = 0;
    for suite in suites {
        let text = fs::read_to_string(corpus.join(suite.cases).with_extension("toml")).unwrap();
        let cases: toml::Table = text.parse().unwrap();
        for (number, case) in (1..).zip(cases["queries"].as_array().unwrap()) {
            let name = case.get("name").and_then(|name| name.as_str());
            let name = name.map_or_else(|| format!("{number}"), str::to_owned);
            let exception = EXCEPTIONS.iter().find(|(file, case, _)| *file == suite.cases && *case == name);
            match (run(suite, case), exception) {
                (Ok(()), None) => passed += 1,
                (Err(_), Some((file, case, _))) => drop(exceptions.insert((file, case))),
                (Err(why), None) => {
                    wrong.push(format!("{} {name}:{}\n{why}", suite.cases, case["query"].as_str().unwrap()));
                }
                (Ok(()), Some(_)) => wrong.push(format!("{} {name}: passes, though listed", suite.cases)),
            }
        }
    }
    eprintln!("{passed} cases passed, {} are listed as exceptions", exceptions.len());
    assert!(wrong.is_empty(), "{} cases are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Runs a case through the command.
fn run(suite: &Suite, case: &toml::Value) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulehound"));
    command.args(["query", "--output", "response"]).args(suite.more);
    for mapping in &suite.mappings {
        command.arg("--mapping").arg(mapping);
    }
    let number = |name: &str| case.get(name).and_then(toml::Value::as_integer);
    command.args(["--size", &number("size").unwrap_or(50).to_string()]);
    if let Some(most) = number("max_samples_per_key") {
        command.args(["--max-samples-per-key", &most.to_string()]);
    }
    let output = command.arg(case["query"].as_str().unwrap()).args(&suite.events).output().unwrap();
    if !output.status.success() {
        return Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let response: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let hits = &response["hits"];
    let results = hits["sequences"].as_array().cloned().unwrap_or_else(|| vec![hits.clone()]);
    let ids: Vec<i64> = results
        .iter()
        .flat_map(|result| result["events"].as_array().unwrap())
        .map(|event| if event["missing"] == true { -1 } else { event["_source"][suite.id].as_i64().unwrap() })
        .collect();
    let keys: Vec<String> =
        results.iter().flat_map(|result| result["join_keys"].as_array()).flatten().map(text).collect();

    let expected_keys =
        case.get("join_keys").map(|keys| keys.as_array().unwrap().iter().map(toml_text).collect());
    let expected_ids = alternatives(&case["expected_event_ids"]);
    if !expected_ids.contains(&ids) {
        Err(format!("expected {expected_ids:?}\nfound {ids:?} under {keys:?}"))
    } else if expected_keys.as_ref().is_some_and(|expected: &Vec<String>| *expected != keys) {
        Err(format!("expected the join keys {expected_keys:?}\nfound {keys:?}"))
    } else {
        Ok(())
    }
}

/// The lists of ids that are right.
fn alternatives(expected: &toml::Value) -> Vec<Vec<i64>> {
    let ids =
        |list: &toml::Value| list.as_array().unwrap().iter().map(|id| id.as_integer().unwrap()).collect();
    match expected.as_array().unwrap().first() {
        Some(toml::Value::Array(_)) => expected.as_array().unwrap().iter().map(ids).collect(),
        _ => vec![ids(expected)],
    }
}

/// A join key as the suite writes it: all as text.
fn text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

fn toml_text(key: &toml::Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
