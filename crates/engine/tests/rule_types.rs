//! A hunt with rules of each type: which alerts come, and what they say. Sources: Elastic's guide ("About detection
//! rules", "Create a detection rule", "Suppress detection alerts") and Kibana's detection engine, by the names of its
//! functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rulehound_engine::correlate::Limits;
use rulehound_engine::hunt::{HuntError, HuntOptions, TimeRange, hunt};
use rulehound_engine::tables::NoTables;
use rulehound_events::read::{Input, ScanOptions};
use rulehound_rules::RuleSet;
use serde_json::{Value, json};

/// A rule of Kibana's API, with what every rule must have.
fn rule(id: &str, fields: Value) -> Value {
    let mut rule = json!({
        "rule_id": id, "name": format!("Rule {id}"), "description": "Finds things.", "severity": "low", "risk_score": 21,
        "author": ["Tests"], "interval": "5m", "from": "now-9m",
    });
    rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    rule
}

/// An event at a minute and second of one hour.
fn event(minute: u32, second: u32, fields: Value) -> Value {
    let mut event = json!({ "@timestamp": format!("2026-03-01T10:{minute:02}:{second:02}.000Z") });
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

/// The alerts of a hunt, in the order in which they come.
fn alerts(rules: &[Value], events: &[Value]) -> Vec<Value> {
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
) -> Vec<Value> {
    let lines = |values: &[Value]| values.iter().map(|value| format!("{value}\n")).collect::<String>();
    std::fs::write(folder.join("rules.ndjson"), lines(rules)).unwrap();
    std::fs::write(folder.join("events.ndjson"), lines(events)).unwrap();
    let set = RuleSet::load([folder.join("rules.ndjson")]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let compiled: Vec<_> = set.compiled().collect();
    assert_eq!(compiled.len(), rules.len());
    let options = HuntOptions {
        range: TimeRange::default(),
        scan: ScanOptions { threads, batch_rows: rows, ..ScanOptions::default() },
        created: Timestamp::from_second(1_800_000_000).unwrap(),
        limits: Limits::default(),
        tables: Arc::new(NoTables),
        profile: false,
    };
    let mut found = hunt(&compiled, &[Input::Path(folder.join("events.ndjson"))], &options).unwrap();
    let mut alerts = Vec::new();
    found
        .alerts::<HuntError>(|_, alert| {
            alerts.push(serde_json::to_value(alert).unwrap());
            Ok(())
        })
        .unwrap();
    alerts
}

/// A field of each alert.
fn field(alerts: &[Value], name: &str) -> Vec<Value> {
    alerts.iter().map(|alert| alert.get(name).cloned().unwrap_or(Value::Null)).collect()
}

#[test]
fn a_query_gives_an_alert_an_event_with_overrides() {
    let rule = rule(
        "q",
        json!({
            "type": "query", "language": "kuery", "query": "event.code: 4625 and not user.name: svc_*",
            "severity_mapping": [{ "field": "user.name", "operator": "equals", "value": "root", "severity": "critical" }],
            "risk_score_mapping": [{ "field": "event.risk_score", "operator": "equals", "value": "" }],
            "rule_name_override": "event.action",
        }),
    );
    let user = |minute, name| {
        event(
            minute,
            0,
            json!({ "event": { "code": "4625", "risk_score": 77, "action": "logon-failed" }, "user": { "name": name } }),
        )
    };
    let alerts = alerts(&[rule], &[user(1, "root"), user(2, "svc_a"), user(3, "joe")]);
    assert_eq!(field(&alerts, "kibana.alert.severity"), [json!("critical"), json!("low")]);
    assert_eq!(field(&alerts, "kibana.alert.risk_score"), [json!(77), json!(77)]);
    assert_eq!(field(&alerts, "kibana.alert.rule.name"), [json!("logon-failed"), json!("logon-failed")]);
    assert_eq!(alerts[0]["kibana.alert.rule.category"], "Custom Query Rule");
}

#[test]
fn a_threshold_gives_an_alert_a_group() {
    let rule = rule(
        "t",
        json!({
            "type": "threshold", "language": "kuery", "query": "event.code: 4625", "index": ["logs-*"],
            "threshold": {
                "field": ["host.name"], "value": 3, "cardinality": [{ "field": "user.name", "value": 2 }],
            },
        }),
    );
    let failed = |second, host, user| {
        event(
            1,
            second,
            json!({ "event": { "code": "4625" }, "host": { "name": host }, "user": { "name": user } }),
        )
    };
    let events = [
        failed(1, "a", "x"),
        failed(2, "a", "y"),
        failed(3, "a", "y"),
        failed(4, "b", "x"),
        failed(5, "b", "x"),
        failed(6, "b", "x"),
        event(1, 7, json!({ "event": { "code": "4625" }, "user": { "name": "z" } })),
    ];
    let alerts = alerts(&[rule], &events);
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        alerts[0]["kibana.alert.threshold_result"],
        json!({
            "terms": [{ "field": "host.name", "value": "a" }], "count": 3, "from": "2026-03-01T10:01:01.000Z",
            "cardinality": [{ "field": "user.name", "value": 2 }],
        })
    );
    assert_eq!(alerts[0]["kibana.alert.original_time"], "2026-03-01T10:01:03.000Z");
    assert_eq!(alerts[0]["host.name"], "a");
    assert_eq!(alerts[0]["kibana.alert.ancestors"][0]["index"], "logs-*");
}

/// Kibana counts by `timestamp_override`, and by `@timestamp` where an event has none (`buildTimeRangeFilter`).
#[test]
fn a_window_goes_by_the_timestamp_override() {
    let rule = |fallback_disabled| {
        rule(
            "t",
            json!({
                "type": "threshold", "language": "kuery", "query": "event.code: 1", "timestamp_override": "event.ingested",
                "timestamp_override_fallback_disabled": fallback_disabled, "threshold": { "field": [], "value": 2 },
            }),
        )
    };
    let events = [
        event(1, 0, json!({ "event": { "code": "1", "ingested": "2026-03-01T10:41:00Z" } })),
        event(42, 0, json!({ "event": { "code": "1" } })),
    ];
    assert_eq!(alerts(&[rule(false)], &events).len(), 1);
    assert_eq!(alerts(&[rule(true)], &events).len(), 0);
}

#[test]
fn new_terms_give_an_alert_for_each() {
    let rule = rule(
        "n",
        json!({
            "type": "new_terms", "language": "kuery", "query": "event.category: process",
            "new_terms_fields": ["host.name", "process.args"], "history_window_start": "now-7d",
        }),
    );
    let process = |minute, args: Value| {
        event(
            minute,
            0,
            json!({ "event": { "category": "process" }, "host": { "name": "a" }, "process": { "args": args } }),
        )
    };
    let alerts = alerts(
        &[rule],
        &[process(1, json!(["ls", "-l"])), process(30, json!(["ls", "-a"])), process(31, json!("-a"))],
    );
    let mut terms = field(&alerts, "kibana.alert.new_terms");
    terms.sort_by_key(Value::to_string);
    assert_eq!(terms, [json!(["a", "-a"]), json!(["a", "-l"]), json!(["a", "ls"])]);
    let ids: std::collections::BTreeSet<_> =
        field(&alerts, "kibana.alert.uuid").iter().map(Value::to_string).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn an_indicator_enriches_the_alert() {
    let rule = rule(
        "i",
        json!({
            "type": "threat_match", "language": "kuery", "query": "destination.ip: *", "index": ["logs-net-*"],
            "threat_index": ["logs-ti_*"], "threat_query": "@timestamp >= \"now-30d\"", "threat_language": "kuery",
            "threat_mapping": [
                { "entries": [{ "field": "destination.ip", "type": "mapping", "value": "threat.indicator.ip" }] },
            ],
        }),
    );
    let indicator = |id, time: Option<&str>, ip: &str| {
        let mut indicator = json!({
            "_id": id, "_index": "logs-ti_x-default",
            "threat": { "indicator": { "ip": ip, "type": "ipv4-addr" }, "feed": { "name": "X" } },
        });
        indicator.as_object_mut().unwrap().extend(time.map(|time| ("@timestamp".to_owned(), json!(time))));
        indicator
    };
    let call = |minute, ip| {
        event(
            minute,
            0,
            json!({ "_index": "logs-net-default", "destination": { "ip": ip }, "threat": { "enrichments": [{ "old": 1 }] } }),
        )
    };
    let events = [
        indicator("new", Some("2026-02-20T00:00:00Z"), "203.0.113.1"),
        indicator("old", Some("2025-12-01T00:00:00Z"), "203.0.113.2"),
        // One that comes after the event, but within the look-back.
        indicator("late", Some("2026-03-01T10:08:00Z"), "203.0.113.3"),
        indicator("later", Some("2026-03-01T10:48:00Z"), "203.0.113.4"),
        call(1, "203.0.113.1"),
        call(2, "203.0.113.2"),
        call(3, "203.0.113.3"),
        call(4, "203.0.113.4"),
        call(5, "203.0.113.5"),
    ];
    let alerts = alerts(&[rule], &events);
    assert_eq!(alerts.len(), 2);
    assert_eq!(
        alerts[0]["threat"]["enrichments"],
        json!([
            { "old": 1 },
            {
                "feed": { "name": "X" },
                "indicator": { "ip": "203.0.113.1", "type": "ipv4-addr" },
                "matched": {
                    "atomic": "203.0.113.1", "field": "destination.ip", "id": "new", "index": "logs-ti_x-default",
                    "type": "indicator_match_rule",
                },
            },
        ])
    );
    assert_eq!(alerts[1]["threat"]["enrichments"][1]["matched"]["id"], "late");
}

#[test]
fn an_indicator_without_a_time_was_always_there() {
    let rule = rule(
        "i",
        json!({
            "type": "threat_match", "language": "kuery", "query": "*:*", "index": ["logs-net-*"],
            "threat_index": ["logs-ti_*"], "threat_query": "*:*",
            "threat_mapping": [
                { "entries": [
                    { "field": "file.hash.sha256", "type": "mapping", "value": "threat.indicator.file.hash.sha256" },
                    { "field": "host.name", "type": "mapping", "value": "host.name" },
                ] },
            ],
        }),
    );
    let file = |minute, hash, host| {
        event(
            minute,
            0,
            json!({ "_index": "logs-net-a", "file": { "hash": { "sha256": hash } }, "host": { "name": host } }),
        )
    };
    let indicator = json!({
        "_index": "logs-ti_x", "threat": { "indicator": { "file": { "hash": { "sha256": "ab" } } } }, "host": { "name": "a" },
    });
    let alerts = alerts(&[rule], &[indicator, file(1, "ab", "a"), file(2, "ab", "b"), file(3, "cd", "a")]);
    assert_eq!(field(&alerts, "kibana.alert.original_time"), [json!("2026-03-01T10:01:00.000Z")]);
}

/// Kibana's `getAnomalies` and `transformAnomalyFieldsToEcs`.
#[test]
fn an_anomaly_above_the_threshold_is_an_alert() {
    let rule = rule(
        "m",
        json!({ "type": "machine_learning", "anomaly_threshold": 50, "machine_learning_job_id": ["rare"] }),
    );
    let record = |job: &str, score, interim: bool, kind: &str| {
        json!({
            "_index": ".ml-anomalies-shared", "job_id": job, "record_score": score, "is_interim": interim, "result_type": kind,
            "timestamp": 1_772_359_200_000_i64, "by_field_name": "process.name", "by_field_value": "odd",
        })
    };
    let records = [
        record("rare", 50, false, "record"),
        record("rare", 49, false, "record"),
        record("rare", 90, true, "record"),
        record("rare", 90, false, "bucket"),
        record("other", 90, false, "record"),
    ];
    let alerts = alerts(&[rule], &records);
    assert_eq!(field(&alerts, "process.name"), [json!("odd")]);
    assert_eq!(field(&alerts, "kibana.alert.original_time"), [json!("2026-03-01T10:00:00.000Z")]);
}

#[test]
fn alerts_that_are_alike_are_folded() {
    let rule = |duration: Value, strategy: &str| {
        let mut suppression = json!({ "group_by": ["host.name"], "missing_fields_strategy": strategy });
        if !duration.is_null() {
            suppression["duration"] = duration;
        }
        rule("s", json!({ "type": "query", "query": "event.code: 1", "alert_suppression": suppression }))
    };
    let on =
        |minute, host: Value| event(minute, 0, json!({ "event": { "code": "1" }, "host": { "name": host } }));
    let events = [
        on(1, json!("a")),
        on(2, json!("a")),
        on(2, json!("b")),
        on(9, json!("a")),
        on(3, Value::Null),
        on(4, Value::Null),
    ];
    let told = |alerts: &[Value]| -> Vec<(Value, Value)> {
        let terms = alerts.iter().map(|alert| alert["kibana.alert.suppression.terms"][0]["value"].clone());
        terms.zip(field(alerts, "kibana.alert.suppression.docs_count")).collect()
    };
    let per_run = alerts(&[rule(Value::Null, "suppress")], &events);
    let expected =
        [(json!("a"), json!(1)), (json!("b"), json!(0)), (Value::Null, json!(1)), (json!("a"), json!(0))];
    assert_eq!(told(&per_run), expected);
    assert_eq!(per_run[0]["kibana.alert.suppression.start"], "2026-03-01T10:01:00.000Z");
    assert_eq!(per_run[0]["kibana.alert.suppression.end"], "2026-03-01T10:02:00.000Z");
    let an_hour = alerts(&[rule(json!({ "value": 1, "unit": "h" }), "suppress")], &events);
    assert_eq!(told(&an_hour), [(json!("a"), json!(2)), (json!("b"), json!(0)), (Value::Null, json!(1))]);
    let not_missing = alerts(&[rule(json!({ "value": 1, "unit": "h" }), "doNotSuppress")], &events);
    assert_eq!(not_missing.len(), 4);
}

/// A rule whose index is `.alerts-security.*` sees alerts; `signal.rule.name` is an alias in that index.
#[test]
fn alerts_are_events_for_rules_that_ask_for_them() {
    let first = rule("first", json!({ "type": "query", "query": "event.code: 1" }));
    let second = rule(
        "second",
        json!({
            "type": "query", "query": "signal.rule.name: \"Rule first\" and host.name: a", "index": [".alerts-security.*"],
        }),
    );
    let third = rule(
        "third",
        json!({
            "type": "threshold", "query": "kibana.alert.rule.rule_id: (first or second)", "index": [".alerts-security.alerts-default"],
            "threshold": { "field": ["host.name"], "value": 2 },
        }),
    );
    let on = |minute, host| event(minute, 0, json!({ "event": { "code": "1" }, "host": { "name": host } }));
    let alerts = alerts(&[first, second, third], &[on(1, "a"), on(2, "b")]);
    let of = |id: &str| -> Vec<&Value> {
        alerts.iter().filter(|alert| alert["kibana.alert.rule.rule_id"] == id).collect()
    };
    assert_eq!((of("first").len(), of("second").len(), of("third").len()), (2, 1, 1));
    let second = of("second")[0];
    assert_eq!(second["kibana.alert.depth"], 2);
    assert_eq!(second["kibana.alert.ancestors"][1]["id"], of("first")[0]["kibana.alert.uuid"]);
    // The run that made the first alert.
    assert_eq!(second["kibana.alert.original_time"], "2026-03-01T10:05:00.000Z");
    assert_eq!(of("third")[0]["kibana.alert.threshold_result"]["count"], 2);
}

/// A run of the rule sees its look-back and no more, so no sequence is longer.
#[test]
fn a_sequence_is_no_longer_than_the_look_back() {
    let rule = rule(
        "e",
        json!({ "type": "eql", "language": "eql", "query": "sequence by host.name [any where event.code == \"1\"] [any where event.code == \"2\"]" }),
    );
    let on = |minute, code| event(minute, 0, json!({ "event": { "code": code }, "host": { "name": "a" } }));
    assert_eq!(alerts(std::slice::from_ref(&rule), &[on(1, "1"), on(10, "2")]).len(), 3);
    assert_eq!(alerts(&[rule], &[on(1, "1"), on(11, "2")]).len(), 0);
}
