//! Phrases: words that stand together in analysed text.

use ahash::{AHashMap, AHashSet};

use crate::words::Words;
use crate::{Pattern, PatternError, PatternMatcher, PatternSetError};

/// Words that stand one behind the other in analysed text. A phrase of one word asks whether the text has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// What the words match, in order; words are in lower case. Never empty.
    pub words: Vec<Pattern>,
    /// By how many places they may be off, all moves taken together, as in Lucene's `PhraseQuery`: with 2 two words may
    /// have changed places.
    pub slop: u32,
}

/// A phrase made ready to match.
#[derive(Clone, Debug)]
pub struct PhraseMatcher {
    words: Vec<PatternMatcher>,
    slop: usize,
}

impl Phrase {
    /// A phrase of one word.
    pub fn word(word: Pattern) -> Self {
        Self { words: vec![word], slop: 0 }
    }

    /// A word that a text needs to have the phrase.
    fn needed_word(&self) -> Option<&str> {
        let exact = self.words.iter().filter_map(|word| match word {
            Pattern::Exact { text, case_insensitive: false } => Some(&**text),
            _ => None,
        });
        exact.max_by_key(|word| word.len())
    }
}

impl PhraseMatcher {
    /// Makes a matcher. Only regular expressions can fail.
    pub fn new(phrase: &Phrase) -> Result<Self, PatternError> {
        let words = phrase.words.iter().map(PatternMatcher::new).collect::<Result<_, _>>()?;
        Ok(Self { words, slop: usize::try_from(phrase.slop).unwrap_or(usize::MAX) })
    }

    /// Whether the text has the phrase.
    pub fn is_match(&self, text: &str) -> bool {
        self.is_in(&Words::of(text))
    }

    fn is_in(&self, text: &Words) -> bool {
        if self.slop > 0 && self.words.len() > 1 {
            return self.is_near_in(text);
        }
        let last = text.len().checked_sub(self.words.len());
        (0..last.map_or(0, |last| last + 1)).any(|start| {
            let mut words = self.words.iter().zip(start..);
            words.all(|(word, place)| text.get(place).is_some_and(|found| word.is_match(found)))
        })
    }

    /// Each word has a place of its own, and how far the places are off differs by no more than the slop.
    fn is_near_in(&self, text: &Words) -> bool {
        let places = |word: &PatternMatcher| {
            text.iter()
                .enumerate()
                .filter(|(_, found)| word.is_match(found))
                .map(|(place, _)| place)
                .collect()
        };
        let places: Vec<Vec<usize>> = self.words.iter().map(places).collect();
        // Counted from the length of the phrase, so that nothing is less than zero.
        let shift = self.words.len();
        let mut offs: Vec<usize> = places
            .iter()
            .zip(0..)
            .flat_map(|(of, i)| of.iter().map(move |place| place + shift - i))
            .collect();
        offs.sort_unstable();
        offs.dedup();
        let mut taken = Vec::with_capacity(shift);
        offs.into_iter().any(|least| {
            taken.clear();
            places.iter().zip(0..).all(|(of, i)| {
                let (from, to) = (least + i, (least + i).saturating_add(self.slop));
                let at = of.partition_point(|place| place + shift < from);
                let free = of.get(at..).into_iter().flatten().take_while(|place| **place + shift <= to);
                free.into_iter().find(|place| !taken.contains(*place)).is_some_and(|place| {
                    taken.push(*place);
                    true
                })
            })
        })
    }
}

/// Many phrases compiled together. A text is cut into words once, and finds by them the phrases that it may have.
#[derive(Debug, Default)]
pub struct PhraseSet {
    matchers: Vec<PhraseMatcher>,
    /// By a word that they need, the phrases, and whether that word is all they need.
    by_word: AHashMap<Box<str>, Vec<(PhraseId, bool)>>,
    /// Phrases that need no certain word.
    others: Vec<PhraseId>,
}

/// A phrase, by its place in the list that a set was made from.
type PhraseId = u32;

/// Memory that [`PhraseSet::matches`] works in, for any set: to keep it saves allocating.
#[derive(Debug, Default)]
pub struct PhraseScratch {
    words: Words,
    seen: AHashSet<PhraseId>,
}

impl PhraseSet {
    /// Compiles phrases; each is known by its place in the list. Only regular expressions can fail.
    pub fn new(phrases: &[&Phrase]) -> Result<Self, PatternSetError> {
        let mut set = Self::default();
        for (phrase, id) in phrases.iter().zip(0..) {
            let matcher = PhraseMatcher::new(phrase)
                .map_err(|source| PatternSetError { pattern: id as usize, source })?;
            set.matchers.push(matcher);
            match phrase.needed_word() {
                Some(word) => {
                    set.by_word.entry(word.into()).or_default().push((id, phrase.words.len() == 1));
                }
                None => set.others.push(id),
            }
        }
        Ok(set)
    }

    /// How many phrases it has.
    pub fn len(&self) -> usize {
        self.matchers.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    /// Adds to `matching` the phrases that the text has, each once, in no order.
    pub fn matches(&self, text: &str, scratch: &mut PhraseScratch, matching: &mut Vec<u32>) {
        if self.is_empty() {
            return;
        }
        let PhraseScratch { words, seen } = scratch;
        words.fill(text);
        seen.clear();
        let has = |id: PhraseId| self.matchers.get(id as usize).is_some_and(|matcher| matcher.is_in(words));
        matching.extend(self.others.iter().filter(|id| has(**id)));
        if self.by_word.is_empty() {
            return;
        }
        for word in words.iter() {
            for (id, suffices) in self.by_word.get(word).into_iter().flatten() {
                if seen.insert(*id) && (*suffices || has(*id)) {
                    matching.push(*id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(words: &str, slop: u32) -> Phrase {
        Phrase { words: words.split(' ').map(|word| Pattern::wildcard(word, false)).collect(), slop }
    }

    #[test]
    fn words_stand_together() {
        for (words, slop, text, expected) in [
            ("quick", 0, "The QUICK fox", true),
            ("qui*", 0, "The QUICK fox", true),
            ("quick fox", 0, "quick-fox", true),
            ("quick fox", 0, "quick brown fox", false),
            ("quick fox", 1, "quick brown fox", true),
            ("quick fox", 1, "fox quick", false),
            // Lucene's reference: two words that change places are two moves.
            ("quick fox", 2, "fox quick", true),
            ("quick fox", 2, "quick very brown fox", true),
            ("quick fox", 2, "quick very very brown fox", false),
            ("a a", 5, "a b c", false),
            ("a a", 5, "a b a", true),
            ("quick fox", u32::MAX, "fox and many words quick", true),
            ("quick f*", 0, "quick foxes", true),
            ("quick", 0, "", false),
        ] {
            let phrase = phrase(words, slop);
            assert_eq!(
                PhraseMatcher::new(&phrase).unwrap().is_match(text),
                expected,
                "{words}~{slop} in {text}"
            );
            let set = PhraseSet::new(&[&phrase]).unwrap();
            let mut matching = Vec::new();
            set.matches(text, &mut PhraseScratch::default(), &mut matching);
            assert_eq!(matching.len(), usize::from(expected), "{words}~{slop} in {text}");
        }
    }
}
