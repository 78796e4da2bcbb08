//! Any text is a query of ES|QL, or a list of problems, each of which points into the text.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rulehound_query::{Severity, esql};
use rulehound_schema::{FieldType, Schema};

/// Few fields, so that time goes into queries and not into the search for names alike.
const MAPPING: &str = r#"{"properties": {
    "@timestamp": {"type": "date"},
    "name": {"type": "keyword"}, "path": {"type": "wildcard"}, "text": {"type": "text"}, "age": {"type": "long"},
    "ok": {"type": "boolean"}, "load": {"type": "double"}, "ip": {"type": "ip"}, "agent": {"type": "version"}
}}"#;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::from_mappings([MAPPING]).unwrap_or_default());

static FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| SCHEMA.names().map(str::to_owned).collect());

static LOOKUPS: LazyLock<BTreeMap<String, esql::LookupTable>> = LazyLock::new(|| {
    let fields = vec![("name".to_owned(), FieldType::Keyword), ("more".to_owned(), FieldType::Long)];
    BTreeMap::from([("t".to_owned(), esql::LookupTable { match_field: Some("name".to_owned()), fields })])
});

fuzz_target!(|text: &str| {
    let options =
        esql::Options { schema: &SCHEMA, fields: &FIELDS, knows_all: false, lookups: &LOOKUPS, limit: None };
    let esql::Compiled { query, diagnostics } = esql::compile(text, options);
    let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(query.is_none(), errors);
    for diagnostic in &diagnostics {
        assert!(text.get(diagnostic.span.clone()).is_some());
    }
});
