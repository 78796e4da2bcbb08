//! What an alert of a threshold stands on: a document made of the group instead of an event.

use rulehound_rules::{Rule, ThresholdRule};
use rulehound_schema::Value as FieldValue;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::FoundEvent;
use crate::correlate::{Bucket, EventTime, Key, KeyValue};

/// The namespace of the ids of groups: Kibana's, in `calculateThresholdSignalUuid`.
const NAMESPACE: Uuid = Uuid::from_u128(0x0684ec03_7201_4ee0_8ee0_3a3f6b2479b2);

/// The document of a group (Kibana's `getTransformedHits`), and `kibana.alert.threshold_result`.
pub(super) fn document(
    rule: &Rule,
    threshold: &ThresholdRule,
    key: &Key,
    bucket: &Bucket,
    last: EventTime,
) -> (FoundEvent, Value) {
    let fields = &threshold.threshold.field;
    let values: Vec<Value> = key.0.iter().map(KeyValue::to_json).collect();
    let terms: Vec<Value> =
        fields.iter().zip(&values).map(|(field, value)| json!({ "field": field, "value": value })).collect();
    let cardinality = threshold.threshold.cardinality.iter().zip(&bucket.cardinality);
    let cardinality: Vec<Value> =
        cardinality.map(|(asked, found)| json!({ "field": asked.field, "value": found })).collect();
    let mut result = json!({ "terms": terms, "count": bucket.count, "from": text(bucket.first) });
    if let (false, Some(result)) = (cardinality.is_empty(), result.as_object_mut()) {
        result.insert("cardinality".to_owned(), cardinality.into());
    }
    let mut texts: Vec<String> = values.iter().map(plain).collect();
    texts.sort();
    let run = FieldValue::Date(bucket.run).to_string();
    let base = [rule.rule_id.as_str(), &run, &fields.join(","), &texts.join(",")].concat();
    let named = fields.iter().cloned().zip(values);
    let document =
        std::iter::once(("@timestamp".to_owned(), Value::String(text(last)))).chain(named).collect();
    let index = Some(rule.index().join(","));
    (FoundEvent { index, id: Uuid::new_v5(&NAMESPACE, base.as_bytes()).to_string(), document }, result)
}

fn text(time: EventTime) -> String {
    FieldValue::Date(time.parts().0).to_string()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
