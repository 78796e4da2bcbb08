//! Rules as Kibana's API and its exports have them, and back.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;
#[allow(dead_code)]
mod loading;

use proptest::prelude::*;
use rulehound_rules::{Metadata, Rule, RuleSet};
use serde_json::{Map, Value, json};

use common::corpus;
use loading::load;

/// The rules of one file, without problems.
fn rules_of(name: &str, text: &str) -> Vec<Rule> {
    let (_folder, set) = load(&[(name, text.as_bytes())]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    set.rules.into_iter().map(|loaded| loaded.rule).collect()
}

/// A rule as <https://www.elastic.co/docs/api/doc/kibana/operation/operation-readrule> answers.
fn installed(id: &str) -> Value {
    json!({
        "id": "2f1c1d6e-0000-4000-8000-000000000000", "rule_id": id, "name": "A shell", "description": "Finds a shell.",
        "created_at": "2026-01-01T00:00:00.000Z", "created_by": "elastic", "updated_at": "2026-01-02T00:00:00.000Z",
        "updated_by": "elastic", "immutable": false, "rule_source": {"type": "internal"}, "revision": 3,
        "type": "eql", "language": "eql", "query": "process where process.name == \"sh\"", "index": ["logs-*"],
        "severity": "low", "risk_score": 21, "enabled": false, "interval": "5m", "from": "now-360s", "to": "now",
        "max_signals": 100, "version": 4, "author": ["A"], "tags": ["T"], "false_positives": [], "references": [],
        "related_integrations": [], "required_fields": [], "setup": "", "exceptions_list": [], "severity_mapping": [],
        "risk_score_mapping": [], "threat": [], "actions": [], "meta": {"from": "1m"},
    })
}

/// An object without its order of keys.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort();
            keys.iter().map(|key| format!("{key}:{};", sorted(&object[*key]))).collect()
        }
        Value::Array(items) => items.iter().map(|item| format!("{},", sorted(item))).collect(),
        other => other.to_string(),
    }
}

#[test]
fn every_shape_gives_the_same_rules() {
    let (first, second) = (installed("a"), installed("b"));
    let lines = format!("{first}\n{second}\n");
    let saved =
        |rule: &Value| json!({"id": "s", "type": "security-rule", "attributes": rule, "references": []});
    for (name, text) in [
        ("a.ndjson", lines.clone()),
        ("a.ndjson", format!("\u{feff}{first}\r\n\r\n  {second}")),
        ("a.jsonl", lines.clone()),
        ("lines.json", lines.clone()),
        ("list.json", json!([first, second]).to_string()),
        ("pretty.json", format!("\u{feff}{:#}", json!([first, second]))),
        ("page.json", json!({"page": 1, "perPage": 20, "total": 2, "data": [first, second]}).to_string()),
        ("saved.ndjson", format!("{}\n{}\n", saved(&first), saved(&second))),
        ("found.json", json!({"total": 2, "saved_objects": [saved(&first), saved(&second)]}).to_string()),
    ] {
        let rules = rules_of(name, &text);
        assert_eq!(rules.len(), 2, "{name}");
        for (rule, expected) in rules.iter().zip([&first, &second]) {
            assert_eq!(sorted(&rule.to_json()), sorted(expected), "{name}");
        }
    }
}

#[test]
fn a_file_of_any_name_is_read_as_its_content_says() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("json", format!("\n {}", installed("a"))),
        ("list", format!("[\n{}]", installed("b"))),
        ("lines", format!("{}\n{}", installed("c"), installed("d"))),
        ("toml", "[rule]\nauthor = []\ndescription = \"d\"\nname = \"n\"\nrisk_score = 5\nrule_id = \"e\"\nseverity = \"high\"\ntype = \"query\"\n".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let files = ["json", "list", "lines", "toml"].map(|name| folder.path().join(name));
    let set = RuleSet::load(files);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let ids: Vec<&str> = set.rules.iter().map(|loaded| loaded.rule.rule_id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
}

#[test]
fn an_export_may_hold_more_than_rules() {
    let text = [
        installed("a"),
        json!({"id": "c", "type": "action", "attributes": {"actionTypeId": ".email", "name": "mail"}}),
        json!({"exported_count": 2, "exported_rules_count": 1, "missing_rules": [], "exported_action_connector_count": 1}),
    ];
    let rules = rules_of("a.ndjson", &text.map(|line| line.to_string()).join("\n"));
    assert_eq!(rules.len(), 1);
}

#[test]
fn null_is_as_good_as_nothing() {
    let mut rule = installed("a");
    for field in ["license", "note", "timestamp_override", "building_block_type", "output_index"] {
        rule[field] = Value::Null;
    }
    let [read] = &rules_of("a.json", &rule.to_string())[..] else { unreachable!() };
    assert_eq!(sorted(&read.to_json()), sorted(&installed("a")));
}

/// All of the detection-rules repository, written as the API has it and read back.
#[test]
fn the_repository_comes_back_from_json() {
    let Some(folder) = corpus("detection-rules") else { return };
    let set = RuleSet::load([folder]);
    let lines: String = set.rules.iter().map(|loaded| format!("{}\n", loaded.rule.to_json())).collect();
    let (_folder, back) = load(&[("all.ndjson", lines.as_bytes())]);
    assert!(!back.problems.iter().any(|problem| problem.is_error()), "{:?}", back.problems.first());
    assert_eq!(back.rules.len(), set.rules.len());
    for (back, loaded) in back.rules.iter().zip(&set.rules) {
        // The repository's own notes are not in the API's shape.
        let expected = Rule { metadata: Metadata::default(), transform: Map::new(), ..loaded.rule.clone() };
        assert_eq!(back.rule, expected, "{}", loaded.file.display());
        if !loaded.rule.is_deprecated() {
            assert_eq!(back.status, loaded.status, "{}", loaded.file.display());
        }
    }
}

/// Text with whatever JSON must escape.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a", "Z9", " ", "\"", "\\", "\n", "\r", "\t", "/", "\u{1}", "é", "😀", "{", "]", "\u{2028}",
        ]),
        1..12,
    )
    .prop_map(|parts| format!("x{}", parts.concat()))
}

/// What a type alone has.
fn of_type() -> impl Strategy<Value = Value> {
    let source = (text(), prop::sample::select(vec!["kuery", "lucene"]), prop::collection::vec(text(), 0..3));
    let source = source.prop_map(|(query, language, filters)| {
        let filters: Vec<Value> = filters
            .iter()
            .map(|text| json!({"meta": {"negate": true, "n": null}, "query": {"match_phrase": {"a": text}}}))
            .collect();
        let mut source = json!({"query": query, "language": language});
        if !filters.is_empty() {
            source["filters"] = json!(filters);
        }
        source
    });
    (source, prop::collection::vec(text(), 1..4), 1..2000_u64, 0..7_usize, any::<bool>()).prop_map(
        |(mut source, names, number, kind, flag)| {
            let own = match kind {
                0 => json!({"type": "query"}),
                1 => json!({"type": "saved_query", "saved_id": names[0]}),
                2 => json!({"type": "threshold", "threshold": if flag {
                    json!({"field": names, "value": number, "cardinality": [{"field": names[0], "value": number}]})
                } else {
                    json!({"field": [], "value": number})
                }}),
                3 => json!({"type": "new_terms", "new_terms_fields": names, "history_window_start": format!("now-{number}d")}),
                4 => json!({
                    "type": "threat_match", "threat_index": names, "threat_query": names[0], "threat_language": "lucene",
                    "threat_indicator_path": "i",
                    "threat_mapping": [{"entries": [{"field": names[0], "type": "mapping", "value": "v"}]}],
                }),
                5 => json!({"type": "eql", "language": "eql", "tiebreaker_field": names[0]}),
                _ => {
                    source = json!({});
                    json!({"type": "machine_learning", "anomaly_threshold": number % 101, "machine_learning_job_id": names})
                }
            };
            source.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            source
        },
    )
}

/// A rule with random fields, as the API has it.
fn rule() -> impl Strategy<Value = Value> {
    let optional = ["license", "note", "output_index", "timeline_id", "rule_name_override", "ours"];
    let texts = prop::collection::vec(text(), optional.len());
    (of_type(), texts, any::<u8>(), 0..=100_u64, prop::collection::vec(text(), 0..3), any::<bool>()).prop_map(
        move |(own, texts, given, number, list, flag)| {
            let mut rule = installed("a");
            for field in ["type", "language", "query", "index"] {
                rule.as_object_mut().unwrap().shift_remove(field);
            }
            rule.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            for (at, (field, text)) in optional.iter().zip(&texts).enumerate() {
                if given & (1 << at) != 0 {
                    rule[*field] = json!(text);
                }
            }
            rule["name"] = json!(texts[0]);
            rule["risk_score"] = json!(number);
            rule["enabled"] = json!(flag);
            rule["tags"] = json!(list);
            rule["meta"] = json!({"kept": list, "n": number, "f": 1.5, "b": flag});
            if flag {
                rule["alert_suppression"] = json!({
                    "group_by": texts, "duration": {"value": number + 1, "unit": "m"}, "missing_fields_strategy": "suppress",
                });
                rule["building_block_type"] = json!("default");
                rule["exceptions_list"] = json!([{"id": texts[0], "list_id": texts[1], "type": "detection", "namespace_type": "single"}]);
            }
            rule
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What is read is written as it was.
    #[test]
    fn rules_are_written_as_they_were_read(rule in rule(), pretty in any::<bool>()) {
        let text = if pretty { format!("{rule:#}") } else { rule.to_string() };
        let (_folder, set) = load(&[("a.json", text.as_bytes())]);
        let read = set.rules.first().map(|loaded| loaded.rule.to_json());
        prop_assert_eq!(read.as_ref().map(sorted), Some(sorted(&rule)), "{:?}", set.problems);
        let again = RuleSet::load([write(&read.unwrap_or_default()).path()]);
        prop_assert_eq!(again.rules.first().map(|loaded| &loaded.rule), set.rules.first().map(|loaded| &loaded.rule));
    }
}

fn write(rule: &Value) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
    std::fs::write(file.path(), format!("{rule}\n")).unwrap();
    file
}
