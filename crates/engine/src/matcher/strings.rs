//! The string atoms of a column, compiled together: a value is judged for all of them at once.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use rulehound_query::{Pattern, PatternError, PatternMatcher, Predicate, Test, WildcardPart};
use rulehound_schema::{Field, Value};

use super::MatcherError;
use super::atoms::{PendingTest, Slot};
use crate::interpret::test_holds;

/// All string atoms of a column.
///
/// A value finds the atoms it satisfies by one look-up for constants, and for patterns by those of which it
/// has a necessary part: the whole (exact patterns) or some literal. Only such candidates are verified.
#[derive(Debug, Default)]
pub(super) struct StringAtoms {
    /// By constant, the atoms that it satisfies.
    constants: HashMap<Arc<str>, Vec<Slot>>,
    /// Atoms with tests of another kind, which are put to every value.
    others: Vec<(Slot, Predicate)>,
    /// Every pattern once.
    patterns: Vec<PatternAtoms>,
    /// By whole string in lower case, the exact patterns that may match it.
    whole: HashMap<String, Vec<PatternId>>,
    /// Finds literals in values, letters of either ASCII case being equal; `literals` has the patterns that
    /// may match a value with the literal of that number.
    prefilter: Option<AhoCorasick>,
    literals: Vec<Vec<PatternId>>,
    /// Patterns that have no necessary part.
    unfiltered: Vec<PatternId>,
}

/// A pattern, by its place in the list of a column.
type PatternId = usize;

#[derive(Debug)]
struct PatternAtoms {
    matcher: PatternMatcher,
    /// The atoms that hold if it matches.
    slots: Vec<Slot>,
}

/// A part that a value must have, but for the case of ASCII letters, if a pattern matches it.
enum NecessaryPart<'a> {
    Whole(&'a str),
    Literal(&'a str),
    None,
}

impl StringAtoms {
    pub(super) fn compile(field: &Field, tests: &[PendingTest]) -> Result<Self, MatcherError> {
        let mut atoms = Self::default();
        let mut known: HashMap<&Pattern, PatternId> = HashMap::new();
        for (slot, PendingTest { test, filter }) in (0..).map(Slot).zip(tests) {
            match test {
                Test::In(constants) => {
                    for constant in constants {
                        if let Value::String(text) = constant {
                            atoms.constants.entry(Arc::from(text.as_ref())).or_default().push(slot);
                        }
                    }
                }
                Test::Matches(patterns) => {
                    for pattern in patterns {
                        let id = match known.get(pattern) {
                            Some(id) => *id,
                            None => atoms.add_pattern(pattern).map_err(|source| MatcherError::Pattern {
                                filter: *filter,
                                field: field.name.clone(),
                                source,
                            })?,
                        };
                        known.insert(pattern, id);
                        if let Some(pattern) = atoms.patterns.get_mut(id) {
                            pattern.slots.push(slot);
                        }
                    }
                }
                Test::Compare(..) | Test::Between(..) | Test::Index(_) => {
                    atoms.others.push((slot, Predicate { field: field.clone(), test: test.clone() }));
                }
                // Of presence the column knows; an address is no string.
                Test::Exists | Test::Cidr(_) => {}
            }
        }
        atoms.build_prefilter(known);
        Ok(atoms)
    }

    fn add_pattern(&mut self, pattern: &Pattern) -> Result<PatternId, PatternError> {
        self.patterns.push(PatternAtoms { matcher: PatternMatcher::new(pattern)?, slots: Vec::new() });
        Ok(self.patterns.len() - 1)
    }

    fn build_prefilter(&mut self, patterns: HashMap<&Pattern, PatternId>) {
        let mut by_literal: HashMap<String, Vec<PatternId>> = HashMap::new();
        for (pattern, id) in patterns {
            match necessary_part(pattern) {
                NecessaryPart::Whole(text) => {
                    self.whole.entry(text.to_ascii_lowercase()).or_default().push(id)
                }
                NecessaryPart::Literal(text) => {
                    by_literal.entry(text.to_ascii_lowercase()).or_default().push(id)
                }
                NecessaryPart::None => self.unfiltered.push(id),
            }
        }
        let (literals, ids): (Vec<String>, Vec<Vec<PatternId>>) = by_literal.into_iter().unzip();
        if literals.is_empty() {
            return;
        }
        match AhoCorasick::builder().ascii_case_insensitive(true).build(&literals) {
            Ok(prefilter) => (self.prefilter, self.literals) = (Some(prefilter), ids),
            // Over the limits of the automaton: every pattern is tried on every value.
            Err(_) => self.unfiltered.extend(ids.into_iter().flatten()),
        }
    }

    /// The work of judging a value, in no unit.
    pub(super) fn cost(&self) -> u64 {
        (self.patterns.len() + 16 * self.unfiltered.len()) as u64
    }

    /// Whether a value is judged by look-ups alone.
    pub(super) fn is_cheap(&self) -> bool {
        self.others.is_empty() && self.patterns.is_empty()
    }

    /// Adds the atoms that a value satisfies to `satisfied`, each once and in ascending order.
    pub(super) fn judge(&self, value: &str, satisfied: &mut Vec<Slot>) {
        let start = satisfied.len();
        satisfied.extend(self.constants.get(value).into_iter().flatten());
        for (slot, Predicate { field, test }) in &self.others {
            if test_holds(test, field.field_type, &Value::String(value.into())) {
                satisfied.push(*slot);
            }
        }
        for id in self.candidates(value) {
            if let Some(pattern) = self.patterns.get(id).filter(|pattern| pattern.matcher.is_match(value)) {
                satisfied.extend(&pattern.slots);
            }
        }
        let mut found = satisfied.split_off(start);
        found.sort_unstable();
        found.dedup();
        satisfied.append(&mut found);
    }

    /// The patterns that may match a value, each once.
    fn candidates(&self, value: &str) -> Vec<PatternId> {
        let mut candidates = self.unfiltered.clone();
        if !self.whole.is_empty() {
            candidates.extend(self.whole.get(&value.to_ascii_lowercase()).into_iter().flatten());
        }
        if let Some(prefilter) = &self.prefilter {
            let found = prefilter.find_overlapping_iter(value);
            candidates
                .extend(found.filter_map(|found| self.literals.get(found.pattern().as_usize())).flatten());
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}

fn necessary_part(pattern: &Pattern) -> NecessaryPart<'_> {
    match pattern {
        Pattern::Exact { text, .. } => NecessaryPart::Whole(text),
        Pattern::Wildcard { parts, .. } => {
            let literals = parts.iter().filter_map(|part| match part {
                WildcardPart::Literal(text) => Some(text),
                WildcardPart::AnyRun | WildcardPart::AnyChar => None,
            });
            // The longest is probably the rarest.
            literals
                .max_by_key(|text| text.len())
                .map_or(NecessaryPart::None, |text| NecessaryPart::Literal(text))
        }
        Pattern::Regex { .. } => NecessaryPart::None,
    }
}
