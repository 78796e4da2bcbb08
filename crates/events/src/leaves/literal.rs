//! Bytes that are expected to come next, to be compared.

/// Bytes to be compared, the first of them in two steps.
#[derive(Debug)]
pub(crate) struct Literal {
    head: Head,
    /// What comes after the head.
    rest: Box<[u8]>,
}

/// The first bytes of a literal.
#[derive(Clone, Copy, Debug)]
struct Head {
    bytes: [u64; 2],
    /// Which of them there are.
    mask: [u64; 2],
    length: usize,
}

const HEAD_BYTES: usize = 16;

impl Head {
    fn new(literal: &[u8]) -> Self {
        let length = literal.len().min(HEAD_BYTES);
        let (mut bytes, mut mask) = ([0; HEAD_BYTES], [0; HEAD_BYTES]);
        for ((byte, mask), from) in bytes.iter_mut().zip(&mut mask).zip(literal) {
            (*byte, *mask) = (*from, u8::MAX);
        }
        Self { bytes: halves(&bytes), mask: halves(&mask), length }
    }
}

#[inline]
fn halves(bytes: &[u8; HEAD_BYTES]) -> [u64; 2] {
    let (low, high) = bytes.split_at(8);
    let half = |half: &[u8]| half.first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
    [half(low), half(high)]
}

impl Literal {
    pub(crate) fn new(literal: &[u8]) -> Self {
        Self { head: Head::new(literal), rest: literal.get(HEAD_BYTES..).unwrap_or_default().into() }
    }

    /// Its length, if the text begins with it.
    #[inline]
    pub(crate) fn begins(&self, text: &[u8]) -> Option<usize> {
        let Some((start, after)) = text.split_first_chunk::<HEAD_BYTES>() else {
            return self.begins_short(text);
        };
        let Head { bytes, mask, length } = &self.head;
        let [low, high] = halves(start);
        let is_here = low & mask[0] == bytes[0]
            && high & mask[1] == bytes[1]
            && (self.rest.is_empty() || after.starts_with(&self.rest));
        is_here.then_some(length + self.rest.len())
    }

    /// As [`Self::begins`], of a text shorter than the head might be.
    fn begins_short(&self, text: &[u8]) -> Option<usize> {
        let Head { bytes: [low, high], length, .. } = self.head;
        let mut bytes = [low.to_le_bytes(), high.to_le_bytes()].into_iter().flatten().take(length);
        let is_here = text.get(..length)?.iter().all(|byte| bytes.next() == Some(*byte));
        (is_here && self.rest.is_empty()).then_some(length)
    }
}
