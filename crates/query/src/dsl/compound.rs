//! Queries of queries.

use serde_json::Value as Json;

use super::object::{At, is_common};
use super::{Answer, Compiler, DslError, DslProblem};
use crate::Filter;
use crate::leaf;

impl Compiler<'_> {
    /// `bool`: all of `must` and `filter`, none of `must_not`, and of `should` at least `minimum_should_match`, which
    /// is 1 if there is neither `must` nor `filter`, else 0.
    pub(super) fn bool(self, body: &Json, at: At<'_>) -> Answer {
        let object = at.object(body)?;
        let (mut parts, mut should) = (Vec::new(), Vec::new());
        let mut minimum = None;
        for (key, json) in object {
            let at = at.key(key);
            match key.as_str() {
                "must" | "filter" => parts.extend(self.queries(json, at)?),
                "must_not" | "mustNot" => {
                    parts.extend(self.queries(json, at)?.into_iter().map(Filter::negated));
                }
                "should" => should = self.queries(json, at)?,
                "minimum_should_match" | "minimumShouldMatch" => minimum = Some(json),
                "adjust_pure_negative" => {}
                key if is_common(key) => {}
                key => return Err(at.error(DslProblem::UnknownParameter(key.to_owned()))),
            }
        }
        let has_positive =
            ["must", "filter"].iter().any(|key| object.get(*key).is_some_and(|json| !is_empty(json)));
        if parts.is_empty() && should.is_empty() {
            return Ok(Filter::Constant(true));
        }
        let at_least = match minimum {
            Some(json) => minimum_of(json, should.len(), at.key("minimum_should_match"))?,
            None => usize::from(!has_positive && !should.is_empty()),
        };
        let should = leaf::at_least(at_least, &should);
        parts.push(should.ok_or_else(|| at.error(DslProblem::TooManyChoices))?);
        Ok(Filter::all(parts))
    }

    /// One query or several.
    fn queries(self, json: &Json, at: At<'_>) -> Result<Vec<Filter>, DslError> {
        match json {
            Json::Array(items) => {
                items.iter().enumerate().map(|(index, item)| self.query(item, at.item(index))).collect()
            }
            one => Ok(vec![self.query(one, at)?]),
        }
    }

    /// A query within a parameter.
    pub(super) fn wrapped(self, body: &Json, parameter: &'static str, at: At<'_>) -> Answer {
        let inner =
            at.object(body)?.get(parameter).ok_or_else(|| at.error(DslProblem::Missing(parameter)))?;
        self.query(inner, at.key(parameter))
    }

    /// `dis_max`: any of the queries.
    pub(super) fn dis_max(self, body: &Json, at: At<'_>) -> Answer {
        let queries =
            at.object(body)?.get("queries").ok_or_else(|| at.error(DslProblem::Missing("queries")))?;
        Ok(Filter::any(self.queries(queries, at.key("queries"))?))
    }

    /// `nested`: one object of the array at `path` passes.
    pub(super) fn nested(self, body: &Json, at: At<'_>) -> Answer {
        let path = at.object(body)?.get("path").ok_or_else(|| at.error(DslProblem::Missing("path")))?;
        let path = at.key("path").text(path)?;
        Ok(leaf::nested(path, self.wrapped(body, "query", at)?))
    }
}

fn is_empty(json: &Json) -> bool {
    json.as_array().is_some_and(Vec::is_empty)
}

/// `minimum_should_match` for so many optional clauses: `2`, `-1`, `75%`, `-25%`, `3<90%`, `2<-25% 9<-3`. As
/// `Queries.calculateMinShouldMatch` computes it.
pub(super) fn minimum_of(json: &Json, clauses: usize, at: At<'_>) -> Result<usize, DslError> {
    const EXPECTED: &str = "a number, a percentage, or conditions such as `3<90%`";
    let text = match json {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return Err(at.expected(EXPECTED)),
    };
    let count = i64::try_from(clauses).unwrap_or(i64::MAX);
    let minimum = conditional(text.trim(), count).ok_or_else(|| at.expected(EXPECTED))?;
    Ok(usize::try_from(minimum.max(0)).unwrap_or(usize::MAX))
}

fn conditional(text: &str, clauses: i64) -> Option<i64> {
    if !text.contains('<') {
        return plain(text, clauses);
    }
    let mut minimum = clauses;
    for condition in text.split_whitespace() {
        let (bound, then) = condition.split_once('<')?;
        if clauses <= bound.parse().ok()? {
            return Some(minimum);
        }
        minimum = plain(then, clauses)?;
    }
    Some(minimum)
}

fn plain(text: &str, clauses: i64) -> Option<i64> {
    match text.strip_suffix('%') {
        Some(percent) => {
            let product = clauses.checked_mul(percent.parse().ok()?)?;
            Some(if product < 0 { clauses + product / 100 } else { product / 100 })
        }
        None => {
            let number: i64 = text.parse().ok()?;
            Some(if number < 0 { clauses.saturating_add(number) } else { number })
        }
    }
}
