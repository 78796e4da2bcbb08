//! Events put by until it is known which are needed.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::FoundEvent;

/// How much is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 16 << 20;

/// A temporary file of events, each known by its place in it.
#[derive(Debug)]
pub(crate) struct Spool {
    file: SpooledTempFile,
    end: u64,
}

impl Spool {
    pub(crate) fn new() -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY), end: 0 }
    }

    /// Puts by an event, in the form that [`encode`] gives it.
    pub(crate) fn put(&mut self, encoded: &[u8]) -> io::Result<u64> {
        let place = self.end;
        let length = u64::try_from(encoded.len()).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(encoded)?;
        self.end += 8 + length;
        Ok(place)
    }

    /// Reads an event back.
    pub(crate) fn get(&mut self, place: u64) -> io::Result<FoundEvent> {
        self.file.seek(SeekFrom::Start(place))?;
        let mut length = [0; 8];
        self.file.read_exact(&mut length)?;
        let mut encoded = Vec::new();
        (&mut self.file).take(u64::from_le_bytes(length)).read_to_end(&mut encoded)?;
        Ok(serde_json::from_slice(&encoded)?)
    }
}

/// An event as [`Spool::put`] takes it; made outside of any lock.
pub(crate) fn encode(event: &FoundEvent) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(event)?)
}
