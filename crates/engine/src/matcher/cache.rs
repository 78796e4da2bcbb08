//! Verdicts on strings, remembered from batch to batch within a bound of memory.

use hashbrown::HashTable;

use super::atoms::{ColumnId, Slot};

/// Most memory of a cache, in bytes.
pub(super) const CACHE_BYTES: usize = 32 << 20;

/// Longer values are judged each time they come: few of them would push out all others.
const LONGEST: usize = 4 << 10;

/// What the first value of a column takes beside its text, in bytes; a little more than that.
const LEAST: usize = 256;

/// What the values of each column satisfy, for those that came lately.
///
/// What is known lies in two generations. When the newer has more than a fifth of the memory, it becomes the older,
/// and what the older had is forgotten; a value that is asked for again moves to the newer one. Tables and texts
/// grow by doubling: the last step takes a generation to two fifths at the most, and needs another while it copies.
#[derive(Debug)]
pub(super) struct VerdictCache {
    newer: Vec<Verdicts>,
    older: Vec<Verdicts>,
    /// What the values and verdicts of the newer generation take, in bytes.
    bytes: usize,
    limit: usize,
    hasher: ahash::RandomState,
}

/// What some values of a column satisfy.
#[derive(Debug, Default)]
struct Verdicts {
    entries: HashTable<Entry>,
    /// The values, one after another.
    text: String,
    /// What they satisfy, likewise.
    slots: Vec<Slot>,
}

/// A value, by its hash and its place in the text, and the place of what it satisfies.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    text: (usize, usize),
    slots: (usize, usize),
}

impl VerdictCache {
    /// A cache that takes so many bytes at the most.
    pub(super) fn new(limit: usize) -> Self {
        let hasher = ahash::RandomState::new();
        Self { newer: Vec::new(), older: Vec::new(), bytes: 0, limit, hasher }
    }

    /// Adds to `satisfied` the atoms that a value of a column satisfies; `judge` finds them out if they are not
    /// remembered.
    pub(super) fn verdict(
        &mut self,
        column: ColumnId,
        value: &str,
        satisfied: &mut Vec<Slot>,
        judge: impl FnOnce(&str, &mut Vec<Slot>),
    ) {
        if value.len() > LONGEST {
            return judge(value, satisfied);
        }
        let hash = self.hasher.hash_one(value);
        let start = satisfied.len();
        let known = |generation: &[Verdicts], satisfied: &mut Vec<Slot>| {
            let slots = generation.get(column.0).and_then(|verdicts| verdicts.get(hash, value));
            slots.map(|slots| satisfied.extend_from_slice(slots)).is_some()
        };
        if known(&self.newer, satisfied) {
            return;
        }
        if !known(&self.older, satisfied) {
            judge(value, satisfied);
        }
        self.remember(column, hash, value, satisfied.get(start..).unwrap_or_default());
    }

    fn remember(&mut self, column: ColumnId, hash: u64, value: &str, slots: &[Slot]) {
        if (value.len() + size_of_val(slots)).max(LEAST) > self.limit / 16 {
            return;
        }
        if self.newer.len() <= column.0 {
            self.newer.resize_with(column.0 + 1, Verdicts::default);
        }
        let Some(verdicts) = self.newer.get_mut(column.0) else { return };
        let before = verdicts.allocated();
        verdicts.insert(hash, value, slots);
        self.bytes += verdicts.allocated() - before;
        if self.bytes > self.limit / 5 {
            self.older = std::mem::take(&mut self.newer);
            self.bytes = 0;
        }
    }

    /// The memory that the values and verdicts take, in bytes.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.newer.iter().chain(&self.older).map(Verdicts::allocated).sum()
    }
}

impl Verdicts {
    /// What they take, in bytes.
    fn allocated(&self) -> usize {
        self.entries.allocation_size() + self.text.capacity() + self.slots.capacity() * size_of::<Slot>()
    }

    fn get(&self, hash: u64, value: &str) -> Option<&[Slot]> {
        let is =
            |entry: &Entry| entry.hash == hash && self.text.get(entry.text.0..entry.text.1) == Some(value);
        let entry = self.entries.find(hash, is)?;
        self.slots.get(entry.slots.0..entry.slots.1)
    }

    fn insert(&mut self, hash: u64, value: &str, slots: &[Slot]) {
        let entry = Entry {
            hash,
            text: (self.text.len(), self.text.len() + value.len()),
            slots: (self.slots.len(), self.slots.len() + slots.len()),
        };
        self.text.push_str(value);
        self.slots.extend_from_slice(slots);
        self.entries.insert_unique(hash, entry, |entry| entry.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn satisfied_by(value: &str) -> Vec<Slot> {
        (0..).map(Slot).take(value.len() % 7).collect()
    }

    /// Asks a cache for values, each of the next of some columns, and holds it to its bound. Gives the number of
    /// values that were judged.
    fn judged(limit: usize, columns: usize, values: impl Iterator<Item = String>) -> usize {
        let mut cache = VerdictCache::new(limit);
        let mut judged = 0;
        for (n, value) in values.enumerate() {
            let mut satisfied = vec![Slot(99)];
            cache.verdict(ColumnId(n % columns), &value, &mut satisfied, |value, satisfied| {
                judged += 1;
                satisfied.extend(satisfied_by(value));
            });
            assert_eq!(satisfied[1..], satisfied_by(&value));
            assert!(cache.allocated() <= limit * 4 / 5, "{} of {limit} bytes", cache.allocated());
        }
        judged
    }

    #[test]
    fn verdicts_are_remembered() {
        let values = (0..200_000).map(|n| match n % 100 {
            0 => "x".repeat(n * 20),
            50 => "y".repeat(n % 4096),
            _ if n % 2 == 0 => format!("value {n}"),
            _ => format!("value {}", n % 10),
        });
        // Of each two values one is new or too long, and few of the others were forgotten.
        let judged = judged(1 << 20, 3, values);
        assert!((100_000..110_000).contains(&judged), "{judged} judged");
    }

    #[test]
    fn the_bound_holds_when_no_value_comes_again() {
        for limit in [0, 1_000, 5_000, 60_000, 1 << 20] {
            for columns in [1, 7, 1_000] {
                let values = 20_000;
                assert_eq!(judged(limit, columns, (0..values).map(|n| n.to_string())), values);
                let long = (0..2_000).map(|n| format!("{n:0>4090}"));
                assert_eq!(judged(limit, columns, long), 2_000);
                let longer = (0..20).map(|n| format!("{n}{}", "x".repeat(1 << 20)));
                assert_eq!(judged(limit, columns, longer), 20);
            }
        }
    }

    #[test]
    fn what_is_asked_for_again_outlives_what_is_not() {
        let values = (0..100_000).map(|n| if n % 50 == 0 { "again".to_owned() } else { n.to_string() });
        assert_eq!(judged(60_000, 1, values), 98_001);
    }
}
