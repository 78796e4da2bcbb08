//! What an alert of a threat match says of its indicators: `threat.enrichments`.

use rulehound_events::Document;
use rulehound_rules::ThreatMatchRule;
use serde_json::{Map, Value, json};

use super::path;
use crate::FoundEvent;

/// The most enrichments of one alert, as Kibana's `MAX_NUMBER_OF_SIGNAL_MATCHES`.
const MOST_ENRICHMENTS: usize = 200;

/// Adds to an event the indicators that it matched, each with the number of the rule's mapping that holds (Kibana's
/// `enrichSignalThreatMatches`). Enrichments that the event has already stay.
pub(super) fn enrich(event: &mut Document, rule: &ThreatMatchRule, indicators: &[(FoundEvent, usize)]) {
    let mut enrichments = Vec::new();
    for (indicator, mapping) in indicators {
        let entries = rule.threat_mapping.get(*mapping).map_or(&[][..], |mapping| &mapping.entries);
        for entry in entries.iter().filter(|entry| !entry.negate) {
            let theirs = path::values(&indicator.document, &entry.value);
            let ours = path::values(event, &entry.field);
            let atomic = ours.iter().find(|value| theirs.contains(value)).or(ours.first());
            let feed = path::get(&indicator.document, "threat.feed").cloned();
            enrichments.push(json!({
                "feed": feed.unwrap_or_else(|| json!({})),
                "indicator": path::object(&indicator.document, &rule.threat_indicator_path),
                "matched": {
                    "atomic": atomic,
                    "field": entry.field,
                    "id": indicator.id,
                    "index": indicator.index,
                    "type": "indicator_match_rule",
                },
            }));
        }
    }
    let mut all = match path::remove(event, "threat.enrichments") {
        Some(Value::Array(before)) => before,
        Some(before) => vec![before],
        None => Vec::new(),
    };
    all.extend(enrichments);
    all.truncate(MOST_ENRICHMENTS);
    match event.get_mut("threat") {
        Some(Value::Object(threat)) => _ = threat.insert("enrichments".to_owned(), all.into()),
        None => {
            _ = event
                .insert("threat".to_owned(), Map::from_iter([("enrichments".to_owned(), all.into())]).into())
        }
        Some(_) => _ = event.insert("threat.enrichments".to_owned(), all.into()),
    }
}
