//! Events of EVTX files, rendered to JSON: `Event.System`, and `Event.EventData` or `Event.UserData`.

use super::event::{EVENT_DATA, WindowsEvent};
use super::system::System;
use crate::json::{JsonNode, Kind, TapeMembers, TapeNode};
use crate::normalize::ecs::Ecs;
use crate::normalize::member;
use crate::normalize::value::{Arena, Value};

/// Whether a record has `Event.System`.
pub(in crate::normalize) fn is_evtx<'t>(record: impl Iterator<Item = (&'t str, TapeNode<'t>)>) -> bool {
    member(record, "Event").and_then(|event| object(event, "System")).is_some()
}

/// The members of an object in an object.
fn object<'t>(outer: TapeNode<'t>, key: &str) -> Option<TapeMembers<'t>> {
    let Kind::Object(members) = outer.kind() else { return None };
    match member(members, key)?.kind() {
        Kind::Object(members) => Some(members),
        Kind::Array(_) | Kind::Scalar(_) => None,
    }
}

/// Takes a record that [`is_evtx`].
pub(super) fn read<'e, 't>(
    doc: &'e mut Ecs<'t>,
    record: impl Iterator<Item = (&'t str, TapeNode<'t>)>,
) -> WindowsEvent<'e, 't> {
    let event = member(record, "Event");
    let part = |key| event.and_then(|event| object(event, key));
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

fn system<'t>(header: TapeMembers<'t>, arena: &'t Arena) -> System<'t> {
    let plain = |node: TapeNode<'t>| Value::from(node).plain_text(arena);
    let text = |element: &str| member(header.clone(), element).and_then(content).and_then(plain);
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
fn content(element: TapeNode<'_>) -> Option<TapeNode<'_>> {
    match element.kind() {
        Kind::Object(fields) => member(fields, "#text"),
        Kind::Array(_) | Kind::Scalar(_) => Some(element),
    }
}

/// An attribute of an element: below `#attributes`, or in the sibling `<element>_attributes`.
fn attribute<'t>(header: &TapeMembers<'t>, element: &str, name: &str) -> Option<TapeNode<'t>> {
    let is_beside = |key: &str| key.strip_prefix(element) == Some("_attributes");
    let mut attributes = header.clone().filter_map(|(key, value)| match value.kind() {
        Kind::Object(fields) if key == element => match member(fields, "#attributes")?.kind() {
            Kind::Object(attributes) => Some(attributes),
            Kind::Array(_) | Kind::Scalar(_) => None,
        },
        Kind::Object(attributes) if is_beside(key) => Some(attributes),
        _ => None,
    });
    member(attributes.next()?, name)
}

/// Event data by name. Data without a name is numbered, `param1` and on, as Winlogbeat does.
fn event_data<'t>(doc: &mut Ecs<'t>, elements: TapeMembers<'t>) {
    let data = doc.object(EVENT_DATA);
    let named = elements.filter(|(name, _)| *name != "#attributes" && !name.ends_with("_attributes"));
    doc.add_members(data, named.map(|(name, element)| (name, text_of(element.into()))));
    let Some(unnamed) = doc.remove_member(data, "Data") else { return };
    match unnamed.items() {
        Some(items) => {
            for (i, value) in items.enumerate() {
                let name = doc.arena.text(format_args!("param{}", i + 1));
                doc.set_member(data, name, text_of(value));
            }
        }
        None => doc.set_member(data, "param1", unnamed),
    }
}

/// User data: what stands in its one element, whose name becomes `xml_name`.
fn user_data<'t>(doc: &mut Ecs<'t>, elements: TapeMembers<'t>) {
    let data = doc.object("winlog.user_data");
    let fields = elements.map(|(name, element)| (name, Value::from(element))).flat_map(|(name, element)| {
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
