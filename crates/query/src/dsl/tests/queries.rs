//! One query after the other.

use rulehound_schema::Value;
use serde_json::{Value as Json, json};

use super::{ask, compiled, exists, has, is};
use crate::{CompareOp, Element, Expr, Filter, Pattern, Phrase, Test, WildcardPart};

fn check(cases: impl IntoIterator<Item = (Json, Filter)>) {
    for (query, expected) in cases {
        assert_eq!(compiled(&query), Ok(expected), "{query}");
    }
}

fn like(name: &str, parts: Vec<WildcardPart>, case_insensitive: bool) -> Filter {
    ask(name, Test::Matches(vec![Pattern::Wildcard { parts, case_insensitive }]))
}

fn literal(text: &str) -> WildcardPart {
    WildcardPart::Literal(text.into())
}

#[test]
fn term_and_terms() {
    let exact = Pattern::Exact { text: "a".into(), case_insensitive: true };
    check([
        (json!({"term": {"name": {"value": "kimchy", "boost": 1.0}}}), is("name", &["kimchy"])),
        (json!({"term": {"name": "a"}}), is("name", &["a"])),
        (
            json!({"term": {"name": {"value": "a", "case_insensitive": true}}}),
            ask("name", Test::Matches(vec![exact.clone()])),
        ),
        (json!({"term": {"caseless": "a"}}), ask("caseless", Test::Matches(vec![exact]))),
        (json!({"term": {"age": 5}}), ask("age", Test::In(vec![Value::Long(5)]))),
        (json!({"term": {"age": "5"}}), ask("age", Test::In(vec![Value::Long(5)]))),
        (json!({"term": {"name": 5}}), is("name", &["5"])),
        (json!({"term": {"ok": true}}), ask("ok", Test::In(vec![Value::Boolean(true)]))),
        (
            json!({"term": {"ip": "10.0.0.0/8"}}),
            ask("ip", Test::Cidr(vec![("::ffff:10.0.0.0".parse().unwrap(), 104)])),
        ),
        // Of text a word, which `indexedValueForSearch` puts in lower case.
        (json!({"term": {"text": "Quick"}}), has(&["quick"], 0)),
        (json!({"terms": {"name": ["a", "b"], "boost": 1.0}}), is("name", &["a", "b"])),
        (json!({"terms": {"name": []}}), Filter::Constant(false)),
        (json!({"term": {"nobody": "a"}}), Filter::Constant(false)),
        (json!({"ids": {"values": ["1", "4"]}}), is("_id", &["1", "4"])),
    ]);
}

/// `wildcard` and `prefix`, and the escapes of `WildcardQuery`.
#[test]
fn patterns() {
    use WildcardPart::{AnyChar, AnyRun};
    check([
        (
            json!({"wildcard": {"name": {"value": "ki*y", "boost": 1.0, "rewrite": "constant_score"}}}),
            like("name", vec![literal("ki"), AnyRun, literal("y")], false),
        ),
        (
            json!({"wildcard": {"path": {"wildcard": "k?y", "case_insensitive": true}}}),
            like("path", vec![literal("k"), AnyChar, literal("y")], true),
        ),
        // A backslash takes the meaning from what follows it: in JSON it is doubled twice.
        (
            json!({"wildcard": {"path": "?:\\\\Program Files\\\\*"}}),
            like("path", vec![AnyChar, literal(":\\Program Files\\"), AnyRun], false),
        ),
        (
            json!({"wildcard": {"path": "a\\*b\\?c\\d*"}}),
            like("path", vec![literal("a*b?cd"), AnyRun], false),
        ),
        (json!({"wildcard": {"path": "a\\"}}), like("path", vec![literal("a\\")], false)),
        (json!({"wildcard": {"text": "Ki*"}}), has(&["ki*"], 0)),
        (json!({"prefix": {"name": {"value": "k*"}}}), like("name", vec![literal("k*"), AnyRun], false)),
        (
            json!({"prefix": {"name": {"value": "ki", "case_insensitive": true}}}),
            like("name", vec![literal("ki"), AnyRun], true),
        ),
        (json!({"fuzzy": {"name": {"value": "kimchy", "prefix_length": 1}}}), {
            let text = "kimchy".into();
            let pattern = Pattern::Fuzzy { text, distance: 2, prefix: 1, case_insensitive: false };
            ask("name", Test::Matches(vec![pattern]))
        }),
        (json!({"regexp": {"name": {"value": "k.*y", "flags": "ALL", "case_insensitive": true}}}), {
            let pattern = Pattern::Regex { source: "k.*y".into(), case_insensitive: true };
            ask("name", Test::Matches(vec![pattern]))
        }),
    ]);
}

#[test]
fn ranges() {
    use CompareOp::{Gt, Gte, Lt, Lte};
    let age = |op, value| ask("age", Test::Compare(op, Value::Long(value)));
    let born = |op, value| ask("born", Test::Compare(op, Value::Date(value)));
    check([
        (json!({"range": {"age": {"gte": 10, "lte": 20, "boost": 2.0}}}), {
            Filter::And(vec![age(Gte, 10), age(Lte, 20)])
        }),
        (json!({"range": {"age": {"from": 10, "to": 20, "include_upper": false}}}), {
            Filter::And(vec![age(Gte, 10), age(Lt, 20)])
        }),
        (json!({"range": {"age": {"gt": "1", "lt": null}}}), age(Gt, 1)),
        (json!({"range": {"age": {"gte": null}}}), exists("age")),
        // The format of the field, then that of the query; rounding as the reference has it.
        (json!({"range": {"born": {"lte": "01/01/2020"}}}), born(Lte, 1_577_923_199_999)),
        (json!({"range": {"born": {"gt": "2020-01", "format": "yyyy-MM"}}}), born(Gt, 1_580_515_199_999)),
        (
            json!({"range": {"born": {"gte": "2020-01-01T00:00:00", "time_zone": "+01:00", "format": "strict_date_optional_time"}}}),
            born(Gte, 1_577_833_200_000),
        ),
        (
            json!({"range": {"born": {"lt": "2020-01-15||/M", "time_zone": "-05:00", "format": "strict_date_optional_time"}}}),
            born(Lt, 1_577_854_800_000),
        ),
    ]);
    let now = compiled(&json!({"range": {"@timestamp": {"gte": "now-1d/d", "lt": "now"}}}));
    let Ok(Filter::And(parts)) = now else { panic!("{now:?}") };
    assert!(parts.iter().all(|part| matches!(part, Filter::Computed(Expr::Compare(..)))), "{parts:?}");
}

#[test]
fn existence() {
    check([
        (json!({"exists": {"field": "name"}}), exists("name")),
        (json!({"exists": {"field": "nobody"}}), Filter::Constant(false)),
        (json!({"exists": {"field": "group"}}), Filter::Or(vec![exists("group.a"), exists("group.b")])),
        (json!({"exists": {"field": "*at*"}}), exists("path")),
    ]);
}

#[test]
fn full_text() {
    check([
        (json!({"match": {"text": "this Is a"}}), has(&["this", "is", "a"], 0)),
        (json!({"match": {"text": {"query": "this a", "operator": "AND"}}}), {
            Filter::And(vec![has(&["this"], 0), has(&["a"], 0)])
        }),
        (json!({"match": {"text": {"query": "a b c", "minimum_should_match": "67%"}}}), {
            Filter::Or(vec![
                Filter::And(vec![has(&["a"], 0), has(&["b", "c"], 0)]),
                Filter::And(vec![has(&["b"], 0), has(&["c"], 0)]),
            ])
        }),
        (json!({"match": {"name": "two words"}}), is("name", &["two words"])),
        (json!({"match": {"text": "---"}}), Filter::Constant(false)),
        (json!({"match": {"text": {"query": "-", "zero_terms_query": "all"}}}), Filter::Constant(true)),
        (json!({"match": {"age": {"query": "x", "lenient": true}}}), Filter::Constant(false)),
        (json!({"match": {"text": {"query": "a b", "type": "phrase"}}}), has(&["a b"], 0)),
        (json!({"match": {"text": {"query": "Quikc a", "fuzziness": "AUTO", "prefix_length": 1}}}), {
            let fuzzy = |text: &str, distance| {
                Phrase::word(Pattern::Fuzzy {
                    text: text.into(),
                    distance,
                    prefix: 1,
                    case_insensitive: false,
                })
            };
            ask("text", Test::Phrases(vec![fuzzy("quikc", 1), fuzzy("a", 0)]))
        }),
        (json!({"match_phrase": {"text": "this is"}}), has(&["this is"], 0)),
        (json!({"match_phrase": {"text": {"query": "a b", "slop": 2}}}), has(&["a b"], 2)),
        (json!({"match_phrase_prefix": {"text": {"query": "quick brown f"}}}), has(&["quick brown f*"], 0)),
        (json!({"match_bool_prefix": {"text": "quick f"}}), has(&["quick", "f*"], 0)),
        (json!({"multi_match": {"query": "will", "fields": ["name^3", "te*"]}}), {
            Filter::Or(vec![is("name", &["will"]), has(&["will"], 0)])
        }),
        (json!({"multi_match": {"query": "a b", "type": "phrase", "fields": ["text"]}}), has(&["a b"], 0)),
    ]);
    check([
        (
            json!({"match_phrase": {"text": {"query": "-", "zero_terms_query": "all"}}}),
            Filter::Constant(true),
        ),
        (json!({"query_string": {"query": "(a AND b) OR name:c", "default_field": "text"}}), {
            Filter::Or(vec![Filter::And(vec![has(&["a"], 0), has(&["b"], 0)]), is("name", &["c"])])
        }),
        (json!({"query_string": {"query": "a b", "fields": ["te*^2"], "default_operator": "and"}}), {
            Filter::And(vec![has(&["a"], 0), has(&["b"], 0)])
        }),
        (json!({"query_string": {"query": "age:x", "lenient": true}}), Filter::Constant(false)),
        (json!({"query_string": {"query": " "}}), Filter::Constant(false)),
    ]);
    let everywhere = compiled(&json!({"multi_match": {"query": "5"}}));
    let Ok(Filter::Or(parts)) = everywhere else { panic!("{everywhere:?}") };
    assert!(
        parts.contains(&ask("age", Test::In(vec![Value::Long(5)]))) && parts.contains(&is("name", &["5"]))
    );
}

#[test]
fn bool_queries() {
    let (a, b, c) = (is("name", &["a"]), exists("age"), exists("ip"));
    let [ja, jb, jc] = [
        json!({"term": {"name": "a"}}),
        json!({"exists": {"field": "age"}}),
        json!({"exists": {"field": "ip"}}),
    ];
    check([
        (json!({"match_all": {}}), Filter::Constant(true)),
        (json!({"match_none": {}}), Filter::Constant(false)),
        (json!({"bool": {}}), Filter::Constant(true)),
        (json!({"bool": {"must": [], "filter": [], "should": [], "must_not": []}}), Filter::Constant(true)),
        (json!({"bool": {"must": [ja, jb]}}), Filter::And(vec![a.clone(), b.clone()])),
        (
            json!({"bool": {"filter": ja, "must_not": [jb]}}),
            Filter::And(vec![a.clone(), b.clone().negated()]),
        ),
        // Without `must` and `filter` one of `should` is needed, else none.
        (json!({"bool": {"should": [ja, jb]}}), Filter::Or(vec![a.clone(), b.clone()])),
        (
            json!({"bool": {"must_not": jc, "should": [ja]}}),
            Filter::And(vec![c.clone().negated(), a.clone()]),
        ),
        (json!({"bool": {"filter": jc, "should": [ja, jb]}}), c.clone()),
        (json!({"bool": {"filter": jc, "should": [ja, jb], "minimum_should_match": 1}}), {
            Filter::And(vec![c.clone(), Filter::Or(vec![a.clone(), b.clone()])])
        }),
        (json!({"bool": {"should": [ja, jb, jc], "minimum_should_match": -1}}), {
            Filter::Or(vec![
                Filter::And(vec![a.clone(), Filter::Or(vec![b.clone(), c.clone()])]),
                Filter::And(vec![b.clone(), c.clone()]),
            ])
        }),
        (json!({"bool": {"should": [ja, jb], "minimum_should_match": 3}}), Filter::Constant(false)),
        (json!({"bool": {"should": [ja, jb], "minimum_should_match": "1<50%"}}), {
            Filter::Or(vec![a.clone(), b.clone()])
        }),
        (json!({"constant_score": {"filter": ja, "boost": 1.2}}), a.clone()),
        (json!({"dis_max": {"queries": [ja, jb]}}), Filter::Or(vec![a.clone(), b])),
        (json!({"boosting": {"positive": ja, "negative": jb, "negative_boost": 0.5}}), a),
        (
            json!({"nested": {"path": "group", "query": {"bool": {"must": [
                {"match": {"group.a": "Alice"}}, {"match": {"group.b": "White"}}
            ]}}}}),
            Filter::Element(Box::new(Element {
                array: "group".into(),
                filter: Filter::And(vec![is("group.a", &["Alice"]), is("group.b", &["White"])]),
            })),
        ),
    ]);
}

#[test]
fn what_is_no_query_is_refused_where_it_stands() {
    for (query, path, problem) in [
        (json!([]), "query", "expected an object"),
        (json!({}), "query", "expected an object with one key, the type of the query"),
        (json!({"wildcrd": {}}), "wildcrd", "queries of type `wildcrd` are not supported"),
        (json!({"bool": {"must": [{"match_all": {}}, 5]}}), "bool.must[1]", "expected an object"),
        (json!({"bool": {"musst": []}}), "bool.musst", "the parameter `musst` is not supported"),
        (
            json!({"bool": {"should": [], "must": {"match_all": {}}, "minimum_should_match": "many"}}),
            "bool.minimum_should_match",
            "expected a number, a percentage, or conditions such as `3<90%`",
        ),
        (json!({"term": {"a": 1, "b": 2}}), "term", "expected an object with one key, the name of a field"),
        (json!({"term": {"name": {"valu": "a"}}}), "term.name", "the parameter `valu` is not supported"),
        (json!({"term": {"name": {"boost": 1}}}), "term.name", "the parameter `value` is missing"),
        (json!({"term": {"name": null}}), "term.name", "expected a string, a number or a boolean"),
        (
            json!({"terms": {"name": ["a", null]}}),
            "terms.name[1]",
            "expected a string, a number or a boolean",
        ),
        (json!({"terms": {"name": {"index": "x"}}}), "terms.name", "expected an array of values"),
        (json!({"term": {"age": "old"}}), "term.age", "`age` is of type integer and never `old`"),
        (
            json!({"wildcard": {"age": "1*"}}),
            "wildcard.age",
            "`age` is of type integer, which takes no pattern",
        ),
        (
            json!({"regexp": {"name": {"value": "a", "flags": "NONE"}}}),
            "regexp.name",
            "the parameter `flags` is not supported",
        ),
        (
            json!({"range": {"born": {"gte": "2020-01-01"}}}),
            "range.born.gte",
            "`born` is of type date and never `2020-01-01`",
        ),
        (
            json!({"range": {"@timestamp": {"gte": "now-1x"}}}),
            "range.@timestamp.gte",
            "`now-1x` is no date: `x` is no unit of time: use s, m, h, d, w, M or y",
        ),
        (
            json!({"range": {"born": {"gte": "now", "time_zone": "Europe/Paris"}}}),
            "range.born.time_zone",
            "expected an offset from UTC such as `+01:00`",
        ),
        (json!({"query_string": {"query": "a ("}}), "query_string.query", "expected a clause, found the end"),
        (
            json!({"query_string": {"query": "age:x"}}),
            "query_string.query",
            "`age` is of type integer and never `x`",
        ),
        (
            json!({"query_string": {"query": "a", "analyzer": "x"}}),
            "query_string",
            "the parameter `analyzer` is not supported",
        ),
        (
            json!({"fuzzy": {"name": {"value": "a", "fuzziness": 3}}}),
            "fuzzy.name.fuzziness",
            "expected `AUTO`, 0, 1 or 2",
        ),
        (json!({"nested": {"query": {"match_all": {}}}}), "nested", "the parameter `path` is missing"),
        (
            json!({"match": {"text": {"query": "a", "analyzer": "x"}}}),
            "match.text",
            "the parameter `analyzer` is not supported",
        ),
    ] {
        let error = compiled(&query).unwrap_err();
        assert_eq!((error.path.as_str(), error.problem.to_string().as_str()), (path, problem), "{query}");
    }
}
