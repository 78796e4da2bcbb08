//! UTF-16 text, as Windows tools write it, made UTF-8.

use std::io::{self, Read};

use super::stream::Stream;

/// Reads UTF-16 as UTF-8. What is no UTF-16 becomes U+FFFD, as in all decoders of text.
pub(super) struct Utf16Reader {
    stream: Stream,
    big_endian: bool,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
    /// Text made and not yet read.
    text: Vec<u8>,
}

impl Utf16Reader {
    pub(super) fn new(stream: Stream, big_endian: bool) -> Self {
        Self { stream, big_endian, high: None, text: Vec::new() }
    }

    fn decode(&mut self, bytes: &[u8]) {
        let units = bytes.as_chunks().0.iter().map(|pair| match self.big_endian {
            true => u16::from_be_bytes(*pair),
            false => u16::from_le_bytes(*pair),
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        self.high = units.pop_if(|last| (0xd800..0xdc00).contains(last));
        for unit in char::decode_utf16(units) {
            let unit = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.text.extend_from_slice(unit.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

impl Read for Utf16Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text.is_empty() {
            let bytes = self.stream.peek(2);
            let (length, whole) = (bytes.len(), bytes.len() & !1);
            if whole == 0 {
                return match (self.stream.take_error(), length, self.high) {
                    (Some(error), _, _) => Err(error),
                    (None, 0, None) => Ok(0),
                    (None, _, _) => {
                        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the text ends inside a character"))
                    }
                };
            }
            let bytes = bytes.get(..whole).unwrap_or_default().to_vec();
            std::io::BufRead::consume(&mut self.stream, whole);
            self.decode(&bytes);
        }
        let read = self.text.as_slice().read(out)?;
        self.text.drain(..read);
        Ok(read)
    }
}
