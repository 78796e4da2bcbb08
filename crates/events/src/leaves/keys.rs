//! Keys: which field each leads to.

use crate::layout::{PathId, PathTree};
use crate::record;

/// The object whose keys are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Context {
    /// The record itself: an event, or what is around it.
    Record,
    /// A record that has the event in its `_source`.
    Hit,
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
    /// Metadata where it says nothing, and what stands beside `_source`.
    Nothing,
}

impl Target {
    pub(super) fn of(context: Context, key: &str, paths: &PathTree) -> Self {
        let (role, at) = match context {
            Context::Record => (role_in_record(key), paths.root()),
            Context::Hit => (role_in_hit(key), paths.root()),
            Context::At(path) if path == paths.root() => (role_in_source(key), path),
            Context::At(path) => (Role::Field, path),
        };
        Self { role, path: paths.descend(at, key) }
    }
}

fn role_in_record(key: &str) -> Role {
    match key {
        "_id" => Role::Id,
        "_index" => Role::Index,
        "_source" => Role::Source,
        key => role_in_source(key),
    }
}

fn role_in_hit(key: &str) -> Role {
    match role_in_record(key) {
        role @ (Role::Id | Role::Index | Role::Source) => role,
        _ => Role::Nothing,
    }
}

fn role_in_source(key: &str) -> Role {
    match key {
        "_id" | "_index" => Role::Nothing,
        "Event" | "EventID" => Role::Raw,
        key if record::is_raw_key(key) => Role::Winlog,
        _ => Role::Field,
    }
}
