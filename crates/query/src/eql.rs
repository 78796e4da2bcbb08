//! EQL, the Event Query Language, as Elasticsearch has it.

use rulehound_schema::Schema;

use crate::{Diagnostic, Query};

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
pub fn compile(_text: &str, _options: Options<'_>) -> Compiled {
    Compiled { query: None, diagnostics: Vec::new() }
}
