//! Who descends from whom, and when that counts.

#![allow(clippy::unwrap_used, clippy::panic)]

use rulehound_events::DocumentRow;
use rulehound_query::Plan;
use rulehound_query::eql::{self, Dialect, Options};
use rulehound_schema::Schema;
use serde_json::{Value as Json, json};

use super::*;
use crate::correlate::late::LatePlan;
use crate::correlate::{capture, steps};
use crate::interpret;

fn plan() -> Plan {
    let dialect = Dialect::Endpoint;
    let options = Options { schema: Schema::catalogue(), event_category_field: "event.category", dialect };
    let query = "any where descendant of [process where process.name == \"root\"]";
    eql::compile(query, options).query.unwrap().plan
}

fn row<R>(event: &Json, f: impl FnOnce(&DocumentRow<'_>) -> R) -> R {
    let Json::Object(document) = event else { panic!("{event}") };
    f(&DocumentRow::new(document))
}

fn start(process: &str, parent: &str) -> Json {
    json!({"event": {"category": "process"}, "process": {"entity_id": process, "parent": {"entity_id": parent}}})
}

/// Whether an event at some second descends from a process that had the event that is asked for at another.
fn descends(
    starts: &[Json],
    root: &str,
    root_second: Option<i64>,
    event: &Json,
    second: Option<i64>,
) -> bool {
    let time = |second: Option<i64>| second.map(|second| EventTime::from_millis(second * 1000));
    let mut halves = [Lineage::default(), Lineage::default()];
    for (number, event) in starts.iter().enumerate() {
        row(event, |row| {
            assert!(interpret::matches(&super::starts(), row));
            halves[number % 2].add_start(row);
        });
    }
    let asked = json!({"process": {"entity_id": root}});
    row(&asked, |row| halves[0].add_answer(3, row, time(root_second)));
    // The first time counts.
    row(&asked, |row| halves[1].add_answer(3, row, time(Some(1_000))));
    let [mut lineage, other] = halves;
    lineage.merge(other);
    let plan = plan();
    let late = LatePlan::new(&plan);
    row(event, |row| {
        let captured = capture(&steps(&plan)[0].captures, &[], row);
        let captured = lineage.answer(late.step(0).unwrap(), &[3], &captured, time(second));
        late.holds(0, &captured, &[])
    })
}

#[test]
fn ancestors_are_found_by_either_way() {
    let starts = [start("b", "a"), start("c", "b"), start("d", "c")];
    let at = Some(5);
    let of = |event: Json| descends(&starts, "a", at, &event, at);
    assert!(of(json!({"process": {"entity_id": "d"}})), "a great-grandchild, by the tree");
    assert!(of(json!({"process": {"entity_id": "b"}})), "a child");
    assert!(!of(json!({"process": {"entity_id": "a"}})), "not itself");
    assert!(!of(json!({"process": {"entity_id": "x"}})), "a stranger");
    assert!(!of(json!({})), "nobody");
    assert!(
        of(json!({"process": {"entity_id": "x", "parent": {"entity_id": "c"}}})),
        "its start was not seen"
    );
    assert!(
        of(json!({"process": {"entity_id": "x", "Ext": {"ancestry": ["y", "a"]}}})),
        "as Defend lists them"
    );
    assert!(
        of(json!({"process": {"entity_id": "x", "Ext": {"ancestry": ["y", "b"]}}})),
        "a list cut short, and the tree"
    );
}

#[test]
fn what_an_ancestor_does_later_does_not_count() {
    let starts = [start("b", "a")];
    let event = json!({"process": {"entity_id": "b"}});
    for (root, own, expected) in [
        (Some(5), Some(5), true),
        (Some(5), Some(6), true),
        (Some(5), Some(4), false),
        (None, Some(0), true),
        (Some(5), None, true),
    ] {
        assert_eq!(descends(&starts, "a", root, &event, own), expected, "{root:?} {own:?}");
    }
}

#[test]
fn circles_come_to_an_end() {
    let starts = [start("a", "b"), start("b", "a"), start("c", "c")];
    let at = Some(1);
    assert!(descends(&starts, "b", at, &json!({"process": {"entity_id": "a"}}), at));
    assert!(!descends(&starts, "b", at, &json!({"process": {"entity_id": "c"}}), at));
}
