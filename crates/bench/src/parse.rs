//! The yardstick: lines of JSON into a simd-json tape, and nothing done with it.
//!
//! As fast as it can be: big reads into buffers that are used again, and every line parsed where it stands, for
//! the parser takes the lines after it for padding and leaves them as they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use simd_json::{Buffers, INPUT_PADDING, Tape};

/// What was parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Lines.
    pub records: u64,
    /// Nodes of their tapes.
    pub nodes: u64,
    /// Lines that are no JSON.
    pub invalid: u64,
}

/// Size of reads, in bytes.
const BLOCK_BYTES: usize = 1 << 20;

/// Parses every line of a file, on some threads that share its blocks.
///
/// # Errors
///
/// If the file cannot be read.
pub fn parse(file: &Path, threads: usize) -> io::Result<Parsed> {
    let blocks = Mutex::new(Blocks { file: File::open(file)?, rest: Vec::new() });
    let parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| parse_blocks(&blocks))).collect();
        let mut parts = vec![parse_blocks(&blocks)];
        parts.extend(others.into_iter().map(|other| {
            other.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the parse has panicked")))
        }));
        parts
    });
    parts.into_iter().try_fold(Parsed::default(), |all, part| {
        let part = part?;
        Ok(Parsed {
            records: all.records + part.records,
            nodes: all.nodes + part.nodes,
            invalid: all.invalid + part.invalid,
        })
    })
}

/// Hands out whole lines.
struct Blocks {
    file: File,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl Blocks {
    /// Puts the next lines at the start of `block`, which grows if it must, and gives their size: 0 at the end.
    fn next(&mut self, block: &mut Vec<u8>) -> io::Result<usize> {
        let mut filled = self.rest.len();
        block.resize(block.len().max(filled + BLOCK_BYTES + INPUT_PADDING), 0);
        block[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            block.resize(block.len().max(filled + BLOCK_BYTES + INPUT_PADDING), 0);
            let read = self.file.read(&mut block[filled..filled + BLOCK_BYTES])?;
            let unread = filled;
            filled += read;
            if read == 0 {
                return Ok(filled);
            }
            if let Some(newline) = memchr::memrchr(b'\n', &block[unread..filled]) {
                let whole = unread + newline + 1;
                self.rest.extend_from_slice(&block[whole..filled]);
                return Ok(whole);
            }
        }
    }
}

fn parse_blocks(blocks: &Mutex<Blocks>) -> io::Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut block = Vec::new();
    let mut buffers = Buffers::new(1 << 16);
    let mut tape = Tape(Vec::new());
    loop {
        let bytes = blocks.lock().unwrap_or_else(PoisonError::into_inner).next(&mut block)?;
        if bytes == 0 {
            return Ok(parsed);
        }
        let mut start = 0;
        while start < bytes {
            let length = memchr::memchr(b'\n', &block[start..bytes]).unwrap_or(bytes - start);
            if length > 0 {
                let mut filled = tape.reset();
                let line = &mut block[start..];
                match simd_json::fill_tape_padded(line, length, &mut buffers, &mut filled) {
                    Ok(()) => parsed.nodes += filled.0.len() as u64,
                    Err(_) => parsed.invalid += 1,
                }
                parsed.records += 1;
                tape = filled.reset();
            }
            start += length + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn every_line_is_parsed_once_whatever_the_blocks_and_threads() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let lines = 40_000_u64;
        for line in 0..lines {
            writeln!(file, r#"{{"n":{line},"text":"a\n\"b\"","list":[1,2]}}"#).unwrap();
        }
        write!(file, "{{\"last\":\"without a line break\"}}").unwrap();
        file.flush().unwrap();
        // An object, three keys, two scalars, a list of two.
        let nodes = lines * 9 + 3;
        for threads in [1, 3] {
            let parsed = parse(file.path(), threads).unwrap();
            assert_eq!(parsed, Parsed { records: lines + 1, nodes, invalid: 0 });
        }
    }

    #[test]
    fn a_line_longer_than_a_block_is_one_record() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "{{}}\n{{\"long\":\"{}\"}}\nnot JSON\n\n{{}}", "x".repeat(3 * BLOCK_BYTES)).unwrap();
        file.flush().unwrap();
        let parsed = parse(file.path(), 1).unwrap();
        assert_eq!((parsed.records, parsed.invalid), (4, 1));
    }
}
