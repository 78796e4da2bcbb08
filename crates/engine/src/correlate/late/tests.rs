//! What the matcher may ask, what is left, and that naming an event's field comes to joining by it.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use rulehound_events::{Document, DocumentRow};
use rulehound_query::Plan;
use rulehound_query::eql::{self, Dialect, Options};
use rulehound_schema::Schema;
use serde_json::{Value as Json, json};

use super::*;
use crate::correlate::testing::{run, run_with_restarts};
use crate::correlate::{
    Correlator, Detection, EventHandle, EventTime, Hit, Ordinal, SequenceCorrelator, StepId, StepMatch,
    capture, keys_of, steps,
};
use crate::spell;

fn plan(query: &str) -> Plan {
    let options = Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Endpoint,
    };
    let compiled = eql::compile(query, options);
    compiled.query.unwrap_or_else(|| panic!("{query}: {:?}", compiled.diagnostics)).plan
}

fn filter(condition: &str) -> Filter {
    match plan(&format!("any where {condition}")) {
        Plan::Event(filter) => filter,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_matcher_asks_what_may_hold() {
    let a = "process.name == \"a\"";
    let child = "descendant of [process where process.name == \"p\"]";
    for (condition, possible_text) in [
        (format!("{a} and {child}"), a),
        (format!("{a} and not {child}"), a),
        (format!("{a} or {child}"), "true"),
        (format!("{a} and not ({child} and process.pid == 1)"), a),
        (
            format!("{a} and not ({child} or process.pid == 1)"),
            "process.name == \"a\" and not process.pid == 1",
        ),
        (
            format!("{a} and ({child} and process.pid == 1 or process.pid == 2)"),
            "process.name == \"a\" and (process.pid == 1 or process.pid == 2)",
        ),
        (a.to_owned(), a),
    ] {
        let text = spell::filter(&possible(&filter(&condition)));
        let expected = spell::filter(&filter(possible_text));
        assert_eq!(text, if possible_text == "true" { "true".into() } else { expected }, "{condition}");
    }
}

/// An event with its values captured and these answers about ancestors.
fn decide(condition: &str, event: &Json, answers: &[bool]) -> bool {
    let plan = plan(&format!("any where {condition}"));
    let Json::Object(document) = event else { panic!("{event}") };
    let row = DocumentRow::new(document);
    let late = LatePlan::new(&plan);
    let step = late.step(0).unwrap();
    assert_eq!(step.ancestors().len(), answers.len());
    let captured = step.answer(&capture(&steps(&plan)[0].captures, &[], &row), |number| answers[number]);
    interpret::matches(&steps(&plan)[0].filter, &row) && late.holds(0, &captured, &[])
}

#[test]
fn what_is_left_is_decided_from_what_was_captured() {
    let child = "descendant of [any where process.name == \"p\"]";
    let other = "descendant of [any where process.name == \"q\"]";
    let event = json!({"process": {"name": "a", "pid": 7, "args": ["x", "y"]}});
    let either = format!("({child} and process.pid == 7 or process.args == \"z\") and not {other}");
    assert!(decide(&either, &event, &[true, false]));
    assert!(!decide(&either, &event, &[true, true]));
    assert!(!decide(&either, &event, &[false, false]));
    assert!(decide(&format!("not {child} and process.name == \"a\""), &event, &[false]));
    assert!(!decide(&format!("{child} and process.name == \"b\""), &event, &[true]));
    let stack = json!({"process": {"thread": {"Ext": {"call_stack": [{"symbol_info": "a"}, {"symbol_info": "b!c"}]}}}});
    let searched = |symbol: &str| {
        format!("({child} or _arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info : \"{symbol}\"))")
    };
    assert!(decide(&searched("b*"), &stack, &[false]));
    assert!(!decide(&searched("d*"), &stack, &[false]));
    assert!(decide(&searched("d*"), &stack, &[true]));
}

/// The hits of events, a second apart, as a driver of the correlator makes them.
fn hits(plan: &Plan, events: &[Json]) -> Vec<Hit> {
    let steps = steps(plan);
    let hit = |(number, event): (u64, &Json)| {
        let Json::Object(document) = event else { panic!("{event}") };
        let row = DocumentRow::new(document);
        let mut matches = Vec::new();
        for (id, step) in (0..).map(StepId).zip(&steps) {
            if interpret::matches(&step.filter, &row) {
                let captured = capture(&step.captures, &[], &row);
                let keys = keys_of(&step.keys, &row).unwrap().into_iter();
                matches.extend(keys.map(|key| StepMatch { step: id, key, captured: captured.clone() }));
            }
        }
        let time = EventTime::from_millis(i64::try_from(number).unwrap() * 1000);
        Hit {
            event: EventHandle(number),
            ordinal: Ordinal { time, tiebreaker: None, tie: (number, 0) },
            matches,
        }
    };
    (0..).zip(events).map(hit).collect()
}

fn correlator(plan: &Plan) -> Box<dyn Correlator> {
    match plan {
        Plan::Sequence(plan) => Box::new(SequenceCorrelator::new(plan)),
        other => panic!("{other:?}"),
    }
}

/// The numbers of the events of all matches.
fn found(plan: &Plan, events: &[Json]) -> Vec<Vec<u64>> {
    let events_of = |detection: &Detection| detection.events.iter().flatten().map(|event| event.0).collect();
    run(&mut *correlator(plan), &hits(plan, events)).iter().map(events_of).collect()
}

fn event(action: &str, name: &str) -> Json {
    json!({"event": {"action": action}, "file": {"name": name}, "process": {"command_line": format!("run {name}")}})
}

#[test]
fn a_step_takes_the_newest_match_that_fits() {
    let query = "sequence [any where event.action == \"drop\"] as event0 \
                 [any where event.action == \"run\" and stringContains~(process.command_line, event0.file.name)]";
    let plan = plan(query);
    // Other files between the two do not stand in the way.
    let events =
        [event("drop", "a"), event("drop", "b"), event("run", "A"), event("run", "a"), event("run", "b")];
    assert_eq!(found(&plan, &events), [vec![0, 2], vec![1, 4]], "a match is taken once");
    let events = [event("drop", "a"), event("drop", "a"), event("run", "a")];
    assert_eq!(found(&plan, &events), [vec![1, 2]], "the newer of two alike");
    assert_eq!(found(&plan, &[event("run", "a"), event("drop", "a")]), [[0; 0]; 0], "not before");
    let nameless = json!({"event": {"action": "drop"}});
    assert_eq!(found(&plan, &[nameless, event("run", "a")]), [[0; 0]; 0], "null contains nothing");
}

#[test]
fn negated_conditions_look_at_named_events_too() {
    let plan = plan(
        "sequence [any where true] as event0 [any where not file.name == event0.file.name] as event1 \
         [any where not file.name == event1.file.name and not file.name == event0.file.name]",
    );
    let names = |names: &str| names.chars().map(|name| event("x", &name.to_string())).collect::<Vec<_>>();
    assert_eq!(found(&plan, &names("aabac")), [[2, 3, 4]], "the newest pair");
    assert_eq!(found(&plan, &names("ababab")), [[0; 0]; 0]);
}

#[test]
fn of_too_many_pending_matches_the_oldest_goes() {
    let query = "sequence [any where event.action == \"drop\"] as event0 \
                 [any where event.action == \"run\" and file.name == event0.file.name]";
    let plan = plan(query);
    let mut events: Vec<Json> = (0..1_026).map(|number| event("drop", &format!("f{number}"))).collect();
    events.extend(["f1", "f2", "f1025"].map(|name| event("run", name)));
    let mut correlator = correlator(&plan);
    let detections = run(&mut *correlator, &hits(&plan, &events));
    assert_eq!((detections.len(), correlator.dropped()), (2, 2));
}

proptest! {
    /// Where values are single, `as event0 ... a == event0.a` is `by a`; whatever the restarts.
    #[test]
    fn naming_an_event_comes_to_joining_by_its_field(
        events in prop::collection::vec((0_usize..3, "[abc]"), 0..60),
        maxspan in prop::option::of(1_u64..12),
    ) {
        let events: Vec<Json> =
            events.iter().map(|(action, name)| event(["x", "y", "z"][*action], name)).collect();
        let span = maxspan.map(|seconds| format!("with maxspan={seconds}s")).unwrap_or_default();
        let joined = plan(&format!(
            "sequence by file.name {span} [any where event.action == \"x\"] \
             [any where event.action in (\"x\", \"y\")] [any where event.action == \"z\"]"
        ));
        let named = plan(&format!(
            "sequence {span} [any where event.action == \"x\"] as event0 \
             [any where event.action in (\"x\", \"y\") and file.name == event0.file.name] as event1 \
             [any where event.action == \"z\" and event1.file.name == file.name]"
        ));
        let expected = found(&joined, &events);
        prop_assert_eq!(&found(&named, &events), &expected);
        let restarted = run_with_restarts(&|| correlator(&named), &hits(&named, &events));
        let restarted: Vec<Vec<u64>> =
            restarted.iter().map(|d| d.events.iter().flatten().map(|event| event.0).collect()).collect();
        prop_assert_eq!(&restarted, &expected);
    }
}

/// No document has a field whose name is that of an answer.
#[test]
fn answers_have_names_of_their_own() {
    let document: Document = serde_json::from_value(json!({"descendant of 0": true})).unwrap();
    let row = DocumentRow::new(&document);
    let plan = plan("any where descendant of [any where true]");
    let late = LatePlan::new(&plan);
    let captured = capture(&steps(&plan)[0].captures, &[], &row);
    let captured = late.step(0).unwrap().answer(&captured, |_| false);
    assert!(!late.holds(0, &captured, &[]));
}
