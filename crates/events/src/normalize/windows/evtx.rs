//! Events of EVTX files, rendered to JSON: `Event.System`, and `Event.EventData` or `Event.UserData`.

use serde_json::Value;

use super::event::{self, WindowsEvent};
use super::system::System;
use crate::Document;

/// Takes a record with `Event.System`.
pub(super) fn read(mut record: Document) -> WindowsEvent {
    let mut event = match record.remove("Event") {
        Some(Value::Object(event)) => event,
        _ => Document::new(),
    };
    let header = match event.remove("System") {
        Some(Value::Object(header)) => system(&header),
        _ => System::default(),
    };
    let code = header.event_id;
    let mut doc = header.into_ecs();
    let data = match event.remove("EventData") {
        Some(Value::Object(data)) => event_data(data),
        _ => Document::new(),
    };
    if let Some(Value::Object(data)) = event.remove("UserData") {
        doc.set("winlog.user_data", user_data(data));
    }
    WindowsEvent { doc, data, code }
}

fn system(header: &Document) -> System {
    let text = |element: &str| header.get(element).and_then(content).and_then(plain);
    let attribute = |element: &str, name: &str| attribute(header, element, name).and_then(plain);
    System {
        provider: attribute("Provider", "Name").or_else(|| attribute("Provider", "EventSourceName")),
        provider_guid: attribute("Provider", "Guid"),
        event_id: text("EventID").and_then(|id| id.parse().ok()).unwrap_or_default(),
        version: text("Version"),
        level: text("Level"),
        task: text("Task"),
        opcode: text("Opcode"),
        keywords: text("Keywords"),
        time: attribute("TimeCreated", "SystemTime"),
        record_id: text("EventRecordID"),
        activity_id: attribute("Correlation", "ActivityID"),
        related_activity_id: attribute("Correlation", "RelatedActivityID"),
        process_id: attribute("Execution", "ProcessID"),
        thread_id: attribute("Execution", "ThreadID"),
        channel: text("Channel"),
        computer: text("Computer"),
        user_id: attribute("Security", "UserID"),
        ..System::default()
    }
}

/// The text of an element: itself, or its `#text` if it has attributes as well.
fn content(element: &Value) -> Option<&Value> {
    match element {
        Value::Object(fields) => fields.get("#text"),
        Value::Null => None,
        text => Some(text),
    }
}

/// An attribute of an element: below `#attributes`, or in the sibling `<element>_attributes`.
fn attribute<'a>(header: &'a Document, element: &str, name: &str) -> Option<&'a Value> {
    let inside = header.get(element).and_then(|element| element.get("#attributes"));
    let beside = || header.get(&format!("{element}_attributes"));
    inside.or_else(beside)?.get(name)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Event data by name. Data without a name is numbered, `param1` and on, as Winlogbeat does.
fn event_data(elements: Document) -> Document {
    let mut data = Document::new();
    for (name, element) in elements {
        if name == "#attributes" || name.ends_with("_attributes") {
            continue;
        }
        match (name.as_str(), text_of(element)) {
            ("Data", Value::Array(unnamed)) => {
                let numbered = unnamed.into_iter().enumerate();
                data.extend(numbered.map(|(i, value)| (format!("param{}", i + 1), text_of(value))));
            }
            ("Data", value) => {
                data.insert("param1".to_owned(), value);
            }
            (_, value) => {
                data.insert(name, value);
            }
        }
    }
    event::scalars_to_text(&mut data);
    data
}

/// User data: what stands in its one element, whose name becomes `xml_name`.
fn user_data(elements: Document) -> Value {
    let mut data = Document::new();
    for (name, element) in elements {
        match element {
            Value::Object(fields) => {
                let fields =
                    fields.into_iter().filter(|(field, value)| field != "#attributes" && !value.is_null());
                data.extend(fields.map(|(field, value)| (field, text_of(value))));
                data.insert("xml_name".to_owned(), name.into());
            }
            Value::Null => {}
            other => {
                data.insert(name, other);
            }
        }
    }
    event::scalars_to_text(&mut data);
    Value::Object(data)
}

/// An element without its attributes, if it has text.
fn text_of(element: Value) -> Value {
    match element {
        Value::Object(mut fields) => match fields.remove("#text") {
            Some(text) => text,
            None => Value::Object(fields),
        },
        other => other,
    }
}
