//! Reading JSON objects, with the place of each part.

use std::fmt;

use rulehound_schema::Value;
use serde_json::{Map, Value as Json};

use super::{DslError, DslProblem};

/// A place in the JSON.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    step: Step<'a>,
    parent: Option<&'a At<'a>>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    pub(super) const ROOT: At<'static> = At { step: Step::Root, parent: None };

    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At { step: Step::Key(key), parent: Some(self) }
    }

    pub(super) fn item(&'a self, index: usize) -> At<'a> {
        At { step: Step::Item(index), parent: Some(self) }
    }

    pub(super) fn depth(&self) -> usize {
        let mut depth = 0;
        let mut at = self;
        while let Some(parent) = at.parent {
            depth += 1;
            at = parent;
        }
        depth
    }

    pub(super) fn error(&self, problem: DslProblem) -> DslError {
        let path = self.to_string();
        DslError { path: if path.is_empty() { "query".to_owned() } else { path }, problem }
    }

    pub(super) fn expected(&self, what: &'static str) -> DslError {
        self.error(DslProblem::Expected(what))
    }

    pub(super) fn object<'j>(&self, json: &'j Json) -> Result<&'j Map<String, Json>, DslError> {
        json.as_object().ok_or_else(|| self.expected("an object"))
    }

    pub(super) fn text<'j>(&self, json: &'j Json) -> Result<&'j str, DslError> {
        json.as_str().ok_or_else(|| self.expected("a string"))
    }

    pub(super) fn boolean(&self, json: &Json) -> Result<bool, DslError> {
        match json {
            Json::Bool(value) => Ok(*value),
            Json::String(text) if text == "true" => Ok(true),
            Json::String(text) if text == "false" => Ok(false),
            _ => Err(self.expected("true or false")),
        }
    }

    pub(super) fn number(&self, json: &Json) -> Result<u32, DslError> {
        let number = json.as_u64().or_else(|| json.as_str()?.parse().ok());
        number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| self.expected("a whole number"))
    }

    /// A string, number or boolean.
    pub(super) fn scalar(&self, json: &Json) -> Result<Value<'static>, DslError> {
        let value = match json {
            Json::String(text) => Some(Value::String(text.clone().into())),
            Json::Bool(value) => Some(Value::Boolean(*value)),
            Json::Number(number) => (number.as_i64().map(Value::Long))
                .or_else(|| number.as_u64().map(Value::UnsignedLong))
                .or_else(|| number.as_f64().map(Value::Double)),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        };
        value.ok_or_else(|| self.expected("a string, a number or a boolean"))
    }

    /// The items of an array; what is no array is the only item.
    pub(super) fn items<'j>(&self, json: &'j Json) -> &'j [Json] {
        match json {
            Json::Array(items) => items,
            one => std::slice::from_ref(one),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        parent.fmt(f)?;
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) if parent.parent.is_none() => f.write_str(key),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// The one field of a query and its parameters: `{"field": {"value": ...}}`, or short `{"field": ...}`.
pub(super) struct FieldBody<'j> {
    pub(super) name: &'j str,
    /// The value of the short form, or the main parameter of the long one.
    pub(super) value: Option<&'j Json>,
    parameters: Option<&'j Map<String, Json>>,
}

impl<'j> FieldBody<'j> {
    /// Reads it; the main parameter has one of the names.
    pub(super) fn read(body: &'j Json, main: &[&str], at: At<'_>) -> Result<Self, DslError> {
        let object = at.object(body)?;
        let mut fields = object.iter().filter(|(key, _)| !is_common(key));
        let (Some((name, value)), None) = (fields.next(), fields.next()) else {
            return Err(at.expected("an object with one key, the name of a field"));
        };
        Ok(match value {
            Json::Object(parameters) => {
                let value = main.iter().find_map(|main| parameters.get(*main));
                Self { name, value, parameters: Some(parameters) }
            }
            short => Self { name, value: Some(short), parameters: None },
        })
    }

    /// The main parameter.
    pub(super) fn required(&self, name: &'static str, at: At<'_>) -> Result<&'j Json, DslError> {
        self.value.ok_or_else(|| at.key(self.name).error(DslProblem::Missing(name)))
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'j Json> {
        self.parameters?.get(name).filter(|value| !value.is_null())
    }

    /// Refuses parameters other than these, which are read, and those that change nothing.
    pub(super) fn allow(&self, read: &[&str], at: At<'_>) -> Result<(), DslError> {
        let at = at.key(self.name);
        let unknown = |key: &&String| !read.contains(&key.as_str()) && !is_common(key);
        match self.parameters.and_then(|parameters| parameters.keys().find(unknown)) {
            Some(key) => Err(at.error(DslProblem::UnknownParameter(key.clone()))),
            None => Ok(()),
        }
    }
}

/// Parameters that weigh, name or speed up a query, and change nothing of what matches.
pub(super) fn is_common(key: &str) -> bool {
    const COMMON: &[&str] = &[
        "_name",
        "auto_generate_synonyms_phrase_query",
        "boost",
        "cutoff_frequency",
        "fuzzy_rewrite",
        "ignore_unmapped",
        "inner_hits",
        "max_determinized_states",
        "max_expansions",
        "relation",
        "rewrite",
        "score_mode",
        "tie_breaker",
    ];
    COMMON.contains(&key)
}
