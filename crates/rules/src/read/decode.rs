//! From nodes to values of the model, collecting every problem instead of ending at the first.

use std::ops::Range;

use rulehound_query::{Diagnostic, Severity};
use serde_json::{Map, Value};

use super::node::{Entries, Kind, Node, into_json_object};

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Diagnostic>);

impl Findings {
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        self.0.push(Diagnostic { code, severity: Severity::Error, message, span, label: None, help });
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        self.0.push(Diagnostic { code, severity: Severity::Warning, message, span, label: None, help });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// A value of the model that can be read from a node. `None`: it could not, and the reason is a finding.
pub(super) trait FromNode: Sized {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self>;
}

/// A struct of the model that is a table in the document.
pub(super) trait FromTable: Sized {
    fn from_table(table: &mut Table, findings: &mut Findings) -> Option<Self>;
}

impl<T: FromTable> FromNode for T {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        let mut table = Table::new(node, field, findings)?;
        let value = T::from_table(&mut table, findings);
        table.rest(&[], findings);
        value
    }
}

/// A table being read: what is taken is gone, so what is left at the end is unknown.
#[derive(Debug)]
pub(super) struct Table {
    /// How messages call it, such as `rule` or `rule.threat`.
    name: String,
    /// Where a missing field is reported.
    pub(super) span: Range<usize>,
    entries: Entries,
    /// The keys that were asked for: the candidates for a near miss.
    asked: Vec<&'static str>,
}

impl Table {
    /// The table that a node is. A field that is null is as good as none.
    pub(super) fn new(node: Node, name: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::Table(mut entries) => {
                entries.retain(|_, entry| !matches!(entry.node.kind, Kind::Null));
                Some(Self { name: name.to_owned(), span: node.span, entries, asked: Vec::new() })
            }
            _ => {
                wrong_type(&node, name, "a table", findings);
                None
            }
        }
    }

    /// The node of a key that is still there.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.node)
    }

    /// A field that must be there.
    pub(super) fn required<T: FromNode>(&mut self, key: &'static str, findings: &mut Findings) -> Option<T> {
        if !self.entries.contains_key(key) {
            let message = format!("`{}` has no `{key}`", self.name);
            findings.error("rule::missing-field", self.span.clone(), message, None);
        }
        self.optional(key, findings)
    }

    /// A field that may be left out.
    pub(super) fn optional<T: FromNode>(&mut self, key: &'static str, findings: &mut Findings) -> Option<T> {
        self.asked.push(key);
        let entry = self.entries.shift_remove(key)?;
        T::from_node(entry.node, &format!("{}.{key}", self.name), findings)
    }

    /// A list that is empty if left out.
    pub(super) fn list<T: FromNode>(&mut self, key: &'static str, findings: &mut Findings) -> Vec<T> {
        self.optional(key, findings).unwrap_or_default()
    }

    /// What was not taken, as it was; a warning for each key that is not among those `known` otherwise.
    pub(super) fn rest(self, known: &[&'static str], findings: &mut Findings) -> Map<String, Value> {
        for (key, entry) in self.entries.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let message = format!("`{}` has no field named `{key}`", self.name);
            let help = near_miss(key, self.asked.iter().chain(known).copied());
            findings.warning("rule::unknown-field", entry.key_span.clone(), message, help);
        }
        into_json_object(self.entries)
    }

    /// What was not taken, as it was, without a word.
    pub(super) fn into_rest(self) -> Map<String, Value> {
        into_json_object(self.entries)
    }
}

/// A type other than the one expected.
pub(super) fn wrong_type(node: &Node, field: &str, expected: &str, findings: &mut Findings) {
    let message = format!("`{field}` must be {expected}, not {}", node.describe());
    findings.error("rule::wrong-type", node.span.clone(), message, None);
}

/// "did you mean", if one of the candidates is close.
pub(super) fn near_miss<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3).min(3))
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

impl FromNode for String {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::String(text) => Some(text),
            _ => {
                wrong_type(&node, field, "a string", findings);
                None
            }
        }
    }
}

impl FromNode for bool {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::Boolean(truth) => Some(truth),
            _ => {
                wrong_type(&node, field, "a boolean", findings);
                None
            }
        }
    }
}

impl FromNode for i64 {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::Integer(number) => Some(number),
            _ => {
                wrong_type(&node, field, "an integer", findings);
                None
            }
        }
    }
}

/// Counts and versions, which start at one. Numbers that may be zero are read as `i64` and checked.
impl FromNode for u64 {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        let span = node.span.clone();
        let number = i64::from_node(node, field, findings)?;
        let count = u64::try_from(number).ok().filter(|count| *count > 0);
        if count.is_none() {
            let message = format!("`{field}` must be at least 1, not {number}");
            findings.error("rule::out-of-range", span, message, None);
        }
        count
    }
}

impl FromNode for Value {
    fn from_node(node: Node, _field: &str, _findings: &mut Findings) -> Option<Self> {
        Some(node.into_json())
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::Array(items) => {
                Some(items.into_iter().filter_map(|item| T::from_node(item, field, findings)).collect())
            }
            _ => {
                wrong_type(&node, field, "a list", findings);
                None
            }
        }
    }
}

/// Text that says something.
pub(super) struct NonEmpty(pub(super) String);

impl FromNode for NonEmpty {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        let span = node.span.clone();
        let text = String::from_node(node, field, findings)?;
        if text.trim().is_empty() {
            findings.error("rule::empty", span, format!("`{field}` is empty"), None);
            return None;
        }
        Some(Self(text))
    }
}

/// One value, or a list of them.
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<T: FromNode> FromNode for OneOrMany<T> {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::Array(_) => Vec::from_node(node, field, findings).map(Self),
            _ => T::from_node(node, field, findings).map(|one| Self(vec![one])),
        }
    }
}
