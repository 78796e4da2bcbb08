//! Queries over single events: the first or last of all that match, and no more, are kept on the way.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use rulehound_events::EventBatch;
use rulehound_events::read::{Input, scan};
use rulehound_query::{EventOrder, Pipe, Query};

use super::arrival::{Arrival, Arrivals};
use super::{Results, Search, SearchOptions, pipes};
use crate::correlate::{EventTime, KeyValue};
use crate::order::Place;
use crate::{FoundEvent, Matcher};

pub(super) fn search(query: &Query, matcher: &Matcher, inputs: &[Input], options: &SearchOptions) -> Search {
    let pipes = pipes::with_size(&query.pipes, options.size);
    let end = End::of(&pipes);
    let kept = Mutex::new(Kept { end, found: 0, events: BTreeMap::new() });
    let take = |batch: EventBatch| {
        let lock = || kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, best) = best_of_batch(&batch, matcher, &options.order, end, inputs);
        lock().found += found;
        for (key, row) in best {
            if lock().wants(&key) {
                let event = FoundEvent::of(&batch, row);
                lock().take(key, event);
            }
        }
        ControlFlow::Continue(())
    };
    let scan = scan(inputs, &options.scan, &take);
    let Kept { found, events, .. } = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut events: Vec<FoundEvent> = events.into_values().collect();
    pipes::apply(&pipes, &mut events);
    Search { results: Results::Events(events), found, without_time: 0, too_many_keys: 0, scan }
}

/// Which events are kept: so many of the first or of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First(usize),
    Last(usize),
}

/// Orders events. Those without a time are the last to be kept, whichever end is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    time: (bool, Option<EventTime>),
    /// A missing tiebreaker is last.
    tiebreaker: (bool, Option<KeyValue>),
    arrival: Arrival,
}

/// How many events of a batch match, and those that may be kept, so that of the others no document is made.
fn best_of_batch(
    batch: &EventBatch,
    matcher: &Matcher,
    order: &EventOrder,
    end: End,
    inputs: &[Input],
) -> (u64, Vec<(SortKey, usize)>) {
    let mut arrivals = Arrivals::new(inputs);
    let rows =
        matcher.evaluate(batch).into_iter().flat_map(|(_, rows)| rows.set_indices().collect::<Vec<_>>());
    let mut key = |row| SortKey::new(Place::of(&batch.row(row), order), arrivals.of(batch.origin(row)), end);
    let mut keys: Vec<(SortKey, usize)> = rows.map(|row| (key(row), row)).collect();
    let found = keys.len() as u64;
    keys.sort_unstable();
    end.keep(&mut keys);
    (found, keys)
}

impl End {
    fn of(pipes: &[Pipe]) -> Self {
        match pipes.first() {
            Some(Pipe::Head(most)) => Self::First(pipes::at_most(*most)),
            Some(Pipe::Tail(most)) => Self::Last(pipes::at_most(*most)),
            None => Self::First(usize::MAX),
        }
    }

    fn keep<T>(self, ordered: &mut Vec<T>) {
        match self {
            Self::First(most) => ordered.truncate(most),
            Self::Last(most) => drop(ordered.drain(..ordered.len().saturating_sub(most))),
        }
    }
}

impl SortKey {
    fn new(place: Place, arrival: Arrival, end: End) -> Self {
        let missing_is_last = matches!(end, End::First(_));
        Self {
            time: (place.time.is_none() == missing_is_last, place.time),
            tiebreaker: (place.tiebreaker.is_none(), place.tiebreaker),
            arrival,
        }
    }
}

/// The events kept so far.
struct Kept {
    end: End,
    /// Number of all that match.
    found: u64,
    events: BTreeMap<SortKey, FoundEvent>,
}

impl Kept {
    /// Whether an event is among those to be kept, by what is known so far.
    fn wants(&self, key: &SortKey) -> bool {
        match self.end {
            End::First(most) if self.events.len() >= most => {
                self.events.last_key_value().is_some_and(|(last, _)| key < last)
            }
            End::Last(most) if self.events.len() >= most => {
                self.events.first_key_value().is_some_and(|(first, _)| key > first)
            }
            End::First(_) | End::Last(_) => true,
        }
    }

    fn take(&mut self, key: SortKey, event: FoundEvent) {
        self.events.insert(key, event);
        match self.end {
            End::First(most) => while self.events.len() > most && self.events.pop_last().is_some() {},
            End::Last(most) => while self.events.len() > most && self.events.pop_first().is_some() {},
        }
    }
}
