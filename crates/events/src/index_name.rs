//! The index that an event belongs to, where nobody says.

use rulehound_schema::{Field, FieldSource, FieldType, Value};

use crate::{Document, DocumentRow};

/// The fields that tell.
pub(crate) const PARTS: [&str; 5] =
    ["data_stream.type", "data_stream.dataset", "data_stream.namespace", "agent.type", "agent.version"];

/// The name by the values of [`PARTS`], empty where there is none: that of the data stream,
/// `<type>-<dataset>-<namespace>`, else that of the index of a Beat, `<agent.type>-<agent.version>`.
pub(crate) fn index_name([kind, dataset, namespace, agent, version]: [&str; 5]) -> Option<String> {
    if !kind.is_empty() && !dataset.is_empty() {
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        Some(format!("{kind}-{dataset}-{namespace}"))
    } else if agent.ends_with("beat") {
        let version = if version.is_empty() { "0.0.0" } else { version };
        Some(format!("{agent}-{version}"))
    } else {
        None
    }
}

/// The index that an ECS document belongs to by its data stream or its Beat; `None` if it names neither.
pub fn index_of(document: &Document) -> Option<String> {
    let row = DocumentRow::new(document);
    let parts = PARTS.map(|name| match row.values(&Field::new(name, FieldType::Keyword)).pop() {
        Some(Value::String(text)) => text.into_owned(),
        _ => String::new(),
    });
    index_name(parts.each_ref().map(String::as_str))
}
