//! The syntax tree of a query string.

use std::ops::Range;

/// A query, or part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Clauses(Vec<Clause>),
    Asked(Asked),
}

/// A clause and whether it must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clause {
    pub(super) occur: Occur,
    pub(super) node: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occur {
    Must,
    Should,
    MustNot,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// The field it is put to; none: the default ones.
    pub(super) field: Option<Name>,
    pub(super) question: Question,
    /// Where the question stands, the field aside.
    pub(super) span: Range<usize>,
}

/// The name of a field, or a pattern of names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// What is asked. Escapes are resolved but in patterns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    Text(String),
    /// Text in quotes, and how many places its words may be off, if that is said.
    Phrase(String, Option<u32>),
    Prefix(String),
    /// With its escapes.
    Wildcard(String),
    Regex(String),
    /// A text and the most edits; none: as many as its length allows.
    Fuzzy(String, Option<u8>),
    /// From one end to the other; an open end is `None`.
    Range {
        from: Option<String>,
        to: Option<String>,
        from_included: bool,
        to_included: bool,
    },
}
