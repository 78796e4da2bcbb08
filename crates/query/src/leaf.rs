//! Leaf queries: one question to one field, as Elasticsearch's query builders and field mappers have it. KQL, Lucene
//! and the query DSL all come down to these.
//!
//! | | keyword, wildcard, version | text, match_only_text | numbers, booleans, dates, IPs |
//! | --- | --- | --- | --- |
//! | [`matching`] | the whole value | any of its words, or all | by value; a date names a span, an IP may be a network |
//! | [`phrase`] | the whole value | its words together | as above |
//! | [`pattern`] | the whole value | each word | refused |
//! | [`range`] | by bytes | refused | by value |

mod dates;
mod names;

use std::sync::Arc;

use rulehound_schema::{Field, FieldType, Value};

use crate::constant::{self, BadConstant};
use crate::words::{Words, lower};
use crate::{
    CompareOp, Filter, Pattern, PatternError, PatternMatcher, Phrase, Predicate, Test, WildcardPart,
};

pub(crate) use dates::DateReading;
pub(crate) use names::{exists, expand, guess, nested, searched};

/// A question that a field cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The field's type has no such value.
    #[error("`{field}` is of type {field_type} and never `{value}`")]
    Value {
        /// The field.
        field: Arc<str>,
        /// Its type.
        field_type: FieldType,
        /// The value as it was written.
        value: String,
    },
    /// The field's type does not take the question.
    #[error("`{field}` is of type {field_type}, which takes no {what}")]
    NotForType {
        /// The field.
        field: Arc<str>,
        /// Its type.
        field_type: FieldType,
        /// What was put to it.
        what: &'static str,
    },
    /// A pattern does not compile.
    #[error("the pattern is refused: {0}")]
    Pattern(#[from] PatternError),
    /// A query string that is none.
    #[error("the query string is refused: {0}")]
    QueryString(String),
    /// Date math that is none.
    #[error("`{value}` is no date: {source}")]
    DateMath {
        /// What was written.
        value: String,
        /// What is wrong with it.
        source: rulehound_schema::DateMathError,
    },
}

type Answer = Result<Filter, LeafError>;

/// Whether a field of several words asks for any of them, or for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Any,
    All,
}

fn ask(field: &Field, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: field.clone(), test })
}

fn bad_value(field: &Field, value: &Value<'_>) -> impl FnOnce(BadConstant) -> LeafError {
    let (field, field_type, value) = (field.name.clone(), field.field_type, value.to_string());
    move |_| LeafError::Value { field, field_type, value }
}

/// `match`: the value, or words of it.
pub(crate) fn matching(
    field: &Field,
    value: &Value<'static>,
    words: Operator,
    dates: &DateReading,
) -> Answer {
    if !field.field_type.is_text() {
        return equal(field, value, dates);
    }
    let asked = self::words(field, value);
    Ok(match words {
        _ if asked.is_empty() => Filter::Constant(false),
        Operator::Any => Filter::any(asked),
        Operator::All => Filter::all(asked),
    })
}

/// Whether text has each of the words.
pub(crate) fn words(field: &Field, value: &Value<'static>) -> Vec<Filter> {
    Words::of(&value.to_string()).iter().map(|word| phrases(field, Phrase::word(exact(word)))).collect()
}

/// `match_bool_prefix`: words of the value, the last of which may go on.
pub(crate) fn bool_prefix(
    field: &Field,
    value: &Value<'static>,
    words: Operator,
    dates: &DateReading,
) -> Answer {
    if !field.field_type.is_text() {
        return phrase(field, value, 0, true, dates);
    }
    let found = Words::of(&value.to_string());
    let last = found.len().saturating_sub(1);
    let asked = found.iter().enumerate().map(|(place, word)| {
        let word = if place == last { prefix(word) } else { exact(word) };
        phrases(field, Phrase::word(word))
    });
    Ok(match words {
        _ if found.len() == 0 => Filter::Constant(false),
        Operator::Any => Filter::any(asked),
        Operator::All => Filter::all(asked),
    })
}

/// `match_phrase` and `match_phrase_prefix`: the value, or its words together.
pub(crate) fn phrase(
    field: &Field,
    value: &Value<'static>,
    slop: u32,
    is_prefix: bool,
    dates: &DateReading,
) -> Answer {
    if !field.field_type.is_text() {
        return match value {
            Value::String(text) if is_prefix => pattern(field, prefix(text)),
            value => equal(field, value, dates),
        };
    }
    let mut words: Vec<Pattern> = Words::of(&value.to_string()).iter().map(exact).collect();
    if is_prefix && let Some(Pattern::Exact { text, .. }) = words.last().cloned() {
        words.pop();
        words.push(prefix(&text));
    }
    Ok(if words.is_empty() { Filter::Constant(false) } else { phrases(field, Phrase { words, slop }) })
}

/// `term`: the value as it stands; of text a word.
pub(crate) fn term(field: &Field, value: &Value<'static>, dates: &DateReading) -> Answer {
    if field.field_type.is_text() {
        return pattern(field, exact(&value.to_string()));
    }
    equal(field, value, dates)
}

fn equal(field: &Field, value: &Value<'static>, dates: &DateReading) -> Answer {
    if field.field_type.data_type().is_none() {
        return Ok(Filter::Constant(false));
    }
    match dates.equal(field, value) {
        Some(answer) => answer,
        None => constant::equal(field, value).map_err(bad_value(field, value)),
    }
}

/// `field < value` and its like.
pub(crate) fn range(field: &Field, op: CompareOp, value: &Value<'static>, dates: &DateReading) -> Answer {
    match field.field_type {
        field_type if field_type.data_type().is_none() => Ok(Filter::Constant(false)),
        FieldType::Text | FieldType::MatchOnlyText => Err(not_for_type(field, "range")),
        _ => match dates.order(field, op, value) {
            Some(answer) => answer,
            None => constant::order(field, op, value).map_err(bad_value(field, value)),
        },
    }
}

/// `wildcard`, `prefix`, `regexp`, `fuzzy`: the whole value, or a word, matches.
pub(crate) fn pattern(field: &Field, pattern: Pattern) -> Answer {
    PatternMatcher::new(&pattern)?;
    let pattern = if field.is_caseless() { pattern.ignoring_case() } else { pattern };
    match field.field_type {
        FieldType::Text | FieldType::MatchOnlyText => {
            Ok(phrases(field, Phrase::word(in_lower_case(pattern))))
        }
        FieldType::Keyword
        | FieldType::ConstantKeyword
        | FieldType::Wildcard
        | FieldType::Version
        | FieldType::Flattened => Ok(ask(field, Test::Matches(vec![pattern]))),
        field_type if field_type.data_type().is_none() => Ok(Filter::Constant(false)),
        _ => Err(not_for_type(field, "pattern")),
    }
}

/// What is put to the words of text: they are in lower case, and so is all that is searched among them
/// (`StringFieldType.indexedValueForSearch`).
fn in_lower_case(pattern: Pattern) -> Pattern {
    let fold = |text: &str| -> Arc<str> { text.chars().map(lower).collect::<String>().into() };
    match pattern {
        Pattern::Exact { text, case_insensitive } => Pattern::Exact { text: fold(&text), case_insensitive },
        Pattern::Wildcard { parts, case_insensitive } => {
            let parts = parts.into_iter().map(|part| match part {
                WildcardPart::Literal(text) => WildcardPart::Literal(fold(&text)),
                other => other,
            });
            Pattern::Wildcard { parts: parts.collect(), case_insensitive }
        }
        Pattern::Fuzzy { text, distance, prefix, case_insensitive } => {
            Pattern::Fuzzy { text: fold(&text), distance, prefix, case_insensitive }
        }
        Pattern::Regex { source, case_insensitive } => {
            Pattern::Regex { source: fold(&source), case_insensitive }
        }
    }
}

fn not_for_type(field: &Field, what: &'static str) -> LeafError {
    LeafError::NotForType { field: field.name.clone(), field_type: field.field_type, what }
}

fn phrases(field: &Field, phrase: Phrase) -> Filter {
    ask(field, Test::Phrases(vec![phrase]))
}

fn exact(text: &str) -> Pattern {
    Pattern::Exact { text: text.into(), case_insensitive: false }
}

/// The pattern of what begins with a text.
pub(crate) fn prefix(text: &str) -> Pattern {
    let literal = (!text.is_empty()).then(|| WildcardPart::Literal(text.into()));
    let parts = literal.into_iter().chain([WildcardPart::AnyRun]).collect();
    Pattern::Wildcard { parts, case_insensitive: false }
}

/// How far a word may be off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fuzziness {
    /// The most edits; `None`: `AUTO`.
    pub(crate) edits: Option<u8>,
    /// How many characters at the start must be the same.
    pub(crate) prefix: u32,
}

/// `match` with `fuzziness`: whether text has something like each of the words; of a keyword, that it is like the value.
pub(crate) fn fuzzy_words(
    field: &Field,
    value: &Value<'static>,
    fuzziness: Fuzziness,
) -> Result<Vec<Filter>, LeafError> {
    let Fuzziness { edits, prefix } = fuzziness;
    let text = value.to_string();
    if !field.field_type.is_text() {
        return Ok(vec![pattern(field, fuzzy(&text, edits, prefix))?]);
    }
    let words = Words::of(&text);
    words.iter().map(|word| pattern(field, fuzzy(word, edits, prefix))).collect()
}

/// The pattern of what is near a text; without a distance as near as `AUTO` has it: by no edit if it is shorter than 3
/// characters, by one if shorter than 6, else by two. No more than two are allowed.
pub(crate) fn fuzzy(text: &str, distance: Option<u8>, prefix: u32) -> Pattern {
    let automatic = match text.chars().count() {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    };
    let distance = distance.unwrap_or(automatic).min(2);
    Pattern::Fuzzy { text: text.into(), distance, prefix, case_insensitive: false }
}

/// The parts of a pattern of `wildcard` and `query_string`: `*`, `?`, and a backslash before what stands for itself.
/// A backslash at the end is one (`WildcardQuery.toAutomaton`).
pub(crate) fn escaped_wildcard(text: &str) -> Vec<WildcardPart> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let wild = match letter {
            '*' => WildcardPart::AnyRun,
            '?' => WildcardPart::AnyChar,
            '\\' => {
                literal.push(letters.next().unwrap_or('\\'));
                continue;
            }
            _ => {
                literal.push(letter);
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(WildcardPart::Literal(std::mem::take(&mut literal).into()));
        }
        if wild != WildcardPart::AnyRun || parts.last() != Some(&WildcardPart::AnyRun) {
            parts.push(wild);
        }
    }
    if !literal.is_empty() {
        parts.push(WildcardPart::Literal(literal.into()));
    }
    parts
}

/// At least so many of the filters hold; `None` if that is too much to write out.
pub(crate) fn at_least(count: usize, filters: &[Filter]) -> Option<Filter> {
    const MOST_CHOICES: u64 = 5_000;
    let choices = (0..count as u64).try_fold(1_u64, |choices, chosen| {
        let left = (filters.len() as u64).checked_sub(chosen)?;
        Some(choices.checked_mul(left)? / (chosen + 1))
    });
    if count > 1 && count < filters.len() && choices.is_none_or(|choices| choices > MOST_CHOICES) {
        return None;
    }
    Some(choose(count, filters))
}

fn choose(count: usize, filters: &[Filter]) -> Filter {
    match (count, filters.split_first()) {
        (0, _) => Filter::Constant(true),
        _ if count > filters.len() => Filter::Constant(false),
        (1, _) => Filter::any(filters.iter().cloned()),
        (_, None) => Filter::Constant(false),
        _ if count == filters.len() => Filter::all(filters.iter().cloned()),
        (_, Some((first, rest))) => {
            Filter::any([Filter::all([first.clone(), choose(count - 1, rest)]), choose(count, rest)])
        }
    }
}
