//! Which fields of an event become columns.

use std::collections::HashMap;
use std::sync::Arc;

use rulehound_schema::Field;

/// The columns of an [`crate::EventBatch`]: the fields that somebody asks for, and no others.
///
/// The metadata fields `_index` and `_id` may be asked for like any other field.
#[derive(Debug, Default)]
pub struct Layout {
    fields: Vec<Field>,
    columns: HashMap<Arc<str>, usize>,
}

impl Layout {
    /// A layout of these fields, sorted by name, each once. Of two fields with one name and different
    /// types the first in order of type wins; [`rulehound_schema::Schema`] gives each name one type.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut fields: Vec<Field> = fields.into_iter().collect();
        fields.sort();
        fields.dedup_by(|a, b| a.name == b.name);
        let columns = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        Self { fields, columns }
    }

    /// The fields, in the order of the columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The column of a field, by its path in the document.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.get(name).copied()
    }
}
