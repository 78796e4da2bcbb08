//! Windows event logs (EVTX): a header of 4 KiB, then chunks of 64 KiB, each readable on its own. So a log is
//! read as a stream, and a damaged chunk costs what is in it.

use std::sync::Arc;

use evtx::err::{ChunkError, EvtxError};
use evtx::{EvtxChunkData, EvtxRecord, ParserSettings};

use super::stream::Stream;
use super::{BlockSource, ProblemKind, ScanReport, Work};
use crate::Origin;
use crate::record::{Block, RecordFormat, RecordSpan};

const HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65536;
/// A chunk that was never written.
static BLANK: [u8; CHUNK_BYTES] = [0; CHUNK_BYTES];

/// Reads chunks.
pub(super) struct EventLog {
    stream: Stream,
    file: Arc<str>,
    /// Number of the next chunk, from 1; 0 for the header.
    chunk: u64,
}

/// A chunk as it was read.
pub(super) struct Chunk {
    file: Arc<str>,
    bytes: Vec<u8>,
    number: u64,
}

impl EventLog {
    pub(super) fn new(stream: Stream, file: Arc<str>) -> Self {
        Self { stream, file, chunk: 0 }
    }

    /// The next part of the file and whether it is whole; `None` at the end.
    fn take(&mut self, bytes: usize) -> Option<(Vec<u8>, bool)> {
        let mut part = vec![0; bytes];
        let read = self.stream.fill(&mut part);
        part.truncate(read);
        let is_whole = read == bytes;
        (!part.is_empty()).then_some((part, is_whole))
    }

    fn truncated(&self, report: &mut ScanReport, what: &str) {
        let message = format!("the event log ends inside {what}");
        report.problems.add(ProblemKind::Truncated, whole_file(&self.file), message);
    }
}

fn whole_file(file: &Arc<str>) -> Origin {
    Origin { file: file.clone(), position: 0 }
}

impl BlockSource for EventLog {
    fn next(&mut self, report: &mut ScanReport) -> Option<Work> {
        if self.chunk == 0 {
            let (_, is_whole) = self.take(HEADER_BYTES)?;
            if !is_whole {
                self.truncated(report, "its header");
                return None;
            }
            self.chunk = 1;
        }
        let (mut bytes, is_whole) = self.take(CHUNK_BYTES)?;
        if !is_whole {
            self.truncated(report, &format!("chunk {}", self.chunk));
            // What is there of its records is whole, but for the last.
            bytes.resize(CHUNK_BYTES, 0);
        }
        self.chunk += 1;
        Some(Work::Chunk(Chunk { file: self.file.clone(), bytes, number: self.chunk - 1 }))
    }

    fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

impl Chunk {
    /// Renders the records of a chunk to JSON.
    pub(super) fn render(self, report: &mut ScanReport) -> Block {
        let Self { file, bytes, number } = self;
        let mut json = Vec::new();
        // Logs are made in full size, and chunks not yet written are blank.
        let rendered = match bytes == BLANK {
            true => Ok(Vec::new()),
            false => render(bytes, &mut json, |error| {
                report.records += 1;
                let message = format!("chunk {number}: {}", chain(&error));
                report.problems.add(ProblemKind::EventLogRecord, whole_file(&file), message);
            }),
        };
        let records = rendered.unwrap_or_else(|error| {
            let message = format!("chunk {number} of the event log is damaged: {}", chain(&error));
            report.problems.add(ProblemKind::Corrupt, whole_file(&file), message);
            Vec::new()
        });
        Block { file, bytes: json.into(), records, format: RecordFormat::Json }
    }
}

/// Renders the records of a chunk, one after another, and says where each stands; those that cannot be are given
/// to `broken`.
fn render(
    chunk: Vec<u8>,
    json: &mut Vec<u8>,
    mut broken: impl FnMut(EvtxError),
) -> Result<Vec<RecordSpan>, ChunkError> {
    let mut data = EvtxChunkData::new(chunk, false)?;
    let mut chunk = data.parse(Arc::new(ParserSettings::new().indent(false)))?;
    let mut records = Vec::new();
    for record in chunk.iter() {
        match record.and_then(EvtxRecord::into_json_bytes) {
            Ok(record) => {
                let start = json.len();
                json.extend_from_slice(&record.data);
                records.push(RecordSpan { start, end: json.len(), position: record.event_record_id });
            }
            Err(error) => broken(error),
        }
    }
    Ok(records)
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
