//! Rows of a result as JSON, as Elasticsearch gives them.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType, TimestampNanosecondType,
    UInt64Type,
};
use rulehound_query::esql::Column;
use serde_json::{Value, json};

use crate::functions::text;
use crate::lower::name_of;

/// The value of each column of the output in a row: null, a value, or an array of several.
pub fn row_values(batch: &RecordBatch, output: &[Column], row: usize) -> Vec<Value> {
    let value = |column: &Column| {
        batch.column_by_name(&name_of(column.id)).map_or(Value::Null, |array| value_at(array, row))
    };
    output.iter().map(value).collect()
}

fn value_at(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    if let Some(lists) = array.as_list_opt::<i32>() {
        let items = lists.value(row);
        let mut values: Vec<Value> = (0..items.len()).map(|item| value_at(&items, item)).collect();
        return if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        DataType::Float64 => json!(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            text::date(array.as_primitive::<TimestampMillisecondType>().value(row)).into()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            text::date_nanos(array.as_primitive::<TimestampNanosecondType>().value(row)).into()
        }
        DataType::FixedSizeBinary(16) => text::ip(array.as_fixed_size_binary().value(row)).into(),
        DataType::Binary => text::version(array.as_binary::<i32>().value(row)).into(),
        DataType::Struct(_) => {
            let points = array.as_struct();
            let of = |place: usize| points.column(place).as_primitive::<Float64Type>().value(row);
            text::point(of(0), of(1)).into()
        }
        DataType::LargeUtf8 => {
            serde_json::from_str(array.as_string::<i64>().value(row)).unwrap_or(Value::Null)
        }
        _ => Value::Null,
    }
}
