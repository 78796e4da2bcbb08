//! Many literals looked for in a string at once.

use std::sync::OnceLock;

use ahash::AHashMap;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, BuildError, dfa, nfa};

use super::literals::{Literal, Place};

/// Most bytes of a deterministic automaton: a few milliseconds to build. Beyond that a compact one, which takes three times
/// as long for each byte.
const MOST_DFA_BYTES: usize = 8 << 20;

/// A literal, by its place in the list that an index was made from.
pub(super) type LiteralId = u32;

/// Finds literals in strings of lower case, each in its place: the look-ups for whole strings, starts and ends
/// do not grow with the string, and the search for the others reads it once.
#[derive(Debug, Default)]
pub(super) struct LiteralIndex {
    /// By how many characters are stepped over.
    wholes: Vec<(usize, AHashMap<Box<str>, LiteralId>)>,
    starts: Vec<(usize, Starts)>,
    /// Backwards.
    ends: Vec<(usize, Starts)>,
    anywhere: Option<Anywhere>,
}

impl LiteralIndex {
    /// Each literal is there once. Fails beyond the limits of the automaton: two thousand million bytes.
    pub(super) fn new(literals: &[Literal]) -> Result<Self, BuildError> {
        let mut index = Self::default();
        let (mut starts, mut ends) = (Vec::<(usize, Vec<_>)>::new(), Vec::<(usize, Vec<_>)>::new());
        let mut anywhere = Vec::new();
        for (id, Literal { place, text }) in (0..).zip(literals) {
            match place {
                Place::Whole(skipped) => {
                    _ = entry(&mut index.wholes, *skipped).insert(text.as_str().into(), id)
                }
                Place::Start(skipped) => entry(&mut starts, *skipped).push((text.bytes().collect(), id)),
                Place::End(skipped) => entry(&mut ends, *skipped).push((text.bytes().rev().collect(), id)),
                Place::Anywhere => anywhere.push((text, id)),
            }
        }
        index.starts = starts.into_iter().map(|(skipped, texts)| (skipped, Starts::new(texts))).collect();
        index.ends = ends.into_iter().map(|(skipped, texts)| (skipped, Starts::new(texts))).collect();
        if !anywhere.is_empty() {
            index.anywhere = Some(Anywhere::new(&anywhere)?);
        }
        Ok(index)
    }

    /// Tells of every literal that the text has in its place; of one that may stand anywhere, perhaps several times.
    /// `backwards` is overwritten.
    pub(super) fn find(
        &self,
        text: &str,
        backwards: &mut Vec<u8>,
        found: &mut impl FnMut(LiteralId) -> bool,
    ) {
        for (skipped, wholes) in &self.wholes {
            let id = behind(text, *skipped).and_then(|text| wholes.get(text));
            id.map(|id| found(*id));
        }
        for (skipped, starts) in &self.starts {
            if let Some(text) = behind(text, *skipped) {
                starts.find(text.as_bytes(), found);
            }
        }
        for (skipped, ends) in &self.ends {
            if let Some(text) = before(text, *skipped) {
                backwards.clear();
                backwards.extend(text.bytes().rev().take(ends.longest));
                ends.find(backwards, found);
            }
        }
        if let Some(anywhere) = &self.anywhere {
            anywhere.find(text.as_bytes(), found);
        }
    }
}

fn entry<T: Default>(list: &mut Vec<(usize, T)>, skipped: usize) -> &mut T {
    let index = list.iter().position(|(other, _)| *other == skipped).unwrap_or(list.len());
    if index == list.len() {
        list.push((skipped, T::default()));
    }
    &mut list[index].1
}

fn behind(text: &str, characters: usize) -> Option<&str> {
    let mut chars = text.chars();
    (0..characters).try_for_each(|_| chars.next().map(drop))?;
    Some(chars.as_str())
}

fn before(text: &str, characters: usize) -> Option<&str> {
    let mut chars = text.chars();
    (0..characters).try_for_each(|_| chars.next_back().map(drop))?;
    Some(chars.as_str())
}

/// Finds the starts of a string in a sorted list: the longest is just before the string, or a start of what is.
#[derive(Debug)]
struct Starts {
    sorted: Vec<Start>,
    /// Length of the longest.
    longest: usize,
}

#[derive(Debug)]
struct Start {
    text: Box<[u8]>,
    id: LiteralId,
    /// The longest other that this one begins with.
    shorter: Option<usize>,
}

impl Starts {
    fn new(mut texts: Vec<(Box<[u8]>, LiteralId)>) -> Self {
        texts.sort_unstable();
        let longest = texts.iter().map(|(text, _)| text.len()).max().unwrap_or(0);
        let mut sorted: Vec<Start> = Vec::with_capacity(texts.len());
        for (text, id) in texts {
            let mut shorter = sorted.len().checked_sub(1);
            while let Some(other) = shorter.and_then(|index| sorted.get(index))
                && !text.starts_with(&other.text)
            {
                shorter = other.shorter;
            }
            sorted.push(Start { text, id, shorter });
        }
        Self { sorted, longest }
    }

    fn find(&self, text: &[u8], found: &mut impl FnMut(LiteralId) -> bool) {
        let mut next = self.sorted.partition_point(|start| *start.text <= *text).checked_sub(1);
        let mut is_start = false;
        while let Some(start) = next.and_then(|index| self.sorted.get(index)) {
            is_start = is_start || text.starts_with(&start.text);
            if is_start {
                found(start.id);
            }
            next = start.shorter;
        }
    }
}

/// Finds literals wherever they stand.
#[derive(Debug)]
struct Anywhere {
    states: nfa::noncontiguous::NFA,
    /// Whether a deterministic automaton is small enough.
    is_small: bool,
    /// What is built of the states when the first text comes, for many fields have none: it is most of the work. None if it
    /// cannot be; then the states serve themselves.
    automaton: OnceLock<Option<Kind>>,
    /// By the automaton's number of a literal.
    ids: Vec<LiteralId>,
}

#[derive(Debug)]
enum Kind {
    Dfa(dfa::DFA),
    Compact(nfa::contiguous::NFA),
}

impl Anywhere {
    fn new(literals: &[(&String, LiteralId)]) -> Result<Self, BuildError> {
        let texts = literals.iter().map(|(text, _)| text);
        let states = nfa::noncontiguous::NFA::new(texts)?;
        let mut used = [false; 256];
        literals.iter().flat_map(|(text, _)| text.bytes()).for_each(|byte| used[usize::from(byte)] = true);
        let bytes = literals.iter().map(|(text, _)| text.len()).sum::<usize>();
        let classes = used.iter().filter(|used| **used).count() + 1;
        let is_small = bytes * classes.next_power_of_two() * size_of::<StateID>() <= MOST_DFA_BYTES;
        let ids = literals.iter().map(|(_, id)| *id).collect();
        Ok(Self { states, is_small, automaton: OnceLock::new(), ids })
    }

    fn build(&self) -> Option<Kind> {
        if self.is_small {
            dfa::Builder::new().build_from_noncontiguous(&self.states).map(Kind::Dfa).ok()
        } else {
            nfa::contiguous::Builder::new().build_from_noncontiguous(&self.states).map(Kind::Compact).ok()
        }
    }

    fn find(&self, text: &[u8], found: &mut impl FnMut(LiteralId) -> bool) {
        match self.automaton.get_or_init(|| self.build()) {
            Some(Kind::Dfa(automaton)) => self.find_with(automaton, text, found),
            Some(Kind::Compact(automaton)) => self.find_with(automaton, text, found),
            None => self.find_with(&self.states, text, found),
        }
    }

    fn find_with(&self, automaton: &impl Automaton, text: &[u8], found: &mut impl FnMut(LiteralId) -> bool) {
        // Automata without anchors, as these are, have a start.
        let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
        for byte in text {
            state = automaton.next_state(Anchored::No, state, *byte);
            if automaton.is_special(state) && automaton.is_match(state) {
                for index in 0..automaton.match_len(state) {
                    let literal = automaton.match_pattern(state, index).as_usize();
                    // The others that end here are ends of the longest, which comes first: they were found with it.
                    if !self.ids.get(literal).is_some_and(|id| found(*id)) {
                        break;
                    }
                }
            }
        }
    }
}
