//! Matching strings with patterns: every kind in time linear in the string.
//!
//! Case: Elasticsearch's case-insensitive term, prefix, wildcard and regexp queries fold the letters of ASCII only
//! (`AutomatonQueries`, `RegExp.ASCII_CASE_INSENSITIVE`), and so do patterns here. `É` and `é` differ.

use std::sync::Arc;

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

    /// The same pattern without regard to case.
    #[must_use]
    pub fn ignoring_case(self) -> Self {
        match self {
            Self::Exact { text, .. } => Self::Exact { text, case_insensitive: true },
            Self::Wildcard { parts, .. } => Self::Wildcard { parts, case_insensitive: true },
            Self::Regex { source, .. } => Self::Regex { source, case_insensitive: true },
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
    Wildcard { parts: Vec<WildcardPart>, case_insensitive: bool },
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
                Matcher::Wildcard { parts: parts.clone(), case_insensitive: *case_insensitive }
            }
            Pattern::Regex { source, case_insensitive } => {
                Matcher::Regex(Regex::new(source, *case_insensitive)?)
            }
        }))
    }

    /// Whether the whole string matches.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Matcher::Exact { text: wanted, case_insensitive: false } => text == &**wanted,
            Matcher::Exact { text: wanted, case_insensitive: true } => text.eq_ignore_ascii_case(wanted),
            Matcher::Wildcard { parts, case_insensitive } => wildcard_matches(parts, text, *case_insensitive),
            Matcher::Regex(regex) => regex.is_match(text),
        }
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

/// Matches greedily: of two ways to let a `*` end, the shorter is never worse, so that only the last `*` is ever
/// taken up again.
fn wildcard_matches(parts: &[WildcardPart], text: &str, case_insensitive: bool) -> bool {
    let (mut part, mut at) = (0, 0);
    // Where to go on if the way since the last `*` fails: the part behind it, and how far it reaches.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match parts.get(part) {
            Some(WildcardPart::AnyRun) => {
                if part + 1 == parts.len() {
                    return true;
                }
                retry = Some((part + 1, at));
                Some(0)
            }
            Some(WildcardPart::AnyChar) => {
                text.get(at..).and_then(|rest| rest.chars().next()).map(char::len_utf8)
            }
            Some(WildcardPart::Literal(literal)) => {
                let found = text.as_bytes().get(at..at + literal.len());
                found
                    .is_some_and(|found| equal(found, literal.as_bytes(), case_insensitive))
                    .then_some(literal.len())
            }
            None if at == text.len() => return true,
            None => None,
        };
        if let Some(length) = step {
            at += length;
            part += 1;
            continue;
        }
        let Some((behind, from)) = retry else { return false };
        let Some(from) = next_start(parts.get(behind), text, from, case_insensitive) else { return false };
        retry = Some((behind, from));
        (part, at) = (behind, from);
    }
}

/// The next place after `from` at which the part behind a `*` could stand.
fn next_start(part: Option<&WildcardPart>, text: &str, from: usize, case_insensitive: bool) -> Option<usize> {
    let first = text.get(from..)?.chars().next()?;
    let next = from + first.len_utf8();
    match part {
        Some(WildcardPart::Literal(literal)) => {
            let first = *literal.as_bytes().first()?;
            let rest = text.as_bytes().get(next..)?;
            let found = rest.iter().position(|byte| equal(&[*byte], &[first], case_insensitive))?;
            Some(next + found)
        }
        _ => Some(next),
    }
}

fn equal(a: &[u8], b: &[u8], case_insensitive: bool) -> bool {
    if case_insensitive { a.eq_ignore_ascii_case(b) } else { a == b }
}

#[cfg(test)]
mod tests;
