//! Documents of Winlogbeat and Elastic Agent.

use rulehound_schema::Scalar;

use super::event::{EVENT_DATA, WindowsEvent};
use crate::normalize::ecs::Ecs;
use crate::normalize::value::{Object, Value};

/// Fields that only an ingest pipeline sets: a document that has one is ECS already.
pub(crate) const SET_BY_PIPELINES: &[&str] =
    &["event.category", "event.type", "event.ingested", "process", "process.executable", "process.pid"];

/// Whether an ingest pipeline has seen a `winlog` document.
pub(in crate::normalize) fn is_processed<'t>(record: &impl Object<'t>) -> bool {
    SET_BY_PIPELINES.iter().any(|field| record.has_field(field))
}

/// Takes a document with `winlog.*`.
pub(super) fn read<'e, 't>(doc: &'e mut Ecs<'t>, record: impl Object<'t>) -> WindowsEvent<'e, 't> {
    doc.load(record);
    doc.discard_blank(EVENT_DATA);
    let code = ["winlog.event_id", "event.code"].into_iter().find_map(|field| code(doc.get(field)?));
    WindowsEvent::new(doc, code.unwrap_or_default())
}

/// An event id, a number or a string of one.
pub(super) fn code(value: Value<'_>) -> Option<u32> {
    match value {
        Value::Scalar(Scalar::Str(text)) => text.trim().parse().ok(),
        value => value.as_u64().and_then(|number| number.try_into().ok()),
    }
}
