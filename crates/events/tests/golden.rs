//! Raw Windows events and the documents that Elastic's pipelines make of them, against the normaliser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rulehound_events::Document;
use rulehound_events::normalize::normalize;
use serde_json::Value;

use common::corpora;

/// Where the normaliser differs from the expected documents, by suite (prefix of the file's path) and field,
/// and why. Only fields that rules read need to stand here.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("", "data_stream.dataset", "the agent adds it on the way; the pairs do not have it"),
    ("", "data_stream.namespace", "the agent adds it on the way"),
    ("", "data_stream.type", "the agent adds it on the way"),
    ("", "event.ingested", "Elasticsearch sets it on arrival"),
    ("system/security/test-4660", "event.provider", "an agent sets it"),
    ("", "event.dataset", "the agent adds it on the way"),
    ("", "event.module", "the agent adds it on the way; Winlogbeat's own differ from the integrations'"),
    ("windows", "host.name", "the agent adds it on the host"),
    ("", "host.hostname", "the agent adds it on the host"),
    ("", "host.id", "the agent adds it on the host; the name stands in"),
    ("", "host.os.family", "the agent adds it on the host"),
    ("", "host.os.type", "the agent adds it on the host"),
    ("windows/sysmon_operational/excerpt", "event.action", "the integration of 2022 had none"),
    ("winlogbeat/sysmon/sysmon-10.2-dns", "dns.question.registered_domain", "an older public suffix list"),
    ("winlogbeat/sysmon/sysmon-no-evtx", "event.created", "the integration sets it"),
    ("winlogbeat/sysmon", "event.action", "ECS 1.12 had none; the integration has"),
    ("winlogbeat/sysmon/sysmon-12-loadimage", "event.category", "the integration adds `library`"),
    ("winlogbeat/sysmon/sysmon-12-loadimage", "event.type", "the integration adds `start`"),
    ("winlogbeat/sysmon/sysmon-12-loadimage", "dll.", "the integration has the library also in `dll`"),
    ("winlogbeat/sysmon/sysmon-12-loadimage", "file.code_signature.trusted", "the integration sets it"),
    ("winlogbeat/security", "process.args_count", "the integration sets it"),
    ("winlogbeat/security", "process.executable", "the integration drops `-`"),
    ("winlogbeat/security", "process.name", "the integration drops `-`"),
    ("winlogbeat/security", "winlog.event_data.ProcessName", "it was `-`, which no field takes"),
    ("winlogbeat/sysmon/sysmon-no-evtx", "@timestamp", "the suite drops it"),
];

/// Lowest number of agreements on all expected fields, whether rules read them or not.
const ALL_FIELDS_AGREE: usize = 13_737;

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

fn documents(path: &Path) -> Vec<Document> {
    let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let list = match json {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("events").or_else(|| object.remove("expected")) {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        other => panic!("{}: {other}", path.display()),
    };
    list.into_iter().map(|value| value.as_object().unwrap().clone()).collect()
}

fn ecs(record: &Document) -> Document {
    normalize(&serde_json::to_vec(record).unwrap()).unwrap()
}

/// Raw and expected documents with the name of their file.
fn pairs(golden: &Path) -> Vec<(String, Document, Document)> {
    let mut pairs = Vec::new();
    for suite in [
        "windows/sysmon_operational",
        "windows/forwarded",
        "system",
        "winlogbeat/sysmon",
        "winlogbeat/security",
    ] {
        for raw in files(&golden.join(suite)) {
            let name = raw.strip_prefix(golden).unwrap().to_str().unwrap().to_owned();
            let expected = match name.strip_suffix(".raw.json") {
                Some(stem) => golden.join(format!("{stem}.expected.json")),
                None => golden.join(format!("{name}-expected.json")),
            };
            if !expected.is_file() {
                continue;
            }
            let (raw, expected) = (documents(&raw), documents(&expected));
            assert_eq!(raw.len(), expected.len(), "{name}");
            pairs.extend(raw.into_iter().zip(expected).map(|(raw, expected)| (name.clone(), raw, expected)));
        }
    }
    pairs
}

/// Values by field, as an index has them: order and arity say nothing, and times have milliseconds.
fn flatten(document: &Document) -> BTreeMap<String, BTreeSet<String>> {
    fn walk(path: &str, value: &Value, fields: &mut BTreeMap<String, BTreeSet<String>>) {
        match value {
            Value::Object(object) => {
                let dot = if path.is_empty() { "" } else { "." };
                object.iter().for_each(|(key, value)| walk(&format!("{path}{dot}{key}"), value, fields));
            }
            Value::Array(array) => array.iter().for_each(|value| walk(path, value, fields)),
            Value::Null => {}
            Value::String(text) => {
                fields.entry(path.to_owned()).or_default().insert(time(text).unwrap_or(text.clone()));
            }
            scalar => {
                fields.entry(path.to_owned()).or_default().insert(scalar.to_string());
            }
        }
    }
    let mut fields = BTreeMap::new();
    walk("", &Value::Object(document.clone()), &mut fields);
    fields
}

fn time(text: &str) -> Option<String> {
    let (seconds, fraction) = text.strip_suffix('Z')?.split_once('.')?;
    (seconds.len() == 19).then(|| format!("{seconds}.{:0<3}Z", fraction.get(..3).unwrap_or(fraction)))
}

/// Every word with a dot outside of strings in the queries of all rules: fields, and little else.
fn fields_of_rules(corpora: &Path) -> BTreeSet<String> {
    let mut fields = BTreeSet::from(["@timestamp".to_owned()]);
    for path in files(&corpora.join("detection-rules")) {
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let rule: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let query = rule.get("rule").and_then(|rule| rule.get("query")).and_then(toml::Value::as_str);
        for (i, part) in query.unwrap_or_default().split('"').enumerate() {
            if i % 2 == 0 {
                let words = part.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '@')));
                fields.extend(words.filter(|word| word.contains('.')).map(str::to_owned));
            }
        }
    }
    fields
}

fn reason(name: &str, field: &str) -> Option<&'static str> {
    let found =
        DIFFERENCES.iter().find(|(suite, prefix, _)| name.starts_with(suite) && field.starts_with(prefix));
    found.map(|&(_, _, reason)| reason)
}

#[test]
fn windows_records_become_what_the_integrations_make_of_them() {
    let Some(corpora) = corpora() else { return };
    let of_rules = fields_of_rules(&corpora);
    let mut figures: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut all, mut all_agree) = (0, 0);
    let mut unexplained = Vec::new();
    let mut explained: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for (name, raw, expected) in pairs(&corpora.join("golden")) {
        let (expected, ours) = (flatten(&expected), flatten(&ecs(&raw)));
        for (field, values) in &expected {
            all += 1;
            if ours.get(field) == Some(values) {
                all_agree += 1;
            } else {
                *others.entry(field.clone()).or_default() += 1;
                if std::env::var("GOLDEN_ALL").is_ok_and(|prefix| field.starts_with(&prefix)) {
                    eprintln!("{name}: {field}: expected {values:?}, is {:?}", ours.get(field));
                }
            }
        }
        for field in expected.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            if !of_rules.contains(field) {
                continue;
            }
            let figure = figures.entry(field.clone()).or_default();
            figure.1 += 1;
            let (expected, is) = (expected.get(field), ours.get(field));
            if expected == is {
                figure.0 += 1;
            } else if let Some(reason) = reason(&name, field) {
                *explained.entry((reason, field.clone())).or_default() += 1;
            } else {
                unexplained.push(format!("{name}: {field}: expected {expected:?}, is {is:?}"));
            }
        }
    }
    eprintln!("fields that rules read, agree / events:");
    for (field, (agree, total)) in &figures {
        eprintln!("  {agree:4} / {total:4}  {field}");
    }
    eprintln!("differences with a reason:");
    for ((reason, field), count) in &explained {
        eprintln!("  {count:4}  {field}: {reason}");
    }
    eprintln!("all expected fields: {all_agree} / {all} agree; those that differ: {others:?}");
    assert!(!figures.is_empty());
    assert!(unexplained.is_empty(), "{} differences:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(all_agree >= ALL_FIELDS_AGREE, "{all_agree}");
}

#[test]
fn documents_of_elastic_defend_pass_unchanged() {
    let Some(corpora) = corpora() else { return };
    let mut count = 0;
    for path in files(&corpora.join("golden/endpoint")) {
        for document in documents(&path) {
            assert_eq!(ecs(&document), document, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn documents_that_a_pipeline_has_seen_pass_unchanged() {
    let Some(corpora) = corpora() else { return };
    for (name, _, expected) in pairs(&corpora.join("golden")) {
        let event = expected.get("event").and_then(Value::as_object).unwrap();
        if event.contains_key("category") {
            assert_eq!(ecs(&expected), expected, "{name}");
        }
    }
}
