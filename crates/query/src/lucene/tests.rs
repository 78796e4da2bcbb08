//! What query strings mean, by the page "Query string query" of Elasticsearch's reference and Lucene's page "Apache
//! Lucene - Query Parser Syntax".

mod lowering;
mod problems;
mod robustness;

use rulehound_schema::{Schema, Value};

use super::{Options, compile};
use crate::{CompiledFilter, Filter, Predicate, Test};

/// A mapping with a field of each kind.
const MAPPING: &str = r#"{ "properties": {
    "status": { "type": "keyword" },
    "title": { "type": "text" },
    "path": { "type": "wildcard" },
    "age": { "type": "integer" },
    "date": { "type": "date" },
    "ip": { "type": "ip" },
    "book": { "properties": { "title": { "type": "text" }, "content": { "type": "keyword" } } },
    "first name": { "type": "keyword" },
    "point": { "type": "geo_point" }
} }"#;

fn schema() -> Schema {
    Schema::from_mappings([MAPPING]).unwrap()
}

fn compiled(text: &str) -> CompiledFilter {
    compile(text, Options { schema: &schema() })
}

fn ask(name: &str, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: schema().field(name).unwrap(), test })
}

fn is(name: &str, values: &[&str]) -> Filter {
    ask(name, Test::In(values.iter().map(|value| Value::String((*value).to_owned().into())).collect()))
}
