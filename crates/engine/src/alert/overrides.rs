//! What a rule takes from the event: its severity, risk score and name, if the rule says so.

use std::collections::BTreeSet;

use rulehound_events::Document;
use rulehound_rules::{Rule, Severity};
use serde_json::{Value, json};

use super::path;

/// Severity, risk score and rule name of one alert.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Overrides {
    pub(super) severity: Severity,
    pub(super) risk_score: Value,
    pub(super) rule_name: String,
}

impl Overrides {
    /// The rule's own.
    pub(super) fn none(rule: &Rule) -> Self {
        Self {
            severity: rule.severity,
            risk_score: json!(rule.risk_score.get()),
            rule_name: rule.name.clone(),
        }
    }

    /// The rule's own, or what its mappings take from the event.
    pub(super) fn of(rule: &Rule, document: &Document) -> Self {
        let mut overrides = Self::none(rule);
        if let Some(severity) = severity(rule, document) {
            overrides.severity = severity;
        }
        if let Some(risk_score) = risk_score(rule, document) {
            overrides.risk_score = risk_score;
        }
        let name = rule.overrides.rule_name_override.as_deref().and_then(|field| path::get(document, field));
        if let Some(Value::String(name)) = name {
            overrides.rule_name.clone_from(name);
        }
        overrides
    }
}

/// The highest severity whose mapping the event satisfies (Kibana's `buildSeverityFromMapping`).
/// `event.severity` is compared as a number, every other field as text.
fn severity(rule: &Rule, document: &Document) -> Option<Severity> {
    rule.overrides
        .severity_mapping
        .iter()
        .filter(|mapping| {
            let values = path::values(document, &mapping.field);
            if mapping.field == "event.severity" {
                let wanted = mapping.value.trim().parse::<f64>().map(f64::floor);
                wanted.is_ok_and(|wanted| values.iter().any(|value| value.as_f64() == Some(wanted)))
            } else {
                let values: BTreeSet<String> = values.into_iter().filter_map(text).collect();
                values.contains(&mapping.value)
            }
        })
        .map(|mapping| mapping.severity)
        .max()
}

/// The greatest number from 0 to 100 in the field of the first mapping (Kibana's
/// `buildRiskScoreFromMapping`).
fn risk_score(rule: &Rule, document: &Document) -> Option<Value> {
    let field = &rule.overrides.risk_score_mapping.first()?.field;
    path::values(document, field)
        .into_iter()
        .filter_map(|value| match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
        .filter(|score| (0.0..=100.0).contains(score))
        .max_by(f64::total_cmp)
        .map(|score| if score.fract() == 0.0 { json!(score as u8) } else { json!(score) })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}
