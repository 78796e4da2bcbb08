//! What stands between one scalar of a record and the next: brackets, commas, keys.
//!
//! Records of one source say the same between their values, over and over. So the bytes up to the next scalar are
//! compared with those that came there before, and what they mean is remembered.
//!
//! **What keeps it sound:** what the bytes after a scalar mean, up to the next one, is decided by the objects and arrays that
//! are open ([`Frame`]s, which say what is to be done with their members) and by these bytes alone; and bytes are
//! learnt only once they were read by the grammar, with the same frames open.

use std::collections::HashMap;

use ahash::RandomState;

use super::GiveUp;
use super::keys::Context;
use super::literal::Literal;
use crate::layout::PathId;

/// An open object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    pub(super) inside: Inside,
    /// The bracket that closes it.
    pub(super) closing: u8,
    /// Whether it is an array or in one.
    pub(super) in_array: bool,
}

/// What an object or array is to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Inside {
    /// An object whose keys lead to fields.
    Fields(Context),
    /// All that is in it has the same use.
    Alike(Use),
}

/// What to do with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// Take what the layout has at this path and below.
    Take(PathId),
    /// Take every scalar in it, however deep, as values of this field.
    Flatten(PathId),
    /// It is the `_id` of the record.
    Id,
    /// It is the `_index` of the record.
    Index,
    /// It is the event.
    Source,
    /// Step over it.
    Skip,
}

/// A scalar, and what to do with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// Whether it is a string, whose first quote is passed over.
    pub(super) is_text: bool,
    pub(super) sink: Sink,
}

/// Where a scalar goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sink {
    Field(PathId),
    Id,
    Index,
    Nowhere,
}

/// What was learnt on the way to a scalar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    /// The event begins: what stood before is not of it.
    pub(super) begins_source: bool,
    /// The event has `winlog` fields.
    pub(super) is_winlog: bool,
    /// The event has a field that only an ingest pipeline sets.
    pub(super) is_processed: bool,
    /// Objects where the layout has a field.
    pub(super) objects: Vec<PathId>,
}

/// A place right before a scalar, or at the end of a record; by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SiteId(u32);

/// The objects and arrays that are open, outermost first; by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StackId(u32);

/// What comes after one scalar and before the next.
#[derive(Debug)]
pub(super) struct Site {
    literal: Literal,
    /// What is open there.
    stack: StackId,
    /// Which are something but rarely.
    pub(super) effects: Option<Box<Effects>>,
    /// The scalar that comes; none at the end.
    pub(super) value: Option<Value>,
    /// The sites that came next when it last was another than before, the newest first.
    next: [SiteId; FOLLOWERS],
}

const FOLLOWERS: usize = 4;

/// What is open at some sites.
#[derive(Debug)]
struct Stack {
    frames: Box<[Frame]>,
    /// What may follow, by the bytes up to there.
    sites: HashMap<Box<[u8]>, SiteId, RandomState>,
}

/// The sites met so far.
#[derive(Debug)]
pub(super) struct Sites {
    sites: Vec<Site>,
    stacks: Vec<Stack>,
    by_frames: HashMap<Box<[Frame]>, StackId, RandomState>,
    /// Bytes of all literals.
    bytes: usize,
}

/// Most sites that are learnt, and most bytes of their literals: those of a hundred data streams. Records whose keys
/// are all different would fill memory.
const MOST_SITES: usize = 1 << 14;
const MOST_BYTES: usize = 1 << 22;

impl SiteId {
    /// Before a record.
    pub(super) const START: Self = Self(0);
    /// Of no site.
    const NONE: Self = Self(u32::MAX);
}

impl Default for Sites {
    fn default() -> Self {
        let mut new = Self { sites: Vec::new(), stacks: Vec::new(), by_frames: HashMap::default(), bytes: 0 };
        let stack = new.stack(&[]);
        new.add(stack, b"", Effects::default(), None);
        new
    }
}

impl Sites {
    /// Forgets all, if it has become too much.
    pub(super) fn forget_many(&mut self) {
        if self.is_full() {
            *self = Self::default();
        }
    }

    fn is_full(&self) -> bool {
        self.sites.len() >= MOST_SITES || self.bytes >= MOST_BYTES
    }

    #[inline]
    pub(super) fn site(&self, site: SiteId) -> Option<&Site> {
        self.sites.get(site.0 as usize)
    }

    /// What is open at a site.
    pub(super) fn frames(&self, site: SiteId) -> &[Frame] {
        let stack = self.site(site).and_then(|site| self.stacks.get(site.stack.0 as usize));
        stack.map_or(&[], |stack| &stack.frames)
    }

    /// The site that comes after another one and its scalar, and how far it is; none if it is not as expected.
    #[inline]
    pub(super) fn expected(&self, site: SiteId, rest: &[u8]) -> Option<(SiteId, usize)> {
        self.site(site)?.next.into_iter().find_map(|next| {
            let site = self.site(next)?;
            let length = site.literal.begins(rest)?;
            let is_it = match site.value {
                Some(Value { is_text: true, .. }) => true,
                // The bytes may begin what is longer.
                Some(_) => matches!(rest.get(length), Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n')),
                None => length == rest.len(),
            };
            is_it.then_some((next, length))
        })
    }

    /// Learns what comes after a site and its scalar.
    pub(super) fn learn(
        &mut self,
        after: SiteId,
        literal: &[u8],
        frames: &[Frame],
        effects: Effects,
        value: Option<Value>,
    ) -> Result<SiteId, GiveUp> {
        let from = self.site(after).ok_or(GiveUp)?.stack;
        let known = self.stacks.get(from.0 as usize).ok_or(GiveUp)?.sites.get(literal).copied();
        let site = match known {
            Some(site) => site,
            None if self.is_full() => return Err(GiveUp),
            None => {
                let stack = self.stack(frames);
                let site = self.add(stack, literal, effects, value);
                self.stacks.get_mut(from.0 as usize).ok_or(GiveUp)?.sites.insert(literal.into(), site);
                site
            }
        };
        let next = &mut self.sites.get_mut(after.0 as usize).ok_or(GiveUp)?.next;
        next.rotate_right(1);
        next[0] = site;
        Ok(site)
    }

    fn add(&mut self, stack: StackId, literal: &[u8], effects: Effects, value: Option<Value>) -> SiteId {
        let id = SiteId(u32::try_from(self.sites.len()).unwrap_or(u32::MAX));
        self.bytes += literal.len();
        self.sites.push(Site {
            literal: Literal::new(literal),
            stack,
            effects: (effects != Effects::default()).then(|| effects.into()),
            value,
            next: [SiteId::NONE; FOLLOWERS],
        });
        id
    }

    fn stack(&mut self, frames: &[Frame]) -> StackId {
        if let Some(stack) = self.by_frames.get(frames) {
            return *stack;
        }
        let id = StackId(u32::try_from(self.stacks.len()).unwrap_or(u32::MAX));
        self.stacks.push(Stack { frames: frames.into(), sites: HashMap::default() });
        self.by_frames.insert(frames.into(), id);
        id
    }
}
