//! The stateful half of a hunt: hits in the order of the events' own time, through each rule's correlator.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rulehound_query::{Plan, Query};

use crate::correlate::{
    Bucket, Captured, Correlated, Details, Detection, EventHandle, EventTime, FoundRow, Hit, IndicatorMatch,
    Key, Limits, Ordinal, StepId, StepMatch, correlate_with, in_order_of_results, is_indicator, table,
};
use crate::order::Place;
use crate::search::pipes;
use crate::tables::{TableEngine, TableError};

use super::collect::Hits;
use super::questions::{AsksAncestors, RuleIndex};
use super::steps::{OwnPlace, Part, StepHit};
use super::store::{EventRef, EventStore};
use super::suppress::Folded;

/// What was found: a rule and its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rule: RuleIndex,
    pub(super) events: FoundEvents,
    /// What was folded into it, if the rule suppresses alerts that are alike.
    pub(super) folded: Option<Box<Folded>>,
}

/// The events of a detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundEvents {
    /// One that stands for itself.
    Single(EventRef),
    /// Those of a sequence or sample.
    Correlated(Box<[EventRef]>),
    /// The last of a group that passed a threshold.
    Group(Box<FoundGroup>),
    /// One with values not seen before.
    NewTerms(EventRef, Key),
    /// One that matched indicators, each by a mapping of the rule.
    Enriched(EventRef, Box<[(EventRef, u32)]>),
    /// A row of a table, with the event that it stands for, or the last that was seen.
    Row(EventRef, Box<FoundRow>),
}

/// A group of events that passed a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundGroup {
    pub(super) last: EventRef,
    /// The values that group them.
    pub(super) key: Key,
    pub(super) bucket: Bucket,
}

impl Found {
    pub(super) fn events(&self) -> &[EventRef] {
        match &self.events {
            FoundEvents::Single(event)
            | FoundEvents::NewTerms(event, _)
            | FoundEvents::Enriched(event, _)
            | FoundEvents::Row(event, _) => std::slice::from_ref(event),
            FoundEvents::Correlated(events) => events,
            FoundEvents::Group(group) => std::slice::from_ref(&group.last),
        }
    }
}

/// What the hits come to.
#[derive(Debug, Default)]
pub(super) struct Detections {
    pub(super) found: Vec<Found>,
    /// Hits of sequences and samples whose event has no time, so that they could not be put in order.
    pub(super) without_time: u64,
    /// How much each rule's correlator forgot because of a limit.
    pub(super) dropped: BTreeMap<RuleIndex, u64>,
    /// What kept the correlators of rules from their work.
    pub(super) failed: BTreeMap<RuleIndex, TableError>,
    /// How long the correlator of each rule took, in all threads together.
    pub(super) correlating: BTreeMap<RuleIndex, Duration>,
}

/// Runs every rule's hits through its correlator, on so many threads.
pub(super) fn detect(
    queries: &[&Query],
    hits: &mut Hits,
    threads: usize,
    limits: Limits,
    tables: &Arc<dyn TableEngine>,
) -> io::Result<Detections> {
    let mut detections = Detections::default();
    for (rule, events) in (0..).map(RuleIndex).zip(std::mem::take(&mut hits.events)) {
        let found =
            events.into_iter().map(|event| Found { rule, events: FoundEvents::Single(event), folded: None });
        add(&mut detections.found, queries, rule, found.collect());
    }
    let Joined { found, without_time, dropped, failed, correlating } =
        join(queries, hits, threads, (limits, tables))?;
    (detections.without_time, detections.correlating) = (without_time.len() as u64, correlating);
    (detections.dropped, detections.failed) = (dropped, failed);
    for (rule, mut found) in found {
        let Some(query) = queries.get(rule.0) else { continue };
        in_order_of_results(&query.plan, &mut found);
        let found = found
            .into_iter()
            .filter_map(|detection| Some(Found { rule, events: events_of(detection)?, folded: None }));
        add(&mut detections.found, queries, rule, found.collect());
    }
    sort(&mut detections.found, &hits.store)?;
    Ok(detections)
}

/// Adds what the pipes of a rule let through of what was found.
fn add(all: &mut Vec<Found>, queries: &[&Query], rule: RuleIndex, mut found: Vec<Found>) {
    let pipes = queries.get(rule.0).map_or(&[][..], |query| &query.pipes);
    pipes::apply(pipes, &mut found);
    all.append(&mut found);
}

/// What sequences and samples come to.
#[derive(Debug, Default)]
struct Joined {
    found: BTreeMap<RuleIndex, Vec<Detection>>,
    /// By rule. An event of several keys may be in several parts.
    without_time: BTreeSet<(RuleIndex, EventRef)>,
    dropped: BTreeMap<RuleIndex, u64>,
    failed: BTreeMap<RuleIndex, TableError>,
    correlating: BTreeMap<RuleIndex, Duration>,
}

/// What correlators are given beside their plan.
type Means<'a> = (Limits, &'a Arc<dyn TableEngine>);

/// Correlates part by part.
fn join(queries: &[&Query], hits: &mut Hits, threads: usize, means: Means<'_>) -> io::Result<Joined> {
    let (parts, hits) = (Mutex::new(std::mem::take(&mut hits.steps).into_iter()), &*hits);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> io::Result<Joined> {
        let mut joined = Joined::default();
        while let Some(part) = next() {
            join_part(queries, hits, &part.read(&hits.places)?, means, &mut joined);
        }
        Ok(joined)
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work()?;
        for other in others {
            // A panic elsewhere is reported where it happens.
            let part = other.join().map_err(|_| io::Error::other("a thread has panicked"))??;
            all.without_time.extend(part.without_time);
            for (rule, time) in part.correlating {
                *all.correlating.entry(rule).or_default() += time;
            }
            for (rule, dropped) in part.dropped {
                *all.dropped.entry(rule).or_default() += dropped;
            }
            all.failed.extend(part.failed);
            for (rule, mut found) in part.found {
                all.found.entry(rule).or_default().append(&mut found);
            }
        }
        Ok(all)
    })
}

/// Correlates the hits of some keys, rule by rule.
fn join_part(queries: &[&Query], hits: &Hits, part: &Part, means: Means<'_>, joined: &mut Joined) {
    let (limits, tables) = means;
    for of_rule in part.hits.chunk_by(|a, b| a.rule == b.rule) {
        let Some((rule, query)) = of_rule.first().and_then(|hit| Some((hit.rule, queries.get(hit.rule.0)?)))
        else {
            continue;
        };
        let started = Instant::now();
        let always: Option<fn(StepId) -> bool> = match &query.plan {
            // What has no time was always there.
            Plan::ThreatMatch(_) => Some(is_indicator),
            // Where events stand for themselves their order means nothing.
            Plan::Event(_) => Some(|_| true),
            Plan::Table(plan) if table::is_row_by_row(&plan.query) => Some(|_| true),
            _ => None,
        };
        let own_place = |hit: &StepHit| part.more.get(hit.more as usize)?.place.as_ref();
        let ordinal = |hit: &StepHit| match own_place(hit) {
            None => hits.store.ordinal(hit.event).or_else(|| {
                let tie = (0, EventHandle::from(hit.event).0);
                always?(hit.step).then_some(Ordinal { time: EventTime::MIN, tiebreaker: None, tie })
            }),
            Some(OwnPlace { place: Place { time, tiebreaker }, identity }) => {
                let tie = (hits.store.sequence(hit.event), *identity);
                Some(Ordinal { time: (*time)?, tiebreaker: tiebreaker.clone(), tie })
            }
        };
        let mut events: Vec<&[StepHit]> = of_rule.chunk_by(|a, b| a.event == b.event).collect();
        let place = |hits: &&[StepHit]| hits.first().and_then(ordinal);
        let timeless = events.extract_if(.., |hits| place(hits).is_none());
        joined.without_time.extend(timeless.filter_map(|hits| Some((rule, hits.first()?.event))));
        // Without places of their own they are in order already.
        if of_rule.iter().any(|hit| own_place(hit).is_some()) {
            events.sort_by_cached_key(place);
        }
        let asks = hits.ancestors.get(&rule);
        let answered = |step: StepId, event: EventRef, captured: &Captured| {
            let step = usize::try_from(step.0).ok()?;
            let AsksAncestors { late, asked } = asks?;
            let asked = asked.get(step).filter(|asked| !asked.is_empty())?;
            Some(hits.lineage.answer(late.step(step)?, asked, captured, hits.store.time(event)))
        };
        let hits = events.into_iter().filter_map(|hits| part.hit(hits, ordinal, answered));
        let Correlated { detections: mut found, dropped, failure } =
            correlate_with(&query.plan, hits, limits, tables);
        if dropped > 0 {
            *joined.dropped.entry(rule).or_default() += dropped;
        }
        joined.failed.extend(failure.map(|failure| (rule, failure)));
        *joined.correlating.entry(rule).or_default() += started.elapsed();
        if !found.is_empty() {
            joined.found.entry(rule).or_default().append(&mut found);
        }
    }
}

impl Part {
    /// The hits of one event, as a correlator takes them. `answered` gives what was captured together with what is
    /// known of ancestors, where that is asked.
    fn hit(
        &self,
        hits: &[StepHit],
        ordinal: impl Fn(&StepHit) -> Option<Ordinal>,
        answered: impl Fn(StepId, EventRef, &Captured) -> Option<Captured>,
    ) -> Option<Hit> {
        let first = hits.first()?;
        let of_step = |hit: &StepHit| {
            let captured = &self.more.get(hit.more as usize)?.captured;
            let captured = answered(hit.step, hit.event, captured).unwrap_or_else(|| captured.clone());
            Some(StepMatch { step: hit.step, key: self.keys.get(hit.key as usize)?.clone(), captured })
        };
        let matches = hits.iter().filter_map(of_step).collect();
        Some(Hit { event: first.event.into(), ordinal: ordinal(first)?, matches })
    }
}

/// The events of a detection, and what else there is to say of it.
fn events_of(detection: Detection) -> Option<FoundEvents> {
    let mut events = detection.events.iter().flatten().filter_map(|&event| EventRef::try_from(event).ok());
    Some(match detection.details {
        Details::None => FoundEvents::Correlated(events.collect()),
        Details::Single => FoundEvents::Single(events.next()?),
        Details::Bucket(bucket) => {
            FoundEvents::Group(Box::new(FoundGroup { last: events.next()?, key: detection.key, bucket }))
        }
        Details::NewTerms => FoundEvents::NewTerms(events.next()?, detection.key),
        Details::Row(row) => FoundEvents::Row(events.next()?, row),
        Details::Indicators(indicators) => {
            let indicator = |of: &IndicatorMatch| Some((EventRef::try_from(of.indicator).ok()?, of.mapping));
            FoundEvents::Enriched(events.next()?, indicators.iter().filter_map(indicator).collect())
        }
    })
}

/// In the order in which alerts are given: by the time of the first event, then by rule, then by all events.
fn sort(found: &mut [Found], store: &EventStore) -> io::Result<()> {
    let time = |found: &Found| found.events().first().and_then(|&event| store.time(event));
    found.sort_by(|a, b| (time(a), a.rule, a.events()).cmp(&(time(b), b.rule, b.events())));
    // Where the store's order of events of the same moment means nothing, that of alerts does.
    for tied in found.chunk_by_mut(|a, b| (time(a), a.rule) == (time(b), b.rule)) {
        match tied {
            [first, _, ..] if matches!(first.events, FoundEvents::Enriched(..)) => {}
            _ => continue,
        }
        let place = |found: &Found| {
            let event = found.events().first().copied();
            event.map(|event| Ok((store.sequence(event), store.identity(event)?))).transpose()
        };
        let places = tied.iter().map(place).collect::<io::Result<Vec<_>>>()?;
        let mut by_place: Vec<_> = places.into_iter().zip(tied.to_vec()).collect();
        by_place.sort_by_key(|(place, _)| *place);
        tied.iter_mut().zip(by_place).for_each(|(to, (_, found))| *to = found);
    }
    Ok(())
}
