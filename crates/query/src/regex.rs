//! Regular expressions of Lucene's dialect (`org.apache.lucene.util.automaton.RegExp` with all optional operators,
//! as Elasticsearch's `regexp` query has it), matched in linear time.
//!
//! | syntax | means |
//! | --- | --- |
//! | `.` | any character, line breaks too |
//! | `? + * {n} {n,} {n,m}` | repetition; there are no lazy forms, `.*?` is an optional `.*` |
//! | `\|` `( )` | alternatives, groups; nothing is captured |
//! | `[a-z]` `[^a-z]` | one character of a class |
//! | `\d \D \w \W \s \S` | predefined classes, of ASCII |
//! | `"..."` | these very characters |
//! | `~x` | whatever `x` does not match |
//! | `x&y` | what both match; binds tighter than `\|` |
//! | `<1-100>` | a number in the range |
//! | `@` `#` | any string; nothing at all |
//!
//! `^` and `$` are ordinary characters: an expression always matches a whole value. Without regard to case, letters of
//! ASCII are equal to their other case, also in ranges.

mod derivative;
mod literals;
mod parse;
mod set;
mod translate;

use regex_automata::meta;

use derivative::Automaton;
use parse::Ast;

pub(crate) use set::RegexSet;

use crate::pattern::Choice;

/// Why a regular expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// It is not one.
    #[error("{message} at character {position}")]
    Syntax {
        /// What is wrong.
        message: &'static str,
        /// Number of the character, from 1.
        position: usize,
    },
    /// It needs more memory than is allowed.
    #[error("it is too large to be compiled")]
    TooLarge,
}

/// An expression that was read.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Ast);

impl Expression {
    pub(crate) fn parse(source: &str, case_insensitive: bool) -> Result<Self, RegexError> {
        let ast = parse::parse(source, case_insensitive)?;
        Ok(Self(if ast.needs_automaton() { derivative::without_impossible(ast) } else { ast }))
    }

    /// Whether it may be part of a [`RegexSet`]: it has neither complement nor intersection.
    pub(crate) fn is_plain(&self) -> bool {
        !self.0.needs_automaton()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    /// The literals that a text must have to match.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        literals::choices(&self.0)
    }

    fn compile(&self) -> Result<Regex, RegexError> {
        if self.is_plain() {
            translate::compile(&self.0)
        } else {
            Automaton::new(&self.0).map(Regex::Automaton)
        }
    }
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) enum Regex {
    /// The common case.
    Meta(Box<meta::Regex>),
    /// With complement or intersection.
    Automaton(Automaton),
}

impl Regex {
    pub(crate) fn new(source: &str, case_insensitive: bool) -> Result<Self, RegexError> {
        Expression::parse(source, case_insensitive)?.compile()
    }

    /// Whether the whole text matches.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Meta(regex) => regex.is_match(text),
            Self::Automaton(automaton) => automaton.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests;
