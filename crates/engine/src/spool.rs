//! Events put by until it is known which are needed.

use std::io::{self, Read, Seek, SeekFrom, Write};

use rulehound_events::{EventBatch, RecordFormat};
use tempfile::SpooledTempFile;

use crate::FoundEvent;

/// How much is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 16 << 20;

/// How much is gathered before it is written, in bytes.
const WRITE_BYTES: usize = 1 << 20;

/// A temporary file of events, each known by its place in it.
///
/// What is kept is the record as it was read: a document is made of those only that are asked for again.
#[derive(Debug)]
pub(crate) struct Spool {
    file: SpooledTempFile,
    /// How much is in the file.
    written: u64,
    /// What is yet to be written.
    pending: Vec<u8>,
}

impl Spool {
    pub(crate) fn new() -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY), written: 0, pending: Vec::new() }
    }

    /// Puts by an event.
    pub(crate) fn put(&mut self, event: &KeptEvent<'_>) -> io::Result<u64> {
        let place = self.written + self.pending.len() as u64;
        event.write(&mut self.pending)?;
        if self.pending.len() >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(place)
    }

    /// Reads an event back.
    pub(crate) fn get(&mut self, place: u64) -> io::Result<FoundEvent> {
        let ReadEvent { format, index, id, record } = self.read(place)?;
        let text = |bytes| String::from_utf8(bytes).map_err(io::Error::other);
        Ok(FoundEvent {
            index: index.map(text).transpose()?,
            id: id.map(text).transpose()?.unwrap_or_else(|| format.id(&record)),
            // It was read before, so this cannot fail.
            document: format.document(&record).map_err(io::Error::other)?,
        })
    }

    /// The record of an event, as it was read.
    pub(crate) fn record(&mut self, place: u64) -> io::Result<Vec<u8>> {
        self.read(place).map(|event| event.record)
    }

    fn read(&mut self, place: u64) -> io::Result<ReadEvent> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(place))?;
        let [format] = array(&mut self.file)?;
        Ok(ReadEvent {
            format: if format == 0 { RecordFormat::Json } else { RecordFormat::Bulk },
            index: optional(&mut self.file)?,
            id: optional(&mut self.file)?,
            record: bytes(&mut self.file)?,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.written))?;
        self.file.write_all(&self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

/// A [`KeptEvent`], read back.
struct ReadEvent {
    format: RecordFormat,
    index: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    record: Vec<u8>,
}

/// What is kept of an event of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptEvent<'b> {
    index: Option<&'b str>,
    /// The `_id` that the record came with.
    id: Option<&'b str>,
    format: RecordFormat,
    record: &'b [u8],
}

impl<'b> KeptEvent<'b> {
    pub(crate) fn of(batch: &'b EventBatch, row: usize) -> Self {
        Self {
            index: batch.index(row),
            id: batch.given_id(row),
            format: batch.format(row),
            record: batch.original(row),
        }
    }

    /// Whether the record came with an `_id`.
    pub(crate) fn has_own_id(&self) -> bool {
        self.id.is_some()
    }

    /// Whether the record is less than another, byte by byte.
    pub(crate) fn is_less_than(&self, record: &[u8]) -> bool {
        self.record < record
    }

    /// The form in which [`Spool::get`] reads it.
    fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.push(match self.format {
            RecordFormat::Json => 0,
            RecordFormat::Bulk => 1,
        });
        for text in [self.index, self.id] {
            out.push(u8::from(text.is_some()));
            if let Some(text) = text {
                write_bytes(out, text.as_bytes())?;
            }
        }
        write_bytes(out, self.record)
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    let length = u64::try_from(bytes.len()).map_err(io::Error::other)?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

fn array<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut array = [0; N];
    file.read_exact(&mut array)?;
    Ok(array)
}

fn bytes(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = u64::from_le_bytes(array(file)?);
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn optional(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    match array(file)? {
        [0] => Ok(None),
        _ => bytes(file).map(Some),
    }
}
