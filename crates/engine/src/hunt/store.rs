//! The events that hits are about, kept until the alerts are made: when they were in memory, their records in
//! temporary files, so that memory does not hold them.
//!
//! While events come, each thread has a [`Shelf`] of its own. When all are there they are put in order once, and
//! an [`EventRef`] is an event's place in it. Only then, and only for events that nothing else tells apart, it is asked
//! what costs a hash of the record: which two are the same (only of those with the same [`sketches`]), and which of two at the
//! same moment comes first (only of those whose order means something).

mod sketch;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, PoisonError};

use rulehound_events::EventBatch;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::FoundEvent;
use crate::correlate::{EventHandle, EventTime, Ordinal};
use crate::spool::{KeptEvent, ReadEvent, Spool};

pub(super) use sketch::sketches;

/// An event: of a [`Shelf`] in the order in which they came, of an [`EventStore`] in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventRef(u32);

impl EventRef {
    pub(super) fn from_number(number: usize) -> io::Result<Self> {
        let number = u32::try_from(number);
        number.map(Self).map_err(|_| io::Error::other("more than 4,294,967,295 events were hit"))
    }

    fn number(self) -> usize {
        self.0 as usize
    }
}

impl From<EventRef> for EventHandle {
    fn from(event: EventRef) -> Self {
        EventHandle(u64::from(event.0))
    }
}

impl TryFrom<EventHandle> for EventRef {
    type Error = std::num::TryFromIntError;

    fn try_from(handle: EventHandle) -> Result<Self, Self::Error> {
        u32::try_from(handle.0).map(EventRef)
    }
}

/// What makes two records one event: hash of `_index` and `_id`.
pub(crate) type Identity = [u8; 16];

/// When an event was, and what puts it in order with others of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// `@timestamp`; `None` if the event has none.
    pub time: Option<EventTime>,
    /// `event.sequence`, or the record number of a Windows event log.
    pub sequence: u64,
}

/// What else a [`Shelf`] is told of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) moment: Moment,
    /// See [`sketches`].
    pub(crate) sketch: u64,
    /// Whether it means something which of two events of the same moment comes first.
    pub(crate) ordered: bool,
}

/// An event as it is held in memory: there may be millions.
#[derive(Clone, Copy, Debug)]
struct Stored {
    /// The time in milliseconds, and the nanoseconds on top, one more than they are; none is no time.
    millis: i64,
    nanos: u32,
    /// In the order in which they came, shelf by shelf.
    number: EventRef,
    sequence: u64,
    /// The sketch; if the record brought an `_id`, a part of its identity.
    sketch: u64,
    ordered: bool,
    /// Where the record is in the spool of its shelf.
    spooled: u64,
}

impl Stored {
    fn new(about: About, number: EventRef, spooled: u64) -> Self {
        let About { moment, sketch, ordered } = about;
        let (millis, nanos) = moment.time.map_or((0, 0), |time| {
            let (millis, nanos) = time.parts();
            (millis, nanos + 1)
        });
        Self { millis, nanos, number, sequence: moment.sequence, sketch, ordered, spooled }
    }

    fn time(&self) -> Option<EventTime> {
        Some(EventTime::from_parts(self.millis, self.nanos.checked_sub(1)?))
    }

    /// Events without a time come first, in the order of nothing but their identity.
    fn order(&self) -> (bool, i64, u32, u64) {
        let has_time = self.nanos != 0;
        (has_time, self.millis, self.nanos, if has_time { self.sequence } else { 0 })
    }
}

/// The events that one thread has met.
#[derive(Debug)]
pub(crate) struct Shelf {
    spool: Spool,
    events: Vec<Stored>,
    /// The events whose record brought an `_id`, by what that makes them.
    given: Vec<(Identity, EventRef)>,
    /// An `_id` was given that might be one of those that are made of records.
    gives_hash: bool,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self { spool: Spool::new(), events: Vec::new(), given: Vec::new(), gives_hash: false }
    }

    /// Keeps an event.
    pub(crate) fn put(&mut self, batch: &EventBatch, row: usize, mut about: About) -> io::Result<EventRef> {
        let event = EventRef::from_number(self.events.len())?;
        let spooled = self.spool.put(&KeptEvent::of(batch, row))?;
        if let Some(id) = batch.given_id(row) {
            let identity = identity(batch.index(row), id);
            about.sketch = u64::from_be_bytes(prefix(&identity));
            self.given.push((identity, event));
            self.gives_hash |= id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        }
        self.events.push(Stored::new(about, event, spooled));
        Ok(event)
    }
}

/// Which event of an [`EventStore`] an event of a [`Shelf`] has become.
#[derive(Debug)]
pub(crate) struct Places {
    /// Where each shelf begins.
    starts: Vec<usize>,
    places: Vec<EventRef>,
}

impl Places {
    /// The places of the events of some shelves.
    #[cfg(test)]
    pub(super) fn of_shelves(shelves: &[Vec<u32>]) -> Self {
        let start = |shelf| shelves.iter().take(shelf).map(Vec::len).sum();
        let places = shelves.iter().flatten().copied().map(EventRef).collect();
        Self { starts: (0..shelves.len()).map(start).collect(), places }
    }

    /// The event of a shelf, which goes by its number.
    pub(crate) fn of(&self, shelf: usize, event: EventRef) -> io::Result<EventRef> {
        let place = self.starts.get(shelf).and_then(|start| self.places.get(start + event.number()));
        place.copied().ok_or_else(no_such_event)
    }
}

/// Hit events, each once, in the order of their time, then their sequence, then their identity; those without a time
/// first. Where their order does not mean anything, it is by sketch instead of identity. The order depends on nothing but the
/// rules and the events.
#[derive(Debug)]
pub(crate) struct EventStore {
    spools: Vec<Mutex<Spool>>,
    /// Where each shelf begins.
    starts: Vec<usize>,
    events: Vec<Stored>,
    duplicates: u64,
}

impl EventStore {
    /// Puts all events in order. Two with the same `_index` and `_id` are one and count as duplicates; should they differ,
    /// the one whose record is less, byte by byte, stays.
    pub(crate) fn new(shelves: Vec<Shelf>, threads: usize) -> io::Result<(Self, Places)> {
        let mut store = Self { spools: Vec::new(), starts: Vec::new(), events: Vec::new(), duplicates: 0 };
        let mut given = Vec::new();
        let mut gives_hash = false;
        for shelf in shelves {
            let start = store.events.len();
            let number = |event: EventRef| EventRef::from_number(start + event.number());
            for (identity, event) in shelf.given {
                given.push((identity, number(event)?));
            }
            store.events.reserve_exact(shelf.events.len());
            for event in shelf.events {
                store.events.push(Stored { number: number(event.number)?, ..event });
            }
            gives_hash |= shelf.gives_hash;
            store.spools.push(Mutex::new(shelf.spool));
            store.starts.push(start);
        }
        // What an event is the same as; itself, if it stays.
        let mut same: Vec<_> = store.events.iter().map(|event| event.number).collect();
        if gives_hash && given.len() < store.events.len() {
            // A given id may be that which is made of another record.
            given = store.identities(&store.events)?;
        }
        store.find_given_twice(given, &mut same)?;
        store.put_in_order(&mut same, threads)?;
        let places = store.places(&same);
        store.events.shrink_to_fit();
        Ok((store, places))
    }

    /// Finds those that are the same by the ids that they were given. Events are still in the order of their numbers.
    fn find_given_twice(
        &mut self,
        mut given: Vec<(Identity, EventRef)>,
        same: &mut [EventRef],
    ) -> io::Result<()> {
        given.sort_unstable();
        for copies in given.chunk_by(|a, b| a.0 == b.0).filter(|copies| copies.len() > 1) {
            let mut least: Option<(Vec<u8>, EventRef)> = None;
            for &(_, event) in copies {
                let stored = self.events.get(event.number()).copied().ok_or_else(no_such_event)?;
                let record = self.kept(&stored)?.record;
                if least.as_ref().is_none_or(|(least, _)| record < *least) {
                    least = Some((record, event));
                }
            }
            let Some((_, least)) = least else { continue };
            for &(_, event) in copies {
                same.get_mut(event.number()).into_iter().for_each(|same| *same = least);
            }
        }
        self.events.retain(|event| same.get(event.number.number()) == Some(&event.number));
        Ok(())
    }

    /// Sorts the events; those that time and sequence do not tell apart, by identity.
    fn put_in_order(&mut self, same: &mut [EventRef], threads: usize) -> io::Result<()> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_unstable_by_key(|event| (event.order(), event.sketch, event.number));
        let (store, share) = (&*self, events.len().div_ceil(threads.max(1)));
        let mut rest = &mut events[..];
        let copies = std::thread::scope(|scope| {
            let mut workers = Vec::new();
            while !rest.is_empty() {
                let last = rest.get(share - 1).map(Stored::order);
                let end = last.map_or(rest.len(), |last| rest.partition_point(|event| event.order() <= last));
                let (events, after) = rest.split_at_mut(end);
                rest = after;
                workers.push(scope.spawn(|| store.settle_ties(events)));
            }
            let mut copies = Vec::new();
            for worker in workers {
                // A panic elsewhere is reported where it happens.
                copies.extend(worker.join().map_err(|_| io::Error::other("a thread has panicked"))??);
            }
            io::Result::Ok(copies)
        })?;
        for (copy, first) in copies {
            same.get_mut(copy.number()).into_iter().for_each(|same| *same = first);
        }
        events.retain(|event| same.get(event.number.number()) == Some(&event.number));
        self.events = events;
        Ok(())
    }

    /// Puts those of the same time and sequence in order, which are in that of their sketches. Gives those that are
    /// the same as another, each with that.
    fn settle_ties(&self, events: &mut [Stored]) -> io::Result<Vec<(EventRef, EventRef)>> {
        let mut copies = Vec::new();
        for tied in events.chunk_by_mut(|a, b| a.order() == b.order()).filter(|tied| tied.len() > 1) {
            let before = copies.len();
            for alike in tied.chunk_by(|a, b| a.sketch == b.sketch).filter(|alike| alike.len() > 1) {
                self.find_copies(alike, &mut copies)?;
            }
            let gone: BTreeSet<_> = copies.iter().skip(before).map(|(copy, _)| *copy).collect();
            let mut ordered: Vec<&mut Stored> =
                tied.iter_mut().filter(|event| event.ordered && !gone.contains(&event.number)).collect();
            if ordered.len() > 1 {
                let events: Vec<Stored> = ordered.iter().map(|event| **event).collect();
                let mut by_identity: Vec<_> = self.identities(&events)?.into_iter().zip(events).collect();
                by_identity.sort_unstable_by_key(|(identity, _)| *identity);
                for (place, (_, event)) in ordered.iter_mut().zip(by_identity) {
                    **place = event;
                }
            }
        }
        Ok(copies)
    }

    /// Finds those among events of one moment and sketch that are the same as another.
    fn find_copies(&self, alike: &[Stored], copies: &mut Vec<(EventRef, EventRef)>) -> io::Result<()> {
        let Some((first, others)) = alike.split_first() else { return Ok(()) };
        if self.are_copies(first, others)? {
            copies.extend(others.iter().map(|other| (other.number, first.number)));
            return Ok(());
        }
        let mut first_of: BTreeMap<Identity, EventRef> = BTreeMap::new();
        for (identity, number) in self.identities(alike)? {
            match first_of.entry(identity) {
                // Their ids were made of the records: they are the same in all.
                Entry::Occupied(first) => copies.push((number, *first.get())),
                Entry::Vacant(entry) => _ = entry.insert(number),
            }
        }
        Ok(())
    }

    /// Whether events are the same byte by byte, as those of a file that is read twice: then they need no identities.
    fn are_copies(&self, first: &Stored, others: &[Stored]) -> io::Result<bool> {
        let first = self.kept(first)?;
        for other in others {
            if self.kept(other)? != first {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The identities of some events, each with the event's number.
    fn identities(&self, events: &[Stored]) -> io::Result<Vec<(Identity, EventRef)>> {
        let identity = |event: &Stored| {
            let kept = self.kept(event)?;
            Ok((identity(kept.index.as_deref(), &kept.id()), event.number))
        };
        events.iter().map(identity).collect()
    }

    fn places(&mut self, same: &[EventRef]) -> Places {
        let mut places = same.to_vec();
        for (place, event) in (0..).map(EventRef).zip(&self.events) {
            places.get_mut(event.number.number()).into_iter().for_each(|of_event| *of_event = place);
        }
        for (number, same) in (0..).map(EventRef).zip(same) {
            if number != *same
                && let Some(&place) = places.get(same.number())
                && let Some(of_event) = places.get_mut(number.number())
            {
                *of_event = place;
            }
        }
        self.duplicates = (same.len() - self.events.len()) as u64;
        Places { starts: self.starts.clone(), places }
    }

    /// What makes the event one with another, at the cost of a hash of its record.
    pub(crate) fn identity(&self, event: EventRef) -> io::Result<Identity> {
        let kept = self.kept(self.stored(event).ok_or_else(no_such_event)?)?;
        Ok(identity(kept.index.as_deref(), &kept.id()))
    }

    fn kept(&self, event: &Stored) -> io::Result<ReadEvent> {
        let shelf = self.starts.partition_point(|start| *start <= event.number.number());
        let spool =
            shelf.checked_sub(1).and_then(|shelf| self.spools.get(shelf)).ok_or_else(no_such_event)?;
        spool.lock().unwrap_or_else(PoisonError::into_inner).read(event.spooled)
    }

    /// All events, in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = EventRef> + use<> {
        (0..).map(EventRef).take(self.events.len())
    }

    /// The record of an event, as it was read.
    pub(crate) fn record(&self, event: EventRef) -> io::Result<Vec<u8>> {
        Ok(self.kept(self.stored(event).ok_or_else(no_such_event)?)?.record)
    }

    /// Reads an event back.
    pub(crate) fn read(&self, event: EventRef) -> io::Result<FoundEvent> {
        self.kept(self.stored(event).ok_or_else(no_such_event)?)?.into_event()
    }

    /// When the event was; `None` if it has no time.
    pub(crate) fn time(&self, event: EventRef) -> Option<EventTime> {
        self.stored(event)?.time()
    }

    /// `event.sequence`, or the record number of a Windows event log; 0 if the event has none.
    pub(crate) fn sequence(&self, event: EventRef) -> u64 {
        self.stored(event).map_or(0, |stored| stored.sequence)
    }

    /// Where the event stands among all events; `None` if it has no time.
    pub(crate) fn ordinal(&self, event: EventRef) -> Option<Ordinal> {
        let stored = self.stored(event)?;
        Some(Ordinal { time: stored.time()?, tiebreaker: None, tie: (stored.sequence, u64::from(event.0)) })
    }

    /// Number of distinct events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// How often an event was met again.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn stored(&self, event: EventRef) -> Option<&Stored> {
        self.events.get(event.number())
    }
}

fn no_such_event() -> io::Error {
    io::Error::other("no such event in the store")
}

/// What makes a record one event with another.
pub(super) fn identity(index: Option<&str>, id: &str) -> Identity {
    let mut hash = Sha256::new();
    hash.update(index.unwrap_or("").as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    prefix(&hash.finalize())
}

/// The first `N` bytes of a hash, which is longer than that.
pub(super) fn prefix<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut start = [0; N];
    for (to, from) in start.iter_mut().zip(hash) {
        *to = *from;
    }
    start
}

#[cfg(test)]
mod tests;
