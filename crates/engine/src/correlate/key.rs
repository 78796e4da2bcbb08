//! Join keys: the values that the events of a sequence or sample have in common.

use std::net::Ipv6Addr;
use std::sync::Arc;

use rulehound_query::JoinKey;
use rulehound_schema::{FieldSource, Value};
use serde::{Deserialize, Serialize};

/// The values of a step's join keys, in their order. Empty where nothing is joined by.
///
/// Ordered by the values one after the other, null first, as Elasticsearch orders samples and sequences that
/// end in one event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(pub Arc<[KeyValue]>);

/// The value of one join key, in a form in which equal values are the same: an `unsigned_long` that a `long`
/// can hold is one, and a `date_nanos` of whole milliseconds a `date`. Otherwise values of different types
/// differ, also numbers: a `long` never joins a `double`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    /// No value, of an optional key. Null equals null.
    Null,
    /// True or false.
    Boolean(bool),
    /// 64-bit signed integer.
    Long(i64),
    /// An unsigned integer that is no `i64`.
    UnsignedLong(u64),
    /// 64-bit floating point number.
    Double(Double),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Date(i64),
    /// Nanoseconds since 1970-01-01T00:00:00Z, not of a whole millisecond.
    DateNanos(i64),
    /// IPv6 address; IPv4 addresses are held mapped.
    Ip(Ipv6Addr),
    /// UTF-8 text.
    String(Arc<str>),
}

/// A floating point number by its bits: NaN equals itself, `-0.0` is `0.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Double(u64);

impl Double {
    /// Wraps a number.
    pub fn new(number: f64) -> Self {
        Self(if number == 0.0 { 0 } else { number.to_bits() })
    }

    /// The number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Ord for Double {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.get().total_cmp(&other.get())
    }
}

impl PartialOrd for Double {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&Value<'_>> for KeyValue {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::String(text) => Self::String(text.as_ref().into()),
            Value::Long(number) => Self::Long(*number),
            Value::UnsignedLong(number) => {
                i64::try_from(*number).map_or(Self::UnsignedLong(*number), Self::Long)
            }
            Value::Double(number) => Self::Double(Double::new(*number)),
            Value::Boolean(bit) => Self::Boolean(*bit),
            Value::Date(millis) => Self::Date(*millis),
            Value::DateNanos(nanos) if nanos % 1_000_000 == 0 => Self::Date(nanos / 1_000_000),
            Value::DateNanos(nanos) => Self::DateNanos(*nanos),
            Value::Ip(address) => Self::Ip(*address),
        }
    }
}

impl KeyValue {
    /// A value as text, as Elasticsearch gives it in JSON.
    fn text_of(value: &Value<'_>) -> Self {
        match value {
            Value::String(_) => value.into(),
            other => match other.to_json() {
                serde_json::Value::String(text) => Self::String(text.into()),
                json => Self::String(json.to_string().into()),
            },
        }
    }

    /// The value again; `None` for null.
    pub(crate) fn to_value(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(bit) => Value::Boolean(*bit),
            Self::Long(number) => Value::Long(*number),
            Self::UnsignedLong(number) => Value::UnsignedLong(*number),
            Self::Double(number) => Value::Double(number.get()),
            Self::Date(millis) => Value::Date(*millis),
            Self::DateNanos(nanos) => Value::DateNanos(*nanos),
            Self::Ip(address) => Value::Ip(*address),
            Self::String(text) => Value::String(text.as_ref().into()),
        })
    }

    /// As Elasticsearch gives it in JSON, like [`Value::to_json`].
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(bit) => (*bit).into(),
            Self::Long(number) => (*number).into(),
            Self::UnsignedLong(number) => (*number).into(),
            Self::Double(number) => number.get().into(),
            Self::Date(millis) => Value::Date(*millis).to_json(),
            Self::DateNanos(nanos) => Value::DateNanos(*nanos).to_json(),
            Self::Ip(address) => Value::Ip(*address).to_json(),
            Self::String(text) => text.as_ref().into(),
        }
    }
}

/// Most keys under which one event joins. Only an event that is made to do harm has more.
pub const MAX_KEYS: usize = 1 << 16;

/// An event whose key fields have more than [`MAX_KEYS`] combinations of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the join fields of an event have more than {MAX_KEYS} combinations of values")]
pub struct TooManyKeys;

/// The keys under which an event joins: every combination of the values of its key fields, each once. None if
/// a key is null that is not optional, so an event without the field matches no step that is joined by it.
///
/// Elasticsearch's sequences and samples both take a field with several values so.
///
/// # Errors
///
/// [`TooManyKeys`]: memory has an end.
pub fn keys_of(keys: &[JoinKey], event: &dyn FieldSource) -> Result<Vec<Key>, TooManyKeys> {
    let mut combinations: Vec<Vec<KeyValue>> = vec![Vec::with_capacity(keys.len())];
    for key in keys {
        let mut values: Vec<KeyValue> = match &key.field {
            Some(field) if key.as_text => event.values(field).iter().map(KeyValue::text_of).collect(),
            Some(field) => event.values(field).iter().map(KeyValue::from).collect(),
            None => Vec::new(),
        };
        if values.is_empty() {
            if !key.optional {
                return Ok(Vec::new());
            }
            values.push(KeyValue::Null);
        }
        if let [value] = &values[..] {
            // As nearly always.
            combinations.iter_mut().for_each(|head| head.push(value.clone()));
            continue;
        }
        values.sort();
        values.dedup();
        if combinations.len().saturating_mul(values.len()) > MAX_KEYS {
            return Err(TooManyKeys);
        }
        combinations = combinations
            .iter()
            .flat_map(|head| {
                values.iter().map(move |value| [head.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    Ok(combinations.into_iter().map(|values| Key(values.into())).collect())
}

#[cfg(test)]
mod tests;
