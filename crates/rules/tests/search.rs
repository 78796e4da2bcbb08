//! The queries in KQL and the filters of the detection-rules repository compile, if it lies at hand.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;

use rulehound_rules::{Language, NotRun, RuleKind, RuleSet, Status, compile_search, compile_source};

#[test]
fn every_query_compiles() {
    let Some(folder) = common::corpus("detection-rules") else { return };
    let set = RuleSet::load([folder]);
    let mut compiled = BTreeMap::<&str, usize>::new();
    for loaded in set.rules.iter().filter(|loaded| loaded.status != Status::NotRun(NotRun::Deprecated)) {
        let kind = &loaded.rule.kind;
        let source = kind.source().filter(|source| source.language == Language::Kuery);
        let threats = match kind {
            RuleKind::ThreatMatch(rule) => {
                Some(compile_search(&rule.threat_query, rule.threat_language, &rule.threat_filters))
            }
            _ => None,
        };
        for found in source.map(compile_source).into_iter().chain(threats) {
            assert!(found.filter.is_ok(), "{}: {found:?}", loaded.file.display());
            *compiled.entry(kind.rule_type().as_str()).or_default() += 1;
        }
    }
    let expected = [("new_terms", 241), ("query", 454), ("threat_match", 12), ("threshold", 28)];
    assert_eq!(compiled, BTreeMap::from(expected));
}
