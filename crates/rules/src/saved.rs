//! What Kibana keeps for rules and others: saved queries and data views.

use serde_json::Value;

use crate::kind::{Language, QuerySource};

/// A query that was saved under an id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedQuery {
    pub(crate) id: String,
    pub(crate) query: String,
    pub(crate) language: Language,
    pub(crate) filters: Vec<Value>,
}

impl SavedQuery {
    /// What a rule asks that refers to the query: the saved text and filters, over its own indices.
    pub(crate) fn in_place_of(&self, own: &QuerySource) -> QuerySource {
        QuerySource {
            query: self.query.clone(),
            language: self.language,
            filters: self.filters.clone(),
            ..own.clone()
        }
    }
}

/// Index patterns under an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataView {
    pub(crate) id: String,
    pub(crate) index: Vec<String>,
}
