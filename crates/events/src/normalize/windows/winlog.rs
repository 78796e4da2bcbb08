//! Documents of Winlogbeat and Elastic Agent.

use serde_json::Value;

use super::event::{self, WindowsEvent};
use crate::Document;
use crate::normalize::ecs::{self, Ecs};

/// Fields that only an ingest pipeline sets: a document that has one is ECS already.
pub(crate) const SET_BY_PIPELINES: &[&str] =
    &["event.category", "event.type", "event.ingested", "process", "process.executable", "process.pid"];

/// Whether an ingest pipeline has seen a `winlog` document.
pub(in crate::normalize) fn is_processed(record: &Document) -> bool {
    SET_BY_PIPELINES.iter().any(|field| ecs::get(record, field).is_some())
}

/// Takes a document with `winlog.*`.
pub(super) fn read(record: Document) -> WindowsEvent {
    let mut doc = Ecs::new(record);
    let mut data = match doc.remove("winlog.event_data") {
        Some(Value::Object(data)) => data,
        Some(other) => {
            doc.set("winlog.event_data", other);
            Document::new()
        }
        None => Document::new(),
    };
    event::scalars_to_text(&mut data);
    let code = ["winlog.event_id", "event.code"].into_iter().find_map(|field| code(doc.get(field)?));
    WindowsEvent { doc, data, code: code.unwrap_or_default() }
}

/// An event id, a number or a string of one.
pub(super) fn code(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
