//! The string atoms of a column, compiled together: a value is judged for all of them at once.

use std::sync::Arc;

use ahash::AHashMap;
use rulehound_query::{
    Pattern, PatternScratch, PatternSet, PatternSetError, Phrase, PhraseScratch, PhraseSet, Predicate, Test,
};
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
    by_pattern: Vec<Vec<Slot>>,
    /// Every phrase once.
    phrases: PhraseSet,
    /// By phrase, the atoms that hold if the value has it.
    by_phrase: Vec<Vec<Slot>>,
}

/// Memory that [`StringAtoms::judge`] works in, for any column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    patterns: PatternScratch,
    phrases: PhraseScratch,
    matching: Vec<u32>,
    slots: Vec<Slot>,
}

impl StringAtoms {
    pub(super) fn compile(field: &Field, tests: &[PendingTest]) -> Result<Self, MatcherError> {
        let mut atoms = Self::default();
        let mut patterns: Shared<'_, Pattern> = Shared::default();
        let mut phrases: Shared<'_, Phrase> = Shared::default();
        for (slot, PendingTest { test, .. }) in (0..).map(Slot).zip(tests) {
            match test {
                Test::In(constants) => {
                    for constant in constants {
                        if let Value::String(text) = constant {
                            atoms.constants.entry(Arc::from(text.as_ref())).or_default().push(slot);
                        }
                    }
                }
                Test::Matches(of_test) => of_test.iter().for_each(|pattern| patterns.add(pattern, slot)),
                Test::Phrases(of_test) => of_test.iter().for_each(|phrase| phrases.add(phrase, slot)),
                Test::Compare(..) | Test::Between(..) | Test::Among(_) | Test::Index(_) => {
                    atoms.others.push((slot, Predicate { field: field.clone(), test: test.clone() }));
                }
                // Of presence the column knows; an address is no string.
                Test::Exists | Test::Cidr(_) => {}
            }
        }
        let refused = |slots: &[Vec<Slot>], error: PatternSetError| {
            let first = slots.get(error.pattern).and_then(|slots| tests.get(slots.first()?.index()));
            MatcherError::Pattern {
                filter: first.map_or(FilterId(0), |test| test.filter),
                field: field.name.clone(),
                source: error.source,
            }
        };
        atoms.patterns = PatternSet::new(&patterns.all).map_err(|error| refused(&patterns.slots, error))?;
        atoms.phrases = PhraseSet::new(&phrases.all).map_err(|error| refused(&phrases.slots, error))?;
        (atoms.by_pattern, atoms.by_phrase) = (patterns.slots, phrases.slots);
        Ok(atoms)
    }

    /// The work of judging a value, in no unit.
    pub(super) fn cost(&self) -> u64 {
        (self.patterns.len() + self.phrases.len()) as u64
    }

    /// Whether a value is judged by look-ups alone.
    pub(super) fn is_cheap(&self) -> bool {
        self.others.is_empty() && self.patterns.is_empty() && self.phrases.is_empty()
    }

    /// Adds the atoms that a value satisfies to `satisfied`, each once and in ascending order.
    pub(super) fn judge(&self, value: &str, scratch: &mut Scratch, satisfied: &mut Vec<Slot>) {
        let Scratch { patterns, phrases, matching, slots } = scratch;
        slots.extend(self.constants.get(value).into_iter().flatten());
        for (slot, Predicate { field, test }) in &self.others {
            if test_holds(test, field.field_type, &Value::String(value.into())) {
                slots.push(*slot);
            }
        }
        self.patterns.matches(value, patterns, matching);
        slots.extend(matching.drain(..).filter_map(|id| self.by_pattern.get(id as usize)).flatten());
        self.phrases.matches(value, phrases, matching);
        slots.extend(matching.drain(..).filter_map(|id| self.by_phrase.get(id as usize)).flatten());
        slots.sort_unstable();
        slots.dedup();
        satisfied.append(slots);
    }
}

/// What several atoms ask for, each once, and the atoms by it.
struct Shared<'t, T> {
    all: Vec<&'t T>,
    slots: Vec<Vec<Slot>>,
    known: AHashMap<&'t T, usize>,
}

impl<T> Default for Shared<'_, T> {
    fn default() -> Self {
        Self { all: Vec::new(), slots: Vec::new(), known: AHashMap::new() }
    }
}

impl<'t, T: Eq + std::hash::Hash> Shared<'t, T> {
    fn add(&mut self, asked: &'t T, slot: Slot) {
        let Self { all, slots, known } = self;
        let id = *known.entry(asked).or_insert_with(|| {
            all.push(asked);
            slots.push(Vec::new());
            all.len() - 1
        });
        slots.get_mut(id).into_iter().for_each(|slots| slots.push(slot));
    }
}
