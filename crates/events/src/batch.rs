//! A batch of events in columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field as ArrowField, Schema as ArrowSchema};
use rulehound_schema::{Field, FieldSource, Value};

use crate::column::{BatchColumns, values};
use crate::document::SOURCE;
use crate::record::RecordFormat;
use crate::source::Sources;
use crate::{Document, DocumentRow, Layout};

/// A batch of events: one Arrow column for each field of the [`Layout`], and for each row where its event came
/// from and the original, from which [`EventBatch::document`] makes the ECS document of those few events that
/// end in an alert.
///
/// Every column is a `List`, so that a missing field is an empty list, and never null. Its items are, by
/// the field's data type: `Dictionary<Int32, Utf8>`, `Int64`, `UInt64`, `Float64`, `Boolean`,
/// `Timestamp(ms)`, `Timestamp(ns)` or `FixedSizeBinary(16)` (IP); never null. A dictionary holds
/// each distinct value of the batch once. A field of a type that holds nothing to match has items of
/// type `Null`, and none of them.
#[derive(Debug)]
pub struct EventBatch {
    pub(crate) layout: Arc<Layout>,
    pub(crate) columns: BatchColumns,
    pub(crate) sources: Sources,
    /// Names of indices, each once.
    pub(crate) indices: Vec<Arc<str>>,
}

/// Where an event came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file as it was named on the command line or found below it; `-` for standard input. A member of
    /// an archive is `archive.zip!member`.
    pub file: Arc<str>,
    /// Line of a file of lines, number of the element of an array, or record id of an event log. From 1;
    /// 0 stands for the file as a whole.
    pub position: u64,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            0 => f.write_str(&self.file),
            position => write!(f, "{}:{position}", self.file),
        }
    }
}

/// Rows count from 0. To ask for one that is not there is an error of the program, not of its input, and panics.
impl EventBatch {
    /// The fields that are columns.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Number of events.
    pub fn num_rows(&self) -> usize {
        self.sources.len()
    }

    /// The column of a field of the layout.
    pub fn column(&self, column: usize) -> &ListArray {
        self.columns.get(column)
    }

    /// The columns as a batch of Arrow's own. Costs a little for each field of the layout.
    pub fn to_record_batch(&self) -> RecordBatch {
        let columns = self.layout.fields().iter().zip(self.columns.iter());
        let columns = columns.map(|(field, column)| {
            let field = ArrowField::new(&*field.name, column.data_type().clone(), false);
            (field, Arc::new(column.clone()) as ArrayRef)
        });
        let (fields, columns): (Vec<_>, _) = columns.unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(self.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(ArrowSchema::new(fields)), columns, &options)
            .unwrap_or_else(|error| unreachable!("the schema is that of the columns: {error}"))
    }

    /// One event, to ask for single values.
    pub fn row(&self, row: usize) -> EventRow<'_> {
        EventRow { batch: self, row }
    }

    /// The `_id` the record came with, else a hash of its JSON without the whitespace, in lower-case
    /// hexadecimal: the same record has the same id wherever it stands. Costs a parse.
    pub fn id(&self, row: usize) -> Cow<'_, str> {
        self.sources.id(row)
    }

    /// The `_id` the record came with.
    pub fn given_id(&self, row: usize) -> Option<&str> {
        self.sources.given_id(row)
    }

    /// The `_index` the record came with, was given (`--index`) or belongs to by its `data_stream.*`.
    pub fn index(&self, row: usize) -> Option<&str> {
        self.sources.index(row).map(|index| &*self.indices[index])
    }

    /// Where the event came from.
    pub fn origin(&self, row: usize) -> Origin {
        self.sources.origin(row)
    }

    /// The record as it was read, with whatever is around the event.
    pub fn original(&self, row: usize) -> &[u8] {
        self.sources.record(row).1
    }

    /// How [`Self::original`] is to be read.
    pub fn format(&self, row: usize) -> RecordFormat {
        self.sources.record(row).0
    }

    /// The whole event as an ECS document: the record as it was read, or what the normaliser made of it.
    /// Costs a parse: for the few events that are shown.
    pub fn document(&self, row: usize) -> Document {
        let (format, record) = self.sources.record(row);
        // What became a row was read before, so this cannot fail.
        format.document(record).unwrap_or_default()
    }
}

/// One event of a batch.
#[derive(Clone, Copy, Debug)]
pub struct EventRow<'a> {
    batch: &'a EventBatch,
    row: usize,
}

impl EventRow<'_> {
    /// See [`EventBatch::id`].
    pub fn id(&self) -> Cow<'_, str> {
        self.batch.id(self.row)
    }

    /// See [`EventBatch::index`].
    pub fn index(&self) -> Option<&str> {
        self.batch.index(self.row)
    }
}

impl FieldSource for EventRow<'_> {
    /// Values come from the field's column. A field that has none is looked up in the document, at the cost
    /// of a parse.
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let layout = &self.batch.layout;
        if let Some(column) = layout.column_of(field) {
            return values(field, self.batch.column(column), self.row);
        }
        let document = self.batch.document(self.row);
        let row = DocumentRow::new(&document).with_id(self.id()).with_index(self.index());
        row.values(field).into_iter().map(Value::into_owned).collect()
    }

    /// From the record, at the cost of a parse. At `_source` stands the whole document.
    fn objects(&self, path: &str) -> Vec<Document> {
        if path == SOURCE {
            return vec![self.batch.document(self.row)];
        }
        let (format, record) = self.batch.sources.record(self.row);
        // What became a row was read before, so this cannot fail.
        format.objects(record, path).unwrap_or_default()
    }
}
