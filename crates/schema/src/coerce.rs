//! From JSON values to values of a field's type, as an Elasticsearch mapping would coerce them.

use crate::{FieldType, Value};

/// A value that does not fit its field's type. It stays in the source and is ignored in matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit;

/// A scalar taken from JSON, as `field_type` holds it. `Ok(None)` for JSON null.
///
/// Arrays are the caller's: each element is coerced on its own.
pub fn coerce<'a>(_field_type: FieldType, _json: &'a serde_json::Value) -> Result<Option<Value<'a>>, Misfit> {
    Err(Misfit)
}

/// A date in the format `strict_date_optional_time||epoch_millis`, as nanoseconds since the epoch.
pub fn parse_date(_text: &str) -> Option<i128> {
    None
}
