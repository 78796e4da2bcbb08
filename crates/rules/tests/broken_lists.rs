//! Faults of what rules refer to: exception lists, value lists, saved queries, data views. Each costs only itself.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
mod loading;

use rulehound_rules::{Problem, RuleSet, Status};
use serde_json::{Value, json};

use loading::load;

fn rule(more: Value) -> Value {
    let mut rule = json!({
        "rule_id": "r", "name": "n", "description": "d", "severity": "low", "risk_score": 1, "author": ["a"], "type": "query",
        "query": "process.name: a",
    });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

fn with_list() -> Value {
    rule(
        json!({"exceptions_list": [{"id": "1", "list_id": "l", "type": "detection", "namespace_type": "single"}]}),
    )
}

fn item(more: Value) -> Value {
    let mut item = json!({
        "list_id": "l", "item_id": "i", "name": "an item", "type": "simple", "namespace_type": "single",
        "entries": [{"field": "process.name", "type": "match", "operator": "included", "value": "b"}],
    });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn entry(entry: Value) -> Value {
    item(json!({"entries": [entry]}))
}

/// Loads objects, one a line; gives the set and its problems as `code line:text`.
fn problems(lines: &[Value]) -> (RuleSet, Vec<String>) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (_folder, set) = load(&[("a.ndjson", text.as_bytes())]);
    let shown = set.problems.iter().map(|problem: &Problem| {
        let source = problem.source.as_deref().unwrap_or_default();
        let text = source.get(problem.diagnostic.span.clone()).unwrap_or_default();
        let line = problem.position().map_or(0, |position| position.line);
        format!("{} {line}:{}", problem.diagnostic.code, text.get(..24).unwrap_or(text))
    });
    let shown = shown.collect();
    (set, shown)
}

fn check(lines: &[Value], expected: &[&str]) -> RuleSet {
    let (set, problems) = problems(lines);
    assert_eq!(problems, expected, "{:?}", set.problems);
    assert!(matches!(set.rules[0].status, Status::Compiled(_)), "the rule runs");
    set
}

#[test]
fn lists_are_counted_with_what_refers_to_them() {
    let list =
        json!({"list_id": "l", "name": "L", "type": "detection", "namespace_type": "single", "tags": ["t"]});
    let other = json!({"list_id": "m", "name": "M", "type": "endpoint", "namespace_type": "agnostic"});
    let set = check(&[with_list(), list, other, item(json!({}))], &[]);
    let lists: Vec<_> = set
        .shared
        .exception_lists
        .iter()
        .map(|list| (list.key.list_id.as_str(), list.items.len(), list.rules))
        .collect();
    assert_eq!(lists, [("l", 1, 1), ("m", 0, 0)]);
    let header = set.shared.exception_lists[0].header.as_ref().unwrap();
    assert_eq!((header.name.as_str(), &header.extra["tags"]), ("L", &json!(["t"])));
    // An empty list excepts nothing, and is there.
    check(&[with_list(), json!({"list_id": "l", "type": "detection"})], &[]);
}

#[test]
fn a_list_that_is_not_loaded_is_a_warning_of_the_rule() {
    check(&[with_list()], &["rule::missing-exception-list 1:[{\"id\":\"1\",\"list_id\":\"l\""]);
    // The same id in the other namespace is another list.
    let agnostic = item(json!({"namespace_type": "agnostic"}));
    check(&[with_list(), agnostic], &["rule::missing-exception-list 1:[{\"id\":\"1\",\"list_id\":\"l\""]);
}

#[test]
fn a_broken_item_costs_only_itself() {
    let broken = |item: Value, expected: &str| {
        let set = check(&[with_list(), item, self::item(json!({}))], &[expected]);
        assert_eq!(set.shared.exception_lists[0].items.len(), 1, "{expected}");
    };
    broken(item(json!({"entries": []})), "rule::empty 2:[]");
    broken(item(json!({"entries": 5})), "rule::wrong-type 2:5");
    broken(item(json!({"expire_time": "tomorrow"})), "rule::date 2:\"tomorrow\"");
    broken(item(json!({"namespace_type": "some"})), "rule::unknown-value 2:\"some\"");
    broken(
        entry(json!({"field": "a", "type": "matches", "operator": "included"})),
        "rule::unknown-value 2:\"matches\"",
    );
    broken(entry(json!({"field": "a", "type": "exists", "operator": "in"})), "rule::unknown-value 2:\"in\"");
    broken(entry(json!({"field": "", "type": "exists", "operator": "included"})), "rule::empty 2:\"\"");
    broken(
        entry(json!({"field": "a", "type": "match_any", "operator": "included", "value": []})),
        "rule::empty 2:[]",
    );
    broken(
        entry(json!({"field": "a", "type": "match", "operator": "included", "value": 5})),
        "rule::wrong-type 2:5",
    );
    broken(
        entry(
            json!({"field": "a", "type": "nested", "entries": [{"field": "b", "type": "exists", "operator": "x"}]}),
        ),
        "rule::unknown-value 2:\"x\"",
    );
    broken(
        entry(
            json!({"field": "a", "type": "list", "operator": "included", "list": {"id": "", "type": "ip"}}),
        ),
        "rule::empty 2:\"\"",
    );
    let mut no_entries = item(json!({}));
    no_entries.as_object_mut().unwrap().shift_remove("entries");
    broken(no_entries, "rule::missing-field 2:{\"list_id\":\"l\",\"item_id\"");
    check(&[with_list(), item(json!({})), json!({"list_id": "v", "value": 5})], &["rule::wrong-type 3:5"]);
    check(
        &[with_list(), item(json!({})), json!({"list_id": "", "type": "detection"})],
        &["rule::empty 3:\"\""],
    );
}

#[test]
fn what_cannot_be_asked_of_a_field_is_told_at_the_item() {
    let ask = |field: &str, entry_type: &str, value: &str| {
        entry(json!({"field": field, "type": entry_type, "operator": "included", "value": value}))
    };
    check(
        &[with_list(), ask("source.ip", "match", "ten")],
        &["exception::question 2:{\"list_id\":\"l\",\"item_id\""],
    );
    check(
        &[with_list(), ask("process.pid", "wildcard", "1*")],
        &["exception::question 2:{\"list_id\":\"l\",\"item_id\""],
    );
    let list = |field: &str| {
        entry(
            json!({"field": field, "type": "list", "operator": "included", "list": {"id": "v", "type": "ip"}}),
        )
    };
    check(
        &[with_list(), list("source.ip")],
        &["exception::missing-value-list 2:{\"list_id\":\"l\",\"item_id\""],
    );
    let values = [json!({"list_id": "v", "value": "10.0.0.1"}), json!({"list_id": "v", "value": "ten"})];
    let [first, second] = values;
    let set = check(
        &[with_list(), list("source.ip"), first, second],
        &["exception::value-misfit 2:{\"list_id\":\"l\",\"item_id\""],
    );
    assert!(
        set.problems[0].diagnostic.message.contains("first: `ten`"),
        "{}",
        set.problems[0].diagnostic.message
    );
    assert_eq!((set.shared.value_lists[0].id.as_str(), set.shared.value_lists[0].values), ("v", 2));
}

#[test]
fn an_item_that_comes_twice_is_one() {
    let other = item(json!({"entries": [{"field": "a", "type": "exists", "operator": "included"}]}));
    let set = check(&[with_list(), item(json!({})), item(json!({}))], &[]);
    assert_eq!(set.shared.exception_lists[0].items.len(), 1);
    check(
        &[with_list(), item(json!({})), other],
        &["exception::duplicate-id 3:{\"list_id\":\"l\",\"item_id\""],
    );
}

#[test]
fn a_value_list_stays_in_its_folder() {
    let (_folder, set) = load(&[
        ("rules/a.ndjson", format!("{}\n{}\n", with_list(), entry(json!({
            "field": "user.name", "type": "list", "operator": "included", "list": {"id": "../secret", "type": "keyword"},
        }))).as_bytes()),
        ("rules/secret", b"root"),
        ("rules/value_lists/other.txt", b"root"),
    ]);
    assert_eq!(set.problems[0].diagnostic.code, "exception::missing-value-list");
    let (_folder, set) = load(&[
        ("a.ndjson", format!("{}\n{}\n", with_list(), entry(json!({
            "field": "user.name", "type": "list", "operator": "included", "list": {"id": "users", "type": "keyword"},
        }))).as_bytes()),
        ("value_lists/users", b"root\n\xff\n"),
    ]);
    let codes: Vec<&str> = set.problems.iter().map(|problem| problem.diagnostic.code).collect();
    assert_eq!(codes, ["file::not-utf-8", "exception::missing-value-list"]);
}

#[test]
fn saved_queries_stand_in_for_the_rules_own() {
    let saved = json!({"type": "query", "id": "q", "attributes": {
        "title": "t", "description": "", "query": {"query": "process.name: b", "language": "kuery"}, "filters": [],
    }});
    let own = rule(json!({"type": "saved_query", "saved_id": "q"}));
    let set = check(&[own.clone(), saved.clone()], &[]);
    assert_eq!((set.rules[0].rule.query(), set.shared.saved_queries), (Some("process.name: b"), 1));
    // It is written as it was read.
    assert_eq!(set.rules[0].rule.to_json()["query"], "process.name: a");
    let plain = check(&[rule(json!({"query": "process.name: b"}))], &[]);
    assert_eq!(plain.rules[0].status, set.rules[0].status);

    check(std::slice::from_ref(&own), &["rule::missing-saved-query 1:\"q\""]);
    let (set, problems) = problems(&[rule(json!({"type": "saved_query", "saved_id": "q", "query": ""}))]);
    assert_eq!(problems, ["rule::missing-saved-query 1:\"q\""]);
    assert!(set.problems[0].is_error() && set.rules[0].status == Status::Failed);

    let mut broken = saved;
    broken["attributes"]["query"]["query"] = json!("process.name: (");
    let (set, _) = self::problems(&[own, broken]);
    let [problem] = &set.problems[..] else { panic!("{:?}", set.problems) };
    assert!(
        problem.diagnostic.message.starts_with("in the saved query `q`: "),
        "{}",
        problem.diagnostic.message
    );
    assert_eq!(set.rules[0].status, Status::Failed);
}

#[test]
fn data_views_give_the_indices() {
    let own = rule(json!({"data_view_id": "v", "index": ["own-*"]}));
    for view in [
        json!({"type": "index-pattern", "id": "v", "attributes": {"title": "logs-*, winlogbeat-*", "name": "n"}}),
        json!({"data_view": {"id": "v", "title": "logs-*,winlogbeat-*", "name": "n"}}),
        json!({"data_view": [{"id": "v", "title": "logs-*,winlogbeat-*", "name": "n"}]}),
    ] {
        let set = check(&[own.clone(), view], &[]);
        assert_eq!(set.rules[0].rule.index(), ["logs-*", "winlogbeat-*"]);
        assert_eq!(set.rules[0].rule.to_json()["index"], json!(["own-*"]));
    }
    let set = check(&[own], &["rule::missing-data-view 1:\"v\""]);
    assert_eq!(set.rules[0].rule.index(), ["own-*"]);
}

#[test]
fn connectors_are_counted() {
    let connector = json!({"type": "action", "id": "c", "attributes": {"actionTypeId": ".email"}});
    let set = check(&[rule(json!({})), connector], &[]);
    assert_eq!(set.shared.connectors, 1);
}
