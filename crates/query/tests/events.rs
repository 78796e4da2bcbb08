//! The queries for single events of Elasticsearch's suite over its own events, by the plainest of interpreters.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::fs;

use rulehound_query::{Filter, PatternMatcher, Pipe, Plan, Severity, Test, eql};
use rulehound_schema::{Field, FieldSource, FieldType, Scalar, Schema, Value, coerce, compare_versions};
use serde_json::Value as Json;

struct Event(Json);

impl FieldSource for Event {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let found = self
            .0
            .get(&*field.name)
            .or_else(|| field.name.split('.').try_fold(&self.0, |object, part| object.get(part)));
        let all = match found {
            Some(Json::Array(values)) => values.iter().collect(),
            other => other.into_iter().collect::<Vec<_>>(),
        };
        all.into_iter().filter_map(|json| coerce(field, Scalar::try_from(json).ok()?).ok()?).collect()
    }
}

fn holds(filter: &Filter, event: &Event) -> bool {
    match filter {
        Filter::Constant(value) => *value,
        Filter::And(parts) => parts.iter().all(|part| holds(part, event)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, event)),
        Filter::Not(inner) => !holds(inner, event),
        Filter::Shared(inner) => holds(inner, event),
        Filter::Computed(expr) => expr.evaluate(event) == Some(Value::Boolean(true)),
        Filter::Element(_) | Filter::Descendant(_) => panic!("Elasticsearch has no such question"),
        Filter::Predicate(predicate) => {
            let version = predicate.field.field_type == FieldType::Version;
            event.values(&predicate.field).iter().any(|value| passes(&predicate.test, value, version))
        }
    }
}

fn passes(test: &Test, value: &Value<'_>, version: bool) -> bool {
    match test {
        Test::Exists => true,
        Test::Index(_) | Test::Phrases(_) => false,
        Test::Compare(op, constant) => match (value, constant) {
            (Value::String(a), Value::String(b)) if version => op.holds(compare_versions(a, b)),
            _ => value.compare(constant).is_some_and(|order| op.holds(order)),
        },
        Test::Between(from, to) => {
            value.compare(from).is_some_and(|o| o.is_ge()) && value.compare(to).is_some_and(|o| o.is_le())
        }
        Test::In(constants) => constants.iter().any(|constant| value.equals(constant)),
        Test::Among(set) => set.contains(value),
        Test::Matches(patterns) => {
            let Value::String(text) = value else { return false };
            patterns.iter().any(|pattern| PatternMatcher::new(pattern).unwrap().is_match(text))
        }
        Test::Cidr(networks) => {
            let Value::Ip(address) = value else { return false };
            networks.iter().any(|(network, length)| {
                (address.to_bits() ^ network.to_bits()).checked_shr(128 - u32::from(*length)).unwrap_or(0)
                    == 0
            })
        }
    }
}

/// The fields that a mapping lacks, as Elasticsearch maps them when it first meets them.
fn dynamic_mapping(mapping: &str, events: &[Event]) -> String {
    let known = Schema::from_mappings([mapping]).unwrap();
    let mut properties = serde_json::Map::new();
    for (name, value) in events.iter().flat_map(|event| event.0.as_object().unwrap()) {
        let first = value.as_array().and_then(|values| values.iter().find(|value| !value.is_null()));
        let field_type = match first.unwrap_or(value) {
            Json::String(_) => "keyword",
            Json::Number(number) if number.is_f64() => "double",
            Json::Number(_) => "long",
            Json::Bool(_) => "boolean",
            _ => continue,
        };
        if known.field(name).is_none() {
            properties.insert(name.clone(), serde_json::json!({ "type": field_type }));
        }
    }
    serde_json::json!({ "properties": properties }).to_string()
}

/// Forms of 2020 that were withdrawn: `=`, single quotes, raw strings with `?`.
const WITHDRAWN: &[&str] =
    &["eql::syntax::assignment", "eql::string::single-quotes", "eql::string::old-raw-string"];

/// Runs the cases of a file that look for single events, and gives their number.
fn check(file: &str, mapping: &str, events: &[Event], id: &str, withdrawn: usize) -> usize {
    let text = fs::read_to_string(common::corpus(&format!("es-eql/{file}")).unwrap()).unwrap();
    let mapping = fs::read_to_string(common::corpus(&format!("es-eql/data/{mapping}")).unwrap()).unwrap();
    let dynamic = dynamic_mapping(&mapping, events);
    let schema = Schema::from_mappings([mapping.as_str(), dynamic.as_str()]).unwrap();
    let cases: toml::Table = toml::from_str(&text).unwrap();
    let options = eql::Options {
        schema: &schema,
        event_category_field: "event_type",
        dialect: eql::Dialect::Elasticsearch,
    };
    let (mut run, mut refused, mut wrong) = (0, 0, Vec::new());
    for case in cases["queries"].as_array().unwrap() {
        let query = case["query"].as_str().unwrap();
        let compiled = eql::compile(query, options);
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        let Some(compiled) = compiled.query else {
            if errors.iter().all(|error| WITHDRAWN.contains(&error.code)) {
                refused += 1;
                continue;
            }
            wrong.push(format!("{query}: {errors:?}"));
            continue;
        };
        let Plan::Event(filter) = &compiled.plan else { continue };
        run += 1;
        let hits = events.iter().filter(|event| holds(filter, event));
        let mut found: Vec<i64> = hits.map(|event| event.0[id].as_i64().unwrap()).collect();
        for pipe in compiled.pipes.iter().chain([&Pipe::Head(50)]) {
            match pipe {
                Pipe::Head(limit) => found.truncate(*limit as usize),
                Pipe::Tail(limit) => drop(found.drain(..found.len().saturating_sub(*limit as usize))),
            }
        }
        let expected: Vec<i64> = case["expected_event_ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_integer().unwrap())
            .collect();
        if found != expected {
            wrong.push(format!("{query}: found {found:?}, expected {expected:?} by {filter:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong of {run}: {}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(refused, withdrawn, "{file}");
    run
}

/// The events of a file, with `@timestamp` made of `timestamp`.
fn events(file: &str, timestamp: impl Fn(i64) -> Json) -> Option<Vec<Event>> {
    let text = fs::read_to_string(common::corpus(&format!("es-eql/{file}"))?).unwrap();
    let json: Vec<Json> = serde_json::from_str(&text).unwrap();
    let with_time = |mut event: Json| {
        if let Some(ticks) = event["timestamp"].as_i64() {
            event["@timestamp"] = timestamp(ticks);
        }
        Event(event)
    };
    Some(json.into_iter().map(with_time).collect())
}

#[test]
fn single_events() {
    let from_ticks = |ticks: i64| Json::from(ticks / 10_000 - 11_644_473_600_000);
    let Some(events) = events("test_data.json", from_ticks) else { return };
    let id = "serial_event_id";
    for (cases, withdrawn, least) in [
        ("test_queries.toml", 0, 60),
        ("additional_test_queries.toml", 0, 40),
        ("test_queries_supported.toml", 9, 15),
        ("test_queries_date.toml", 0, 3),
    ] {
        let run = check(cases, "endgame-140.mapping", &events, id, withdrawn);
        assert!(run >= least, "{cases}: {run}");
    }
}

#[test]
fn dates_to_the_nanosecond() {
    let from_nanoseconds = |ns| Value::DateNanos(ns).to_json();
    let Some(events) = events("test_data.json", from_nanoseconds) else { return };
    let run =
        check("test_queries_date_nanos.toml", "endgame-140-nanos.mapping", &events, "serial_event_id", 0);
    assert_eq!(run, 3);
}

#[test]
fn optional_fields_and_versions() {
    let Some(events) = events("data/extra.data", Json::from) else { return };
    assert!(check("test_extra.toml", "extra.mapping", &events, "sequence", 0) >= 5);
}
