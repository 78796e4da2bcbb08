//! Types of expressions, as far as checks tell them apart.

use rulehound_schema::{DataType, FieldType};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Boolean,
    Integer,
    Float,
    String,
    Date,
    Ip,
    Version,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::String => "string",
            Self::Date => "date",
            Self::Ip => "ip",
            Self::Version => "version",
        }
    }

    pub(crate) fn of_data(data_type: DataType) -> Self {
        match data_type {
            DataType::String => Self::String,
            DataType::Long | DataType::UnsignedLong => Self::Integer,
            DataType::Double => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::Date | DataType::DateNanos => Self::Date,
            DataType::Ip => Self::Ip,
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    /// Whether patterns match it.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Version)
    }

    /// The type of arithmetic over two.
    pub(super) fn combine(self, other: Self) -> Self {
        match (self, other) {
            (Self::Float, _) | (_, Self::Float) => Self::Float,
            _ => Self::Integer,
        }
    }

    /// Whether computed values of these types compare.
    pub(super) fn compares_with(self, other: Self) -> bool {
        self == other
            || (self.is_number() && other.is_number())
            || matches!((self, other), (Self::Version, Self::String) | (Self::String, Self::Version))
            || matches!(
                (self, other),
                (Self::Ip | Self::Date, Self::String) | (Self::String, Self::Ip | Self::Date)
            )
    }

    /// Whether a constant of the other type may stand in a list behind `in`: stricter than `==`, which leaves
    /// conversion to the field's mapper.
    pub(super) fn lists_with(self, other: Self) -> bool {
        self.compares_with(other) || matches!((self, other), (Self::Date, Self::Integer))
    }
}

pub(super) fn type_of_field(field_type: FieldType) -> Type {
    match field_type {
        FieldType::Version => Type::Version,
        other => other.data_type().map_or(Type::Null, Type::of_data),
    }
}
