//! One column: its atoms compiled together, and opened over a batch.

use std::ops::Range;

use arrow_array::Array;
use rulehound_events::EventBatch;
use rulehound_query::{Predicate, Test};
use rulehound_schema::{Field, FieldSource};

use super::MatcherError;
use super::atoms::{ColumnId, PendingTest, Slot};
use super::judged::JudgedStrings;
use super::profile::Memory;
use super::rows::RowSet;
use super::strings::StringAtoms;
use super::values::{OpenValues, ValueTest};
use crate::interpret::test_holds;

/// The atoms of one column. This is the seat of everything that is done for many atoms together: for a batch,
/// [`ColumnAtoms::open`] does the common work, [`OpenColumn::rows`] answers for one atom.
#[derive(Debug)]
pub(super) struct ColumnAtoms {
    field: Field,
    /// By slot.
    tests: Vec<Test>,
    /// By slot; none if the field holds strings.
    of_values: Vec<ValueTest>,
    strings: StringAtoms,
}

impl ColumnAtoms {
    /// Compiles all tests of a field; the slot of each is its place in the list.
    pub(super) fn compile(field: Field, tests: Vec<PendingTest>) -> Result<Self, MatcherError> {
        let strings = StringAtoms::compile(&field, &tests)?;
        let tests: Vec<Test> = tests.into_iter().map(|pending| pending.test).collect();
        let is_string = field.field_type.data_type() == Some(rulehound_schema::DataType::String);
        let of_values = if is_string {
            Vec::new()
        } else {
            tests.iter().map(|test| ValueTest::compile(&field, test)).collect()
        };
        Ok(Self { field, tests, of_values, strings })
    }

    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    pub(super) fn num_atoms(&self) -> usize {
        self.tests.len()
    }

    /// An atom, as it was given.
    pub(super) fn predicate(&self, slot: Slot) -> Option<Predicate> {
        Some(Predicate { field: self.field.clone(), test: self.tests.get(slot.index())?.clone() })
    }

    /// Whether an atom asks for nothing but that there is a value.
    fn is_presence(&self, slot: Slot) -> bool {
        matches!(self.tests.get(slot.index()), Some(Test::Exists))
    }

    /// The work of opening the column, in no unit: atoms that are dear for each distinct value weigh more.
    pub(super) fn cost(&self) -> u64 {
        self.tests.len() as u64 + self.strings.cost()
    }

    /// Opens the column over a batch in which it has this place, if any.
    pub(super) fn open<'a>(
        &'a self,
        id: ColumnId,
        place: Option<usize>,
        batch: &'a EventBatch,
    ) -> OpenColumn<'a> {
        let content = match place.map(|place| batch.column(place)) {
            None => Content::Rows(batch),
            Some(list) if list.values().is_empty() => Content::Empty,
            Some(list) => match JudgedStrings::open(&self.strings, id, list) {
                Some(strings) => Content::Strings(list.value_offsets(), strings),
                None => Content::Values(OpenValues::open(list)),
            },
        };
        OpenColumn { atoms: self, rows: batch.num_rows(), content }
    }
}

/// The atoms of one column over one batch.
pub(super) struct OpenColumn<'a> {
    atoms: &'a ColumnAtoms,
    rows: usize,
    content: Content<'a>,
}

enum Content<'a> {
    /// No row has a value.
    Empty,
    /// Where the strings of each row begin; each distinct one is judged once, for all atoms.
    Strings(&'a [i32], JudgedStrings<'a>),
    /// Values with an order, judged one atom at a time.
    Values(OpenValues<'a>),
    /// The batch does not have the column: each row is asked.
    Rows(&'a EventBatch),
}

impl OpenColumn<'_> {
    /// Whether it costs little to find all rows on which an atom holds.
    pub(super) fn is_cheap(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Strings(_, strings) => strings.is_small(),
            Content::Values(_) | Content::Rows(_) => false,
        }
    }

    /// On how many rows an atom holds at the most; 0 if on none. Ask [`Self::is_cheap`] first.
    pub(super) fn at_most(&mut self, slot: Slot, memory: &mut Memory) -> usize {
        match &mut self.content {
            Content::Empty => 0,
            Content::Strings(_, strings) if !self.atoms.is_presence(slot) => {
                strings.occurrences(slot, memory)
            }
            _ => self.rows,
        }
    }

    /// Keeps those of `rows` on which an atom holds, asked one by one.
    pub(super) fn narrow(&mut self, slot: Slot, rows: &mut RowSet, memory: &mut Memory) {
        rows.retain(|row| self.holds(slot, row, memory));
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, slot: Slot, memory: &mut Memory) -> RowSet {
        if let Some(offsets) = self.offsets().filter(|_| self.atoms.is_presence(slot)) {
            return RowSet::of(self.rows, offsets.windows(2).map(|ends| ends[0] < ends[1]));
        }
        match (&mut self.content, self.atoms.of_values.get(slot.index())) {
            (Content::Strings(_, strings), _) => strings.rows(slot, memory),
            (Content::Values(values), Some(test)) => values.rows(test),
            (Content::Rows(_), _) => {
                RowSet::of(self.rows, (0..self.rows).map(|row| self.holds(slot, row, memory)))
            }
            (Content::Empty | Content::Values(_), _) => RowSet::empty(self.rows),
        }
    }

    /// Whether an atom holds on a row.
    fn holds(&mut self, slot: Slot, row: usize, memory: &mut Memory) -> bool {
        if let Some(offsets) = self.offsets().filter(|_| self.atoms.is_presence(slot)) {
            return !items_of(offsets, row).is_empty();
        }
        match (&mut self.content, self.atoms.of_values.get(slot.index())) {
            (Content::Strings(_, strings), _) => strings.holds(slot, row, memory),
            (Content::Values(values), Some(test)) => values.holds(test, row),
            (Content::Rows(batch), _) => {
                let Some(test) = self.atoms.tests.get(slot.index()) else { return false };
                let (event, field) = (batch.row(row), &self.atoms.field);
                event.values(field).iter().any(|value| test_holds(test, field.field_type, value))
            }
            (Content::Empty | Content::Values(_), _) => false,
        }
    }

    /// Where the items of each row begin, if the column has any.
    fn offsets(&self) -> Option<&[i32]> {
        match &self.content {
            Content::Strings(offsets, _) => Some(offsets),
            Content::Values(values) => Some(values.offsets()),
            Content::Empty | Content::Rows(_) => None,
        }
    }
}

/// Which items belong to each row.
pub(super) fn items_by_row(offsets: &[i32]) -> impl Iterator<Item = Range<usize>> + '_ {
    offsets.windows(2).map(|ends| index_of(ends[0])..index_of(ends[1]))
}

/// Which items belong to a row.
pub(super) fn items_of(offsets: &[i32], row: usize) -> Range<usize> {
    offsets.get(row..=row + 1).and_then(|ends| items_by_row(ends).next()).unwrap_or_default()
}

/// An offset or key as a place in what it points into. Arrow has none below 0.
#[inline]
pub(super) fn index_of(place: i32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
