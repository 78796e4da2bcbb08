//! All of the detection-rules repository, if it lies at hand.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rulehound_rules::{LoadedRule, NotRun, Page, RuleSet, RuleVersion, Status};
use serde_json::Value;

use common::corpus;

/// Its rules, loaded once; `None` if it is not there.
fn rules() -> Option<&'static RuleSet> {
    static RULES: OnceLock<Option<RuleSet>> = OnceLock::new();
    let load = || Some(RuleSet::load([corpus("detection-rules")?]));
    RULES.get_or_init(load).as_ref()
}

#[test]
fn every_rule_loads() {
    let Some(set) = rules() else { return };
    let errors: Vec<_> = set.problems.iter().filter(|problem| problem.is_error()).collect();
    assert!(errors.is_empty(), "{} errors, first: {:?}", errors.len(), errors[0]);
    assert!(set.unread.is_empty());

    let mut by_type = BTreeMap::<&str, usize>::new();
    let mut deprecated = 0;
    for loaded in &set.rules {
        match loaded.status {
            Status::NotRun(NotRun::Deprecated) => deprecated += 1,
            _ => *by_type.entry(loaded.rule.rule_type().as_str()).or_default() += 1,
        }
    }
    assert_eq!(deprecated, 124);
    let expected = [
        ("eql", 1024),
        ("esql", 209),
        ("machine_learning", 106),
        ("new_terms", 241),
        ("query", 454),
        ("threat_match", 6),
        ("threshold", 28),
    ];
    assert_eq!(by_type, BTreeMap::from(expected));
    let compiled = set.compiled().count();
    assert_eq!(compiled, 2068);
}

#[test]
fn versions_come_from_the_lock_file() {
    let Some(set) = rules() else { return };
    let lock = std::fs::read_to_string(corpus("detection-rules").unwrap().join("version.lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let mut locked = 0;
    for LoadedRule { rule, file, .. } in &set.rules {
        let version = lock[rule.rule_id.as_str()]["version"].as_u64();
        locked += usize::from(version.is_some());
        assert_eq!(rule.version, RuleVersion::Number(version.unwrap_or(1)), "{}", file.display());
    }
    assert_eq!((locked, set.rules.len()), (2188, 2192));
}

/// Whether all of `part` is also in `whole`; lists must be equal in length.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|other| is_within(value, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(value, other)| is_within(value, other))
        }
        _ => part == whole,
    }
}

#[test]
fn no_field_is_lost() {
    let Some(set) = rules() else { return };
    for loaded in &set.rules {
        let text = std::fs::read_to_string(&loaded.file).unwrap();
        let document: Value = toml::from_str(&text).unwrap();
        let json = loaded.rule.to_json();
        for (key, value) in document["rule"].as_object().unwrap() {
            let file = loaded.file.display();
            match key.as_str() {
                // Where the API has another shape than TOML.
                "new_terms" => {
                    assert_eq!(json["new_terms_fields"], value["value"], "{file}");
                    assert_eq!(
                        json["history_window_start"], value["history_window_start"][0]["value"],
                        "{file}"
                    );
                }
                "machine_learning_job_id" if value.is_string() => {
                    assert_eq!(json[key], Value::Array(vec![value.clone()]), "{file}");
                }
                _ => assert!(is_within(value, &json[key]), "{file}: {key}"),
            }
        }
        let metadata = serde_json::to_value(&loaded.rule.metadata).unwrap();
        for (key, value) in document["metadata"].as_object().unwrap() {
            let is_word = key == "integration" && value.is_string();
            assert!(is_word || is_within(value, &metadata[key]), "{}: {key}", loaded.file.display());
        }
    }
}

#[test]
fn every_page_names_what_the_rule_has() {
    let Some(set) = rules() else { return };
    for LoadedRule { rule, file, .. } in &set.rules {
        let page = Page::of(rule);
        let (markdown, html) = (page.to_markdown(), page.to_html());
        let techniques = rule.threat.iter().flat_map(|threat| &threat.technique);
        let facts = [rule.rule_type().as_str(), rule.severity.as_str(), rule.schedule.from.as_str()];
        for fact in facts.into_iter().chain(techniques.map(|technique| technique.id.as_str())) {
            assert!(markdown.contains(fact) && html.contains(fact), "{}: {fact}", file.display());
        }
        let query = rule.query().unwrap_or_default().trim();
        assert!(markdown.contains(query), "{}", file.display());
        assert!(html.ends_with("</body>\n</html>\n") && !html.contains("<script"), "{}", file.display());
    }
}
