//! What an alert of an ES|QL rule stands on: the event that a row stands for with the row's values in it, or the row itself.

use std::sync::Arc;

use rulehound_events::Document;
use serde_json::Value;

/// Metadata that Kibana's `esqlExecutor` keeps out of the document.
const METADATA: [&str; 3] = ["_id", "_version", "_index"];

/// A document with the values of a row in it: what it had at their paths goes (Kibana's `mergeEsqlResultInSource`). Without
/// an event the row is the document.
pub(crate) fn merged(event: Option<Document>, values: &[(Arc<str>, Value)]) -> Document {
    let mut document = event.unwrap_or_default();
    for (name, value) in values.iter().filter(|(name, _)| !METADATA.contains(&&**name)) {
        unset(&mut document, name);
        document.insert(name.to_string(), value.clone());
    }
    document
}

/// Takes out what stands at a dotted path, and the objects that are empty then (Kibana's `robustUnset`).
fn unset(document: &mut Document, path: &str) {
    if document.shift_remove(path).is_some() {
        return;
    }
    for (dot, _) in path.match_indices('.') {
        let (Some(parent), Some(rest)) = (path.get(..dot), path.get(dot + 1..)) else { continue };
        if let Some(Value::Object(inner)) = document.get_mut(parent) {
            unset(inner, rest);
            if inner.is_empty() {
                document.shift_remove(parent);
            }
            return;
        }
    }
}
