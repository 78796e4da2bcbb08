//! Fields that events have and their mapping does not: Elasticsearch maps them when the first event with a value
//! comes, so that queries may read them. Here a scan ahead of the search finds them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use rulehound_events::EventBatch;
use rulehound_events::read::{Input, ScanOptions, scan};
use rulehound_schema::{Schema, parse_date};
use serde_json::{Map, Value, json};

/// The fields that events have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// The names of all that have a value in some event, in order.
    pub names: Vec<String>,
    /// A mapping of those that a schema does not know, as text; `None` if it knows all.
    pub mapping: Option<String>,
}

/// Looks which fields events have. The first value of a field that the schema does not know decides on its type: whole
/// numbers are `long`, others `double`; strings are `date` if they look like one, else `keyword` (Elasticsearch has
/// `text` with a `keyword` below, which is what EQL then reads).
///
/// Costs a scan with a parse of every event. Standard input is passed over, for it can be read only once.
pub fn discover(schema: &Schema, inputs: &[Input]) -> Discovered {
    let inputs: Vec<Input> = inputs.iter().filter(|input| **input != Input::Stdin).cloned().collect();
    // One thread brings events in order, so that the first value of a field is always the same.
    let options = ScanOptions { threads: 1, ..ScanOptions::default() };
    let found = Mutex::new(Found { schema, types: BTreeMap::new() });
    let take = |batch: EventBatch| {
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        for row in 0..batch.num_rows() {
            found.take_object("", &batch.document(row));
        }
        ControlFlow::Continue(())
    };
    scan(&inputs, &options, &take);
    let types = found.into_inner().unwrap_or_else(PoisonError::into_inner).types;
    let names = types.keys().cloned().collect();
    let types = types.into_iter().filter_map(|(name, kind)| Some((name, json!({ "type": kind? }))));
    let properties: Map<String, Value> = types.collect();
    let mapping = (!properties.is_empty()).then(|| json!({ "properties": properties }).to_string());
    Discovered { names, mapping }
}

struct Found<'s> {
    schema: &'s Schema,
    /// The types of fields by their names; none for those that are mapped.
    types: BTreeMap<String, Option<&'static str>>,
}

impl Found<'_> {
    fn take_object(&mut self, prefix: &str, object: &Map<String, Value>) {
        for (key, value) in object {
            let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            self.take(&name, value);
        }
    }

    fn take(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter().for_each(|item| self.take(name, item)),
            Value::Object(object) => self.take_object(name, object),
            scalar => {
                if !self.types.contains_key(name) {
                    let is_known = self.schema.field_type(name).is_some();
                    self.types.insert(name.to_owned(), (!is_known).then(|| type_of(scalar)));
                }
            }
        }
    }
}

/// The type that Elasticsearch gives a field for its first value.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "long",
        Value::Number(number) if number.is_u64() => "unsigned_long",
        Value::Number(_) => "double",
        // A mere number could be the year or the milliseconds of a date, but is not taken for it.
        Value::String(text) if text.parse::<f64>().is_err() && parse_date(text).is_some() => "date",
        _ => "keyword",
    }
}
