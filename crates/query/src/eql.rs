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

/// Looks at the form of a query alone: what is wrong with it whatever the fields and their types. This much
/// Elasticsearch's parser checks, before the query meets a mapping.
pub fn check_syntax(text: &str) -> Vec<Diagnostic> {
    let mut problems = Problems::default();
    parser::parse(text, &mut problems);
    problems.finish()
}

#[cfg(test)]
mod tests;
