//! Documents under construction: what was there, what is set, and what comes of both.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use rulehound_schema::{Field, FieldType};
use serde_json::{Value as Json, json};

use super::*;
use crate::Layout;
use crate::json::{DocumentMembers, JsonParser, TapeMembers};

/// Loads a record into a document, lets `change` change it, and gives it to `look`.
fn with<R>(json: &str, change: impl FnOnce(&mut Ecs<'_>), look: impl FnOnce(&Ecs<'_>) -> R) -> R {
    with_layout(None, json, change, look)
}

fn with_layout<R>(
    layout: Option<Arc<Layout>>,
    json: &str,
    change: impl FnOnce(&mut Ecs<'_>),
    look: impl FnOnce(&Ecs<'_>) -> R,
) -> R {
    let (mut names, arena) = (Names::new(layout), Arena::default());
    let run = |members: TapeMembers<'_>| {
        let mut ecs = Ecs::new(&mut names, &arena, Vec::new());
        ecs.load(members.map(|(key, value)| (key, value.into())));
        change(&mut ecs);
        look(&ecs)
    };
    JsonParser::default().parse(json.as_bytes(), run).unwrap()
}

#[track_caller]
fn check(json: &str, change: impl FnOnce(&mut Ecs<'_>), expected: &Json) {
    assert_eq!(Json::Object(with(json, change, |ecs| ecs.document())), *expected);
}

#[test]
fn a_record_is_its_own_document() {
    for record in [
        json!({}),
        json!({"a": {"b": {}, "c": [], "d": null}, "e": [1, {"f": 2.5}], "g": -1, "h": true}),
        json!({"a": {"b.c": 1, "b": {"c": 2}}}),
    ] {
        check(&record.to_string(), |_| {}, &record);
        check(&record.to_string(), |ecs| assert!(ecs.get("a.b.c.d").is_none()), &record);
    }
}

#[test]
fn dotted_keys_at_the_top_are_levels() {
    check(r#"{"a.b": 1, "c": {"d": 2}, "c.e": 3}"#, |_| {}, &json!({"a": {"b": 1}, "c": {"d": 2, "e": 3}}));
    check(
        r#"{"a": {"b": 1}, "a.c.d": {"e": 2}, "a.c": {"d": {"f": 3}}}"#,
        |_| {},
        &json!({"a": {"b": 1, "c": {"d": {"e": 2, "f": 3}}}}),
    );
    let deep = "a.".repeat(MOST_DOTS + 1);
    check(&format!(r#"{{"{deep}": 1}}"#), |_| {}, &json!({deep: 1}));
}

#[test]
fn a_key_that_stands_twice_has_all_its_values() {
    check(r#"{"a": 1, "b": 2, "a": [3], "a": {"c": 4}}"#, |_| {}, &json!({"a": [1, [3], {"c": 4}], "b": 2}));
    check(
        r#"{"a": [1, 2], "a": 3, "b.c": 1, "b.c": 2}"#,
        |_| {},
        &json!({"a": [1, 2, 3], "b": {"c": [1, 2]}}),
    );
    check(r#"{"a": {"b": 1, "b": 2}}"#, |ecs| ecs.set("a.c", "x"), &json!({"a": {"b": [1, 2], "c": "x"}}));
}

#[test]
fn what_stands_in_the_way_of_an_object_stays() {
    check(
        r#"{"a": 1, "b": {"c": [2]}, "d": null, "e": {}}"#,
        |ecs| {
            for path in ["a.x.y", "b.c.x", "d.x", "e.x"] {
                ecs.set(path, "x");
                assert_eq!(ecs.text(path), Some("x"), "{path}");
                assert!(ecs.has(path));
            }
        },
        &json!({"a": 1, "a.x.y": "x", "b": {"c": [2], "c.x": "x"}, "d": {"x": "x"}, "e": {"x": "x"}}),
    );
    check(
        r#"{"b": {"c": [2]}}"#,
        |ecs| ["x", "y"].into_iter().for_each(|text| ecs.set("b.c.x", text)),
        &json!({"b": {"c": [2], "c.x": "y"}}),
    );
}

#[test]
fn objects_that_become_empty_go() {
    check(
        r#"{"a": {"b": {"c": 1}}, "d": {"e": 1, "f": {"g": 2}}}"#,
        |ecs| {
            assert_eq!(ecs.remove("a.b.c").and_then(Value::as_u64), Some(1));
            assert!(!ecs.has("a") && ecs.remove("a.b.c").is_none() && ecs.get("a.b").is_none());
            let removed = ecs.remove("d.f").unwrap();
            assert_eq!(removed.members().unwrap().map(|(key, _)| key).collect::<Vec<_>>(), ["g"]);
            ecs.set("a.b.c", "again");
        },
        &json!({"a": {"b": {"c": "again"}}, "d": {"e": 1}}),
    );
    check(
        r#"{"a": {"b": 1}}"#,
        |ecs| {
            ecs.get("a.b");
            ecs.set("a", "x");
        },
        &json!({"a": "x"}),
    );
    check(
        r#"{"a": {"b": 1}}"#,
        |ecs| {
            ecs.get("a.b");
            ecs.set("a", "x");
            ecs.remove("a");
            ecs.set("a.c", "y");
        },
        &json!({"a": {"c": "y"}}),
    );
}

#[test]
fn values_are_copied_and_gathered() {
    check(
        r#"{"a": {"b": {"c": 1}}, "n": null, "l": ["x"], "s": "x", "o": 5}"#,
        |ecs| {
            ecs.get("a.b.c");
            ecs.copy("a.b", "z.b");
            ecs.copy("n", "z.n");
            ecs.copy("s", "l");
            ecs.set_default("n", "was null");
            for text in ["x", "y", "y"] {
                for path in ["l", "s", "o", "new"] {
                    ecs.append(path, text);
                }
            }
            ecs.append_all("many", &["p", "q", "p"]);
            ecs.append_all("many", &["q", "r"]);
            ecs.append_all("none", &[]);
        },
        &json!({"a": {"b": {"c": 1}}, "z": {"b": {"c": 1}}, "n": "was null", "l": ["x", "y"], "s": ["x", "y"],
            "o": [5, "x", "y"], "new": ["x", "y"], "many": ["p", "q", "r"]}),
    );
}

#[test]
fn members_keep_their_keys() {
    check(
        r#"{"a": {"b.c": 1, "b": {"c": "2"}}}"#,
        |ecs| {
            let a = ecs.object("a");
            assert_eq!(ecs.member(a, "b.c").and_then(Value::as_u64), Some(1));
            assert_eq!(ecs.text("a.b.c"), Some("2"));
            ecs.set_member(a, "d.e", "x");
            ecs.update_members(a, |value| value.as_u64().is_none().then_some(value));
        },
        &json!({"a": {"b": {"c": "2"}, "d.e": "x"}}),
    );
}

#[test]
fn a_layout_takes_what_it_wants() {
    let field = |name: &str, kind| Field::new(name, kind);
    let layout = Arc::new(Layout::new([
        field("a.b", FieldType::Keyword),
        field("f", FieldType::Flattened),
        field("o", FieldType::Keyword),
    ]));
    let change = |ecs: &mut Ecs<'_>| {
        assert!(ecs.get("a.b").is_some());
        assert!(ecs.wants("a.b") && ecs.wants("f.any.thing") && !ecs.wants("a.c") && !ecs.wants("x"));
        for path in ["a.c", "f.y", "o.p", "x.y"] {
            ecs.set(path, "x");
        }
    };
    let taken = with_layout(Some(layout.clone()), r#"{"a": {"b": 1}, "f": {"x": {}}}"#, change, |ecs| {
        let mut taken = Vec::new();
        ecs.fields(&mut |path, value| {
            taken.push((
                layout.paths().node(path).name.to_string(),
                Json::Object(to_document([("", value)].into_iter())),
            ));
        });
        taken
    });
    // An object stands where the layout has a field: whole, to be looked through or counted as a misfit.
    let expected = [("a.b", json!(1)), ("f", json!({"x": {}, "y": "x"})), ("o", json!({"p": "x"}))];
    assert_eq!(taken, expected.map(|(path, value)| (path.to_owned(), json!({"": value}))));
}

#[test]
fn names_and_places_do_not_outlive_their_record() {
    let (mut names, mut arena, mut buffer) = (Names::new(None), Arena::default(), Vec::new());
    for record in [json!({"a": {"b": 1}}), json!({"a": 2}), json!({}), json!({"a": {"c": 3}})] {
        let Json::Object(document) = &record else { continue };
        let mut ecs = Ecs::new(&mut names, &arena, buffer);
        let values = document.iter().map(|(key, _)| (key.as_str(), Value::NULL));
        ecs.load(values);
        assert_eq!(ecs.get("a").is_some(), !document.is_empty());
        assert!(ecs.get("a.b").is_none());
        buffer = ecs.into_buffer();
        arena.reset();
        assert_eq!(DocumentMembers(document.iter()).count(), document.len());
    }
}

#[test]
fn hostile_records_take_their_time_by_length() {
    let mut times = Vec::new();
    for count in [1 << 12, 1 << 15] {
        let start = Instant::now();
        let distinct: String = (0..count).map(|n| format!(r#""a{n}":{{"b":1}},"#)).collect();
        let same = r#""w":{"x":1},"#.repeat(count);
        let dotted: String = (0..count).map(|n| format!(r#""d.e{}":{{"f{n}":1}},"#, n % 7)).collect();
        let json = format!(r#"{{{distinct}{same}{dotted}"end":1}}"#);
        let change = |ecs: &mut Ecs<'_>| {
            ecs.set("d.e1.new", "x");
            ecs.append("w", "x");
            ecs.copy("d", "copy");
        };
        let document = with(&json, change, |ecs| ecs.document());
        assert_eq!(document["w"].as_array().map(Vec::len), Some(count + 1));
        assert_eq!(document["copy"]["e0"].as_array().map(Vec::len), Some(count.div_ceil(7)));
        times.push(start.elapsed());
    }
    assert!(times[1] < times[0] * 64 + Duration::from_secs(1), "{times:?}");
}
