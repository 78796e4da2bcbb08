//! Keys of events.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use rulehound_schema::{Field, FieldType};

use super::*;

/// An event with values `a` and `b`.
struct Event(Vec<Value<'static>>, Vec<Value<'static>>);

impl FieldSource for Event {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        if &*field.name == "a" { self.0.clone() } else { self.1.clone() }
    }
}

fn key(name: &str, optional: bool) -> JoinKey {
    JoinKey { field: Some(Field::new(name, FieldType::Keyword)), optional, as_text: false }
}

fn text(text: &'static str) -> Value<'static> {
    Value::String(Cow::Borrowed(text))
}

/// The keys of an event as lines: their values with spaces between, null as `-`.
fn check(keys: &[JoinKey], event: &Event, expected: &[&str]) {
    let word = |value: &KeyValue| match value {
        KeyValue::String(text) => text.to_string(),
        KeyValue::Null => "-".to_owned(),
        other => format!("{other:?}"),
    };
    let line = |key: &Key| key.0.iter().map(word).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = keys_of(keys, event).unwrap().iter().map(line).collect();
    assert_eq!(lines, expected);
}

#[test]
fn every_combination_once() {
    let event = Event(vec![text("y"), text("x"), text("y")], vec![text("1"), text("2")]);
    check(&[key("a", false), key("b", false)], &event, &["x 1", "x 2", "y 1", "y 2"]);
    check(&[], &event, &[""]);
}

#[test]
fn null_joins_only_where_it_may() {
    let event = Event(vec![text("x")], vec![]);
    check(&[key("a", false), key("b", false)], &event, &[]);
    check(&[key("a", false), key("b", true)], &event, &["x -"]);
    check(&[JoinKey { field: None, optional: true, as_text: false }], &event, &["-"]);
}

#[test]
fn equal_values_are_the_same_whatever_holds_them() {
    let same = |a: Value<'_>, b: Value<'_>| KeyValue::from(&a) == KeyValue::from(&b);
    assert!(same(Value::Long(5), Value::UnsignedLong(5)));
    assert!(same(Value::Date(-1), Value::DateNanos(-1_000_000)));
    assert!(same(Value::Double(0.0), Value::Double(-0.0)));
    assert!(!same(Value::UnsignedLong(u64::MAX), Value::Long(-1)));
    assert!(!same(Value::Date(1), Value::DateNanos(1_000_001)));
    assert!(!same(Value::Long(5), Value::Double(5.0)));
    assert!(!same(text("5"), Value::Long(5)));
}

#[test]
fn too_many_combinations_are_refused() {
    let many: Vec<Value<'static>> = (0..257).map(Value::Long).collect();
    let event = Event(many.clone(), many);
    assert_eq!(keys_of(&[key("a", false), key("b", false)], &event), Err(TooManyKeys));
}
