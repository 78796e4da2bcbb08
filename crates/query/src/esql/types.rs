//! The types of ES|QL's columns and expressions.

use std::fmt;

use rulehound_schema::FieldType;

/// A type, as Elasticsearch's `columns` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `null`: no value at all; fits everywhere.
    Null,
    /// `boolean`.
    Boolean,
    /// `integer`, 32 bits.
    Integer,
    /// `long`, 64 bits.
    Long,
    /// `unsigned_long`, 64 bits.
    UnsignedLong,
    /// `double`.
    Double,
    /// `keyword`.
    Keyword,
    /// `text`: analysed where a full-text function asks, else as a keyword.
    Text,
    /// `date`: milliseconds since the epoch.
    Date,
    /// `date_nanos`: nanoseconds since the epoch.
    DateNanos,
    /// `date_period`: years, months, weeks, days. Only constants.
    DatePeriod,
    /// `time_duration`: hours and less. Only constants.
    TimeDuration,
    /// `ip`, versions 4 and 6.
    Ip,
    /// `version`.
    Version,
    /// `geo_point`: longitude and latitude in degrees.
    GeoPoint,
    /// `cartesian_point`.
    CartesianPoint,
    /// `_source`: the whole document.
    Source,
    /// A field that holds nothing to ask for: may be kept, and is null.
    Unsupported,
}

impl Type {
    /// The type that a column of a field has.
    pub fn of_field(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Keyword | FieldType::ConstantKeyword | FieldType::Wildcard | FieldType::Flattened => {
                Self::Keyword
            }
            FieldType::Text | FieldType::MatchOnlyText => Self::Text,
            FieldType::Integer => Self::Integer,
            FieldType::Long => Self::Long,
            FieldType::UnsignedLong => Self::UnsignedLong,
            FieldType::Double => Self::Double,
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::DateNanos => Self::DateNanos,
            FieldType::Ip => Self::Ip,
            FieldType::Version => Self::Version,
            FieldType::GeoPoint => Self::GeoPoint,
            FieldType::Nested | FieldType::Object | FieldType::Binary | FieldType::Unsupported(_) => {
                Self::Unsupported
            }
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned_long",
            Self::Double => "double",
            Self::Keyword => "keyword",
            Self::Text => "text",
            Self::Date => "date",
            Self::DateNanos => "date_nanos",
            Self::DatePeriod => "date_period",
            Self::TimeDuration => "time_duration",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::GeoPoint => "geo_point",
            Self::CartesianPoint => "cartesian_point",
            Self::Source => "_source",
            Self::Unsupported => "unsupported",
        }
    }

    /// `keyword` in place of `text`, as functions give it.
    #[must_use]
    pub fn no_text(self) -> Self {
        if self == Self::Text { Self::Keyword } else { self }
    }

    /// `keyword` or `text`.
    pub fn is_string(self) -> bool {
        matches!(self, Self::Keyword | Self::Text)
    }

    /// `integer`, `long`, `unsigned_long` or `double`.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Long | Self::UnsignedLong | Self::Double)
    }

    /// `date` or `date_nanos`.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::DateNanos)
    }

    /// The type in which values of both can stand side by side; `None` if there is none. After
    /// `EsqlDataTypeConverter.commonType`: numbers widen, but `unsigned_long` stands with itself and `double` only.
    pub fn common(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, other) | (other, Self::Null) => other,
            (a, b) if a.is_string() && b.is_string() => Self::Keyword,
            (a, b) if a.is_date() && b.is_date() => Self::DateNanos,
            (Self::Double, b) if b.is_number() => Self::Double,
            (a, Self::Double) if a.is_number() => Self::Double,
            (Self::Integer, Self::Long) | (Self::Long, Self::Integer) => Self::Long,
            _ => return None,
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
