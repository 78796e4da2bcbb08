//! Values of fields.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::Field;

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

/// Where an expression or filter finds the values of fields: one event.
pub trait FieldSource {
    /// All values of a field; empty if it is missing. Order does not matter.
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>>;
}
