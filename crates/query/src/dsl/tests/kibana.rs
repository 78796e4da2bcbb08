//! Kibana's filters, as the tests of `kbn-es-query` have them.

use serde_json::json;

use super::{exists, is, schema};
use crate::Filter;
use crate::dsl::compile_filter;

#[test]
fn filters() {
    let query = json!({"match_phrase": {"name": "a"}});
    let (a, b) = (is("name", &["a"]), exists("age"));
    for (filter, expected) in [
        (json!({"meta": {"negate": false, "disabled": false}, "query": query}), a.clone()),
        (json!({"query": query, "$state": {"store": "appState"}}), a.clone()),
        (json!({"meta": {"negate": true}, "query": query}), a.clone().negated()),
        (json!({"meta": {"negate": "true"}, "query": query}), a.clone().negated()),
        (json!({"meta": {"negate": true, "disabled": true}, "query": query}), Filter::Constant(true)),
        (json!({"meta": {}, "exists": {"field": "age"}}), b.clone()),
        (json!({"meta": {"negate": true}, "exists": {"field": "age"}, "$state": {}}), b.clone().negated()),
        (json!({"query": {"match": {"name": {"query": "a", "type": "phrase"}}}, "meta": null}), a.clone()),
        (
            json!({"meta": {"type": "combined", "relation": "OR", "params": [
                {"query": query, "meta": {}},
                {"query": {"exists": {"field": "age"}}, "meta": {"negate": true}},
            ]}, "query": {}}),
            Filter::Or(vec![a.clone(), b.clone().negated()]),
        ),
        (
            json!({"meta": {"type": "combined", "relation": "AND", "params": [
                {"query": query}, {"query": {"match_none": {}}, "meta": {"disabled": true}},
            ]}}),
            a,
        ),
    ] {
        assert_eq!(compile_filter(&filter, &schema()), Ok(expected), "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_where_it_stands() {
    for (filter, path) in [
        (json!(5), "query"),
        (json!({"meta": {"negate": 5}, "query": {"match_all": {}}}), "meta.negate"),
        (json!({"meta": {}}), "query"),
        (json!({"meta": {}, "query": {"bool": {"must": {"x": {}}}}}), "query.bool.must.x"),
        (json!({"meta": {"type": "combined"}}), "meta.params"),
        (json!({"meta": {"type": "combined", "params": [{"query": 5}]}}), "meta.params[0].query"),
    ] {
        assert_eq!(compile_filter(&filter, &schema()).unwrap_err().path, path, "{filter}");
    }
}
