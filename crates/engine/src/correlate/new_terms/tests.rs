//! New terms on hand-made hits, and against the definition on random ones.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rulehound_query::Filter;
use rulehound_schema::{Field, FieldType};

use super::super::testing::{hit, key, of_step, run, run_with_restarts, window};
use super::*;

fn plan(interval: u64, look_back: u64, history: u64) -> NewTermsPlan {
    NewTermsPlan {
        filter: Filter::Constant(true),
        fields: vec![Field::new("user.name", FieldType::Keyword)],
        history: Duration::from_millis(history),
        window: window(interval, look_back),
    }
}

fn hits(events: &[(i64, &str)]) -> Vec<Hit> {
    let hit = |(number, (time, text)): (u64, &(i64, &str))| hit(number, *time, vec![of_step(0, text, &[])]);
    (0..).zip(events).map(hit).collect()
}

fn found(detections: &[Detection]) -> Vec<u64> {
    let mut found: Vec<u64> =
        detections.iter().filter_map(|found| Some((*found.events.first()?)?.0)).collect();
    found.sort_unstable();
    found
}

/// "New terms: generates an alert for each new term detected in source documents within a specified time range"
/// (Elastic's guide, "About detection rules").
#[test]
fn the_first_event_of_a_value_gives_the_alert() {
    let hits = hits(&[(1, "anna"), (2, "bert"), (3, "anna"), (40, "anna")]);
    let found = run(&mut NewTermsCorrelator::new(&plan(5, 9, 100), Limits::default()), &hits);
    assert_eq!(self::found(&found), [0, 1]);
    assert_eq!(found[0].key, key("anna"));
}

#[test]
fn a_value_is_new_again_when_the_history_has_forgotten_it() {
    // The last run that sees the event at 120 is at 125: its history begins at 25.
    let plan = plan(5, 9, 100);
    let found_after = |first| {
        let hits = hits(&[(first, "anna"), (120, "anna")]);
        found(&run(&mut NewTermsCorrelator::new(&plan, Limits::default()), &hits))
    };
    assert_eq!(found_after(24), [0, 1]);
    assert_eq!(found_after(25), [0]);
}

#[test]
fn over_its_limit_it_forgets_the_oldest_and_says_so() {
    let mut correlator =
        NewTermsCorrelator::new(&plan(5, 9, 1000), Limits { keys: 2, per_key: 1, ..Limits::default() });
    let mut found = Vec::new();
    for hit in hits(&[(1, "a"), (2, "b"), (3, "c"), (4, "b"), (5, "a")]) {
        correlator.push(hit, &mut found);
    }
    assert_eq!(self::found(&found), [0, 1, 2, 4]);
    assert_eq!(correlator.dropped(), 2);
}

/// What Kibana does, run by run: in each window the values whose first event since the history began lies in it.
fn naive(events: &[(i64, String)], interval: i64, look_back: i64, history: i64) -> Vec<u64> {
    let mut found = std::collections::BTreeSet::new();
    for run in (0..200).map(|run| run * interval) {
        for (_, value) in events {
            let since = |start: i64| {
                let mut of_value = (0_u64..).zip(events).filter(|(_, (_, other))| other == value);
                of_value.find(|(_, (time, _))| (start..=run).contains(time))
            };
            if let Some((number, (time, _))) = since(run - history)
                && *time >= run - look_back
            {
                found.insert(number);
            }
        }
    }
    found.into_iter().collect()
}

proptest! {
    #[test]
    fn agrees_with_run_by_run(
        mut events in prop::collection::vec((0..80_i64, "[ab]"), 0..20),
        interval in 1..10_i64,
        more in 0..20_i64,
        history in 0..60_i64,
    ) {
        events.sort_by_key(|(time, _)| *time);
        let (look_back, history) = (interval + more, interval + more + history);
        let hits = hits(&events.iter().map(|(time, value)| (*time, &**value)).collect::<Vec<_>>());
        let plan = plan(interval.unsigned_abs(), look_back.unsigned_abs(), history.unsigned_abs());
        let fresh = || Box::new(NewTermsCorrelator::new(&plan, Limits::default())) as Box<dyn Correlator>;
        let expected = naive(&events, interval, look_back, history);
        prop_assert_eq!(&found(&run(&mut *fresh(), &hits)), &expected);
        prop_assert_eq!(&found(&run_with_restarts(&fresh, &hits)), &expected);
    }
}
