//! What documents have in common: the body of a sequence's shell alert.

use rulehound_events::Document;
use serde_json::Value;

/// The fields that have the same value in all documents; of arrays the items that all have
/// (Kibana's `objectArrayIntersection`).
pub(crate) fn all(documents: &[Document]) -> Document {
    match documents {
        [] => Document::new(),
        [only] => only.clone(),
        // What two have in common is little beside what one has: none is copied whole.
        [first, second, rest @ ..] => {
            rest.iter().fold(pair(first, second), |common, document| pair(&common, document))
        }
    }
}

fn pair(a: &Document, b: &Document) -> Document {
    a.iter().filter_map(|(name, value)| Some((name.clone(), common(value, b.get(name)?)?))).collect()
}

fn common(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let fields = pair(a, b);
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        (Value::Array(a), b) => Some(shared(a, b)),
        (a, Value::Array(b)) => {
            Some(if b.contains(a) { Value::Array(vec![a.clone()]) } else { Value::Array(vec![]) })
        }
        (a, b) => (a == b).then(|| a.clone()),
    }
}

fn shared(a: &[Value], b: &Value) -> Value {
    let in_b = |item: &Value| match b {
        Value::Array(items) => items.contains(item),
        other => other == item,
    };
    let mut items: Vec<Value> = Vec::new();
    for item in a.iter().filter(|item| in_b(item)) {
        if !items.contains(item) {
            items.push(item.clone());
        }
    }
    Value::Array(items)
}
