//! Literals that a value must have if a pattern matches it: what a set of patterns looks for first.
//!
//! **What keeps it sound:** case is folded in ASCII only, here as in every pattern, and folding goes both ways: if a pattern
//! matches a value, the value in lower case has a literal of each [`Choice`] in its place, whatever the pattern says of
//! case. So a choice may name too many values, and never too few.

use super::PatternError;
use crate::regex::Expression;
use crate::{Pattern, WildcardPart};

/// Where in a value a literal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// It is all of the value but for so many characters at the start.
    Whole(usize),
    /// It stands behind so many characters at the start.
    Start(usize),
    /// It stands before so many characters at the end.
    End(usize),
    Anywhere,
}

/// A literal in lower case. May be empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Literal {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// Literals of which a value has at least one if the pattern matches it. If there are none, nothing matches.
pub(crate) type Choice = Vec<Literal>;

/// Most characters that are stepped over at an end of a value to look for a literal there: `?:\\Windows\\*`.
const MOST_SKIPPED: usize = 2;

/// What a set needs to know of a pattern.
#[derive(Debug)]
pub(super) struct Necessary {
    /// Any of them will do. None if the pattern has no literals.
    pub(super) choices: Vec<Choice>,
    /// Whether every value that has a literal of the (then only) choice matches.
    pub(super) suffices: bool,
    /// The pattern itself, if it is a regular expression.
    pub(super) regex: Option<Expression>,
}

impl Literal {
    pub(crate) fn new(place: Place, text: &str) -> Self {
        Self { place, text: text.to_ascii_lowercase() }
    }

    /// How likely values have the literal for no reason, in no unit: short ones stand anywhere.
    pub(crate) fn weakness(&self) -> u64 {
        let (weakness, strong) = match self.place {
            Place::Whole(_) => (1, 0),
            Place::Start(_) | Place::End(_) => (1 << 6, 3),
            Place::Anywhere => (1 << 10, 5),
        };
        weakness >> (2 * self.text.len().min(strong))
    }
}

impl Necessary {
    pub(super) fn of(pattern: &Pattern) -> Result<Self, PatternError> {
        Ok(match pattern {
            Pattern::Exact { text, case_insensitive } => {
                let whole = Literal::new(Place::Whole(0), text);
                Self { choices: vec![vec![whole]], suffices: *case_insensitive, regex: None }
            }
            Pattern::Wildcard { parts, case_insensitive } => {
                let mut choices = Vec::new();
                let mut suffices = false;
                for (index, part) in parts.iter().enumerate() {
                    if let WildcardPart::Literal(text) = part
                        && let (before, [_, behind @ ..]) = parts.split_at(index)
                    {
                        let place = place(before, behind);
                        choices.push(vec![Literal::new(place, text)]);
                        suffices = *case_insensitive && is_all(place, before, behind);
                    }
                }
                Self { choices, suffices, regex: None }
            }
            // The edits may be anywhere behind the prefix.
            Pattern::Fuzzy { text, prefix, .. } => {
                let prefix: String =
                    text.chars().take(usize::try_from(*prefix).unwrap_or(usize::MAX)).collect();
                let choices = (!prefix.is_empty()).then(|| vec![Literal::new(Place::Start(0), &prefix)]);
                Self { choices: choices.into_iter().collect(), suffices: false, regex: None }
            }
            Pattern::Regex { source, case_insensitive } => {
                let regex = Expression::parse(source, *case_insensitive)?;
                Self { choices: regex.choices(), suffices: false, regex: Some(regex) }
            }
        })
    }
}

/// Where a literal stands that has these parts around it.
fn place(before: &[WildcardPart], behind: &[WildcardPart]) -> Place {
    let is_near = |parts: &[WildcardPart]| {
        parts.len() <= MOST_SKIPPED && parts.iter().all(|part| *part == WildcardPart::AnyChar)
    };
    match (is_near(before), is_near(behind)) {
        (true, _) if behind.is_empty() => Place::Whole(before.len()),
        (true, _) => Place::Start(before.len()),
        (false, true) => Place::End(behind.len()),
        (false, false) => Place::Anywhere,
    }
}

/// Whether the parts around a literal ask for nothing more than that it stands in its place.
fn is_all(place: Place, before: &[WildcardPart], behind: &[WildcardPart]) -> bool {
    const ANY_RUN: [WildcardPart; 1] = [WildcardPart::AnyRun];
    match place {
        Place::Whole(_) => true,
        Place::Start(_) => *behind == ANY_RUN,
        Place::End(_) => *before == ANY_RUN,
        Place::Anywhere => *before == ANY_RUN && *behind == ANY_RUN,
    }
}
