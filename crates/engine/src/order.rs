//! What puts events in order: the fields that say so, and what they say of an event.

use rulehound_query::EventOrder;
use rulehound_rules::{Rule, RuleKind};
use rulehound_schema::{Field, FieldSource, FieldType, Schema};

use crate::correlate::{EventTime, KeyValue};

/// The field of an event's time, unless a rule or a query names another.
pub(crate) const TIMESTAMP: &str = "@timestamp";

/// Where an event stands, as far as its fields say. Of several values of a field the least counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) time: Option<EventTime>,
    pub(crate) tiebreaker: Option<KeyValue>,
}

impl Place {
    pub(crate) fn of(event: &dyn FieldSource, order: &EventOrder) -> Self {
        let least = |field: &Field| event.values(field).iter().map(KeyValue::from).min();
        Self { time: time(event, &order.timestamp), tiebreaker: order.tiebreaker.as_ref().and_then(least) }
    }
}

/// The time that a field says; the least of several.
pub(crate) fn time(event: &dyn FieldSource, timestamp: &Field) -> Option<EventTime> {
    event.values(timestamp).iter().filter_map(EventTime::from_value).min()
}

/// The fields that a rule names; `@timestamp` and no tiebreaker where it names none.
pub(crate) fn of_rule(rule: &Rule, schema: &Schema) -> EventOrder {
    let (timestamp, tiebreaker) = match &rule.kind {
        RuleKind::Eql(eql) => (eql.timestamp_field.as_deref(), eql.tiebreaker_field.as_deref()),
        _ => (None, None),
    };
    let timestamp = timestamp.unwrap_or(TIMESTAMP);
    EventOrder {
        timestamp: schema.field(timestamp).unwrap_or_else(|| Field::new(timestamp, FieldType::Date)),
        tiebreaker: tiebreaker.and_then(|name| schema.field(name)),
    }
}

/// Whether a rule names fields of its own.
pub(crate) fn is_own(order: &EventOrder) -> bool {
    *order.timestamp.name != *TIMESTAMP || order.tiebreaker.is_some()
}
