//! The format of Elastic Endpoint's behaviour rules (`elastic/protections-artifacts`, `behavior/rules`). It says what other
//! rules say under other names and in other places; all is put where [`super::rule`] and [`super::kind`] look for it.

use std::ops::Range;

use super::decode::{Findings, FromTable, Table};
use super::kind::read_source;
use super::node::{Entries, Entry, Kind, Node};
use crate::kind::{BehaviorRule, Language, ResponseAction, RuleType};
use crate::values::Severity;

/// The fields that behaviour rules alone have.
pub(super) const FIELDS: &[&str] =
    &["os_list", "optional_actions", "reputation", "min_endpoint_version", "max_endpoint_version"];

/// The severity and the risk score of the endpoint's alerts, which its rules do not give: those that Elastic's detection
/// rule for alerts of behaviour rules has (`Behavior - Detected - Elastic Defend`).
const SEVERITY: Severity = Severity::Medium;
const RISK_SCORE: i64 = 47;

/// The data streams in which Elastic Defend ships the events that the endpoint judges.
const INDEX: &str = "logs-endpoint.events.*";

/// Whether a `[rule]` table is of this format: it has an `id` and systems to run on, and no type.
pub(super) fn is_behavior(rule: &Entries) -> bool {
    rule.contains_key("os_list") && rule.contains_key("id") && !rule.contains_key("type")
}

/// Puts what the format says where it is looked for.
pub(super) fn arrange(rule: &mut Entries, document: &mut Entries) {
    for (from, to) in [("id", "rule_id"), ("reference", "references")] {
        if let Some(entry) = rule.shift_remove(from) {
            rule.entry(to.to_owned()).or_insert(entry);
        }
    }
    for name in ["actions", "optional_actions", "threat"] {
        if let Some(entry) = document.shift_remove(name) {
            rule.entry(name.to_owned()).or_insert(entry);
        }
    }
    let place = rule.values().next().map_or(0..0, |entry| entry.key_span.clone());
    let text = |text: &str| Kind::String(text.to_owned());
    let nodes = [
        ("type", text(RuleType::Behavior.as_str())),
        ("severity", text(SEVERITY.as_str())),
        ("risk_score", Kind::Integer(RISK_SCORE)),
        ("author", Kind::Array(Vec::new())),
        ("index", Kind::Array(vec![Node { span: place.clone(), kind: text(INDEX) }])),
    ];
    for (name, kind) in nodes {
        rule.entry(name.to_owned()).or_insert_with(|| made(kind, &place));
    }
}

/// An entry that is not in the text.
fn made(kind: Kind, place: &Range<usize>) -> Entry {
    Entry { key_span: place.clone(), node: Node { span: place.clone(), kind } }
}

/// Reads what a behaviour rule alone has.
pub(super) fn read_behavior(t: &mut Table, findings: &mut Findings) -> Option<BehaviorRule> {
    let os_list = t.required("os_list", findings);
    let actions = t.list("actions", findings);
    let optional_actions = t.list("optional_actions", findings);
    let reputation = t.optional("reputation", findings).unwrap_or_default();
    let min_endpoint_version = t.optional("min_endpoint_version", findings);
    let max_endpoint_version = t.optional("max_endpoint_version", findings);
    let source = read_source(t, &[Language::Eql], findings)?;
    Some(BehaviorRule {
        source,
        os_list: os_list?,
        actions,
        optional_actions,
        reputation,
        min_endpoint_version,
        max_endpoint_version,
    })
}

impl FromTable for ResponseAction {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (action, field) = (t.required("action", findings), t.required("field", findings));
        let (state, tree) = (t.optional("state", findings), t.optional("tree", findings).unwrap_or_default());
        Some(Self { action: action?, field: field?, state, tree })
    }
}
