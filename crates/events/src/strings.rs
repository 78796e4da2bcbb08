//! The strings of a column being filled, each distinct one once.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array};
use hashbrown::HashTable;

/// The strings of a column, as keys into a dictionary.
#[derive(Debug)]
pub(crate) struct Strings {
    keys: Vec<i32>,
    dictionary: StringBuilder,
    /// The hash and key of each string in the dictionary.
    known: HashTable<(u64, i32)>,
    hasher: ahash::RandomState,
}

impl Default for Strings {
    fn default() -> Self {
        let (known, hasher) = (HashTable::new(), ahash::RandomState::new());
        Self { keys: Vec::new(), dictionary: StringBuilder::with_capacity(0, 0), known, hasher }
    }
}

impl Strings {
    /// Number of strings.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a string.
    pub(crate) fn push(&mut self, text: &str) {
        let is = |dictionary: &StringBuilder, key: i32| entry(dictionary, key) == Some(text.as_bytes());
        // Events repeat what the one before them said.
        let last = self.keys.last().copied();
        let key = match last.filter(|&key| is(&self.dictionary, key)) {
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
        };
        self.keys.push(key);
    }

    /// The column; ready for the next batch afterwards.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        self.known.clear();
        let keys = Int32Array::from(std::mem::take(&mut self.keys));
        let values = Arc::new(self.dictionary.finish());
        let column = DictionaryArray::<Int32Type>::try_new(keys, values)
            .unwrap_or_else(|error| unreachable!("every key is of a string in the dictionary: {error}"));
        Arc::new(column)
    }
}

fn entry(dictionary: &StringBuilder, key: i32) -> Option<&[u8]> {
    let key = usize::try_from(key).ok()?;
    let (start, end) = match dictionary.offsets_slice().get(key..=key + 1)? {
        &[start, end] => (usize::try_from(start).ok()?, usize::try_from(end).ok()?),
        _ => return None,
    };
    dictionary.values_slice().get(start..end)
}
