//! KQL, the Kibana Query Language, as Kibana's `kbn-es-query` translates it and Elasticsearch then runs it.
//!
//! ```text
//! text --parser--> syntax tree --lower, leaf--> Filter
//! ```
//!
//! - `field: value` is a `match`, `field: "value"` a `match_phrase`, `field: val*` a `wildcard` (of a keyword) or a
//!   `query_string`, `field: *` an `exists`, `field >= value` a `range`.
//! - A field of an unknown name matches nothing in Kibana, for Elasticsearch has no such field. Here an event may have
//!   it all the same: it is taken for a keyword, unless a mapping says which fields there are.
//! - `field:{ ... }` asks about one object of an array, whatever its mapping says of `nested`.
//! - `now` in a date is the time of the event.

mod ast;
mod lower;
mod parser;

use rulehound_schema::Schema;

use crate::CompiledFilter;
use crate::problem::{Language, Problems};

/// What a query is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields there are.
    pub schema: &'a Schema,
}

/// Parses and lowers a KQL query.
pub fn compile(text: &str, options: Options<'_>) -> CompiledFilter {
    let mut problems = Problems::new(Language::Kuery);
    let query = parser::parse(text, &mut problems);
    let filter = query.map(|query| lower::lower(&query, options.schema, &mut problems));
    problems.finish(filter)
}

#[cfg(test)]
mod tests;
