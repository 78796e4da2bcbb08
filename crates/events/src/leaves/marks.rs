//! Where strings end and escapes stand in a record, found for all of it at once.
//!
//! Which backslashes begin an escape is told as simdjson tells it: by a subtraction that carries over runs of backslashes
//! (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 3.1.1).

use wide::u8x16;

use super::GiveUp;
use super::text::check_code_unit;

/// How many bytes are looked at at once: a bit each in a word.
const BLOCK: usize = u64::BITS as usize;

/// The places in a record, up to the next record.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    blocks: Vec<Block>,
    /// Whether there are escapes of code units, which may be half a character.
    has_code_units: bool,
}

/// The places in 64 bytes, a bit each.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Quotes that no backslash escapes, and control characters.
    stops: u64,
    /// Backslashes that begin an escape.
    escapes: u64,
}

impl Marks {
    /// Marks a record, in the place of the last one. One with an escape that JSON does not know is given up.
    pub(crate) fn fill(&mut self, json: &str) -> Result<(), GiveUp> {
        let (blocks, rest) = json.as_bytes().as_chunks();
        let mut last = [b' '; BLOCK];
        if let Some(last) = last.get_mut(..rest.len()) {
            last.copy_from_slice(rest);
        }
        self.has_code_units = false;
        self.blocks.clear();
        self.blocks.reserve(blocks.len() + 1);
        let mut is_escaped = 0;
        for bytes in blocks.iter().chain([&last]) {
            let Raw { quotes, backslashes, controls } = Raw::of(bytes);
            let (escapes, escaped) = match backslashes | is_escaped {
                0 => (0, 0),
                _ => escapes(backslashes, &mut is_escaped),
            };
            let others = escaped & !(quotes | backslashes);
            if others != 0 {
                self.check(json, others & !line_breaks(bytes))?;
            }
            self.blocks.push(Block { stops: quotes & !escaped | controls, escapes });
        }
        Ok(())
    }

    /// Checks what is escaped in the block that comes next.
    fn check(&mut self, json: &str, mut escaped: u64) -> Result<(), GiveUp> {
        while escaped != 0 {
            let at = self.blocks.len() * BLOCK + escaped.trailing_zeros() as usize;
            if !matches!(json.as_bytes().get(at), Some(b'b' | b'f' | b'/')) {
                check_code_unit(json.as_bytes(), at)?;
                self.has_code_units = true;
            }
            escaped &= escaped - 1;
        }
        Ok(())
    }

    /// Whether there are escapes of code units.
    #[inline]
    pub(crate) fn has_code_units(&self) -> bool {
        self.has_code_units
    }

    /// The first place from here on that ends a run of characters and escapes.
    #[inline]
    pub(crate) fn next_stop(&self, from: usize) -> Option<usize> {
        self.next(from, |block| block.stops)
    }

    /// The first escape from here on.
    #[inline]
    pub(crate) fn next_escape(&self, from: usize) -> Option<usize> {
        self.next(from, |block| block.escapes)
    }

    #[inline]
    fn next(&self, from: usize, places: impl Fn(&Block) -> u64) -> Option<usize> {
        let mut block = from / BLOCK;
        let mut bits = places(self.blocks.get(block)?) & (u64::MAX << (from % BLOCK));
        while bits == 0 {
            block += 1;
            bits = places(self.blocks.get(block)?);
        }
        Some(block * BLOCK + bits.trailing_zeros() as usize)
    }

    /// Whether an escape begins from here on and before `end`.
    #[inline]
    pub(crate) fn has_escape(&self, from: usize, end: usize) -> bool {
        let escapes = |block: usize| self.blocks.get(block).map_or(0, |block| block.escapes);
        let (first, last) = (from / BLOCK, end / BLOCK);
        let (after, before) = (u64::MAX << (from % BLOCK), !(u64::MAX << (end % BLOCK)));
        if first == last {
            return escapes(first) & after & before != 0;
        }
        escapes(first) & after != 0
            || (first + 1..last).any(|block| escapes(block) != 0)
            || escapes(last) & before != 0
    }
}

/// Characters by what they are, a bit each.
struct Raw {
    quotes: u64,
    backslashes: u64,
    controls: u64,
}

impl Raw {
    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Self {
        Self {
            quotes: bits(bytes, |lane| lane.simd_eq(u8x16::splat(b'"'))),
            backslashes: bits(bytes, |lane| lane.simd_eq(u8x16::splat(b'\\'))),
            controls: bits(bytes, |lane| lane.simd_le(u8x16::splat(0x1f))),
        }
    }
}

/// The letters that mostly come after a backslash, if they are not that of something that stands for itself.
#[inline]
fn line_breaks(bytes: &[u8; BLOCK]) -> u64 {
    let (n, r, t) = (u8x16::splat(b'n'), u8x16::splat(b'r'), u8x16::splat(b't'));
    bits(bytes, |lane| lane.simd_eq(n) | lane.simd_eq(r) | lane.simd_eq(t))
}

/// A bit for each byte of which `test` says yes.
#[inline]
fn bits(bytes: &[u8; BLOCK], test: impl Fn(u8x16) -> u8x16) -> u64 {
    let lanes = bytes.as_chunks().0.iter().enumerate();
    lanes.fold(0, |bits, (number, lane)| {
        bits | u64::from(test(u8x16::from(*lane)).to_bitmask()) << (16 * number)
    })
}

/// Backslashes that begin an escape, and what is escaped by one. `is_escaped` says whether the first character is, and then
/// whether the first of the next block is.
#[inline]
fn escapes(backslashes: u64, is_escaped: &mut u64) -> (u64, u64) {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let may_begin = backslashes & !*is_escaped;
    let by_turns = ((may_begin << 1) | ODD).wrapping_sub(may_begin) ^ ODD;
    let escaped = by_turns ^ (backslashes | *is_escaped);
    let escapes = by_turns & backslashes;
    *is_escaped = escapes >> (BLOCK - 1);
    (escapes, escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The stops and escapes of a text, character by character.
    fn plainly(json: &str) -> (Vec<usize>, Vec<usize>) {
        let (mut stops, mut escapes) = (Vec::new(), Vec::new());
        let mut is_escaped = false;
        for (at, byte) in json.bytes().enumerate() {
            let begins = byte == b'\\' && !is_escaped;
            match byte {
                b'\\' if begins => escapes.push(at),
                b'"' if !is_escaped => stops.push(at),
                ..0x20 => stops.push(at),
                _ => {}
            }
            is_escaped = begins;
        }
        (stops, escapes)
    }

    proptest! {
        #[test]
        fn every_place_is_found(
            json in r#"([a-z é~]{0,90}("|(\\\\){0,70}\\["\\nu/]?|\t|\u{1f}|\n))*[a-z\u{7f}]{0,90}"#
        ) {
            let json = json.replace("\\u", "\\u00e9");
            let mut marks = Marks::default();
            marks.fill("\"of another record\"").unwrap();
            let (stops, escapes) = plainly(&json);
            let is_sound = |at: &usize| {
                matches!(json.as_bytes().get(at + 1), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'))
            };
            let is_filled = marks.fill(&json).is_ok();
            prop_assert_eq!(is_filled, escapes.iter().all(is_sound));
            for from in (0..json.len() + 70).filter(|_| is_filled) {
                let first = |places: &[usize]| places.iter().copied().find(|at| *at >= from);
                prop_assert_eq!(marks.next_stop(from), first(&stops));
                prop_assert_eq!(marks.next_escape(from), first(&escapes));
                for length in [0, 1, 63, 64, 65, 200] {
                    let is_within = first(&escapes).is_some_and(|at| at < from + length);
                    prop_assert_eq!(marks.has_escape(from, from + length), is_within);
                }
            }
        }
    }
}
