//! Questions about one field, named, as Kibana's exceptions put them to Elasticsearch.

use std::sync::Arc;

use rulehound_schema::{Field, Schema, Value};

use crate::leaf::{self, DateReading, LeafError, Operator};
use crate::{Filter, Pattern, Predicate, Test, ValueSet};

/// What is asked of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'q> {
    /// `match_phrase`: it has the value, or its words together.
    Phrase(&'q str),
    /// `wildcard`: a whole value, or a word, matches; `*` and `?` stand for others, `\` takes that from them.
    Wildcard(&'q str),
    /// `exists`: it has a value.
    Exists,
}

/// A question that the field cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct QuestionError(#[from] LeafError);

/// So many values of a list are put to a field of words. Kibana leaves out lists of more than 200.
const MOST_PHRASES: usize = 10_000;

/// A value list that a field cannot be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a field of words is asked for at most {MOST_PHRASES} values of a list, not for {0}")]
pub struct ListTooLong(usize);

/// Puts a question to the field of a name. One that is not known is taken for a keyword.
///
/// # Errors
///
/// If the field's type has no such value or takes no such question.
pub fn ask(schema: &Schema, name: &str, question: Question<'_>) -> Result<Filter, QuestionError> {
    let field = field_of(schema, name);
    Ok(match question {
        Question::Exists => leaf::exists(schema, &field),
        Question::Wildcard(pattern) => leaf::pattern(
            &field,
            Pattern::Wildcard { parts: leaf::escaped_wildcard(pattern), case_insensitive: false },
        )?,
        Question::Phrase(text) => {
            let value = Value::String(text.to_owned().into());
            leaf::phrase(&field, &value, 0, false, &DateReading::default())?
        }
    })
}

/// Asks the field of a name whether it has one of the values of a list, however many, by `terms`; with `by_words` a
/// field of words must have all words of one of them. Also gives the values that the field cannot have.
///
/// # Errors
///
/// If it is a field of words and the list is long.
pub fn ask_list<'t>(
    schema: &Schema,
    name: &str,
    list: &str,
    by_words: bool,
    values: &[&'t str],
) -> Result<(Filter, Vec<&'t str>), ListTooLong> {
    let field = field_of(schema, name);
    if !field.field_type.is_text() {
        let (set, misfits) = ValueSet::of_field(list, &field, values.iter().copied());
        let test = Test::Among(Arc::new(set));
        return Ok((Filter::Predicate(Predicate { field, test }), misfits));
    }
    if values.len() > MOST_PHRASES {
        return Err(ListTooLong(values.len()));
    }
    let mut misfits = Vec::new();
    let asked = values.iter().filter_map(|text| {
        let value = Value::String((*text).to_owned().into());
        let dates = DateReading::default();
        let answer = match by_words {
            true => leaf::matching(&field, &value, Operator::All, &dates),
            false => leaf::term(&field, &value, &dates),
        };
        answer.map_err(|_| misfits.push(*text)).ok()
    });
    let filter = Filter::any(asked.collect::<Vec<_>>());
    Ok((filter, misfits))
}

fn field_of(schema: &Schema, name: &str) -> Field {
    schema.field(name).unwrap_or_else(|| leaf::guess(name, None))
}
