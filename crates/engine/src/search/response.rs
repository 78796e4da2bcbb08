//! Results as Elasticsearch's `_eql/search` writes them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{FoundSequence, Results, Search};
use crate::FoundEvent;
use crate::correlate::KeyValue;

/// The whole response. All but `took` is a function of the query and the events.
pub fn response_json(search: &Search, took: Duration) -> Value {
    let (kind, results): (&str, Vec<Value>) = match &search.results {
        Results::Events(events) => ("events", events.iter().map(event_json).collect()),
        Results::Sequences(found) => {
            ("sequences", found.iter().map(|one| sequence_json(one, false)).collect())
        }
        Results::Samples(found) => ("sequences", found.iter().map(|one| sequence_json(one, true)).collect()),
    };
    json!({
        "is_partial": false,
        "is_running": false,
        "took": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "timed_out": false,
        "hits": {
            "total": { "value": results.len(), "relation": "eq" },
            kind: results,
        },
    })
}

/// One event.
pub fn event_json(event: &FoundEvent) -> Value {
    json!({
        "_index": event.index.as_deref().unwrap_or_default(),
        "_id": event.id,
        "_source": event.document,
    })
}

/// One sequence or sample. An event that is missing as asked has empty `_index`, `_id` and `_source`.
///
/// A date as join key is a text in a sequence and milliseconds in a sample: Elasticsearch takes the
/// former from the document and the latter from an aggregation.
pub fn sequence_json(sequence: &FoundSequence, is_sample: bool) -> Value {
    let events = sequence.events.iter().map(|event| match event {
        Some(event) => event_json(event),
        None => json!({ "_index": "", "_id": "", "_source": {}, "missing": true }),
    });
    let events: Vec<Value> = events.collect();
    let keys: Vec<Value> = sequence.key.0.iter().map(|key| key_json(key, is_sample)).collect();
    if keys.is_empty() { json!({ "events": events }) } else { json!({ "join_keys": keys, "events": events }) }
}

fn key_json(key: &KeyValue, is_sample: bool) -> Value {
    match key {
        KeyValue::Date(millis) if is_sample => json!(millis),
        key => key.to_json(),
    }
}
