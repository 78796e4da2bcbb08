//! Normalisers: from raw records to ECS, as Elastic's integrations do it. One module a source.
//!
//! To add one: give its records a [`Shape`], tell it in [`shape`], and make a module that takes the record and
//! gives the ECS document (`Ecs` builds it, by dotted paths); call it in [`normalize`].

mod community_id;
mod ecs;
mod windows;

use serde_json::Value;

use crate::Document;
pub(crate) use windows::SET_BY_PIPELINES;

/// The shape of a record, told by its first looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// ECS already, or nothing that a normaliser knows.
    Ecs,
    /// A Windows event as EVTX rendered to JSON has it: `Event.System`, `Event.EventData`.
    Evtx,
    /// A Windows event as Winlogbeat and Elastic Agent ship it, before any ingest pipeline: `winlog.*`.
    Winlog,
    /// A Windows event as NXLog and its like have it: all in one flat object, `EventID`, `Channel`, ...
    Flat,
}

/// Tells the shape of a record.
pub fn shape(record: &Document) -> Shape {
    if let Some(Value::Object(event)) = record.get("Event")
        && event.get("System").is_some_and(Value::is_object)
    {
        return Shape::Evtx;
    }
    if record.keys().any(|k| k == "winlog" || k.starts_with("winlog.")) {
        return if windows::is_processed(record) { Shape::Ecs } else { Shape::Winlog };
    }
    if windows::is_flat(record) { Shape::Flat } else { Shape::Ecs }
}

/// Makes an ECS document of a record. Records that are ECS already pass as they are. Takes any JSON object
/// and never fails: what has no place in ECS stays where the integration leaves it (`winlog.event_data`).
pub fn normalize(record: Document) -> Document {
    match shape(&record) {
        Shape::Ecs => record,
        Shape::Evtx => windows::from_evtx(record),
        Shape::Winlog => windows::from_winlog(record),
        Shape::Flat => windows::from_flat(record),
    }
}
