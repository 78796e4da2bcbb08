//! Events put by until it is known which are needed.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use super::FoundEvent;
use crate::correlate::EventHandle;

/// How much is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 16 << 20;

/// A temporary file of events. A handle is the place of an event in it.
#[derive(Debug)]
pub(super) struct Spool {
    file: SpooledTempFile,
    end: u64,
}

impl Spool {
    pub(super) fn new() -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY), end: 0 }
    }

    /// Puts by an event, in the form that [`encode`] gives it.
    pub(super) fn put(&mut self, encoded: &[u8]) -> io::Result<EventHandle> {
        let handle = EventHandle(self.end);
        let length = u64::try_from(encoded.len()).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(encoded)?;
        self.end += 8 + length;
        Ok(handle)
    }

    /// Reads an event back.
    pub(super) fn get(&mut self, handle: EventHandle) -> io::Result<FoundEvent> {
        self.file.seek(SeekFrom::Start(handle.0))?;
        let mut length = [0; 8];
        self.file.read_exact(&mut length)?;
        let mut encoded = Vec::new();
        (&mut self.file).take(u64::from_le_bytes(length)).read_to_end(&mut encoded)?;
        Ok(serde_json::from_slice(&encoded)?)
    }
}

/// An event as [`Spool::put`] takes it; made outside of any lock.
pub(super) fn encode(event: &FoundEvent) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(event)?)
}
