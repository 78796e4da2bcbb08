//! Exceptions: events that a rule is not to match, in lists that rules refer to.

mod lower;

use serde::Serialize;

pub(crate) use lower::{AskedLists, ItemProblem, ValueLists, lower};

use crate::kind::JsonObject;
use crate::values::vocabulary;

vocabulary! {
    /// Whether a value is excepted if the entry holds of it, or if it does not.
    EntryOperator {
        /// If it holds.
        Included = "included",
        /// If it does not hold, a missing field included.
        Excluded = "excluded",
    }
}

vocabulary! {
    /// In which of Kibana's spaces a list is seen.
    Namespace {
        /// In one.
        Single = "single",
        /// In all.
        Agnostic = "agnostic",
    }
}

vocabulary! {
    /// What an entry asks.
    EntryType {
        /// See [`ExceptionEntry::Match`].
        Match = "match",
        /// See [`ExceptionEntry::MatchAny`].
        MatchAny = "match_any",
        /// See [`ExceptionEntry::Wildcard`].
        Wildcard = "wildcard",
        /// See [`ExceptionEntry::Exists`].
        Exists = "exists",
        /// See [`ExceptionEntry::List`].
        List = "list",
        /// See [`ExceptionEntry::Nested`].
        Nested = "nested",
    }
}

/// What a list of exceptions is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListKey {
    /// Its id for people.
    pub list_id: String,
    /// The same id may be there once in a space and once for all of them.
    pub namespace: Namespace,
}

/// What a list of exceptions says of itself. Its items stand by themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListHeader {
    /// Its id for people.
    pub list_id: String,
    /// What it is called.
    pub name: String,
    /// `detection`, `rule_default`, `endpoint`, ...
    #[serde(rename = "type")]
    pub list_type: String,
    /// In which spaces it is seen.
    pub namespace_type: Namespace,
    /// The rest, as it was.
    #[serde(flatten)]
    pub extra: JsonObject,
}

/// An exception: an event of which all entries hold is one that no rule with the list is to match.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExceptionItem {
    /// Its id for people.
    pub item_id: String,
    /// The list that it is in.
    pub list_id: String,
    /// The list's.
    pub namespace_type: Namespace,
    /// What it is called.
    pub name: String,
    /// What must hold of the event. Never empty.
    pub entries: Vec<ExceptionEntry>,
    /// Only events of these systems are excepted; all if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os_types: Vec<String>,
    /// Events from then on are not excepted any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<ExpireTime>,
    /// The rest, as it was.
    #[serde(flatten)]
    pub extra: JsonObject,
}

/// A moment, as it was written and in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExpireTime {
    text: String,
    #[serde(skip)]
    millis: i64,
}

/// Something that must hold of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExceptionEntry {
    /// The field has the value: whole, or its words together if it is a field of words.
    Match {
        /// The event's field.
        field: String,
        /// Whether it must hold or not.
        operator: EntryOperator,
        /// The value.
        value: String,
    },
    /// The field has one of the values.
    MatchAny {
        /// The event's field.
        field: String,
        /// Whether it must hold or not.
        operator: EntryOperator,
        /// The values. Never empty.
        value: Vec<String>,
    },
    /// The field matches a pattern with `*` and `?`.
    Wildcard {
        /// The event's field.
        field: String,
        /// Whether it must hold or not.
        operator: EntryOperator,
        /// The pattern.
        value: String,
    },
    /// The field has a value.
    Exists {
        /// The event's field.
        field: String,
        /// Whether it must hold or not.
        operator: EntryOperator,
    },
    /// The field has a value of a value list.
    List {
        /// The event's field.
        field: String,
        /// Whether it must hold or not.
        operator: EntryOperator,
        /// The list.
        list: ValueListReference,
    },
    /// Entries about the fields of an object, of which there may be several in the event.
    Nested {
        /// The object.
        field: String,
        /// Entries about fields below it. Never empty.
        entries: Vec<ExceptionEntry>,
    },
}

/// A value list, kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueListReference {
    /// Its id.
    pub id: String,
    /// The type of its values: `keyword`, `ip`, `ip_range`, `text`, ...
    #[serde(rename = "type")]
    pub list_type: String,
}

impl ExpireTime {
    /// Reads a moment, such as `2026-11-24T12:00:00.000Z`; `None` if it is none.
    pub fn new(text: String) -> Option<Self> {
        let nanoseconds = rulehound_schema::parse_date(&text)?;
        let millis = i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()?;
        Some(Self { text, millis })
    }

    /// In milliseconds since the epoch.
    pub fn millis(&self) -> i64 {
        self.millis
    }
}

impl ExceptionEntry {
    /// What it asks.
    pub fn entry_type(&self) -> EntryType {
        match self {
            Self::Match { .. } => EntryType::Match,
            Self::MatchAny { .. } => EntryType::MatchAny,
            Self::Wildcard { .. } => EntryType::Wildcard,
            Self::Exists { .. } => EntryType::Exists,
            Self::List { .. } => EntryType::List,
            Self::Nested { .. } => EntryType::Nested,
        }
    }
}

impl ListHeader {
    /// What it is known by.
    pub fn key(&self) -> ListKey {
        ListKey { list_id: self.list_id.clone(), namespace: self.namespace_type }
    }
}

impl ExceptionItem {
    /// The list that it is in.
    pub fn list(&self) -> ListKey {
        ListKey { list_id: self.list_id.clone(), namespace: self.namespace_type }
    }
}
