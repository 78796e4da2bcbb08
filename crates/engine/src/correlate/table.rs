//! Queries in ES|QL: what they make of a table of events.
//!
//! # The rule
//!
//! It is Kibana's (`security_solution/server/lib/detection_engine/rule_types/esql`): a run at `t` asks the query of the
//! events of its window, and each row of the result gives an alert. A row that still stands for one event is an alert
//! about that event, and comes once; where an event has several rows (`MV_EXPAND`), once for each of the expanded
//! values. Any other row is an alert of its own; one with the same values as an alert of a run whose window overlaps
//! is the same detection, where Kibana would tell it again.
//!
//! A run can only find something else than the one before if events have come into its window or gone from it, so that
//! only such runs are done. Of events that the first steps of the query take away nothing can come: they go before. A query that looks at each row alone needs no windows: it is asked once of every event.
//!
//! # Memory
//!
//! The rows that a run to come may see, and the detections whose windows overlap with those. Runs are done some
//! together, for each costs something however little it sees.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rulehound_query::esql::{ColumnId, TableQuery, TableSource, TableStep};
use rulehound_query::{TablePlan, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Captured, Correlator, Details, Detection, EventHandle, EventTime, Hit, Key, KeyValue, Limits, Ordinal,
    State, StateMismatch, StepQuery,
};
use crate::tables::{ResultRow, TableEngine, TableError, TableRow, TableRun};

/// After so many new rows the runs that are due are done.
const MOST_WAITING: usize = 8192;

/// What is asked of single events: which are rows, and the values that the query reads.
pub(super) fn step(plan: &TablePlan) -> Option<StepQuery<'_>> {
    let TableSource::Events { fields, tests, .. } = &plan.query.source else { return None };
    Some(StepQuery {
        captures: fields.iter().map(|(_, field)| field.clone()).collect(),
        tests: tests.iter().map(|(_, test)| test.clone()).collect(),
        ..StepQuery::new(&plan.filter, &[][..])
    })
}

/// Whether what becomes of a row depends on that row alone.
pub(crate) fn is_row_by_row(query: &TableQuery) -> bool {
    query.steps.iter().all(looks_at_each_row)
}

fn looks_at_each_row(step: &TableStep) -> bool {
    match step {
        TableStep::Filter(_) | TableStep::Extend(_) | TableStep::Dissect { .. } | TableStep::Grok { .. } => {
            let mut reads_now = false;
            step.for_each_expr(&mut |expr| reads_now |= expr.reads_now());
            !reads_now
        }
        // The order of alerts is another.
        TableStep::Sort(_) | TableStep::MvExpand { .. } | TableStep::Lookup(_) => true,
        TableStep::Aggregate(_)
        | TableStep::InlineAggregate(_)
        | TableStep::Limit(_)
        | TableStep::ChangePoint { .. }
        | TableStep::Completion { .. }
        | TableStep::Sample(_) => false,
    }
}

/// The first steps of a query, those that look at each row alone: which rows they leave. `None` if they leave all.
fn first_steps(query: &TableQuery) -> Option<TableQuery> {
    let steps: Vec<TableStep> =
        query.steps.iter().take_while(|step| looks_at_each_row(step)).cloned().collect();
    let is_sieve = steps.iter().any(|step| matches!(step, TableStep::Filter(_)));
    is_sieve.then(|| TableQuery { steps, output: Vec::new(), is_aggregating: false, ..query.clone() })
}

/// A row of a result that is a detection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRow {
    /// The first run that found it, in milliseconds since the epoch.
    pub run: i64,
    /// Whether it stands for one event. If not, the detection's event is the last one that the run saw.
    pub of_event: bool,
    /// The columns that have a value.
    pub values: Vec<(Arc<str>, Value)>,
    /// Of a row that is one of several of its event: the values that tell it from those.
    pub expanded: Option<Value>,
}

/// Finds rows.
#[derive(Debug)]
pub struct TableCorrelator {
    query: TableQuery,
    window: Window,
    limits: Limits,
    tables: Arc<dyn TableEngine>,
    is_row_by_row: bool,
    /// What tells, before windows are looked at, which events are of no account.
    sieve: Option<TableQuery>,
    /// The names of the columns that tell the rows of one event apart; `None` if there is but one. Empty: all do.
    expanded: Option<BTreeSet<Arc<str>>>,
    rows: Vec<Row>,
    /// How many of the last rows came since runs were done.
    waiting: usize,
    /// All runs before this one are done.
    next_run: i64,
    /// What was detected, with the run.
    known: HashMap<RowKey, i64>,
    dropped: u64,
    failure: Option<TableError>,
}

/// What makes two rows of results one detection: the event, if they stand for one, and values as JSON.
type RowKey = (Option<EventHandle>, String);

/// An event that runs see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    event: EventHandle,
    ordinal: Ordinal,
    first_run: i64,
    last_run: i64,
    captured: Captured,
}

/// What a [`TableCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableState {
    rows: Vec<Row>,
    waiting: usize,
    next_run: i64,
    known: BTreeSet<(RowKey, i64)>,
    dropped: u64,
}

impl TableCorrelator {
    /// A correlator for a plan, whose tables are computed by `tables`.
    pub fn new(plan: &TablePlan, limits: Limits, tables: Arc<dyn TableEngine>) -> Self {
        Self {
            is_row_by_row: is_row_by_row(&plan.query),
            sieve: first_steps(&plan.query).filter(|_| !is_row_by_row(&plan.query)),
            expanded: expanded(&plan.query),
            query: plan.query.clone(),
            window: plan.window,
            limits,
            tables,
            rows: Vec::new(),
            waiting: 0,
            next_run: i64::MIN,
            known: HashMap::new(),
            dropped: 0,
            failure: None,
        }
    }

    /// Does the runs before one that something new comes of.
    fn settle(&mut self, end: i64, detections: &mut Vec<Detection>) {
        self.sift();
        let runs = match self.is_row_by_row {
            true => vec![TableRun { now: 0, rows: 0..self.rows.len() }],
            false => self.due(end),
        };
        self.next_run = self.next_run.max(end);
        if self.failure.is_none() && runs.iter().any(|run| !run.rows.is_empty()) {
            let rows: Vec<TableRow> = self.rows.iter().map(Row::to_table).collect();
            match self.tables.run(&self.query, &rows, &runs) {
                Ok(results) => self.detect(&runs, results, detections),
                Err(error) => self.failure = Some(error),
            }
        }
        // What no run to come sees can go.
        let next = self.next_run;
        let gone = match self.is_row_by_row {
            true => self.rows.len(),
            false => self.rows.partition_point(|row| row.last_run < next),
        };
        self.rows.drain(..gone);
        let forgotten = next.saturating_sub(self.overlap());
        self.known.retain(|_, run| *run > forgotten);
        let over = self.rows.len().saturating_sub(self.limits.per_key);
        self.rows.drain(..over);
        self.dropped += over as u64;
    }

    /// Drops those of the new rows that no step but the first ones sees.
    fn sift(&mut self) {
        let known = self.rows.len() - std::mem::take(&mut self.waiting).min(self.rows.len());
        let new: Vec<TableRow> =
            self.rows.get(known..).unwrap_or_default().iter().map(Row::to_table).collect();
        let Some(sieve) = self.sieve.as_ref().filter(|_| !new.is_empty() && self.failure.is_none()) else {
            return;
        };
        let run = TableRun { now: 0, rows: 0..new.len() };
        match self.tables.run(sieve, &new, &[run]) {
            Ok(left) => {
                let left: HashSet<EventHandle> = left.iter().flatten().filter_map(|row| row.event).collect();
                let mut place = 0;
                self.rows.retain(|row| {
                    place += 1;
                    place <= known || left.contains(&row.event)
                });
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// The windows of two runs overlap if there is less time than this between them, in milliseconds.
    fn overlap(&self) -> i64 {
        let span = self.window.look_back.saturating_sub(self.window.delay);
        i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
    }

    /// The runs before one, and not yet done, that see other rows than the run before them.
    fn due(&self, end: i64) -> Vec<TableRun> {
        let interval = i64::try_from(self.window.interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let changes = self.rows.iter().flat_map(|row| [row.first_run, row.last_run.saturating_add(interval)]);
        let due: BTreeSet<i64> = changes.filter(|run| (self.next_run..end).contains(run)).collect();
        let seen = |run: i64| -> Range<usize> {
            let first = self.rows.partition_point(|row| row.last_run < run);
            first..self.rows.partition_point(|row| row.first_run <= run).max(first)
        };
        let runs = due.into_iter().map(|now| TableRun { now, rows: seen(now) });
        runs.filter(|run| !run.rows.is_empty()).collect()
    }

    fn detect(&mut self, runs: &[TableRun], results: Vec<Vec<ResultRow>>, detections: &mut Vec<Detection>) {
        let places: HashMap<EventHandle, usize> =
            self.rows.iter().enumerate().map(|(place, row)| (row.event, place)).collect();
        let overlap = self.overlap();
        for (run, rows) in runs.iter().zip(results) {
            let Some(last) = run.rows.end.checked_sub(1) else { continue };
            // Groups whose rows say the same are several all the same.
            let mut alike: HashMap<String, usize> = HashMap::new();
            for ResultRow { event, values } in rows {
                let place = event.and_then(|event| places.get(&event));
                let Some(row) = self.rows.get(place.copied().unwrap_or(last)) else { continue };
                let of_event = place.is_some();
                let expanded =
                    self.expanded.as_ref().filter(|_| of_event).map(|names| told_apart(&values, names));
                let told = match (&expanded, of_event) {
                    (Some(values), _) => values.to_string(),
                    (None, true) => String::new(),
                    (None, false) => numbered(json_of(&values), &mut alike),
                };
                let now = if self.is_row_by_row { row.first_run } else { run.now };
                let key = (of_event.then_some(row.event), told);
                // Those known from a run long ago are another matter.
                if self.known.get(&key).is_some_and(|known| now.saturating_sub(*known) < overlap) {
                    continue;
                }
                self.known.insert(key.clone(), now);
                detections.push(Detection {
                    key: Key([KeyValue::String(key.1.into())].into()),
                    events: vec![Some(row.event)],
                    ordinal: row.ordinal.clone(),
                    details: Details::Row(Box::new(FoundRow { run: now, of_event, values, expanded })),
                });
            }
        }
    }
}

impl Row {
    fn to_table(&self) -> TableRow {
        TableRow { event: self.event, values: self.captured.clone() }
    }
}

/// The columns that tell the rows of one event apart.
fn expanded(query: &TableQuery) -> Option<BTreeSet<Arc<str>>> {
    let mut made: BTreeSet<ColumnId> = BTreeSet::new();
    for step in &query.steps {
        match step {
            TableStep::MvExpand { to, .. } => _ = made.insert(to.id),
            TableStep::Lookup(lookup) => made.extend(lookup.output.iter().map(|(column, _)| column.id)),
            _ => {}
        }
    }
    let named =
        query.output.iter().filter(|column| made.contains(&column.id)).map(|column| column.name.clone());
    let has_several =
        query.steps.iter().any(|step| matches!(step, TableStep::MvExpand { .. } | TableStep::Lookup(_)));
    has_several.then(|| named.collect())
}

/// The values of some columns of a row; of all, where none is named.
fn told_apart(values: &[(Arc<str>, Value)], names: &BTreeSet<Arc<str>>) -> Value {
    let told = values.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    told.map(|(_, value)| value.clone()).collect()
}

fn json_of(values: &[(Arc<str>, Value)]) -> String {
    values.iter().map(|(name, value)| (name.to_string(), value.clone())).collect::<Value>().to_string()
}

/// A text, and how often it was there before, if it was.
fn numbered(text: String, before: &mut HashMap<String, usize>) -> String {
    let times = before.entry(text.clone()).or_default();
    *times += 1;
    if *times == 1 { text } else { format!("{text} {times}") }
}

impl Correlator for TableCorrelator {
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>) {
        let Hit { event, ordinal, matches } = hit;
        let moment = ordinal.time.parts().0;
        let (first_run, last_run) = (self.window.first_run(moment), self.window.last_run(moment));
        let Some(found) = matches.into_iter().next() else { return };
        self.rows.push(Row { event, ordinal, first_run, last_run, captured: found.captured });
        self.waiting += 1;
        if self.waiting >= MOST_WAITING {
            self.settle(first_run, detections);
        }
    }

    fn advance(&mut self, time: EventTime, detections: &mut Vec<Detection>) {
        self.settle(self.window.first_run(time.parts().0), detections);
    }

    fn finish(&mut self, detections: &mut Vec<Detection>) {
        self.settle(i64::MAX, detections);
        self.rows.clear();
        self.known.clear();
        self.next_run = i64::MIN;
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn failure(&self) -> Option<&TableError> {
        self.failure.as_ref()
    }

    fn save(&self) -> State {
        let known = self.known.iter().map(|(key, run)| (key.clone(), *run)).collect();
        let (rows, waiting, next_run, dropped) =
            (self.rows.clone(), self.waiting, self.next_run, self.dropped);
        State::Table(TableState { rows, waiting, next_run, known, dropped })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::Table(TableState { rows, waiting, next_run, known, dropped }) = state else {
            return Err(StateMismatch);
        };
        let columns = match &self.query.source {
            TableSource::Events { fields, tests, .. } => fields.len() + tests.len(),
            TableSource::Row(_) => 0,
        };
        if rows.iter().any(|row| row.captured.len() != columns) {
            return Err(StateMismatch);
        }
        self.known = known.into_iter().collect();
        (self.rows, self.waiting, self.next_run, self.dropped) = (rows, waiting, next_run, dropped);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
