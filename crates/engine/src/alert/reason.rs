//! The reason of an alert: the sentence that an analyst reads first.

use rulehound_events::Document;
use serde_json::Value;

use super::path;

/// The words of Kibana's reason: what kind of event, with what, by whom, where, which rule.
pub(super) fn reason(document: &Document, severity: &str, rule_name: &str) -> String {
    let field = |name: &str| text(path::get(document, name));
    let mut details = String::new();
    let mut detail = |words: &str, name: &str, end: &str| {
        if let Some(value) = field(name) {
            details.push_str(words);
            details.push_str(&value);
            details.push_str(end);
        }
    };
    detail(" process ", "process.name", ",");
    detail(" parent process ", "process.parent.name", ",");
    detail(" file ", "file.name", ",");
    detail(" source ", "source.address", "");
    detail(":", "source.port", ",");
    detail(" destination ", "destination.address", "");
    detail(":", "destination.port", ",");

    let mut reason = field("event.category").map_or_else(String::new, |category| format!("{category} "));
    reason.push_str("event");
    if !details.is_empty() {
        reason.push_str(" with");
        reason.push_str(&details);
    }
    for (words, name) in [(" by ", "user.name"), (" on ", "host.name")] {
        if let Some(value) = field(name) {
            reason.push_str(words);
            reason.push_str(&value);
        }
    }
    reason.push_str(&format!(" created {severity} alert {rule_name}."));
    reason
}

/// The values of a field, joined. `None` where there is nothing to say: no value, or the `-` that Windows
/// writes for none.
fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            items.iter().filter_map(|item| text(Some(item))).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && text != "-").then_some(text)
}
