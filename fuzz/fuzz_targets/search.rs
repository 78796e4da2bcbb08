//! Any text is a query of KQL and one of Lucene, or a list of problems, each of which points into the text; any JSON is a
//! query of the DSL and a Kibana filter, or an error.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rulehound_query::{CompiledFilter, Severity, dsl, kuery, lucene};
use rulehound_schema::Schema;

/// Few fields, so that time goes into queries and not into the search for names alike.
const MAPPING: &str = r#"{"properties": {
    "@timestamp": {"type": "date"},
    "name": {"type": "keyword"}, "path": {"type": "wildcard"}, "text": {"type": "text"}, "age": {"type": "long"},
    "ok": {"type": "boolean"}, "born": {"type": "date", "format": "dd/MM/yyyy"}, "ip": {"type": "ip"},
    "group": {"type": "nested", "properties": {"a": {"type": "keyword"}}}
}}"#;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::from_mappings([MAPPING]).unwrap_or_default());

fuzz_target!(|text: &str| {
    let schema = &*SCHEMA;
    let kuery = kuery::compile(text, kuery::Options { schema });
    let lucene = lucene::compile(text, lucene::Options { schema });
    for CompiledFilter { filter, diagnostics } in [kuery, lucene] {
        let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(filter.is_none(), errors);
        for diagnostic in &diagnostics {
            assert!(text.get(diagnostic.span.clone()).is_some());
        }
    }
    if let Ok(json) = serde_json::from_str(text) {
        let _ = dsl::compile(&json, schema);
        let _ = dsl::compile_filter(&json, schema);
    }
});
