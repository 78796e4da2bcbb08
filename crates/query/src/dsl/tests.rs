//! What queries mean, by the Query DSL pages of Elasticsearch's reference, and where they are refused.

mod kibana;
mod queries;
mod robustness;

use rulehound_schema::{Schema, Value};
use serde_json::Value as Json;

use super::{DslError, compile};
use crate::{Filter, Pattern, Phrase, Predicate, Test};

/// A mapping with a field of each kind.
const MAPPING: &str = r#"{ "properties": {
    "@timestamp": { "type": "date" },
    "name": { "type": "keyword" },
    "path": { "type": "wildcard" },
    "caseless": { "type": "keyword", "normalizer": "lowercase" },
    "text": { "type": "text" },
    "age": { "type": "integer" },
    "ok": { "type": "boolean" },
    "born": { "type": "date", "format": "dd/MM/yyyy||epoch_millis" },
    "ip": { "type": "ip" },
    "group": { "type": "nested", "properties": { "a": { "type": "keyword" }, "b": { "type": "keyword" } } }
} }"#;

fn schema() -> Schema {
    Schema::from_mappings([MAPPING]).unwrap()
}

fn compiled(query: &Json) -> Result<Filter, DslError> {
    compile(query, &schema())
}

fn ask(name: &str, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: schema().field(name).unwrap(), test })
}

fn is(name: &str, values: &[&str]) -> Filter {
    ask(name, Test::In(values.iter().map(|value| Value::String((*value).to_owned().into())).collect()))
}

fn exists(name: &str) -> Filter {
    ask(name, Test::Exists)
}

/// Phrases of words between blanks.
fn has(phrases: &[&str], slop: u32) -> Filter {
    let phrase = |words: &&str| Phrase {
        words: words.split(' ').map(|word| Pattern::wildcard(word, false)).collect(),
        slop,
    };
    ask("text", Test::Phrases(phrases.iter().map(phrase).collect()))
}
