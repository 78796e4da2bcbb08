//! A document as a tree in which every value knows where it stands, whatever format it was parsed from.

use std::ops::Range;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

/// A value and the bytes of the document that it is written in.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// JSON's; TOML has none.
    Null,
    Array(Vec<Node>),
    Table(Entries),
}

/// Keys in the order of the document.
pub(super) type Entries = IndexMap<String, Entry>;

/// A key's place and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    /// What the node is, as a message says it.
    pub(super) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::String(_) => "a string",
            Kind::Integer(_) => "an integer",
            Kind::Float(_) => "a float",
            Kind::Boolean(_) => "a boolean",
            Kind::Null => "null",
            Kind::Array(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }

    /// The value as JSON, without places.
    pub(super) fn into_json(self) -> Value {
        match self.kind {
            Kind::String(text) => Value::String(text),
            Kind::Integer(number) => Value::Number(number.into()),
            Kind::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Kind::Boolean(truth) => Value::Bool(truth),
            Kind::Null => Value::Null,
            Kind::Array(items) => Value::Array(items.into_iter().map(Node::into_json).collect()),
            Kind::Table(entries) => Value::Object(into_json_object(entries)),
        }
    }
}

/// The entries as a JSON object, without places.
pub(super) fn into_json_object(entries: Entries) -> Map<String, Value> {
    entries.into_iter().map(|(key, entry)| (key, entry.node.into_json())).collect()
}

/// The entries of a TOML table.
pub(super) fn from_toml(table: DeTable<'_>) -> Entries {
    table
        .into_iter()
        .map(|(key, value)| {
            let (key_span, span) = (key.span(), value.span());
            let node = Node { span, kind: kind_from_toml(value.into_inner()) };
            (key.into_inner().into_owned(), Entry { key_span, node })
        })
        .collect()
}

fn kind_from_toml(value: DeValue<'_>) -> Kind {
    match value {
        DeValue::String(text) => Kind::String(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Kind::Integer(number),
            Err(_) => Kind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        },
        DeValue::Float(number) => Kind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Kind::Boolean(truth),
        DeValue::Datetime(moment) => Kind::String(moment.to_string()),
        DeValue::Array(items) => Kind::Array(
            items
                .into_iter()
                .map(|item| Node { span: item.span(), kind: kind_from_toml(item.into_inner()) })
                .collect(),
        ),
        DeValue::Table(table) => Kind::Table(from_toml(table)),
    }
}
