//! Matching strings with patterns: every kind in time linear in the string.
//!
//! Case: Elasticsearch's case-insensitive term, prefix, wildcard and regexp queries fold the letters of ASCII only
//! (`AutomatonQueries`, `RegExp.ASCII_CASE_INSENSITIVE`), and so do patterns here. `É` and `é` differ.

mod fuzzy;
mod index;
mod literals;
mod set;
mod wildcard;

use std::borrow::Cow;
use std::sync::Arc;

use fuzzy::Fuzzy;
use wildcard::Wildcard;

pub(crate) use literals::{Choice, Literal, Place};
pub use set::{PatternScratch, PatternSet, PatternSetError};

use crate::regex::{Regex, RegexError};
use crate::{Pattern, WildcardPart};

impl Pattern {
    /// The pattern of EQL's `:` and `like`: `*` and `?` are wildcards, nothing escapes them. Without wildcards it is
    /// the string itself.
    pub fn wildcard(text: &str, case_insensitive: bool) -> Self {
        if !text.contains(['*', '?']) {
            return Self::Exact { text: text.into(), case_insensitive };
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(['*', '?']).unwrap_or(rest.len());
            let (plain, wild) = rest.split_at(end);
            if !plain.is_empty() {
                parts.push(WildcardPart::Literal(plain.into()));
            }
            match wild.as_bytes().first() {
                Some(b'*') if parts.last() != Some(&WildcardPart::AnyRun) => parts.push(WildcardPart::AnyRun),
                Some(b'?') => parts.push(WildcardPart::AnyChar),
                _ => {}
            }
            rest = wild.get(1..).unwrap_or_default();
        }
        Self::Wildcard { parts, case_insensitive }
    }

    /// The pattern of Elasticsearch's `wildcard` query and of ES|QL's `LIKE`: `*` and `?` are wildcards, `\` takes the
    /// character behind it for itself.
    pub fn escaped_wildcard(text: &str) -> Self {
        let parts = crate::leaf::escaped_wildcard(text);
        match parts.as_slice() {
            [] => Self::Exact { text: "".into(), case_insensitive: false },
            [WildcardPart::Literal(text)] => Self::Exact { text: text.clone(), case_insensitive: false },
            _ => Self::Wildcard { parts, case_insensitive: false },
        }
    }

    /// The same pattern without regard to case.
    #[must_use]
    pub fn ignoring_case(self) -> Self {
        match self {
            Self::Exact { text, .. } => Self::Exact { text, case_insensitive: true },
            Self::Wildcard { parts, .. } => Self::Wildcard { parts, case_insensitive: true },
            Self::Regex { source, .. } => Self::Regex { source, case_insensitive: true },
            Self::Fuzzy { text, distance, prefix, .. } => {
                Self::Fuzzy { text, distance, prefix, case_insensitive: true }
            }
        }
    }
}

/// A pattern that cannot be made into a matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The regular expression is not one, or needs too much memory.
    #[error(transparent)]
    Regex(#[from] RegexError),
}

/// A pattern made ready to match.
#[derive(Clone, Debug)]
pub struct PatternMatcher(Matcher);

#[derive(Clone, Debug)]
enum Matcher {
    Exact { text: Arc<str>, case_insensitive: bool },
    Wildcard(Wildcard),
    Fuzzy(Fuzzy),
    Regex(Regex),
}

impl PatternMatcher {
    /// Makes a matcher. Only regular expressions can fail.
    pub fn new(pattern: &Pattern) -> Result<Self, PatternError> {
        Ok(Self(match pattern {
            Pattern::Exact { text, case_insensitive } => {
                Matcher::Exact { text: text.clone(), case_insensitive: *case_insensitive }
            }
            Pattern::Wildcard { parts, case_insensitive } => {
                Matcher::Wildcard(Wildcard::new(parts, *case_insensitive))
            }
            Pattern::Fuzzy { text, distance, prefix, case_insensitive } => {
                Matcher::Fuzzy(Fuzzy::new(text, *distance, *prefix, *case_insensitive))
            }
            Pattern::Regex { source, case_insensitive } => {
                Matcher::Regex(Regex::new(source, *case_insensitive)?)
            }
        }))
    }

    /// Whether the whole string matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.is_match_of(&Subject { text, lower: None })
    }

    fn is_match_of(&self, subject: &Subject<'_>) -> bool {
        match &self.0 {
            Matcher::Exact { text, case_insensitive: false } => subject.text == &**text,
            Matcher::Exact { text, case_insensitive: true } => subject.text.eq_ignore_ascii_case(text),
            Matcher::Wildcard(wildcard) => wildcard.is_match(subject),
            Matcher::Fuzzy(fuzzy) => fuzzy.is_match(subject.text),
            Matcher::Regex(regex) => regex.is_match(subject.text),
        }
    }
}

/// A string that patterns are put to.
struct Subject<'a> {
    text: &'a str,
    /// The same in lower case, if somebody has it already.
    lower: Option<&'a str>,
}

impl<'a> Subject<'a> {
    fn lower(&self) -> Cow<'a, str> {
        self.lower.map_or_else(|| self.text.to_ascii_lowercase().into(), Cow::Borrowed)
    }
}

/// Patterns of which one must match, ready to match. Equal if the patterns are.
#[derive(Clone, Debug)]
pub struct Patterns {
    patterns: Arc<[Pattern]>,
    matchers: Arc<[PatternMatcher]>,
}

impl Patterns {
    /// Makes the matchers. Only regular expressions can fail.
    pub fn new(patterns: Vec<Pattern>) -> Result<Self, PatternError> {
        let matchers = patterns.iter().map(PatternMatcher::new).collect::<Result<_, _>>()?;
        Ok(Self { patterns: patterns.into(), matchers })
    }

    /// The patterns.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Whether the whole string matches one of the patterns.
    pub fn is_match(&self, text: &str) -> bool {
        self.matchers.iter().any(|matcher| matcher.is_match(text))
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

#[cfg(test)]
mod tests;
