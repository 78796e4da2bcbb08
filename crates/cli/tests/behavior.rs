//! Behaviour rules of the endpoint, run over files: each construct of their dialect finds what it means and no more,
//! whatever the threads, the batches and the order of the events.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder_of, rulehound};
use serde_json::{Value, json};

fn rule(query: &str) -> String {
    format!(
        "[rule]\ndescription = \"d\"\nid = \"6c1d6f6e-0000-4000-8000-000000000001\"\nname = \"n\"\n\
         os_list = [\"windows\"]\nversion = \"1.0.2\"\nquery = '''\n{query}\n'''\n\
         [[actions]]\naction = \"kill_process\"\nfield = \"process.entity_id\"\nstate = 0\n"
    )
}

/// An event of Elastic Defend, at a second, on a host.
fn event(second: u32, category: &str, more: Value) -> Value {
    let mut event = json!({
        "@timestamp": format!("2026-01-01T00:00:{second:02}Z"), "message": format!("{second}"),
        "event": {"category": [category]}, "host": {"id": "h1", "os": {"type": "windows"}},
        "data_stream": {"type": "logs", "dataset": format!("endpoint.events.{category}"), "namespace": "default"},
    });
    merge(&mut event, more);
    event
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn process(second: u32, id: &str, parent: &str, name: &str) -> Value {
    let process = json!({"entity_id": id, "name": name, "parent": {"entity_id": parent}});
    event(second, "process", json!({"event": {"action": "start"}, "process": process}))
}

/// The seconds of the events of each alert; of a sequence those of its building blocks.
fn hunt(query: &str, events: &[Value]) -> Vec<Vec<String>> {
    let line = |event: &Value| format!("{event}\n");
    let forth: String = events.iter().map(line).collect();
    let back: String = events.iter().rev().map(line).collect();
    let folder = folder_of(&[("r.toml", &rule(query)), ("forth.ndjson", &forth), ("back.ndjson", &back)]);
    let alerts = |args: &[&str]| {
        let all = [&["hunt", "--rules", "r.toml", "--output", "ndjson"], args].concat();
        let run = rulehound(folder.path(), &all);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let alerts: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        alerts
    };
    let first = alerts(&["forth.ndjson"]);
    let told = |alerts: &[Value]| seconds(alerts);
    for args in [&["back.ndjson"][..], &["--threads", "1", "--batch-rows", "1", "back.ndjson"]] {
        assert_eq!(told(&alerts(args)), told(&first), "{args:?}");
    }
    told(&first)
}

fn seconds(alerts: &[Value]) -> Vec<Vec<String>> {
    let text = |alert: &Value, name: &str| {
        let source = alert.get("_source").unwrap_or(alert);
        source.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    let mut told: Vec<Vec<String>> = Vec::new();
    for alert in alerts {
        match (text(alert, "message"), text(alert, "kibana.alert.building_block_type")) {
            (Some(message), Some(_)) => told.last_mut().unwrap().push(message),
            (Some(message), None) if text(alert, "kibana.alert.group.id").is_none() => {
                told.push(vec![message])
            }
            _ => told.push(Vec::new()),
        }
    }
    told
}

#[test]
fn descendants_are_found_at_any_depth_and_in_any_order() {
    let events = [
        process(1, "a", "init", "winword.exe"),
        process(2, "b", "a", "cmd.exe"),
        process(3, "c", "b", "whoami.exe"),
        process(4, "d", "x", "whoami.exe"),
        event(5, "file", json!({"process": {"entity_id": "c", "name": "whoami.exe"}})),
        event(
            6,
            "file",
            json!({"process": {"entity_id": "z", "name": "whoami.exe", "Ext": {"ancestry": ["y", "a"]}}}),
        ),
    ];
    let office = "descendant of [process where process.name : \"WINWORD.EXE\"]";
    let found = hunt(&format!("any where process.name == \"whoami.exe\" and {office}"), &events);
    assert_eq!(found, [["3"], ["5"], ["6"]]);
    let found = hunt(&format!("process where process.name == \"whoami.exe\" and not {office}"), &events);
    assert_eq!(found, [["4"]]);
    let found = hunt(&format!("process where {office} or process.name == \"winword.exe\""), &events);
    assert_eq!(found, [["1"], ["2"], ["3"]]);
}

#[test]
fn steps_may_ask_about_ancestors() {
    let events = [
        process(1, "a", "init", "winword.exe"),
        process(2, "b", "a", "cmd.exe"),
        event(3, "network", json!({"process": {"entity_id": "b"}})),
        process(4, "c", "init", "cmd.exe"),
        event(5, "network", json!({"process": {"entity_id": "c"}})),
    ];
    let found = hunt(
        "sequence by process.entity_id with maxspan=1m \
         [process where process.name == \"cmd.exe\" and descendant of [process where process.name == \"winword.exe\"]] \
         [network where true]",
        &events,
    );
    assert_eq!(found, [["2", "3"]]);
}

#[test]
fn later_steps_look_back_at_named_events() {
    let file = |second, path: &str| event(second, "file", json!({"file": {"path": path}}));
    let run = |second, path: &str| event(second, "process", json!({"process": {"executable": path}}));
    let events = [file(1, "C:\\a.exe"), file(2, "C:\\b.exe"), run(3, "c:\\A.EXE"), run(4, "C:\\x.exe")];
    let query = "sequence with maxspan=1m [file where true] as event0 \
                 [process where startsWith~(process.executable, event0.file.path)]";
    assert_eq!(hunt(query, &events), [["1", "3"]]);
}

#[test]
fn machines_are_kept_apart() {
    let other = |mut event: Value| {
        event["host"]["id"] = json!("h2");
        event
    };
    let events = [
        event(1, "file", json!({})),
        other(event(2, "network", json!({}))),
        other(event(3, "file", json!({}))),
        event(4, "network", json!({})),
    ];
    assert_eq!(hunt("sequence [file where true] [network where true]", &events), [["1", "4"]]);
}

#[test]
fn other_systems_are_not_seen() {
    let mut linux = event(1, "file", json!({}));
    linux["host"]["os"]["type"] = json!("linux");
    let mut unknown = event(2, "file", json!({}));
    unknown["host"].as_object_mut().unwrap().remove("os");
    assert_eq!(hunt("file where true", &[linux, unknown, event(3, "file", json!({}))]), [["2"], ["3"]]);
}

#[test]
fn arrays_are_searched_object_by_object() {
    let stack = |second, entries: Value| {
        let thread = json!({"thread": {"Ext": {"call_stack": entries}}});
        event(second, "api", json!({"process": thread}))
    };
    let frame = |symbol: &str, bytes: u64| json!({"symbol_info": symbol, "allocation_private_bytes": bytes});
    let events = [
        stack(1, json!([frame("ntdll.dll!NtX", 0), frame("Unbacked+0x1", 4096)])),
        stack(2, json!([frame("ntdll.dll!NtX", 4096), frame("Unbacked+0x1", 0)])),
        stack(3, json!(frame("UNBACKED", 8192))),
        event(4, "api", json!({})),
    ];
    let both = "_arraysearch(process.thread.Ext.call_stack, $entry, \
                $entry.symbol_info : \"unbacked*\" and $entry.allocation_private_bytes >= 4096)";
    assert_eq!(hunt(&format!("api where {both}"), &events), [["1"], ["3"]]);
    assert_eq!(hunt(&format!("api where not {both}"), &events), [["2"], ["4"]]);
}

#[test]
fn fields_are_compared_with_fields() {
    let named = |second, name: &str, parent: &str| {
        event(second, "process", json!({"process": {"name": name, "parent": {"name": parent}}}))
    };
    let events = [named(1, "a", "a"), named(2, "a", "A"), named(3, "a", "b"), event(4, "process", json!({}))];
    assert_eq!(hunt("process where process.name == process.parent.name", &events), [["1"]]);
    assert_eq!(hunt("process where process.name != process.parent.name", &events), [["2"], ["3"]]);
}

#[test]
fn names_are_asked_of_dns() {
    let lookup = json!({"network": {"protocol": "dns"}, "dns": {"question": {"name": "x.example"}}});
    let events = [event(1, "network", lookup), event(2, "network", json!({}))];
    assert_eq!(hunt("dns where dns.question.name != null", &events), [["1"]]);
}

#[test]
fn alerts_say_what_the_endpoint_would_have_done() {
    let folder = folder_of(&[
        ("r.toml", &rule("file where true")),
        ("e.ndjson", &format!("{}\n", event(1, "file", json!({})))),
    ]);
    let run = rulehound(folder.path(), &["hunt", "--rules", "r.toml", "--output", "ndjson", "e.ndjson"]);
    let alert: Value = serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
    let alert = alert.get("_source").unwrap_or(&alert);
    let parameters = &alert["kibana.alert.rule.parameters"];
    assert_eq!(parameters["actions"][0]["action"], "kill_process");
    assert_eq!(parameters["os_list"], json!(["windows"]));
    assert_eq!(alert["kibana.alert.rule.version"], "1.0.2");
    assert_eq!(alert["kibana.alert.rule.type"], "behavior");
    assert_eq!(alert["kibana.alert.severity"], "medium");
}

#[test]
fn explain_says_what_it_does_not_judge() {
    let query = "process where process.name == \"a\" and descendant of [process where process.name == \"p\"]";
    let event = format!("{}\n", process(1, "x", "y", "a"));
    let folder = folder_of(&[("r.toml", &rule(query)), ("e.ndjson", &event)]);
    let run = rulehound(folder.path(), &["explain", "--rule", "r.toml", "e.ndjson"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("not judged on the event alone: descendant of ["), "{}", run.stdout);
    let query = "sequence [file where true] as event0 [process where process.name == event0.file.name]";
    let file = self::event(0, "file", json!({"file": {"name": "b"}}));
    let folder = folder_of(&[("r.toml", &rule(query)), ("e.ndjson", &format!("{file}\n{event}"))]);
    let run = rulehound(folder.path(), &["explain", "--rule", "r.toml", "e.ndjson"]);
    assert!(run.stdout.contains("not what it asks about the events before it"), "{}", run.stdout);
}
