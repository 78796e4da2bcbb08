//! Elasticsearch's own EQL conformance suite, through the `rulehound` command.
//!
//! The suite is not part of the project: it is looked for in `$RULEHOUND_CORPORA/es-eql`, else in
//! `../shared/corpora/es-eql` beside the checkout. Every case passes but those of [`WITHDRAWN`], which are refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, mem};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Cases in syntax that Elasticsearch has withdrawn since: file, name or number (from 1), and what it was.
const WITHDRAWN: &[(&str, &str, &str)] = &[
    ("test_queries_supported", "7", "strings in single quotes"),
    ("test_queries_supported", "8", "`=` for `==`"),
    ("test_queries_supported", "12", "`=` for `==`"),
    ("test_queries_supported", "16", "`?'...'` for raw strings, the function `match`"),
    ("test_queries_supported", "17", "`?'...'` for raw strings, the function `matchLite`"),
    ("test_queries_supported", "18", "`?'...'` for raw strings, the function `match`"),
    ("test_queries_supported", "19", "strings in single quotes, the function `match`"),
    ("test_queries_supported", "26", "`=` for `==`"),
    ("test_queries_supported", "27", "`=` for `==`"),
];

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

/// What Elasticsearch's grammar takes is accepted where there is no mapping, if with warnings; what it refuses is refused
/// with an error that points into the query.
#[test]
fn supported_and_unsupported_queries() {
    let Some(corpus) = corpus() else { return };
    let folder = TempDir::new().unwrap();
    let event = folder.path().join("event.json");
    fs::write(&event, r#"{"@timestamp": "2026-01-01T00:00:00Z", "event": {"category": "process"}}"#).unwrap();
    let mut wrong = Vec::new();
    for (file, code, least) in [("queries-supported.eql", 0, 190), ("queries-unsupported.eql", 1, 90)] {
        let statements = statements(&fs::read_to_string(corpus.join(file)).unwrap());
        assert!(statements.len() >= least, "{file}: {}", statements.len());
        for query in statements {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rulehound"));
            let output = command.arg("query").arg(&query).arg(&event).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            let is_refused = errors.contains("error[eql::") && errors.contains(" --> query:");
            if output.status.code() != Some(code) || is_refused != (code == 1) {
                wrong.push(format!("{file}: {query}{}\n{errors}", output.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{} queries:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The statements of a file; each ends in `;` at the end of a line.
fn statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut statement = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        // A comment may follow the end of a statement.
        let end = line.split("//").next().filter(|line| line.trim_end().ends_with(';')).or(Some(line));
        let line = end.unwrap().trim_end();
        statement.push_str(line.strip_suffix(';').unwrap_or(line));
        statement.push('\n');
        if line.ends_with(';') && !statement.trim().is_empty() {
            found.push(mem::take(&mut statement));
        }
    }
    found
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
    let (mut passed, mut refused) = (0, 0);
    for suite in suites {
        let text = fs::read_to_string(corpus.join(suite.cases).with_extension("toml")).unwrap();
        let cases: Value = toml::from_str(&text).unwrap();
        for (number, case) in (1..).zip(cases["queries"].as_array().unwrap()) {
            let name = case["name"].as_str().map_or_else(|| format!("{number}"), str::to_owned);
            let is_withdrawn = WITHDRAWN.iter().any(|(file, case, _)| *file == suite.cases && *case == name);
            let output = run(suite, case);
            let outcome = match output.status.code() {
                Some(0) if !is_withdrawn => compare(suite, case, &output.stdout).map(|()| passed += 1),
                Some(1) if is_withdrawn && output.stdout.is_empty() => {
                    refused += 1;
                    Ok(())
                }
                _ => Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
            };
            if let Err(why) = outcome {
                wrong.push(format!("{} {name}: {}\n{why}", suite.cases, case["query"].as_str().unwrap()));
            }
        }
    }
    eprintln!("{passed} cases passed, {refused} of withdrawn syntax were refused");
    assert!(wrong.is_empty(), "{} cases are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Runs a case through the command.
fn run(suite: &Suite, case: &Value) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulehound"));
    command.args(["query", "--output", "response"]).args(suite.more);
    for mapping in &suite.mappings {
        command.arg("--mapping").arg(mapping);
    }
    command.args(["--size", &case["size"].as_i64().unwrap_or(50).to_string()]);
    if let Some(most) = case["max_samples_per_key"].as_i64() {
        command.args(["--max-samples-per-key", &most.to_string()]);
    }
    command.arg(case["query"].as_str().unwrap()).args(&suite.events).output().unwrap()
}

/// Compares a response with the ids and join keys that a case expects.
fn compare(suite: &Suite, case: &Value, response: &[u8]) -> Result<(), String> {
    let response: Value = serde_json::from_slice(response).map_err(|error| error.to_string())?;
    let hits = &response["hits"];
    let results = hits["sequences"].as_array().cloned().unwrap_or_else(|| vec![hits.clone()]);
    let ids: Vec<i64> = results
        .iter()
        .flat_map(|result| result["events"].as_array().unwrap())
        .map(|event| if event["missing"] == true { -1 } else { event["_source"][suite.id].as_i64().unwrap() })
        .collect();
    let keys: Vec<String> =
        results.iter().flat_map(|result| result["join_keys"].as_array()).flatten().map(text).collect();

    let expected_ids = alternatives(&case["expected_event_ids"]);
    let expected_keys: Option<Vec<String>> =
        case["join_keys"].as_array().map(|keys| keys.iter().map(text).collect());
    if !expected_ids.contains(&ids) {
        Err(format!("expected {expected_ids:?}\nfound {ids:?} under {keys:?}"))
    } else if expected_keys.as_ref().is_some_and(|expected| *expected != keys) {
        Err(format!("expected the join keys {expected_keys:?}\nfound {keys:?}"))
    } else {
        Ok(())
    }
}

/// The lists of ids that are right.
fn alternatives(expected: &Value) -> Vec<Vec<i64>> {
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
    match expected.as_array().unwrap().first() {
        Some(Value::Array(_)) => expected.as_array().unwrap().iter().map(ids).collect(),
        _ => vec![ids(expected)],
    }
}

/// A join key as the suite writes it: all as text.
fn text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
