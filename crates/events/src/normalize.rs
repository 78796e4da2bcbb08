//! Normalisers: from raw records to ECS, as Elastic's integrations do it. One module a source.

use crate::Document;

/// The shape of a record, told by its first looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// ECS already.
    Ecs,
    /// A Windows event, as EVTX rendered to JSON, winlogbeat or NXLog have it.
    Windows,
}

/// Makes an ECS document of a record. Records that are ECS already pass as they are.
pub fn normalize(record: Document) -> Document {
    record
}
