//! Sequences and samples: events that match a step are kept until all is read, then put in order and joined.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use rulehound_events::EventBatch;
use rulehound_events::read::{Input, scan};
use rulehound_query::{Pipe, Plan, Query};

use super::arrival::FileArrival;
use super::{FoundSequence, Results, Search, SearchError, SearchOptions, pipes};
use crate::Matcher;
use crate::correlate::{
    Detection, EventHandle, EventTime, Hit, Limits, Ordinal, StepId, StepMatch, StepQuery, capture,
    correlate, keys_of, steps,
};
use crate::order::Place;
use crate::spool::{KeptEvent, Spool};

pub(super) fn search(
    query: &Query,
    matcher: &Matcher,
    inputs: &[Input],
    options: &SearchOptions,
) -> Result<Search, SearchError> {
    let steps = steps(&query.plan);
    let kept = Mutex::new(Kept::new());
    let failure = Mutex::new(None);
    let take = |batch: EventBatch| match take(&batch, matcher, &steps, options, &kept) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            ControlFlow::Break(())
        }
    };
    let scan = scan(inputs, &options.scan, &take);
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    let Kept { mut spool, hits, files, too_many_keys, .. } =
        kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let by_time = matches!(query.plan, Plan::Sequence(_));
    let total = hits.len();
    let hits = in_order(hits, files, inputs, by_time);
    let without_time = (total - hits.len()) as u64;
    let state = Limits { samples_per_key: options.max_samples_per_key, ..Limits::default() };
    let mut detections = correlate(&query.plan, hits, state).detections;
    let found = detections.len() as u64;
    pipes::apply(&limits(query, options.size), &mut detections);
    let sequences = detections.into_iter().map(|detection| read(&mut spool, detection));
    let sequences = sequences.collect::<io::Result<Vec<_>>>()?;
    let results = match query.plan {
        Plan::Sample(_) => Results::Samples(sequences),
        _ => Results::Sequences(sequences),
    };
    Ok(Search { results, found, without_time, too_many_keys, scan })
}

/// Samples have no order in time, so that their size is that of the first keys.
fn limits(query: &Query, size: usize) -> Vec<Pipe> {
    match query.plan {
        Plan::Sample(_) if query.pipes.is_empty() => {
            vec![Pipe::Head(u64::try_from(size).unwrap_or(u64::MAX))]
        }
        _ => pipes::with_size(&query.pipes, size),
    }
}

/// What a scan leaves behind.
struct Kept {
    spool: Spool,
    hits: Vec<KeptHit>,
    /// Names of files, each once.
    files: Vec<Arc<str>>,
    known: HashMap<Arc<str>, usize>,
    /// Hits that join under too many keys.
    too_many_keys: u64,
}

/// An event that matched steps, not yet in order.
struct KeptHit {
    event: EventHandle,
    place: Place,
    /// The file, by its place in [`Kept::files`].
    file: usize,
    position: u64,
    matches: Vec<StepMatch>,
}

/// Keeps the events of a batch that match a step under some key.
fn take(
    batch: &EventBatch,
    matcher: &Matcher,
    steps: &[StepQuery<'_>],
    options: &SearchOptions,
    kept: &Mutex<Kept>,
) -> io::Result<()> {
    let mut matches: BTreeMap<usize, Vec<StepMatch>> = BTreeMap::new();
    let mut too_many_keys = 0;
    for (filter, rows) in matcher.evaluate(batch) {
        let Some(step) = steps.get(filter.0 as usize) else { continue };
        for row in rows.set_indices() {
            let source = batch.row(row);
            let Ok(keys) = keys_of(&step.keys, &source) else {
                too_many_keys += 1;
                continue;
            };
            let captured = capture(&step.captures, &step.tests, &source);
            let of_key = |key| StepMatch { step: StepId(filter.0), key, captured: captured.clone() };
            matches.entry(row).or_default().extend(keys.into_iter().map(of_key));
        }
    }
    kept.lock().unwrap_or_else(PoisonError::into_inner).too_many_keys += too_many_keys;
    for (row, matches) in matches.into_iter().filter(|(_, matches)| !matches.is_empty()) {
        let place = Place::of(&batch.row(row), &options.order);
        let origin = batch.origin(row);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let event = EventHandle(kept.spool.put(&KeptEvent::of(batch, row))?);
        let file = kept.file(&origin.file);
        kept.hits.push(KeptHit { event, place, file, position: origin.position, matches });
    }
    Ok(())
}

impl Kept {
    fn new() -> Self {
        Self {
            spool: Spool::new(),
            hits: Vec::new(),
            files: Vec::new(),
            known: HashMap::new(),
            too_many_keys: 0,
        }
    }

    fn file(&mut self, name: &Arc<str>) -> usize {
        if let Some(file) = self.known.get(name) {
            return *file;
        }
        self.files.push(name.clone());
        self.known.insert(name.clone(), self.files.len() - 1);
        self.files.len() - 1
    }
}

/// The hits as a correlator takes them: by time, without those that have none, or as they came.
fn in_order(hits: Vec<KeptHit>, files: Vec<Arc<str>>, inputs: &[Input], by_time: bool) -> Vec<Hit> {
    let mut arrivals: Vec<(FileArrival, usize)> =
        files.into_iter().map(|name| FileArrival::new(name, inputs)).zip(0..).collect();
    arrivals.sort();
    let ranks: HashMap<usize, u64> = arrivals.into_iter().map(|(_, file)| file).zip(0..).collect();
    let mut hits: Vec<Hit> = hits
        .into_iter()
        .filter_map(|hit| {
            let tie = (ranks.get(&hit.file).copied().unwrap_or(u64::MAX), hit.position);
            let ordinal = if by_time {
                Ordinal { time: hit.place.time?, tiebreaker: hit.place.tiebreaker, tie }
            } else {
                Ordinal { time: EventTime::MAX, tiebreaker: None, tie }
            };
            Some(Hit { event: hit.event, ordinal, matches: hit.matches })
        })
        .collect();
    hits.sort_by(|a, b| a.ordinal.cmp(&b.ordinal));
    hits
}

fn read(spool: &mut Spool, detection: Detection) -> io::Result<FoundSequence> {
    let events = detection.events.into_iter().map(|event| event.map(|event| spool.get(event.0)).transpose());
    Ok(FoundSequence { key: detection.key, events: events.collect::<io::Result<_>>()? })
}
