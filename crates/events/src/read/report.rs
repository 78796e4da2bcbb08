//! What a scan has read, what it has skipped and why.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::normalize::Shape;
use crate::{Misfits, Origin, RecordError};

/// What was read, what was skipped and why. Nothing is lost silently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Files read, members of archives included.
    pub files: u64,
    /// Bytes of records read, after decompression.
    pub bytes: u64,
    /// Records found: the events and those that could not be read.
    pub records: u64,
    /// Events given to the sink.
    pub events: u64,
    /// Events read, by the shape of their records.
    pub shapes: BTreeMap<Shape, u64>,
    /// Files passed over without harm, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// What could not be read.
    pub problems: Problems,
    /// Values that did not fit the type of their field.
    pub misfits: Misfits,
    /// Where the time went.
    pub times: ScanTimes,
}

/// Where the time of a scan went, summed over its threads. What a thread waits for another is in none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanTimes {
    /// Opening, reading and decompressing files, and finding where their records are.
    pub read: Duration,
    /// Rendering the records of event logs to JSON.
    pub render: Duration,
    /// Parsing and normalising records, and putting their values into columns.
    pub shred: Duration,
    /// What was done with the batches.
    pub sink: Duration,
}

impl ScanReport {
    pub(crate) fn skip(&mut self, reason: SkipReason) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// Whether none of the inputs could so much as be opened.
    pub fn nothing_was_opened(&self) -> bool {
        let is_closed = |kind: &ProblemKind| matches!(kind, ProblemKind::NotFound | ProblemKind::Unreadable);
        self.files == 0 && !self.problems.is_empty() && self.problems.counts.keys().all(is_closed)
    }

    /// Adds the report of another part of the same scan.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.records += other.records;
        self.events += other.events;
        for (shape, events) in &other.shapes {
            *self.shapes.entry(*shape).or_default() += events;
        }
        for (reason, files) in &other.skipped {
            *self.skipped.entry(*reason).or_default() += files;
        }
        self.problems.merge(&other.problems);
        self.misfits.merge(&other.misfits);
        self.times.read += other.times.read;
        self.times.render += other.times.render;
        self.times.shred += other.times.shred;
        self.times.sink += other.times.sink;
    }
}

/// Why a file was passed over. Only files that were not named themselves are; a file named on the command line
/// that holds no events is a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// Nothing in it.
    Empty,
    /// Its name begins with a dot.
    Hidden,
    /// Its content is no format of events.
    NotEvents,
    /// Named twice.
    Duplicate,
}

impl SkipReason {
    /// In words, to follow a number of files.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Hidden => "hidden",
            Self::NotEvents => "not events",
            Self::Duplicate => "named twice",
        }
    }
}

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// No such file, or a glob that matches none.
    NotFound,
    /// It could not be opened or read.
    Unreadable,
    /// A file named on the command line whose content is no format of events.
    NotEvents,
    /// It ends too early.
    Truncated,
    /// Damaged: an archive, a compressed file, or a chunk of an event log.
    Corrupt,
    /// A feature of an archive that is not supported, such as encryption.
    Unsupported,
    /// Compressed data that expands out of all proportion.
    Expansion,
    /// A record over the limit of [`super::ScanOptions::max_record_bytes`].
    RecordTooLong,
    /// A record that is not JSON.
    InvalidJson,
    /// A record that is not UTF-8.
    InvalidUtf8,
    /// A record nested too deep.
    TooDeep,
    /// A record that is JSON, but no object.
    NotAnObject,
    /// A record of an event log that could not be decoded.
    EventLogRecord,
}

impl ProblemKind {
    /// Name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Unreadable => "unreadable",
            Self::NotEvents => "not-events",
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Expansion => "expansion",
            Self::RecordTooLong => "record-too-long",
            Self::InvalidJson => "invalid-json",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::TooDeep => "too-deep",
            Self::NotAnObject => "not-an-object",
            Self::EventLogRecord => "event-log-record",
        }
    }
}

impl From<&RecordError> for ProblemKind {
    fn from(error: &RecordError) -> Self {
        match error {
            RecordError::InvalidJson { .. } => Self::InvalidJson,
            RecordError::InvalidUtf8 { .. } => Self::InvalidUtf8,
            RecordError::TooDeep => Self::TooDeep,
            RecordError::NotAnObject => Self::NotAnObject,
        }
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct Problem {
    /// Where it is; position 0 stands for the file as a whole.
    pub origin: Origin,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong, for a person.
    pub message: String,
}

/// Problems: the first of them, in order of file and position, and the number of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    counts: BTreeMap<ProblemKind, u64>,
}

impl Problems {
    /// How many problems are kept; all are counted.
    pub const KEPT: usize = 100;

    pub(crate) fn add(&mut self, kind: ProblemKind, origin: Origin, message: impl Into<String>) {
        *self.counts.entry(kind).or_default() += 1;
        self.first.push(Problem { origin, kind, message: message.into() });
        if self.first.len() >= 4 * Self::KEPT {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.first.sort();
        self.first.truncate(Self::KEPT);
    }

    fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.counts {
            *self.counts.entry(*kind).or_default() += count;
        }
        self.first.extend_from_slice(&other.first);
        self.sort();
    }

    /// The first [`Self::KEPT`], in order of file and position.
    pub fn first(&self) -> &[Problem] {
        &self.first
    }

    /// Number of problems of each kind.
    pub fn counts(&self) -> &BTreeMap<ProblemKind, u64> {
        &self.counts
    }

    /// Number of all problems.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
