//! Where strings end and escapes stand in a record, found for all of it at once.

/// How many bytes are looked at at once: a bit each in a word.
const BLOCK: usize = u64::BITS as usize;

/// The places of quotes, backslashes and control characters.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<u64>);

impl Marks {
    /// Marks a record, in the place of the last one.
    pub(crate) fn fill(&mut self, json: &str) {
        let (blocks, rest) = json.as_bytes().as_chunks();
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.0.clear();
        self.0.extend(blocks.iter().map(marks));
        self.0.push(marks(&last));
    }

    /// The first place from here on that is marked.
    #[inline]
    pub(crate) fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / BLOCK;
        let mut bits = self.0.get(word)? & (u64::MAX << (from % BLOCK));
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some(word * BLOCK + bits.trailing_zeros() as usize)
    }
}

/// A bit for each byte that is marked. By itself, and written like this, it becomes vector instructions.
#[inline(never)]
fn marks(block: &[u8; BLOCK]) -> u64 {
    let lanes: [u8; BLOCK] = std::array::from_fn(|at| {
        let byte = block[at];
        let is_marked = (byte == b'"') | (byte == b'\\') | (byte < 0x20);
        if is_marked { 1 << (at % 8) } else { 0 }
    });
    // Each of eight lanes has a bit of its own, so that their sum, in the highest byte of the product, has them all.
    lanes.as_chunks().0.iter().enumerate().fold(0, |all, (byte, lanes)| {
        let sum = u64::from_le_bytes(*lanes).wrapping_mul(0x0101_0101_0101_0101) >> 56;
        all | sum << (8 * byte)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_is_found(json in "([a-z é~]{0,90}[\"\\\\\t\u{1f}\n])*[a-z\u{7f}]{0,90}") {
            let mut marks = Marks::default();
            marks.fill("\"of another record\"");
            marks.fill(&json);
            for from in 0..json.len() + 70 {
                let is_marked = |at: &usize| matches!(json.as_bytes()[*at], b'"' | b'\\' | ..0x20);
                prop_assert_eq!(marks.next(from), (from..json.len()).find(is_marked));
            }
        }
    }
}
