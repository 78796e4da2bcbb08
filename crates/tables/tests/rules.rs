//! A hunt with ES|QL rules: which alerts come, and what they say. Sources: Elastic's guide ("Create an ES|QL rule",
//! "Suppress detection alerts") and Kibana's detection engine, by the names of its functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rulehound_engine::correlate::Limits;
use rulehound_engine::hunt::{HuntError, HuntOptions, TimeRange, hunt};
use rulehound_events::read::{Input, ScanOptions};
use rulehound_rules::{Problem, RuleSet};
use rulehound_tables::{RuleTables, RunOptions};
use serde_json::{Value, json};

/// A rule of Kibana's API that runs every five minutes, with what every rule must have.
fn rule(id: &str, query: &str) -> Value {
    json!({
        "rule_id": id, "name": format!("Rule {id}"), "description": "Finds things.", "severity": "low", "risk_score": 21,
        "author": ["Tests"], "interval": "5m", "from": "now-9m", "type": "esql", "language": "esql", "query": query,
    })
}

fn with(mut rule: Value, name: &str, value: Value) -> Value {
    rule[name] = value;
    rule
}

/// An event at a minute of one hour.
fn event(minute: u32, fields: Value) -> Value {
    let mut event = json!({
        "_id": format!("{minute} {fields}"), "_index": "logs-a-default",
        "@timestamp": format!("2026-03-01T10:{minute:02}:00.000Z"),
    });
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

fn logon(minute: u32, user: &str) -> Value {
    event(minute, json!({ "event": { "action": "logon" }, "user": { "name": user } }))
}

/// The alerts of a hunt, in the order in which they come, and the reasons of rules that failed.
fn run(rules: &[Value], events: &[Value]) -> (Vec<Value>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let first = hunt_with(folder.path(), rules, events, (1, 1000));
    // Whatever the order of the records, the batches and the threads.
    let mut reversed = events.to_vec();
    reversed.reverse();
    let second = hunt_with(folder.path(), rules, &reversed, (3, 2));
    assert_eq!(first, second);
    first
}

fn hunt_with(
    folder: &Path,
    rules: &[Value],
    events: &[Value],
    (threads, rows): (usize, usize),
) -> (Vec<Value>, Vec<String>) {
    let lines = |values: &[Value]| values.iter().map(|value| format!("{value}\n")).collect::<String>();
    std::fs::write(folder.join("rules.ndjson"), lines(rules)).unwrap();
    std::fs::write(folder.join("events.ndjson"), lines(events)).unwrap();
    let set = RuleSet::load([folder.join("rules.ndjson")]);
    assert!(!set.problems.iter().any(Problem::is_error), "{:?}", set.problems);
    let compiled: Vec<_> = set.compiled().collect();
    let options = HuntOptions {
        range: TimeRange::default(),
        scan: ScanOptions { threads, batch_rows: rows, ..ScanOptions::default() },
        created: Timestamp::from_second(1_800_000_000).unwrap(),
        limits: Limits::default(),
        tables: Arc::new(RuleTables::new(RunOptions::new(0))),
        profile: false,
    };
    let mut found = hunt(&compiled, &[Input::Path(folder.join("events.ndjson"))], &options).unwrap();
    let failed = found.failed().values().map(ToString::to_string).collect();
    let mut alerts = Vec::new();
    found
        .alerts::<HuntError>(|_, alert| {
            alerts.push(serde_json::to_value(alert).unwrap());
            Ok(())
        })
        .unwrap();
    (alerts, failed)
}

fn alerts(rules: &[Value], events: &[Value]) -> Vec<Value> {
    let (alerts, failed) = run(rules, events);
    assert_eq!(failed, [""; 0]);
    alerts
}

/// A field of each alert.
fn field(alerts: &[Value], name: &str) -> Vec<Value> {
    alerts.iter().map(|alert| alert.get(name).cloned().unwrap_or(Value::Null)).collect()
}

/// Kibana's `mergeEsqlResultInSource`: the source with the values of the row, null ones not among them.
#[test]
fn a_row_of_one_event_is_an_alert_about_it() {
    let query = "from logs-* metadata _id, _index, _version | where user.name == \"a\"
        | eval Esql.user = concat(user.name, \"!\"), user.name = \"b\", Esql.none = host.name
        | keep _id, _index, _version, Esql.*, user.name";
    let alerts = alerts(&[rule("e", query)], &[logon(1, "a"), logon(2, "b")]);
    assert_eq!(field(&alerts, "Esql.user"), [json!("a!")]);
    let alert = &alerts[0];
    assert_eq!((&alert["user.name"], alert.get("user")), (&json!("b"), None));
    assert_eq!(alert["kibana.alert.original_event.action"], "logon");
    assert_eq!(alert["kibana.alert.original_time"], "2026-03-01T10:01:00.000Z");
    assert_eq!(alert["kibana.alert.ancestors"][0]["index"], "logs-a-default");
    assert_eq!(alert["kibana.alert.rule.category"], "ES|QL Rule");
    assert!(alert.get("Esql.none").is_none() && alert.get("_id").is_none());
}

/// What a query finds of one event has the id that the same event has in other rules (`generateAlertId`).
#[test]
fn the_id_is_that_of_the_event() {
    let esql = rule("same", "from logs-* metadata _id | where user.name == \"a\"");
    let mut kuery = rule("same", "user.name: a");
    (kuery["type"], kuery["language"]) = (json!("query"), json!("kuery"));
    let uuid = |rule| field(&alerts(&[rule], &[logon(1, "a")]), "kibana.alert.uuid");
    assert_eq!(uuid(esql), uuid(kuery));
}

#[test]
fn only_the_indices_of_the_query_are_seen() {
    let elsewhere = with(logon(1, "a"), "_index", json!("other-default"));
    let query = "from logs-* metadata _id | where user.name == \"a\"";
    assert_eq!(alerts(&[rule("e", query)], &[logon(1, "a"), elsewhere]).len(), 1);
}

/// An aggregating query: the alert has what the row has. The runs at 10:05 and 10:10 see the same group, which is one
/// detection; that at 10:45 sees another.
#[test]
fn a_row_of_several_events_is_an_alert_of_its_own() {
    let query = "from logs-* | stats Esql.count = count(*) by user.name | where Esql.count >= 2";
    let events = [logon(1, "a"), logon(2, "a"), logon(2, "b"), logon(41, "a"), logon(42, "a")];
    let alerts = alerts(&[rule("e", query)], &events);
    assert_eq!(field(&alerts, "user.name"), [json!("a"), json!("a")]);
    assert_eq!(field(&alerts, "Esql.count"), [json!(2), json!(2)]);
    assert!(alerts[0].get("event").is_none() && alerts[0].get("kibana.alert.original_time").is_none());
    assert_ne!(alerts[0]["kibana.alert.uuid"], alerts[1]["kibana.alert.uuid"]);
    assert_eq!(
        alerts[0]["kibana.alert.ancestors"],
        json!([{ "id": "", "type": "event", "index": "", "depth": 0 }])
    );
}

#[test]
fn each_event_is_found_once_however_many_runs_see_it() {
    let query = "from logs-* metadata _id | inline stats n = count(*) by user.name | where n >= 2";
    let alerts = alerts(&[rule("e", query)], &[logon(1, "a"), logon(4, "a"), logon(4, "b")]);
    assert_eq!(
        field(&alerts, "kibana.alert.original_time"),
        [json!("2026-03-01T10:01:00.000Z"), json!("2026-03-01T10:04:00.000Z")]
    );
}

/// The values that `MV_EXPAND` takes apart are part of the id (`retrieveExpandedValues`).
#[test]
fn an_expanded_event_is_an_alert_a_value() {
    let query = "from logs-* metadata _id | mv_expand process.args | where process.args != \"x\"";
    let process = event(1, json!({ "process": { "args": ["a", "b", "x"] } }));
    let alerts = alerts(&[rule("e", query)], &[process]);
    assert_eq!(field(&alerts, "process.args"), [json!("a"), json!("b")]);
    let ids: BTreeSet<String> = field(&alerts, "kibana.alert.uuid").iter().map(Value::to_string).collect();
    assert_eq!(ids.len(), 2);
}

#[test]
fn now_is_when_the_run_is() {
    // The run at 10:05 sees the event at the age of four minutes, that at 10:10 no more.
    for (age, found) in [("== 4", 1), ("> 4", 0), ("< 4", 0)] {
        let query =
            format!("from logs-* metadata _id | where date_diff(\"minutes\", @timestamp, now()) {age}");
        assert_eq!(alerts(&[rule("e", &query)], &[logon(1, "a")]).len(), found, "{age}");
    }
}

#[test]
fn full_text_is_asked_of_the_event() {
    let query = "from logs-* metadata _id | where kql(\"user.name: a*\") or user.name == \"b\"";
    let alerts = alerts(&[rule("e", query)], &[logon(1, "anna"), logon(2, "b"), logon(3, "c")]);
    assert_eq!(alerts.len(), 2);
}

#[test]
fn what_the_event_has_comes_whole() {
    let query = "from logs-* metadata _id, _source | eval Esql.values = mv_count(process.args),
            Esql.action = json_extract(_source, \"event.action\"), Esql.ip = to_string(host.ip)
        | keep _id, Esql.*";
    let fields = json!({
        "event": { "action": "x" }, "process": { "args": ["b", "a", "b"] }, "host": { "ip": ["::1", "10.0.0.1"] },
    });
    let alerts = alerts(&[rule("e", query)], &[event(1, fields)]);
    // Strings are in an index each once and in order.
    assert_eq!(field(&alerts, "Esql.values"), [json!(2)]);
    assert_eq!(field(&alerts, "Esql.action"), [json!("x")]);
    assert_eq!(field(&alerts, "Esql.ip"), [json!(["::1", "10.0.0.1"])]);
}

#[test]
fn rows_that_are_alike_are_folded() {
    let suppression = json!({
        "group_by": ["user.name"], "duration": { "value": 1, "unit": "h" }, "missing_fields_strategy": "suppress",
    });
    let query = "from logs-* | stats Esql.count = count(*) by user.name | where Esql.count >= 2";
    let rule = with(rule("e", query), "alert_suppression", suppression);
    let events = [logon(1, "a"), logon(2, "a"), logon(2, "b"), logon(3, "b"), logon(41, "a"), logon(42, "a")];
    let mut alerts = alerts(&[rule], &events);
    alerts.sort_by_key(|alert| alert["user.name"].to_string());
    assert_eq!(field(&alerts, "user.name"), [json!("a"), json!("b")]);
    assert_eq!(field(&alerts, "kibana.alert.suppression.docs_count"), [json!(1), json!(0)]);
    assert_eq!(
        alerts[0]["kibana.alert.suppression.terms"],
        json!([{ "field": "user.name", "value": ["a"] }])
    );
    assert_eq!(alerts[0]["kibana.alert.suppression.end"], "2026-03-01T10:45:00.000Z");
}

#[test]
fn exceptions_are_taken_from_the_events() {
    let list = json!([{ "id": "1", "list_id": "l", "type": "detection", "namespace_type": "single" }]);
    let exception = json!({
        "list_id": "l", "item_id": "i", "name": "n", "type": "simple", "namespace_type": "single",
        "entries": [{ "field": "user.name", "type": "match", "operator": "included", "value": "a" }],
    });
    let query = "from logs-* | stats Esql.count = count(*) by event.action";
    let rule = with(rule("e", query), "exceptions_list", list);
    let alerts = alerts(&[rule, exception], &[logon(1, "a"), logon(1, "b")]);
    assert_eq!(field(&alerts, "Esql.count"), [json!(1)]);
}

/// Rules over alerts see those of all rules.
#[test]
fn alerts_are_a_table_too() {
    let first = rule("first", "from logs-* metadata _id | where event.action == \"logon\"");
    let query = "from .alerts-security.* | where kibana.alert.rule.rule_id == \"first\"
        | stats Esql.alerts = count(*) by user.name | where Esql.alerts >= 2";
    let alerts = alerts(&[first, rule("second", query)], &[logon(1, "a"), logon(2, "a"), logon(2, "b")]);
    assert_eq!(alerts.len(), 4);
    assert_eq!(field(&alerts, "Esql.alerts")[3], json!(2));
}

#[test]
fn a_rule_that_needs_a_model_says_so_and_the_others_go_on() {
    let query =
        "from logs-* metadata _id | completion answer = user.name with { \"inference_id\": \"some\" }";
    let rules = [rule("needs", query), rule("other", "from logs-* metadata _id")];
    let (alerts, failed) = run(&rules, &[logon(1, "a")]);
    assert_eq!(field(&alerts, "kibana.alert.rule.rule_id"), [json!("other")]);
    assert!(failed.len() == 1 && failed[0].contains("inference endpoint"), "{failed:?}");
    // Where no row comes to it nothing is wanting.
    assert!(run(&rules[..1], &[with(logon(1, "a"), "_index", json!("other"))]).1.is_empty());
}
