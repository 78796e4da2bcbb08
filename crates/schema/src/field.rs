//! Field types and resolved fields.

use std::fmt;
use std::sync::Arc;

use crate::{DataType, DateFormat};

/// The mapped type of a field, as Elasticsearch names them. Types that ES|QL reads alike are one:
/// `byte` and `short` are [`FieldType::Integer`]; `float`, `half_float` and `scaled_float` are
/// [`FieldType::Double`].
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
    /// Signed integers of 32 bits and less. They compare, and are held in memory, as [`FieldType::Long`].
    Integer,
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
    /// Any other type that Elasticsearch has (`ip_range`, `histogram`, `dense_vector`, ...), by its name:
    /// kept, never matched.
    Unsupported(&'static str),
}

/// Types of Elasticsearch that queries over events cannot use.
const UNSUPPORTED: &[&str] = &[
    "aggregate_metric_double",
    "annotated_text",
    "completion",
    "date_range",
    "dense_vector",
    "double_range",
    "exponential_histogram",
    "float_range",
    "geo_shape",
    "histogram",
    "integer_range",
    "ip_range",
    "join",
    "long_range",
    "murmur3",
    "pattern_text",
    "percolator",
    "point",
    "rank_feature",
    "rank_features",
    "rank_vectors",
    "search_as_you_type",
    "semantic_text",
    "shape",
    "sparse_vector",
    "token_count",
];

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
            Self::Integer | Self::Long => DataType::Long,
            Self::UnsignedLong => DataType::UnsignedLong,
            Self::Double => DataType::Double,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date,
            Self::DateNanos => DataType::DateNanos,
            Self::Ip => DataType::Ip,
            Self::GeoPoint | Self::Nested | Self::Object | Self::Binary | Self::Unsupported(_) => {
                return None;
            }
        })
    }

    /// The type that a mapping names so; `None` if Elasticsearch has no such type. `alias` is not a type
    /// of its own: [`crate::Schema`] follows it.
    pub(crate) fn from_mapping(name: &str) -> Option<Self> {
        Some(match name {
            "keyword" | "icu_collation_keyword" | "counted_keyword" => Self::Keyword,
            "constant_keyword" => Self::ConstantKeyword,
            "wildcard" => Self::Wildcard,
            "text" => Self::Text,
            "match_only_text" => Self::MatchOnlyText,
            "byte" | "short" | "integer" => Self::Integer,
            "long" => Self::Long,
            "unsigned_long" => Self::UnsignedLong,
            "half_float" | "float" | "double" | "scaled_float" => Self::Double,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "date_nanos" => Self::DateNanos,
            "ip" => Self::Ip,
            "version" => Self::Version,
            "geo_point" => Self::GeoPoint,
            "flattened" => Self::Flattened,
            "nested" => Self::Nested,
            "object" => Self::Object,
            "binary" => Self::Binary,
            other => Self::Unsupported(UNSUPPORTED.iter().find(|known| **known == other)?),
        })
    }

    /// Its name in a mapping.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::ConstantKeyword => "constant_keyword",
            Self::Wildcard => "wildcard",
            Self::Text => "text",
            Self::MatchOnlyText => "match_only_text",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned_long",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateNanos => "date_nanos",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::GeoPoint => "geo_point",
            Self::Flattened => "flattened",
            Self::Nested => "nested",
            Self::Object => "object",
            Self::Binary => "binary",
            Self::Unsupported(name) => name,
        }
    }

    /// Whether values are analysed into words, so that nothing can be compared with them whole.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::MatchOnlyText)
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
    /// What else the mapping says; `None` for most fields.
    pub parameters: Option<Arc<Parameters>>,
}

/// Parameters of a mapping that decide what value a field takes from a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parameters {
    /// `format` of a date: the formats tried, in order. Empty stands for the default,
    /// `strict_date_optional_time||epoch_millis`.
    pub formats: Vec<DateFormat>,
    /// `null_value`: what an explicit null stands for, as text.
    pub null_value: Option<Arc<str>>,
    /// A `normalizer` that maps letters to lower case: text is equal whatever its case. The fields
    /// `*.caseless` of Elastic Defend have it.
    pub caseless: bool,
}

impl Field {
    /// A field with no parameters.
    pub fn new(name: impl Into<Arc<str>>, field_type: FieldType) -> Self {
        Self { name: name.into(), field_type, parameters: None }
    }

    /// Whether comparisons with its values ignore case (see [`Parameters::caseless`]). The values
    /// themselves stay as they are in the document.
    pub fn is_caseless(&self) -> bool {
        self.parameters.as_ref().is_some_and(|p| p.caseless)
    }

    /// Whether both take the same values from a document, whatever they do with them: a `wildcard`, its
    /// `caseless` variant and a `keyword` at one path do.
    pub fn has_values_of(&self, other: &Field) -> bool {
        let kind = |field: &Field| (field.field_type.data_type(), field.field_type == FieldType::Flattened);
        let format = |field: &Field| {
            let parameters = field.parameters.as_deref();
            parameters.map(|p| (p.formats.clone(), p.null_value.clone())).unwrap_or_default()
        };
        self.name == other.name && kind(self) == kind(other) && format(self) == format(other)
    }
}
