//! Any text is an EQL query or a list of problems, each of which points into the text.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rulehound_query::Severity;
use rulehound_query::eql::{self, Dialect};
use rulehound_schema::Schema;

/// Few fields, so that time goes into queries and not into the search for names alike.
const MAPPING: &str = r#"{"properties": {
    "@timestamp": {"type": "date"},
    "event": {"properties": {"category": {"type": "keyword"}}},
    "process": {"properties": {
        "name": {"type": "keyword"}, "args": {"type": "wildcard"}, "pid": {"type": "long"}, "ok": {"type": "boolean"}
    }},
    "message": {"type": "text"},
    "source": {"properties": {"ip": {"type": "ip"}}},
    "agent": {"type": "version"}
}}"#;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::from_mappings([MAPPING]).unwrap_or_default());

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Elasticsearch, Dialect::Lenient, Dialect::Endpoint] {
        let options = eql::Options { schema: &SCHEMA, event_category_field: "event.category", dialect };
        let compiled = eql::compile(text, options);
        let errors = compiled.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(compiled.query.is_none(), errors);
        for diagnostic in &compiled.diagnostics {
            assert!(text.get(diagnostic.span.clone()).is_some());
        }
    }
});
