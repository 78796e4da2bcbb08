//! What an event goes through on its way into an alert.

use jiff::Timestamp;
use rulehound_events::Document;
use rulehound_rules::Rule;
use rulehound_schema::{Value as FieldValue, parse_date};
use serde_json::{Value, json};

use super::path;

/// Top-level names that belong to alerts: an event may not bring its own.
const BANNED: [&str; 3] = ["kibana", "signal", "threshold_result"];

/// Top-level objects that the alert's own fields would hide, and where they are copied to.
const COPIED: [(&str, &str); 2] =
    [("event", "kibana.alert.original_event"), ("data_stream", "kibana.alert.original_data_stream")];

/// The event as the source of an alert: without what belongs to alerts, with `event.*` and
/// `data_stream.*` copied to `kibana.alert.original_*` (Kibana's `traverse_and_mutate_doc`), and
/// without `event.kind`, which becomes `signal`.
pub(super) fn prepare_source(mut document: Document) -> Document {
    document.retain(|name, _| !BANNED.contains(&first_segment(name)));
    let mut copies = Vec::new();
    for (name, value) in &document {
        for (from, to) in COPIED {
            if let Some(rest) = name.strip_prefix(from)
                && (rest.is_empty() || rest.starts_with('.'))
            {
                let prefix = format!("{to}{rest}");
                path::leaves(&prefix, value, &mut |name, leaf| copies.push((name, leaf.clone())));
            }
        }
    }
    document.extend(copies);
    path::remove(&mut document, "event.kind");
    document
}

fn first_segment(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// `kibana.alert.original_time`: the time of the event, whatever way it is written.
pub(super) fn original_time(document: &Document) -> Option<Value> {
    Some(json!(FieldValue::Date(millis(document, "@timestamp")?).to_string()))
}

/// The time by which a rule searches an event, in milliseconds since the epoch.
pub(crate) fn time_of(document: &Document, rule: &Rule) -> Option<i64> {
    let own = rule.overrides.timestamp_override.as_deref();
    own.and_then(|name| millis(document, name)).or_else(|| millis(document, "@timestamp"))
}

fn millis(document: &Document, field: &str) -> Option<i64> {
    let time = path::get(document, field)?;
    let nanoseconds = match time {
        Value::String(text) => parse_date(text)?,
        Value::Number(number) => i128::from(number.as_i64()?).checked_mul(1_000_000)?,
        _ => return None,
    };
    i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()
}

/// A moment as Kibana writes it: `2020-01-01T00:00:00.000Z`.
pub(super) fn timestamp(moment: Timestamp) -> String {
    FieldValue::Date(moment.as_millisecond()).to_string()
}
