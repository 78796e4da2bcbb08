//! What fields there are: the built-in catalogue, or an Elasticsearch mapping.

use crate::{Field, FieldType};

/// A set of known fields with their types.
#[derive(Debug, Default)]
pub struct Schema {}

/// A mapping that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not JSON.
    #[error("mapping is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Schema {
    /// The built-in catalogue: ECS and the vendor fields that rules use. Not strict: an unknown
    /// field is a warning and its value null.
    pub fn catalogue() -> &'static Schema {
        static CATALOGUE: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
        CATALOGUE.get_or_init(Schema::default)
    }

    /// Reads Elasticsearch index mappings and merges them. Strict: an unknown field is an error.
    pub fn from_mappings<'a>(_mappings: impl IntoIterator<Item = &'a str>) -> Result<Schema, MappingError> {
        Ok(Schema::default())
    }

    /// Whether an unknown field is an error (a mapping was given) or null (the catalogue).
    pub fn is_strict(&self) -> bool {
        false
    }

    /// The field a name stands for, aliases and multi-fields followed; `None` if unknown.
    pub fn field(&self, _name: &str) -> Option<Field> {
        None
    }

    /// The type of a name, objects included (a name that is a prefix of fields is an `Object`).
    pub fn field_type(&self, _name: &str) -> Option<FieldType> {
        None
    }

    /// All names, for near-miss suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}
