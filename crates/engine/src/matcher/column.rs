//! One column: its atoms compiled together, and opened over a batch.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, DictionaryArray, ListArray};
use arrow_schema::{DataType, TimeUnit};
use rulehound_events::EventBatch;
use rulehound_query::Test;
use rulehound_schema::{Field, FieldSource, Value};

use super::MatcherError;
use super::atoms::{PendingTest, Slot};
use super::rows::RowSet;
use super::strings::{StringAtoms, Verdicts};
use crate::interpret::test_holds;

/// The atoms of one column. This is the seat of everything that is done for many atoms together: for a batch,
/// [`ColumnAtoms::open`] does the common work, [`OpenColumn::rows`] answers for one atom.
#[derive(Debug)]
pub(super) struct ColumnAtoms {
    field: Field,
    /// By slot.
    tests: Vec<Test>,
    strings: StringAtoms,
}

impl ColumnAtoms {
    /// Compiles all tests of a field; the slot of each is its place in the list.
    pub(super) fn compile(field: Field, tests: Vec<PendingTest>) -> Result<Self, MatcherError> {
        let strings = StringAtoms::compile(&field, &tests)?;
        Ok(Self { field, tests: tests.into_iter().map(|pending| pending.test).collect(), strings })
    }

    /// The work of opening the column, in no unit: atoms that are dear for each distinct value weigh more.
    pub(super) fn cost(&self) -> u64 {
        self.tests.len() as u64 + self.strings.cost()
    }

    /// Opens the column over a batch.
    pub(super) fn open<'a>(&'a self, batch: &'a EventBatch) -> OpenColumn<'a> {
        let rows = batch.num_rows();
        let list = batch.layout().column_of(&self.field).map(|column| batch.column(column));
        let content = match list.map(|list| (list, string_items(list))) {
            Some((list, Some(items))) => Content::Strings(list, self.strings.judge_column(list, items)),
            Some((list, None)) => Content::Values(list),
            None => Content::Rows(batch),
        };
        OpenColumn { atoms: self, rows, content }
    }
}

/// The atoms of one column over one batch.
pub(super) struct OpenColumn<'a> {
    atoms: &'a ColumnAtoms,
    rows: usize,
    content: Content<'a>,
}

enum Content<'a> {
    /// Strings: each distinct value is judged already, for all atoms.
    Strings(&'a ListArray, Verdicts),
    /// Other values, judged row by row, one atom at a time.
    Values(&'a ListArray),
    /// The batch does not have the column: each row is asked.
    Rows(&'a EventBatch),
}

impl OpenColumn<'_> {
    /// The rows on which an atom holds.
    pub(super) fn rows(&self, slot: Slot) -> RowSet {
        let Some(test) = self.atoms.tests.get(slot.index()) else {
            return RowSet::empty(self.rows);
        };
        let field = &self.atoms.field;
        match (&self.content, test) {
            (Content::Rows(batch), _) => RowSet::of(self.rows, |row| {
                batch.row(row).values(field).iter().any(|value| test_holds(test, field.field_type, value))
            }),
            (Content::Strings(list, _) | Content::Values(list), Test::Exists) => {
                RowSet::of(self.rows, |row| !items_of(list, row).is_empty())
            }
            (Content::Strings(_, verdicts), _) => verdicts.rows(slot, self.rows),
            (Content::Values(list), _) => {
                scan(list, self.rows, &|value| test_holds(test, field.field_type, value))
            }
        }
    }
}

/// The items of a column of strings, if it is one.
fn string_items(list: &ListArray) -> Option<&DictionaryArray<Int32Type>> {
    let items = list.values().as_dictionary_opt::<Int32Type>()?;
    items.values().as_string_opt::<i32>().map(|_| items)
}

/// Which items of the list's values belong to a row.
pub(super) fn items_of(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    match list.value_offsets().get(row..=row + 1) {
        Some(&[start, end]) => usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0),
        _ => 0..0,
    }
}

/// Judges a column that is not of strings, value by value.
fn scan(list: &ListArray, rows: usize, passes: &dyn Fn(&Value<'_>) -> bool) -> RowSet {
    let items = list.values();
    match items.data_type() {
        DataType::Int64 => {
            let items = items.as_primitive::<Int64Type>().values();
            scan_items(list, rows, |item| passes(&Value::Long(items[item])))
        }
        DataType::UInt64 => {
            let items = items.as_primitive::<UInt64Type>().values();
            scan_items(list, rows, |item| passes(&Value::UnsignedLong(items[item])))
        }
        DataType::Float64 => {
            let items = items.as_primitive::<Float64Type>().values();
            scan_items(list, rows, |item| passes(&Value::Double(items[item])))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let items = items.as_primitive::<TimestampMillisecondType>().values();
            scan_items(list, rows, |item| passes(&Value::Date(items[item])))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let items = items.as_primitive::<TimestampNanosecondType>().values();
            scan_items(list, rows, |item| passes(&Value::DateNanos(items[item])))
        }
        DataType::Boolean => {
            let items = items.as_boolean().values();
            scan_items(list, rows, |item| passes(&Value::Boolean(items.value(item))))
        }
        DataType::FixedSizeBinary(16) => {
            let items = items.as_fixed_size_binary();
            scan_items(list, rows, |item| {
                let address = <[u8; 16]>::try_from(items.value(item));
                address.is_ok_and(|address| passes(&Value::Ip(address.into())))
            })
        }
        // No other types are in a batch's layout.
        _ => RowSet::empty(rows),
    }
}

fn scan_items(list: &ListArray, rows: usize, holds: impl Fn(usize) -> bool) -> RowSet {
    RowSet::of(rows, |row| items_of(list, row).any(&holds))
}
