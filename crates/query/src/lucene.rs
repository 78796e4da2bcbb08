//! Lucene's query strings, as Elasticsearch's `query_string` query reads them.
//!
//! ```text
//! text --lexer--> tokens --parser--> clauses --lower, leaf--> Filter
//! ```
//!
//! The grammar is that of Lucene's classic `QueryParser`, what its parts ask that of `QueryStringQueryParser`:
//!
//! - Blanks part clauses of which one must hold; `AND`, `+` make a clause required, `NOT`, `-` forbid it. The operators
//!   work on their neighbours and know no precedence: `a OR b AND c` needs `b` and `c`, and `a` changes nothing.
//! - Several words in a row are one text, which each field analyses: a keyword is compared with all of it.
//! - Without a field all fields are asked, and those that cannot answer are passed over.
//! - Boosts are read and weigh nothing. `now` in a date is the time of the event.

mod ast;
mod lexer;
mod lower;
mod parser;

use rulehound_schema::{Field, Schema};

use crate::leaf::{DateReading, Operator};
use crate::problem::{Language, Problems};
use crate::{CompiledFilter, Filter};

/// What a query is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields there are.
    pub schema: &'a Schema,
}

/// Parses and lowers a query string as Kibana sends it: an empty one matches everything, and what stands before a `*` is
/// analysed.
pub fn compile(text: &str, options: Options<'_>) -> CompiledFilter {
    let mut problems = Problems::new(Language::Lucene);
    let reading = Reading { analyze_wildcard: true, ..Reading::new(options.schema) };
    let filter = match text.trim() {
        "" => Some(Filter::Constant(true)),
        _ => query_string(text, &reading, &mut problems),
    };
    problems.finish(filter)
}

/// The parameters of a `query_string` query.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) schema: &'a Schema,
    /// The fields that are asked where the text names none; `None`: all.
    pub(crate) fields: Option<Vec<Field>>,
    /// Whether a field that cannot answer is passed over. So it always is where all are asked.
    pub(crate) is_lenient: bool,
    /// How clauses, and words of a text, are joined.
    pub(crate) operator: Operator,
    /// Whether the text before a `*` is analysed.
    pub(crate) analyze_wildcard: bool,
    /// `phrase_slop`: how many places the words of a phrase may be off, if the text does not say.
    pub(crate) slop: u32,
    pub(crate) dates: DateReading,
}

impl<'a> Reading<'a> {
    /// The defaults.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            fields: None,
            is_lenient: false,
            operator: Operator::Any,
            analyze_wildcard: false,
            slop: 0,
            dates: DateReading::default(),
        }
    }
}

/// Compiles a query string; `None` after reporting a problem.
pub(crate) fn query_string(text: &str, reading: &Reading<'_>, problems: &mut Problems) -> Option<Filter> {
    let query = parser::parse(text, reading.operator, problems)?;
    let query = query.map(|query| lower::lower(&query, reading, problems));
    Some(query.flatten().unwrap_or(Filter::Constant(false)))
}

/// A text so escaped that none of its characters has a meaning.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if r#"+-=&|><!(){}[]^"~*?:\/"#.contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests;
