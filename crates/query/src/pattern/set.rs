//! Many patterns put to a string at once.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::index::{LiteralId, LiteralIndex};
use super::literals::{Choice, Literal, Necessary};
use super::{PatternError, PatternMatcher, Subject};
use crate::Pattern;
use crate::regex::RegexSet;

/// A regular expression is put to values by itself if these are few: no literal of its choice is weaker than
/// this, and none is shared by more expressions. The others run together.
const MOST_WEAKNESS: u64 = 16;
const MOST_SHARED: u64 = 8;

/// Many patterns compiled together. A string finds those that it matches by the literals it has; only the patterns
/// that need one of these are put to it, and of regular expressions without such literals many at a time.
#[derive(Debug, Default)]
pub struct PatternSet {
    /// By pattern; none for those in `regexes`.
    matchers: Vec<Option<PatternMatcher>>,
    literals: LiteralIndex,
    /// By literal, the patterns that have chosen it.
    chosen_by: Vec<Vec<PatternId>>,
    /// By pattern, whether the literal is enough.
    suffices: Vec<bool>,
    regexes: RegexSet,
    /// Patterns that are put to every string.
    unfiltered: Vec<PatternId>,
}

/// A pattern, by its place in the list that a set was made from.
type PatternId = u32;

/// A pattern of a set that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source}")]
pub struct PatternSetError {
    /// Its place in the list.
    pub pattern: usize,
    /// What is wrong with it.
    pub source: PatternError,
}

/// Memory that [`PatternSet::matches`] works in, for any set: to keep it saves allocating.
#[derive(Debug, Default)]
pub struct PatternScratch {
    lower: String,
    backwards: Vec<u8>,
    literals: Seen,
    patterns: Seen,
    regexes: Option<regex_automata::PatternSet>,
}

impl PatternSet {
    /// Compiles patterns; each is known by its place in the list. Only regular expressions can fail.
    pub fn new(patterns: &[&Pattern]) -> Result<Self, PatternSetError> {
        let mut necessary = Vec::with_capacity(patterns.len());
        for (pattern, index) in patterns.iter().zip(0..) {
            necessary
                .push(Necessary::of(pattern).map_err(|source| PatternSetError { pattern: index, source })?);
        }
        let shared = sharing(&necessary);
        let mut set = Self::default();
        let mut ids: HashMap<Literal, LiteralId> = HashMap::new();
        let mut together = Vec::new();
        for ((pattern, Necessary { choices, suffices, regex }), id) in patterns.iter().zip(necessary).zip(0..)
        {
            let best = choices.into_iter().min_by_key(|choice| cost(choice, &shared));
            if let Some(regex) = regex.filter(|regex| regex.is_plain())
                && best.as_ref().is_none_or(|choice| is_weak(choice, &shared))
            {
                together.push((id, regex));
                set.matchers.push(None);
            } else {
                let matcher = PatternMatcher::new(pattern)
                    .map_err(|source| PatternSetError { pattern: id as usize, source })?;
                set.matchers.push(Some(matcher));
                match best {
                    Some(choice) => set.add_choice(choice, id, &mut ids),
                    None => set.unfiltered.push(id),
                }
            }
            set.suffices.push(suffices);
        }
        set.regexes = RegexSet::new(together)
            .map_err(|(id, source)| PatternSetError { pattern: id as usize, source: source.into() })?;
        set.index(ids);
        Ok(set)
    }

    /// How many patterns it has.
    pub fn len(&self) -> usize {
        self.matchers.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    /// Adds to `matching` the patterns that the whole string matches, each once, in no order.
    pub fn matches(&self, text: &str, scratch: &mut PatternScratch, matching: &mut Vec<u32>) {
        if self.is_empty() {
            return;
        }
        let PatternScratch { lower, backwards, literals, patterns, regexes } = scratch;
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        literals.begin(self.chosen_by.len());
        patterns.begin(self.matchers.len());
        let subject = Subject { text, lower: Some(lower) };
        let mut put = |id: PatternId, matches: bool| {
            let matches = matches || self.matcher(id).is_some_and(|matcher| matcher.is_match_of(&subject));
            if matches {
                matching.push(id);
            }
        };
        self.unfiltered.iter().for_each(|id| put(*id, false));
        self.literals.find(lower, backwards, &mut |literal| {
            let is_new = literals.is_new(literal);
            if is_new {
                for id in self.chosen_by.get(literal as usize).into_iter().flatten() {
                    if patterns.is_new(*id) {
                        put(*id, self.suffices.get(*id as usize).is_some_and(|suffices| *suffices));
                    }
                }
            }
            is_new
        });
        self.regexes.matches(text, regexes, matching);
    }

    fn matcher(&self, id: PatternId) -> Option<&PatternMatcher> {
        self.matchers.get(id as usize)?.as_ref()
    }

    fn add_choice(&mut self, choice: Choice, pattern: PatternId, ids: &mut HashMap<Literal, LiteralId>) {
        for literal in choice {
            let new = ids.len() as LiteralId;
            let id = *ids.entry(literal).or_insert(new);
            if id == new {
                self.chosen_by.push(Vec::new());
            }
            if let Some(patterns) = self.chosen_by.get_mut(id as usize) {
                patterns.push(pattern);
            }
        }
    }

    fn index(&mut self, ids: HashMap<Literal, LiteralId>) {
        let mut literals: Vec<(Literal, LiteralId)> = ids.into_iter().collect();
        literals.sort_unstable_by_key(|(_, id)| *id);
        let literals: Vec<Literal> = literals.into_iter().map(|(literal, _)| literal).collect();
        match LiteralIndex::new(&literals) {
            Ok(index) => self.literals = index,
            // Over the limits of the automaton: every pattern is put to every string.
            Err(_) => {
                self.unfiltered.extend(self.chosen_by.drain(..).flatten());
                self.unfiltered.sort_unstable();
                self.unfiltered.dedup();
            }
        }
    }
}

/// How many choices have each literal: one that many patterns have is probably frequent in what they are put to.
fn sharing(necessary: &[Necessary]) -> HashMap<Literal, u64> {
    let mut shared = HashMap::new();
    for literal in necessary.iter().flat_map(|necessary| &necessary.choices).flatten() {
        match shared.get_mut(literal) {
            Some(count) => *count += 1,
            None => _ = shared.insert(literal.clone(), 1),
        }
    }
    shared
}

/// How often a choice is probably found for no reason; of equals, the longest literals are best.
fn cost(choice: &Choice, shared: &HashMap<Literal, u64>) -> (u64, Reverse<usize>) {
    let costs = choice.iter().map(|literal| literal.weakness() * shared.get(literal).copied().unwrap_or(1));
    let shortest = choice.iter().map(|literal| literal.text.len()).min().unwrap_or(usize::MAX);
    (costs.sum(), Reverse(shortest))
}

fn is_weak(choice: &Choice, shared: &HashMap<Literal, u64>) -> bool {
    choice.iter().any(|literal| {
        literal.weakness() > MOST_WEAKNESS || shared.get(literal).is_some_and(|shared| *shared > MOST_SHARED)
    })
}

/// Which numbers were seen since the beginning of a search.
#[derive(Debug, Default)]
struct Seen {
    /// By number, the last search in which it was.
    searches: Vec<u64>,
    search: u64,
}

impl Seen {
    /// Begins a search for numbers below `count`.
    fn begin(&mut self, count: usize) {
        if self.searches.len() < count {
            self.searches.resize(count, 0);
        }
        self.search += 1;
    }

    fn is_new(&mut self, number: u32) -> bool {
        match self.searches.get_mut(number as usize) {
            Some(search) if *search != self.search => {
                *search = self.search;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
