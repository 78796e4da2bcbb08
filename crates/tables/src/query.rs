//! One ES|QL query over events: what Elasticsearch's `_query` does over indices.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use rulehound_events::read::{Input, ScanReport};
use rulehound_query::Filter;
use rulehound_query::esql::{ColumnId, TableQuery, TableSource, TableStep};

use crate::commands;
use crate::events::{EventSource, EventTable, SeveralValues};
use crate::lower::{self, Columns, Context, LookupTables, Lowered, name_of};
use crate::warnings::{EsqlOptions, Warnings};

/// How a query is run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What `NOW()` is, in milliseconds since the epoch.
    pub now: i64,
    /// Number of threads.
    pub threads: usize,
    /// What sorting and grouping may hold in memory, in bytes; the rest goes to temporary files.
    pub memory: usize,
    /// The tables of `LOOKUP JOIN` and `ENRICH`.
    pub lookups: LookupTables,
    /// Where language models answer, if anywhere.
    pub inference: Option<commands::Inference>,
}

impl RunOptions {
    /// One thread, a gigabyte.
    pub fn new(now: i64) -> Self {
        Self { now, threads: 1, memory: 1 << 30, lookups: LookupTables::new(), inference: None }
    }
}

/// What came of a query beside its rows.
#[derive(Debug)]
pub struct Ran {
    /// What gave null, and why.
    pub warnings: Arc<Warnings>,
    /// What was read, and what was not.
    pub scan: ScanReport,
}

/// Why a query did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// DataFusion gave up.
    #[error("{}", .0.strip_backtrace())]
    DataFusion(#[from] DataFusionError),
    /// Who takes the rows wants no more.
    #[error("the rows are not wanted")]
    Stopped,
}

impl QueryError {
    pub(crate) fn arrow(error: ArrowError) -> Self {
        Self::DataFusion(error.into())
    }
}

/// Runs a query over the events of a source that pass `scope` as well, and gives the rows batch by batch. Their columns
/// are those of [`TableQuery::output`], each once, named by their ids.
///
/// # Errors
///
/// If it cannot be run, or memory does not suffice. What is wrong with the events is no error: see [`Ran::scan`].
pub fn run(
    query: &TableQuery,
    source: &Arc<EventSource>,
    scope: &Filter,
    options: &RunOptions,
    mut take: impl FnMut(RecordBatch) -> Result<(), QueryError>,
) -> Result<Ran, QueryError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(options.threads).build();
    let runtime = runtime.map_err(DataFusionError::IoError)?;
    let aggregates = |step: &TableStep| matches!(step, TableStep::Aggregate(_));
    // Who aggregates reads all before the first row comes out, and can begin again with lists.
    let may_try = query.steps.iter().any(aggregates) && !source.inputs.contains(&Input::Stdin);
    let mut lists: Option<BTreeSet<ColumnId>> = may_try.then(BTreeSet::new);
    loop {
        let session = Session::new(query, options)?;
        let started =
            session.start(query, source, scope, &|id| lists.as_ref().is_none_or(|of| of.contains(&id)))?;
        let result = runtime.block_on(session.finish(query, started.0, options, &mut take));
        match (result, &mut lists) {
            (Err(QueryError::DataFusion(error)), Some(lists)) if several(&error).is_some() => {
                lists.extend(several(&error).into_iter().flatten());
            }
            (Err(error), _) => return Err(error),
            (Ok(()), _) => {
                let scan = started.1.map(|report| {
                    std::mem::take(&mut *report.lock().unwrap_or_else(PoisonError::into_inner))
                });
                return Ok(Ran { warnings: session.warnings, scan: scan.unwrap_or_default() });
            }
        }
    }
}

/// The columns that turned out to have several values.
fn several(error: &DataFusionError) -> Option<BTreeSet<ColumnId>> {
    match error.find_root() {
        DataFusionError::External(error) => Some(error.downcast_ref::<SeveralValues>()?.0.clone()),
        _ => None,
    }
}

/// DataFusion, set up for one query.
pub(crate) struct Session {
    context: SessionContext,
    warnings: Arc<Warnings>,
}

type Report = Arc<Mutex<ScanReport>>;

impl Session {
    pub(crate) fn new(query: &TableQuery, options: &RunOptions) -> Result<Self> {
        let esql = EsqlOptions::default();
        let warnings = esql.warnings.clone();
        let keeps_order = !query.steps.iter().any(|step| {
            matches!(step, TableStep::Aggregate(_) | TableStep::InlineAggregate(_) | TableStep::Sort(_))
        });
        // One thread gives events in the order of the files.
        let partitions = if keeps_order { 1 } else { options.threads };
        let config = SessionConfig::new().with_target_partitions(partitions).with_option_extension(esql);
        let context = SessionContext::new_with_config_rt(config, runtime(options.memory)?);
        Ok(Self { context, warnings })
    }

    /// The plan of the source.
    fn start(
        &self,
        query: &TableQuery,
        source: &Arc<EventSource>,
        scope: &Filter,
        lists: &dyn Fn(ColumnId) -> bool,
    ) -> Result<(Option<Lowered>, Option<Report>)> {
        let TableSource::Events { fields, tests, .. } = &query.source else { return Ok((None, None)) };
        let filter = Filter::all([scope.clone(), query.filter.clone()]);
        let table = EventTable::new(source.clone(), fields, tests, filter, lists)?;
        let report = table.report();
        let mut columns = Columns::new();
        for (column, _) in fields {
            columns.insert(column.id, (column.ty, lists(column.id)));
        }
        for (column, _) in tests {
            columns.insert(column.id, (column.ty, false));
        }
        let plan = LogicalPlanBuilder::scan("events", provider_as_source(Arc::new(table)), None)?.build()?;
        Ok((Some(Lowered { plan, columns, next: Some(0) }), Some(report)))
    }

    /// Runs the steps and gives the rows.
    pub(crate) async fn finish(
        &self,
        query: &TableQuery,
        start: Option<Lowered>,
        options: &RunOptions,
        take: &mut impl FnMut(RecordBatch) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let context = Context { now: options.now, lookups: &options.lookups };
        let start = match start {
            Some(start) => start,
            None => lower::row(query, context)?,
        };
        let mut lowered = lower::steps(query, start, context)?;
        while let Some(place) = lowered.next {
            lowered = self.by_hand(query, place, lowered, options).await?;
            lowered = lower::steps(query, lowered, context)?;
        }
        let mut rows = self.execute(lowered.plan).await?;
        while let Some(batch) = next(&mut rows).await? {
            take(batch)?;
        }
        Ok(())
    }

    async fn execute(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
        self.context.execute_logical_plan(plan).await?.execute_stream().await
    }

    /// A step that DataFusion does not do: over all rows that come to it.
    async fn by_hand(
        &self,
        query: &TableQuery,
        place: usize,
        before: Lowered,
        options: &RunOptions,
    ) -> Result<Lowered> {
        let mut columns = before.columns;
        let (rows, added) = match query.steps.get(place) {
            Some(TableStep::ChangePoint { value, key, kind, pvalue }) => {
                let sorted = LogicalPlanBuilder::from(before.plan)
                    .sort([datafusion::prelude::ident(name_of(*key)).sort(true, false)])?
                    .limit(0, Some(commands::MOST_POINTS + 1))?
                    .build()?;
                let rows = self.collect(sorted).await?;
                let rows = commands::change_point(&rows, *value, kind, pvalue, &self.warnings)?;
                (rows, vec![kind, pvalue])
            }
            Some(TableStep::Completion { prompt, inference_id, output }) => {
                let context = Context { now: options.now, lookups: &options.lookups };
                let with_prompt = lower::with_value(before.plan, &columns, prompt, output, context)?;
                let limited = LogicalPlanBuilder::from(with_prompt).limit(0, Some(commands::MOST_PROMPTS))?;
                let rows = self.collect(limited.build()?).await?;
                (commands::completion(rows, output, inference_id, options.inference.as_ref())?, vec![output])
            }
            _ => return datafusion::common::internal_err!("step {place} is none to be done by hand"),
        };
        for column in added {
            columns.insert(column.id, (column.ty, false));
        }
        let table = MemTable::try_new(rows.schema(), vec![vec![rows]])?;
        let plan = LogicalPlanBuilder::scan("rows", provider_as_source(Arc::new(table)), None)?.build()?;
        Ok(Lowered { plan, columns, next: Some(place + 1) })
    }

    /// All rows of a plan in one batch.
    async fn collect(&self, plan: LogicalPlan) -> Result<RecordBatch> {
        let mut rows = self.execute(plan).await?;
        let schema = rows.schema();
        let mut batches = Vec::new();
        while let Some(batch) = next(&mut rows).await? {
            batches.push(batch);
        }
        Ok(datafusion::arrow::compute::concat_batches(&schema, &batches)?)
    }
}

async fn next(rows: &mut SendableRecordBatchStream) -> Result<Option<RecordBatch>> {
    futures::StreamExt::next(rows).await.transpose()
}

fn runtime(memory: usize) -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(memory))).build_arc()
}
