//! `kibana.alert.rule.*`: what every alert of a rule says of the rule.

use rulehound_events::Document;
use rulehound_rules::{Rule, RuleType};
use serde_json::{Value, json};

/// The rule's own settings that Kibana repeats beside `kibana.alert.rule.parameters`.
const REPEATED: [&str; 22] = [
    "author",
    "building_block_type",
    "description",
    "enabled",
    "exceptions_list",
    "false_positives",
    "from",
    "interval",
    "license",
    "max_signals",
    "note",
    "references",
    "risk_score",
    "risk_score_mapping",
    "rule_id",
    "rule_name_override",
    "severity",
    "severity_mapping",
    "tags",
    "threat",
    "timestamp_override",
    "to",
];

/// The fields, but for `kibana.alert.rule.name`, which an event may override.
pub(super) fn rule_fields(rule: &Rule) -> Document {
    let mut fields = Document::new();
    let mut set = |name: &str, value: Value| {
        fields.insert(format!("kibana.alert.rule.{name}"), value);
    };
    let (category, type_id) = names(rule.rule_type());
    set("category", json!(category));
    set("consumer", json!("siem"));
    set("producer", json!("siem"));
    set("rule_type_id", json!(type_id));
    set("execution.type", json!("scheduled"));
    // Kibana gives an installed rule an id of its own; here a rule is what its rule_id says.
    set("uuid", json!(rule.rule_id.as_str()));
    set("type", json!(rule.rule_type().as_str()));
    set("version", json!(rule.version));
    set("indices", json!(rule.index()));
    for (name, date) in
        [("created_at", &rule.metadata.creation_date), ("updated_at", &rule.metadata.updated_date)]
    {
        if let Some(date) = date {
            set(name, json!(format!("{}T00:00:00.000Z", date.replace('/', "-"))));
        }
    }
    let mut parameters = match rule.to_json() {
        Value::Object(parameters) => parameters,
        _ => Document::new(),
    };
    for name in REPEATED {
        if let Some(value) = parameters.get(name) {
            set(name, value.clone());
        }
    }
    // What Kibana keeps with the installed rule is no parameter of it.
    for name in ["name", "tags", "enabled", "interval", "throttle"] {
        parameters.shift_remove(name);
    }
    set("parameters", Value::Object(parameters));
    fields
}

/// What Kibana calls the types of rule, and their ids among the types of its alerting framework.
fn names(rule_type: RuleType) -> (&'static str, &'static str) {
    match rule_type {
        RuleType::Eql | RuleType::Behavior => ("Event Correlation Rule", "siem.eqlRule"),
        RuleType::Esql => ("ES|QL Rule", "siem.esqlRule"),
        RuleType::MachineLearning => ("Machine Learning Rule", "siem.mlRule"),
        RuleType::NewTerms => ("New Terms Rule", "siem.newTermsRule"),
        RuleType::Query => ("Custom Query Rule", "siem.queryRule"),
        RuleType::SavedQuery => ("Saved Query Rule", "siem.savedQueryRule"),
        RuleType::ThreatMatch => ("Indicator Match Rule", "siem.indicatorRule"),
        RuleType::Threshold => ("Threshold Rule", "siem.thresholdRule"),
    }
}
