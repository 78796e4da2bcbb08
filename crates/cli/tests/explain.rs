//! `rulehound explain`, through the real binary.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Run, folder_of, rulehound};
use serde_json::{Value, json};

/// A rule file of a query.
fn rule(query: &str) -> String {
    format!(
        r#"[rule]
author = ["Rulehound"]
description = "Finds something."
index = ["logs-endpoint.events.*"]
language = "eql"
name = "A Rule"
risk_score = 47
rule_id = "11111111-0000-4000-8000-000000000000"
severity = "medium"
type = "eql"
query = '''
{query}
'''
"#
    )
}

/// Explains a query over events.
fn explain(query: &str, events: &[Value], args: &[&str]) -> Run {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let folder = folder_of(&[("rule.toml", &rule(query)), ("events.ndjson", &lines)]);
    rulehound(folder.path(), &[&["explain", "--rule", "rule.toml", "events.ndjson"], args].concat())
}

/// The lines of an explanation, one of them for each that is expected, in that order.
fn check(run: &Run, expected: &[&str]) {
    assert_eq!(run.code, 0, "{run:?}");
    let mut lines = run.stdout.lines();
    for expected in expected {
        assert!(lines.any(|line| line.contains(expected)), "no line with {expected:?} in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'), "colours where there is no terminal");
}

/// An event of a registry write, as Sysmon reports it in a flat record.
fn registry_write(path: &str, image: &str) -> Value {
    json!({
        "EventID": 13, "SourceName": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Hostname": "ws1", "UtcTime": "2026-05-01 10:00:00.123", "EventType": "SetValue", "Image": image,
        "ProcessId": "444", "TargetObject": path, "Details": "C:\\Users\\kim\\agent.exe", "RecordNumber": 1,
    })
}

/// The first rule of the project over one event.
fn explain_services_rule(event: &Value) -> Run {
    let rule = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/windows/persistence_services_registry.toml");
    let folder = folder_of(&[("events.ndjson", &event.to_string())]);
    rulehound(folder.path(), &["explain", "--rule", rule, "events.ndjson"])
}

#[test]
fn a_current_control_set_path_fails_on_the_path_alone() {
    let path = "HKLM\\System\\CurrentControlSet\\Services\\agent\\ImagePath";
    let run = explain_services_rule(&registry_write(path, "C:\\Users\\kim\\setup.exe"));
    check(
        &run,
        &[
            "the event does not match",
            "✓ event.category == \"registry\"",
            "✗ registry.path : ",
            "✓ not registry.data.strings : any of 4 alternatives  saw \"C:\\\\Users\\\\kim\\\\agent.exe\"",
            "✓ not all of",
            "✓ not process.executable",
            "fails on registry.path and nothing else",
        ],
    );
    assert!(!run.stdout.contains("does not see it"));
}

#[test]
fn a_control_set_path_matches_and_its_exclusion_is_named() {
    let path = "HKLM\\System\\ControlSet001\\Services\\agent\\ImagePath";
    let run = explain_services_rule(&registry_write(path, "C:\\Users\\kim\\setup.exe"));
    let alternative = "✓ registry.path : \"HKLM\\\\SYSTEM\\\\ControlSet*\\\\Services\\\\*\\\\ImagePath\"";
    check(&run, &["the event matches", alternative, "matches"]);

    let run = explain_services_rule(&registry_write(path, "C:\\Windows\\System32\\services.exe"));
    let excluded = "✓ process.executable : \"?:\\\\Windows\\\\System32\\\\services.exe\"";
    check(
        &run,
        &["✗ not process.executable", excluded, "fails on process.executable (excluded) and nothing else"],
    );
}

#[test]
fn the_closest_events_come_first_and_a_missing_field_is_shown_as_such() {
    let events = [
        json!({"_id": "far", "_source": {"event": {"category": "file"}}}),
        json!({"_id": "near", "_source": {"event": {"category": "process"}, "process": {"name": "calc.exe"}}}),
        json!({"_id": "lacking", "_source": {"event": {"category": "process"}}}),
        json!({"_id": "nearest", "_source": {"event": {"category": "process"}, "process": {"name": "cmd2.exe"}}}),
    ];
    let query = "process where process.name : \"cmd.exe\"";
    check(
        &explain(query, &events, &[]),
        &[
            "none of 4 events matches",
            "event nearest events.ndjson:4",
            "✗ process.name : \"cmd.exe\"  saw \"cmd2.exe\"",
            "fails on process.name and nothing else",
            "event near ",
            "event lacking",
            "saw nothing: the field is missing",
        ],
    );
    let run = explain(query, &events, &["--id", "far"]);
    check(&run, &["event far events.ndjson:1", "fails on event.category and process.name and nothing else"]);
    let one = explain(query, &events, &["--limit", "1"]);
    assert_eq!(one.stdout.matches("\nevent ").count(), 1, "{one:?}");
}

#[test]
fn an_index_that_the_rule_does_not_see_is_a_warning_and_no_predicate() {
    let event = json!({"_index": "logs-other-default", "_source": {"event": {"category": "process"}}});
    let query = "process where true";
    let unseen = "the rule does not see it: index logs-other-default is not among logs-endpoint.events.*";
    let run = explain(query, std::slice::from_ref(&event), &[]);
    check(&run, &["the event would match, but the rule does not see its index", "  matches", unseen]);
    // Events that are seen come first.
    let seen =
        json!({"_index": "logs-endpoint.events.process-default", "_id": "seen", "_source": event["_source"]});
    let run = explain(query, &[event.clone(), seen], &[]);
    check(
        &run,
        &["2 of 2 events match, 1 of them in an index that the rule does not see", "event seen", unseen],
    );
    // Others take no part in a sequence.
    let run = explain("sequence [process where true] [process where true]", &[event], &[]);
    check(&run, &["step 1           1 events match, 1 of them in an index", "no event to begin with"]);
}

#[test]
fn of_many_alternatives_the_most_alike_are_shown() {
    let event = json!({"event": {"category": "process"}, "process": {"name": "rundll64.exe"}});
    let query =
        r#"process where process.name : ("a.exe", "b.exe", "c.exe", "d.exe", "e.exe", "rundll32.exe")"#;
    check(
        &explain(query, &[event], &[]),
        &["✗ process.name : any of 6 alternatives", r#"✗ process.name : "rundll32.exe""#, "… 2 more"],
    );
}

#[test]
fn a_computed_condition_says_that_it_is_null() {
    let event = json!({"event": {"category": "process"}});
    let run = explain("process where not length(process.name) > 3", &[event], &[]);
    check(
        &run,
        &[
            "not (length(process.name) > 3)  saw process.name nothing: the field is missing; so it is null",
            "fails on process.name and nothing else",
        ],
    );
}

/// An event of a host, so many seconds into the day.
fn at(second: u32, host: Option<&str>, category: &str) -> Value {
    json!({
        "@timestamp": format!("2026-05-01T00:{:02}:{:02}Z", second / 60, second % 60),
        "host": {"id": host},
        "event": {"category": category},
    })
}

#[test]
fn a_sequence_says_how_far_each_key_came() {
    let query =
        "sequence by host.id with maxspan=1m [file where true] [process where true] [network where true]";
    let events = [
        at(0, Some("complete"), "file"),
        at(1, Some("complete"), "process"),
        at(2, Some("complete"), "network"),
        at(0, Some("late"), "file"),
        at(30, Some("late"), "process"),
        at(72, Some("late"), "network"),
        at(5, Some("turned"), "file"),
        at(4, Some("turned"), "process"),
        at(0, None, "file"),
    ];
    check(
        &explain(query, &events, &[]),
        &[
            "step 1           4 events match, 1 of them have a null key",
            "step 2           3 events match",
            "step 3           2 events match",
            "1 of 3 keys complete",
            "\"complete\"  events by step 1/1/1  complete",
            "\"late\"  events by step 1/1/1  came to 2 of 3: step 3 matched, but 12s outside maxspan",
            "\"turned\"  events by step 1/1/0  came to 1 of 3: step 2 matched, but not after the steps before it",
        ],
    );
    let run = explain(query, &events[..2], &[]);
    check(
        &run,
        &[
            "0 of 1 keys complete",
            "came to 2 of 3: step 3 never matched",
            "closest to step 3",
            "fails on event.category",
        ],
    );
}

#[test]
fn json_holds_the_whole_tree() {
    let event = json!({"event": {"category": "process"}, "process": {"name": "calc.exe", "pid": 4}});
    let query = "process where process.name : (\"cmd.exe\", \"c*d.exe\") and not process.pid == 5";
    let run = explain(query, &[event], &["--output", "json"]);
    let explained: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(explained["rule"]["name"], "A Rule");
    let event = &explained["explanation"]["steps"][0]["closest"][0];
    assert_eq!((&event["holds"], &event["in_scope"]), (&json!(false), &json!(true)));
    assert_eq!(event["deciding"][0]["fields"], json!(["process.name"]));
    let terms = event["condition"]["terms"].as_array().unwrap();
    let summary: Vec<_> = terms.iter().map(|term| (term["kind"].as_str().unwrap(), &term["holds"])).collect();
    assert_eq!(summary, [("predicate", &json!(true)), ("predicate", &json!(false)), ("not", &json!(true))]);
    assert_eq!(terms[1]["values"], json!(["calc.exe"]));
    assert_eq!(terms[1]["alternatives"].as_array().unwrap().len(), 2);
    assert_eq!(terms[2]["term"]["values"], json!([4]));
}

#[test]
fn a_rule_that_is_not_run_is_said_to_be_so() {
    let text = format!("[metadata]\nmaturity = \"deprecated\"\n\n{}", rule("process where true"));
    let folder = folder_of(&[("rule.toml", &text), ("events.ndjson", "{}")]);
    let run = rulehound(folder.path(), &["explain", "--rule", "rule.toml", "events.ndjson"]);
    assert_eq!((run.code, run.stdout.trim()), (1, "A Rule is not run: deprecated"), "{run:?}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder =
        folder_of(&[("rule.toml", &rule("process where true")), ("broken.toml", &rule("process where"))]);
    let missing = rulehound(folder.path(), &["explain", "--rule", "rule.toml", "missing.ndjson"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""), "{missing:?}");
    assert!(missing.stderr.contains("missing.ndjson"));
    let broken = rulehound(folder.path(), &["explain", "--rule", "broken.toml", "rule.toml"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""), "{broken:?}");
    assert!(broken.stderr.contains("broken.toml"));
}
