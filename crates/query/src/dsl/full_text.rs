//! Queries for words of analysed text. Put to other fields, they ask for the value.

use rulehound_schema::{Field, Value};
use serde_json::Value as Json;

use super::compound::minimum_of;
use super::object::{At, FieldBody, is_common};
use super::{Answer, Compiler, DslError, DslProblem, term_level};
use crate::Filter;
use crate::leaf::{self, DateReading, Fuzziness, LeafError, Operator};

/// What is asked of each field.
struct Asked {
    value: Value<'static>,
    kind: Kind,
}

enum Kind {
    /// At least so many of the words, as `minimum_should_match` says; none: any, or all.
    Words(Operator, Option<Json>),
    /// The same, and words may be off.
    Fuzzy(Operator, Option<Json>, Fuzziness),
    Phrase {
        slop: u32,
        is_prefix: bool,
    },
    /// Any of the words, the last of which may go on.
    BoolPrefix(Operator),
}

impl Kind {
    fn words(
        operator: Operator,
        minimum: Option<Json>,
        fuzziness: Option<&Json>,
        prefix: Option<&Json>,
        at: At<'_>,
    ) -> Result<Self, DslError> {
        let Some(fuzziness) = fuzziness else { return Ok(Self::Words(operator, minimum)) };
        let edits = term_level::fuzziness(fuzziness, at.key("fuzziness"))?;
        let prefix = prefix.map_or(Ok(0), |prefix| at.key("prefix_length").number(prefix))?;
        Ok(Self::Fuzzy(operator, minimum, Fuzziness { edits, prefix }))
    }
}

impl Compiler<'_> {
    pub(super) fn match_(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["query"], at)?;
        let read = [
            "query",
            "operator",
            "minimum_should_match",
            "zero_terms_query",
            "lenient",
            "type",
            "slop",
            "fuzziness",
            "prefix_length",
        ];
        body.allow(&read, at)?;
        let place = at.key(body.name);
        let value = place.scalar(body.required("query", at)?)?;
        // Kibana's old filters say so what `match_phrase` says.
        let kind = match body.parameter("type").and_then(Json::as_str) {
            Some("phrase") => Kind::Phrase { slop: slop(&body, place)?, is_prefix: false },
            Some("phrase_prefix") => Kind::Phrase { slop: slop(&body, place)?, is_prefix: true },
            Some("boolean") | None => {
                let operator = operator(body.parameter("operator"), place)?;
                let minimum = body.parameter("minimum_should_match").cloned();
                let prefix = body.parameter("prefix_length");
                Kind::words(operator, minimum, body.parameter("fuzziness"), prefix, place)?
            }
            Some(_) => return Err(place.key("type").expected("`boolean`, `phrase` or `phrase_prefix`")),
        };
        let is_lenient = flag(body.parameter("lenient"), place.key("lenient"))?;
        if self.is_pointless(&body, &value) {
            return Ok(Filter::Constant(true));
        }
        let asked = Asked { value, kind };
        match self.field(body.name, None) {
            Some(field) => asked.of(&field, is_lenient, at.key(body.name)),
            None => Ok(Filter::Constant(false)),
        }
    }

    /// Whether text without a word is to match everything, and this is one.
    fn is_pointless(self, body: &FieldBody<'_>, value: &Value<'static>) -> bool {
        body.parameter("zero_terms_query").and_then(Json::as_str) == Some("all")
            && self
                .field(body.name, None)
                .is_some_and(|field| field.field_type.is_text() && leaf::words(&field, value).is_empty())
    }

    pub(super) fn match_phrase(self, body: &Json, is_prefix: bool, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["query"], at)?;
        body.allow(&["query", "slop", "zero_terms_query"], at)?;
        let place = at.key(body.name);
        let value = place.scalar(body.required("query", at)?)?;
        if self.is_pointless(&body, &value) {
            return Ok(Filter::Constant(true));
        }
        let slop = slop(&body, place)?;
        self.ask(body.name, at, |field| leaf::phrase(field, &value, slop, is_prefix, &DateReading::default()))
    }

    pub(super) fn match_bool_prefix(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["query"], at)?;
        body.allow(&["query", "operator"], at)?;
        let place = at.key(body.name);
        let value = place.scalar(body.required("query", at)?)?;
        let asked = Asked { value, kind: Kind::BoolPrefix(operator(body.parameter("operator"), place)?) };
        match self.field(body.name, None) {
            Some(field) => asked.of(&field, false, place),
            None => Ok(Filter::Constant(false)),
        }
    }

    /// `multi_match`: one of the fields answers yes. Without fields, all of them are asked, and those that cannot
    /// answer are passed over.
    pub(super) fn multi_match(self, body: &Json, at: At<'_>) -> Answer {
        let object = at.object(body)?;
        let read = [
            "query",
            "fields",
            "type",
            "operator",
            "minimum_should_match",
            "slop",
            "lenient",
            "fuzziness",
            "prefix_length",
        ];
        if let Some(key) = object.keys().find(|key| !read.contains(&key.as_str()) && !is_common(key)) {
            return Err(at.error(DslProblem::UnknownParameter(key.clone())));
        }
        let value = object.get("query").ok_or_else(|| at.error(DslProblem::Missing("query")))?;
        let value = at.key("query").scalar(value)?;
        let operator = operator(object.get("operator"), at)?;
        let slop = object.get("slop").map_or(Ok(0), |slop| at.key("slop").number(slop))?;
        let minimum = object.get("minimum_should_match").cloned();
        let kind = match object.get("type").map_or(Ok("best_fields"), |kind| at.key("type").text(kind))? {
            "best_fields" | "most_fields" => {
                Kind::words(operator, minimum, object.get("fuzziness"), object.get("prefix_length"), at)?
            }
            // All of the words, each in any of the fields, is another question.
            "cross_fields" if operator == Operator::Any && minimum.is_none() => Kind::Words(operator, None),
            "phrase" => Kind::Phrase { slop, is_prefix: false },
            "phrase_prefix" => Kind::Phrase { slop, is_prefix: true },
            "bool_prefix" => Kind::BoolPrefix(operator),
            _ => {
                return Err(at
                    .key("type")
                    .expected("`best_fields`, `most_fields`, `phrase` or `phrase_prefix`"));
            }
        };
        let asked = Asked { value, kind };
        let mut is_lenient = flag(object.get("lenient"), at.key("lenient"))?;
        let fields: Vec<Field> = match object.get("fields") {
            Some(names) => self.named_fields(names, at.key("fields"))?,
            None => {
                is_lenient = true;
                leaf::searched(self.schema).into_iter().collect()
            }
        };
        let answers = fields.iter().map(|field| asked.of(field, is_lenient, at));
        Ok(Filter::any(answers.collect::<Result<Vec<_>, _>>()?))
    }

    /// Names of fields, with their weights (`name^2`), in which `*` is any run of characters.
    pub(super) fn named_fields(self, names: &Json, at: At<'_>) -> Result<Vec<Field>, DslError> {
        let names = at.items(names).iter().enumerate().map(|(index, name)| at.item(index).text(name));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let without_weight = |name: &str| name.split('^').next().unwrap_or_default().to_owned();
        Ok(names.into_iter().flat_map(|name| self.fields_like(&without_weight(name))).collect())
    }
}

impl Asked {
    fn of(&self, field: &Field, is_lenient: bool, at: At<'_>) -> Answer {
        match self.of_field(field, at)? {
            Ok(filter) => Ok(filter),
            Err(_) if is_lenient => Ok(Filter::Constant(false)),
            Err(error) => Err(at.error(error.into())),
        }
    }

    fn of_field(&self, field: &Field, at: At<'_>) -> Result<Result<Filter, LeafError>, DslError> {
        let dates = DateReading::default();
        Ok(match &self.kind {
            Kind::Words(operator, Some(minimum)) if field.field_type.is_text() => {
                at_least(leaf::words(field, &self.value), *operator, Some(minimum), at).map(Ok)?
            }
            Kind::Fuzzy(operator, minimum, fuzziness) => {
                match leaf::fuzzy_words(field, &self.value, *fuzziness) {
                    Ok(words) => at_least(words, *operator, minimum.as_ref(), at).map(Ok)?,
                    Err(error) => Err(error),
                }
            }
            Kind::Words(operator, _) => leaf::matching(field, &self.value, *operator, &dates),
            Kind::Phrase { slop, is_prefix } => leaf::phrase(field, &self.value, *slop, *is_prefix, &dates),
            Kind::BoolPrefix(operator) => leaf::bool_prefix(field, &self.value, *operator, &dates),
        })
    }
}

/// So many of the words as `minimum_should_match` says; without it any, or all.
fn at_least(words: Vec<Filter>, operator: Operator, minimum: Option<&Json>, at: At<'_>) -> Answer {
    let count = match (minimum, operator) {
        (Some(minimum), _) => minimum_of(minimum, words.len(), at.key("minimum_should_match"))?.max(1),
        (None, Operator::Any) => 1,
        (None, Operator::All) => words.len().max(1),
    };
    leaf::at_least(count, &words).ok_or_else(|| at.error(DslProblem::TooManyChoices))
}

fn slop(body: &FieldBody<'_>, at: At<'_>) -> Result<u32, DslError> {
    body.parameter("slop").map_or(Ok(0), |slop| at.key("slop").number(slop))
}

fn flag(json: Option<&Json>, at: At<'_>) -> Result<bool, DslError> {
    json.map_or(Ok(false), |json| at.boolean(json))
}

pub(super) fn operator(json: Option<&Json>, at: At<'_>) -> Result<Operator, DslError> {
    match json.map(|json| at.key("operator").text(json)).transpose()? {
        Some(text) if text.eq_ignore_ascii_case("and") => Ok(Operator::All),
        Some(text) if !text.eq_ignore_ascii_case("or") => Err(at.key("operator").expected("`and` or `or`")),
        _ => Ok(Operator::Any),
    }
}
