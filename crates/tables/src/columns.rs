//! Events as columns of a table.
//!
//! Elasticsearch reads the values of a field from where its index keeps them column by column, and there they have an
//! order: strings, addresses and versions each once and in order, numbers, dates and booleans in order. Analysed text
//! alone is read from the document, as it stands there. So do the columns here.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray,
    StringViewArray, StructArray, UInt32Array, make_comparator, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, cast, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::error::ArrowError;
use rulehound_events::EventBatch;
use rulehound_query::esql::{Column, Type};
use rulehound_schema::Field;
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
            Some(place) => return of_field(column.ty, batch.column(place), rows, data_type),
            None => return Ok(new_null_array(data_type, rows.len())),
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

fn list(
    lengths: impl Iterator<Item = usize> + Clone,
    items: ArrayRef,
    item: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let DataType::List(item) = list_of(item.clone()) else { return Ok(items) };
    let nulls = NullBuffer::from_iter(lengths.clone().map(|length| length > 0));
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), items, Some(nulls))?))
}

fn of_field(
    ty: Type,
    lists: &ListArray,
    rows: &UInt32Array,
    data_type: &DataType,
) -> Result<ArrayRef, ColumnError> {
    let offsets = lists.value_offsets();
    let span = |row: u32| {
        let row = row as usize;
        let at = |place: usize| offsets.get(place).copied().unwrap_or(0);
        at(row) as u32..at(row + 1) as u32
    };
    if !is_list(data_type) {
        if rows.values().iter().any(|row| span(*row).len() > 1) {
            return Err(ColumnError::Several);
        }
        let places: UInt32Array = rows.values().iter().map(|row| span(*row).next()).collect();
        return Ok(converted(&take(lists.values(), &places, None)?, ty)?);
    }
    let values = converted(lists.values(), ty)?;
    if values.data_type() == &DataType::Null {
        return Ok(new_null_array(data_type, rows.len()));
    }
    let is_once = matches!(ty, Type::Keyword | Type::Ip | Type::Version);
    let compare = match ty {
        Type::Text => None,
        _ => Some(make_comparator(&values, &values, SortOptions::default())?),
    };
    let mut places: Vec<u32> = Vec::with_capacity(rows.len());
    let mut lengths = Vec::with_capacity(rows.len());
    for row in rows.values() {
        let start = places.len();
        places.extend(span(*row));
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
    let points: Vec<Option<(f64, f64)>> = rows
        .map(|row| {
            let document = batch.document(row);
            rulehound_engine::alert::field(&document, &field.name).and_then(point)
        })
        .collect();
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
fn point(value: &Value) -> Option<(f64, f64)> {
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
