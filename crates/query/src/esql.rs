//! ES|QL, Elasticsearch's piped query language.
//!
//! ```text
//! text --lexer--> tokens --parser--> syntax tree --analyze--> TableQuery
//! ```
//!
//! The tree knows places only. The analysis knows the fields and functions: it gives every name a column and every
//! expression a type, and tells what a row must satisfy at least, as a [`Filter`](crate::Filter) for the matcher. What
//! a [`TableQuery`] computes is computed elsewhere.

mod ast;
pub mod functions;
mod lexer;
mod parser;
mod plan;
mod problem;
mod types;

pub use plan::{
    AggregateCall, AggregateStep, Column, ColumnId, Expr, ExprKind, Literal, LookupStep, SortKey, TableQuery,
    TableSource, TableStep,
};
pub use types::Type;

#[cfg(test)]
mod tests;
