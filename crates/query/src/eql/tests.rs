//! Tests of the compiler from text to query. Conformance with Elasticsearch is in `tests/`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod endpoint;
mod functions;
mod lenient;
mod lowering;
mod plans;
mod problems;
mod robustness;

use rulehound_schema::Schema;

use super::{Compiled, Dialect, Options, compile};
use crate::{Filter, Plan, Severity};

const MAPPING: &str = r#"{"properties": {
    "@timestamp": {"type": "date"},
    "nanos": {"type": "date_nanos"},
    "event": {"properties": {"category": {"type": "keyword"}}},
    "process": {"properties": {
        "name": {"type": "keyword"},
        "args": {"type": "wildcard"},
        "pid": {"type": "long"},
        "load": {"type": "double"},
        "ok": {"type": "boolean"}
    }},
    "message": {"type": "text"},
    "title": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
    "source": {"properties": {"ip": {"type": "ip"}}},
    "size": {"type": "unsigned_long"},
    "agent": {"type": "version"},
    "place": {"type": "geo_point"},
    "items": {"type": "nested", "properties": {"id": {"type": "long"}}}
}}"#;

fn schema() -> Schema {
    Schema::from_mappings([MAPPING]).unwrap()
}

/// Compiles against the mapping above.
fn compiled(text: &str) -> Compiled {
    compile(
        text,
        Options {
            schema: &schema(),
            event_category_field: "event.category",
            dialect: Dialect::Elasticsearch,
        },
    )
}

/// The codes of the errors and warnings.
fn codes(compiled: &Compiled) -> Vec<&'static str> {
    compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// The filter of `any where condition`.
fn filter(condition: &str) -> Filter {
    let compiled = compiled(&format!("any where {condition}"));
    assert!(
        !compiled.diagnostics.iter().any(|d| d.severity == Severity::Error),
        "{:?}",
        compiled.diagnostics
    );
    match compiled.query.unwrap().plan {
        Plan::Event(filter) => filter,
        other => panic!("{other:?}"),
    }
}
