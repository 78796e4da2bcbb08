//! Elasticsearch's query DSL, as rules and Kibana filters carry it: JSON to [`Filter`].
//!
//! | queries | notes |
//! | --- | --- |
//! | `bool`, `constant_score`, `dis_max`, `boosting`, `nested` | scores aside |
//! | `term`, `terms`, `range`, `exists`, `ids`, `prefix`, `wildcard`, `regexp`, `fuzzy` | no look-up of terms |
//! | `match`, `match_phrase`, `match_phrase_prefix`, `match_bool_prefix`, `multi_match` | the standard analyzer |
//! | `query_string` | see [`crate::lucene`] |
//! | `match_all`, `match_none` | |
//!
//! Other queries are refused, and so are parameters that would change what matches; those that only weigh or speed up
//! are passed over.
//!
//! A field that the schema does not know is treated as in [`crate::kuery`].

mod compound;
mod full_text;
mod kibana;
mod object;
mod query_string;
mod term_level;

use rulehound_schema::Schema;
use serde_json::Value as Json;

use crate::Filter;
use crate::leaf::LeafError;
use object::At;

pub use kibana::compile_filter;

/// A query that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DslError {
    /// Where in the JSON: `query.bool.must[0].term`.
    pub path: String,
    /// What is wrong there.
    pub problem: DslProblem,
}

/// What can be wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DslProblem {
    /// The JSON has another shape.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A query that is not read.
    #[error("queries of type `{0}` are not supported")]
    UnknownQuery(String),
    /// A parameter that is not read, or that there is not.
    #[error("the parameter `{0}` is not supported")]
    UnknownParameter(String),
    /// A parameter is missing.
    #[error("the parameter `{0}` is missing")]
    Missing(&'static str),
    /// Brackets in brackets in brackets.
    #[error("the query is nested too deep")]
    TooDeep,
    /// `minimum_should_match` over many clauses.
    #[error("too many ways to choose that many clauses")]
    TooManyChoices,
    /// A query string that is none.
    #[error("{0}")]
    QueryString(String),
    /// A question that a field cannot answer.
    #[error(transparent)]
    Leaf(#[from] LeafError),
}

type Answer = Result<Filter, DslError>;

/// How deep queries may be nested.
const MAX_DEPTH: usize = 100;

/// Compiles a query of the DSL.
///
/// # Errors
///
/// If it is no query, or one that is not supported: with the place in the JSON.
pub fn compile(query: &Json, schema: &Schema) -> Result<Filter, DslError> {
    Compiler { schema }.query(query, At::ROOT)
}

#[derive(Clone, Copy)]
struct Compiler<'a> {
    schema: &'a Schema,
}

impl Compiler<'_> {
    /// An object with one key, the type of the query.
    fn query(self, json: &Json, at: At<'_>) -> Answer {
        if at.depth() > MAX_DEPTH {
            return Err(at.error(DslProblem::TooDeep));
        }
        let object = at.object(json)?;
        let mut entries = object.iter();
        let (Some((kind, body)), None) = (entries.next(), entries.next()) else {
            return Err(at.expected("an object with one key, the type of the query"));
        };
        let at = at.key(kind);
        match kind.as_str() {
            "match_all" => Ok(Filter::Constant(true)),
            "match_none" => Ok(Filter::Constant(false)),
            "bool" => self.bool(body, at),
            "constant_score" => self.wrapped(body, "filter", at),
            "boosting" => self.wrapped(body, "positive", at),
            "dis_max" => self.dis_max(body, at),
            "nested" => self.nested(body, at),
            "term" => self.term(body, at),
            "terms" => self.terms(body, at),
            "range" => self.range(body, at),
            "exists" => self.exists(body, at),
            "ids" => self.ids(body, at),
            "prefix" => self.prefix(body, at),
            "wildcard" => self.wildcard(body, at),
            "regexp" => self.regexp(body, at),
            "fuzzy" => self.fuzzy(body, at),
            "query_string" => self.query_string(body, at),
            "match" => self.match_(body, at),
            "match_phrase" => self.match_phrase(body, false, at),
            "match_phrase_prefix" => self.match_phrase(body, true, at),
            "match_bool_prefix" => self.match_bool_prefix(body, at),
            "multi_match" => self.multi_match(body, at),
            other => Err(at.error(DslProblem::UnknownQuery(other.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests;
