//! What is said of single events and of sequences.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rulehound_events::Origin;
use rulehound_query::{Filter, Plan, Predicate, SamplePlan, SequencePlan, Step, Test};
use rulehound_schema::{Field, FieldSource, FieldType, Value};

use super::join::{JoinExplanation, StepHit, explain_joins};
use super::{Stop, TermKind, explain};
use crate::correlate::{Captured, EventTime, Key, KeyValue, StepId};

fn field(name: &str) -> Field {
    Field { name: Arc::from(name), field_type: FieldType::Keyword, parameters: None }
}

/// `name == value`, and for several values `name in (...)`.
fn is(name: &str, values: &[&str]) -> Filter {
    let values = values.iter().map(|value| Value::String((*value).to_owned().into())).collect();
    Filter::Predicate(Predicate { field: field(name), test: Test::In(values) })
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

struct Event(&'static [(&'static str, &'static str)]);

impl FieldSource for Event {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let values = self.0.iter().filter(|(name, _)| *name == &*field.name);
        values.map(|(_, value)| Value::String((*value).into())).collect()
    }
}

/// The fields of the leaves that decide, those that should not hold with a `!`.
fn check_deciding(filter: &Filter, event: &Event, expected: &[&str]) {
    let explanation = explain(filter, event);
    assert_eq!(explanation.holds, crate::interpret::matches(filter, event));
    let deciding = explanation.deciding.iter().map(|leaf| {
        let not = if leaf.should_hold { "" } else { "!" };
        format!("{not}{}", leaf.fields.join(","))
    });
    assert_eq!(deciding.collect::<Vec<_>>(), expected, "{filter:?}");
}

#[test]
fn the_fewest_leaves_that_decide_are_named() {
    let event = Event(&[("a", "1"), ("b", "1"), ("c", "1")]);
    let (yes, no) = (|name| is(name, &["0", "1"]), |name| is(name, &["0"]));
    let cases: &[(Filter, &[&str])] = &[
        (yes("a"), &[]),
        (no("a"), &["a"]),
        (no("missing"), &["missing"]),
        (Filter::And(vec![yes("a"), no("b"), yes("c")]), &["b"]),
        (Filter::And(vec![no("a"), no("b"), yes("c")]), &["a", "b"]),
        (Filter::Or(vec![Filter::And(vec![no("a"), no("b")]), no("c")]), &["c"]),
        // A `not` that holds because its inside fails decides nothing; one that fails asks for the inverse.
        (Filter::And(vec![not(no("a")), no("b")]), &["b"]),
        (not(yes("a")), &["!a"]),
        (not(Filter::Or(vec![yes("a"), no("b"), yes("c")])), &["!a", "!c"]),
        (not(Filter::And(vec![yes("a"), yes("b")])), &["!a"]),
        (not(not(no("a"))), &["a"]),
        // No leaf can make a constant hold.
        (Filter::And(vec![Filter::Constant(false), yes("a")]), &[]),
        (Filter::Or(vec![Filter::Constant(false), no("a")]), &["a"]),
    ];
    for (filter, expected) in cases {
        check_deciding(filter, &event, expected);
    }
}

#[test]
fn a_leaf_says_what_it_saw_and_which_alternative_held() {
    let event = Event(&[("a", "1"), ("a", "2")]);
    let explanation = explain(&is("a", &["0", "2"]), &event);
    let TermKind::Predicate { seen, alternatives, .. } = explanation.condition.kind else {
        panic!("no predicate")
    };
    assert_eq!(seen.values, ["1", "2"]);
    assert_eq!(alternatives.iter().map(|alternative| alternative.holds).collect::<Vec<_>>(), [false, true]);
}

const MAXSPAN: Duration = Duration::from_secs(60);

/// A sequence whose steps are named by their filters' fields: `!` before a missing one, `until` last.
fn sequence(steps: &[&str], until: bool) -> Plan {
    let step = |name: &str| Step {
        filter: is(name.trim_start_matches('!'), &["1"]),
        keys: Vec::new(),
        missing: name.starts_with('!'),
    };
    Plan::Sequence(SequencePlan {
        steps: steps.iter().map(|name| step(name)).collect(),
        maxspan: Some(MAXSPAN),
        until: until.then(|| step("until")),
    })
}

/// Events of one key: the step each matched, from 0, and its second.
fn joins(plan: &Plan, events: &[(u32, i64)]) -> JoinExplanation {
    let hits = (1..).zip(events).map(|(position, (step, second))| StepHit {
        step: StepId(*step),
        time: EventTime::from_millis(second * 1000),
        tiebreaker: None,
        origin: Origin { file: Arc::from("-"), position },
        captured: Captured::default(),
    });
    let key = Key(Arc::from([KeyValue::String(Arc::from("host"))]));
    explain_joins(plan, BTreeMap::from([(key, hits.collect())]), 3).expect("a plan with joins")
}

fn check_stop(plan: &Plan, events: &[(u32, i64)], reached: usize, stop: Option<Stop>) {
    let joins = joins(plan, events);
    let key = &joins.farthest[0];
    assert_eq!((key.reached, &key.stop), (reached, &stop), "{events:?}");
    assert_eq!((joins.keys, joins.complete), (1, usize::from(stop.is_none())));
}

#[test]
fn a_sequence_says_what_stopped_it() {
    let plain = sequence(&["a", "b", "c"], true);
    check_stop(&plain, &[(0, 0), (1, 1), (2, 2)], 3, None);
    check_stop(&plain, &[(1, 0)], 0, Some(Stop::NeverMatched { step: 1 }));
    check_stop(&plain, &[(0, 0), (2, 2)], 1, Some(Stop::NeverMatched { step: 2 }));
    check_stop(&plain, &[(1, 0), (0, 1), (2, 2)], 1, Some(Stop::NotAfter { step: 2 }));
    check_stop(
        &plain,
        &[(0, 0), (1, 1), (2, 63)],
        2,
        Some(Stop::OutsideMaxspan { step: 3, over_millis: 3000 }),
    );
    check_stop(
        &plain,
        &[(0, 0), (1, 60), (2, 63)],
        2,
        Some(Stop::OutsideMaxspan { step: 3, over_millis: 3000 }),
    );
    check_stop(&plain, &[(0, 0), (3, 1), (1, 2)], 1, Some(Stop::Until { step: 2 }));
    check_stop(&plain, &[(0, 0), (3, 1), (1, 61)], 1, Some(Stop::SeveralLimits { step: 2 }));

    let missing = sequence(&["a", "!b", "c"], false);
    check_stop(&missing, &[(0, 0), (2, 2)], 3, None);
    check_stop(&missing, &[(0, 0), (1, 1), (2, 2)], 1, Some(Stop::NotMissing { step: 3 }));
    check_stop(&missing, &[(0, 0), (1, 1)], 1, Some(Stop::NeverMatched { step: 3 }));

    let trailing = sequence(&["a", "b", "!c"], false);
    check_stop(&trailing, &[(0, 0), (1, 1)], 3, None);
    check_stop(&trailing, &[(0, 0), (1, 1), (2, 2)], 1, Some(Stop::NotMissing { step: 3 }));
    let leading = sequence(&["!a", "b", "c"], false);
    check_stop(&leading, &[(1, 0), (2, 1)], 3, None);
    check_stop(&leading, &[(0, 0), (1, 1), (2, 2)], 0, Some(Stop::NotMissing { step: 2 }));
}

#[test]
fn a_sample_says_which_filter_was_not_matched() {
    let filters = ["a", "b", "c"]
        .map(|name| rulehound_query::SampleFilter { filter: is(name, &["1"]), keys: Vec::new() });
    let plan = Plan::Sample(SamplePlan { filters: filters.to_vec() });
    check_stop(&plan, &[(2, 0), (1, 1), (0, 2)], 3, None);
    check_stop(&plan, &[(2, 0), (0, 1)], 2, Some(Stop::NeverMatched { step: 2 }));
}
