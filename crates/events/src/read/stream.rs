//! A stream of bytes that can be looked at before it is read.

use std::io::{self, BufRead, Read};

/// A buffered stream. An error ends it like the end of the data, and is kept for the one who reports it: what
/// came before the error counts.
pub(super) struct Stream {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins and ends.
    start: usize,
    end: usize,
    ended: bool,
    /// Bytes read since [`Stream::take_bytes_read`] was last asked.
    bytes_read: u64,
    error: Option<io::Error>,
}

/// Size of reads into the buffer.
const READ_BYTES: usize = 64 << 10;

impl Stream {
    pub(super) fn new(inner: impl Read + Send + 'static) -> Self {
        Self {
            inner: Box::new(inner),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            bytes_read: 0,
            error: None,
        }
    }

    /// What is read and not yet consumed; at least this many bytes unless the stream ends before.
    pub(super) fn peek(&mut self, bytes: usize) -> &[u8] {
        while self.buffered().len() < bytes && self.read_more() {}
        self.buffered()
    }

    /// What is read and not yet consumed.
    pub(super) fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The error that ended the stream.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// How many bytes were read since this was last asked.
    pub(super) fn take_bytes_read(&mut self) -> u64 {
        std::mem::take(&mut self.bytes_read)
    }

    /// Fills a slice, past the buffer if nothing is in it, and says how far: less than all of it only at the
    /// end.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        let buffered = self.buffered();
        let mut filled = buffered.len().min(out.len());
        out[..filled].copy_from_slice(&buffered[..filled]);
        self.consume(filled);
        while filled < out.len() {
            match self.read_once(&mut out[filled..]) {
                0 => break,
                read => filled += read,
            }
        }
        filled
    }

    /// Passes over everything up to and with the next line break.
    pub(super) fn skip_line(&mut self) {
        loop {
            let bytes = self.peek(1);
            let newline = memchr::memchr(b'\n', bytes);
            let length = newline.map_or(bytes.len(), |newline| newline + 1);
            self.consume(length);
            if newline.is_some() || length == 0 {
                return;
            }
        }
    }

    /// Reads once more into the buffer. False at the end.
    fn read_more(&mut self) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if buffer.len() < self.end + READ_BYTES {
            buffer.resize(self.end + READ_BYTES, 0);
        }
        let read = self.read_once(&mut buffer[self.end..]);
        self.buffer = buffer;
        self.end += read;
        read > 0
    }

    /// Reads once. 0 at the end.
    fn read_once(&mut self, out: &mut [u8]) -> usize {
        if self.ended {
            return 0;
        }
        let read = loop {
            match self.inner.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let read = read.unwrap_or_else(|error| {
            self.error = Some(error);
            0
        });
        self.bytes_read += read as u64;
        self.ended = read == 0;
        read
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.peek(1).is_empty()
            && let Some(error) = self.take_error()
        {
            return Err(error);
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, bytes: usize) {
        self.start = self.end.min(self.start + bytes);
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}
