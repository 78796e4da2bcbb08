//! Verdicts on strings, remembered from batch to batch within a bound of memory.

use hashbrown::HashTable;

use super::atoms::{ColumnId, Slot};

/// Most memory of a cache, in bytes.
pub(super) const CACHE_BYTES: usize = 32 << 20;

/// Longer values are judged each time they come: few of them would push out all others.
const LONGEST: usize = 4 << 10;

/// What the values of each column satisfy, for those that came lately.
///
/// What is known lies in two generations. When the newer has half of the memory, it becomes the older, and what
/// the older had is forgotten; a value that is asked for again moves to the newer one.
#[derive(Debug)]
pub(super) struct VerdictCache {
    newer: Vec<Verdicts>,
    older: Vec<Verdicts>,
    /// What the newer generation takes, in bytes.
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
        // Tables and texts grow by doubling, so that half of what they take may be empty.
        let bytes = 2 * (size_of::<Entry>() + value.len() + size_of_val(slots));
        if bytes > self.limit / 2 {
            return;
        }
        if self.bytes + bytes > self.limit / 2 {
            self.older = std::mem::take(&mut self.newer);
            self.bytes = 0;
        }
        self.bytes += bytes;
        if self.newer.len() <= column.0 {
            self.newer.resize_with(column.0 + 1, Verdicts::default);
        }
        if let Some(verdicts) = self.newer.get_mut(column.0) {
            verdicts.insert(hash, value, slots);
        }
    }

    /// The memory that the values and verdicts take, in bytes.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        let of = |verdicts: &Verdicts| {
            verdicts.entries.allocation_size()
                + verdicts.text.capacity()
                + verdicts.slots.capacity() * size_of::<Slot>()
        };
        self.newer.iter().chain(&self.older).map(of).sum()
    }
}

impl Verdicts {
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

    #[test]
    fn verdicts_are_remembered_and_the_bound_holds() {
        const LIMIT: usize = 1 << 20;
        let mut cache = VerdictCache::new(LIMIT);
        let mut judged = 0;
        let mut most = 0;
        let values = (0..200_000).map(|n| match n % 100 {
            0 => "x".repeat(n * 20),
            50 => "y".repeat(n % 4096),
            _ if n % 2 == 0 => format!("value {n}"),
            _ => format!("value {}", n % 10),
        });
        for (n, value) in values.enumerate() {
            let mut satisfied = vec![Slot(99)];
            cache.verdict(ColumnId(n % 3), &value, &mut satisfied, |value, satisfied| {
                judged += 1;
                satisfied.extend(satisfied_by(value));
            });
            assert_eq!(satisfied[1..], satisfied_by(&value));
            most = most.max(cache.allocated());
        }
        assert!(most < LIMIT, "{most} bytes");
        // Of each two values one is new or too long, and few of the others were forgotten.
        assert!((100_000..110_000).contains(&judged), "{judged} judged");
    }
}
