//! Tests of single stages are here; conformance with Elasticsearch is in `tests/`.
