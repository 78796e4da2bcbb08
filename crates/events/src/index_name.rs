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

/// The values of [`PARTS`] in one event after another. Events repeat them, so the last name is remembered.
#[derive(Debug, Default)]
pub(crate) struct IndexParts {
    texts: [String; PARTS.len()],
    /// Which parts the event has.
    present: [bool; PARTS.len()],
    /// Which parts the remembered name was made of; `None` if a text has changed since.
    remembered: Option<[bool; PARTS.len()]>,
    name: Option<usize>,
}

impl IndexParts {
    /// Goes on to the next event.
    pub(crate) fn begin(&mut self) {
        self.present = Default::default();
    }

    /// Takes the value of a part.
    pub(crate) fn set(&mut self, part: usize, text: &str) {
        if self.texts[part] != text {
            text.clone_into(&mut self.texts[part]);
            self.remembered = None;
        }
        self.present[part] = true;
    }

    /// The index of the event, by the number that `number` gives its name.
    pub(crate) fn index(&mut self, number: impl FnOnce(&str) -> usize) -> Option<usize> {
        if self.remembered != Some(self.present) {
            let part = |part: usize| if self.present[part] { &*self.texts[part] } else { "" };
            self.name = index_name(std::array::from_fn(part)).map(|name| number(&name));
            self.remembered = Some(self.present);
        }
        self.name
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
