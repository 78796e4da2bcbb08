//! Behaviour rules of Elastic Endpoint, in the format of `elastic/protections-artifacts`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::path::Path;

use rulehound_rules::{Page, Problem, RuleSet, RuleType, RuleVersion, Severity, Status};
use serde_json::json;

const RULE: &str = r#"[rule]
description = "d"
id = "1f9be0a4-7f0e-4a8a-9f3b-0c4a1f7f2f01"
license = "Apache-2.0"
name = "n"
os_list = ["windows", "linux"]
reference = ["https://example.org"]
version = "1.0.7"

query = '''
process where process.name : "a.exe"
'''

min_endpoint_version = "8.4.0"
max_endpoint_version = "9.0.0"
reputation = true

[[actions]]
action = "kill_process"
field = "process.entity_id"
state = 1
tree = true

[[optional_actions]]
action = "rollback"
field = "process.entity_id"
state = 0

[[threat]]
framework = "MITRE ATT&CK"

[threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

[internal]
min_endpoint_version = "8.4.0"
"#;

fn load(files: &[(&str, &str)]) -> RuleSet {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    RuleSet::load([folder.path()])
}

fn problems(set: &RuleSet) -> Vec<&str> {
    set.problems.iter().map(|problem| problem.diagnostic.code).collect()
}

#[test]
fn a_behaviour_rule_is_a_rule_like_others() {
    let mut set = load(&[("a.toml", RULE)]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let loaded = set.rules.remove(0);
    assert!(matches!(loaded.status, Status::Compiled(_)));
    let rule = loaded.rule;
    assert_eq!(rule.rule_type(), RuleType::Behavior);
    assert_eq!((rule.severity, rule.risk_score.get()), (Severity::Medium, 47));
    assert_eq!(rule.version, RuleVersion::Text("1.0.7".into()));
    assert_eq!(rule.index(), ["logs-endpoint.events.*"]);
    assert_eq!(rule.metadata.extra["internal"], json!({"min_endpoint_version": "8.4.0"}));
    let json = rule.to_json();
    for (key, value) in [
        ("type", json!("behavior")),
        ("rule_id", json!("1f9be0a4-7f0e-4a8a-9f3b-0c4a1f7f2f01")),
        ("version", json!("1.0.7")),
        ("os_list", json!(["windows", "linux"])),
        ("references", json!(["https://example.org"])),
        ("reputation", json!(true)),
        ("min_endpoint_version", json!("8.4.0")),
        ("max_endpoint_version", json!("9.0.0")),
        (
            "actions",
            json!([{"action": "kill_process", "field": "process.entity_id", "state": 1, "tree": true}]),
        ),
        ("optional_actions", json!([{"action": "rollback", "field": "process.entity_id", "state": 0}])),
    ] {
        assert_eq!(json[key], value, "{key}");
    }
    assert_eq!(json["threat"][0]["tactic"]["id"], "TA0002");
    let page = Page::of(&rule).to_markdown();
    for fact in
        ["behavior", "1.0.7", "windows", "kill_process: process.entity_id of event 1, with its descendants"]
    {
        assert!(page.contains(fact), "{fact}: {page}");
    }
}

#[test]
fn what_the_rule_says_as_json_is_the_rule() {
    let mut set = load(&[("a.toml", RULE)]);
    let rule = set.rules.remove(0).rule;
    let mut again = load(&[("a.json", &rule.to_json().to_string())]);
    assert!(!again.problems.iter().any(Problem::is_error), "{:?}", again.problems);
    assert_eq!(again.rules.remove(0).rule.to_json(), rule.to_json());
}

#[test]
fn one_id_may_stand_for_a_rule_of_each_system() {
    let macos = RULE.replace(r#"["windows", "linux"]"#, r#"["macos"]"#);
    assert!(load(&[("a.toml", RULE), ("b.toml", &macos)]).problems.is_empty());
    let linux = RULE.replace(r#"["windows", "linux"]"#, r#"["macos", "linux"]"#);
    assert_eq!(problems(&load(&[("a.toml", RULE), ("b.toml", &linux)])), ["rule::duplicate-id"]);
    assert_eq!(problems(&load(&[("a.toml", RULE), ("b.toml", RULE)])), ["rule::duplicate-id"]);
}

#[test]
fn mistakes_are_found() {
    for (from, to, code) in [
        ("\"linux\"]", "\"dos\"]", "rule::unknown-value"),
        ("action = \"kill_process\"\n", "", "rule::missing-field"),
        ("state = 1", "stat = 1", "rule::unknown-field"),
        ("reputation = true", "reputation = 1", "rule::wrong-type"),
        ("process where", "process wher", "eql::syntax::unexpected"),
        ("name = \"n\"\n", "", "rule::missing-field"),
        ("[internal]", "[external]", "rule::unknown-field"),
    ] {
        assert!(RULE.contains(from), "{from}");
        assert_eq!(problems(&load(&[("a.toml", &RULE.replacen(from, to, 1))])), [code], "{to}");
    }
}

#[test]
fn every_published_rule_loads_and_compiles() {
    let Some(root) = common::corpus("behavior-rules") else { return };
    let set = RuleSet::load([root]);
    assert!(set.problems.is_empty(), "{}: {:?}", set.problems.len(), set.problems.first());
    assert!(set.unread.is_empty());
    let counts = set.counts().total;
    assert_eq!((set.rules.len(), counts.compiled, counts.failed), (1_314, 1_314, 0));
    assert!(set.rules.iter().all(|loaded| loaded.rule.rule_type() == RuleType::Behavior));
    for loaded in &set.rules {
        let text = std::fs::read_to_string(&loaded.file).unwrap();
        let document: serde_json::Value = toml::from_str(&text).unwrap();
        assert_eq!(document["rule"]["version"], json!(loaded.rule.version), "{}", loaded.file.display());
        let page = Page::of(&loaded.rule).to_markdown();
        assert!(page.contains(loaded.rule.query().unwrap_or_default().trim()), "{}", loaded.file.display());
        let actions = |name: &str| document.get(name).or(document["rule"].get(name)).cloned();
        let json = loaded.rule.to_json();
        for name in ["actions", "optional_actions"] {
            let all = json[name].as_array().map_or(0, Vec::len);
            let expected = actions(name).map_or(0, |all| all.as_array().map_or(0, Vec::len));
            assert_eq!(all, expected, "{}: {name}", Path::new(&loaded.file).display());
        }
    }
}
