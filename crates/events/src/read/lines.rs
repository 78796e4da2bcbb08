//! Newline-delimited JSON, a record a line; and bodies of `_bulk` requests, a record two lines.

use std::sync::Arc;

use super::stream::{READ_BYTES, Stream};
use super::{BLOCK_BYTES, BlockSource, ProblemKind, ScanReport, Work};
use crate::Origin;
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
}

impl Lines {
    pub(super) fn new(stream: Stream, file: Arc<str>, format: RecordFormat, max_record_bytes: usize) -> Self {
        Self { stream, file, format, max_record_bytes, rest: Vec::new(), line: 1 }
    }

    fn origin(&self) -> Origin {
        Origin { file: self.file.clone(), position: self.line }
    }

    /// Whole lines, as many as make a block; empty at the end.
    fn read_lines(&mut self, report: &mut ScanReport) -> Vec<u8> {
        // A batch keeps its blocks: they are made in the size that they take.
        let mut bytes = Vec::with_capacity(BLOCK_BYTES + READ_BYTES);
        bytes.append(&mut self.rest);
        let mut whole = 0;
        while whole < BLOCK_BYTES {
            let searched = bytes.len();
            if !self.stream.read_into(&mut bytes) {
                return bytes;
            }
            if let Some(newline) = memchr::memrchr(b'\n', &bytes[searched..]) {
                whole = searched + newline + 1;
            } else if bytes.len() - whole > self.max_record_bytes {
                if whole > 0 {
                    break;
                }
                self.skip_line(report);
                bytes.clear();
            }
        }
        self.rest = bytes.split_off(whole);
        bytes
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
    fn records(&mut self, bytes: &mut Vec<u8>, report: &mut ScanReport) -> Vec<RecordSpan> {
        let mut records = Vec::new();
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
            let rest = bytes.split_off(start);
            if self.stream.peek(1).is_empty() && self.rest.is_empty() {
                let origin = Origin { file: self.file.clone(), position: line };
                report.problems.add(ProblemKind::Truncated, origin, "the file ends after a line of action");
            } else {
                self.rest.splice(..0, rest);
                self.line = line;
            }
        }
        records
    }
}

impl BlockSource for Lines {
    fn next(&mut self, report: &mut ScanReport) -> Option<Work> {
        let mut bytes = self.read_lines(report);
        if bytes.is_empty() {
            return None;
        }
        let records = self.records(&mut bytes, report);
        Some(Work::Records(Block { file: self.file.clone(), bytes, records, format: self.format }))
    }

    fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}
