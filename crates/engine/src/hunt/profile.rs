//! What a hunt cost, rule by rule.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{ColumnCost, MatchProfile};

use super::questions::{Questions, RuleIndex};

/// What a hunt cost, as measured. Times are of all threads together.
#[derive(Clone, Debug)]
pub struct HuntProfile {
    /// By the place of the rule among the rules of the hunt.
    pub rules: Vec<RuleCost>,
    /// The predicates that were asked, the dearest first.
    pub atoms: Vec<RuleAtom>,
    /// The fields whose strings were judged, for all rules at once, the dearest first.
    pub columns: Vec<ColumnCost>,
}

/// What a rule cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Time to match its steps. Work that several rules share counts for the first of them that needs it.
    pub matching: Duration,
    /// Time to put its hits in order and to correlate them.
    pub correlating: Duration,
    /// Events that matched a step, for each step.
    pub hits: u64,
}

/// What a predicate cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAtom {
    /// The predicate, in EQL's spelling.
    pub predicate: String,
    /// The first rule that has it, by its place.
    pub rule: usize,
    /// Time to answer for it, without the judging of strings, which counts for the field.
    pub time: Duration,
    /// How often it was asked about a batch of events or some of one.
    pub asked: u64,
}

impl HuntProfile {
    pub(super) fn new(
        questions: &Questions,
        rules: usize,
        correlating: &BTreeMap<RuleIndex, Duration>,
    ) -> Self {
        let MatchProfile { filters, atoms, columns } = questions.matcher.profile();
        let mut costs = vec![RuleCost::default(); rules];
        for (question, cost) in questions.iter().zip(filters) {
            if let Some(rule) = costs.get_mut(question.rule.0) {
                rule.matching += cost.time;
                rule.hits += cost.hits;
            }
        }
        for (rule, time) in correlating {
            costs.get_mut(rule.0).into_iter().for_each(|rule| rule.correlating += *time);
        }
        let atoms = atoms.into_iter().filter_map(|atom| {
            let rule = questions.get(atom.filter)?.rule.0;
            Some(RuleAtom { predicate: atom.predicate, rule, time: atom.time, asked: atom.asked })
        });
        Self { rules: costs, atoms: atoms.collect(), columns }
    }
}
