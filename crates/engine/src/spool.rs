//! Events put by until it is known which are needed.

use std::borrow::Cow;
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
        self.read(place)?.into_event()
    }

    /// Reads back what was kept of an event.
    pub(crate) fn read(&mut self, place: u64) -> io::Result<ReadEvent> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(place))?;
        let length = u64::from_le_bytes(array(&mut self.file)?);
        let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
        (&mut self.file).take(length).read_to_end(&mut bytes)?;
        let mut bytes = &bytes[..];
        let [format] = array(&mut bytes)?;
        Ok(ReadEvent {
            format: if format == 0 { RecordFormat::Json } else { RecordFormat::Bulk },
            index: optional(&mut bytes)?,
            id: optional(&mut bytes)?,
            record: bytes.to_vec(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.seek(SeekFrom::Start(self.written))?;
            self.file.write_all(&self.pending)?;
            self.written += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(())
    }
}

/// A [`KeptEvent`], read back.
#[derive(Debug, PartialEq)]
pub(crate) struct ReadEvent {
    pub(crate) index: Option<String>,
    id: Option<String>,
    format: RecordFormat,
    pub(crate) record: Vec<u8>,
}

impl ReadEvent {
    /// The `_id` that the record came with, else a hash of it.
    pub(crate) fn id(&self) -> Cow<'_, str> {
        match &self.id {
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(self.format.id(&self.record)),
        }
    }

    /// The event as an ECS document.
    pub(crate) fn into_event(self) -> io::Result<FoundEvent> {
        let id = self.id().into_owned();
        // It was read before, so this cannot fail.
        let document = self.format.document(&self.record).map_err(io::Error::other)?;
        Ok(FoundEvent { index: self.index, id, document })
    }
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

    /// The form in which [`Spool::read`] reads it, its length first.
    fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        out.push(match self.format {
            RecordFormat::Json => 0,
            RecordFormat::Bulk => 1,
        });
        for text in [self.index, self.id] {
            out.push(u8::from(text.is_some()));
            if let Some(text) = text {
                let length = u64::try_from(text.len()).map_err(io::Error::other)?;
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
        out.extend_from_slice(self.record);
        let length = u64::try_from(out.len() - start - 8).map_err(io::Error::other)?;
        out.iter_mut().skip(start).zip(length.to_le_bytes()).for_each(|(to, byte)| *to = byte);
        Ok(())
    }
}

fn array<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut array = [0; N];
    file.read_exact(&mut array)?;
    Ok(array)
}

/// A text that may be there, off the front of what is left.
fn optional(bytes: &mut &[u8]) -> io::Result<Option<String>> {
    if array(bytes)? == [0] {
        return Ok(None);
    }
    let length = u64::from_le_bytes(array(bytes)?);
    let mut text = String::new();
    bytes.take(length).read_to_string(&mut text)?;
    Ok(Some(text))
}
