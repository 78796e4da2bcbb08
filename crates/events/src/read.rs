//! Readers: what is in a file, and how to get its records out, in bounded memory.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{EventBatch, Layout};

/// What to read, as named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, a folder (all files below) or a glob.
    Path(PathBuf),
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Fields that become columns.
    pub layout: Arc<Layout>,
    /// Number of threads.
    pub threads: usize,
    /// Most events in a batch.
    pub batch_rows: usize,
    /// `_index` of records that do not say.
    pub index: Option<String>,
}

/// What was read, what was skipped and why. Nothing is lost silently.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    /// Files opened, members of archives included.
    pub files: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Events given to the sink.
    pub events: u64,
}

/// Reads all inputs and gives the events in batches to `sink`, from several threads and in no order.
/// `ControlFlow::Break` ends the scan.
pub fn scan(
    _inputs: &[Input],
    _options: &ScanOptions,
    _sink: &(dyn Fn(EventBatch) -> ControlFlow<()> + Sync),
) -> ScanReport {
    unimplemented!()
}
