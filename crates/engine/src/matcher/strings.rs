//! The string atoms of a column, compiled together: a value is judged for all of them at once.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::AHashMap;
use rulehound_query::{Pattern, PatternScratch, PatternSet, Predicate, Test};
use rulehound_schema::{Field, Value};

use super::atoms::{PendingTest, Slot};
use super::{FilterId, MatcherError};
use crate::interpret::test_holds;

/// All string atoms of a column. A value finds the atoms it satisfies by one look-up for constants and by one search for
/// the literals that the patterns need.
#[derive(Debug, Default)]
pub(super) struct StringAtoms {
    /// By constant, the atoms that it satisfies.
    constants: AHashMap<Arc<str>, Vec<Slot>>,
    /// Atoms with tests of another kind, which are put to every value.
    others: Vec<(Slot, Predicate)>,
    /// Every pattern once.
    patterns: PatternSet,
    /// By pattern, the atoms that hold if it matches.
    satisfied: Vec<Vec<Slot>>,
}

/// Memory that [`StringAtoms::judge`] works in, for any column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    patterns: PatternScratch,
    matching: Vec<u32>,
    slots: Vec<Slot>,
}

impl StringAtoms {
    pub(super) fn compile(field: &Field, tests: &[PendingTest]) -> Result<Self, MatcherError> {
        let mut atoms = Self::default();
        let mut patterns: Vec<&Pattern> = Vec::new();
        let mut known: HashMap<&Pattern, usize> = HashMap::new();
        for (slot, PendingTest { test, .. }) in (0..).map(Slot).zip(tests) {
            match test {
                Test::In(constants) => {
                    for constant in constants {
                        if let Value::String(text) = constant {
                            atoms.constants.entry(Arc::from(text.as_ref())).or_default().push(slot);
                        }
                    }
                }
                Test::Matches(of_test) => {
                    for pattern in of_test {
                        let id = *known.entry(pattern).or_insert_with(|| {
                            patterns.push(pattern);
                            atoms.satisfied.push(Vec::new());
                            patterns.len() - 1
                        });
                        atoms.satisfied.get_mut(id).into_iter().for_each(|slots| slots.push(slot));
                    }
                }
                Test::Compare(..) | Test::Between(..) | Test::Index(_) => {
                    atoms.others.push((slot, Predicate { field: field.clone(), test: test.clone() }));
                }
                // Of presence the column knows; an address is no string.
                Test::Exists | Test::Cidr(_) => {}
            }
        }
        atoms.patterns = PatternSet::new(&patterns).map_err(|error| {
            let first =
                atoms.satisfied.get(error.pattern).and_then(|slots| tests.get(slots.first()?.index()));
            MatcherError::Pattern {
                filter: first.map_or(FilterId(0), |test| test.filter),
                field: field.name.clone(),
                source: error.source,
            }
        })?;
        Ok(atoms)
    }

    /// The work of judging a value, in no unit.
    pub(super) fn cost(&self) -> u64 {
        self.patterns.len() as u64
    }

    /// Whether a value is judged by look-ups alone.
    pub(super) fn is_cheap(&self) -> bool {
        self.others.is_empty() && self.patterns.is_empty()
    }

    /// Adds the atoms that a value satisfies to `satisfied`, each once and in ascending order.
    pub(super) fn judge(&self, value: &str, scratch: &mut Scratch, satisfied: &mut Vec<Slot>) {
        let Scratch { patterns, matching, slots } = scratch;
        slots.extend(self.constants.get(value).into_iter().flatten());
        for (slot, Predicate { field, test }) in &self.others {
            if test_holds(test, field.field_type, &Value::String(value.into())) {
                slots.push(*slot);
            }
        }
        self.patterns.matches(value, patterns, matching);
        let by_pattern = matching.drain(..).filter_map(|pattern| self.satisfied.get(pattern as usize));
        slots.extend(by_pattern.flatten());
        slots.sort_unstable();
        slots.dedup();
        satisfied.append(slots);
    }
}
