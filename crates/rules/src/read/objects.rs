//! What is in a JSON export: rules and what goes with them, told apart by their keys.
//!
//! An export of Kibana is NDJSON: rules, exception lists and their items, connectors, and at the end a line that counts
//! them. The API gives the same objects as JSON: one, a list of them, or a page (`{"data": [...]}`). Packages and
//! backups hold saved objects (`{"type": ..., "attributes": {...}}`). All are read alike, wherever they stand.

use std::ops::Range;

use rulehound_query::Diagnostic;

use super::json;
use super::node::{Entries, Kind, Node};
use super::text::Text;
use crate::kind::RuleType;

/// An object of an export.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: ObjectKind,
    pub(super) node: Node,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ObjectKind {
    Rule,
    /// An exception list, without its items.
    ExceptionList,
    ExceptionItem,
    /// A value list, without its items.
    ValueList,
    ValueListItem,
    SavedQuery,
    DataView,
    /// What carries alerts elsewhere.
    Connector,
    /// The line at the end that counts the others.
    Summary,
    /// Something else.
    Unknown,
}

/// After so many objects of which none is known, a file that nobody named is something else.
const STRANGERS: usize = 64;

/// Calls `take` with every object of a text. With `is_ndjson` each line is one; else the text is one JSON value or,
/// if it is none and its first line is an object by itself, lines as well. What cannot be read is a finding.
pub(super) fn for_each(
    text: &Text,
    is_ndjson: bool,
    is_named: bool,
    take: &mut dyn FnMut(Result<Object, Diagnostic>),
) {
    if !is_ndjson {
        let whole = match text.first_bad() {
            Some(bad) => Err(text.not_utf8(bad, "JSON")),
            None => json::parse(&text.text, text.body()),
        };
        match whole {
            Ok(node) => return unwrap(node, &mut |object| take(Ok(object))),
            Err(_) if is_lines(text) => {}
            Err(error) => return take(Err(error)),
        }
    }
    let (mut known, mut strangers) = (false, 0);
    for line in lines(text) {
        if let Some(bad) = text.bad_in(&line) {
            take(Err(text.not_utf8(bad, "JSON")));
            continue;
        }
        match json::parse(&text.text, line) {
            Ok(node) => unwrap(node, &mut |object| {
                known |= object.kind != ObjectKind::Unknown;
                strangers += usize::from(object.kind == ObjectKind::Unknown);
                take(Ok(object));
            }),
            Err(error) => take(Err(error)),
        }
        if !is_named && !known && strangers >= STRANGERS {
            return;
        }
    }
}

/// Lines that are not empty.
fn lines(text: &Text) -> impl Iterator<Item = Range<usize>> + '_ {
    let body = text.body();
    let mut at = body.start;
    text.text.get(body).unwrap_or_default().split('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len() + 1;
        let len = line.trim().len();
        (len > 0).then_some(start..start + len)
    })
}

/// Whether there are several lines, and the first is an object by itself.
fn is_lines(text: &Text) -> bool {
    let mut lines = lines(text);
    let (first, second) = (lines.next(), lines.next());
    let is_object = |line| matches!(json::parse(&text.text, line), Ok(Node { kind: Kind::Table(_), .. }));
    first.zip(second).is_some_and(|(first, _)| is_object(first))
}

/// Gives the objects that a value holds: itself, the items of a list, those of a page.
fn unwrap(node: Node, take: &mut dyn FnMut(Object)) {
    match node.kind {
        Kind::Array(items) => items.into_iter().for_each(|item| unwrap(item, take)),
        Kind::Table(entries) => unwrap_table(node.span, entries, take),
        _ => take(Object { kind: ObjectKind::Unknown, node }),
    }
}

fn unwrap_table(span: Range<usize>, mut entries: Entries, take: &mut dyn FnMut(Object)) {
    let mut kind = kind_of(&entries);
    if kind == ObjectKind::Unknown {
        for (page, of_items) in
            [("data", None), ("saved_objects", None), ("data_view", Some(ObjectKind::DataView))]
        {
            let is_page = |node: &Node| match of_items {
                None => matches!(node.kind, Kind::Array(_)),
                Some(_) => matches!(node.kind, Kind::Array(_) | Kind::Table(_)),
            };
            let Some(entry) = entries.get_mut(page).filter(|entry| is_page(&entry.node)) else { continue };
            let inner = std::mem::replace(&mut entry.node.kind, Kind::Null);
            let inner = Node { span: entry.node.span.clone(), kind: inner };
            return unwrap(inner, &mut |object| match (object.kind, of_items) {
                (ObjectKind::Unknown, Some(kind)) => take(Object { kind, ..object }),
                _ => take(object),
            });
        }
    }
    if let Some(of_attributes) = saved_object(&entries) {
        kind = of_attributes;
        if let Some(attributes) = entries.get_mut("attributes")
            && let Kind::Table(mut inner) = std::mem::replace(&mut attributes.node.kind, Kind::Null)
        {
            if let Some(id) = entries.shift_remove("id") {
                inner.entry("id".to_owned()).or_insert(id);
            }
            entries = inner;
        }
    }
    take(Object { kind, node: Node { span, kind: Kind::Table(entries) } });
}

fn word<'a>(entries: &'a Entries, key: &str) -> Option<&'a str> {
    match &entries.get(key)?.node.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// What a saved object is; `None` if it is none.
fn saved_object(entries: &Entries) -> Option<ObjectKind> {
    if !matches!(entries.get("attributes")?.node.kind, Kind::Table(_)) {
        return None;
    }
    match word(entries, "type") {
        Some("security-rule") => Some(ObjectKind::Rule),
        Some("query") => Some(ObjectKind::SavedQuery),
        Some("index-pattern") => Some(ObjectKind::DataView),
        Some("action") => Some(ObjectKind::Connector),
        Some(_) => Some(ObjectKind::Unknown),
        // A page of the API that lists packaged rules names no type.
        None => Some(match &entries.get("attributes")?.node.kind {
            Kind::Table(attributes) => kind_of(attributes),
            _ => ObjectKind::Unknown,
        }),
    }
}

/// What an object that is no saved object is.
fn kind_of(entries: &Entries) -> ObjectKind {
    let has = |key: &str| entries.contains_key(key);
    let is_rule_type = || word(entries, "type").is_some_and(|word| RuleType::from_word(word).is_some());
    if has("exported_count") || has("exported_rules_count") {
        ObjectKind::Summary
    } else if word(entries, "rule_id").is_some() && (has("type") || has("risk_score") || has("name"))
        || is_rule_type() && has("name") && (has("risk_score") || has("severity"))
    {
        ObjectKind::Rule
    } else if word(entries, "list_id").is_some() && (has("item_id") || has("entries")) {
        ObjectKind::ExceptionItem
    } else if word(entries, "list_id").is_some() && has("value") {
        ObjectKind::ValueListItem
    } else if word(entries, "list_id").is_some() && has("type") {
        ObjectKind::ExceptionList
    } else if has("tie_breaker_id") && has("id") && has("type") {
        ObjectKind::ValueList
    } else if has("connector_type_id") {
        ObjectKind::Connector
    } else {
        ObjectKind::Unknown
    }
}

/// Whether the beginning of a file has any of the keys by which the objects are known: a cheap look, before it is parsed.
pub(crate) fn may_hold_any(head: &str) -> bool {
    [
        "\"rule_id\"",
        "\"risk_score\"",
        "\"list_id\"",
        "\"exported_count\"",
        "\"exported_rules_count\"",
        "\"attributes\"",
        "\"data_view\"",
        "\"tie_breaker_id\"",
        "\"connector_type_id\"",
    ]
    .iter()
    .any(|key| head.contains(key))
}
