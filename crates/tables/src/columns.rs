//! Events as columns of a table.
//!
//! Elasticsearch reads the values of a field from where its index keeps them column by column, and there they have an
//! order: strings, addresses and versions each once and in order, numbers, dates and booleans in order. Analysed text
//! alone is read from the document, as it stands there. So do the columns here.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int32Array,
    Int64Array, LargeStringArray, ListArray, StringViewArray, StructArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt32Array, UInt64Array, make_comparator, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, cast, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::error::ArrowError;
use rulehound_events::EventBatch;
use rulehound_query::esql::{Column, Type};
use rulehound_schema::{Field, FieldSource, Value as FieldValue};
use serde_json::Value;

use crate::functions::version;
use crate::types::{arrow_type, is_list, list_of};

/// Why a column could not be made.
#[derive(Debug)]
pub(crate) enum ColumnError {
    /// Rows were to have one value each, and one has more.
    Several,
    /// Arrow refused.
    Arrow(ArrowError),
}

impl From<ArrowError> for ColumnError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

/// The values of a column in those rows of a batch, as an array of a type: of lists, or of single values.
pub(crate) fn of_events(
    column: &Column,
    field: &Field,
    batch: &EventBatch,
    rows: &UInt32Array,
    data_type: &DataType,
) -> Result<ArrayRef, ColumnError> {
    let each = || rows.values().iter().map(|row| *row as usize);
    let single: ArrayRef = match &*field.name {
        "_id" => Arc::new(StringViewArray::from_iter_values(each().map(|row| batch.id(row)))),
        "_index" => Arc::new(StringViewArray::from_iter(each().map(|row| batch.index(row)))),
        // An event in a file was indexed once.
        "_version" => Arc::new(Int64Array::from_iter_values(each().map(|_| 1))),
        "_index_mode" => Arc::new(StringViewArray::from_iter_values(each().map(|_| "standard"))),
        _ if column.ty == Type::Source => {
            let documents = each().map(|row| Value::Object(batch.document(row)).to_string());
            Arc::new(LargeStringArray::from_iter_values(documents))
        }
        _ if column.ty == Type::GeoPoint => points(field, batch, each()),
        _ => match batch.layout().column_of(field) {
            Some(place) => {
                let lists = batch.column(place);
                let at = |place: usize| lists.value_offsets().get(place).map_or(0, |at| *at as u32);
                let spans = rows.values().iter().map(|row| at(*row as usize)..at(*row as usize + 1));
                return arranged(column.ty, lists.values(), spans, data_type);
            }
            None => return looked_up(column.ty, field, batch, each(), data_type),
        },
    };
    Ok(if is_list(data_type) { wrap(&single)? } else { single })
}

/// Each value as a list of one.
fn wrap(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let lengths = (0..values.len()).map(|row| usize::from(values.is_valid(row)));
    let present = UInt32Array::from_iter_values(
        (0u32..).zip(0..values.len()).filter_map(|(place, row)| values.is_valid(row).then_some(place)),
    );
    let items = take(values, &present, None)?;
    list(lengths, items, values.data_type())
}

/// Lists of so many items each, one after the other; none is null.
pub(crate) fn list(
    lengths: impl Iterator<Item = usize> + Clone,
    items: ArrayRef,
    item: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let DataType::List(item) = list_of(item.clone()) else { return Ok(items) };
    let nulls = NullBuffer::from_iter(lengths.clone().map(|length| length > 0));
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), items, Some(nulls))?))
}

/// The values of each of some rows: those at its span among `values`.
fn arranged(
    ty: Type,
    values: &ArrayRef,
    spans: impl ExactSizeIterator<Item = Range<u32>> + Clone,
    data_type: &DataType,
) -> Result<ArrayRef, ColumnError> {
    if values.data_type() == &DataType::Null {
        return Ok(new_null_array(data_type, spans.len()));
    }
    if !is_list(data_type) {
        if spans.clone().any(|span| span.len() > 1) {
            return Err(ColumnError::Several);
        }
        let places: UInt32Array = spans.map(|mut span| span.next()).collect();
        return Ok(converted(&take(values, &places, None)?, ty)?);
    }
    let values = converted(values, ty)?;
    let is_once = matches!(ty, Type::Keyword | Type::Ip | Type::Version);
    let compare = match ty {
        Type::Text => None,
        _ => Some(make_comparator(&values, &values, SortOptions::default())?),
    };
    let mut places: Vec<u32> = Vec::with_capacity(spans.len());
    let mut lengths = Vec::with_capacity(spans.len());
    for span in spans {
        let start = places.len();
        places.extend(span);
        if let (Some(compare), true) = (&compare, places.len() - start > 1) {
            let of_row = places.get_mut(start..).unwrap_or_default();
            of_row.sort_by(|a, b| compare(*a as usize, *b as usize));
            if is_once {
                let mut of_row = places.split_off(start);
                of_row.dedup_by(|a, b| compare(*a as usize, *b as usize).is_eq());
                places.append(&mut of_row);
            }
        }
        lengths.push(places.len() - start);
    }
    let items = take(&values, &UInt32Array::from(places), None)?;
    Ok(list(lengths.into_iter(), items, &arrow_type(ty))?)
}

/// Values of a field that is no column of the batch: another reading of one that is.
fn looked_up(
    ty: Type,
    field: &Field,
    batch: &EventBatch,
    rows: impl Iterator<Item = usize>,
    data_type: &DataType,
) -> Result<ArrayRef, ColumnError> {
    let (mut items, mut ends) = (Vec::new(), vec![0u32]);
    for row in rows {
        items.extend(batch.row(row).values(field).into_iter().map(FieldValue::into_owned));
        ends.push(u32::try_from(items.len()).unwrap_or(u32::MAX));
    }
    let spans = ends.windows(2).map(|ends| match ends {
        [start, end] => *start..*end,
        _ => 0..0,
    });
    arranged(ty, &items_of(ty, &items), spans, data_type)
}

/// Values of a type that an event's field has, as a batch of events holds them.
fn items_of(ty: Type, values: &[FieldValue<'_>]) -> ArrayRef {
    macro_rules! array {
        ($array:ty, $value:ident) => {
            Arc::new(<$array>::from_iter(values.iter().map(|value| match value {
                FieldValue::$value(value) => Some(value.clone()),
                _ => None,
            })))
        };
    }
    match ty {
        Type::Boolean => array!(BooleanArray, Boolean),
        Type::Integer | Type::Long => array!(Int64Array, Long),
        Type::UnsignedLong => array!(UInt64Array, UnsignedLong),
        Type::Double => array!(Float64Array, Double),
        Type::Keyword | Type::Text | Type::Version => array!(StringViewArray, String),
        Type::Date => array!(TimestampMillisecondArray, Date),
        Type::DateNanos => array!(TimestampNanosecondArray, DateNanos),
        Type::Ip => {
            let octets = values.iter().map(|value| match value {
                FieldValue::Ip(address) => Some(address.octets()),
                _ => None,
            });
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(octets, 16)
                .map_or_else(|_| new_null_array(&arrow_type(ty), values.len()), |array| Arc::new(array) as _)
        }
        _ => new_null_array(&DataType::Null, values.len()),
    }
}

/// The values that a batch of events has, as a table has them.
fn converted(values: &ArrayRef, ty: Type) -> Result<ArrayRef, ArrowError> {
    match ty {
        Type::Version => {
            let texts = cast(values, &DataType::Utf8View)?;
            let encoded = texts.as_string_view().iter().map(|text| text.map(version::encode));
            Ok(Arc::new(BinaryArray::from_iter(encoded)))
        }
        Type::Integer => {
            let narrow = |value: i64| i32::try_from(value).ok();
            let values = values.as_primitive::<Int64Type>().iter();
            Ok(Arc::new(Int32Array::from_iter(values.map(|value| value.and_then(narrow)))))
        }
        _ => cast(values, &arrow_type(ty)),
    }
}

/// The places at a path of the documents; of several the first.
fn points(field: &Field, batch: &EventBatch, rows: impl Iterator<Item = usize>) -> ArrayRef {
    points_of(rows.map(|row| {
        let document = batch.document(row);
        rulehound_engine::alert::field(&document, &field.name).and_then(point)
    }))
}

/// Longitudes and latitudes as a column.
pub(crate) fn points_of(points: impl Iterator<Item = Option<(f64, f64)>>) -> ArrayRef {
    let points: Vec<Option<(f64, f64)>> = points.collect();
    let nulls = NullBuffer::from_iter(points.iter().map(Option::is_some));
    let coordinate = |of: fn(&(f64, f64)) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(points.iter().map(|point| point.as_ref().map_or(0.0, of))))
    };
    let DataType::Struct(fields) = arrow_type(Type::GeoPoint) else {
        return new_null_array(&arrow_type(Type::GeoPoint), points.len());
    };
    let columns = vec![coordinate(|(lon, _)| *lon), coordinate(|(_, lat)| *lat)];
    Arc::new(StructArray::new(fields, columns, Some(nulls)))
}

/// Longitude and latitude, in the forms that Elasticsearch takes: `{"lat", "lon"}`, `[lon, lat]`, `"lat,lon"`,
/// `"POINT (lon lat)"`, GeoJSON.
pub(crate) fn point(value: &Value) -> Option<(f64, f64)> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    match value {
        Value::Object(object) => match object.get("coordinates") {
            Some(coordinates) => point(coordinates),
            None => Some((number(object.get("lon")?)?, number(object.get("lat")?)?)),
        },
        Value::Array(items) => match (items.first()?, items.get(1)) {
            (Value::Number(lon), Some(lat)) => Some((lon.as_f64()?, number(lat)?)),
            (first, _) => point(first),
        },
        Value::String(text) => match text.split_once(',') {
            Some((lat, lon)) => Some((lon.trim().parse().ok()?, lat.trim().parse().ok()?)),
            None => {
                let inner = text.trim().strip_prefix("POINT")?.trim().strip_prefix('(')?.strip_suffix(')')?;
                let (lon, lat) = inner.trim().split_once(' ')?;
                Some((lon.parse().ok()?, lat.trim().parse().ok()?))
            }
        },
        _ => None,
    }
}
