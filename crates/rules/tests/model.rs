//! What a rule says, and what becomes of it in the API's shape.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rulehound_rules::{Problem, Rule, RuleSet};
use serde_json::{Value, json};

fn load(text: &str) -> Rule {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.toml");
    std::fs::write(&file, text).unwrap();
    let mut set = RuleSet::load([file]);
    assert!(!set.problems.iter().any(Problem::is_error), "{:?}", set.problems);
    set.rules.remove(0).rule
}

/// The least a rule of a type must say; `more` says what the type needs.
fn least(rule_type: &str, more: &str) -> String {
    format!(
        "[rule]\nauthor = []\ndescription = \"d\"\nname = \"n\"\nrisk_score = 5\nrule_id = \"r\"\nseverity = \"high\"\n\
         type = \"{rule_type}\"\n{more}\n"
    )
}

/// Compares what a rule of a type says beyond what every rule does.
fn check_type(rule_type: &str, more: &str, expected: Value) {
    let Value::Object(mut json) = load(&least(rule_type, more)).to_json() else { unreachable!() };
    let Value::Object(common) = defaults() else { unreachable!() };
    for (key, value) in common {
        assert_eq!(json.shift_remove(&key), Some(value), "{rule_type}: {key}");
    }
    assert_eq!(json.shift_remove("type"), Some(rule_type.into()));
    assert_eq!(Value::Object(json), expected, "{rule_type}");
}

/// What Kibana fills in.
fn defaults() -> Value {
    json!({
        "rule_id": "r", "name": "n", "description": "d", "enabled": true, "severity": "high", "risk_score": 5,
        "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100, "severity_mapping": [],
        "risk_score_mapping": [], "author": [], "tags": [], "version": 1, "threat": [], "references": [],
        "false_positives": [], "setup": "", "exceptions_list": [], "related_integrations": [],
        "required_fields": [],
    })
}

#[test]
fn each_type_has_its_own_fields() {
    let query = "query = \"q\"";
    let source = |language: &str| json!({"query": "q", "language": language});
    let with = |mut source: Value, more: Value| {
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        source
    };
    check_type("esql", "query = \"from a\"", json!({"query": "from a", "language": "esql"}));
    check_type("query", "", json!({"query": "", "language": "kuery"}));
    check_type(
        "query",
        "query = \"q\"\nlanguage = \"lucene\"\nindex = [\"a-*\"]\ndata_view_id = \"v\"\nfilters = [{query.match_all = {}}]",
        with(
            source("lucene"),
            json!({"index": ["a-*"], "data_view_id": "v", "filters": [{"query": {"match_all": {}}}]}),
        ),
    );
    check_type(
        "saved_query",
        &format!("{query}\nsaved_id = \"s\""),
        json!({"query": "q", "language": "kuery", "saved_id": "s"}),
    );
    check_type(
        "eql",
        "query = \"any where true\"\nevent_category_override = \"c\"\ntimestamp_field = \"t\"\ntiebreaker_field = \"b\"",
        json!({"query": "any where true", "language": "eql", "event_category_override": "c", "timestamp_field": "t", "tiebreaker_field": "b"}),
    );
    check_type(
        "threshold",
        &format!(
            "{query}\nthreshold = {{field = [\"a\"], value = 3, cardinality = [{{field = \"b\", value = 2}}]}}"
        ),
        with(
            source("kuery"),
            json!({"threshold": {"field": ["a"], "value": 3, "cardinality": [{"field": "b", "value": 2}]}}),
        ),
    );
    check_type(
        "new_terms",
        &format!(
            "{query}\n[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"a\", \"b\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\""
        ),
        with(source("kuery"), json!({"new_terms_fields": ["a", "b"], "history_window_start": "now-7d"})),
    );
    let entry = json!({"field": "a", "type": "mapping", "value": "b"});
    check_type(
        "threat_match",
        &format!(
            "{query}\nthreat_index = [\"i\"]\nthreat_mapping = [{{entries = [{{field = \"a\", value = \"b\"}}]}}]"
        ),
        with(
            source("kuery"),
            json!({
                "threat_index": ["i"], "threat_query": "*:*", "threat_language": "kuery",
                "threat_mapping": [{"entries": [entry]}], "threat_indicator_path": "threat.indicator",
            }),
        ),
    );
    check_type(
        "machine_learning",
        "anomaly_threshold = 50\nmachine_learning_job_id = \"j\"",
        json!({"anomaly_threshold": 50, "machine_learning_job_id": ["j"]}),
    );
}

#[test]
fn every_common_field_is_kept() {
    let text = r#"
[metadata]
creation_date = "2024/05/01"
updated_date = 2024-05-02
maturity = "production"
integration = ["endpoint", "windows"]
min_stack_version = "8.14.0"
bypass_bbr_timing = true
ours = "kept"

[transform]
osquery = [{label = "l", query = "q"}]

[rule]
actions = [{id = "x"}]
author = ["A", "B"]
building_block_type = "default"
description = "d"
enabled = false
exceptions_list = [{id = "e", list_id = "l", type = "detection", namespace_type = "single"}]
false_positives = ["f"]
from = "now-1h"
interval = "30m"
investigation_fields = {field_names = ["host.name"]}
license = "MIT"
max_signals = 7
name = "n"
note = "Look."
output_index = "o"
query = "any where true"
references = ["https://example.org/"]
related_integrations = [{package = "p", version = "^1.0.0", integration = "i"}]
required_fields = [{name = "host.name", type = "keyword", ecs = true}]
risk_score = 100
risk_score_mapping = [{field = "event.risk_score", operator = "equals", value = ""}]
rule_id = "r"
rule_name_override = "message"
setup = "Do."
severity = "critical"
severity_mapping = [{field = "event.severity", operator = "equals", value = "3", severity = "low"}]
tags = ["T"]
throttle = "no_actions"
timeline_id = "i"
timeline_title = "t"
timestamp_override = "event.ingested"
timestamp_override_fallback_disabled = true
to = "now-5m"
type = "eql"
version = 12

[rule.alert_suppression]
group_by = ["host.name"]
duration = {value = 2, unit = "h"}
missing_fields_strategy = "doNotSuppress"

[[rule.threat]]
framework = "MITRE ATT&CK"
tactic = {id = "TA0002", name = "Execution", reference = "https://attack.mitre.org/tactics/TA0002/"}

[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
subtechnique = [{id = "T1059.001", name = "PowerShell", reference = "https://attack.mitre.org/techniques/T1059/001/"}]
"#;
    let rule = load(text);
    let mut expected: Value = toml::from_str::<Value>(text).unwrap()["rule"].take();
    expected["language"] = json!("eql");
    // The page about a technique follows from its id.
    let technique = &mut expected["threat"][0]["technique"][0];
    technique["reference"] = json!("https://attack.mitre.org/techniques/T1059/");
    assert_eq!(rule.to_json(), expected);

    let metadata = json!({
        "creation_date": "2024/05/01", "updated_date": "2024-05-02", "maturity": "production",
        "integration": ["endpoint", "windows"], "min_stack_version": "8.14.0", "bypass_bbr_timing": true, "ours": "kept",
    });
    assert_eq!(json!(rule.metadata), metadata);
    assert_eq!(json!(rule.transform), json!({"osquery": [{"label": "l", "query": "q"}]}));
    assert!(rule.is_building_block());
    assert_eq!(rule.schedule.interval.duration(), Duration::from_secs(1800));
    assert_eq!(rule.schedule.look_back(), Duration::from_secs(55 * 60));
}

#[test]
fn withdrawn_rules_are_known() {
    let text = |maturity: &str| {
        least("eql", "query = \"any where true\"") + "[metadata]\nmaturity = \"" + maturity + "\"\n"
    };
    assert!(load(&text("deprecated")).is_deprecated());
    assert!(!load(&text("development")).is_deprecated());
}
