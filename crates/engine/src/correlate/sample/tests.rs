//! The correlator on hand-made hits.

#![allow(clippy::unwrap_used)]

use rulehound_query::{Filter, SampleFilter};

use super::super::{Captured, KeyValue, StepId, StepMatch};
use super::*;

/// An event: the numbers of the filters it passes, and its key.
type Event = (&'static [u32], Option<&'static str>);

fn correlator(filters: usize, samples_per_key: usize) -> SampleCorrelator {
    let filter = SampleFilter { filter: Filter::Constant(true), keys: Vec::new() };
    SampleCorrelator::new(&SamplePlan { filters: vec![filter; filters] }, samples_per_key)
}

fn hits(events: &[Event]) -> impl Iterator<Item = Hit> {
    (1..).zip(events).map(|(number, (passes, key))| {
        let key = Key([key.map_or(KeyValue::Null, |key| KeyValue::String(key.into()))].into());
        let matches = passes.iter().map(|filter| StepMatch {
            step: StepId(*filter),
            key: key.clone(),
            captured: Captured::default(),
        });
        let ordinal = Ordinal { time: EventTime::from_millis(0), tiebreaker: None, tie: (0, number) };
        Hit { event: EventHandle(number), ordinal, matches: matches.collect() }
    })
}

/// Looks for samples in events numbered from 1; the result has a line a sample, the numbers of its events.
fn check(filters: usize, samples_per_key: usize, events: &[Event], expected: &[&str]) {
    let mut correlator = correlator(filters, samples_per_key);
    let mut detections = Vec::new();
    for hit in hits(events) {
        correlator.push(hit, &mut detections);
    }
    let saved = serde_json::to_string(&correlator.save()).unwrap();
    let mut correlator = self::correlator(filters, samples_per_key);
    correlator.restore(serde_json::from_str(&saved).unwrap()).unwrap();
    correlator.finish(&mut detections);
    let numbers = |one: &Detection| {
        one.events.iter().flatten().map(|event| event.0.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(detections.iter().map(numbers).collect::<Vec<_>>(), expected);
}

#[test]
fn one_sample_a_key_in_the_order_of_keys() {
    let events: [Event; 7] = [
        (&[0], Some("b")),
        (&[0], Some("a")),
        (&[1], Some("a")),
        (&[1], Some("b")),
        (&[1], None),
        (&[0], None),
        (&[0], Some("alone")),
    ];
    check(2, 1, &events, &["6 5", "2 3", "1 4"]);
}

#[test]
fn an_event_stands_once_in_a_sample() {
    check(2, 1, &[(&[0, 1], Some("k"))], &[]);
    check(2, 1, &[(&[0, 1], Some("k")), (&[1], Some("k"))], &["1 2"]);
    check(3, 1, &[(&[0, 1, 2], Some("k")), (&[1, 2], Some("k")), (&[0], Some("k"))], &["3 1 2"]);
}

#[test]
fn more_samples_a_key_are_other_combinations() {
    let events: [Event; 3] = [(&[0, 1], Some("k")), (&[0, 1], Some("k")), (&[1], Some("k"))];
    check(2, 3, &events, &["1 2", "1 3", "2 1"]);
    check(2, 10, &events, &["1 2", "1 3", "2 1", "2 3"]);
    check(2, 0, &events, &[]);
}

#[test]
fn scarce_events_are_left_to_the_filters_that_need_them() {
    let mut events: Vec<Event> = vec![(&[0, 1, 2, 3, 4], Some("k"))];
    events.extend(vec![(&[0, 1, 2][..], Some("k")); 2000]);
    check(5, 1000, &events, &[]);
    events.push((&[0, 1, 2, 4], Some("k")));
    check(5, 2, &events, &["2 3 4 1 2002", "2 3 5 1 2002"]);
}

#[test]
fn what_is_kept_is_bounded_and_enough() {
    let mut correlator = correlator(3, 2);
    for hit in hits(&[(&[0, 1, 2][..], Some("k")); 1000]) {
        correlator.push(hit, &mut Vec::new());
    }
    assert!(correlator.keys.values().flatten().all(|candidates| candidates.len() == 11));
    let mut detections = Vec::new();
    correlator.finish(&mut detections);
    assert_eq!(detections.len(), 2);
}
