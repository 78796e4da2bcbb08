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
use rulehound_schema::{DataType, Field, FieldType, Value};

use crate::strings::Strings;

/// The values of one field, row by row.
///
/// A row that has no value costs nothing until the column is finished: with a thousand columns of which an
/// event fills twenty, that is what counts.
pub(crate) struct ColumnBuilder {
    /// Where each row up to the last one with a value begins among the items.
    starts: Vec<i32>,
    items: Items,
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
        use std::mem::take;
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

/// A column of this many rows that has no value.
pub(crate) fn no_values(field_type: FieldType, rows: usize) -> ArrayRef {
    Arc::new(ColumnBuilder::new(field_type).finish(rows, &item_field(field_type)))
}

/// Size of an IPv6 address.
const IP_BYTES: i32 = 16;

impl ColumnBuilder {
    pub(crate) fn new(field_type: FieldType) -> Self {
        Self { starts: Vec::new(), items: Items::new(field_type) }
    }

    /// Adds a value to a row; rows come in ascending order.
    pub(crate) fn push(&mut self, row: usize, value: Value<'_>) {
        let length = self.len();
        if self.starts.len() <= row {
            self.starts.resize(row + 1, length);
        }
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

    /// Number of items, of all rows together. Batches are cut long before it could overflow.
    fn len(&self) -> i32 {
        let length = match &self.items {
            Items::String(items) => items.len(),
            Items::Long(items) | Items::Date(items) | Items::DateNanos(items) => items.len(),
            Items::UnsignedLong(items) => items.len(),
            Items::Double(items) => items.len(),
            Items::Boolean(items) => items.len(),
            Items::Ip(items) => items.len() / 16,
            Items::Nothing => 0,
        };
        i32::try_from(length).unwrap_or(i32::MAX)
    }

    /// The column of this many rows; ready for the next batch afterwards.
    pub(crate) fn finish(&mut self, rows: usize, item_type: &Arc<ArrowField>) -> ListArray {
        let length = self.len();
        let mut starts = std::mem::take(&mut self.starts);
        starts.resize(rows + 1, length);
        let offsets = OffsetBuffer::new(starts.into());
        ListArray::new(item_type.clone(), offsets, self.items.take_array(), None)
    }

    /// Whether no value was added since the column was last finished.
    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// The item of the list column of a field.
pub(crate) fn item_field(field_type: FieldType) -> Arc<ArrowField> {
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
