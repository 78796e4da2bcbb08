//! `CHANGE_POINT`: where a series of numbers changes, and how.

mod detect;
mod excursion;
mod moments;
mod probability;
mod sample;
mod shift;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, Float64Array, Float64Builder, RecordBatch, StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema};
use datafusion::common::{Result, internal_err};
use rulehound_query::esql::{Column, ColumnId};

use crate::lower::name_of;
use crate::warnings::Warnings;

/// So many rows are looked at, as `ChangePointOperator` does.
pub(crate) const MOST_POINTS: usize = 1000;

/// The first [`MOST_POINTS`] rows, which come in the order of their keys, with the kind of change and its
/// p-value in the row where the values change; they are null elsewhere. Rows without a value or with several
/// are passed over.
///
/// Warnings are worded as those of Elasticsearch's `ChangePointOperator`.
pub(crate) fn change_point(
    rows: &RecordBatch,
    value: ColumnId,
    kind: &Column,
    pvalue: &Column,
    warnings: &Warnings,
) -> Result<RecordBatch> {
    let warn = |reason: &str, rows: usize| warnings.add("change_point", reason, rows as u64);
    warn("too many values; keeping only first 1000 values", rows.num_rows().saturating_sub(MOST_POINTS));
    let rows = rows.slice(0, rows.num_rows().min(MOST_POINTS));
    let Some(values) = rows.column_by_name(&name_of(value)) else {
        return internal_err!("there is no column {}", name_of(value));
    };
    let points = points(values)?;
    warn("values contain nulls; skipping them", points.nulls);
    warn(
        "values contains multivalued entries; skipping them \
         (please consider reducing them with e.g. MV_AVG or MV_SUM)",
        points.several,
    );
    if points.values.len() < detect::LEAST_POINTS {
        let reason = format!(
            "not enough buckets to calculate change_point. Requires at least [{}]; found [{}]",
            detect::LEAST_POINTS,
            points.values.len()
        );
        warn(&reason, rows.num_rows().max(1));
    }
    let change = detect::detect(&points.values);
    let change = change.and_then(|change| Some((*points.rows.get(change.at)?, change)));
    let mut kinds = StringViewBuilder::new();
    let mut p_values = Float64Builder::new();
    for row in 0..rows.num_rows() {
        let change = change.filter(|(at, _)| *at == row).map(|(_, change)| change);
        kinds.append_option(change.map(|change| change.kind.name()));
        p_values.append_option(change.map(|change| change.p_value));
    }
    let mut fields: Vec<_> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(name_of(kind.id), DataType::Utf8View, true)));
    fields.push(Arc::new(Field::new(name_of(pvalue.id), DataType::Float64, true)));
    let mut columns = rows.columns().to_vec();
    columns.extend([Arc::new(kinds.finish()) as ArrayRef, Arc::new(p_values.finish())]);
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The rows that have one value.
#[derive(Debug, Default)]
struct Points {
    values: Vec<f64>,
    rows: Vec<usize>,
    /// Rows without a value.
    nulls: usize,
    /// Rows with several.
    several: usize,
}

fn points(column: &ArrayRef) -> Result<Points> {
    let mut points = Points::default();
    let numbers = |array: &ArrayRef| -> Result<Float64Array> {
        Ok(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    };
    let mut row_of = |row: usize, value: &[f64]| match value {
        [] => points.nulls += 1,
        [value] => {
            points.values.push(*value);
            points.rows.push(row);
        }
        _ => points.several += 1,
    };
    if let Some(lists) = column.as_list_opt::<i32>() {
        for (row, list) in lists.iter().enumerate() {
            let list = list.map(|list| numbers(&list)).transpose()?;
            row_of(row, list.as_ref().map_or(&[], |list| list.values()));
        }
    } else {
        for (row, value) in numbers(column)?.iter().enumerate() {
            row_of(row, value.as_slice());
        }
    }
    Ok(points)
}
