//! Reading rules: TOML as the detection-rules repository keeps it.

mod decode;
mod kind;
mod literal;
mod node;
mod rule;
mod scalars;
mod threat;

use std::collections::HashMap;
use std::ops::Range;

use rulehound_query::Diagnostic;
use toml::de::DeTable;

use self::decode::{Findings, Table, near_miss};
use self::kind::read_kind;
pub(crate) use self::literal::Literal;
use self::node::{Entries, Entry, Kind, Node};
use crate::kind::{JsonObject, RuleKind, RuleType};
use crate::rule::{Metadata, Rule};
use crate::values::RuleId;

/// What came of reading a rule's text.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The rule; `None` if there are errors.
    pub(crate) rule: Option<Rule>,
    /// Its id, even if the rule is broken.
    pub(crate) rule_id: Option<RuleId>,
    /// Its type, even if the rule is broken.
    pub(crate) rule_type: Option<RuleType>,
    /// What its type alone has, the query among it, even if the rest of the rule is broken.
    pub(crate) kind: Option<RuleKind>,
    /// Where the values of its fields stand in the text; of a string, quotes included.
    pub(crate) spans: HashMap<String, Range<usize>>,
    /// Errors and warnings.
    pub(crate) findings: Vec<Diagnostic>,
}

/// Tables that stand beside `[rule]`.
const TABLES: &[&str] = &["metadata", "rule", "transform"];

/// Reads a rule from TOML.
pub(crate) fn read_toml(text: &str) -> Reading {
    let mut findings = Findings::default();
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut entries = node::from_toml(document.into_inner());
    // What was parsed before and after an error still tells whose rule it is. Only the first error is shown:
    // those after it come of it.
    let mut reading = peek(&entries);
    if let Some(error) = errors.first() {
        let span = error.span().unwrap_or(0..0);
        findings.error("toml::syntax", span, format!("not valid TOML: {}", error.message()), None);
    } else {
        read_document(&mut entries, &mut reading, &mut findings);
    }
    reading.findings = findings.0;
    reading
}

/// What can be told of a rule without reading all of it.
fn peek(entries: &Entries) -> Reading {
    let Some(Entry { node: Node { kind: Kind::Table(rule), .. }, .. }) = entries.get("rule") else {
        return Reading::default();
    };
    let text = |key: &str| match rule.get(key).map(|entry| &entry.node.kind) {
        Some(Kind::String(text)) => Some(text.as_str()),
        _ => None,
    };
    Reading {
        rule_id: text("rule_id").and_then(RuleId::new),
        rule_type: text("type").and_then(RuleType::from_word),
        spans: rule.iter().map(|(key, entry)| (key.clone(), entry.node.span.clone())).collect(),
        ..Reading::default()
    }
}

fn read_document(entries: &mut Entries, reading: &mut Reading, findings: &mut Findings) {
    if !entries.contains_key("rule") {
        let message = "no `[rule]` table: this is not a detection rule".to_owned();
        findings.error("rule::missing-table", 0..0, message, None);
        return;
    }
    let metadata = match take_table(entries, "metadata", findings) {
        Some(table) => rule::read_metadata(table, findings),
        None => Metadata::default(),
    };
    let transform = take_table(entries, "transform", findings).map_or_else(JsonObject::new, Table::into_rest);
    let Some(mut table) = take_table(entries, "rule", findings) else { return };
    if is_endpoint_rule(&table) {
        let message =
            "this is a behaviour rule of Elastic Endpoint: such rules cannot be read yet".to_owned();
        findings.error("rule::endpoint-rule", table.span.clone(), message, None);
        return;
    }
    for (key, entry) in entries.iter() {
        let message = format!("a rule file has no table or field named `{key}`");
        let help = near_miss(key, TABLES.iter().copied());
        findings.warning("rule::unknown-field", entry.key_span.clone(), message, help);
    }
    reading.kind = read_kind(&mut table, findings);
    reading.rule = rule::read_rule(table, reading.kind.clone(), metadata, transform, findings);
}

/// The endpoint's own rules look much like detection rules: they have an `id` and systems to run on, no type.
fn is_endpoint_rule(rule: &Table) -> bool {
    rule.get("os_list").is_some() && rule.get("id").is_some() && rule.get("type").is_none()
}

fn take_table(entries: &mut Entries, name: &str, findings: &mut Findings) -> Option<Table> {
    Table::new(entries.shift_remove(name)?.node, name, findings)
}
