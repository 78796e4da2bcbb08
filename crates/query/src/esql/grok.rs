//! Patterns of `GROK`: regular expressions in Oniguruma's syntax, in which `%{NUMBER:size:int}` stands for a known
//! pattern whose match is kept as a column, after Elasticsearch's `Grok`.
//!
//! - `%{NAME}` matches, `%{NAME:column}` is kept as a keyword, `%{NAME:column:type}` as `int`, `long`, `float`,
//!   `double` or `boolean`; so is a named group, `(?<column>...)`.
//! - A column that is named several times has several values.
//! - `^` and `$` are ends of lines, `.` is no line break unless `(?m)` says so: this is Ruby's syntax, which
//!   Elasticsearch uses.
//! - Several patterns are one with alternatives.

mod patterns;

use std::fmt::Write;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

use super::Type;
use crate::suggest;

/// Deepest nesting of known patterns in known patterns.
const MAX_DEPTH: usize = 50;
/// Longest expression that comes of a pattern, in bytes.
const MAX_LENGTH: usize = 1_000_000;
/// So many steps back are taken for one text.
const BACKTRACK_LIMIT: usize = 1_000_000;

/// A checked pattern.
#[derive(Clone, Debug)]
pub struct Grok {
    regex: Regex,
    outputs: Vec<GrokOutput>,
    /// Groups of the expression and the outputs they are values of, in the order of the text.
    groups: Vec<(usize, usize)>,
}

/// A column that comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrokOutput {
    /// Its name.
    pub name: Arc<str>,
    /// `keyword`, `integer`, `long`, `double` or `boolean`.
    pub ty: Type,
    /// Whether one text may give several values.
    pub is_multiple: bool,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrokError {
    /// A pattern that is not known.
    #[error("unknown pattern `{name}`")]
    UnknownPattern {
        /// Its name.
        name: String,
        /// Near misses.
        similar: Vec<String>,
    },
    /// A pattern that Elasticsearch knows and that is not known here.
    #[error("the pattern `{name}` is not supported")]
    NotSupported {
        /// Its name.
        name: String,
    },
    /// A column with values of two types.
    #[error("`{name}` is of type {first} and of type {second}")]
    Types {
        /// The column.
        name: String,
        /// One type.
        first: Type,
        /// Another.
        second: Type,
    },
    /// An expression that cannot be read.
    #[error("invalid regular expression: {reason}")]
    Regex {
        /// Why.
        reason: String,
    },
    /// An expression that is too large.
    #[error("the pattern is too large")]
    TooLarge,
}

/// A text for which matching took too many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("matching takes too many steps")]
pub struct TooManySteps;

impl Grok {
    /// Checks patterns.
    ///
    /// # Errors
    ///
    /// If Elasticsearch would refuse them, or if they are too large or ask for what is not supported.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, GrokError> {
        let mut expression = String::new();
        for (place, pattern) in patterns.iter().enumerate() {
            let alternatives = patterns.len() > 1;
            expression.push_str(if place > 0 { "|" } else { "" });
            expression.push_str(if alternatives { "(?:" } else { "" });
            expand(pattern.as_ref(), &mut expression, 0)?;
            expression.push_str(if alternatives { ")" } else { "" });
        }
        let (expression, names) = number_groups(&expression);
        let regex = RegexBuilder::new(&expression)
            .oniguruma_mode(true)
            .multi_line(true)
            .backtrack_limit(BACKTRACK_LIMIT)
            .build()
            .map_err(|error| GrokError::Regex { reason: error.to_string() })?;
        let mut columns: Vec<(String, Type)> = names.iter().map(|name| column(name)).collect();
        let mut outputs: Vec<GrokOutput> = Vec::new();
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, ty) in columns {
            match outputs.last_mut().filter(|last| *last.name == *name) {
                Some(last) if last.ty != ty => {
                    return Err(GrokError::Types { name, first: last.ty, second: ty });
                }
                Some(last) => last.is_multiple = true,
                None => outputs.push(GrokOutput { name: name.into(), ty, is_multiple: false }),
            }
        }
        let groups = regex.capture_names().enumerate().filter_map(|(group, name)| {
            let place: usize = name?.strip_prefix(GROUP)?.parse().ok()?;
            let (name, _) = column(names.get(place)?);
            Some((group, outputs.binary_search_by(|output| (*output.name).cmp(&name)).ok()?))
        });
        Ok(Self { groups: groups.collect(), regex, outputs })
    }

    /// The columns that come out, by name, as Elasticsearch puts them.
    pub fn outputs(&self) -> &[GrokOutput] {
        &self.outputs
    }

    /// Tells the values that a text gives, each with the place of its output. Gives whether the text matches.
    ///
    /// # Errors
    ///
    /// If matching takes too long.
    pub fn values<'t>(
        &self,
        text: &'t str,
        mut value: impl FnMut(usize, &'t str),
    ) -> Result<bool, TooManySteps> {
        let Some(captures) = self.regex.captures(text).map_err(|_| TooManySteps)? else { return Ok(false) };
        for (group, output) in &self.groups {
            if let Some(found) = captures.get(*group) {
                value(*output, found.as_str());
            }
        }
        Ok(true)
    }
}

/// The name of a group, before its number.
const GROUP: &str = "g";

/// The column that a group stands for: `PATTERN:name:type` or `name`.
fn column(group: &str) -> (String, Type) {
    let parts: Vec<&str> = group.split(':').collect();
    let name = parts.get(1).or(parts.first()).copied().unwrap_or_default();
    let ty = match parts.as_slice() {
        [_, _, "int"] => Type::Integer,
        [_, _, "long"] => Type::Long,
        [_, _, "float" | "double"] => Type::Double,
        [_, _, "boolean"] => Type::Boolean,
        _ => Type::Keyword,
    };
    (name.to_owned(), ty)
}

/// Puts known patterns in place of their names.
fn expand(pattern: &str, expression: &mut String, depth: usize) -> Result<(), GrokError> {
    let mut rest = pattern;
    while let Some(at) = rest.find("%{") {
        let (before, found) = rest.split_at(at);
        expression.push_str(before);
        let Some((reference, behind)) = reference(found) else {
            expression.push_str("%{");
            rest = found.get(2..).unwrap_or_default();
            continue;
        };
        let name = reference.split(':').next().unwrap_or_default();
        let known = patterns::find(name).ok_or_else(|| unknown(name))?;
        if reference.contains(':') {
            // Writing to a string does not fail.
            let _ = write!(expression, "(?<{reference}>");
        } else {
            expression.push_str("(?:");
        }
        if depth >= MAX_DEPTH || expression.len() > MAX_LENGTH {
            return Err(GrokError::TooLarge);
        }
        expand(known, expression, depth + 1)?;
        expression.push(')');
        rest = behind;
    }
    expression.push_str(rest);
    Ok(())
}

/// What stands in the braces of `%{NAME:column:type}`, and what follows. Anything else is left to the expression.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (inner, behind) = text.strip_prefix("%{")?.split_once('}')?;
    let (name, column) = inner.split_once(':').unwrap_or((inner, "_"));
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let of_column = |c: char| c.is_alphanumeric() || matches!(c, '@' | '[' | ']' | '_' | ':' | '.' | '-');
    let fits = |text: &str, allowed: &dyn Fn(char) -> bool| !text.is_empty() && text.chars().all(allowed);
    (fits(name, &of_name) && fits(column, &of_column)).then_some((inner, behind))
}

fn unknown(name: &str) -> GrokError {
    let name = name.to_owned();
    if patterns::is_known_elsewhere(&name) {
        return GrokError::NotSupported { name };
    }
    let similar = suggest::similar(&name, patterns::names(), 1);
    GrokError::UnknownPattern { name, similar }
}

/// Gives the named groups of an expression names that every engine takes, and tells what they were called. Ruby's `(?m)`
/// is what others call `(?s)`.
fn number_groups(expression: &str) -> (String, Vec<String>) {
    let mut numbered = String::with_capacity(expression.len());
    let mut names = Vec::new();
    let mut rest = expression;
    let mut classes = 0_usize;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\\' => length += rest.chars().nth(1).map_or(0, char::len_utf8),
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '(' if classes == 0
                && rest.starts_with("(?<")
                && !rest.starts_with("(?<=")
                && !rest.starts_with("(?<!") =>
            {
                if let Some((name, behind)) = rest.get(3..).and_then(|rest| rest.split_once('>')) {
                    let _ = write!(numbered, "(?<{GROUP}{}>", names.len());
                    names.push(name.to_owned());
                    rest = behind;
                    continue;
                }
            }
            '(' if classes == 0 && rest.starts_with("(?") => {
                let flags: usize = rest
                    .bytes()
                    .skip(2)
                    .take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
                    .count();
                let end = 2 + flags;
                if rest.get(end..).is_some_and(|rest| rest.starts_with([')', ':'])) {
                    numbered.push_str(&rest.get(..end).unwrap_or_default().replace('m', "s"));
                    rest = rest.get(end..).unwrap_or_default();
                    continue;
                }
            }
            _ => {}
        }
        let (taken, behind) = rest.split_at(length);
        numbered.push_str(taken);
        rest = behind;
    }
    (numbered, names)
}

#[cfg(test)]
mod tests;
