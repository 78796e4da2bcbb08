//! What puts events in order: the fields that say so, and what they say of an event.

use rulehound_query::EventOrder;
use rulehound_rules::{Rule, RuleKind};
use rulehound_schema::{Field, FieldSource, FieldType, Schema};
use serde::{Deserialize, Serialize};

use crate::correlate::{EventTime, KeyValue};

/// The field of an event's time, unless a rule or a query names another.
pub(crate) const TIMESTAMP: &str = "@timestamp";

/// Where an event stands, as far as its fields say. Of several values of a field the least counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) time: Option<EventTime>,
    pub(crate) tiebreaker: Option<KeyValue>,
}

impl Place {
    pub(crate) fn of(event: &dyn FieldSource, order: &EventOrder) -> Self {
        let least = |field: &Field| event.values(field).iter().map(KeyValue::from).min();
        let time = time(event, &order.timestamp).or_else(|| time(event, order.fallback.as_ref()?));
        Self { time, tiebreaker: order.tiebreaker.as_ref().and_then(least) }
    }
}

/// The time that a field says; the least of several.
pub(crate) fn time(event: &dyn FieldSource, timestamp: &Field) -> Option<EventTime> {
    event.values(timestamp).iter().filter_map(EventTime::from_value).min()
}

/// The fields that a rule names; `@timestamp` and no tiebreaker where it names none. As Kibana has it, the order of an
/// EQL rule is its own, and the others go by `timestamp_override`, and by `@timestamp` where an event
/// does not have that.
pub(crate) fn of_rule(rule: &Rule, schema: &Schema) -> EventOrder {
    let date = |name: &str| schema.field(name).unwrap_or_else(|| Field::new(name, FieldType::Date));
    let overrides = &rule.overrides;
    match (&rule.kind, overrides.timestamp_override.as_deref()) {
        (RuleKind::Eql(eql), _) => EventOrder {
            timestamp: date(eql.timestamp_field.as_deref().unwrap_or(TIMESTAMP)),
            fallback: None,
            tiebreaker: eql.tiebreaker_field.as_deref().and_then(|name| schema.field(name)),
        },
        (_, Some(name)) if name != TIMESTAMP => EventOrder {
            timestamp: date(name),
            fallback: (!overrides.timestamp_override_fallback_disabled).then(|| date(TIMESTAMP)),
            tiebreaker: None,
        },
        _ => EventOrder { timestamp: date(TIMESTAMP), fallback: None, tiebreaker: None },
    }
}

/// The field by which a rule searches, if it is not `@timestamp`; an event that has none there is searched by that.
/// Anomaly records have a time of their own.
pub(crate) fn searched_by(rule: &Rule) -> Option<&str> {
    match &rule.kind {
        RuleKind::MachineLearning(_) => Some("timestamp"),
        _ => rule.overrides.timestamp_override.as_deref(),
    }
}

/// Whether a rule names fields of its own.
pub(crate) fn is_own(order: &EventOrder) -> bool {
    *order.timestamp.name != *TIMESTAMP || order.tiebreaker.is_some()
}
