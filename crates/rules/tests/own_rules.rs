//! The rules that come with the project.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use rulehound_query::Plan;
use rulehound_rules::{RuleSet, Status};

#[test]
fn all_compile_without_a_word() {
    let set = RuleSet::load([Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let counts = set.counts().total;
    assert_eq!((counts.compiled, counts.not_run + counts.failed), (set.rules.len(), 0));
    assert!(set.rules.len() >= 13);

    let is_sequence = |status: &Status| matches!(status, Status::Compiled(query) if matches!(query.plan, Plan::Sequence(_)));
    assert!(set.rules.iter().filter(|loaded| is_sequence(&loaded.status)).count() >= 3);
    let threats = set.rules.iter().flat_map(|loaded| &loaded.rule.threat);
    let tactics: BTreeSet<&str> = threats.map(|threat| threat.tactic.id.as_str()).collect();
    assert!(tactics.len() >= 6, "{tactics:?}");
}
