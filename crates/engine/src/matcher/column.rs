//! One column: its atoms compiled together, and opened over a batch.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int64Type, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ListArray};
use arrow_schema::{DataType, TimeUnit};
use rulehound_events::EventBatch;
use rulehound_query::{Predicate, Test};
use rulehound_schema::{Field, FieldSource, Value};

use super::MatcherError;
use super::atoms::{ColumnId, PendingTest, Slot};
use super::judged::JudgedStrings;
use super::profile::Memory;
use super::rows::RowSet;
use super::strings::StringAtoms;
use super::values::ValueTest;
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
        let of_values = if is_string { Vec::new() } else { tests.iter().map(ValueTest::compile).collect() };
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

    /// Opens the column over a batch.
    pub(super) fn open<'a>(&'a self, id: ColumnId, batch: &'a EventBatch) -> OpenColumn<'a> {
        let list = batch.layout().column_of(&self.field).map(|column| batch.column(column));
        let content = match list {
            None => Content::Rows(batch),
            Some(list) if list.values().is_empty() => Content::Empty,
            Some(list) => match JudgedStrings::open(&self.strings, id, list) {
                Some(strings) => Content::Strings(list, strings),
                None => Content::Values(list),
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
    /// Strings: each distinct value is judged once, for all atoms.
    Strings(&'a ListArray, JudgedStrings<'a>),
    /// Other values, judged row by row, one atom at a time.
    Values(&'a ListArray),
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

    /// Whether an atom holds on any row.
    pub(super) fn holds_anywhere(&mut self, slot: Slot, memory: &mut Memory) -> bool {
        match (&mut self.content, self.atoms.tests.get(slot.index())) {
            (Content::Empty, _) | (_, None) => false,
            (Content::Strings(..) | Content::Values(_), Some(Test::Exists)) => true,
            (Content::Strings(_, strings), _) => strings.holds_anywhere(slot, memory),
            (Content::Values(_) | Content::Rows(_), _) => !self.rows(slot, memory).is_empty(),
        }
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, slot: Slot, memory: &mut Memory) -> RowSet {
        match &mut self.content {
            Content::Empty => RowSet::empty(self.rows),
            Content::Strings(_, strings) if !self.atoms.is_presence(slot) => strings.rows(slot, memory),
            _ => RowSet::of(self.rows, |row| self.holds(slot, row, memory)),
        }
    }

    /// Whether an atom holds on a row.
    pub(super) fn holds(&mut self, slot: Slot, row: usize, memory: &mut Memory) -> bool {
        let Some(test) = self.atoms.tests.get(slot.index()) else { return false };
        let field_type = self.atoms.field.field_type;
        match (&mut self.content, test) {
            (Content::Empty, _) => false,
            (Content::Strings(list, _) | Content::Values(list), Test::Exists) => {
                !items_of(list, row).is_empty()
            }
            (Content::Strings(_, strings), _) => strings.holds(slot, row, memory),
            (Content::Values(list), _) => {
                let mut items = items_of(list, row);
                let test = self.atoms.of_values.get(slot.index());
                items.any(|item| {
                    value(list, item).zip(test).is_some_and(|(value, test)| test.holds(field_type, &value))
                })
            }
            (Content::Rows(batch), _) => {
                let event = batch.row(row);
                event.values(&self.atoms.field).iter().any(|value| test_holds(test, field_type, value))
            }
        }
    }
}

/// Which items of the list's values belong to a row.
pub(super) fn items_of(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    match list.value_offsets().get(row..=row + 1) {
        Some(&[start, end]) => usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0),
        _ => 0..0,
    }
}

/// An item of a column that is not of strings.
fn value(list: &ListArray, item: usize) -> Option<Value<'static>> {
    let items = list.values();
    Some(match items.data_type() {
        DataType::Int64 => Value::Long(items.as_primitive::<Int64Type>().value(item)),
        DataType::UInt64 => Value::UnsignedLong(items.as_primitive::<UInt64Type>().value(item)),
        DataType::Float64 => Value::Double(items.as_primitive::<Float64Type>().value(item)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Value::Date(items.as_primitive::<TimestampMillisecondType>().value(item))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Value::DateNanos(items.as_primitive::<TimestampNanosecondType>().value(item))
        }
        DataType::Boolean => Value::Boolean(items.as_boolean().value(item)),
        DataType::FixedSizeBinary(16) => {
            let address = <[u8; 16]>::try_from(items.as_fixed_size_binary().value(item));
            Value::Ip(address.ok()?.into())
        }
        // No other types are in a batch's layout.
        _ => return None,
    })
}
