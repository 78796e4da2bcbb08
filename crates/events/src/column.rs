//! Columns being filled.

use std::sync::Arc;

use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{
    ArrayRef, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array, ListArray, NullArray,
    TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field as ArrowField, TimeUnit};
use rulehound_schema::{DataType, Field, FieldType, Misfit, Scalar, Value, coerce};

use crate::Layout;
use crate::leaves::text::Escaped;
use crate::strings::Strings;

/// The values of one field, row by row.
///
/// A row that has no value costs nothing until the column is finished: with a thousand columns of which an
/// event fills twenty, that is what counts.
struct ColumnBuilder {
    /// Where each row up to the last one with a value begins among the items.
    starts: Vec<i32>,
    items: Items,
    /// What the items are to Arrow.
    item: Arc<ArrowField>,
}

enum Items {
    String(Strings),
    Long(Vec<i64>),
    UnsignedLong(Vec<u64>),
    Double(Vec<f64>),
    Boolean(BooleanBufferBuilder),
    Date(Vec<i64>),
    DateNanos(Vec<i64>),
    Ip(Vec<u8>),
    /// Of a type that holds nothing to match.
    Nothing,
}

impl Items {
    fn new(field_type: FieldType) -> Self {
        match field_type.data_type() {
            None => Self::Nothing,
            Some(DataType::String) => Self::String(Strings::default()),
            Some(DataType::Long) => Self::Long(Vec::new()),
            Some(DataType::UnsignedLong) => Self::UnsignedLong(Vec::new()),
            Some(DataType::Double) => Self::Double(Vec::new()),
            Some(DataType::Boolean) => Self::Boolean(BooleanBufferBuilder::new(0)),
            Some(DataType::Date) => Self::Date(Vec::new()),
            Some(DataType::DateNanos) => Self::DateNanos(Vec::new()),
            Some(DataType::Ip) => Self::Ip(Vec::new()),
        }
    }

    /// The values so far; none are left.
    fn take_array(&mut self) -> ArrayRef {
        match self {
            Self::String(strings) => strings.finish(),
            Self::Long(values) => Arc::new(Int64Array::from(take(values))),
            Self::UnsignedLong(values) => Arc::new(UInt64Array::from(take(values))),
            Self::Double(values) => Arc::new(Float64Array::from(take(values))),
            Self::Boolean(builder) => Arc::new(BooleanArray::new(builder.finish(), None)),
            Self::Date(values) => Arc::new(TimestampMillisecondArray::from(take(values))),
            Self::DateNanos(values) => Arc::new(TimestampNanosecondArray::from(take(values))),
            Self::Ip(values) => {
                Arc::new(FixedSizeBinaryArray::new(IP_BYTES, Buffer::from_vec(take(values)), None))
            }
            Self::Nothing => Arc::new(NullArray::new(0)),
        }
    }
}

/// The values so far, of which the next batch will have about as many. What one batch was so large for is not
/// held for ever.
pub(crate) fn take<T>(values: &mut Vec<T>) -> Vec<T> {
    let next = Vec::with_capacity(values.len().min(4096));
    std::mem::replace(values, next)
}

/// A column of this many rows that has no value.
fn no_values(field_type: FieldType, rows: usize) -> ListArray {
    ColumnBuilder::new(field_type).finish(rows)
}

/// Size of an IPv6 address.
const IP_BYTES: i32 = 16;

impl ColumnBuilder {
    fn new(field_type: FieldType) -> Self {
        Self { starts: Vec::new(), items: Items::new(field_type), item: item_field(field_type) }
    }

    /// Adds the value that the column's field takes from a scalar to a row, if it takes one; rows come in
    /// ascending order.
    fn add(&mut self, row: usize, field: &Field, scalar: Scalar<'_>) -> Result<(), Misfit> {
        match (&mut self.items, scalar) {
            // Most values are. Strings are taken as they are.
            (Items::String(strings), Scalar::Str(text)) => {
                begin_row(&mut self.starts, row, strings.len());
                strings.push(text);
            }
            (_, scalar) => {
                if let Some(value) = coerce(field, scalar)? {
                    self.push(row, value);
                }
            }
        }
        Ok(())
    }

    /// As [`Self::add`], of a string with escapes.
    fn add_escaped(&mut self, row: usize, field: &Field, text: Escaped<'_>) -> Result<(), Misfit> {
        match &mut self.items {
            Items::String(strings) => {
                begin_row(&mut self.starts, row, strings.len());
                strings.push_escaped(text);
                Ok(())
            }
            _ => self.add(row, field, Scalar::Str(text.unescape(&mut String::new()))),
        }
    }

    fn push(&mut self, row: usize, value: Value<'_>) {
        let length = self.len();
        begin_row(&mut self.starts, row, length);
        match (&mut self.items, value) {
            (Items::String(items), Value::String(value)) => items.push(&value),
            (Items::Long(items), Value::Long(value)) => items.push(value),
            (Items::UnsignedLong(items), Value::UnsignedLong(value)) => items.push(value),
            (Items::Double(items), Value::Double(value)) => items.push(value),
            (Items::Boolean(items), Value::Boolean(value)) => items.append(value),
            (Items::Date(items), Value::Date(value)) => items.push(value),
            (Items::DateNanos(items), Value::DateNanos(value)) => items.push(value),
            (Items::Ip(items), Value::Ip(value)) => items.extend_from_slice(&value.octets()),
            (_, value) => debug_assert!(false, "{value:?} is not of its field's type"),
        }
    }

    /// Number of items, of all rows together.
    fn len(&self) -> usize {
        match &self.items {
            Items::String(items) => items.len(),
            Items::Long(items) | Items::Date(items) | Items::DateNanos(items) => items.len(),
            Items::UnsignedLong(items) => items.len(),
            Items::Double(items) => items.len(),
            Items::Boolean(items) => items.len(),
            Items::Ip(items) => items.len() / 16,
            Items::Nothing => 0,
        }
    }

    /// The column of this many rows; ready for the next batch afterwards.
    fn finish(&mut self, rows: usize) -> ListArray {
        // Begins the row after the last one.
        let length = self.len();
        begin_row(&mut self.starts, rows, length);
        let offsets = OffsetBuffer::new(take(&mut self.starts).into());
        ListArray::new(self.item.clone(), offsets, self.items.take_array(), None)
    }

    /// Whether no value was added since the column was last finished.
    fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// Lets a row begin at this item, and the rows before it that have no items. Batches are cut long before the
/// number of items could overflow.
fn begin_row(starts: &mut Vec<i32>, row: usize, item: usize) {
    let item = i32::try_from(item).unwrap_or(i32::MAX);
    while starts.len() <= row {
        starts.push(item);
    }
}

/// The columns of a layout, being filled.
#[derive(Default)]
pub(crate) struct ColumnBuilders {
    /// `None` until there is a value: of a thousand columns a scan fills few.
    builders: Vec<Option<Box<ColumnBuilder>>>,
    /// One type for each type of data.
    types: Vec<FieldType>,
    /// For each column the place of its type among them.
    type_of: Vec<usize>,
}

impl ColumnBuilders {
    pub(crate) fn new(layout: &Layout) -> Self {
        let mut new = Self::default();
        for field in layout.fields() {
            let data_type = field.field_type.data_type();
            let known = new.types.iter().position(|other| other.data_type() == data_type);
            new.type_of.push(known.unwrap_or_else(|| {
                new.types.push(field.field_type);
                new.types.len() - 1
            }));
            new.builders.push(None);
        }
        new
    }

    /// Adds the value that the field of a column takes from a scalar to a row, if it takes one; rows come in
    /// ascending order.
    pub(crate) fn add(
        &mut self,
        column: usize,
        row: usize,
        field: &Field,
        scalar: Scalar<'_>,
    ) -> Result<(), Misfit> {
        self.builder(column, field).add(row, field, scalar)
    }

    /// As [`Self::add`], of a string with escapes.
    pub(crate) fn add_escaped(
        &mut self,
        column: usize,
        row: usize,
        field: &Field,
        text: Escaped<'_>,
    ) -> Result<(), Misfit> {
        self.builder(column, field).add_escaped(row, field, text)
    }

    #[inline]
    fn builder(&mut self, column: usize, field: &Field) -> &mut ColumnBuilder {
        self.builders[column].get_or_insert_with(|| Box::new(ColumnBuilder::new(field.field_type)))
    }

    /// The columns of this many rows; ready for the next batch afterwards.
    pub(crate) fn finish(&mut self, rows: usize) -> BatchColumns {
        let mut arrays: Vec<ListArray> = self.types.iter().map(|of| no_values(*of, rows)).collect();
        let mut places = self.type_of.clone();
        for (place, builder) in places.iter_mut().zip(&mut self.builders) {
            if let Some(builder) = builder.as_mut().filter(|builder| !builder.is_empty()) {
                *place = arrays.len();
                arrays.push(builder.finish(rows));
            }
        }
        BatchColumns { arrays, places }
    }
}

/// The columns of a batch.
#[derive(Debug)]
pub(crate) struct BatchColumns {
    /// For each type of data a column without a value, then those that have any: what an empty column costs
    /// is to be next to nothing.
    arrays: Vec<ListArray>,
    /// For each column its place among the arrays.
    places: Vec<usize>,
}

impl BatchColumns {
    /// To ask for a column that is not there is an error of the program, and panics.
    pub(crate) fn get(&self, column: usize) -> &ListArray {
        &self.arrays[self.places[column]]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ListArray> {
        self.places.iter().map(|place| &self.arrays[*place])
    }
}

/// The item of the list column of a field.
fn item_field(field_type: FieldType) -> Arc<ArrowField> {
    let arrow_type = match field_type.data_type() {
        None => ArrowType::Null,
        Some(DataType::String) => ArrowType::Dictionary(ArrowType::Int32.into(), ArrowType::Utf8.into()),
        Some(DataType::Long) => ArrowType::Int64,
        Some(DataType::UnsignedLong) => ArrowType::UInt64,
        Some(DataType::Double) => ArrowType::Float64,
        Some(DataType::Boolean) => ArrowType::Boolean,
        Some(DataType::Date) => ArrowType::Timestamp(TimeUnit::Millisecond, None),
        Some(DataType::DateNanos) => ArrowType::Timestamp(TimeUnit::Nanosecond, None),
        Some(DataType::Ip) => ArrowType::FixedSizeBinary(IP_BYTES),
    };
    let nullable = arrow_type == ArrowType::Null;
    Arc::new(ArrowField::new_list_field(arrow_type, nullable))
}

/// The values of a row of a finished column.
pub(crate) fn values<'a>(field: &Field, column: &'a ListArray, row: usize) -> Vec<Value<'a>> {
    let Some(data_type) = field.field_type.data_type() else { return Vec::new() };
    let offsets = column.value_offsets();
    let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
    let items = column.values();
    let values = start..end;
    match data_type {
        DataType::String => {
            let dictionary = items.as_dictionary::<Int32Type>();
            let strings = dictionary.values().as_string::<i32>();
            values.map(|i| Value::String(strings.value(dictionary.keys().value(i) as usize).into())).collect()
        }
        DataType::Long => values.map(|i| Value::Long(items.as_primitive::<Int64Type>().value(i))).collect(),
        DataType::UnsignedLong => {
            values.map(|i| Value::UnsignedLong(items.as_primitive::<UInt64Type>().value(i))).collect()
        }
        DataType::Double => {
            values.map(|i| Value::Double(items.as_primitive::<Float64Type>().value(i))).collect()
        }
        DataType::Boolean => values.map(|i| Value::Boolean(items.as_boolean().value(i))).collect(),
        DataType::Date => {
            values.map(|i| Value::Date(items.as_primitive::<TimestampMillisecondType>().value(i))).collect()
        }
        DataType::DateNanos => values
            .map(|i| Value::DateNanos(items.as_primitive::<TimestampNanosecondType>().value(i)))
            .collect(),
        DataType::Ip => values
            .map(|i| {
                let octets = <[u8; 16]>::try_from(items.as_fixed_size_binary().value(i)).unwrap_or_default();
                Value::Ip(octets.into())
            })
            .collect(),
    }
}
