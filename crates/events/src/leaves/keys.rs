//! Keys: which field each leads to, and which came after which.
//!
//! Records of one source have their keys in one order, so that the key at hand is mostly the one that followed
//! the last time: it is compared, instead of searched for its end and looked up.

use std::collections::HashMap;

use super::quoted::Quoted;
use super::text::Source;
use super::{GiveUp, text};
use crate::layout::{PathId, PathTree};
use crate::record;

/// The object whose keys are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// The record itself: an event, or what is around it.
    Record,
    /// The object at a path of the event; at the root, `_source`.
    At(PathId),
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) role: Role,
    /// Its path, if the layout has fields there.
    pub(super) path: Option<PathId>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Field,
    /// A field that a raw record may have as well as one that is ECS.
    Winlog,
    /// Of no document that is ECS.
    Raw,
    /// `_id` of the record.
    Id,
    /// `_index` of the record.
    Index,
    /// `_source` of the record.
    Source,
    /// Metadata, where it says nothing.
    Metadata,
}

/// A key that was met, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyId(u32);

/// The keys met so far.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    /// By the number of the context.
    contexts: Vec<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<Box<str>, KeyId, ahash::RandomState>,
    first: Followers,
}

#[derive(Debug)]
struct Key {
    quoted: Quoted,
    target: Target,
    next: Followers,
}

/// The keys that came next when it last was another than before, the newest first.
#[derive(Clone, Copy, Debug)]
struct Followers([KeyId; 2]);

impl Default for Followers {
    fn default() -> Self {
        Self([KeyId::NONE; 2])
    }
}

impl KeyId {
    /// Of no key.
    const NONE: Self = Self(u32::MAX);
}

impl Key {
    fn new(key: &str, target: Target) -> Self {
        Self { quoted: Quoted::new(key), target, next: Followers::default() }
    }
}

/// Most keys that are learnt: those of a hundred data streams. Records whose keys are all different would fill memory.
const MOST_KEYS: usize = 1 << 14;

impl Context {
    fn number(self) -> usize {
        match self {
            Self::Record => 0,
            Self::At(path) => path.index() + 1,
        }
    }
}

impl Keys {
    /// What the key leads to whose first character is at `from`, and the place after its quote. `previous` is the
    /// key before it in the same object, and becomes this one.
    pub(super) fn read(
        &mut self,
        source: Source<'_>,
        from: usize,
        context: Context,
        previous: &mut Option<KeyId>,
        paths: &PathTree,
    ) -> Result<(Target, usize), GiveUp> {
        let text = source.json.as_bytes().get(from..).ok_or(GiveUp)?;
        let Followers([first, second]) = self.followers(context, *previous);
        for id in [first, second] {
            if let Some(key) = self.keys.get(id.0 as usize)
                && let Some(length) = key.quoted.begins(text)
            {
                *previous = Some(id);
                return Ok((key.target, from + length));
            }
        }
        self.search(source, from, context, previous, paths)
    }

    fn followers(&mut self, context: Context, previous: Option<KeyId>) -> Followers {
        self.followers_mut(context, previous).copied().unwrap_or_default()
    }

    fn followers_mut(&mut self, context: Context, previous: Option<KeyId>) -> Option<&mut Followers> {
        match previous {
            Some(id) => self.keys.get_mut(id.0 as usize).map(|key| &mut key.next),
            None => self.contexts.get_mut(context.number()).map(|known| &mut known.first),
        }
    }

    /// As [`Self::read`], of a key that did not come as expected.
    fn search(
        &mut self,
        source: Source<'_>,
        from: usize,
        context: Context,
        previous: &mut Option<KeyId>,
        paths: &PathTree,
    ) -> Result<(Target, usize), GiveUp> {
        let end = source.string_end(from)?;
        let Some(key) = source.plain(from, end) else {
            let mut key = String::new();
            text::read(source, from, &mut key)?;
            return Ok((target(context, &key, paths), end + 1));
        };
        match self.learn(context, key, paths) {
            Ok(id) => {
                if let Some(followers) = self.followers_mut(context, *previous) {
                    *followers = Followers([id, followers.0[0]]);
                }
                *previous = Some(id);
                Ok((self.keys.get(id.0 as usize).ok_or(GiveUp)?.target, end + 1))
            }
            Err(target) => Ok((target, end + 1)),
        }
    }

    /// The number of a key, or what it leads to where no more are learnt.
    fn learn(&mut self, context: Context, key: &str, paths: &PathTree) -> Result<KeyId, Target> {
        let number = context.number();
        if self.contexts.len() <= number {
            self.contexts.resize_with(number + 1, Known::default);
        }
        let target = || target(context, key, paths);
        let Some(known) = self.contexts.get_mut(number) else { return Err(target()) };
        if let Some(id) = known.keys.get(key) {
            return Ok(*id);
        }
        match u32::try_from(self.keys.len()).map(KeyId) {
            Ok(id) if self.keys.len() < MOST_KEYS => {
                known.keys.insert(key.into(), id);
                self.keys.push(Key::new(key, target()));
                Ok(id)
            }
            _ => Err(target()),
        }
    }
}

fn target(context: Context, key: &str, paths: &PathTree) -> Target {
    let (role, at) = match context {
        Context::Record => (role_in_record(key), paths.root()),
        Context::At(path) if path == paths.root() => (role_in_source(key), path),
        Context::At(path) => (Role::Field, path),
    };
    Target { role, path: paths.descend(at, key) }
}

fn role_in_record(key: &str) -> Role {
    match key {
        "_id" => Role::Id,
        "_index" => Role::Index,
        "_source" => Role::Source,
        key => role_in_source(key),
    }
}

fn role_in_source(key: &str) -> Role {
    match key {
        "_id" | "_index" => Role::Metadata,
        "Event" | "EventID" => Role::Raw,
        key if record::is_raw_key(key) => Role::Winlog,
        _ => Role::Field,
    }
}
