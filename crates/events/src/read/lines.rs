//! Newline-delimited JSON, a record a line; and bodies of `_bulk` requests, a record two lines.

use std::sync::Arc;

use super::stream::Stream;
use super::{BlockSource, ProblemKind, ScanReport, Work};
use crate::Origin;
use crate::buffer::BufferPool;
use crate::record::{Block, RecordFormat, RecordSpan};

/// Reads lines. Blank ones and `//` comments are passed over.
pub(super) struct Lines {
    stream: Stream,
    file: Arc<str>,
    format: RecordFormat,
    max_record_bytes: usize,
    /// What was read of a line that is not complete.
    rest: Vec<u8>,
    /// Number of the line that comes next.
    line: u64,
    /// How many records the block before had.
    records: usize,
    pool: BufferPool,
}

impl Lines {
    pub(super) fn new(
        stream: Stream,
        file: Arc<str>,
        format: RecordFormat,
        max_record_bytes: usize,
        pool: BufferPool,
    ) -> Self {
        Self { stream, file, format, max_record_bytes, rest: Vec::new(), line: 1, records: 0, pool }
    }

    fn origin(&self) -> Origin {
        Origin { file: self.file.clone(), position: self.line }
    }

    /// A buffer with whole lines, and how much of it they fill; nothing at the end.
    fn read_lines(&mut self, report: &mut ScanReport) -> (Vec<u8>, usize) {
        let mut bytes = self.pool.take();
        let mut filled = self.rest.len();
        bytes.resize(bytes.len().max(2 * filled), 0);
        bytes[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            let searched = filled;
            filled += self.stream.fill(&mut bytes[filled..]);
            if filled < bytes.len() {
                return (bytes, filled);
            }
            if let Some(newline) = memchr::memrchr(b'\n', &bytes[searched..]) {
                let whole = searched + newline + 1;
                self.rest.extend_from_slice(&bytes[whole..]);
                return (bytes, whole);
            }
            if filled > self.max_record_bytes {
                self.skip_line(report);
                filled = 0;
            } else {
                bytes.resize(2 * filled, 0);
            }
        }
    }

    /// Passes over the rest of a line that is too long.
    fn skip_line(&mut self, report: &mut ScanReport) {
        report.records += 1;
        report.problems.add(
            ProblemKind::RecordTooLong,
            self.origin(),
            format!("line is longer than {} bytes", self.max_record_bytes),
        );
        self.line += 1;
        self.stream.skip_line();
    }

    /// The records of some lines.
    fn records(&mut self, bytes: &[u8], report: &mut ScanReport) -> Vec<RecordSpan> {
        let mut records = Vec::with_capacity(self.records);
        let mut start = 0;
        // Start and number of a line of action whose source is to come.
        let mut action = None;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |newline| start + newline);
            let line = bytes[start..end].trim_ascii();
            if line.len() > self.max_record_bytes {
                let message = format!("line is longer than {} bytes", self.max_record_bytes);
                report.records += 1;
                report.problems.add(ProblemKind::RecordTooLong, self.origin(), message);
            } else if !line.is_empty() && !line.starts_with(b"//") {
                match (self.format, action.take()) {
                    (RecordFormat::Json, _) => records.push(RecordSpan { start, end, position: self.line }),
                    (RecordFormat::Bulk, Some((start, _))) => {
                        records.push(RecordSpan { start, end, position: self.line });
                    }
                    (RecordFormat::Bulk, None) if super::sniff::bulk_action(line) == Some("delete") => {}
                    (RecordFormat::Bulk, None) => action = Some((start, self.line)),
                }
            }
            self.line += 1;
            start = end + 1;
        }
        if let Some((start, line)) = action {
            if self.stream.peek(1).is_empty() && self.rest.is_empty() {
                let origin = Origin { file: self.file.clone(), position: line };
                report.problems.add(ProblemKind::Truncated, origin, "the file ends after a line of action");
            } else {
                self.rest.splice(..0, bytes[start..].iter().copied());
                self.line = line;
            }
        }
        self.records = records.len();
        records
    }
}

impl BlockSource for Lines {
    fn next(&mut self, report: &mut ScanReport) -> Option<Work> {
        let (bytes, length) = self.read_lines(report);
        let bytes = self.pool.lend(bytes, length);
        if bytes.is_empty() {
            return None;
        }
        let records = self.records(&bytes, report);
        Some(Work::Records(Block { file: self.file.clone(), bytes, records, format: self.format }))
    }

    fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}
