//! What KQL means, by Kibana's documentation ("Kibana Query Language") and the tests of `kbn-es-query`.

mod lowering;
mod problems;
mod robustness;

use rulehound_schema::Schema;

use super::{Options, compile};
use crate::CompiledFilter;

/// A mapping with a field of each kind.
const MAPPING: &str = r#"{ "properties": {
    "@timestamp": { "type": "date" },
    "created": { "type": "date" },
    "process": { "properties": {
        "name": { "type": "keyword", "fields": { "text": { "type": "match_only_text" } } },
        "command_line": { "type": "wildcard" },
        "pid": { "type": "long" },
        "score": { "type": "double" },
        "elevated": { "type": "boolean" },
        "version": { "type": "version" }
    } },
    "message": { "type": "match_only_text" },
    "source": { "properties": { "ip": { "type": "ip" }, "port": { "type": "long" } } },
    "group": { "type": "nested", "properties": { "first": { "type": "keyword" }, "last": { "type": "keyword" } } },
    "caseless": { "type": "keyword", "normalizer": "lowercase" },
    "point": { "type": "geo_point" }
} }"#;

fn schema() -> Schema {
    Schema::from_mappings([MAPPING]).unwrap()
}

fn compiled(text: &str) -> CompiledFilter {
    compile(text, Options { schema: &schema() })
}
