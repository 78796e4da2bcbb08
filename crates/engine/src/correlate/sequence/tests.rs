//! The correlator on hand-made hits, and against a plain reference on random ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use rulehound_query::{Filter, SequencePlan, Step};

use super::super::{Captured, KeyValue, StepId};
use super::*;

/// A plan written as `A !M B`: letters are filters, `!` a missing event, `/U` at the end `until`.
fn plan(text: &str, maxspan: Option<u64>) -> SequencePlan {
    let step = |missing| Step { filter: Filter::Constant(true), keys: Vec::new(), missing };
    let (steps, until) = text.split_once('/').map_or((text, None), |(steps, until)| (steps, Some(until)));
    SequencePlan {
        steps: steps.split_whitespace().map(|letter| step(letter.starts_with('!'))).collect(),
        maxspan: maxspan.map(Duration::from_millis),
        until: until.map(|_| step(false)),
    }
}

/// The letters of a plan's filters, in the order of the steps.
fn letters(text: &str) -> Vec<char> {
    text.chars().filter(char::is_ascii_uppercase).collect()
}

/// An event: its time, the filters it passes, its keys.
type Event = (i64, &'static str, &'static str);

/// The hits of events, numbered from 1 in the order given; keys are single letters.
fn hits(text: &str, events: &[Event]) -> Vec<Hit> {
    let steps = letters(text);
    let mut hits: Vec<Hit> = events
        .iter()
        .zip(1..)
        .map(|((time, passes, keys), number)| {
            let ordinal = Ordinal { time: EventTime::from_millis(*time), tiebreaker: None, tie: (0, number) };
            let matched = (0..).zip(&steps).filter(|(_, letter)| passes.contains(**letter));
            let matches = matched.flat_map(|(step, _)| {
                keys.chars().map(move |key| StepMatch {
                    step: StepId(step),
                    key: key_of(key),
                    captured: Captured::default(),
                })
            });
            Hit { event: EventHandle(number), ordinal, matches: matches.collect() }
        })
        .collect();
    hits.sort_by(|a, b| a.ordinal.cmp(&b.ordinal));
    hits
}

fn key_of(letter: char) -> Key {
    Key([KeyValue::String(letter.to_string().into())].into())
}

fn in_order(mut detections: Vec<Detection>) -> Vec<Detection> {
    detections.sort_by(|a, b| (&a.ordinal, &a.key).cmp(&(&b.ordinal, &b.key)));
    detections
}

fn run(plan: &SequencePlan, hits: &[Hit]) -> Vec<Detection> {
    let mut correlator = SequenceCorrelator::new(plan);
    let mut detections = Vec::new();
    for hit in hits {
        correlator.push(hit.clone(), &mut detections);
    }
    correlator.finish(&mut detections);
    in_order(detections)
}

/// Runs a plan over events; the result has a line for each sequence: the numbers of its events, `-` for missing.
fn check(text: &str, maxspan: Option<u64>, events: &[Event], expected: &[&str]) {
    let (plan, hits) = (plan(text, maxspan), hits(text, events));
    let number = |event: &Option<EventHandle>| event.map_or("-".to_owned(), |event| event.0.to_string());
    let found = run(&plan, &hits);
    let lines: Vec<String> =
        found.iter().map(|one| one.events.iter().map(number).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, expected, "{text} over {events:?}");
    assert_eq!(found, reference(&plan, &hits), "the reference on {text} over {events:?}");
}

#[test]
fn the_newer_event_of_a_step_replaces_the_older() {
    check("A B", None, &[(1, "A", "k"), (2, "A", "k"), (3, "B", "k"), (4, "B", "k")], &["2 3"]);
    let events = [(1, "A", "k"), (2, "B", "k"), (3, "A", "k"), (4, "B", "k"), (5, "C", "k"), (6, "C", "k")];
    check("A B C", None, &events, &["3 4 5"]);
}

#[test]
fn an_event_of_two_steps_serves_the_later_first() {
    check("A A A", None, &[(1, "A", "k"), (2, "A", "k"), (3, "A", "k"), (4, "A", "k")], &["1 2 3", "2 3 4"]);
    check("A B", None, &[(1, "AB", "k"), (1, "AB", "k")], &["1 2"]);
}

#[test]
fn keys_are_apart_and_an_event_may_have_several() {
    check("A B", None, &[(1, "A", "x"), (2, "A", "y"), (3, "B", "x"), (4, "B", "y")], &["1 3", "2 4"]);
    check("A B", None, &[(1, "A", "yx"), (2, "B", "xyz")], &["1 2", "1 2"]);
}

#[test]
fn maxspan_counts_from_the_first_event_inclusive() {
    check("A B C", Some(10), &[(0, "A", "k"), (5, "B", "k"), (10, "C", "k")], &["1 2 3"]);
    check("A B C", Some(10), &[(0, "A", "k"), (5, "B", "k"), (11, "C", "k")], &[]);
}

#[test]
fn until_ends_what_is_pending_but_not_what_its_own_event_completes() {
    check("A B /U", None, &[(1, "A", "k"), (2, "U", "k"), (3, "B", "k")], &[]);
    check("A B /U", None, &[(1, "A", "k"), (2, "BU", "k")], &["1 2"]);
    check("A B /U", None, &[(1, "AU", "k"), (2, "B", "k")], &[]);
    check("A B /U", None, &[(1, "A", "k"), (1, "B", "k"), (1, "U", "k")], &["1 2"]);
    check("A B /U", None, &[(1, "A", "x"), (2, "U", "y"), (3, "B", "x")], &["1 3"]);
}

#[test]
fn an_event_that_should_be_missing_spoils_the_match_and_uses_it_up() {
    check("A !M B", Some(10), &[(1, "A", "k"), (3, "B", "k")], &["1 - 2"]);
    check("A !M B", Some(10), &[(1, "A", "k"), (2, "M", "k"), (3, "B", "k"), (4, "B", "k")], &[]);
    // Strictly between, by time alone.
    check("A !M B", Some(10), &[(1, "A", "k"), (1, "M", "k"), (2, "M", "x"), (3, "B", "k")], &["1 - 4"]);
    check("A !M B", Some(10), &[(1, "A", "k"), (3, "M", "k"), (3, "B", "k")], &["1 - 3"]);
    let spoiled_in_the_first_gap =
        [(1, "A", "k"), (2, "B", "k"), (3, "A", "k"), (4, "M", "k"), (5, "B", "k"), (6, "C", "k")];
    check("A !M B C", Some(10), &spoiled_in_the_first_gap, &[]);
}

#[test]
fn a_leading_missing_event_counts_back_from_the_last() {
    check("!M A", Some(10), &[(0, "M", "k"), (10, "A", "k"), (11, "A", "k")], &["- 3"]);
    check("!M A B", Some(10), &[(0, "M", "k"), (5, "A", "k"), (10, "B", "k")], &[]);
    check("!M A B", Some(10), &[(0, "M", "k"), (5, "A", "k"), (11, "B", "k")], &["- 2 3"]);
    check("!M A", Some(10), &[(5, "M", "k"), (5, "A", "k"), (5, "M", "k")], &["- 2"]);
}

#[test]
fn a_trailing_missing_event_counts_from_the_first() {
    check("A !M", Some(10), &[(0, "A", "k"), (1, "A", "k"), (11, "M", "k")], &["1 -"]);
    check("A B !M", Some(10), &[(0, "A", "k"), (5, "B", "k"), (11, "M", "k")], &["1 2 -"]);
    check("A B !M", Some(10), &[(0, "A", "k"), (5, "B", "k"), (10, "M", "k")], &[]);
    check("A !M", Some(10), &[(0, "A", "k"), (0, "M", "k"), (3, "M", "x")], &["1 -"]);
}

#[test]
fn missing_before_and_after_asks_for_a_span_without_either() {
    check("!M A !M", Some(10), &[(0, "M", "k"), (5, "A", "k"), (10, "M", "k")], &[]);
    check("!M A !M", Some(10), &[(0, "M", "k"), (5, "A", "k"), (11, "M", "k")], &["- 2 -"]);
    check("!M A !M", Some(10), &[(4, "A", "k"), (5, "M", "k")], &["- 1 -"]);
}

#[test]
fn a_trailing_missing_event_is_settled_by_time_passing() {
    let mut correlator = SequenceCorrelator::new(&plan("A !M", Some(10)));
    let mut detections = Vec::new();
    correlator.push(hits("A !M", &[(0, "A", "k")]).remove(0), &mut detections);
    correlator.advance(EventTime::from_millis(10), &mut detections);
    assert_eq!(detections.len(), 0);
    correlator.advance(EventTime::from_millis(11), &mut detections);
    assert_eq!(detections.len(), 1);
}

#[test]
fn what_is_past_its_maxspan_is_forgotten() {
    let mut correlator = SequenceCorrelator::new(&plan("A B !M", Some(10)));
    for hit in hits("A B !M", &[(0, "A", "abcdefgh"), (3, "B", "bcd"), (5, "A", "h"), (6, "M", "c")]) {
        correlator.push(hit, &mut Vec::new());
    }
    correlator.advance(EventTime::from_millis(100), &mut Vec::new());
    assert!(correlator.keys.is_empty() && correlator.expiry.is_empty() && correlator.deadlines.is_empty());
}

#[test]
fn a_state_of_another_plan_is_refused() {
    let mut long = SequenceCorrelator::new(&plan("A B C", None));
    long.push(hits("A B C", &[(0, "A", "k")]).remove(0), &mut Vec::new());
    let mut short = SequenceCorrelator::new(&plan("A B", None));
    assert_eq!(short.restore(long.save()), Err(StateMismatch));
}

/// The rule as Elasticsearch applies it: one step after the other over all events of a key, with nothing
/// forgotten and missing events looked up afterwards.
fn reference(plan: &SequencePlan, hits: &[Hit]) -> Vec<Detection> {
    let keys: BTreeSet<&Key> = hits.iter().flat_map(|hit| hit.matches.iter().map(|one| &one.key)).collect();
    in_order(keys.into_iter().flat_map(|key| reference_of_key(plan, hits, key)).collect())
}

fn reference_of_key(plan: &SequencePlan, hits: &[Hit], key: &Key) -> Vec<Detection> {
    let of_step = |step: usize| -> Vec<&Hit> {
        let id = StepId(u32::try_from(step).unwrap());
        hits.iter().filter(|hit| hit.matches.iter().any(|one| one.step == id && one.key == *key)).collect()
    };
    let untils = if plan.until.is_some() { of_step(plan.steps.len()) } else { Vec::new() };
    let positive: Vec<usize> = (0..plan.steps.len()).filter(|step| !plan.steps[*step].missing).collect();
    let span = |from: &Hit, to: &Hit| to.ordinal.time.parts().0 - from.ordinal.time.parts().0;
    let maxspan = plan.maxspan.map_or(i64::MAX, |span| i64::try_from(span.as_millis()).unwrap());

    let mut partials: Vec<Vec<&Hit>> = of_step(positive[0]).into_iter().map(|hit| vec![hit]).collect();
    for step in &positive[1..] {
        let mut moved = Vec::new();
        for hit in of_step(*step) {
            let before =
                partials.iter().filter(|partial| partial.last().unwrap().ordinal < hit.ordinal).count();
            let Some(mut partial) = partials.drain(..before).next_back() else { continue };
            let last = &partial.last().unwrap().ordinal;
            let ended = untils.iter().any(|until| *last <= until.ordinal && until.ordinal < hit.ordinal);
            if span(partial[0], hit) <= maxspan && !ended {
                partial.push(hit);
                moved.push(partial);
            }
        }
        partials = moved;
    }

    let whole = |events: &Vec<&Hit>| {
        let time = |hit: &Hit| hit.ordinal.time.parts().0;
        let (first, last) = (time(events[0]), time(events[events.len() - 1]));
        // The span without unwanted events around the match, exclusive.
        let (mut begin, mut end) = (i64::MIN / 2, i64::MAX / 2);
        let mut following = 0;
        for (step, asked) in plan.steps.iter().enumerate() {
            if !asked.missing {
                following += 1;
                continue;
            }
            for unwanted in of_step(step).into_iter().map(time) {
                if following == 0 && unwanted < first {
                    begin = begin.max(unwanted);
                } else if following == events.len() && unwanted > last {
                    end = end.min(unwanted);
                } else if following > 0
                    && following < events.len()
                    && time(events[following - 1]) < unwanted
                    && unwanted < time(events[following])
                {
                    return false;
                }
            }
        }
        match (plan.steps[0].missing, plan.steps[plan.steps.len() - 1].missing) {
            (true, true) => end - begin > maxspan,
            (true, false) => last - begin > maxspan,
            (false, true) => end - first > maxspan,
            (false, false) => true,
        }
    };
    let detection = |events: Vec<&Hit>| {
        let mut left = events.iter();
        let steps = plan.steps.iter();
        Detection {
            key: key.clone(),
            events: steps
                .map(|step| if step.missing { None } else { left.next().map(|hit| hit.event) })
                .collect(),
            ordinal: events[events.len() - 1].ordinal.clone(),
            details: Details::None,
        }
    };
    partials.into_iter().filter(whole).map(detection).collect()
}

/// A plan and its maxspan: all there is of up to four steps of three filters.
fn any_plan() -> impl Strategy<Value = (String, Option<u64>)> {
    let step = (any::<bool>(), prop::sample::select(vec!["A", "B", "C"]));
    let steps = prop::collection::vec(step, 1..5).prop_filter("an event must be there", |steps| {
        steps.iter().any(|(missing, _)| !missing) && steps.len() > 1
    });
    (steps, any::<bool>(), prop::option::of(1..15u64)).prop_map(|(steps, until, maxspan)| {
        let missing = steps.iter().any(|(missing, _)| *missing);
        let texts =
            steps.iter().map(|(missing, letter)| format!("{}{letter} ", if *missing { "!" } else { "" }));
        let text = texts.collect::<String>() + if until { "/U" } else { "" };
        (text, if missing { maxspan.or(Some(5)) } else { maxspan })
    })
}

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let passes = prop::sample::select(vec!["A", "B", "C", "AB", "BC", "ABC", "U", "AU", "BU", "CU"]);
    let keys = prop::sample::select(vec!["x", "x", "y", "xy"]);
    prop::collection::vec((0..40i64, passes, keys), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_reference((text, maxspan) in any_plan(), events in any_events()) {
        let plan = plan(&text, maxspan);
        let hits = hits(&text, &events);
        prop_assert_eq!(run(&plan, &hits), reference(&plan, &hits));
    }

    #[test]
    fn may_be_split_by_key((text, maxspan) in any_plan(), events in any_events()) {
        let plan = plan(&text, maxspan);
        let hits = hits(&text, &events);
        let of_key = |letter| {
            let key = key_of(letter);
            let mut hits = hits.clone();
            hits.iter_mut().for_each(|hit| hit.matches.retain(|step| step.key == key));
            run(&plan, &hits)
        };
        prop_assert_eq!(in_order([of_key('x'), of_key('y')].concat()), run(&plan, &hits));
    }

    #[test]
    fn goes_on_from_a_saved_state((text, maxspan) in any_plan(), events in any_events(), at in 0..40usize) {
        let plan = plan(&text, maxspan);
        let hits = hits(&text, &events);
        let mut detections = Vec::new();
        let mut correlator = SequenceCorrelator::new(&plan);
        for (number, hit) in hits.iter().enumerate() {
            if number == at {
                let saved = serde_json::to_string(&correlator.save()).unwrap();
                correlator = SequenceCorrelator::new(&plan);
                correlator.restore(serde_json::from_str(&saved).unwrap()).unwrap();
                correlator.advance(hit.ordinal.time, &mut detections);
            }
            correlator.push(hit.clone(), &mut detections);
        }
        correlator.finish(&mut detections);
        prop_assert_eq!(in_order(detections), run(&plan, &hits));
    }
}
