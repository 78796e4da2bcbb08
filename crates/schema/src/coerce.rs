//! From JSON scalars to values of a field's type, as an Elasticsearch mapping with the default
//! `coerce: true` takes them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use crate::date::{self, DateFormat};
use crate::{DataType, Field, Value};

/// A value that does not fit its field's type. It stays in the source and is ignored in matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value does not fit the type of its field")]
pub struct Misfit;

/// A scalar of a JSON document, from whatever parser read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A string.
    Str(&'a str),
    /// An integer.
    I64(i64),
    /// An integer, if it is too large for `I64`; smaller ones do no harm.
    U64(u64),
    /// A number with a fraction or exponent.
    F64(f64),
    /// True or false.
    Bool(bool),
    /// `null`.
    Null,
}

impl<'a> TryFrom<&'a serde_json::Value> for Scalar<'a> {
    /// Objects and arrays: the elements of an array are scalars of their own.
    type Error = Misfit;

    fn try_from(json: &'a serde_json::Value) -> Result<Self, Misfit> {
        match json {
            serde_json::Value::Null => Ok(Self::Null),
            serde_json::Value::Bool(value) => Ok(Self::Bool(*value)),
            serde_json::Value::String(text) => Ok(Self::Str(text)),
            serde_json::Value::Number(number) => (number.as_i64().map(Self::I64))
                .or_else(|| number.as_u64().map(Self::U64))
                .or_else(|| number.as_f64().map(Self::F64))
                .ok_or(Misfit),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => Err(Misfit),
        }
    }
}

/// The value that a field takes from a scalar; `Ok(None)` if it takes none: for null (unless the mapping has
/// a `null_value`), for an empty string in a number, and for types that hold no value to match.
///
/// The rules are those of Elasticsearch's field mappers:
/// - a long takes numbers and numeric strings, cutting off decimals; a double likewise; `unsigned_long`
///   takes whole numbers only; what is out of range is a misfit,
/// - a boolean takes `true`, `false`, and these as strings; the empty string is false,
/// - a date takes what its format does; numbers as their digits,
/// - an IP takes addresses of both versions, without a zone,
/// - strings take every scalar as its JSON text.
///
/// Different on purpose: `ignore_above` is not applied, `byte`, `short` and `integer` hold what a long holds,
/// and `scaled_float` is not rounded.
pub fn coerce<'a>(field: &Field, scalar: Scalar<'a>) -> Result<Option<Value<'a>>, Misfit> {
    let Some(data_type) = field.field_type.data_type() else { return Ok(None) };
    let parameters = field.parameters.as_deref();
    if matches!(scalar, Scalar::Null) {
        let Some(text) = parameters.and_then(|p| p.null_value.as_deref()) else { return Ok(None) };
        let formats = parameters.map_or(&[][..], |p| &p.formats);
        return Ok(coerce_to(data_type, formats, Scalar::Str(text))?.map(Value::into_owned));
    }
    coerce_to(data_type, parameters.map_or(&[], |p| &p.formats), scalar)
}

fn coerce_to<'a>(
    data_type: DataType,
    formats: &[DateFormat],
    scalar: Scalar<'a>,
) -> Result<Option<Value<'a>>, Misfit> {
    let is_empty = matches!(scalar, Scalar::Str(""));
    let value = match data_type {
        DataType::Long | DataType::UnsignedLong | DataType::Double if is_empty => return Ok(None),
        DataType::String => json_text(scalar).map(Value::String),
        DataType::Long => to_long(scalar).map(Value::Long),
        DataType::UnsignedLong => to_unsigned(scalar).map(Value::UnsignedLong),
        DataType::Double => to_double(scalar).map(Value::Double),
        DataType::Boolean => to_boolean(scalar).map(Value::Boolean),
        DataType::Date => to_date(scalar, formats).and_then(milliseconds).map(Value::Date),
        // A nanosecond date starts at the epoch.
        DataType::DateNanos => to_date(scalar, formats)
            .and_then(|n| i64::try_from(n).ok())
            .filter(|n| *n >= 0)
            .map(Value::DateNanos),
        DataType::Ip => to_ip(scalar).map(Value::Ip),
    };
    value.map(Some).ok_or(Misfit)
}

/// The text of a scalar as it stands in JSON, without quotes; `None` for null.
fn json_text(scalar: Scalar<'_>) -> Option<Cow<'_, str>> {
    Some(match scalar {
        Scalar::Str(text) => Cow::Borrowed(text),
        Scalar::I64(n) => Cow::Owned(n.to_string()),
        Scalar::U64(n) => Cow::Owned(n.to_string()),
        Scalar::F64(n) => Cow::Owned(serde_json::Number::from_f64(n)?.to_string()),
        Scalar::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Scalar::Null => return None,
    })
}

fn to_long(scalar: Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::I64(n) => Some(n),
        Scalar::U64(n) => i64::try_from(n).ok(),
        Scalar::F64(n) => truncate(n),
        // Digits are exact; anything else goes through a decimal and loses its fraction.
        Scalar::Str(text) => match text.parse::<i64>() {
            Ok(n) => Some(n),
            Err(_) => match whole_digits(text) {
                Some(digits) => digits.parse().ok(),
                None => truncate(decimal(text)?),
            },
        },
        Scalar::Bool(_) | Scalar::Null => None,
    }
}

/// The whole part of a plain decimal such as `-12.75`; `None` for exponents and what is no number.
fn whole_digits(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    (!digits.is_empty() && all_digits(digits) && all_digits(fraction)).then_some(whole)
}

/// Cuts off the fraction; `None` outside the range of a long.
fn truncate(n: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (-LIMIT..LIMIT).contains(&n).then_some(n as i64)
}

fn to_unsigned(scalar: Scalar<'_>) -> Option<u64> {
    match scalar {
        Scalar::I64(n) => u64::try_from(n).ok(),
        Scalar::U64(n) => Some(n),
        Scalar::Str(text) => text.parse().ok(),
        Scalar::F64(_) | Scalar::Bool(_) | Scalar::Null => None,
    }
}

fn to_double(scalar: Scalar<'_>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a double field holds what a double can")]
    let n = match scalar {
        Scalar::I64(n) => n as f64,
        Scalar::U64(n) => n as f64,
        Scalar::F64(n) => n,
        // Java's parser of doubles, which the mapper uses, takes surrounding blanks.
        Scalar::Str(text) => decimal(text.trim())?,
        Scalar::Bool(_) | Scalar::Null => return None,
    };
    n.is_finite().then_some(n)
}

/// A decimal number, exponent allowed. Rust would also take `inf` and `nan`, which no field holds.
fn decimal(text: &str) -> Option<f64> {
    let n: f64 = text.parse().ok()?;
    n.is_finite().then_some(n)
}

fn to_boolean(scalar: Scalar<'_>) -> Option<bool> {
    match scalar {
        Scalar::Bool(value) => Some(value),
        Scalar::Str("true") => Some(true),
        Scalar::Str("false" | "") => Some(false),
        _ => None,
    }
}

/// Nanoseconds since the epoch.
fn to_date(scalar: Scalar<'_>, formats: &[DateFormat]) -> Option<i128> {
    if matches!(scalar, Scalar::Bool(_)) {
        return None;
    }
    date::parse(&json_text(scalar)?, formats)
}

/// Nanoseconds as milliseconds; `None` out of the range of a long.
fn milliseconds(nanoseconds: i128) -> Option<i64> {
    match i64::try_from(nanoseconds) {
        // From 1678 to 2261, which is quick to divide.
        Ok(nanoseconds) => Some(nanoseconds.div_euclid(1_000_000)),
        Err(_) => i64::try_from(nanoseconds.div_euclid(1_000_000)).ok(),
    }
}

fn to_ip(scalar: Scalar<'_>) -> Option<Ipv6Addr> {
    let Scalar::Str(text) = scalar else { return None };
    parse_ip(text)
}

/// An IP address of either version, as a field of type `ip` holds it: version 4 is held mapped.
pub fn parse_ip(text: &str) -> Option<Ipv6Addr> {
    match text.parse().ok()? {
        IpAddr::V4(v4) => Some(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => Some(v6),
    }
}

#[cfg(test)]
mod tests;
