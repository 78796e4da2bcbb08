//! Threat matches on hand-made hits, and against the definition on random ones.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rulehound_query::Filter;
use rulehound_schema::{Field, FieldType, IndexPatterns};

use super::super::in_order_of_results;
use super::super::testing::{hit, of_step, run, run_with_restarts, window};
use super::*;

fn plan(interval: u64, look_back: u64) -> ThreatMatchPlan {
    let field = |name| Field::new(name, FieldType::Keyword);
    let entry =
        |ours, theirs| ThreatEntry { field: field(ours), indicator_field: field(theirs), negate: false };
    ThreatMatchPlan {
        events: Filter::Constant(true),
        indicators: Filter::Constant(true),
        oldest: None,
        indicator_index: IndexPatterns::new(["logs-ti_*"]),
        mappings: vec![
            vec![entry("dns.question.name", "threat.indicator.url.domain")],
            vec![entry("url.domain", "threat.indicator.url.domain")],
        ],
        window: window(interval, look_back),
    }
}

/// Each event with its indicators.
fn found(plan: &ThreatMatchPlan, mut detections: Vec<Detection>) -> Vec<(u64, Vec<(u64, u32)>)> {
    in_order_of_results(&rulehound_query::Plan::ThreatMatch(Box::new(plan.clone())), &mut detections);
    let found = detections.into_iter().filter_map(|found| {
        let Details::Indicators(indicators) = found.details else { return None };
        let indicators = indicators.iter().map(|of| (of.indicator.0, of.mapping)).collect();
        Some(((*found.events.first()?)?.0, indicators))
    });
    found.collect()
}

fn run_plan(plan: &ThreatMatchPlan, hits: &[Hit]) -> Vec<(u64, Vec<(u64, u32)>)> {
    found(plan, run(&mut ThreatMatchCorrelator::new(plan, Limits::default()), hits))
}

/// An event, by the second mapping.
fn event(number: u64, millis: i64, domain: &str) -> Hit {
    hit(number, millis, vec![of_step(2, domain, &[])])
}

fn indicator(number: u64, millis: i64, domain: &str) -> Hit {
    hit(number, millis, vec![of_step(1, domain, &[]), of_step(3, domain, &[])])
}

/// "Indicator match: generates an alert when Elastic Security index field values match field values defined in the specified
/// indicator index patterns" (Elastic's guide, "About detection rules").
#[test]
fn an_event_is_one_alert_with_all_its_indicators() {
    let both = hit(2, 3, vec![of_step(0, "evil.example", &[]), of_step(2, "evil.example", &[])]);
    let hits =
        [indicator(0, 1, "evil.example"), indicator(1, 2, "evil.example"), both, event(3, 4, "good.example")];
    assert_eq!(run_plan(&plan(5, 9), &hits), [(2, vec![(0, 0), (0, 1), (1, 0), (1, 1)])]);
}

#[test]
fn an_indicator_matches_events_before_it_within_the_look_back() {
    // The last run that sees the event at 1 is at 10.
    assert_eq!(run_plan(&plan(5, 9), &[event(0, 1, "x"), indicator(1, 10, "x")]), [(0, vec![(1, 1)])]);
    assert_eq!(run_plan(&plan(5, 9), &[event(0, 1, "x"), indicator(1, 11, "x")]), []);
}

#[test]
fn negated_entries_want_other_values() {
    let event = |number, other| hit(number, 5, vec![of_step(0, "x", &[other])]);
    let indicator = hit(9, 1, vec![of_step(1, "x", &["a"])]);
    let hits = [indicator, event(10, "a"), event(11, "b"), hit(12, 6, vec![of_step(0, "x", &[])])];
    let matched: Vec<u64> = run_plan(&plan(5, 9), &hits).into_iter().map(|(event, _)| event).collect();
    assert_eq!(matched, [11, 12]);
}

#[test]
fn over_its_limit_it_drops_and_says_so() {
    let mut correlator =
        ThreatMatchCorrelator::new(&plan(5, 9), Limits { keys: 9, per_key: 1, ..Limits::default() });
    let found = found(
        &plan(5, 9),
        run(&mut correlator, &[indicator(0, 1, "x"), indicator(1, 2, "x"), event(2, 3, "x")]),
    );
    assert_eq!(found, [(2, vec![(0, 1)])]);
    assert_eq!(correlator.dropped(), 2);
}

proptest! {
    #[test]
    fn agrees_with_run_by_run(
        mut all in prop::collection::vec((0..60_i64, "[xy]", any::<bool>()), 0..20),
        interval in 1..10_i64,
        more in 0..20_i64,
    ) {
        all.sort_by_key(|(time, ..)| *time);
        let hit = |(number, (time, domain, is_event)): (u64, &(i64, String, bool))| {
            if *is_event { event(number, *time, domain) } else { indicator(number, *time, domain) }
        };
        let hits: Vec<Hit> = (0..).zip(&all).map(hit).collect();
        let look_back = interval + more;
        // Run by run: what the window has, with the indicators there are.
        let mut expected: BTreeMap<u64, BTreeSet<(u64, u32)>> = BTreeMap::new();
        for run in (0..200).map(|run| run * interval) {
            for (event, (time, domain, _)) in (0..).zip(&all).filter(|(_, of)| of.2) {
                for (indicator, (since, theirs, _)) in (0..).zip(&all).filter(|(_, of)| !of.2) {
                    if (run - look_back..=run).contains(time) && *since <= run && theirs == domain {
                        expected.entry(event).or_default().insert((indicator, 1));
                    }
                }
            }
        }
        let expected: Vec<_> = expected.into_iter().map(|(event, of)| (event, of.into_iter().collect())).collect();
        let plan = plan(interval.unsigned_abs(), look_back.unsigned_abs());
        let fresh = || Box::new(ThreatMatchCorrelator::new(&plan, Limits::default())) as Box<dyn Correlator>;
        prop_assert_eq!(&run_plan(&plan, &hits), &expected);
        prop_assert_eq!(&found(&plan, run_with_restarts(&fresh, &hits)), &expected);
    }
}
