//! The strings of a column being filled, each distinct one once.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array};
use hashbrown::HashTable;

use crate::column::take;
use crate::leaves::text::Escaped;

/// The strings of a column, as keys into a dictionary.
#[derive(Debug)]
pub(crate) struct Strings {
    keys: Vec<i32>,
    dictionary: StringBuilder,
    /// The hash and key of each string in the dictionary.
    known: HashTable<(u64, i32)>,
    escaped: Box<EscapedStrings>,
    hasher: ahash::RandomState,
}

/// Strings as they stood in JSON with escapes: what was seen before need not be unescaped to be known.
#[derive(Debug, Default)]
struct EscapedStrings {
    texts: String,
    /// The hash of each, where it is among the texts, and its key.
    known: HashTable<(u64, Range<usize>, i32)>,
    /// What one of them says.
    unescaped: String,
}

impl Default for Strings {
    fn default() -> Self {
        let (known, hasher) = (HashTable::new(), ahash::RandomState::new());
        Self {
            keys: Vec::new(),
            dictionary: StringBuilder::with_capacity(0, 0),
            known,
            escaped: Box::default(),
            hasher,
        }
    }
}

impl Strings {
    /// Number of strings.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a string.
    pub(crate) fn push(&mut self, text: &str) {
        let key = self.key(text);
        self.keys.push(key);
    }

    /// Adds a string with escapes.
    pub(crate) fn push_escaped(&mut self, text: Escaped<'_>) {
        let inside = text.inside();
        let hash = self.hasher.hash_one(inside);
        let EscapedStrings { texts, known, .. } = &*self.escaped;
        let is = |(other, range, _): &(u64, Range<usize>, i32)| {
            *other == hash && texts.get(range.clone()) == Some(inside)
        };
        let key = match known.find(hash, is) {
            Some((_, _, key)) => *key,
            None => {
                let mut unescaped = std::mem::take(&mut self.escaped.unescaped);
                let key = self.key(text.unescape(&mut unescaped));
                let EscapedStrings { texts, known, .. } = &mut *self.escaped;
                let start = texts.len();
                texts.push_str(inside);
                known.insert_unique(hash, (hash, start..texts.len(), key), |(hash, ..)| *hash);
                self.escaped.unescaped = unescaped;
                key
            }
        };
        self.keys.push(key);
    }

    /// The key of a string, which is put into the dictionary if it is not in there.
    fn key(&mut self, text: &str) -> i32 {
        let is = |dictionary: &StringBuilder, key: i32| entry(dictionary, key) == Some(text.as_bytes());
        // Events repeat what the one before them said.
        let last = self.keys.last().copied();
        match last.filter(|&key| is(&self.dictionary, key)) {
            Some(key) => key,
            None => {
                let Self { dictionary, known, hasher, .. } = self;
                let hash = hasher.hash_one(text);
                match known.find(hash, |&(other, key)| other == hash && is(dictionary, key)) {
                    Some((_, key)) => *key,
                    None => {
                        // A batch is cut long before its strings could overflow.
                        let key = i32::try_from(known.len()).unwrap_or(i32::MAX);
                        dictionary.append_value(text);
                        known.insert_unique(hash, (hash, key), |(hash, _)| *hash);
                        key
                    }
                }
            }
        }
    }

    /// The column; ready for the next batch afterwards.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        let known = std::mem::take(&mut self.known);
        let next = StringBuilder::with_capacity(
            known.len().min(KEPT_STRINGS),
            self.dictionary.values_slice().len().min(KEPT_BYTES),
        );
        let values = Arc::new(std::mem::replace(&mut self.dictionary, next).finish());
        if known.len() <= KEPT_STRINGS {
            self.known = known;
            self.known.clear();
        }
        self.escaped.clear();
        let keys = Int32Array::from(take(&mut self.keys));
        let column = DictionaryArray::<Int32Type>::try_new(keys, values)
            .unwrap_or_else(|error| unreachable!("every key is of a string in the dictionary: {error}"));
        Arc::new(column)
    }
}

impl EscapedStrings {
    /// Forgets all, for the next batch.
    fn clear(&mut self) {
        if self.known.len() > KEPT_STRINGS || self.texts.len() > KEPT_BYTES {
            *self = Self::default();
        }
        self.texts.clear();
        self.known.clear();
    }
}

/// Room for the next batch, which will be much like this one. What one batch was so large for is not held for
/// ever.
const KEPT_BYTES: usize = 32 << 10;
const KEPT_STRINGS: usize = 4096;

fn entry(dictionary: &StringBuilder, key: i32) -> Option<&[u8]> {
    let key = usize::try_from(key).ok()?;
    let (start, end) = match dictionary.offsets_slice().get(key..=key + 1)? {
        &[start, end] => (usize::try_from(start).ok()?, usize::try_from(end).ok()?),
        _ => return None,
    };
    dictionary.values_slice().get(start..end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow_array::cast::AsArray;
    use proptest::prelude::*;

    use super::*;

    /// Expects a column to hold these strings, each distinct one once.
    fn check(column: &ArrayRef, strings: &[String]) {
        let column = column.as_dictionary::<Int32Type>();
        let dictionary: Vec<&str> = column.values().as_string::<i32>().iter().flatten().collect();
        let held = column.keys().values().iter().map(|key| dictionary[usize::try_from(*key).unwrap()]);
        assert!(held.eq(strings));
        let mut distinct = strings.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!((column.len(), dictionary.len()), (strings.len(), distinct.len()));
    }

    proptest! {
        #[test]
        fn each_batch_holds_its_own_strings(
            batches in prop::collection::vec(prop::collection::vec("[ab]{0,3}|\\PC{0,9}", 0..40), 1..5)
        ) {
            let mut strings = Strings::default();
            for batch in &batches {
                batch.iter().for_each(|text| strings.push(text));
                assert_eq!(strings.len(), batch.len());
                check(&strings.finish(), batch);
            }
        }
    }

    #[test]
    fn a_large_batch_leaves_little_behind() {
        let mut strings = Strings::default();
        let large: Vec<String> = (0..20_000).map(|n| format!("{n:040}")).collect();
        for batch in [&large[..], &large[..3], &[], &large[5..9]] {
            batch.iter().for_each(|text| strings.push(text));
            check(&strings.finish(), batch);
            assert!(strings.known.capacity() <= 2 * KEPT_STRINGS && strings.keys.capacity() <= KEPT_STRINGS);
        }
    }
}
