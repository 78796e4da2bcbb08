//! Events that were found.

use rulehound_events::{Document, EventBatch};

/// An event that a query or a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundEvent {
    /// Its `_index`, if it has one.
    pub index: Option<String>,
    /// Its `_id`, given or derived from the record.
    pub id: String,
    /// The event as an ECS document.
    pub document: Document,
}

impl FoundEvent {
    /// The event of a row. Costs a parse.
    pub(crate) fn of(batch: &EventBatch, row: usize) -> Self {
        Self {
            index: batch.index(row).map(Into::into),
            id: batch.id(row).into_owned(),
            document: batch.document(row),
        }
    }
}
