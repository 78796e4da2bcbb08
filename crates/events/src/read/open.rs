//! From a file to its records: what it holds is told by its content, layer by layer.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::documents::Documents;
use super::event_log::EventLog;
use super::inputs::{Location, Pending};
use super::lines::Lines;
use super::sniff::{Format, SNIFF_BYTES, UTF8_MARK, sniff};
use super::stream::Stream;
use super::utf16::Utf16Reader;
use super::zip_archive::{self, Archive};
use super::{BlockSource, ProblemKind, Progress, ScanOptions, ScanReport, SkipReason};
use crate::Origin;
use crate::buffer::BufferPool;
use crate::record::RecordFormat;

/// What a file turned out to be.
pub(super) enum Opened {
    Records(Box<dyn BlockSource>),
    /// An archive, and the files in it.
    Members(Vec<Pending>),
    /// Nothing to read; the report says why.
    Nothing,
}

/// Layers of compression and encoding in a file, at most.
const MAX_LAYERS: usize = 4;

/// Opens a file.
pub(super) fn open(
    pending: &Pending,
    options: &ScanOptions,
    pool: &BufferPool,
    report: &mut ScanReport,
) -> Opened {
    let mut problem = |error: &io::Error| {
        report.problems.add(kind_of(error), whole_file(pending), error.to_string());
        Opened::Nothing
    };
    let compressed = Arc::new(AtomicU64::new(0));
    let count = |inner| Counted { inner, bytes: compressed.clone(), progress: options.progress.clone() };
    let opened = match &pending.location {
        Location::Stdin => Ok(Stream::new(count(Box::new(io::stdin())))),
        Location::File(path) => File::open(path).map(|file| Stream::new(count(Box::new(file)))),
        Location::Member(member) => member.open(&compressed).map(Stream::new),
    };
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(error) => return problem(&error),
    };
    for _ in 0..MAX_LAYERS {
        let head = stream.peek(SNIFF_BYTES);
        let format = sniff(head);
        if head.starts_with(UTF8_MARK) {
            io::BufRead::consume(&mut stream, UTF8_MARK.len());
        }
        let unpacked: io::Result<Box<dyn Read + Send>> = match format {
            Format::Gzip => Ok(Box::new(flate2::bufread::MultiGzDecoder::new(stream))),
            Format::Zstd => zstd::Decoder::with_buffer(stream).map(|decoder| Box::new(decoder) as _),
            Format::Utf16 { big_endian } => Ok(Box::new(Utf16Reader::new(stream, big_endian))),
            Format::Zip => return open_archive(stream, pending, report),
            format => return open_records(format, stream, pending, options, pool, report),
        };
        stream = match unpacked {
            Ok(unpacked) => Stream::new(Expanding::new(unpacked, &compressed)),
            Err(error) => return problem(&error),
        };
    }
    problem(&io::Error::new(io::ErrorKind::Unsupported, format!("compressed more than {MAX_LAYERS} times")))
}

fn whole_file(pending: &Pending) -> Origin {
    Origin { file: pending.name.clone(), position: 0 }
}

fn open_archive(mut stream: Stream, pending: &Pending, report: &mut ScanReport) -> Opened {
    let archive = match &pending.location {
        Location::File(path) => Ok(Archive::File(path.clone())),
        Location::Stdin => Archive::spool(&mut stream),
        Location::Member(_) => {
            let message = "an archive within an archive is not read";
            report.problems.add(ProblemKind::Unsupported, whole_file(pending), message);
            return Opened::Nothing;
        }
    };
    match archive.and_then(|archive| zip_archive::members(archive, &pending.name, report)) {
        Ok(members) => Opened::Members(
            members
                .into_iter()
                .map(|member| Pending {
                    name: member.name.clone(),
                    location: Location::Member(member),
                    is_named: false,
                    size: 0,
                })
                .collect(),
        ),
        Err(error) => {
            report.problems.add(kind_of(&error), whole_file(pending), error.to_string());
            Opened::Nothing
        }
    }
}

fn open_records(
    format: Format,
    mut stream: Stream,
    pending: &Pending,
    options: &ScanOptions,
    pool: &BufferPool,
    report: &mut ScanReport,
) -> Opened {
    let (file, limit) = (pending.name.clone(), options.max_record_bytes);
    let source: Box<dyn BlockSource> = match format {
        Format::Lines => Box::new(Lines::new(stream, file, RecordFormat::Json, limit, pool.clone())),
        Format::Bulk => Box::new(Lines::new(stream, file, RecordFormat::Bulk, limit, pool.clone())),
        Format::Documents => Box::new(Documents::new(stream, file, false, limit)),
        Format::WrappedDocuments => Box::new(Documents::new(stream, file, true, limit)),
        Format::EventLog => Box::new(EventLog::new(stream, file)),
        _ => {
            if let Some(error) = stream.take_error() {
                report.problems.add(kind_of(&error), whole_file(pending), error.to_string());
            } else if format == Format::Empty {
                report.skip(SkipReason::Empty);
            } else if pending.is_named {
                let message = "holds no events: neither JSON nor an event log";
                report.problems.add(ProblemKind::NotEvents, whole_file(pending), message);
            } else {
                report.skip(SkipReason::NotEvents);
            }
            return Opened::Nothing;
        }
    };
    report.files += 1;
    Opened::Records(source)
}

/// What kind of problem an error of reading is.
pub(super) fn kind_of(error: &io::Error) -> ProblemKind {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ProblemKind::Truncated,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
            ProblemKind::Corrupt
        }
        io::ErrorKind::Unsupported => ProblemKind::Unsupported,
        io::ErrorKind::NotFound => ProblemKind::NotFound,
        io::ErrorKind::FileTooLarge => ProblemKind::Expansion,
        _ => ProblemKind::Unreadable,
    }
}

/// Counts what is read of a file.
pub(super) struct Counted {
    pub(super) inner: Box<dyn Read + Send>,
    pub(super) bytes: Arc<AtomicU64>,
    pub(super) progress: Option<Arc<Progress>>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(progress) = &self.progress {
            progress.add(read as u64);
        }
        Ok(read)
    }
}

/// Ends compressed data that expands out of all proportion: no log is like that, and reading it would never end.
pub(super) struct Expanding {
    inner: Box<dyn Read + Send>,
    bytes: u64,
    compressed: Arc<AtomicU64>,
}

impl Expanding {
    /// What `inner` gives; `compressed` counts the bytes of the file that it is made of.
    pub(super) fn new(inner: Box<dyn Read + Send>, compressed: &Arc<AtomicU64>) -> Self {
        Self { inner, bytes: 0, compressed: compressed.clone() }
    }
}

/// Expansion is not looked at below this size.
const EXPANSION_FLOOR: u64 = 1 << 30;
const MAX_EXPANSION: u64 = 1000;

impl Read for Expanding {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.bytes += read as u64;
        let compressed = self.compressed.load(Ordering::Relaxed);
        if self.bytes > EXPANSION_FLOOR && self.bytes / MAX_EXPANSION > compressed {
            let message = format!("{compressed} bytes expand to more than {} bytes", self.bytes);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(read)
    }
}
