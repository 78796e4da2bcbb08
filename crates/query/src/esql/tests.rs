//! Tests of the language from text to checked query.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod parsing;
mod problems;
mod robustness;
mod rules;

use super::ast::Query;
use super::parser::parse;
use super::problem::Problems;
use crate::Diagnostic;

/// The syntax tree of a text, and what there is to say of it.
fn parsed(text: &str) -> (Option<Query>, Vec<Diagnostic>) {
    let mut problems = Problems::default();
    let query = parse(text, &mut problems);
    (query, problems.finish())
}
