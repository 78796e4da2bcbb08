//! Reading saved queries and data views.

use super::decode::{Findings, FromTable, NonEmpty, Table};
use super::node::Node;
use crate::kind::Language;
use crate::saved::{DataView, SavedQuery};

/// Reads a saved query. `None`: it has errors, which are among the findings.
pub(super) fn read_query(node: Node, findings: &mut Findings) -> Option<SavedQuery> {
    let mut table = Table::new(node, "query", findings)?;
    let id: Option<NonEmpty> = table.required("id", findings);
    let query: Option<QueryText> = table.required("query", findings);
    let filters = table.list("filters", findings);
    let QueryText { query, language } = query?;
    Some(SavedQuery { id: id?.0, query, language, filters })
}

/// A query as the search bar keeps it.
struct QueryText {
    query: String,
    language: Language,
}

impl FromTable for QueryText {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (query, language) = (t.required("query", findings), t.required("language", findings));
        Some(Self { query: query?, language: language? })
    }
}

/// Reads a data view. `None`: it has errors, which are among the findings.
pub(super) fn read_view(node: Node, findings: &mut Findings) -> Option<DataView> {
    let mut table = Table::new(node, "data_view", findings)?;
    let id: Option<NonEmpty> = table.required("id", findings);
    let title: Option<NonEmpty> = table.required("title", findings);
    let index = title?
        .0
        .split(',')
        .map(|pattern| pattern.trim().to_owned())
        .filter(|pattern| !pattern.is_empty())
        .collect();
    Some(DataView { id: id?.0, index })
}
