//! Anomaly records of machine-learning jobs as events.

use rulehound_events::Document;
use rulehound_schema::Value as FieldValue;
use serde_json::Value;

/// The pairs of fields in which a record tells the name and the value of a field of the events it is about.
const ENTITIES: [(&str, &str); 3] = [
    ("by_field_name", "by_field_value"),
    ("over_field_name", "over_field_value"),
    ("partition_field_name", "partition_field_value"),
];

/// Gives a record the time and the fields of what it is about (Kibana's `transformAnomalyFieldsToEcs`).
pub(super) fn to_ecs(record: &mut Document) {
    let mut fields: Vec<(String, Value)> = Vec::new();
    let causes = match record.get("causes") {
        Some(Value::Array(causes)) if causes.len() == 1 => causes.first().and_then(Value::as_object),
        _ => None,
    };
    for told in [Some(&*record), causes].into_iter().flatten() {
        for (name, value) in ENTITIES {
            if let (Some(Value::String(name)), Some(value)) = (told.get(name), told.get(value)) {
                fields.push((name.clone(), value.clone()));
            }
        }
    }
    for influencer in record.get("influencers").and_then(Value::as_array).into_iter().flatten() {
        let (name, values) =
            (influencer.get("influencer_field_name"), influencer.get("influencer_field_values"));
        if let (Some(Value::String(name)), Some(values)) = (name, values) {
            fields.push((name.clone(), values.clone()));
        }
    }
    match record.get("timestamp") {
        Some(Value::Number(millis)) => {
            let time = millis.as_i64().map(|millis| FieldValue::Date(millis).to_string().into());
            fields.extend(time.map(|time| ("@timestamp".to_owned(), time)));
        }
        Some(time) => fields.push(("@timestamp".to_owned(), time.clone())),
        None => {}
    }
    record.extend(fields);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The case of Kibana's own test of `transformAnomalyFieldsToEcs`, in our words.
    #[test]
    fn what_a_record_is_about_becomes_fields() {
        let record = json!({
            "timestamp": 1_577_934_245_000_i64,
            "by_field_name": "process.name", "by_field_value": "odd.exe",
            "partition_field_name": "host.name", "partition_field_value": "web-1",
            "influencers": [{ "influencer_field_name": "user.name", "influencer_field_values": ["root", "joe"] }],
        });
        let Value::Object(mut record) = record else { return };
        to_ecs(&mut record);
        assert_eq!(record.get("@timestamp"), Some(&json!("2020-01-02T03:04:05.000Z")));
        assert_eq!(record.get("process.name"), Some(&json!("odd.exe")));
        assert_eq!(record.get("host.name"), Some(&json!("web-1")));
        assert_eq!(record.get("user.name"), Some(&json!(["root", "joe"])));
    }
}
