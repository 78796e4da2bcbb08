//! What computes the tables of ES|QL queries, as a hunt asks for it. The engine itself computes none: who drives it
//! brings what does.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rulehound_query::esql::TableQuery;
use serde_json::Value;

use crate::correlate::{Captured, EventHandle};

/// Computes what an ES|QL query makes of a table of events.
pub trait TableEngine: fmt::Debug + Send + Sync {
    /// Runs a query once for each of `runs`, and gives the rows of each. The rows of `runs` are stretches of
    /// `rows`, which are in the order of time, as runs are; none is empty. Each sees its own rows alone, but many
    /// at once are cheaper than one by one.
    ///
    /// # Errors
    ///
    /// If the query cannot be run, whatever the reason: it is told as it is.
    fn run(
        &self,
        query: &TableQuery,
        rows: &[TableRow],
        runs: &[TableRun],
    ) -> Result<Vec<Vec<ResultRow>>, TableError>;
}

/// An event as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Which event.
    pub event: EventHandle,
    /// The values of the fields of the query's source, then the answers to its tests, in their order. Strings,
    /// addresses and versions each once and in order, numbers and dates in order, texts as the document has them; a
    /// point, and `_source`, as JSON.
    pub values: Captured,
}

/// One run of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRun {
    /// What `NOW()` is, in milliseconds since the epoch.
    pub now: i64,
    /// The rows that it sees.
    pub rows: Range<usize>,
}

/// A row of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultRow {
    /// The event that it still stands for, if it does: not if events were aggregated.
    pub event: Option<EventHandle>,
    /// The values of the columns that have one, in the order of the columns: as Elasticsearch gives them in JSON.
    pub values: Vec<(Arc<str>, Value)>,
}

/// Why a query could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TableError(pub String);

/// For those who have no rules in ES|QL: it can run none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTables;

impl TableEngine for NoTables {
    fn run(
        &self,
        _query: &TableQuery,
        _rows: &[TableRow],
        _runs: &[TableRun],
    ) -> Result<Vec<Vec<ResultRow>>, TableError> {
        Err(TableError("nothing that computes ES|QL was brought".to_owned()))
    }
}
