//! Values of fields.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::Ipv6Addr;

use crate::{Field, date};

/// How values are held in memory, and the type of an Arrow column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataType {
    /// UTF-8 text.
    String,
    /// 64-bit signed integer.
    Long,
    /// 64-bit unsigned integer.
    UnsignedLong,
    /// 64-bit floating point number.
    Double,
    /// True or false.
    Boolean,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Date,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    DateNanos,
    /// IPv6 address; IPv4 addresses are held mapped (`::ffff:a.b.c.d`), as Lucene does.
    Ip,
}

/// One value of a field. A field of an event holds zero or more of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// UTF-8 text.
    String(Cow<'a, str>),
    /// 64-bit signed integer.
    Long(i64),
    /// 64-bit unsigned integer.
    UnsignedLong(u64),
    /// 64-bit floating point number.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Date(i64),
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    DateNanos(i64),
    /// IPv6 address; IPv4 addresses are held mapped.
    Ip(Ipv6Addr),
}

/// Values that are equal have one hash, also zeros of either sign.
impl Hash for Value<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::String(text) => text.hash(state),
            Self::Long(n) | Self::Date(n) | Self::DateNanos(n) => n.hash(state),
            Self::UnsignedLong(n) => n.hash(state),
            Self::Double(n) => (n + 0.0).to_bits().hash(state),
            Self::Boolean(value) => value.hash(state),
            Self::Ip(address) => address.hash(state),
        }
    }
}

impl Value<'_> {
    /// The order of two values of like kind: numbers by value whatever their width (exactly, no integer
    /// is rounded to a double), dates of either precision by instant, strings by their bytes, addresses
    /// by number, false before true. `None` for values of different kinds.
    pub fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        use Value::{Boolean, Double, Ip, Long, String, UnsignedLong};
        match (self, other) {
            (String(a), String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Boolean(a), Boolean(b)) => Some(a.cmp(b)),
            (Ip(a), Ip(b)) => Some(a.cmp(b)),
            (Double(a), Double(b)) => a.partial_cmp(b),
            (Double(a), Long(_) | UnsignedLong(_)) => compare_double(*a, other.integer()?),
            (Long(_) | UnsignedLong(_), Double(b)) => {
                compare_double(*b, self.integer()?).map(Ordering::reverse)
            }
            (Long(_) | UnsignedLong(_), Long(_) | UnsignedLong(_)) => {
                Some(self.integer()?.cmp(&other.integer()?))
            }
            _ => Some(self.nanoseconds()?.cmp(&other.nanoseconds()?)),
        }
    }

    /// Whether two values are equal in the sense of [`Value::compare`].
    pub fn equals(&self, other: &Value<'_>) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    /// A string of its own in place of a borrowed one.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Long(n) => Value::Long(n),
            Value::UnsignedLong(n) => Value::UnsignedLong(n),
            Value::Double(n) => Value::Double(n),
            Value::Boolean(value) => Value::Boolean(value),
            Value::Date(ms) => Value::Date(ms),
            Value::DateNanos(ns) => Value::DateNanos(ns),
            Value::Ip(address) => Value::Ip(address),
        }
    }

    /// As Elasticsearch gives it in JSON: numbers and booleans as such, everything else as text.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Long(n) => (*n).into(),
            Value::UnsignedLong(n) => (*n).into(),
            Value::Double(n) => (*n).into(),
            Value::Boolean(value) => (*value).into(),
            Value::String(text) => text.as_ref().into(),
            Value::Date(_) | Value::DateNanos(_) | Value::Ip(_) => self.to_string().into(),
        }
    }

    fn integer(&self) -> Option<i128> {
        match self {
            Value::Long(n) => Some(i128::from(*n)),
            Value::UnsignedLong(n) => Some(i128::from(*n)),
            _ => None,
        }
    }

    fn nanoseconds(&self) -> Option<i128> {
        match self {
            Value::Date(ms) => Some(i128::from(*ms) * 1_000_000),
            Value::DateNanos(ns) => Some(i128::from(*ns)),
            _ => None,
        }
    }
}

/// Compares a double with an integer of at most 65 bits without rounding the integer.
fn compare_double(double: f64, integer: i128) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // The cast saturates, far outside the range of the integer; the fraction decides between equals.
    #[expect(clippy::cast_possible_truncation, reason = "saturation keeps the order")]
    let whole = double.trunc() as i128;
    let by_fraction = || double.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal);
    Some(whole.cmp(&integer).then_with(by_fraction))
}

/// As Elasticsearch renders the value: `2020-01-01T00:00:00.000Z`, `10.0.0.1`, `1.0`.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::String(text) => f.write_str(text),
            Value::Long(n) => n.fmt(f),
            Value::UnsignedLong(n) => n.fmt(f),
            Value::Double(n) => match serde_json::Number::from_f64(*n) {
                Some(number) => number.fmt(f),
                None => n.fmt(f),
            },
            Value::Boolean(value) => value.fmt(f),
            Value::Date(ms) => date::write(f, i128::from(*ms) * 1_000_000, 3),
            Value::DateNanos(ns) => date::write(f, i128::from(*ns), 9),
            Value::Ip(address) => address.to_canonical().fmt(f),
        }
    }
}

/// Where an expression or filter finds the values of fields: one event.
pub trait FieldSource {
    /// All values of a field; empty if it is missing. Order does not matter.
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>>;

    /// All values of a field of an earlier event of the same sequence, by the step that it was taken for. None where
    /// there is no such event.
    fn earlier<'a>(&'a self, _step: usize, _field: &Field) -> Vec<Value<'a>> {
        Vec::new()
    }

    /// The objects at a path, each as it stands in the document: those of an array one by one. None where the source
    /// has no document.
    fn objects(&self, _path: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
