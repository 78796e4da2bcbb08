//! EQL, the Event Query Language, as Elasticsearch has it.
//!
//! ```text
//! text --lexer--> tokens --parser--> syntax tree --check--> resolved expressions --lower, plan--> Query
//! ```

mod ast;
mod check;
mod endpoint;
mod lexer;
mod lower;
mod parser;
mod plan;
mod problem;
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
    /// Whose EQL it is.
    pub dialect: Dialect,
}

/// The dialects of EQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Elasticsearch's, strictly.
    Elasticsearch,
    /// Elasticsearch's, but what it parses and then refuses to run is a warning and runs with the meaning that the
    /// warning tells: `join`, conditions that are no booleans, `:` on what is no string, arguments of wrong types.
    Lenient,
    /// That of Elastic Endpoint's behaviour rules (the repository `elastic/protections-artifacts`), which keeps more of
    /// the language that `endgameinc/eql` began. Over Elasticsearch's it has:
    ///
    /// - comparisons of fields with fields,
    /// - `[...] as name` in a sequence, and `name.field` in later steps,
    /// - `descendant of [process where ...]`, which looks at the ancestors of the event's process,
    /// - `_arraysearch(array, $element, condition)`, where `$element.field` is a field of one object of an array,
    /// - `dns` as a category of its own.
    ///
    /// The endpoint sees the events of one machine only. So a sequence joins by `host.id` before all else. A field
    /// that the schema lacks has the type that the query compares it with.
    Endpoint,
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
    let statement = parser::parse(text, options.dialect, &mut problems);
    let query = statement.and_then(|statement| plan::plan(&statement, options, &mut problems));
    let query = query.filter(|_| !problems.has_errors());
    Compiled { query, diagnostics: problems.finish() }
}

#[cfg(test)]
mod tests;
