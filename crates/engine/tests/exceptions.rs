//! What exceptions mean: rules with lists of them, asked of events. The semantics are those of Kibana's
//! `buildExceptionFilter` and of <https://www.elastic.co/docs/solutions/security/detect-and-alert/add-manage-exceptions>.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use rulehound_engine::correlate::steps;
use rulehound_engine::{Matcher, interpret};
use rulehound_events::DocumentRow;
use rulehound_query::Filter;
use rulehound_rules::RuleSet;
use serde_json::{Value, json};

fn rule(query: &str) -> Value {
    json!({
        "rule_id": "r", "name": "n", "description": "d", "severity": "low", "risk_score": 1, "author": ["a"], "type": "eql",
        "query": query, "exceptions_list": [{"id": "1", "list_id": "l", "type": "detection", "namespace_type": "single"}],
    })
}

fn item(entries: Value) -> Value {
    json!({"list_id": "l", "item_id": entries.to_string(), "name": "n", "type": "simple", "namespace_type": "single", "entries": entries})
}

fn write(folder: &Path, name: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.join(name), text).unwrap();
}

/// The filters of the one rule in a folder.
fn filters(folder: &Path) -> Vec<Filter> {
    let set = RuleSet::load([folder]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let (_, query) = set.compiled().next().unwrap();
    steps(&query.plan).into_iter().map(|step| step.filter.into_owned()).collect()
}

fn holds(filter: &Filter, event: &Value) -> bool {
    let Value::Object(document) = event else { unreachable!() };
    interpret::matches(filter, &DocumentRow::new(document))
}

/// What a rule over all events, with one exception, says of events: those that are excepted, and those that are not.
fn check(exception: &Value, excepted: &[Value], alerting: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.ndjson", &[rule("any where true"), exception.clone()]);
    let [filter] = &filters(folder.path())[..] else { unreachable!() };
    for event in excepted {
        assert!(!holds(filter, event), "{event} is excepted by {exception}");
    }
    for event in alerting {
        assert!(holds(filter, event), "{event} is not excepted by {exception}");
    }
}

fn named(name: &str) -> Value {
    json!({"process": {"name": name}})
}

#[test]
fn match_is_the_whole_value_by_case() {
    let entries = |operator: &str| json!([{"field": "process.name", "type": "match", "operator": operator, "value": "a b"}]);
    let same = [named("a b"), json!({"process": {"name": ["x", "a b"]}})];
    let others = [named("A b"), named("a b c"), named("a"), json!({"host": {"name": "a b"}})];
    check(&item(entries("included")), &same, &others);
    check(&item(entries("excluded")), &others, &same);
}

#[test]
fn match_of_text_is_its_words_together() {
    let entries =
        json!([{"field": "message", "type": "match", "operator": "included", "value": "logon failed"}]);
    let message = |text: &str| json!({"message": text});
    check(
        &item(entries),
        &[message("The Logon FAILED, again"), message("logon failed")],
        &[message("failed logon"), message("logon has failed")],
    );
}

#[test]
fn match_is_by_value_on_other_types() {
    let entries = |field: &str, value: &str| {
        item(json!([{"field": field, "type": "match", "operator": "included", "value": value}]))
    };
    let ip = |text: &str| json!({"source": {"ip": text}});
    check(&entries("source.ip", "10.0.0.0/8"), &[ip("10.1.2.3")], &[ip("11.0.0.1")]);
    check(
        &entries("process.pid", "7"),
        &[json!({"process": {"pid": 7}})],
        &[json!({"process": {"pid": 70}})],
    );
    check(
        &entries("process.Ext.trusted", "true"),
        &[json!({"process": {"Ext": {"trusted": "true"}}})],
        &[json!({})],
    );
}

#[test]
fn match_any_is_one_of_the_values() {
    let entries = |operator: &str| json!([{"field": "process.name", "type": "match_any", "operator": operator, "value": ["a", "b"]}]);
    check(&item(entries("included")), &[named("a"), named("b")], &[named("c"), json!({})]);
    check(&item(entries("excluded")), &[named("c"), json!({})], &[named("a"), named("b")]);
}

#[test]
fn wildcards_are_stars_and_question_marks() {
    let entries = |pattern: &str| {
        item(json!([{"field": "file.path", "type": "wildcard", "operator": "included", "value": pattern}]))
    };
    let path = |text: &str| json!({"file": {"path": text}});
    check(
        &entries("/opt/*/bin/?"),
        &[path("/opt/a/b/bin/c")],
        &[path("/opt/a/bin/cd"), path("/Opt/a/bin/c")],
    );
    check(&entries(r"C:\\Users\\*\\a.exe"), &[path(r"C:\Users\x\a.exe")], &[path(r"C:\Users\a.exe")]);
    let excluded =
        item(json!([{"field": "file.path", "type": "wildcard", "operator": "excluded", "value": "/opt/*"}]));
    check(&excluded, &[path("/tmp/a"), json!({})], &[path("/opt/a")]);
}

#[test]
fn exists_is_presence() {
    let entries =
        |operator: &str| item(json!([{"field": "user.name", "type": "exists", "operator": operator}]));
    let user = json!({"user": {"name": "u"}});
    check(&entries("included"), std::slice::from_ref(&user), &[json!({}), json!({"user": {"name": null}})]);
    check(&entries("excluded"), &[json!({})], &[user]);
}

#[test]
fn entries_of_an_item_hold_together_items_one_by_one() {
    let both = item(json!([
        {"field": "process.name", "type": "match", "operator": "included", "value": "a"},
        {"field": "user.name", "type": "match", "operator": "excluded", "value": "root"},
    ]));
    let event = |name: &str, user: &str| json!({"process": {"name": name}, "user": {"name": user}});
    check(&both, &[event("a", "u"), named("a")], &[event("a", "root"), event("b", "u")]);

    let folder = tempfile::tempdir().unwrap();
    let other =
        item(json!([{"field": "user.name", "type": "match", "operator": "included", "value": "nobody"}]));
    write(folder.path(), "rule.ndjson", &[rule("process where process.name == \"a\"")]);
    write(folder.path(), "lists.ndjson", &[both, other]);
    let [filter] = &filters(folder.path())[..] else { unreachable!() };
    let event = |user: &str| json!({"event": {"category": "process"}, "process": {"name": "a"}, "user": {"name": user}});
    let found: Vec<bool> = ["root", "u", "nobody"].iter().map(|user| holds(filter, &event(user))).collect();
    assert_eq!(found, [true, false, false]);
}

#[test]
fn nested_entries_hold_of_one_object() {
    let nested = item(json!([{"field": "process.Ext.code_signature", "type": "nested", "entries": [
        {"field": "subject_name", "type": "match", "operator": "included", "value": "Good"},
        {"field": "trusted", "type": "match", "operator": "included", "value": "true"},
    ]}]));
    let event = |signatures: Value| json!({"process": {"Ext": {"code_signature": signatures}}});
    let signature = |name: &str, trusted: bool| json!({"subject_name": name, "trusted": trusted});
    check(
        &nested,
        &[event(signature("Good", true)), event(json!([signature("Bad", true), signature("Good", true)]))],
        &[event(json!([signature("Bad", true), signature("Good", false)])), event(json!([])), json!({})],
    );
}

#[test]
fn an_item_may_be_for_some_systems() {
    let mut exception =
        item(json!([{"field": "process.name", "type": "match", "operator": "included", "value": "a"}]));
    exception["os_types"] = json!(["windows", "macos"]);
    let event = |os: Value| json!({"process": {"name": "a"}, "host": {"os": os}});
    check(
        &exception,
        &[
            event(json!({"type": "windows"})),
            event(json!({"type": "macos"})),
            event(json!({"name": "Windows"})),
        ],
        &[event(json!({"type": "linux"})), named("a")],
    );
}

#[test]
fn an_item_counts_for_events_before_it_expires() {
    let mut exception =
        item(json!([{"field": "process.name", "type": "match", "operator": "included", "value": "a"}]));
    exception["expire_time"] = json!("2026-03-01T00:00:00.000Z");
    let event = |time: &str| json!({"process": {"name": "a"}, "@timestamp": time});
    check(
        &exception,
        &[event("2026-02-28T23:59:59.999Z")],
        &[event("2026-03-01T00:00:00Z"), event("2026-04-01T00:00:00Z")],
    );
}

#[test]
fn every_step_of_a_sequence_is_restricted() {
    let folder = tempfile::tempdir().unwrap();
    let query = "sequence by host.id with maxspan=1m [any where true] ![any where true] [any where true] until [any where true]";
    let exception =
        item(json!([{"field": "process.name", "type": "match", "operator": "included", "value": "a"}]));
    write(folder.path(), "a.ndjson", &[rule(query), exception]);
    let filters = filters(folder.path());
    assert_eq!(filters.len(), 4);
    for filter in &filters {
        assert!(!holds(filter, &named("a")) && holds(filter, &named("b")), "{filter:?}");
    }
}

#[test]
fn value_lists_come_from_files_or_exports() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(folder.path().join("value_lists")).unwrap();
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(folder.path().join("value_lists/names.txt"), "\u{feff}a\r\n\n  b \r\nc").unwrap();
    std::fs::write(folder.path().join("value_lists/hosts"), "10.0.0.0/8\n192.168.0.1-192.168.0.9\n").unwrap();
    let list = |field: &str, id: &str, list_type: &str, operator: &str| json!({"field": field, "type": "list", "operator": operator, "list": {"id": id, "type": list_type}});
    write(
        &deep,
        "a.ndjson",
        &[
            rule("any where true"),
            item(json!([
                list("process.name", "names", "keyword", "included"),
                list("source.ip", "hosts", "ip_range", "excluded")
            ])),
            item(json!([list("user.name", "users", "keyword", "included")])),
            json!({"list_id": "users", "value": "root", "id": "1", "type": "keyword"}),
            json!({"list_id": "users", "value": "admin", "id": "2", "type": "keyword"}),
            item(json!([list("message", "words", "text", "included")])),
            json!({"list_id": "words", "value": "all clear", "type": "text"}),
        ],
    );
    let [filter] = &filters(folder.path())[..] else { unreachable!() };
    let event = |name: &str, ip: &str| json!({"process": {"name": name}, "source": {"ip": ip}});
    for excepted in [
        event("b", "11.0.0.1"),
        event("a", "192.168.0.10"),
        named("c"),
        json!({"user": {"name": "admin"}}),
        json!({"message": "Clear, all of it"}),
    ] {
        assert!(!holds(filter, &excepted), "{excepted}");
    }
    for alerting in [
        event("a", "10.9.9.9"),
        event("c", "192.168.0.5"),
        event("d", "11.0.0.1"),
        json!({"user": {"name": "Root"}}),
        json!({"message": "all"}),
    ] {
        assert!(holds(filter, &alerting), "{alerting}");
    }
}

/// The list is held once however many rules refer to it, and both evaluators ask it by bisection.
#[test]
fn a_list_of_a_million_values_is_loaded_in_seconds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("value_lists")).unwrap();
    let addresses: String =
        (0..1_000_000_u32).map(|n| format!("{}\n", std::net::Ipv4Addr::from(0x0a00_0000 + n * 3))).collect();
    std::fs::write(folder.path().join("value_lists/many.txt"), addresses).unwrap();
    let entry = json!({"field": "source.ip", "type": "list", "operator": "included", "list": {"id": "many", "type": "ip"}});
    let rules = (0..200).map(|n| {
        let mut rule = rule("sequence by host.id [any where true] [any where true]");
        rule["rule_id"] = json!(n.to_string());
        rule
    });
    write(folder.path(), "a.ndjson", &rules.chain([item(json!([entry]))]).collect::<Vec<_>>());
    let started = std::time::Instant::now();
    let filters: Vec<Filter> = {
        let set = RuleSet::load([folder.path()]);
        assert!(set.problems.is_empty(), "{:?}", set.problems);
        assert_eq!(set.shared.value_lists[0].values, 1_000_000);
        set.compiled()
            .flat_map(|(_, query)| {
                steps(&query.plan).into_iter().map(|step| step.filter.into_owned()).collect::<Vec<_>>()
            })
            .collect()
    };
    assert_eq!(filters.len(), 400);
    let event = |n: u32| json!({"source": {"ip": std::net::Ipv4Addr::from(0x0a00_0000 + n).to_string()}});
    for n in 0..300 {
        assert_eq!(holds(&filters[n % 400], &event(u32::try_from(n).unwrap())), n % 3 != 0, "{n}");
    }
    Matcher::new(filters).unwrap();
    // Unoptimised, on a busy machine; a plain scan would take hours.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// Exceptions of a list that many rules share are one filter, held and compiled once.
#[test]
fn a_list_is_held_once_for_all_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rules = (0..3).map(|n| {
        let mut rule = rule("any where true");
        rule["rule_id"] = json!(n.to_string());
        rule
    });
    let exception =
        item(json!([{"field": "process.name", "type": "match", "operator": "included", "value": "a"}]));
    write(folder.path(), "a.ndjson", &rules.chain([exception]).collect::<Vec<_>>());
    let set = RuleSet::load([folder.path()]);
    let shared: Vec<Arc<Filter>> = set
        .compiled()
        .flat_map(|(_, query)| {
            steps(&query.plan).into_iter().map(|step| step.filter.into_owned()).collect::<Vec<_>>()
        })
        .map(|filter| match filter {
            Filter::And(parts) => parts.last().cloned().unwrap(),
            other => other,
        })
        .map(|filter| match filter {
            Filter::Not(inner) => match *inner {
                Filter::Shared(shared) => shared,
                other => unreachable!("{other:?}"),
            },
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert!(shared.len() == 3 && shared.iter().all(|filter| Arc::ptr_eq(filter, &shared[0])));
}
