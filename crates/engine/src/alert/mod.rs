//! Alerts: detections as the documents that Kibana's detection engine writes.
//!
//! An alert is the event with `kibana.alert.*` beside it. A sequence gives one *shell* alert for the whole, with
//! what all its events have in common, and a building-block alert for each event, tied together by
//! `kibana.alert.group.id`. The shape follows Kibana's `transform_hit_to_alert`, `build_alert` and
//! `build_alert_group_from_sequence`; ARCHITECTURE.md lists where it differs.

mod anomaly;
mod common;
mod enrich;
mod group;
mod id;
mod intersect;
mod overrides;
mod path;
mod reason;
mod row;
mod rule_fields;
#[cfg(test)]
mod tests;

pub(crate) use common::time_of;
pub(crate) use intersect::all as in_common;
pub use path::get as field;
pub(crate) use row::merged;

use std::sync::Arc;

use jiff::Timestamp;
use rulehound_events::Document;
use rulehound_rules::{Rule, RuleKind, Severity};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::FoundEvent;
use crate::correlate::{Bucket, EventTime, FoundRow, Key, KeyValue};

use common::prepare_source;
use overrides::Overrides;
use rule_fields::rule_fields;

/// One alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `kibana.alert.uuid`.
    pub id: String,
    /// Severity, overrides applied.
    pub severity: Severity,
    /// Whether it is a building block: part of a sequence, or by a rule whose alerts are building blocks.
    pub building_block: bool,
    /// The event and what the alert says of it: all of the alert's document but what it says of its rule. Serialized,
    /// an alert is the whole document.
    pub document: Document,
    /// What all alerts of the rule say of it, once for all of them.
    rule_fields: Arc<Document>,
}

impl Alert {
    /// The fields of the whole document, each once.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document.iter().chain(&*self.rule_fields)
    }
}

impl Serialize for Alert {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields())
    }
}

/// What an alert stands on (`kibana.alert.ancestors`).
#[derive(Clone, Debug, PartialEq)]
struct Ancestor {
    id: String,
    kind: &'static str,
    index: String,
    depth: u64,
    rule: Option<String>,
}

impl Ancestor {
    /// What an alert about an event stands on: the event; should that be an alert itself, what it stands on, and it
    /// (Kibana's `buildAncestors`).
    fn of_event(event: &FoundEvent) -> Vec<Self> {
        // Kibana writes an empty index where there is none.
        let (id, index) = (event.id.clone(), event.index.clone().unwrap_or_default());
        let document = &event.document;
        let Some(Value::String(rule)) = path::get(document, "kibana.alert.rule.uuid") else {
            return vec![Self { id, kind: "event", index, depth: 0, rule: None }];
        };
        let depth = path::get(document, "kibana.alert.depth").and_then(Value::as_u64).unwrap_or(1);
        let before = path::values(document, "kibana.alert.ancestors").into_iter().filter_map(Self::from_json);
        before.chain([Self { id, kind: "signal", index, depth, rule: Some(rule.clone()) }]).collect()
    }

    fn from_json(json: &Value) -> Option<Self> {
        let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
        let rule = text("rule");
        let kind = if rule.is_some() { "signal" } else { "event" };
        let depth = json.get("depth").and_then(Value::as_u64).unwrap_or(0);
        Some(Self { id: text("id")?, kind, index: text("index").unwrap_or_default(), depth, rule })
    }

    fn to_json(&self) -> Value {
        let mut fields = json!({
            "id": self.id, "type": self.kind, "index": self.index, "depth": self.depth,
        });
        if let (Some(rule), Some(fields)) = (&self.rule, fields.as_object_mut()) {
            fields.insert("rule".to_owned(), json!(rule));
        }
        fields
    }
}

/// Records from files have no version of their own: each is the first.
const FIRST_VERSION: &str = "1";

/// Makes the alerts of one rule.
#[derive(Debug)]
pub(crate) struct AlertBuilder<'a> {
    rule: &'a Rule,
    /// `kibana.alert.rule.*`: the same on every alert of the rule.
    rule_fields: Arc<Document>,
    /// The moment of making.
    created: String,
}

impl<'a> AlertBuilder<'a> {
    /// A builder for the alerts of a rule, made at `created`.
    pub(crate) fn new(rule: &'a Rule, created: Timestamp) -> Self {
        Self { rule, rule_fields: Arc::new(rule_fields(rule)), created: common::timestamp(created) }
    }

    /// The alert of a single event.
    pub(crate) fn event_alert(&self, mut event: FoundEvent) -> Alert {
        if let RuleKind::MachineLearning(_) = &self.rule.kind {
            anomaly::to_ecs(&mut event.document);
        }
        let uuid = self.rule.rule_id.as_str();
        let id = id::event_alert_id(event.index.as_deref().unwrap_or(""), &event.id, FIRST_VERSION, uuid);
        self.single_alert(event, id)
    }

    /// The alert of an event with values not seen before.
    pub(crate) fn new_terms_alert(&self, event: FoundEvent, terms: &Key) -> Alert {
        let uuid = self.rule.rule_id.as_str();
        let terms: Value = terms.0.iter().map(KeyValue::to_json).collect();
        let index = event.index.as_deref().unwrap_or("");
        let id = id::values_alert_id(index, &event.id, FIRST_VERSION, uuid, &terms);
        let mut alert = self.single_alert(event, id);
        alert.document.insert("kibana.alert.new_terms".to_owned(), terms);
        alert
    }

    /// The alert of an event that matched indicators, each by a mapping of the rule.
    pub(crate) fn enriched_alert(&self, mut event: FoundEvent, indicators: &[(FoundEvent, usize)]) -> Alert {
        if let RuleKind::ThreatMatch(rule) = &self.rule.kind {
            enrich::enrich(&mut event.document, rule, indicators);
        }
        self.event_alert(event)
    }

    /// The alert of a group of events that passed a threshold; the last of them was at `last`.
    pub(crate) fn group_alert(&self, key: &Key, bucket: &Bucket, last: EventTime) -> Option<Alert> {
        let RuleKind::Threshold(threshold) = &self.rule.kind else { return None };
        let (event, result) = group::document(self.rule, threshold, key, bucket, last);
        let mut alert = self.event_alert(event);
        alert.document.insert("kibana.alert.threshold_result".to_owned(), result);
        Some(alert)
    }

    /// The alert of a row of a table: about the event that the row stands for, if it does (Kibana's `wrapEsqlAlerts`).
    pub(crate) fn row_alert(&self, event: Option<FoundEvent>, row: &FoundRow) -> Alert {
        let uuid = self.rule.rule_id.as_str();
        let Some(FoundEvent { index, id, document }) = event else {
            let document = merged(None, &row.values);
            let id = id::row_alert_id(row.run, &document, uuid);
            return self.single_alert(FoundEvent { index: None, id: String::new(), document }, id);
        };
        let in_index = index.as_deref().unwrap_or("");
        let alert_id = match &row.expanded {
            None => id::event_alert_id(in_index, &id, FIRST_VERSION, uuid),
            Some(values) => id::values_alert_id(in_index, &id, FIRST_VERSION, uuid, values),
        };
        let document = merged(Some(document), &row.values);
        self.single_alert(FoundEvent { index, id, document }, alert_id)
    }

    /// Says on an alert that others are folded into it: the fields in which they are alike, from when to when they were
    /// (in milliseconds since the epoch), how many.
    pub(crate) fn suppress(
        &self,
        alert: &mut Alert,
        terms: &[(String, Value)],
        (start, end): (i64, i64),
        count: u64,
    ) {
        let instance = id::instance_id(terms, self.rule.rule_id.as_str());
        let terms = terms.iter().map(|(field, value)| json!({ "field": field, "value": value }));
        let date = |millis| json!(rulehound_schema::Value::Date(millis).to_string());
        alert.document.extend([
            ("kibana.alert.suppression.terms".to_owned(), terms.collect()),
            ("kibana.alert.suppression.start".to_owned(), date(start)),
            ("kibana.alert.suppression.end".to_owned(), date(end)),
            ("kibana.alert.suppression.docs_count".to_owned(), json!(count)),
            ("kibana.alert.instance.id".to_owned(), json!(instance)),
        ]);
    }

    fn single_alert(&self, event: FoundEvent, id: String) -> Alert {
        let overrides = Overrides::of(self.rule, &event.document);
        let building_block = self.rule.is_building_block();
        let document = self.base(event, &overrides, &id);
        Alert {
            id,
            severity: overrides.severity,
            building_block,
            document,
            rule_fields: self.rule_fields.clone(),
        }
    }

    /// The alerts of a sequence or sample: the shell first, then a building block for each event.
    pub(crate) fn sequence_alerts(&self, events: Vec<FoundEvent>) -> Vec<Alert> {
        let uuid = self.rule.rule_id.as_str();
        let plain = Overrides::none(self.rule);
        let ancestors: Vec<Vec<Ancestor>> = events.iter().map(Ancestor::of_event).collect();
        let block_ids = id::building_block_ids(&ancestors, uuid);
        let mut blocks: Vec<Document> = events
            .into_iter()
            .zip(&block_ids)
            .map(|(event, block_id)| self.base(event, &plain, block_id))
            .collect();

        // The shell stands on the events and on the building blocks.
        let ancestors: Vec<Ancestor> = ancestors
            .into_iter()
            .zip(&block_ids)
            .flat_map(|(mut ancestors, block_id)| {
                ancestors.push(Ancestor {
                    id: block_id.clone(),
                    kind: "signal",
                    index: String::new(),
                    depth: 1,
                    rule: Some(uuid.to_owned()),
                });
                ancestors
            })
            .collect();
        let shell_id = id::shell_alert_id(&ancestors, uuid);
        let original_time = blocks.first().and_then(|block| block.get("kibana.alert.original_time").cloned());
        let mut shell = intersect::all(&blocks);
        let reason = reason::reason(&shell, plain.severity.as_str(), &plain.rule_name);
        self.finish(&mut shell, &plain, &shell_id, original_time, &ancestors, &reason);
        shell.insert("kibana.alert.group.id".to_owned(), json!(shell_id));

        for (position, block) in blocks.iter_mut().enumerate() {
            block.insert("kibana.alert.building_block_type".to_owned(), json!("default"));
            block.insert("kibana.alert.group.id".to_owned(), json!(shell_id));
            block.insert("kibana.alert.group.index".to_owned(), json!(position));
        }
        let shell_alert = Alert {
            id: shell_id,
            severity: plain.severity,
            building_block: self.rule.is_building_block(),
            document: shell,
            rule_fields: self.rule_fields.clone(),
        };
        let block_alerts = blocks.into_iter().zip(block_ids).map(|(document, id)| Alert {
            id,
            severity: plain.severity,
            building_block: true,
            document,
            rule_fields: self.rule_fields.clone(),
        });
        std::iter::once(shell_alert).chain(block_alerts).collect()
    }

    /// An event with the fields that every alert has.
    fn base(&self, event: FoundEvent, overrides: &Overrides, id: &str) -> Document {
        let ancestors = Ancestor::of_event(&event);
        let reason = reason::reason(&event.document, overrides.severity.as_str(), &overrides.rule_name);
        let original_time = common::original_time(&event.document);
        let mut document = prepare_source(event.document);
        self.finish(&mut document, overrides, id, original_time, &ancestors, &reason);
        document
    }

    /// Puts `kibana.alert.*` into a document.
    fn finish(
        &self,
        document: &mut Document,
        overrides: &Overrides,
        id: &str,
        original_time: Option<Value>,
        ancestors: &[Ancestor],
        reason: &str,
    ) {
        let depth = ancestors.iter().map(|ancestor| ancestor.depth).max().unwrap_or(0) + 1;
        let mut set = |name: &str, value: Value| {
            document.insert(name.to_owned(), value);
        };
        set("@timestamp", json!(self.created));
        set("kibana.space_ids", json!([id::SPACE]));
        set("event.kind", json!("signal"));
        if let Some(original_time) = original_time {
            set("kibana.alert.original_time", original_time);
        }
        set("kibana.alert.ancestors", ancestors.iter().map(Ancestor::to_json).collect());
        set("kibana.alert.status", json!("active"));
        set("kibana.alert.workflow_status", json!("open"));
        set("kibana.alert.workflow_tags", json!([]));
        set("kibana.alert.workflow_assignee_ids", json!([]));
        set("kibana.alert.depth", json!(depth));
        set("kibana.alert.reason", json!(reason));
        if let Some(kind) = &self.rule.building_block_type {
            set("kibana.alert.building_block_type", json!(kind.as_str()));
        }
        set("kibana.alert.severity", json!(overrides.severity.as_str()));
        set("kibana.alert.risk_score", overrides.risk_score.clone());
        set("kibana.alert.uuid", json!(id));
        set("kibana.alert.intended_timestamp", json!(self.created));
        set("kibana.alert.rule.name", json!(overrides.rule_name));
        // An event may be an alert itself, of another rule.
        document.retain(|name, _| !self.rule_fields.contains_key(name));
    }
}
