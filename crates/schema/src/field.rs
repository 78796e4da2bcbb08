//! Field types and resolved fields.

use std::sync::Arc;

use crate::DataType;

/// The mapped type of a field, as Elasticsearch names them. Types that compare alike are one:
/// `byte`, `short` and `integer` are [`FieldType::Long`]; `float`, `half_float` and `scaled_float`
/// are [`FieldType::Double`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldType {
    /// `keyword`: compared whole.
    Keyword,
    /// `constant_keyword`: one value for a whole index.
    ConstantKeyword,
    /// `wildcard`: a keyword indexed for patterns.
    Wildcard,
    /// `text`: analysed into words.
    Text,
    /// `match_only_text`: analysed into words, no scoring.
    MatchOnlyText,
    /// Signed integers.
    Long,
    /// `unsigned_long`.
    UnsignedLong,
    /// Floating point numbers.
    Double,
    /// `boolean`.
    Boolean,
    /// `date`: milliseconds since the epoch.
    Date,
    /// `date_nanos`: nanoseconds since the epoch.
    DateNanos,
    /// `ip`, versions 4 and 6.
    Ip,
    /// `version`.
    Version,
    /// `geo_point`.
    GeoPoint,
    /// `flattened`: every leaf below is a keyword.
    Flattened,
    /// `nested`: an array of objects, each matched on its own.
    Nested,
    /// `object`: holds other fields and no value of its own.
    Object,
    /// `binary`: kept, never matched.
    Binary,
}

impl FieldType {
    /// How values of this type are held in memory; `None` for types that hold no value to match.
    pub fn data_type(self) -> Option<DataType> {
        Some(match self {
            Self::Keyword
            | Self::ConstantKeyword
            | Self::Wildcard
            | Self::Text
            | Self::MatchOnlyText
            | Self::Version
            | Self::Flattened => DataType::String,
            Self::Long => DataType::Long,
            Self::UnsignedLong => DataType::UnsignedLong,
            Self::Double => DataType::Double,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date,
            Self::DateNanos => DataType::DateNanos,
            Self::Ip => DataType::Ip,
            Self::GeoPoint | Self::Nested | Self::Object | Self::Binary => return None,
        })
    }
}

/// A field that a query reads, resolved against a [`crate::Schema`]: aliases are followed, so `name` is
/// the path in the document at which its values stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// Dotted path in the document, such as `process.name`. For a multi-field (`process.name.text`)
    /// the path of its parent: both read the same values.
    pub name: Arc<str>,
    /// The mapped type.
    pub field_type: FieldType,
}
