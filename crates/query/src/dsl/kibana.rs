//! Kibana's filters: a query of the DSL and what the filter bar keeps of it.
//!
//! As `kbn-es-query` has it (`build_query_from_filters`): a disabled filter is none, a negated one holds where its query
//! does not; the query stands under `query`, or, as in old filters, its type stands beside `meta`; a combined filter has
//! its parts in `meta.params`.

use rulehound_schema::Schema;
use serde_json::{Map, Value as Json};

use super::object::At;
use super::{Answer, Compiler, DslError, DslProblem, MAX_DEPTH};
use crate::Filter;

/// Compiles a filter of Kibana. One that is disabled holds everywhere.
///
/// # Errors
///
/// As [`super::compile`].
pub fn compile_filter(filter: &Json, schema: &Schema) -> Result<Filter, DslError> {
    let at = At::ROOT;
    Ok(Compiler { schema }.kibana_filter(filter, at)?.unwrap_or(Filter::Constant(true)))
}

impl Compiler<'_> {
    /// A filter; `None` if it is disabled.
    fn kibana_filter(self, filter: &Json, at: At<'_>) -> Result<Option<Filter>, DslError> {
        if at.depth() > MAX_DEPTH {
            return Err(at.error(DslProblem::TooDeep));
        }
        let object = at.object(filter)?;
        let meta = object.get("meta").and_then(Json::as_object);
        let flag = |name: &str| match meta.and_then(|meta| meta.get(name)) {
            None | Some(Json::Null) => Ok(false),
            Some(json) => at.key("meta").key(name).boolean(json),
        };
        if flag("disabled")? {
            return Ok(None);
        }
        let is_combined =
            meta.is_some_and(|meta| meta.get("type").and_then(Json::as_str) == Some("combined"));
        let asked = match (object.get("query"), meta) {
            (_, Some(meta)) if is_combined => self.combined(meta, at.key("meta"))?,
            (Some(query), _) if !query.is_null() => self.query(query, at.key("query"))?,
            _ => self.legacy(object, at)?,
        };
        Ok(Some(if flag("negate")? { asked.negated() } else { asked }))
    }

    /// The parts of a combined filter.
    fn combined(self, meta: &Map<String, Json>, at: At<'_>) -> Answer {
        let at_params = at.key("params");
        let Some(Json::Array(filters)) = meta.get("params") else {
            return Err(at_params.expected("an array of filters"));
        };
        let parts = filters.iter().enumerate().map(|(index, filter)| {
            Ok(self.kibana_filter(filter, at_params.item(index))?.unwrap_or(Filter::Constant(true)))
        });
        let parts = parts.collect::<Result<Vec<_>, DslError>>()?;
        match meta.get("relation").and_then(Json::as_str) {
            Some(relation) if relation.eq_ignore_ascii_case("or") => Ok(Filter::any(parts)),
            Some(relation) if !relation.eq_ignore_ascii_case("and") => {
                Err(at.key("relation").expected("`AND` or `OR`"))
            }
            _ => Ok(Filter::all(parts)),
        }
    }

    /// A filter whose query's type is a key of its own: `{"meta": {}, "exists": {"field": "..."}}`.
    fn legacy(self, object: &Map<String, Json>, at: At<'_>) -> Answer {
        let mut queries =
            object.iter().filter(|(key, _)| !matches!(key.as_str(), "meta" | "$state" | "query"));
        match (queries.next(), queries.next()) {
            (Some((kind, body)), None) => {
                let query = Json::Object(Map::from_iter([(kind.clone(), body.clone())]));
                self.query(&query, at)
            }
            _ => Err(at.expected("`query` beside `meta`")),
        }
    }
}
