//! A column of strings over a batch: each distinct value is judged at most once, when it is first asked about,
//! for all atoms of the column together.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, ListArray, StringArray};

use super::atoms::{ColumnId, Slot};
use super::column::items_of;
use super::profile::{Memory, Meter};
use super::rows::RowSet;
use super::strings::StringAtoms;

/// The strings of a batch and what is known of them.
pub(super) struct JudgedStrings<'a> {
    atoms: &'a StringAtoms,
    column: ColumnId,
    list: &'a ListArray,
    items: &'a DictionaryArray<Int32Type>,
    values: &'a StringArray,
    /// By key of the dictionary: where the atoms that the value satisfies are in `satisfied`, in ascending order.
    verdicts: Vec<Option<Range<usize>>>,
    satisfied: Vec<Slot>,
    /// Where the values stand that satisfy an atom; known when all are judged.
    places: Option<Places>,
}

impl<'a> JudgedStrings<'a> {
    /// Opens a column; `None` if it is not of strings.
    pub(super) fn open(atoms: &'a StringAtoms, column: ColumnId, list: &'a ListArray) -> Option<Self> {
        let items = list.values().as_dictionary_opt::<Int32Type>()?;
        let values = items.values().as_string_opt::<i32>()?;
        let verdicts = vec![None; values.len()];
        Some(Self { atoms, column, list, items, values, verdicts, satisfied: Vec::new(), places: None })
    }

    /// Whether few values are to be judged for many rows.
    pub(super) fn is_small(&self) -> bool {
        self.values.len() * 8 <= self.list.len()
    }

    /// Whether an atom holds on a row.
    pub(super) fn holds(&mut self, slot: Slot, row: usize, memory: &mut Memory) -> bool {
        items_of(self.list, row).any(|item| match self.items.key(item) {
            Some(key) => self.satisfied_by(key, memory).binary_search(&slot).is_ok(),
            None => false,
        })
    }

    /// Whether an atom holds on any row.
    pub(super) fn holds_anywhere(&mut self, slot: Slot, memory: &mut Memory) -> bool {
        !self.places(memory).of(slot).is_empty()
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, slot: Slot, memory: &mut Memory) -> RowSet {
        let len = self.list.len();
        let places = self.places(memory);
        let mut rows = RowSet::empty(len);
        for (_, key) in places.of(slot) {
            places.rows_of(*key).iter().for_each(|row| rows.insert(*row as usize));
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
            let Memory { cache, scratch, meter } = memory;
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
            self.places = Some(Places::new(holding, self.list, self.items));
        }
        self.places.get_or_insert_default()
    }
}

/// Which values satisfy which atoms, and on which rows they stand.
#[derive(Debug, Default)]
struct Places {
    /// Atom and dictionary key, in order.
    holding: Vec<(Slot, usize)>,
    /// The rows of a key `k` are `rows[starts[k]..starts[k + 1]]`.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Places {
    fn new(mut holding: Vec<(Slot, usize)>, list: &ListArray, items: &DictionaryArray<Int32Type>) -> Self {
        holding.sort_unstable();
        if holding.is_empty() {
            return Self::default();
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

    /// The values that satisfy an atom.
    fn of(&self, slot: Slot) -> &[(Slot, usize)] {
        let first = self.holding.partition_point(|(other, _)| *other < slot);
        let holding = self.holding.get(first..).unwrap_or_default();
        let length = holding.iter().take_while(|(other, _)| *other == slot).count();
        holding.get(..length).unwrap_or_default()
    }

    fn rows_of(&self, key: usize) -> &[u32] {
        match self.starts.get(key..=key + 1) {
            Some(&[start, end]) => self.rows.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}
