//! All of the detection-rules repository, if it lies at hand.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulehound_rules::{NotRun, RuleSet, Status};

/// The folder of the corpora: `RULEHOUND_CORPORA`, or `shared/corpora` beside the checkout.
fn corpus(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RULEHOUND_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(name),
        |corpora| PathBuf::from(corpora).join(name),
    );
    if !folder.is_dir() {
        eprintln!("skipped: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn every_rule_loads() {
    let Some(folder) = corpus("detection-rules") else { return };
    let set = RuleSet::load([folder]);
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
}

#[test]
fn versions_come_from_the_lock_file() {
    let Some(folder) = corpus("detection-rules") else { return };
    let set = RuleSet::load([folder.join("rules/apm")]);
    assert!(!set.rules.is_empty());
    assert!(set.rules.iter().all(|loaded| loaded.rule.version > 100), "locked versions are all above 100");
}
