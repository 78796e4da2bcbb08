//! The syntax tree of KQL.

use std::ops::Range;

use crate::{CompareOp, WildcardPart};

/// A query, or part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// The empty query: everything.
    All,
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    /// `field:{ ... }`
    Nested(Literal, Box<Node>),
    /// `field: value`; without a field, the value alone.
    Is(Option<Literal>, Literal),
    /// `field > value`
    Range(Literal, CompareOp, Literal),
}

/// A name or a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) span: Range<usize>,
    /// Whether it stood in quotes: then it is a phrase, and no star in it is a wildcard.
    pub(super) is_quoted: bool,
    /// Escapes are resolved. Literals and stars only.
    pub(super) parts: Vec<WildcardPart>,
}

impl Literal {
    /// Its text; stars that are wildcards stand as `*`.
    pub(super) fn text(&self) -> String {
        let part = |part: &WildcardPart| match part {
            WildcardPart::Literal(text) => text.to_string(),
            WildcardPart::AnyRun | WildcardPart::AnyChar => "*".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Whether it has a star that is a wildcard.
    pub(super) fn is_pattern(&self) -> bool {
        self.parts.contains(&WildcardPart::AnyRun)
    }

    /// Whether it is a star and nothing else.
    pub(super) fn is_lone_star(&self) -> bool {
        self.parts == [WildcardPart::AnyRun]
    }

    /// Whether it is this very word, not in quotes.
    pub(super) fn is_word(&self, word: &str) -> bool {
        let [WildcardPart::Literal(text)] = self.parts.as_slice() else { return false };
        !self.is_quoted && **text == *word
    }
}
