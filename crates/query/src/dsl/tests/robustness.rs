//! Any JSON is a query or an error.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{compiled, schema};
use crate::dsl::compile_filter;

/// JSON of the words of the DSL, in any order.
fn any_query() -> impl Strategy<Value = Json> {
    let words = prop::sample::select(vec![
        "bool",
        "must",
        "should",
        "must_not",
        "minimum_should_match",
        "term",
        "terms",
        "match",
        "query",
        "range",
        "gte",
        "wildcard",
        "value",
        "name",
        "age",
        "text",
        "born",
        "ip",
        "nested",
        "path",
        "exists",
        "field",
        "meta",
        "params",
        "type",
        "combined",
        "negate",
        "now-1d/d",
        "100%",
        "-1",
        "*a\\",
        "(",
        "multi_match",
        "fields",
        "query_string",
    ]);
    let leaf = prop_oneof![
        words.clone().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        Just(Json::Null),
    ];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        let object = prop::collection::vec((words.clone(), inner.clone()), 0..4);
        prop_oneof![
            3 => object.prop_map(|entries| {
                Json::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
            }),
            1 => prop::collection::vec(inner, 0..4).prop_map(Json::Array),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_query_or_an_error(query in any_query()) {
        let _ = compiled(&query);
        let _ = compile_filter(&query, &schema());
    }
}

#[test]
fn depth_is_limited() {
    let mut query = json!({"match_all": {}});
    for _ in 0..120 {
        query = json!({"bool": {"must": query}});
    }
    assert_eq!(compiled(&query).unwrap_err().problem.to_string(), "the query is nested too deep");
}

#[test]
fn choices_are_limited() {
    let should: Vec<Json> = (0..40).map(|n| json!({"term": {"age": n}})).collect();
    let query = |minimum: u32| json!({"bool": {"should": should, "minimum_should_match": minimum}});
    assert!(compiled(&query(40)).is_ok() && compiled(&query(2)).is_ok());
    assert_eq!(
        compiled(&query(20)).unwrap_err().problem.to_string(),
        "too many ways to choose that many clauses"
    );
}
