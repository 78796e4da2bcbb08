//! How many rules of which type came how far.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compile::Status;
use crate::load::RuleSet;

/// Numbers of rules. Every rule file is in exactly one of `compiled`, `not_run` and `failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rules that could be read: all that are compiled or not run, and those that failed later, for their
    /// query or their id. The rest of `failed` could not be read as rules.
    pub loaded: usize,
    /// Rules that can be run.
    pub compiled: usize,
    /// Sound rules that are not run: withdrawn, or in a language that their type does not run.
    pub not_run: usize,
    /// Broken rules.
    pub failed: usize,
}

/// Numbers of rules, in total and by type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleCounts {
    /// All of them.
    #[serde(flatten)]
    pub total: Counts,
    /// By the word for the type; `unknown` for broken rules whose type could not be told.
    pub by_type: BTreeMap<&'static str, Counts>,
}

impl RuleSet {
    /// Counts the rules.
    pub fn counts(&self) -> RuleCounts {
        let mut counts = RuleCounts::default();
        let mut count = |rule_type: &'static str, add: &dyn Fn(&mut Counts)| {
            add(&mut counts.total);
            add(counts.by_type.entry(rule_type).or_default());
        };
        for loaded in &self.rules {
            count(loaded.rule.rule_type().as_str(), &|counts| {
                counts.loaded += 1;
                match loaded.status {
                    Status::Compiled(_) => counts.compiled += 1,
                    Status::NotRun(_) => counts.not_run += 1,
                    Status::Failed => counts.failed += 1,
                }
            });
        }
        for unread in &self.unread {
            let rule_type = unread.rule_type.map_or("unknown", |rule_type| rule_type.as_str());
            count(rule_type, &|counts| counts.failed += 1);
        }
        counts
    }
}
