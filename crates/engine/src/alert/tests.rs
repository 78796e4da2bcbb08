use std::io::Write as _;

use jiff::Timestamp;
use rulehound_rules::{Rule, RuleSet};
use serde_json::{Value, json};

use super::{Alert, AlertBuilder};
use crate::FoundEvent;

const RULE: &str = r#"
[metadata]
creation_date = "2026/01/02"
updated_date = "2026/03/04"
[rule]
rule_id = "11111111-2222-4333-8444-555555555555"
name = "Test rule"
description = "For tests."
type = "eql"
language = "eql"
query = 'process where process.name == "a.exe"'
index = ["logs-x-*"]
severity = "low"
risk_score = 21
author = ["Rulehound"]
tags = ["OS: Windows"]
license = "Apache-2.0"
"#;

fn rule(extra: &str) -> Rule {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    write!(file, "{RULE}{extra}").unwrap();
    let set = RuleSet::load([file.path()]);
    assert_eq!(set.rules.len(), 1, "{:?}", set.problems);
    set.rules.into_iter().next().unwrap().rule
}

fn event(id: &str, document: Value) -> FoundEvent {
    FoundEvent {
        index: Some("logs-x-default".to_owned()),
        id: id.to_owned(),
        document: document.as_object().unwrap().clone(),
    }
}

fn builder(rule: &Rule) -> AlertBuilder<'_> {
    AlertBuilder::new(rule, Timestamp::from_millisecond(1_600_000_000_000).unwrap())
}

fn of_event(rule: &Rule, document: Value) -> Alert {
    builder(rule).event_alert(event("e1", document))
}

/// The document of an alert.
fn whole(alert: &Alert) -> Value {
    serde_json::to_value(alert).unwrap()
}

#[track_caller]
fn check(alert: &Alert, field: &str, expected: Value) {
    assert_eq!(whole(alert).get(field), Some(&expected), "{field}");
}

#[test]
fn an_event_alert_is_the_event_and_the_rule() {
    let alert = of_event(
        &rule(""),
        json!({
            "@timestamp": "2026-10-01T10:00:00.123456Z",
            "event": {"kind": "event", "category": ["process"], "code": 1},
            "data_stream": {"dataset": "x"},
            "kibana": {"alert": "not yours"},
            "signal.rule": "nor this",
            "process": {"name": "a.exe", "parent": {"name": "b.exe"}},
            "user": {"name": "-"},
            "host": {"name": "ws1"},
        }),
    );
    // Index, id, version and "default:" with the rule's uuid, hashed by another implementation of SHA-256.
    assert_eq!(alert.id, "88a3b2a07ff762083d57e4437ea305c69817f96fa7ff44a7a96df7892e9031bd");
    check(&alert, "kibana.alert.uuid", json!(alert.id));
    check(&alert, "@timestamp", json!("2020-09-13T12:26:40.000Z"));
    check(&alert, "kibana.alert.original_time", json!("2026-10-01T10:00:00.123Z"));
    check(&alert, "event.kind", json!("signal"));
    check(&alert, "event", json!({"category": ["process"], "code": 1}));
    check(&alert, "kibana.alert.original_event.kind", json!("event"));
    check(&alert, "kibana.alert.original_event.category", json!(["process"]));
    check(&alert, "kibana.alert.original_data_stream.dataset", json!("x"));
    check(
        &alert,
        "kibana.alert.reason",
        json!("process event with process a.exe, parent process b.exe, on ws1 created low alert Test rule."),
    );
    check(
        &alert,
        "kibana.alert.ancestors",
        json!([{"id": "e1", "type": "event", "index": "logs-x-default", "depth": 0}]),
    );
    check(&alert, "kibana.alert.depth", json!(1));
    check(&alert, "kibana.alert.severity", json!("low"));
    check(&alert, "kibana.alert.risk_score", json!(21));
    check(&alert, "kibana.alert.rule.name", json!("Test rule"));
    check(&alert, "kibana.alert.rule.uuid", json!("11111111-2222-4333-8444-555555555555"));
    check(&alert, "kibana.alert.rule.created_at", json!("2026-01-02T00:00:00.000Z"));
    check(&alert, "kibana.alert.rule.indices", json!(["logs-x-*"]));
    assert_eq!(
        whole(&alert)["kibana.alert.rule.parameters"]["query"],
        json!("process where process.name == \"a.exe\"")
    );
    assert!(!alert.document.contains_key("kibana"));
    assert!(!alert.document.contains_key("signal.rule"));
    assert!(!alert.building_block);
}

#[test]
fn overrides_take_severity_score_and_name_from_the_event() {
    let rule = rule(
        r#"
rule_name_override = "message"
[[rule.severity_mapping]]
field = "event.severity"
operator = "equals"
value = "7"
severity = "high"
[[rule.severity_mapping]]
field = "host.name"
operator = "equals"
value = "ws1"
severity = "medium"
[[rule.risk_score_mapping]]
field = "event.risk_score"
operator = "equals"
value = ""
"#,
    );
    let alert = of_event(
        &rule,
        json!({"event": {"severity": 7, "risk_score": ["12", 73.0, 400]}, "host.name": "ws1", "message": "Seen"}),
    );
    check(&alert, "kibana.alert.severity", json!("high"));
    check(&alert, "kibana.alert.risk_score", json!(73));
    check(&alert, "kibana.alert.rule.name", json!("Seen"));
    check(&alert, "kibana.alert.rule.severity", json!("low"));

    let plain = of_event(&rule, json!({"event": {"severity": "7", "risk_score": -1}, "message": ["Seen"]}));
    check(&plain, "kibana.alert.severity", json!("low"));
    check(&plain, "kibana.alert.risk_score", json!(21));
    check(&plain, "kibana.alert.rule.name", json!("Test rule"));
}

#[test]
fn a_sequence_gives_a_shell_and_building_blocks() {
    let rule = rule("");
    let events = vec![
        event(
            "e1",
            json!({"@timestamp": "2026-10-01T10:00:00Z", "host": {"name": "ws1", "ip": ["10.0.0.1", "10.0.0.2"]}, "process": {"pid": 1}}),
        ),
        event(
            "e2",
            json!({"@timestamp": "2026-10-01T10:00:05Z", "host": {"name": "ws1", "ip": "10.0.0.2"}, "process": {"pid": 2}}),
        ),
    ];
    let alerts = builder(&rule).sequence_alerts(events);
    let [shell, first, second] = alerts.as_slice() else { panic!("{} alerts", alerts.len()) };

    // By Kibana's recipe with another implementation of SHA-256.
    assert_eq!(first.id, "90cb8f05f0556b6ca20b1db0edb488df2e308966d9bebf146d9b51e845f69d52");
    assert_eq!(second.id, "dbe3470eb31dc34f4fe4de149b7eb9c3df3bc6ae8a9bce905e577b0e9468af94");
    assert_eq!(shell.id, "275bccbb53856eb9add64f4f2248ad2b92e4cc9bb4412b3bf9b6a0a55bd54a6b");

    check(shell, "host", json!({"name": "ws1", "ip": ["10.0.0.2"]}));
    assert!(!shell.document.contains_key("process"));
    check(shell, "kibana.alert.depth", json!(2));
    check(shell, "kibana.alert.original_time", json!("2026-10-01T10:00:00.000Z"));
    check(shell, "kibana.alert.group.id", json!(shell.id));
    assert_eq!(shell.document["kibana.alert.ancestors"].as_array().unwrap().len(), 4);
    assert!(!shell.building_block && !shell.document.contains_key("kibana.alert.building_block_type"));

    for (position, block) in [first, second].into_iter().enumerate() {
        assert!(block.building_block);
        check(block, "kibana.alert.building_block_type", json!("default"));
        check(block, "kibana.alert.group.id", json!(shell.id));
        check(block, "kibana.alert.group.index", json!(position));
        check(block, "kibana.alert.depth", json!(1));
    }
}
