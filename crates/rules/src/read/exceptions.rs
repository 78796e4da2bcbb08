//! Reading exception lists and their items.

use super::decode::{Findings, FromNode, FromTable, NonEmpty, Table};
use super::node::{Kind, Node};
use crate::exceptions::{
    EntryOperator, EntryType, ExceptionEntry, ExceptionItem, ExpireTime, ListHeader, Namespace,
    ValueListReference,
};

/// Reads a list's own object. `None`: it has errors, which are among the findings.
pub(super) fn read_list(node: Node, findings: &mut Findings) -> Option<ListHeader> {
    let mut table = Table::new(node, "list", findings)?;
    let t = &mut table;
    let list_id: Option<NonEmpty> = t.required("list_id", findings);
    let list_type = t.required("type", findings);
    let name = t.optional("name", findings).unwrap_or_default();
    let namespace_type = read_namespace(t, findings);
    // Kibana adds fields from version to version: none is unknown.
    let extra = table.into_rest();
    Some(ListHeader {
        list_id: list_id?.0,
        name,
        list_type: list_type?,
        namespace_type: namespace_type?,
        extra,
    })
}

/// Reads an item. `None`: it has errors, which are among the findings.
pub(super) fn read_item(node: Node, findings: &mut Findings) -> Option<ExceptionItem> {
    let mut table = Table::new(node, "exception", findings)?;
    let t = &mut table;
    let list_id: Option<NonEmpty> = t.required("list_id", findings);
    let entries: Option<NonEmptyList<ExceptionEntry>> = t.required("entries", findings);
    let item = ExceptionItem {
        item_id: t.optional("item_id", findings).unwrap_or_default(),
        name: t.optional("name", findings).unwrap_or_default(),
        os_types: t.list("os_types", findings),
        expire_time: t.optional("expire_time", findings),
        namespace_type: read_namespace(t, findings)?,
        extra: table.into_rest(),
        list_id: list_id?.0,
        entries: entries?.0,
    };
    (!findings.has_errors()).then_some(item)
}

/// The namespace, of which Kibana leaves out the usual one.
fn read_namespace(t: &mut Table, findings: &mut Findings) -> Option<Namespace> {
    match t.get("namespace_type") {
        None => Some(Namespace::Single),
        Some(_) => t.required("namespace_type", findings),
    }
}

/// A list that has something in it.
struct NonEmptyList<T>(Vec<T>);

impl<T: FromNode> FromNode for NonEmptyList<T> {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        if matches!(&node.kind, Kind::Array(items) if items.is_empty()) {
            findings.error("rule::empty", node.span.clone(), format!("`{field}` is empty"), None);
            return None;
        }
        let items: Vec<T> = Vec::from_node(node, field, findings)?;
        Some(Self(items))
    }
}

impl FromTable for ExceptionEntry {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let field: Option<NonEmpty> = t.required("field", findings);
        let operator = t.optional("operator", findings).unwrap_or(EntryOperator::Included);
        Some(match t.required("type", findings)? {
            EntryType::Match => {
                let value = t.required("value", findings);
                Self::Match { field: field?.0, operator, value: value? }
            }
            EntryType::MatchAny => {
                let value: Option<NonEmptyList<String>> = t.required("value", findings);
                Self::MatchAny { field: field?.0, operator, value: value?.0 }
            }
            EntryType::Wildcard => {
                let value = t.required("value", findings);
                Self::Wildcard { field: field?.0, operator, value: value? }
            }
            EntryType::List => {
                let list = t.required("list", findings);
                Self::List { field: field?.0, operator, list: list? }
            }
            EntryType::Exists => Self::Exists { field: field?.0, operator },
            EntryType::Nested => {
                let entries: Option<NonEmptyList<ExceptionEntry>> = t.required("entries", findings);
                Self::Nested { field: field?.0, entries: entries?.0 }
            }
        })
    }
}

impl FromTable for ValueListReference {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (id, list_type): (Option<NonEmpty>, _) =
            (t.required("id", findings), t.required("type", findings));
        Some(Self { id: id?.0, list_type: list_type? })
    }
}

impl FromNode for ExpireTime {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        let span = node.span.clone();
        let text = String::from_node(node, field, findings)?;
        let time = ExpireTime::new(text);
        if time.is_none() {
            let message = format!("`{field}` is no moment");
            let help = Some("write it as `2026-11-24T12:00:00.000Z`".to_owned());
            findings.error("rule::date", span, message, help);
        }
        time
    }
}

super::scalars::from_word!(EntryOperator, EntryType, Namespace);
