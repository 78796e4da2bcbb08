//! The hits of what is correlated (steps of sequences, events that are counted, indicators), put by until all is read.
//!
//! There may be several for each event there is, so they lie in temporary files. Events of different join keys
//! have nothing to do with each other: the hits are parted by rule and key, and each part is correlated on its own,
//! so that memory holds a part at a time.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

use crate::correlate::{Captured, Key, StepId};
use crate::order::Place;

use super::questions::RuleIndex;
use super::store::{EventRef, Places};

/// Number of parts. Of a gigabyte of hits a part has to be held at once for each thread.
const PARTS: usize = 64;

/// How much of a part is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 64 << 10;

/// How much is gathered before it is written, in bytes.
const WRITE_BYTES: usize = 16 << 10;

/// A hit of a step of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StepHit {
    pub(super) rule: RuleIndex,
    pub(super) event: EventRef,
    pub(super) step: StepId,
    /// The join key, by its place in [`Part::keys`].
    pub(super) key: u32,
    /// What else there is to know, by its place in [`Part::more`].
    pub(super) more: u32,
}

/// What else there is to know of a hit. Mostly nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct More {
    /// Where the event stands for a rule that names a timestamp or tiebreaker field of its own.
    pub(super) place: Option<OwnPlace>,
    /// The values of the fields that the correlator must know.
    pub(super) captured: Captured,
}

/// Where an event stands for a rule that names fields of its own, and what breaks the last ties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct OwnPlace {
    pub(super) place: Place,
    pub(super) identity: u64,
}

/// A hit as it lies in a file; the encoded key and what else there is to know come after it.
#[derive(Serialize, Deserialize)]
struct Entry {
    rule: RuleIndex,
    event: EventRef,
    step: StepId,
    key_bytes: u32,
    /// None: there is nothing more.
    more_bytes: u32,
}

/// The hits that one thread finds, by part.
#[derive(Debug)]
pub(super) struct StepHits {
    files: Vec<PartFile>,
    hasher: ahash::RandomState,
    /// For keys being encoded, and what else there is.
    scratch: Vec<u8>,
    more: Vec<u8>,
}

#[derive(Debug)]
struct PartFile {
    file: SpooledTempFile,
    pending: Vec<u8>,
}

/// The hits of some keys of some rules, with all hits of these.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// By rule, then by event, step and key; each once.
    pub(super) hits: Vec<StepHit>,
    /// Each key once.
    pub(super) keys: Vec<Key>,
    /// Each once; the first says nothing.
    pub(super) more: Vec<More>,
}

impl StepHits {
    /// No hits. Threads must part theirs by the same `hasher`.
    pub(super) fn new(hasher: ahash::RandomState) -> Self {
        let file = || PartFile { file: SpooledTempFile::new(IN_MEMORY), pending: Vec::new() };
        let files = std::iter::repeat_with(file).take(PARTS).collect();
        Self { files, hasher, scratch: Vec::new(), more: Vec::new() }
    }

    /// Puts by a hit.
    pub(super) fn put(
        &mut self,
        rule: RuleIndex,
        event: EventRef,
        step: StepId,
        key: &Key,
        more: &More,
    ) -> io::Result<()> {
        self.scratch.clear();
        postcard::to_io(key, &mut self.scratch).map_err(io::Error::other)?;
        self.more.clear();
        if more.place.is_some() || !more.captured.is_empty() {
            postcard::to_io(more, &mut self.more).map_err(io::Error::other)?;
        }
        let part = self.hasher.hash_one((rule, &self.scratch)) as usize % PARTS;
        let Some(PartFile { file, pending }) = self.files.get_mut(part) else { return Ok(()) };
        let key_bytes = u32::try_from(self.scratch.len()).map_err(io::Error::other)?;
        let more_bytes = u32::try_from(self.more.len()).map_err(io::Error::other)?;
        let entry = Entry { rule, event, step, key_bytes, more_bytes };
        postcard::to_io(&entry, &mut *pending).map_err(io::Error::other)?;
        pending.extend_from_slice(&self.scratch);
        pending.extend_from_slice(&self.more);
        if pending.len() >= WRITE_BYTES {
            file.write_all(pending)?;
            pending.clear();
        }
        Ok(())
    }
}

/// Brings together the hits that threads have found, in the order of their shelves.
pub(super) fn parts(threads: Vec<StepHits>) -> Vec<PartFiles> {
    let mut parts: Vec<_> = std::iter::repeat_with(|| PartFiles(Vec::new())).take(PARTS).collect();
    for thread in threads {
        for (part, file) in parts.iter_mut().zip(thread.files) {
            part.0.push(file);
        }
    }
    parts
}

/// A part that is not yet read: the file of each thread.
#[derive(Debug)]
pub(super) struct PartFiles(Vec<PartFile>);

impl PartFiles {
    /// Reads the part.
    pub(super) fn read(self, places: &Places) -> io::Result<Part> {
        let mut part = Part { more: vec![More::default()], ..Part::default() };
        let (mut known_keys, mut known_more) = (Known::default(), Known::from_iter([(Vec::new(), 0)]));
        for (shelf, PartFile { mut file, pending }) in self.0.into_iter().enumerate() {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            drop(file);
            bytes.extend_from_slice(&pending);
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (entry, after): (Entry, _) = postcard::take_from_bytes(rest).map_err(io::Error::other)?;
                let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
                let (key, after) = after.split_at_checked(entry.key_bytes as usize).ok_or_else(cut)?;
                let (more, after) = after.split_at_checked(entry.more_bytes as usize).ok_or_else(cut)?;
                rest = after;
                let key = decoded(key, &mut part.keys, &mut known_keys)?;
                let more = decoded(more, &mut part.more, &mut known_more)?;
                let Entry { rule, event, step, .. } = entry;
                part.hits.push(StepHit { rule, event: places.of(shelf, event)?, step, key, more });
            }
        }
        part.settle();
        Ok(part)
    }
}

/// Where the decoded forms of bytes are.
type Known = HashMap<Vec<u8>, u32, ahash::RandomState>;

/// The place among `all` of what some bytes say.
fn decoded<T: for<'de> Deserialize<'de>>(
    bytes: &[u8],
    all: &mut Vec<T>,
    known: &mut Known,
) -> io::Result<u32> {
    if let Some(place) = known.get(bytes) {
        return Ok(*place);
    }
    let place = u32::try_from(all.len()).map_err(io::Error::other)?;
    all.push(postcard::from_bytes(bytes).map_err(io::Error::other)?);
    known.insert(bytes.to_vec(), place);
    Ok(place)
}

impl Part {
    /// Puts the hits in order, each once. Of two records that are one event the one that says least counts.
    fn settle(&mut self) {
        let Self { hits, more, .. } = self;
        let said = |hit: &StepHit| more.get(hit.more as usize);
        let same =
            |a: &StepHit, b: &StepHit| (a.rule, a.event, a.step, a.key) == (b.rule, b.event, b.step, b.key);
        hits.sort_unstable();
        for hits in hits.chunk_by_mut(same).filter(|hits| hits.len() > 1) {
            hits.sort_by(|a, b| said(a).cmp(&said(b)));
        }
        hits.dedup_by(|a, b| same(a, b));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::correlate::KeyValue;

    #[test]
    fn every_hit_comes_back_once_with_all_others_of_its_rule_and_key() {
        let hasher = ahash::RandomState::new();
        let mut threads = [StepHits::new(hasher.clone()), StepHits::new(hasher)];
        let mut expected = BTreeSet::new();
        let key_of = |number: u32| Key([KeyValue::Long(number.into()), KeyValue::String("x".into())].into());
        let more_of = |number: u32| match number % 3 {
            0 => More::default(),
            rest => More { place: None, captured: [vec![KeyValue::Long(rest.into())]].into() },
        };
        // The second thread has met the same events, in another order.
        let places = Places::of_shelves(&[(0..10_000).collect(), (0..10_000).rev().collect()]);
        for number in 0..30_000_u32 {
            let (rule, event) = (RuleIndex(number as usize % 7), number as usize / 3);
            let (step, key) = (StepId(number % 2), number % 500);
            let [first, second] = &mut threads;
            let event_of = |number| EventRef::from_number(number).unwrap();
            first.put(rule, event_of(event), step, &key_of(key), &more_of(number)).unwrap();
            if number % 5 == 0 {
                second.put(rule, event_of(9_999 - event), step, &key_of(key), &more_of(number)).unwrap();
            }
            expected.insert((rule, event_of(event), step, key_of(key), more_of(number)));
        }
        let mut keys = BTreeSet::new();
        for part in parts(threads.into()) {
            let Part { hits, keys: of_part, more: more_of_part } = part.read(&places).unwrap();
            assert!(hits.is_sorted_by_key(|hit| (hit.rule, hit.event, hit.step, hit.key)));
            let mut keys_here = BTreeSet::new();
            for StepHit { rule, event, step, key, more } in hits {
                let key = of_part[key as usize].clone();
                keys_here.insert((rule, key.clone()));
                let more = more_of_part[more as usize].clone();
                assert!(expected.remove(&(rule, event, step, key, more)));
            }
            for key in keys_here {
                assert!(keys.insert(key.clone()), "{key:?} is in two parts");
            }
        }
        assert!(expected.is_empty());
    }
}
