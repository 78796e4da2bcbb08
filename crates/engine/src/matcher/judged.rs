//! A column of strings over a batch: each distinct value is judged at most once, when it is first asked about,
//! for all atoms of the column together.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ListArray, StringArray};

use super::atoms::{ColumnId, Slot};
use super::column::{index_of, items_of};
use super::profile::{Memory, Meter};
use super::rows::RowSet;
use super::strings::StringAtoms;

/// The strings of a batch and what is known of them.
pub(super) struct JudgedStrings<'a> {
    atoms: &'a StringAtoms,
    column: ColumnId,
    /// Where the items of each row begin.
    offsets: &'a [i32],
    /// Of each item, the place of its value.
    keys: &'a [i32],
    values: &'a StringArray,
    /// By key: where the atoms that the value satisfies are in `satisfied`, in ascending order.
    verdicts: Vec<Option<Range<usize>>>,
    satisfied: Vec<Slot>,
    /// Where the values stand that satisfy an atom; known when all are judged.
    places: Option<Places>,
}

impl<'a> JudgedStrings<'a> {
    /// Opens a column; `None` if it is not of strings.
    pub(super) fn open(atoms: &'a StringAtoms, column: ColumnId, list: &'a ListArray) -> Option<Self> {
        let items = list.values().as_dictionary_opt::<Int32Type>()?;
        let (offsets, keys) = (list.value_offsets(), items.keys().values());
        let values = items.values().as_string_opt::<i32>()?;
        let verdicts = vec![None; values.len()];
        Some(Self { atoms, column, offsets, keys, values, verdicts, satisfied: Vec::new(), places: None })
    }

    /// Whether few values are to be judged for many rows.
    pub(super) fn is_small(&self) -> bool {
        self.values.len() * 8 <= self.offsets.len()
    }

    /// Whether an atom holds on a row.
    pub(super) fn holds(&mut self, slot: Slot, row: usize, memory: &mut Memory) -> bool {
        let keys = self.keys.get(items_of(self.offsets, row)).unwrap_or_default();
        keys.iter().any(|key| self.satisfied_by(index_of(*key), memory).binary_search(&slot).is_ok())
    }

    /// The number of items on which an atom holds: on no fewer than it has rows.
    pub(super) fn occurrences(&mut self, slot: Slot, memory: &mut Memory) -> usize {
        let places = self.places(memory);
        places.of(slot).iter().map(|(_, key)| places.count(*key)).sum()
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, slot: Slot, memory: &mut Memory) -> RowSet {
        let mut rows = RowSet::empty(self.offsets.len().saturating_sub(1));
        let places = self.places(memory);
        for (_, key) in places.of(slot) {
            rows.extend(places.rows_of(*key));
        }
        rows
    }

    /// The atoms that a value satisfies.
    fn satisfied_by(&mut self, key: usize, memory: &mut Memory) -> &[Slot] {
        let Self { atoms, column, values, verdicts, satisfied, .. } = self;
        let Some(verdict) = verdicts.get_mut(key) else { return &[] };
        let range = verdict.get_or_insert_with(|| {
            let start = satisfied.len();
            let value = values.value(key);
            let Memory { cache, scratch, meter, .. } = memory;
            let mut judge = |value: &str, satisfied: &mut Vec<Slot>| {
                Meter::judging(meter, *column, || atoms.judge(value, scratch, satisfied));
            };
            if atoms.is_cheap() {
                judge(value, satisfied);
            } else {
                cache.verdict(*column, value, satisfied, judge);
            }
            start..satisfied.len()
        });
        satisfied.get(range.clone()).unwrap_or_default()
    }

    fn places(&mut self, memory: &mut Memory) -> &Places {
        if self.places.is_none() {
            let mut holding = Vec::new();
            for key in 0..self.verdicts.len() {
                holding.extend(self.satisfied_by(key, memory).iter().map(|slot| (*slot, key)));
            }
            self.places = Some(Places::new(holding, self.offsets, self.keys, self.values.len()));
        }
        self.places.get_or_insert_default()
    }
}

/// Which values satisfy which atoms, and on which rows they stand.
#[derive(Debug, Default)]
struct Places {
    /// Atom and dictionary key, in order.
    holding: Vec<(Slot, usize)>,
    /// By key, for those that satisfy an atom.
    chains: Vec<Option<Chain>>,
    /// The items of all chains.
    links: Vec<Link>,
}

/// The items that have one key, from the last to the first.
#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    /// One more than the place of the last link; 0 if there is none.
    last: u32,
    count: u32,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    row: u32,
    /// As [`Chain::last`].
    before: u32,
}

impl Places {
    fn new(mut holding: Vec<(Slot, usize)>, offsets: &[i32], keys: &[i32], values: usize) -> Self {
        holding.sort_unstable();
        if holding.is_empty() {
            return Self::default();
        }
        let mut chains = vec![None; values];
        for (_, key) in &holding {
            chains.get_mut(*key).into_iter().for_each(|chain| *chain = Some(Chain::default()));
        }
        // Neither rows nor items of a batch are as many as 2^31: its offsets could not count them.
        let mut links = Vec::with_capacity(keys.len());
        let mut ends = (0..).zip(offsets.iter().skip(1));
        let mut at = ends.next();
        for (item, key) in (0..).zip(keys) {
            let Some(Some(chain)) = chains.get_mut(index_of(*key)) else { continue };
            while at.is_some_and(|(_, end)| *end <= item) {
                at = ends.next();
            }
            let Some((row, _)) = at else { break };
            links.push(Link { row, before: chain.last });
            *chain = Chain { last: links.len() as u32, count: chain.count + 1 };
        }
        Self { holding, chains, links }
    }

    /// The values that satisfy an atom.
    fn of(&self, slot: Slot) -> &[(Slot, usize)] {
        let first = self.holding.partition_point(|(other, _)| *other < slot);
        let holding = self.holding.get(first..).unwrap_or_default();
        let length = holding.partition_point(|(other, _)| *other == slot);
        holding.get(..length).unwrap_or_default()
    }

    fn chain(&self, key: usize) -> Chain {
        self.chains.get(key).copied().flatten().unwrap_or_default()
    }

    fn count(&self, key: usize) -> usize {
        self.chain(key).count as usize
    }

    fn rows_of(&self, key: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.chain(key).last;
        std::iter::from_fn(move || {
            let link = self.links.get((at as usize).checked_sub(1)?)?;
            at = link.before;
            Some(link.row as usize)
        })
    }
}
