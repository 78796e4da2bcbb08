//! Reading rules: TOML as the detection-rules repository keeps it, JSON as Kibana's API and exports have it. Both become
//! one tree in which every value knows its place (`node`), from which rules are read (`rule`, `kind`, ...).

mod behavior;
mod decode;
mod exceptions;
mod export;
mod json;
mod kind;
mod literal;
mod node;
mod objects;
mod rule;
mod saved;
mod scalars;
mod text;
mod threat;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use rulehound_query::Diagnostic;
use toml::de::DeTable;

use self::decode::{Findings, Table, near_miss};
use self::kind::read_kind;
pub(crate) use self::literal::Literal;
use self::node::{Entries, Entry, Kind, Node};
pub(crate) use self::objects::{ObjectKind, may_hold_any};
pub(crate) use self::text::{Text, Texts};
use crate::exceptions::{ExceptionItem, ListHeader};
use crate::kind::{JsonObject, RuleKind, RuleType};
use crate::rule::{Metadata, Rule};
use crate::saved::{DataView, SavedQuery};
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

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Rules, and what should be one and cannot be read.
    pub(crate) rules: Vec<Reading>,
    /// How many objects of which kind there are, rules among them.
    pub(crate) objects: HashMap<ObjectKind, usize>,
    /// Exception lists, without their items.
    pub(crate) lists: Vec<ListHeader>,
    /// Exceptions, with their places.
    pub(crate) items: Vec<(ExceptionItem, Range<usize>)>,
    pub(crate) saved_queries: Vec<SavedQuery>,
    pub(crate) data_views: Vec<DataView>,
    /// How many connectors there are.
    pub(crate) connectors: usize,
    /// Values of value lists, by the id of the list.
    pub(crate) values: BTreeMap<String, Texts>,
    /// What there is to say of the file as a whole.
    pub(crate) findings: Vec<Diagnostic>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Json,
    Ndjson,
}

impl Format {
    /// As the name of a file says.
    pub(crate) fn of_name(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }

    /// As its content says: no TOML begins with `{` or `[{`.
    fn of_content(text: &str) -> Self {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let in_list = start.strip_prefix('[').map(str::trim_start);
        let is_json = start.starts_with('{') || in_list.is_some_and(|item| item.starts_with(['{', ']']));
        if is_json { Self::Json } else { Self::Toml }
    }
}

/// Reads a file. Of one that nobody named little may be read if it holds something else.
pub(crate) fn read(text: &Text, format: Option<Format>, is_named: bool) -> Contents {
    match format.unwrap_or_else(|| Format::of_content(&text.text)) {
        Format::Toml => {
            let rules = vec![match text.first_bad() {
                Some(bad) => Reading { findings: vec![text.not_utf8(bad, "TOML")], ..Reading::default() },
                None => read_toml(&text.text),
            }];
            Contents { rules, objects: HashMap::from([(ObjectKind::Rule, 1)]), ..Contents::default() }
        }
        Format::Json => export::read(text, false, is_named),
        Format::Ndjson => export::read(text, true, is_named),
    }
}

/// Tables that stand beside `[rule]`.
const TABLES: &[&str] = &["metadata", "rule", "transform"];

/// Reads a rule from TOML.
fn read_toml(text: &str) -> Reading {
    let mut findings = Findings::default();
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut entries = node::from_toml(document.into_inner());
    // What was parsed before and after an error still tells whose rule it is. Only the first error is shown:
    // those after it come of it.
    arrange_behavior(&mut entries);
    let mut reading = match entries.get("rule") {
        Some(Entry { node: Node { kind: Kind::Table(rule), .. }, .. }) => peek(rule),
        _ => Reading::default(),
    };
    if let Some(error) = errors.first() {
        let span = error.span().unwrap_or(0..0);
        findings.error("toml::syntax", span, format!("not valid TOML: {}", error.message()), None);
    } else {
        read_document(&mut entries, &mut reading, &mut findings);
    }
    reading.findings = findings.0;
    reading
}

/// Brings a behaviour rule into the order of the others.
fn arrange_behavior(document: &mut Entries) {
    let Some(mut entry) = document.shift_remove("rule") else { return };
    if let Kind::Table(rule) = &mut entry.node.kind
        && behavior::is_behavior(rule)
    {
        behavior::arrange(rule, document);
    }
    document.insert("rule".to_owned(), entry);
}

/// What can be told of a rule without reading all of it.
fn peek(rule: &Entries) -> Reading {
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
    let mut metadata = match take_table(entries, "metadata", findings) {
        Some(table) => rule::read_metadata(table, findings),
        None => Metadata::default(),
    };
    let transform = take_table(entries, "transform", findings).map_or_else(JsonObject::new, Table::into_rest);
    let Some(mut table) = take_table(entries, "rule", findings) else { return };
    if reading.rule_type == Some(RuleType::Behavior)
        && let Some(internal) = entries.shift_remove("internal")
    {
        metadata.extra.insert("internal".to_owned(), internal.node.into_json());
    }
    for (key, entry) in entries.iter() {
        let message = format!("a rule file has no table or field named `{key}`");
        let help = near_miss(key, TABLES.iter().copied());
        findings.warning("rule::unknown-field", entry.key_span.clone(), message, help);
    }
    reading.kind = read_kind(&mut table, findings);
    reading.rule = rule::read_rule(table, reading.kind.clone(), &[], findings).map(|rule| Rule {
        metadata,
        transform,
        ..rule
    });
}

fn take_table(entries: &mut Entries, name: &str, findings: &mut Findings) -> Option<Table> {
    Table::new(entries.shift_remove(name)?.node, name, findings)
}
