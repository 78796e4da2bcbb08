//! Queries over single events: the first or last of all that match, and no more, are kept on the way.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rulehound_events::EventBatch;
use rulehound_events::read::{Input, scan};
use rulehound_query::{Pipe, Query};

use super::arrival::Arrival;
use super::{Place, Results, Search, SearchOptions, pipes};
use crate::correlate::{EventTime, KeyValue};
use crate::{FoundEvent, Matcher};

pub(super) fn search(query: &Query, matcher: &Matcher, inputs: &[Input], options: &SearchOptions) -> Search {
    let pipes = pipes::with_size(&query.pipes, options.size);
    let wanted = Mutex::new(Wanted::new(&pipes));
    let found = AtomicU64::new(0);
    let take = |batch: EventBatch| {
        for (_, rows) in matcher.evaluate(&batch) {
            for row in rows.set_indices() {
                found.fetch_add(1, Ordering::Relaxed);
                let place = Place::of(batch.row(row), &options.order);
                let arrival = Arrival::new(batch.origin(row), inputs);
                let lock = || wanted.lock().unwrap_or_else(PoisonError::into_inner);
                let key = lock().key(place, arrival);
                if lock().wants(&key) {
                    let event = FoundEvent::of(&batch, row);
                    lock().take(key, event);
                }
            }
        }
        ControlFlow::Continue(())
    };
    let scan = scan(inputs, &options.scan, &take);
    let wanted = wanted.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut events: Vec<FoundEvent> = wanted.events.into_values().collect();
    pipes::apply(&pipes, &mut events);
    Search { results: Results::Events(events), found: found.into_inner(), without_time: 0, scan }
}

/// The first or the last events of those taken.
struct Wanted {
    most: usize,
    first: bool,
    events: BTreeMap<SortKey, FoundEvent>,
}

/// Orders events. Those without a time are in either direction the last to be wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    time: (bool, Option<EventTime>),
    /// A missing tiebreaker is last.
    tiebreaker: (bool, Option<KeyValue>),
    arrival: Arrival,
}

impl Wanted {
    fn new(pipes: &[Pipe]) -> Self {
        let (most, first) = match pipes.first() {
            Some(Pipe::Head(most)) => (pipes::at_most(*most), true),
            Some(Pipe::Tail(most)) => (pipes::at_most(*most), false),
            None => (usize::MAX, true),
        };
        Self { most, first, events: BTreeMap::new() }
    }

    fn key(&self, place: Place, arrival: Arrival) -> SortKey {
        SortKey {
            time: (place.time.is_some() != self.first, place.time),
            tiebreaker: (place.tiebreaker.is_none(), place.tiebreaker),
            arrival,
        }
    }

    /// Whether an event is among those to be kept, by what is known so far.
    fn wants(&self, key: &SortKey) -> bool {
        if self.events.len() < self.most {
            return true;
        }
        let worst = if self.first { self.events.last_key_value() } else { self.events.first_key_value() };
        worst.is_some_and(|(worst, _)| if self.first { key < worst } else { key > worst })
    }

    fn take(&mut self, key: SortKey, event: FoundEvent) {
        self.events.insert(key, event);
        while self.events.len() > self.most {
            if self.first {
                self.events.pop_last()
            } else {
                self.events.pop_first()
            };
        }
    }
}
