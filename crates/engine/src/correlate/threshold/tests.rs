//! Thresholds on hand-made hits, and against the definition on random ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use rulehound_query::Filter;
use rulehound_schema::{Field, FieldType};

use super::super::testing::{hit, key, of_step, run, run_with_restarts, window};
use super::*;

fn plan(interval: u64, look_back: u64, count: u64, cardinality: Option<u64>) -> ThresholdPlan {
    let field = |name| Field::new(name, FieldType::Keyword);
    ThresholdPlan {
        filter: Filter::Constant(true),
        group_by: vec![field("host.name")],
        count,
        cardinality: cardinality.map(|least| (field("user.name"), least)).into_iter().collect(),
        window: window(interval, look_back),
    }
}

fn hits(events: &[(i64, &str, &str)]) -> Vec<Hit> {
    let hit = |(number, (time, host, user)): (u64, &(i64, &str, &str))| {
        hit(number, *time, vec![of_step(0, host, &[user])])
    };
    (0..).zip(events).map(hit).collect()
}

/// Group, count, cardinality, run.
fn buckets(detections: &[Detection]) -> Vec<(Key, u64, Vec<u64>, i64)> {
    let bucket = |found: &Detection| match &found.details {
        Details::Bucket(bucket) => {
            Some((found.key.clone(), bucket.count, bucket.cardinality.clone(), bucket.run))
        }
        _ => None,
    };
    detections.iter().filter_map(bucket).collect()
}

/// "If a threshold rule has Group by `source.ip` and threshold 10, an alert is generated for every source IP address that
/// appears in at least 10 of the rule's search results" (Elastic's guide, "Create a threshold rule").
#[test]
fn a_group_alerts_when_it_is_large_enough() {
    let events = [(1, "a", "u"), (2, "b", "u"), (3, "a", "u"), (4, "a", "u")];
    let found = run(&mut ThresholdCorrelator::new(&plan(5, 9, 3, None), Limits::default()), &hits(&events));
    assert_eq!(buckets(&found), [(key("a"), 3, vec![], 5)]);
    assert_eq!(found[0].events, [Some(EventHandle(3))]);
    let Details::Bucket(bucket) = &found[0].details else { panic!("no bucket") };
    assert_eq!((bucket.first, bucket.last), (EventTime::from_millis(1), EventTime::from_millis(4)));
}

/// "... count: the rule only creates an alert if there are at least so many unique values of the field" (the same page).
#[test]
fn a_group_alerts_when_it_is_varied_enough() {
    let events = [(1, "a", "u"), (2, "a", "u"), (3, "b", "u"), (4, "b", "v")];
    let found =
        run(&mut ThresholdCorrelator::new(&plan(5, 9, 1, Some(2)), Limits::default()), &hits(&events));
    assert_eq!(buckets(&found), [(key("b"), 2, vec![2], 5)]);
}

#[test]
fn windows_overlap_and_an_alert_uses_up_its_events() {
    // Runs at 5, 10, 15, ... each see 9 back. Two events in one window are enough.
    let of = |times: &[i64]| {
        let events: Vec<_> = times.iter().map(|time| (*time, "a", "u")).collect();
        let mut correlator = ThresholdCorrelator::new(&plan(5, 9, 2, None), Limits::default());
        buckets(&run(&mut correlator, &hits(&events)))
            .into_iter()
            .map(|(_, count, _, run)| (count, run))
            .collect::<Vec<_>>()
    };
    let none: Vec<(u64, i64)> = Vec::new();
    assert_eq!(of(&[1, 6]), [(2, 10)]);
    assert_eq!(of(&[0, 6]), none);
    assert_eq!(of(&[1, 2, 6]), [(2, 5)]);
    assert_eq!(of(&[1, 2, 6, 7]), [(2, 5), (2, 10)]);
}

#[test]
fn over_its_limits_it_forgets_and_says_so() {
    let limits = Limits { keys: 1, per_key: 2, ..Limits::default() };
    let mut correlator = ThresholdCorrelator::new(&plan(1, 9, 2, Some(1)), limits);
    let events = [(1, "a", "u"), (2, "b", "u"), (3, "a", "v"), (3, "a", "w"), (3, "a", "x")];
    let found = run(&mut correlator, &hits(&events));
    assert_eq!(buckets(&found), [(key("a"), 3, vec![2], 3)]);
    // The events of `a` at 1 and of `b`, and the user `x`.
    assert_eq!(correlator.dropped(), 3);
}

/// What Kibana does, run by run, with the times of the last alerts as it keeps them.
fn naive(
    events: &[(i64, String, String)],
    plan: &ThresholdPlan,
    interval: i64,
    look_back: i64,
) -> Vec<(Key, u64, Vec<u64>, i64)> {
    let mut found = Vec::new();
    for host in ["a", "b"] {
        let mut used = -1;
        for run in (0..200).map(|run| run * interval) {
            let window = (run - look_back).max(used + 1)..=run;
            let seen = |event: &&(i64, String, String)| event.1 == host && window.contains(&event.0);
            let users: BTreeSet<_> = events.iter().filter(seen).map(|event| &event.2).collect();
            let times: Vec<i64> = events.iter().filter(seen).map(|event| event.0).collect();
            let cardinality: Vec<u64> = plan.cardinality.iter().map(|_| users.len() as u64).collect();
            let varied = plan.cardinality.iter().all(|(_, least)| users.len() as u64 >= *least);
            if times.len() as u64 >= plan.count && varied {
                found.push((key(host), times.len() as u64, cardinality, run));
                used = times.into_iter().max().unwrap();
            }
        }
    }
    found.sort_by(|a, b| (a.3, &a.0).cmp(&(b.3, &b.0)));
    found
}

proptest! {
    #[test]
    fn agrees_with_run_by_run(
        mut events in prop::collection::vec((0..80_i64, "[ab]", "[uvw]"), 0..25),
        interval in 1..10_i64,
        more in 0..20_i64,
        count in 1..5_u64,
        cardinality in prop::option::of(1..4_u64),
    ) {
        events.sort_by_key(|(time, ..)| *time);
        let look_back = interval + more;
        let hits = hits(&events.iter().map(|(time, host, user)| (*time, &**host, &**user)).collect::<Vec<_>>());
        let plan = plan(interval.unsigned_abs(), look_back.unsigned_abs(), count, cardinality);
        let fresh = || Box::new(ThresholdCorrelator::new(&plan, Limits::default())) as Box<dyn Correlator>;
        let expected = naive(&events, &plan, interval, look_back);
        prop_assert_eq!(&buckets(&run(&mut *fresh(), &hits)), &expected);
        prop_assert_eq!(&buckets(&run_with_restarts(&fresh, &hits)), &expected);
    }
}
