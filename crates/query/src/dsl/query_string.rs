//! `query_string`: Lucene's language within the DSL.

use serde_json::Value as Json;

use super::full_text::operator;
use super::object::{At, is_common};
use super::{Answer, Compiler, DslProblem};
use crate::Filter;
use crate::lucene::{self, Reading};
use crate::problem::{Language, Problem, Problems};

impl Compiler<'_> {
    pub(super) fn query_string(self, body: &Json, at: At<'_>) -> Answer {
        let object = at.object(body)?;
        let mut reading = Reading::new(self.schema);
        for (key, json) in object {
            let place = at.key(key);
            match key.as_str() {
                "query" => {}
                "default_operator" => reading.operator = operator(Some(json), place)?,
                "analyze_wildcard" => reading.analyze_wildcard = place.boolean(json)?,
                "lenient" => reading.is_lenient = place.boolean(json)?,
                "phrase_slop" => reading.slop = place.number(json)?,
                "time_zone" => reading.dates.offset = super::term_level::time_zone(json, place)?,
                "default_field" | "fields" => {
                    let is_all = at.items(json).iter().any(|name| name.as_str() == Some("*"));
                    reading.fields = if is_all { None } else { Some(self.named_fields(json, place)?) };
                }
                "type" if matches!(json.as_str(), Some("best_fields" | "most_fields")) => {}
                // All that they change is what is refused, or the work that is done.
                "allow_leading_wildcard" | "enable_position_increments" | "escape" => {}
                key if is_common(key) => {}
                key => return Err(at.error(DslProblem::UnknownParameter(key.to_owned()))),
            }
        }
        let text = object.get("query").ok_or_else(|| at.error(DslProblem::Missing("query")))?;
        let place = at.key("query");
        let mut problems = Problems::new(Language::Lucene);
        let filter = lucene::query_string(place.text(text)?, &reading, &mut problems);
        match problems.into_error() {
            Some(Problem::Leaf(error)) => Err(place.error(error.into())),
            Some(problem) => Err(place.error(DslProblem::QueryString(problem.message()))),
            None => Ok(filter.unwrap_or(Filter::Constant(false))),
        }
    }
}
