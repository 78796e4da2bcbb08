//! Values as Elasticsearch writes them: in results, and for `TO_STRING`.

use std::borrow::Cow;

use rulehound_schema::Value;

use super::{java, version};

/// Milliseconds since the epoch: `2024-01-01T00:00:00.000Z`.
pub(crate) fn date(milliseconds: i64) -> String {
    Value::Date(milliseconds).to_string()
}

/// Nanoseconds since the epoch, with three to nine decimals of the second.
pub(crate) fn date_nanos(nanoseconds: i64) -> String {
    Value::DateNanos(nanoseconds).to_string()
}

/// The bytes of an address; IPv4 in dots.
pub(crate) fn ip(octets: &[u8]) -> String {
    <[u8; 16]>::try_from(octets).map_or_else(|_| String::new(), |octets| Value::Ip(octets.into()).to_string())
}

/// The bytes of a version.
pub(crate) fn version(bytes: &[u8]) -> Cow<'_, str> {
    version::decode(bytes)
}

/// Well-Known Text: `POINT (1.0 -2.5)`.
pub(crate) fn point(x: f64, y: f64) -> String {
    format!("POINT ({} {})", java::double_to_string(x), java::double_to_string(y))
}
