//! The events that hits are about, kept until the alerts are made: their order and identity in memory, their
//! records in a temporary file, so that memory does not hold them.

use std::io;

use hashbrown::HashTable;
use rulehound_events::EventBatch;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::FoundEvent;
use crate::correlate::{EventHandle, EventTime, Ordinal};
use crate::spool::{KeptEvent, Spool};

/// An event of an [`EventStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventRef(u32);

#[cfg(test)]
impl EventRef {
    pub(super) fn from_number(number: u32) -> Self {
        Self(number)
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

#[derive(Debug)]
struct Stored {
    moment: Moment,
    identity: Identity,
    /// Where the record is.
    spooled: u64,
}

/// Hit events, each once.
#[derive(Debug)]
pub(crate) struct EventStore {
    spool: Spool,
    events: Vec<Stored>,
    by_identity: HashTable<EventRef>,
    duplicates: u64,
}

/// An event ready to be stored; made outside of any lock.
#[derive(Debug)]
pub(crate) struct Prepared<'b> {
    moment: Moment,
    identity: Identity,
    event: KeptEvent<'b>,
}

impl<'b> Prepared<'b> {
    pub(crate) fn new(batch: &'b EventBatch, row: usize, moment: Moment) -> Self {
        let identity = identity(batch.index(row).unwrap_or(""), &batch.id(row));
        Self { moment, identity, event: KeptEvent::of(batch, row) }
    }
}

impl EventStore {
    pub(crate) fn new() -> Self {
        Self { spool: Spool::new(), events: Vec::new(), by_identity: HashTable::new(), duplicates: 0 }
    }

    /// Keeps an event. An event that is there already (the same `_index` and `_id`) is kept once and counted;
    /// should the two differ, the one whose record is less, byte by byte, stays, in whatever order they came.
    pub(crate) fn insert(&mut self, prepared: &Prepared<'_>) -> io::Result<EventRef> {
        let Self { spool, events, by_identity, duplicates } = self;
        let Prepared { moment, identity, event } = prepared;
        let of = |event: &EventRef| events.get(event.0 as usize).map(|stored| &stored.identity);
        let hash = |identity: &Identity| u64::from_be_bytes(prefix(identity));
        if let Some(&found) = by_identity.find(hash(identity), |other| of(other) == Some(identity)) {
            *duplicates += 1;
            // An id that was made of the record says that they are the same.
            if event.has_own_id()
                && let Some(stored) = events.get_mut(found.0 as usize)
                && event.is_less_than(&spool.record(stored.spooled)?)
            {
                *stored = Stored { moment: *moment, identity: *identity, spooled: spool.put(event)? };
            }
            return Ok(found);
        }
        let next = u32::try_from(events.len())
            .map(EventRef)
            .map_err(|_| io::Error::other("more than 4,294,967,295 events were hit"))?;
        let hash_of = |event: &EventRef| of(event).map_or(0, hash);
        by_identity.insert_unique(hash(identity), next, hash_of);
        events.push(Stored { moment: *moment, identity: *identity, spooled: spool.put(event)? });
        Ok(next)
    }

    /// Reads an event back.
    pub(crate) fn read(&mut self, event: EventRef) -> io::Result<FoundEvent> {
        let spooled = self.stored(event)?.spooled;
        self.spool.get(spooled)
    }

    /// When the event was; `None` if it has no time.
    pub(crate) fn time(&self, event: EventRef) -> Option<EventTime> {
        self.stored(event).ok()?.moment.time
    }

    /// Where the event stands among all events; `None` if it has no time. Depends on nothing but the event.
    pub(crate) fn ordinal(&self, event: EventRef) -> Option<Ordinal> {
        let stored = self.stored(event).ok()?;
        let identity = u64::from_be_bytes(prefix(&stored.identity));
        Some(Ordinal { time: stored.moment.time?, tiebreaker: None, tie: (stored.moment.sequence, identity) })
    }

    /// What puts events in an order that depends on nothing but the events, those without a time first.
    pub(crate) fn sort_key(&self, event: EventRef) -> (Option<Ordinal>, Identity) {
        let identity = self.stored(event).map_or([0; 16], |stored| stored.identity);
        (self.ordinal(event), identity)
    }

    /// Number of distinct events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// How often an event was met again.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn stored(&self, event: EventRef) -> io::Result<&Stored> {
        self.events.get(event.0 as usize).ok_or_else(|| io::Error::other("no such event in the store"))
    }
}

fn identity(index: &str, id: &str) -> Identity {
    let mut hash = Sha256::new();
    hash.update(index.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    prefix(&hash.finalize())
}

/// The first `N` bytes of a hash, which is longer than that.
fn prefix<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut start = [0; N];
    for (to, from) in start.iter_mut().zip(hash) {
        *to = *from;
    }
    start
}
