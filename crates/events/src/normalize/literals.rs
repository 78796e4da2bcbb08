//! Names that stand in the code, found by where they stand.

use super::names::NameId;

/// How many literals are known at a time. A mapping has some hundred.
const SLOTS: usize = 1 << 11;

/// What literals name. A literal never moves and never changes, so that its address stands for its text: no hash of it is
/// made, and no comparison.
#[derive(Debug)]
pub(super) struct Literals {
    slots: Box<[Literal]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Literal {
    address: usize,
    length: usize,
    /// The object that the literal is a key of; none if it is a path.
    object: Option<NameId>,
    name: NameId,
}

impl Default for Literals {
    fn default() -> Self {
        Self { slots: vec![Literal::default(); SLOTS].into() }
    }
}

impl Literals {
    /// The name that was learnt.
    #[inline]
    pub(super) fn get(&self, object: Option<NameId>, text: &'static str) -> Option<NameId> {
        let slot = self.slots.get(slot(text))?;
        let is_it =
            slot.address == text.as_ptr().addr() && slot.length == text.len() && slot.object == object;
        is_it.then_some(slot.name)
    }

    /// Learns a name, in the place of what else was there.
    pub(super) fn learn(&mut self, object: Option<NameId>, text: &'static str, name: NameId) {
        if let Some(slot) = self.slots.get_mut(slot(text)) {
            *slot = Literal { address: text.as_ptr().addr(), length: text.len(), object, name };
        }
    }
}

#[inline]
fn slot(text: &'static str) -> usize {
    let address = text.as_ptr().addr() as u64;
    (address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.ilog2())) as usize
}
