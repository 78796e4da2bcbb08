//! Readers: what is in a file, and how to get its records out, in bounded memory.
//!
//! A file is opened layer by layer (`open`): what each layer is, its content tells, never its name. At the
//! bottom is a source of blocks, one module a format. Sources do as little as they can, for they are read under a
//! lock; what is costly (rendering event logs, parsing, shredding) is done by whoever takes the block.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::Block;
use crate::{EventBatch, Layout};

mod documents;
mod event_log;
mod inputs;
mod lines;
mod open;
mod report;
mod scan;
mod scanner;
mod sniff;
mod stream;
mod utf16;
mod zip_archive;

pub use report::{Problem, ProblemKind, Problems, ScanReport, ScanTimes, SkipReason};

/// What to read, as named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, a folder (all files below) or a glob.
    Path(PathBuf),
}

impl Input {
    /// What a word of the command line names: `-` is standard input.
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Fields that become columns.
    pub layout: Arc<Layout>,
    /// Number of threads. With one, events come in order of the inputs, of the files and of their records.
    pub threads: usize,
    /// Most events in a batch.
    pub batch_rows: usize,
    /// `_index` of records that do not say.
    pub index: Option<String>,
    /// Longest record, in bytes; longer ones are problems.
    pub max_record_bytes: usize,
    /// Where to tell how far the scan is.
    pub progress: Option<Arc<Progress>>,
}

impl Default for ScanOptions {
    /// No columns, one thread, batches of 4,096 events, records of up to 16 MiB.
    fn default() -> Self {
        Self {
            layout: Arc::default(),
            threads: 1,
            batch_rows: 4096,
            index: None,
            max_record_bytes: 16 << 20,
            progress: None,
        }
    }
}

/// How far a scan is, for others to look at while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Bytes of files read so far, as they lie on disk.
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Size of all files together, as far as it is known: standard input has none.
    pub fn total_bytes(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Reads all inputs and gives the events in batches to `sink`, from several threads and in no order.
/// `ControlFlow::Break` ends the scan.
pub fn scan(
    inputs: &[Input],
    options: &ScanOptions,
    sink: &(dyn Fn(EventBatch) -> ControlFlow<()> + Sync),
) -> ScanReport {
    scan::scan(inputs, options, sink)
}

/// Size of the pieces in which files are read, about, in bytes.
const BLOCK_BYTES: usize = 1 << 20;

/// A file being read, piece by piece.
trait BlockSource: Send {
    /// The next piece; `None` at the end.
    fn next(&mut self, report: &mut ScanReport) -> Option<Work>;

    /// The stream that it reads, to be asked how it went.
    fn stream(&mut self) -> &mut stream::Stream;
}

/// A piece of a file.
enum Work {
    Records(Block),
    /// A chunk of an event log, whose records are yet to be rendered.
    Chunk(event_log::Chunk),
}
