//! EQL, the Event Query Language, as Elasticsearch has it.
//!
//! ```text
//! text --lexer--> tokens --parser--> syntax tree --check--> resolved expressions --lower, plan--> Query
//! ```

mod ast;
mod check;
mod constant;
mod lexer;
mod lower;
mod parser;
mod plan;
mod problem;
mod suggest;
pub(crate) mod types;

use rulehound_schema::Schema;

use crate::{Diagnostic, Query};
use problem::Problems;

/// What a query is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields there are.
    pub schema: &'a Schema,
    /// The field that `process where` compares with `process`; `event.category` unless told otherwise.
    pub event_category_field: &'a str,
    /// Whether what Elasticsearch parses and then refuses to run is a warning and runs with the meaning that the
    /// warning tells: `join`, conditions that are no booleans, `:` on what is no string, arguments of wrong types.
    pub lenient: bool,
}

/// A compiled query and what there is to say of it.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The query; `None` if there are errors.
    pub query: Option<Query>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses, checks and lowers an EQL query.
pub fn compile(text: &str, options: Options<'_>) -> Compiled {
    let mut problems = Problems::default();
    let statement = parser::parse(text, &mut problems);
    let query = statement.and_then(|statement| plan::plan(&statement, options, &mut problems));
    let query = query.filter(|_| !problems.has_errors());
    Compiled { query, diagnostics: problems.finish() }
}

#[cfg(test)]
mod tests;
