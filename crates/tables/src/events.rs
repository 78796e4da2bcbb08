//! Events as a table of DataFusion: read when the table is, and never all at once.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use rulehound_engine::{FilterId, Matcher};
use rulehound_events::read::{Input, ScanOptions, ScanReport, scan};
use rulehound_events::{EventBatch, Layout};
use rulehound_query::Filter;
use rulehound_query::esql::{Column, ColumnId};
use rulehound_schema::Field;

use crate::columns::{self, ColumnError};
use crate::lower::name_of;
use crate::types::{arrow_type, list_of};

/// Where events are, and how they are read.
#[derive(Clone, Debug)]
pub struct EventSource {
    /// The files.
    pub inputs: Vec<Input>,
    /// How to read them; the layout is the table's own.
    pub options: ScanOptions,
}

/// A column that was to have one value a row has more: the query is to be done again, with lists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a column has several values")]
pub(crate) struct SeveralValues(pub(crate) BTreeSet<ColumnId>);

/// What a column of the table is.
#[derive(Clone, Debug)]
enum Content {
    /// The values of a field.
    Field(Field),
    /// Whether the event passes this filter of the matcher.
    Test(FilterId),
}

/// The events that pass a filter.
pub(crate) struct EventTable {
    source: Arc<EventSource>,
    columns: Arc<Vec<(Column, Content)>>,
    schema: SchemaRef,
    /// The first filter tells which events are rows, the others are the tests.
    matcher: Arc<Matcher>,
    report: Arc<Mutex<ScanReport>>,
}

impl EventTable {
    /// A table of the events that pass `filter`. Columns among `lists` may have several values a row.
    pub(crate) fn new(
        source: Arc<EventSource>,
        fields: &[(Column, Field)],
        tests: &[(Column, Filter)],
        filter: Filter,
        lists: &dyn Fn(ColumnId) -> bool,
    ) -> Result<Self> {
        let filters = std::iter::once(filter).chain(tests.iter().map(|(_, test)| test.clone())).collect();
        let matcher = Matcher::new(filters).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let fields = fields.iter().map(|(column, field)| (column.clone(), Content::Field(field.clone())));
        let tests =
            (1..).zip(tests).map(|(place, (column, _))| (column.clone(), Content::Test(FilterId(place))));
        let columns: Vec<(Column, Content)> = fields.chain(tests).collect();
        let schema = columns.iter().map(|(column, content)| {
            let item = arrow_type(column.ty);
            let is_list = matches!(content, Content::Field(_)) && lists(column.id);
            ArrowField::new(name_of(column.id), if is_list { list_of(item) } else { item }, true)
        });
        let schema = Arc::new(ArrowSchema::new(schema.collect::<Vec<_>>()));
        let report = Arc::default();
        Ok(Self { source, columns: Arc::new(columns), schema, matcher: Arc::new(matcher), report })
    }

    /// What was read so far, and what was not.
    pub(crate) fn report(&self) -> Arc<Mutex<ScanReport>> {
        self.report.clone()
    }
}

impl fmt::Debug for EventTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventTable").field("inputs", &self.source.inputs).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TableProvider for EventTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let places = projection.cloned().unwrap_or_else(|| (0..self.columns.len()).collect());
        let schema = Arc::new(self.schema.project(&places)?);
        let columns: Vec<(Column, Content)> =
            places.iter().filter_map(|place| self.columns.get(*place).cloned()).collect();
        let read = columns.iter().filter_map(|(_, content)| match content {
            Content::Field(field) => Some(field.clone()),
            Content::Test(_) => None,
        });
        let layout = Arc::new(Layout::new(read.chain(self.matcher.fields().cloned())));
        let partition = EventPartition {
            source: self.source.clone(),
            layout,
            columns,
            schema: schema.clone(),
            matcher: self.matcher.clone(),
            report: self.report.clone(),
        };
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(partition)];
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, [], false, None)?))
    }
}

/// All events, in the order in which they are read.
struct EventPartition {
    source: Arc<EventSource>,
    layout: Arc<Layout>,
    columns: Vec<(Column, Content)>,
    schema: SchemaRef,
    matcher: Arc<Matcher>,
    report: Arc<Mutex<ScanReport>>,
}

impl fmt::Debug for EventPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPartition").field("inputs", &self.source.inputs).finish_non_exhaustive()
    }
}

/// So many batches wait to be taken.
const WAITING: usize = 4;

impl PartitionStream for EventPartition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStream::builder(self.schema.clone(), WAITING);
        let sender = builder.tx();
        let (source, columns, schema) = (self.source.clone(), self.columns.clone(), self.schema.clone());
        let (matcher, report) = (self.matcher.clone(), self.report.clone());
        let options = ScanOptions { layout: self.layout.clone(), ..source.options.clone() };
        builder.spawn_blocking(move || {
            let take = |batch: EventBatch| {
                let rows = rows(&batch, &columns, &schema, &matcher);
                let is_error = rows.is_err();
                let sent = match rows.transpose() {
                    Some(rows) => sender.blocking_send(rows),
                    None => Ok(()),
                };
                // Nobody takes any more rows.
                if sent.is_err() || is_error { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let read = scan(&source.inputs, &options, &take);
            *report.lock().unwrap_or_else(PoisonError::into_inner) = read;
            Ok(())
        });
        builder.build()
    }
}

/// The rows of a batch of events; `None` if there are none.
fn rows(
    batch: &EventBatch,
    columns: &[(Column, Content)],
    schema: &SchemaRef,
    matcher: &Matcher,
) -> Result<Option<RecordBatch>> {
    let found = matcher.evaluate(batch);
    let Some((_, chosen)) = found.iter().find(|(filter, _)| *filter == FilterId(0)) else { return Ok(None) };
    let chosen: UInt32Array =
        chosen.set_indices().filter_map(|row| u32::try_from(row).ok()).map(Some).collect();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    let mut several = BTreeSet::new();
    for ((column, content), field) in columns.iter().zip(schema.fields()) {
        let array = match content {
            Content::Field(read) => columns::of_events(column, read, batch, &chosen, field.data_type()),
            Content::Test(filter) => {
                let passed = found.iter().find(|(id, _)| id == filter).map(|(_, rows)| rows);
                let passes = |row: &u32| passed.is_some_and(|rows| rows.value(*row as usize));
                Ok(Arc::new(BooleanArray::from_iter(chosen.values().iter().map(|row| Some(passes(row)))))
                    as _)
            }
        };
        match array {
            Ok(array) => arrays.push(array),
            Err(ColumnError::Several) => _ = several.insert(column.id),
            Err(ColumnError::Arrow(error)) => return Err(error.into()),
        }
    }
    if !several.is_empty() {
        return Err(DataFusionError::External(Box::new(SeveralValues(several))));
    }
    if arrays.len() != schema.fields().len() {
        return internal_err!("a column of events is missing");
    }
    let options = RecordBatchOptions::new().with_row_count(Some(chosen.len()));
    Ok(Some(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?))
}
