//! Sets of rows of one batch.

use arrow_buffer::BooleanBuffer;

/// A set of rows of a batch of `len` rows.
///
/// Most questions hold on no row of a batch, so the empty set costs nothing: it has no words. Bits beyond
/// `len` are never set.
#[derive(Clone, Debug)]
pub(super) struct RowSet {
    len: usize,
    words: Vec<u64>,
}

impl RowSet {
    /// No row.
    pub(super) fn empty(len: usize) -> Self {
        Self { len, words: Vec::new() }
    }

    /// Every row.
    pub(super) fn full(len: usize) -> Self {
        let mut set = Self { len, words: vec![u64::MAX; len.div_ceil(64)] };
        set.trim();
        set
    }

    /// The rows for which an answer is true; one answer a row.
    pub(super) fn of(len: usize, mut answers: impl Iterator<Item = bool>) -> Self {
        let mut word = |start: usize| {
            let bits = 0..64.min(len - start);
            bits.zip(&mut answers).fold(0, |word, (bit, holds)| word | u64::from(holds) << bit)
        };
        Self { len, words: (0..len).step_by(64).map(&mut word).collect() }
    }

    /// Adds a row. Rows beyond the batch are ignored.
    pub(super) fn insert(&mut self, row: usize) {
        self.extend([row]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Number of rows in it.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Takes out all rows.
    pub(super) fn clear(&mut self) {
        self.words.clear();
    }

    /// Keeps the rows for which `holds` is true.
    pub(super) fn retain(&mut self, mut holds: impl FnMut(usize) -> bool) {
        for (word, start) in self.words.iter_mut().zip((0..).step_by(64)) {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest & rest.wrapping_neg();
                if !holds(start + bit.trailing_zeros() as usize) {
                    *word &= !bit;
                }
                rest &= !bit;
            }
        }
    }

    /// Keeps the rows that `other` has too.
    pub(super) fn intersect(&mut self, other: &Self) {
        if other.words.is_empty() {
            self.clear();
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Takes out the rows that `other` has.
    pub(super) fn subtract(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// Adds the rows that `other` has.
    pub(super) fn unite(&mut self, other: &Self) {
        if self.words.is_empty() {
            self.words.clone_from(&other.words);
            return;
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// The rows, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }

    /// The set as Arrow has it.
    pub(super) fn into_boolean_buffer(mut self) -> BooleanBuffer {
        self.words.resize(self.len.div_ceil(64), 0);
        // Arrow's bits lie in bytes from the lowest on, whatever the machine's words.
        self.words.iter_mut().for_each(|word| *word = word.to_le());
        BooleanBuffer::new(self.words.into(), 0, self.len)
    }

    /// Clears the bits beyond the last row.
    fn trim(&mut self) {
        let used = self.len % 64;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }
}

impl Extend<usize> for RowSet {
    /// Adds rows. Those beyond the batch are ignored.
    fn extend<I: IntoIterator<Item = usize>>(&mut self, rows: I) {
        self.words.resize(self.len.div_ceil(64), 0);
        for row in rows.into_iter().filter(|row| *row < self.len) {
            if let Some(word) = self.words.get_mut(row / 64) {
                *word |= 1 << (row % 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(len: usize, rows: &BTreeSet<usize>) -> RowSet {
        RowSet::of(len, (0..len).map(|row| rows.contains(&row)))
    }

    proptest! {
        #[test]
        fn behaves_as_a_set(
            len in 0_usize..200,
            a in prop::collection::btree_set(0_usize..200, 0..40),
            b in prop::collection::btree_set(0_usize..200, 0..40),
        ) {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                (a.into_iter().filter(|r| *r < len).collect(), b.into_iter().filter(|r| *r < len).collect());
            let (left, right) = (set(len, &a), set(len, &b));
            let with = |change: fn(&mut RowSet, &RowSet)| {
                let mut result = left.clone();
                change(&mut result, &right);
                result.iter().collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(with(RowSet::intersect), &a & &b);
            prop_assert_eq!(with(RowSet::unite), &a | &b);
            prop_assert_eq!(with(RowSet::subtract), &a - &b);
            prop_assert_eq!(left.is_empty(), a.is_empty());
            prop_assert_eq!(left.count(), a.len());
            prop_assert_eq!(RowSet::full(len).iter().count(), len);
            let mut kept = left.clone();
            kept.retain(|row| b.contains(&row));
            prop_assert_eq!(kept.iter().collect::<BTreeSet<_>>(), &a & &b);
            let bits = left.into_boolean_buffer();
            prop_assert_eq!(bits.len(), len);
            prop_assert_eq!(bits.set_indices().collect::<BTreeSet<_>>(), a);
            let cleared = RowSet::empty(len).into_boolean_buffer();
            prop_assert_eq!((cleared.len(), cleared.count_set_bits()), (len, 0));
        }
    }
}
