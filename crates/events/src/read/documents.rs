//! JSON documents one after another, arrays of them, and objects around such arrays, element by element.

use std::io::BufRead;
use std::sync::Arc;

use super::scanner::Scanner;
use super::sniff::{SNIFF_BYTES, wrapped_array};
use super::stream::Stream;
use super::{BLOCK_BYTES, BlockSource, ProblemKind, ScanReport, Work};
use crate::Origin;
use crate::record::{Block, RecordFormat, RecordSpan};

/// Reads documents. Between them, whitespace, commas and `//` comments are passed over.
pub(super) struct Documents {
    stream: Stream,
    file: Arc<str>,
    max_record_bytes: usize,
    /// Whether documents may be objects around an array of records.
    is_wrapped: bool,
    /// In an array: how many objects are open around it.
    array: Option<usize>,
    /// Number of the document or element that was read last.
    element: u64,
    ended: bool,
}

/// What becomes a block.
#[derive(Default)]
struct Elements {
    bytes: Vec<u8>,
    records: Vec<RecordSpan>,
}

impl Documents {
    pub(super) fn new(stream: Stream, file: Arc<str>, is_wrapped: bool, max_record_bytes: usize) -> Self {
        Self { stream, file, max_record_bytes, is_wrapped, array: None, element: 0, ended: false }
    }

    fn problem(&self, report: &mut ScanReport, kind: ProblemKind, message: &str) {
        let origin = Origin { file: self.file.clone(), position: self.element };
        report.problems.add(kind, origin, message);
    }

    /// Reads up to the end of the next record, or passes over what is between records.
    fn step(&mut self, block: &mut Elements, report: &mut ScanReport) {
        let Some(byte) = self.stream.peek(1).first().copied() else {
            if self.array.is_some() {
                self.problem(report, ProblemKind::Truncated, "the file ends inside an array of records");
            }
            self.ended = true;
            return;
        };
        match (byte, self.array) {
            (b' ' | b'\t' | b'\r' | b'\n' | b',', _) => self.stream.consume(1),
            (b'/', _) if self.stream.peek(2).starts_with(b"//") => self.stream.skip_line(),
            (b']', Some(around)) => {
                self.stream.consume(1);
                self.array = None;
                if around > 0 && self.take_value(Scanner::inside(around), 0, &mut Vec::new()).is_none() {
                    self.problem(report, ProblemKind::Truncated, "the file ends before its outermost object");
                }
            }
            (b'[', None) => {
                self.stream.consume(1);
                self.array = Some(0);
            }
            (b'{', None) if self.is_wrapped && self.open_wrapper() => {}
            // The elements of an array are records, if only broken ones.
            (b'{', None) | (_, Some(_)) => self.take_record(block, report),
            (_, None) => {
                self.problem(report, ProblemKind::InvalidJson, "text between documents");
                self.stream.skip_line();
            }
        }
    }

    /// Goes into an object around an array of records, if this is one.
    fn open_wrapper(&mut self) -> bool {
        let Some((offset, depth)) = wrapped_array(self.stream.peek(SNIFF_BYTES)) else { return false };
        self.stream.consume(offset + 1);
        self.array = Some(depth);
        true
    }

    fn take_record(&mut self, block: &mut Elements, report: &mut ScanReport) {
        self.element += 1;
        let limit = self.max_record_bytes;
        let start = block.bytes.len();
        match self.take_value(Scanner::default(), limit, &mut block.bytes) {
            Some(length) if length <= limit => {
                let end = block.bytes.len();
                block.records.push(RecordSpan { start, end, position: self.element });
            }
            Some(_) => {
                block.bytes.truncate(start);
                report.records += 1;
                self.problem(
                    report,
                    ProblemKind::RecordTooLong,
                    &format!("record is longer than {limit} bytes"),
                );
            }
            None => {
                block.bytes.truncate(start);
                report.records += 1;
                self.problem(report, ProblemKind::Truncated, "the file ends inside a record");
                self.ended = true;
            }
        }
    }

    /// Reads to the end of a value, of which up to `limit` bytes go to `out`, and gives its length; `None` if
    /// the stream ends before.
    fn take_value(&mut self, mut scanner: Scanner, limit: usize, out: &mut Vec<u8>) -> Option<usize> {
        let mut length = 0;
        loop {
            let bytes = self.stream.peek(1);
            if bytes.is_empty() {
                return None;
            }
            let end = scanner.advance(bytes);
            let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes);
            length += piece.len();
            if length <= limit {
                out.extend_from_slice(piece);
            }
            let consumed = piece.len();
            self.stream.consume(consumed);
            if end.is_some() {
                return Some(length);
            }
        }
    }
}

impl BlockSource for Documents {
    fn next(&mut self, report: &mut ScanReport) -> Option<Work> {
        let mut block = Elements::default();
        while !self.ended && block.bytes.len() < BLOCK_BYTES {
            self.step(&mut block, report);
        }
        if self.ended && block.records.is_empty() {
            return None;
        }
        let Elements { bytes, records } = block;
        Some(Work::Records(Block {
            file: self.file.clone(),
            bytes: bytes.into(),
            records,
            format: RecordFormat::Json,
        }))
    }

    fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}
