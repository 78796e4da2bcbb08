//! Events of EVTX files, rendered to JSON: `Event.System`, and `Event.EventData` or `Event.UserData`.

use super::event::{EVENT_DATA, WindowsEvent};
use super::system::System;
use crate::normalize::ecs::Ecs;
use crate::normalize::value::{Arena, Members, Object, Value};

/// Whether a record has `Event.System`.
pub(in crate::normalize) fn is_evtx<'t>(record: &impl Object<'t>) -> bool {
    record.object("Event").is_some_and(|event| event.object("System").is_some())
}

/// Takes a record that [`is_evtx`].
pub(super) fn read<'e, 't>(doc: &'e mut Ecs<'t>, record: impl Object<'t>) -> WindowsEvent<'e, 't> {
    let event = record.object("Event");
    let part = |key| event.as_ref().and_then(|event| event.object(key));
    let header = part("System").map(|header| system(header, doc.arena)).unwrap_or_default();
    let code = header.event_id;
    header.set_in(doc);
    if let Some(elements) = part("EventData") {
        event_data(doc, elements);
    }
    if let Some(elements) = part("UserData") {
        user_data(doc, elements);
    }
    WindowsEvent::new(doc, code)
}

fn system<'t>(header: Members<'t>, arena: &'t Arena) -> System<'t> {
    // It is gone through for each element: once over the tape is enough.
    let header: Vec<_> = header.collect();
    let header = header.iter().copied();
    let plain = |value: Value<'t>| value.plain_text(arena);
    let text = |element: &str| header.member(element).and_then(content).and_then(plain);
    let attribute = |element: &str, name: &str| attribute(&header, element, name).and_then(plain);
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
fn content(element: Value<'_>) -> Option<Value<'_>> {
    match element.members() {
        Some(fields) => fields.member("#text"),
        None => Some(element),
    }
}

/// An attribute of an element: below `#attributes`, or in the sibling `<element>_attributes`.
fn attribute<'t>(header: &impl Object<'t>, element: &str, name: &str) -> Option<Value<'t>> {
    let mut attributes = header.clone().filter_map(|(key, value)| match key.strip_prefix(element)? {
        "" => value.members()?.object("#attributes"),
        "_attributes" => value.members(),
        _ => None,
    });
    attributes.next()?.member(name)
}

/// Event data by name. Data without a name is numbered, `param1` and on, as Winlogbeat does.
fn event_data<'t>(doc: &mut Ecs<'t>, elements: Members<'t>) {
    let data = doc.object(EVENT_DATA);
    let named = elements.filter(|(name, _)| *name != "#attributes" && !name.ends_with("_attributes"));
    doc.add_members(data, named.map(|(name, element)| (name, text_of(element))));
    let Some(unnamed) = doc.take_member(data, "Data", Some) else { return };
    match unnamed.items() {
        Some(items) => {
            for (i, value) in items.enumerate() {
                let name = doc.arena.text(format_args!("param{}", i + 1));
                doc.put_member(data, name, text_of(value));
            }
        }
        None => doc.set_member(data, "param1", unnamed),
    }
}

/// User data: what stands in its one element, whose name becomes `xml_name`.
fn user_data<'t>(doc: &mut Ecs<'t>, elements: Members<'t>) {
    let data = doc.object("winlog.user_data");
    let fields = elements.flat_map(|(name, element)| {
        let fields = element.members().into_iter().flatten().filter(|(field, _)| *field != "#attributes");
        let fields = fields.map(|(field, value)| (field, text_of(value)));
        let own = if element.members().is_some() { ("xml_name", name.into()) } else { (name, element) };
        fields.chain([own]).filter(|(_, value)| !value.is_null())
    });
    doc.add_members(data, fields);
    let arena = doc.arena;
    doc.update_members(data, |value| Some(value.to_text(arena).map_or(value, Value::from)));
    doc.set_default("winlog.user_data", Value::Object(&[]));
}

/// An element without its attributes, if it has text.
fn text_of(element: Value<'_>) -> Value<'_> {
    let text = element.members().and_then(|mut fields| fields.find(|(key, _)| *key == "#text"));
    text.map_or(element, |(_, text)| text)
}
