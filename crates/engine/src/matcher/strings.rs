//! A column of strings: a distinct value is judged once per batch, for all atoms of the column together.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, ListArray};
use rulehound_query::{Pattern, PatternError, PatternMatcher, Predicate, Test, WildcardPart};
use rulehound_schema::{Field, Value};

use super::MatcherError;
use super::atoms::{PendingTest, Slot};
use super::column::items_of;
use super::rows::RowSet;
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

    /// Judges every distinct value of a column.
    pub(super) fn judge_column(&self, list: &ListArray, items: &DictionaryArray<Int32Type>) -> Verdicts {
        let values = items.values().as_string::<i32>();
        let mut holding = Vec::new();
        let mut satisfied = Vec::new();
        for (key, value) in (0..).zip(values) {
            self.judge(value.unwrap_or_default(), &mut satisfied);
            holding.extend(satisfied.drain(..).map(|slot| (slot, key)));
        }
        Verdicts::new(holding, list, items)
    }

    /// Puts the atoms that a value satisfies in `satisfied`, each once.
    fn judge(&self, value: &str, satisfied: &mut Vec<Slot>) {
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
        satisfied.sort_unstable();
        satisfied.dedup();
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

/// Which atoms hold for which distinct values of a column, and where those values stand.
pub(super) struct Verdicts {
    /// Atom and dictionary key, in order.
    holding: Vec<(Slot, usize)>,
    /// The rows of a key `k` are `rows[starts[k]..starts[k + 1]]`.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Verdicts {
    fn new(mut holding: Vec<(Slot, usize)>, list: &ListArray, items: &DictionaryArray<Int32Type>) -> Self {
        holding.sort_unstable();
        if holding.is_empty() {
            return Self { holding, starts: Vec::new(), rows: Vec::new() };
        }
        let occurrences = || {
            (0..list.len()).flat_map(|row| {
                let keys = items_of(list, row).filter_map(|item| items.key(item));
                keys.map(move |key| (key, row))
            })
        };
        let mut starts = vec![0; items.values().len() + 2];
        for (key, _) in occurrences() {
            starts[key + 2] += 1;
        }
        for key in 1..starts.len() {
            starts[key] += starts[key - 1];
        }
        let mut rows = vec![0; starts.last().copied().unwrap_or(0)];
        for (key, row) in occurrences() {
            // `starts[key + 1]` runs from the start of the key's rows to their end, which is the start of the next.
            rows[starts[key + 1]] = u32::try_from(row).unwrap_or(u32::MAX);
            starts[key + 1] += 1;
        }
        Self { holding, starts, rows }
    }

    /// The rows on which an atom holds, of `len`.
    pub(super) fn rows(&self, slot: Slot, len: usize) -> RowSet {
        let mut rows = RowSet::empty(len);
        let first = self.holding.partition_point(|(other, _)| *other < slot);
        let holding = self.holding.iter().skip(first).take_while(|(other, _)| *other == slot);
        for (_, key) in holding {
            if let Some(&[start, end]) = self.starts.get(*key..=key + 1) {
                self.rows.get(start..end).into_iter().flatten().for_each(|row| rows.insert(*row as usize));
            }
        }
        rows
    }
}
