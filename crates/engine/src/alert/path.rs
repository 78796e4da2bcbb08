//! Fields of a document by their dotted path, whether the document is nested, dotted or both.

use rulehound_events::Document;
use serde_json::Value;

/// The value at a dotted path: `a.b` finds `{"a": {"b": 1}}` and `{"a.b": 1}` alike.
pub fn get<'a>(document: &'a Document, path: &str) -> Option<&'a Value> {
    if let Some(value) = document.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = document.get(path.get(..dot)?)?.as_object()?;
        get(inner, path.get(dot + 1..)?)
    })
}

/// Takes out the value at a dotted path, if there is one.
pub(super) fn remove(document: &mut Document, path: &str) -> Option<Value> {
    if document.contains_key(path) {
        return document.shift_remove(path);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = document.get_mut(path.get(..dot)?)?.as_object_mut()?;
        remove(inner, path.get(dot + 1..)?)
    })
}

/// The single values at a dotted path: those of an array, or the one.
pub(super) fn values<'a>(document: &'a Document, path: &str) -> Vec<&'a Value> {
    match get(document, path) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(value) => vec![value],
    }
}

/// All that stands below a dotted path, as one object, whether the document is nested, dotted or both.
pub(super) fn object(document: &Document, path: &str) -> Document {
    let mut below = match get(document, path) {
        Some(Value::Object(fields)) => fields.clone(),
        _ => Document::new(),
    };
    for (name, value) in document {
        if let Some(rest) = name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')) {
            below.insert(rest.to_owned(), value.clone());
        }
    }
    below
}

/// Every leaf below a value with its dotted path: objects are followed, arrays are leaves.
pub(super) fn leaves(prefix: &str, value: &Value, leaf: &mut impl FnMut(String, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                leaves(&format!("{prefix}.{name}"), inner, leaf);
            }
        }
        other => leaf(prefix.to_owned(), other),
    }
}
