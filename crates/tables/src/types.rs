//! The types of ES|QL as Arrow has them.
//!
//! Each type has an Arrow type of its own (`keyword` and `text` have one together), so that a function sees from a
//! column what it holds. Where Arrow orders values otherwise than Elasticsearch would, the values are encoded so that
//! the order of their bytes is the right one: comparing, grouping, sorting, `MIN` and `MAX` need know nothing of it.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use rulehound_query::esql::Type;

/// The Arrow type of a column whose rows have at most one value.
///
/// - `ip` is `FixedSizeBinary(16)`: the IPv6 address, IPv4 as `::ffff:a.b.c.d`.
/// - `version` is `Binary`: see `functions::version`.
/// - `date` is `Timestamp(ms)`, `date_nanos` is `Timestamp(ns)`, both without a time zone.
/// - `geo_point` is `Struct{lon, lat}` and `cartesian_point` is `Struct{x, y}`, of doubles.
/// - `_source` is the document's JSON as `LargeUtf8`.
/// - `date_period` is `Interval(MonthDayNano)`, `time_duration` is `Duration(ms)`.
pub fn arrow_type(ty: Type) -> DataType {
    match ty {
        Type::Null | Type::Unsupported => DataType::Null,
        Type::Boolean => DataType::Boolean,
        Type::Integer => DataType::Int32,
        Type::Long => DataType::Int64,
        Type::UnsignedLong => DataType::UInt64,
        Type::Double => DataType::Float64,
        Type::Keyword | Type::Text => DataType::Utf8View,
        Type::Date => DataType::Timestamp(TimeUnit::Millisecond, None),
        Type::DateNanos => DataType::Timestamp(TimeUnit::Nanosecond, None),
        Type::DatePeriod => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::TimeDuration => DataType::Duration(TimeUnit::Millisecond),
        Type::Ip => DataType::FixedSizeBinary(16),
        Type::Version => DataType::Binary,
        Type::GeoPoint => point("lon", "lat"),
        Type::CartesianPoint => point("x", "y"),
        Type::Source => DataType::LargeUtf8,
    }
}

fn point(first: &str, second: &str) -> DataType {
    let coordinate = |name: &str| Field::new(name, DataType::Float64, false);
    DataType::Struct(vec![coordinate(first), coordinate(second)].into())
}

/// The Arrow type of a column whose rows may have several values. A row without a value is null, never an empty list;
/// items are never null.
pub(crate) fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// The type of single values.
pub(crate) fn item_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::List(item) => item.data_type(),
        other => other,
    }
}

/// Whether rows may have several values.
pub(crate) fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_))
}
