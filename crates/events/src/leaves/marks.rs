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
pub(crate) struct Marks(Vec<Block>);

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
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.0.clear();
        self.0.reserve(blocks.len() + 1);
        let mut is_escaped = 0;
        for bytes in blocks.iter().chain([&last]) {
            let Raw { quotes, backslashes, controls } = Raw::of(bytes);
            let (escapes, escaped) = match backslashes | is_escaped {
                0 => (0, 0),
                _ => escapes(backslashes, &mut is_escaped),
            };
            // What stands for itself is not worth a look.
            let mut special = escaped & !(quotes | backslashes);
            while special != 0 {
                let at = special.trailing_zeros() as usize;
                if !matches!(bytes[at], b'n' | b'r' | b't' | b'b' | b'f' | b'/') {
                    check_code_unit(json.as_bytes(), self.0.len() * BLOCK + at)?;
                }
                special &= special - 1;
            }
            self.0.push(Block { stops: quotes & !escaped | controls, escapes });
        }
        Ok(())
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
        let mut bits = places(self.0.get(block)?) & (u64::MAX << (from % BLOCK));
        while bits == 0 {
            block += 1;
            bits = places(self.0.get(block)?);
        }
        Some(block * BLOCK + bits.trailing_zeros() as usize)
    }

    /// Whether an escape begins from here on and before `end`.
    #[inline]
    pub(crate) fn has_escape(&self, from: usize, end: usize) -> bool {
        let escapes = |block: usize| self.0.get(block).map_or(0, |block| block.escapes);
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
        let mut raw = Self { quotes: 0, backslashes: 0, controls: 0 };
        for (number, lane) in bytes.as_chunks().0.iter().enumerate() {
            let lane = u8x16::from(*lane);
            let bits = |is_one: u8x16| u64::from(is_one.to_bitmask()) << (16 * number);
            raw.quotes |= bits(lane.simd_eq(u8x16::splat(b'"')));
            raw.backslashes |= bits(lane.simd_eq(u8x16::splat(b'\\')));
            raw.controls |= bits(lane.simd_le(u8x16::splat(0x1f)));
        }
        raw
    }
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
