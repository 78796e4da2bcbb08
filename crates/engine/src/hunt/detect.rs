//! The stateful half of a hunt: hits in the order of the events' own time, through each rule's correlator.

use std::ops::Range;

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
                let ordered = Ordered::new(steps, &ordinal);
                detections.without_time += ordered.without_time;
                correlate(&query.plan, ordered.hits(&hits.keys, &ordinal), SAMPLES_PER_KEY)
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

/// The hits of a rule, in the order in which its correlator takes them. A rule may have a hit for every event
/// there is, so they stay as small as they were kept until the correlator takes them.
struct Ordered {
    /// By event, and within it by step and key.
    steps: Vec<StepHit>,
    /// Where the hits of each event that has a time are in `steps`, in order.
    events: Vec<Range<usize>>,
    /// Events without a time, which are left out.
    without_time: u64,
}

impl Ordered {
    fn new(mut steps: Vec<StepHit>, ordinal: &impl Fn(EventRef) -> Option<Ordinal>) -> Self {
        steps.sort_unstable();
        steps.dedup();
        let mut events: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        for of_event in steps.chunk_by(|a, b| a.event == b.event) {
            events.push(start..start + of_event.len());
            start += of_event.len();
        }
        let all = events.len();
        let of = |hits: &Range<usize>| ordinal(steps.get(hits.start)?.event);
        events.retain(|hits| of(hits).is_some());
        let without_time = (all - events.len()) as u64;
        events.sort_by_key(of);
        Self { steps, events, without_time }
    }

    /// A hit for each event.
    fn hits(
        &self,
        keys: &KeyTable,
        ordinal: &impl Fn(EventRef) -> Option<Ordinal>,
    ) -> impl Iterator<Item = Hit> {
        self.events.iter().filter_map(|range| {
            let hits = self.steps.get(range.clone())?;
            let event = hits.first()?.event;
            let matches = hits
                .iter()
                .filter_map(|hit| Some(StepMatch { step: hit.step, key: keys.get(hit.key)?.clone() }))
                .collect();
            Some(Hit { event: event.into(), ordinal: ordinal(event)?, matches })
        })
    }
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
