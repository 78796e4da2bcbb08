//! A batch of events in columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{ListArray, RecordBatch};
use rulehound_schema::{Field, FieldSource, Value};

use crate::{Document, Layout};

/// A batch of events: an Arrow `RecordBatch` with one column for each field of the [`Layout`], and for each
/// row where its event came from and the original, from which [`EventBatch::document`] makes the ECS
/// document of those few events that end in an alert.
///
/// Every column is a `List`, so that a missing field is an empty list, and never null. Its items are, by
/// the field's data type: `Dictionary<Int32, Utf8>`, `Int64`, `UInt64`, `Float64`, `Boolean`,
/// `Timestamp(ms)`, `Timestamp(ns)` or `FixedSizeBinary(16)` (IP); never null. A dictionary holds
/// each distinct value of the batch once.
#[derive(Debug)]
pub struct EventBatch {
    layout: Arc<Layout>,
    columns: RecordBatch,
}

/// Where an event came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file as it was named on the command line or found below it; `-` for standard input. A member of
    /// an archive is `archive.zip!member`.
    pub file: Arc<str>,
    /// Line of a file of lines, number of the element of an array, or record id of an event log. From 1.
    pub position: u64,
}

impl EventBatch {
    /// The fields that are columns.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The columns.
    pub fn columns(&self) -> &RecordBatch {
        &self.columns
    }

    /// Number of events.
    pub fn num_rows(&self) -> usize {
        self.columns.num_rows()
    }

    /// The column of a field of the layout.
    pub fn column(&self, _column: usize) -> &ListArray {
        unimplemented!()
    }

    /// One event, to ask for single values.
    pub fn row(&self, row: usize) -> EventRow<'_> {
        EventRow { batch: self, row }
    }

    /// The `_id` the record came with, else a hash of its bytes: the same record has the same id wherever
    /// it stands.
    pub fn id(&self, _row: usize) -> Cow<'_, str> {
        unimplemented!()
    }

    /// The `_index` the record came with, was given (`--index`) or belongs to by its `data_stream.*`.
    pub fn index(&self, _row: usize) -> Option<Cow<'_, str>> {
        unimplemented!()
    }

    /// Where the event came from.
    pub fn origin(&self, _row: usize) -> Origin {
        unimplemented!()
    }

    /// The whole event as an ECS document: the record as it was read, or what the normaliser made of it.
    /// Costs a parse: for the few events that are shown.
    pub fn document(&self, _row: usize) -> Document {
        unimplemented!()
    }
}

/// One event of a batch.
#[derive(Clone, Copy, Debug)]
pub struct EventRow<'a> {
    batch: &'a EventBatch,
    row: usize,
}

impl FieldSource for EventRow<'_> {
    fn values<'a>(&'a self, _field: &Field) -> Vec<Value<'a>> {
        let _ = (self.batch, self.row);
        unimplemented!()
    }
}
