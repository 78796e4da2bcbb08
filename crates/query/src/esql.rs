//! ES|QL, Elasticsearch's piped query language.
//!
//! ```text
//! text --lexer--> tokens --parser--> syntax tree --analyze--> TableQuery
//! ```
//!
//! The tree knows places only. The analysis knows the fields and functions: it gives every name a column and every
//! expression a type, and tells what a row must satisfy at least, as a [`Filter`](crate::Filter) for the matcher. What
//! a [`TableQuery`] computes is computed elsewhere.

mod analyze;
mod ast;
mod dissect;
pub mod functions;
mod grok;
mod interval;
mod lexer;
mod parser;
mod plan;
mod problem;
mod pushdown;
mod types;

use crate::Diagnostic;

pub use analyze::{LookupTable, Options};
pub use dissect::{Dissect, DissectError};
pub use grok::{Grok, GrokError, GrokOutput, TooManySteps};
pub use interval::{interval, parse_interval};
pub use plan::{
    AggregateCall, AggregateStep, Column, ColumnId, Expr, ExprKind, Literal, LookupStep, SortKey, TableQuery,
    TableSource, TableStep,
};
pub use problem::UNKNOWN_COLUMN;
pub use types::Type;

/// A compiled query and what there is to say of it.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The query; `None` if there are errors.
    pub query: Option<TableQuery>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses and checks an ES|QL query.
pub fn compile(text: &str, options: Options<'_>) -> Compiled {
    let mut problems = problem::Problems::default();
    let query = parser::parse(text, &mut problems);
    let query = query.map(|query| analyze::analyze(&query, text, options, &mut problems));
    let query = query.filter(|_| !problems.has_errors());
    Compiled { query, diagnostics: problems.finish() }
}

#[cfg(test)]
mod tests;
