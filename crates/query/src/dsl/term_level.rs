//! Queries for values as they stand.

use rulehound_schema::{DateFormat, Field, Value};
use serde_json::Value as Json;

use super::object::{At, FieldBody, is_common};
use super::{Answer, Compiler, DslError, DslProblem};
use crate::leaf::{self, DateReading, LeafError};
use crate::{CompareOp, Filter, Pattern, PatternMatcher, WildcardPart};

impl Compiler<'_> {
    /// The field of a name; `None` if a mapping says that there is none, so that nothing matches.
    pub(super) fn field(self, name: &str, compared_with: Option<&Value<'_>>) -> Option<Field> {
        match self.schema.field(name) {
            None if !self.schema.is_strict() => Some(leaf::guess(name, compared_with)),
            known => known,
        }
    }

    /// Puts a question to the field of a name.
    pub(super) fn ask(
        self,
        name: &str,
        at: At<'_>,
        question: impl FnOnce(&Field) -> Result<Filter, LeafError>,
    ) -> Answer {
        match self.field(name, None) {
            Some(field) => question(&field).map_err(|error| at.key(name).error(error.into())),
            None => Ok(Filter::Constant(false)),
        }
    }

    pub(super) fn term(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["value", "term"], at)?;
        body.allow(&["value", "term", "case_insensitive"], at)?;
        let place = at.key(body.name);
        let value = place.scalar(body.required("value", at)?)?;
        let fold = case_insensitive(&body, place)?;
        self.ask(body.name, at, |field| match (&value, fold) {
            (Value::String(text), true) if is_text(field) => {
                leaf::pattern(field, Pattern::Exact { text: text.as_ref().into(), case_insensitive: true })
            }
            _ => leaf::term(field, &value, &DateReading::default()),
        })
    }

    pub(super) fn terms(self, body: &Json, at: At<'_>) -> Answer {
        let object = at.object(body)?;
        let mut fields = object.iter().filter(|(key, _)| !is_common(key));
        let (Some((name, values)), None) = (fields.next(), fields.next()) else {
            return Err(at.expected("an object with one key, the name of a field"));
        };
        let place = at.key(name);
        let values = values.as_array().ok_or_else(|| place.expected("an array of values"))?;
        let values = values.iter().enumerate().map(|(index, value)| place.item(index).scalar(value));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let dates = DateReading::default();
        self.ask(name, at, |field| {
            let asked = values.iter().map(|value| leaf::term(field, value, &dates));
            Ok(Filter::any(asked.collect::<Result<Vec<_>, _>>()?))
        })
    }

    pub(super) fn exists(self, body: &Json, at: At<'_>) -> Answer {
        let name = at.object(body)?.get("field").ok_or_else(|| at.error(DslProblem::Missing("field")))?;
        let name = at.key("field").text(name)?;
        let fields = self.fields_like(name);
        Ok(Filter::any(fields.iter().map(|field| leaf::exists(self.schema, field))))
    }

    /// The fields that a name stands for, in which `*` is any run of characters.
    pub(super) fn fields_like(self, name: &str) -> Vec<Field> {
        if !name.contains('*') {
            return self.field(name, None).into_iter().collect();
        }
        match PatternMatcher::new(&Pattern::wildcard(name, false)) {
            Ok(matcher) => leaf::expand(self.schema, &matcher).into_iter().collect(),
            Err(_) => Vec::new(),
        }
    }

    pub(super) fn ids(self, body: &Json, at: At<'_>) -> Answer {
        let values = at.object(body)?.get("values").ok_or_else(|| at.error(DslProblem::Missing("values")))?;
        let at = at.key("values");
        let values = at.items(values).iter().map(|value| Ok(at.text(value)?.to_owned()));
        let values = values.collect::<Result<Vec<_>, DslError>>()?;
        self.ask("_id", at, |field| {
            let asked = values.into_iter();
            let asked = asked.map(|id| leaf::term(field, &Value::String(id.into()), &DateReading::default()));
            Ok(Filter::any(asked.collect::<Result<Vec<_>, _>>()?))
        })
    }

    pub(super) fn prefix(self, body: &Json, at: At<'_>) -> Answer {
        self.pattern(body, at, "value", |text| match leaf::prefix(text) {
            Pattern::Wildcard { parts, .. } => parts,
            _ => Vec::new(),
        })
    }

    pub(super) fn wildcard(self, body: &Json, at: At<'_>) -> Answer {
        self.pattern(body, at, "wildcard", leaf::escaped_wildcard)
    }

    fn pattern(
        self,
        body: &Json,
        at: At<'_>,
        main: &'static str,
        parts: impl FnOnce(&str) -> Vec<WildcardPart>,
    ) -> Answer {
        let body = FieldBody::read(body, &["value", main], at)?;
        body.allow(&["value", main, "case_insensitive"], at)?;
        let place = at.key(body.name);
        let text = place.scalar(body.required("value", at)?)?.to_string();
        let case_insensitive = case_insensitive(&body, place)?;
        let pattern = Pattern::Wildcard { parts: parts(&text), case_insensitive };
        self.ask(body.name, at, |field| leaf::pattern(field, pattern))
    }

    /// Flags other than all are refused: without them some characters would mean other things.
    pub(super) fn regexp(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["value"], at)?;
        body.allow(&["value", "case_insensitive", "flags"], at)?;
        let place = at.key(body.name);
        if body.parameter("flags").is_some_and(|flags| flags.as_str() != Some("ALL")) {
            return Err(place.error(DslProblem::UnknownParameter("flags".to_owned())));
        }
        let source = place.text(body.required("value", at)?)?.into();
        let pattern = Pattern::Regex { source, case_insensitive: case_insensitive(&body, place)? };
        self.ask(body.name, at, |field| leaf::pattern(field, pattern))
    }

    pub(super) fn fuzzy(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &["value"], at)?;
        body.allow(&["value", "fuzziness", "prefix_length"], at)?;
        let place = at.key(body.name);
        let text = place.scalar(body.required("value", at)?)?.to_string();
        let edits =
            body.parameter("fuzziness").map_or(Ok(None), |json| fuzziness(json, place.key("fuzziness")))?;
        let prefix = body.parameter("prefix_length").map_or(Ok(0), |json| place.number(json))?;
        self.ask(body.name, at, |field| leaf::pattern(field, leaf::fuzzy(&text, edits, prefix)))
    }

    pub(super) fn range(self, body: &Json, at: At<'_>) -> Answer {
        let body = FieldBody::read(body, &[], at)?;
        body.allow(
            &[
                "gt",
                "gte",
                "lt",
                "lte",
                "from",
                "to",
                "include_lower",
                "include_upper",
                "format",
                "time_zone",
            ],
            at,
        )?;
        let place = at.key(body.name);
        let included = |name: &'static str| match body.parameter(name) {
            Some(json) => place.key(name).boolean(json),
            None => Ok(true),
        };
        let from = if included("include_lower")? { CompareOp::Gte } else { CompareOp::Gt };
        let to = if included("include_upper")? { CompareOp::Lte } else { CompareOp::Lt };
        let bounds = [
            ("gt", CompareOp::Gt),
            ("gte", CompareOp::Gte),
            ("from", from),
            ("lt", CompareOp::Lt),
            ("lte", CompareOp::Lte),
            ("to", to),
        ];
        let dates = date_reading(&body, place)?;
        let mut parts = Vec::new();
        for (name, op) in bounds {
            let Some(json) = body.parameter(name) else { continue };
            let value = place.key(name).scalar(json)?;
            let Some(field) = self.field(body.name, Some(&value)) else { return Ok(Filter::Constant(false)) };
            let asked = leaf::range(&field, op, &value, &dates);
            parts.push(asked.map_err(|error| place.key(name).error(error.into()))?);
        }
        if parts.is_empty() {
            return self.ask(body.name, at, |field| Ok(leaf::exists(self.schema, field)));
        }
        Ok(Filter::all(parts))
    }
}

fn is_text(field: &Field) -> bool {
    field.field_type.data_type() == Some(rulehound_schema::DataType::String)
}

fn case_insensitive(body: &FieldBody<'_>, at: At<'_>) -> Result<bool, DslError> {
    body.parameter("case_insensitive").map_or(Ok(false), |json| at.key("case_insensitive").boolean(json))
}

fn date_reading(body: &FieldBody<'_>, at: At<'_>) -> Result<DateReading, DslError> {
    let mut dates = DateReading::default();
    if let Some(json) = body.parameter("format") {
        let at = at.key("format");
        let formats = DateFormat::parse_list(at.text(json)?);
        dates.formats = formats.map_err(|_| at.expected("formats of dates"))?;
    }
    if let Some(json) = body.parameter("time_zone") {
        dates.offset = time_zone(json, at.key("time_zone"))?;
    }
    Ok(dates)
}

/// Seconds ahead of UTC.
pub(super) fn time_zone(json: &Json, at: At<'_>) -> Result<i32, DslError> {
    offset(at.text(json)?).ok_or_else(|| at.expected("an offset from UTC such as `+01:00`"))
}

/// The most edits: a number, or `AUTO`, which is `None`. Other bounds of `AUTO` are refused.
pub(super) fn fuzziness(json: &Json, at: At<'_>) -> Result<Option<u8>, DslError> {
    match json.as_str() {
        Some(text) if text.eq_ignore_ascii_case("auto") => Ok(None),
        _ => match at.number(json)? {
            edits @ 0..=2 => Ok(u8::try_from(edits).ok()),
            _ => Err(at.expected("`AUTO`, 0, 1 or 2")),
        },
    }
}

/// Seconds ahead of UTC: `Z`, `UTC`, `+01:00`, `-0530`. Time zones by name are not known.
fn offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "UTC" | "GMT" | "Zulu" | "Etc/UTC") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let number = |text: &str| text.parse::<u16>().ok().map(i32::from);
    let (hours, minutes) = (number(hours)?, if minutes.is_empty() { 0 } else { number(minutes)? });
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
