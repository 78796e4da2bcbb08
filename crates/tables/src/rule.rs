//! ES|QL rules: what their queries make of the events that a hunt has found for them.

use std::sync::Arc;

use datafusion::arrow::array::types::{TimestampMillisecondType, UInt64Type};
use datafusion::arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, RecordBatchOptions, StringViewArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array, new_null_array,
};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::LogicalPlanBuilder;
use rulehound_engine::correlate::{EventHandle, KeyValue};
use rulehound_engine::tables::{ResultRow, TableEngine, TableError, TableRow, TableRun};
use rulehound_query::esql::{Column, ColumnId, TableQuery, TableSource, Type};

use crate::columns::{list, point, points_of};
use crate::functions::version;
use crate::lower::{CARRIED, Columns, Lowered, RUN, keeps_runs_apart, name_of};
use crate::query::{QueryError, RunOptions, Session};
use crate::rows::row_values;
use crate::types::{arrow_type, list_of};

/// So many rows of several runs are computed together at most. A query costs milliseconds, however few it sees.
const MOST_ROWS: usize = 16_384;

/// Computes the tables of rules with DataFusion, on one thread, as many runs at once as may be.
#[derive(Clone, Debug)]
pub struct RuleTables {
    options: RunOptions,
}

impl RuleTables {
    /// With these options; `now` is that of each run.
    pub fn new(options: RunOptions) -> Self {
        Self { options: RunOptions { threads: 1, ..options } }
    }

    fn results(
        &self,
        query: &TableQuery,
        rows: &[TableRow],
        runs: &[TableRun],
    ) -> Result<Vec<Vec<ResultRow>>, QueryError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(DataFusionError::IoError)?;
        let session = Session::new(query, &self.options)?;
        let (batch, columns) = table(query, rows).map_err(QueryError::arrow)?;
        let mut results = Vec::with_capacity(runs.len());
        for runs in at_once(query, runs) {
            let Some(first) = runs.first() else { continue };
            let options = RunOptions { now: first.now, ..self.options.clone() };
            let start = seen(&batch, &columns, runs)?;
            let mut of_runs = vec![Vec::new(); runs.len()];
            runtime.block_on(session.finish(query, Some(start), &options, &mut |batch| {
                add_rows(&batch, &query.output, runs, &mut of_runs);
                Ok(())
            }))?;
            results.append(&mut of_runs);
        }
        Ok(results)
    }
}

/// The runs that are computed together, in their order.
fn at_once<'a>(query: &TableQuery, runs: &'a [TableRun]) -> impl Iterator<Item = &'a [TableRun]> {
    let keeps_apart = keeps_runs_apart(query);
    let mut rows = 0;
    runs.chunk_by(move |before, run| {
        rows += before.rows.len();
        let goes_with = keeps_apart && before.now < run.now && rows + run.rows.len() <= MOST_ROWS;
        if !goes_with {
            rows = 0;
        }
        goes_with
    })
}

/// The rows that runs see as a table; of several, with a column that says which it is.
fn seen(batch: &RecordBatch, columns: &Columns, runs: &[TableRun]) -> Result<Lowered, DataFusionError> {
    let mut columns = columns.clone();
    let table = match runs {
        [run] => batch.slice(run.rows.start, run.rows.len()),
        _ => {
            let rows = runs.iter().flat_map(|run| run.rows.clone());
            let rows = take_record_batch(batch, &UInt64Array::from_iter_values(rows.map(|row| row as u64)))?;
            let moments = runs.iter().flat_map(|run| run.rows.clone().map(|_| run.now));
            let moments: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values(moments));
            columns.insert(RUN, (Type::Date, false));
            let mut fields = rows.schema_ref().fields().to_vec();
            fields.push(Arc::new(ArrowField::new(name_of(RUN), moments.data_type().clone(), false)));
            let arrays = rows.columns().iter().cloned().chain([moments]).collect();
            RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays)?
        }
    };
    let table = MemTable::try_new(table.schema(), vec![vec![table]])?;
    let plan = LogicalPlanBuilder::scan("events", provider_as_source(Arc::new(table)), None)?.build()?;
    Ok(Lowered { plan, columns, next: Some(0) })
}

impl TableEngine for RuleTables {
    fn run(
        &self,
        query: &TableQuery,
        rows: &[TableRow],
        runs: &[TableRun],
    ) -> Result<Vec<Vec<ResultRow>>, TableError> {
        self.results(query, rows, runs).map_err(|error| TableError(told(&error)))
    }
}

/// What an error says, without those that only hand it on.
fn told(error: &QueryError) -> String {
    match error {
        QueryError::DataFusion(error) => match error.find_root() {
            DataFusionError::External(error) => error.to_string(),
            error => error.to_string(),
        },
        other => other.to_string(),
    }
}

/// Adds the rows of a result to those of the run that each is of.
fn add_rows(batch: &RecordBatch, output: &[Column], runs: &[TableRun], results: &mut [Vec<ResultRow>]) {
    let events = batch.column_by_name(&name_of(CARRIED));
    let events = events.and_then(|events| events.as_primitive_opt::<UInt64Type>());
    let moments = batch.column_by_name(&name_of(RUN));
    let moments = moments.and_then(|moments| moments.as_primitive_opt::<TimestampMillisecondType>());
    for row in 0..batch.num_rows() {
        let place =
            moments.map_or(Ok(0), |moments| runs.binary_search_by_key(&moments.value(row), |run| run.now));
        let Some(rows) = place.ok().and_then(|place| results.get_mut(place)) else { continue };
        let values = output.iter().map(|column| column.name.clone()).zip(row_values(batch, output, row));
        rows.push(ResultRow {
            event: events.map(|events| EventHandle(events.value(row))),
            values: values.filter(|(_, value)| !value.is_null()).collect(),
        });
    }
}

/// Rows as a batch: a column for each field and test of the query's source, and one that says which event it is.
fn table(query: &TableQuery, rows: &[TableRow]) -> Result<(RecordBatch, Columns), ArrowError> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    let mut columns = Columns::new();
    let mut add = |id: ColumnId, ty: Type, is_list: bool, array: ArrayRef| {
        fields.push(ArrowField::new(name_of(id), array.data_type().clone(), true));
        arrays.push(array);
        columns.insert(id, (ty, is_list));
    };
    if let TableSource::Events { fields, tests, .. } = &query.source {
        let named = fields.iter().map(|(column, field)| (column, &*field.name));
        let named = named.chain(tests.iter().map(|(column, _)| (column, "")));
        for (place, (column, field)) in named.enumerate() {
            let (array, is_list) = column_of(column.ty, field, place, rows)?;
            add(column.id, column.ty, is_list, array);
        }
    }
    let events = UInt64Array::from_iter_values(rows.iter().map(|row| row.event.0));
    add(CARRIED, Type::UnsignedLong, false, Arc::new(events));
    let schema: SchemaRef = Arc::new(ArrowSchema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok((RecordBatch::try_new_with_options(schema, arrays, &options)?, columns))
}

/// A column, and whether it is one of lists: if some row has several values.
fn column_of(ty: Type, field: &str, place: usize, rows: &[TableRow]) -> Result<(ArrayRef, bool), ArrowError> {
    // An event in a file was indexed once.
    match field {
        "_version" => return Ok((Arc::new(Int64Array::from_iter_values(rows.iter().map(|_| 1))), false)),
        "_index_mode" => {
            return Ok((Arc::new(StringViewArray::from_iter_values(rows.iter().map(|_| "standard"))), false));
        }
        _ => {}
    }
    if rows.iter().all(|row| values_at(row, place).len() <= 1) {
        let single: Vec<Option<&KeyValue>> = rows.iter().map(|row| values_at(row, place).first()).collect();
        return Ok((array_of(ty, &single)?, false));
    }
    let items: Vec<Option<&KeyValue>> = rows.iter().flat_map(|row| values_at(row, place)).map(Some).collect();
    let items = array_of(ty, &items)?;
    if items.data_type().is_null() {
        return Ok((new_null_array(&list_of(arrow_type(ty)), rows.len()), true));
    }
    Ok((list(rows.iter().map(|row| values_at(row, place).len()), items, &arrow_type(ty))?, true))
}

fn values_at(row: &TableRow, place: usize) -> &[KeyValue] {
    row.values.get(place).map_or(&[], Vec::as_slice)
}

/// Values of a type as an array. What does not fit is null.
fn array_of(ty: Type, values: &[Option<&KeyValue>]) -> Result<ArrayRef, ArrowError> {
    let text = |value: &Option<&KeyValue>| match value {
        Some(KeyValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let integer = |value: &Option<&KeyValue>| match value {
        Some(KeyValue::Long(number)) => Some(*number),
        _ => None,
    };
    let values = values.iter();
    Ok(match ty {
        Type::Boolean => {
            let bit = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::Boolean(bit)) => Some(*bit),
                _ => None,
            };
            Arc::new(values.map(bit).collect::<BooleanArray>())
        }
        Type::Integer => {
            let narrow = |value| i32::try_from(integer(value)?).ok();
            Arc::new(values.map(narrow).collect::<Int32Array>())
        }
        Type::Long => Arc::new(values.map(integer).collect::<Int64Array>()),
        Type::UnsignedLong => {
            let unsigned = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::UnsignedLong(number)) => Some(*number),
                _ => u64::try_from(integer(value)?).ok(),
            };
            Arc::new(values.map(unsigned).collect::<UInt64Array>())
        }
        Type::Double => {
            let double = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::Double(number)) => Some(number.get()),
                _ => None,
            };
            Arc::new(values.map(double).collect::<Float64Array>())
        }
        Type::Keyword | Type::Text => Arc::new(values.map(text).collect::<StringViewArray>()),
        Type::Date => {
            let date = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::Date(millis)) => Some(*millis),
                Some(KeyValue::DateNanos(nanos)) => Some(nanos.div_euclid(1_000_000)),
                _ => None,
            };
            Arc::new(values.map(date).collect::<TimestampMillisecondArray>())
        }
        Type::DateNanos => {
            let date = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::Date(millis)) => millis.checked_mul(1_000_000),
                Some(KeyValue::DateNanos(nanos)) => Some(*nanos),
                _ => None,
            };
            Arc::new(values.map(date).collect::<TimestampNanosecondArray>())
        }
        Type::Ip => {
            let octets = |value: &Option<&KeyValue>| match value {
                Some(KeyValue::Ip(address)) => Some(address.octets()),
                _ => None,
            };
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.map(octets), 16)?)
        }
        Type::Version => {
            Arc::new(BinaryArray::from_iter(values.map(|value| Some(version::encode(&text(value)?)))))
        }
        Type::Source => Arc::new(values.map(text).collect::<LargeStringArray>()),
        Type::GeoPoint => points_of(values.map(|value| point(&serde_json::from_str(&text(value)?).ok()?))),
        Type::Null | Type::Unsupported | Type::DatePeriod | Type::TimeDuration | Type::CartesianPoint => {
            new_null_array(&arrow_type(ty), values.len())
        }
    })
}

#[cfg(test)]
mod tests {
    use rulehound_query::Filter;
    use rulehound_query::esql::TableStep;

    use super::*;

    #[test]
    fn runs_go_together_as_far_as_rows_go() {
        let query = |steps| TableQuery {
            source: TableSource::Row(Vec::new()),
            steps,
            output: Vec::new(),
            filter: Filter::Constant(true),
            is_aggregating: false,
            reads_all: false,
        };
        let run = |(now, rows): (i64, usize)| TableRun { now, rows: 0..rows };
        let parts = |query: &TableQuery, runs: &[(i64, usize)]| -> Vec<usize> {
            let runs: Vec<TableRun> = runs.iter().copied().map(run).collect();
            at_once(query, &runs).map(<[TableRun]>::len).collect()
        };
        let runs = [(0, 1), (1, MOST_ROWS - 1), (2, 1), (3, 2 * MOST_ROWS), (4, 1), (5, 1)];
        assert_eq!(parts(&query(Vec::new()), &runs), [2, 1, 1, 2]);
        assert_eq!(parts(&query(vec![TableStep::Limit(1)]), &runs), [1; 6]);
        // What two runs share does not tell them apart.
        assert_eq!(parts(&query(Vec::new()), &[(0, 1), (0, 1), (1, 1)]), [1, 2]);
        assert_eq!(parts(&query(Vec::new()), &[]), [0; 0]);
    }
}
