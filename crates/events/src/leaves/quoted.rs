//! Keys as they stand in a record, to be compared.

/// A key and the quote that ends it.
#[derive(Debug)]
pub(crate) struct Quoted {
    head: Head,
    /// What comes after the head.
    rest: Box<[u8]>,
}

/// The first bytes of a key and its quote, to be compared in two steps.
#[derive(Clone, Copy, Debug)]
struct Head {
    bytes: [u64; 2],
    /// Which of them there are.
    mask: [u64; 2],
    length: usize,
}

const HEAD_BYTES: usize = 16;

impl Head {
    fn new(quoted: &[u8]) -> Self {
        let length = quoted.len().min(HEAD_BYTES);
        let (mut bytes, mut mask) = ([0; HEAD_BYTES], [0; HEAD_BYTES]);
        for ((byte, mask), from) in bytes.iter_mut().zip(&mut mask).zip(quoted) {
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

impl Quoted {
    pub(crate) fn new(key: &str) -> Self {
        let quoted = [key.as_bytes(), b"\""].concat();
        let rest = quoted.get(HEAD_BYTES..).unwrap_or_default().into();
        Self { head: Head::new(&quoted), rest }
    }

    /// The length of the key and its quote, if the text begins with them.
    #[inline]
    pub(crate) fn begins(&self, text: &[u8]) -> Option<usize> {
        let (start, after) = text.split_first_chunk::<HEAD_BYTES>()?;
        let Head { bytes, mask, length } = &self.head;
        let [low, high] = halves(start);
        let is_here = low & mask[0] == bytes[0]
            && high & mask[1] == bytes[1]
            && (self.rest.is_empty() || after.starts_with(&self.rest));
        is_here.then_some(length + self.rest.len())
    }
}
