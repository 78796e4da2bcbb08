//! What an alert of an ES|QL rule stands on: the event that a row stands for with the row's values in it, or the row itself.

use std::sync::Arc;

use rulehound_events::Document;
use serde_json::Value;

use super::path;

/// Metadata that Kibana's `esqlExecutor` keeps out of the document.
const METADATA: [&str; 3] = ["_id", "_version", "_index"];

/// A document with the values of a row in it: what it had at their paths goes (Kibana's `mergeEsqlResultInSource`). Without
/// an event the row is the document.
pub(crate) fn merged(event: Option<Document>, values: &[(Arc<str>, Value)]) -> Document {
    let mut document = event.unwrap_or_default();
    for (name, value) in values.iter().filter(|(name, _)| !METADATA.contains(&&**name)) {
        path::remove(&mut document, name);
        document.insert(name.to_string(), value.clone());
    }
    document
}
