//! The stateful half of a hunt: hits in the order of the events' own time, through each rule's correlator.

use rulehound_query::Query;

use crate::correlate::{Detection, Hit, Ordinal, StepMatch, correlate};
use crate::order::Place;
use crate::search::pipes;

use super::collect::{Hits, KeyTable, RuleHits, StepHit};
use super::questions::RuleIndex;
use super::store::{EventRef, EventStore};

/// How many samples of one join key a rule finds: Elasticsearch's default.
const SAMPLES_PER_KEY: usize = 1;

/// What was found: a rule and its events, one for a single event, several for a sequence or sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rule: RuleIndex,
    pub(super) events: Vec<EventRef>,
    pub(super) correlated: bool,
}

/// What the hits come to.
#[derive(Debug, Default)]
pub(super) struct Detections {
    pub(super) found: Vec<Found>,
    /// Hits of sequences and samples whose event has no time, so that they could not be put in order.
    pub(super) without_time: u64,
}

/// Runs every rule's hits through its correlator.
pub(super) fn detect(queries: &[&Query], hits: &mut Hits) -> Detections {
    let mut detections = Detections::default();
    let rules = std::mem::take(&mut hits.rules);
    for (index, (query, rule_hits)) in queries.iter().zip(rules).enumerate() {
        let rule = RuleIndex(index);
        let mut found: Vec<Found> = match rule_hits {
            RuleHits::Events(mut events) => {
                events.sort_unstable();
                events.dedup();
                events.sort_by_cached_key(|&event| hits.store.sort_key(event));
                events
                    .into_iter()
                    .map(|event| Found { rule, events: vec![event], correlated: false })
                    .collect()
            }
            RuleHits::Steps { hits: steps, places } => {
                let own = |event| {
                    let Place { time, tiebreaker } = places.get(&event)?.clone();
                    let usual = hits.store.ordinal(event);
                    Some(Ordinal { time: time?, tiebreaker, tie: usual.map_or((0, 0), |usual| usual.tie) })
                };
                let ordinal = |event| {
                    if places.contains_key(&event) { own(event) } else { hits.store.ordinal(event) }
                };
                let (ordered, without_time) = in_order(steps, &hits.keys, ordinal);
                detections.without_time += without_time;
                correlate(&query.plan, ordered, SAMPLES_PER_KEY)
                    .into_iter()
                    .map(|detection| Found { rule, events: events_of(&detection), correlated: true })
                    .collect()
            }
        };
        pipes::apply(&query.pipes, &mut found);
        detections.found.append(&mut found);
    }
    sort(&mut detections.found, &hits.store);
    detections
}

/// The hits of a rule as its correlator takes them: one for each event, in order; and how many have no place.
fn in_order(
    mut steps: Vec<StepHit>,
    keys: &KeyTable,
    ordinal: impl Fn(EventRef) -> Option<Ordinal>,
) -> (Vec<Hit>, u64) {
    steps.sort_unstable();
    steps.dedup();
    let mut without_time = 0;
    let mut ordered: Vec<Hit> = Vec::new();
    for of_event in steps.chunk_by(|a, b| a.event == b.event) {
        let Some(first) = of_event.first() else { continue };
        let Some(ordinal) = ordinal(first.event) else {
            without_time += 1;
            continue;
        };
        let matches = of_event
            .iter()
            .filter_map(|hit| Some(StepMatch { step: hit.step, key: keys.get(hit.key)?.clone() }))
            .collect();
        ordered.push(Hit { event: first.event.into(), ordinal, matches });
    }
    ordered.sort_by(|a, b| a.ordinal.cmp(&b.ordinal));
    (ordered, without_time)
}

fn events_of(detection: &Detection) -> Vec<EventRef> {
    detection.events.iter().flatten().filter_map(|&event| EventRef::try_from(event).ok()).collect()
}

/// In the order in which alerts are given: by the time of the first event, then by rule, then by all events.
fn sort(found: &mut [Found], store: &EventStore) {
    found.sort_by_cached_key(|found| {
        let events: Vec<_> = found.events.iter().map(|&event| store.sort_key(event)).collect();
        let time = found.events.first().and_then(|&event| store.time(event));
        (time, found.rule, events)
    });
}
