//! The walk through a record, by the grammar of JSON.

use rulehound_schema::FieldType;

use super::cursor::Cursor;
use super::keys::{Context, Keys, Role, Target};
use super::text::{Source, Text};
use super::{Found, GiveUp, Leaves};
use crate::layout::{PathId, PathTree};

/// Walks a record and keeps what it finds.
pub(super) fn walk(
    source: Source<'_>,
    paths: &PathTree,
    keys: &mut Keys,
    leaves: &mut Leaves,
) -> Result<(), GiveUp> {
    let mut walk = Walk {
        cursor: Cursor::new(source),
        paths,
        keys,
        leaves,
        in_array: false,
        is_hit: false,
        is_winlog: false,
        is_processed: false,
    };
    walk.object(Context::Record)?;
    let is_ecs = walk.is_processed || !walk.is_winlog;
    if walk.cursor.is_at_end() && is_ecs { Ok(()) } else { Err(GiveUp) }
}

struct Walk<'w> {
    cursor: Cursor<'w>,
    paths: &'w PathTree,
    keys: &'w mut Keys,
    leaves: &'w mut Leaves,
    /// Whether an array is open.
    in_array: bool,
    /// Whether the record has the event in its `_source`.
    is_hit: bool,
    /// Whether the event has `winlog` fields.
    is_winlog: bool,
    /// Whether the event has a field that only an ingest pipeline sets.
    is_processed: bool,
}

/// What to do with a value.
#[derive(Clone, Copy)]
enum Use {
    /// Take what the layout has at this path and below.
    Take(PathId),
    /// Take every scalar in it, however deep, as values of this field.
    Flatten(PathId),
}

impl Walk<'_> {
    /// An object whose keys lead to fields of the layout.
    fn object(&mut self, context: Context) -> Result<(), GiveUp> {
        if self.cursor.peek()? != b'{' {
            return Err(GiveUp);
        }
        if self.cursor.open(b'}')? {
            let mut previous = None;
            loop {
                self.cursor.expect(b'"')?;
                let (source, at) = (self.cursor.source(), self.cursor.at());
                let (target, after) = self.keys.read(source, at, context, &mut previous, self.paths)?;
                self.cursor.go_to(after);
                self.cursor.colon()?;
                self.member(context, target)?;
                if !self.cursor.has_next(b'}')? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn member(&mut self, context: Context, target: Target) -> Result<(), GiveUp> {
        match target.role {
            Role::Id => self.leaves.id = Some(self.metadata()?),
            Role::Index => self.leaves.index = Some(self.metadata()?),
            Role::Source => {
                // What stands beside it is not of the event.
                self.is_hit = true;
                self.leaves.values.clear();
                (self.is_winlog, self.is_processed) = (false, false);
                self.object(Context::At(self.paths.root()))?;
            }
            _ if self.is_hit && context == Context::Record => self.cursor.skip()?,
            Role::Raw => return Err(GiveUp),
            Role::Metadata => self.cursor.skip()?,
            Role::Field | Role::Winlog => {
                self.is_winlog |= target.role == Role::Winlog;
                let Some(path) = target.path else { return self.cursor.skip() };
                self.is_processed |= !self.in_array && self.paths.node(path).set_by_pipelines;
                self.value(Use::Take(path))?;
            }
        }
        Ok(())
    }

    /// `_id` or `_index`. Other than a string they are rare.
    fn metadata(&mut self) -> Result<Text, GiveUp> {
        self.cursor.string(&mut self.leaves.unescaped)
    }

    fn value(&mut self, usage: Use) -> Result<(), GiveUp> {
        match self.cursor.peek()? {
            b'{' => self.nested(usage),
            b'[' => self.array(usage),
            _ => self.scalar(usage),
        }
    }

    fn array(&mut self, usage: Use) -> Result<(), GiveUp> {
        let outer = std::mem::replace(&mut self.in_array, true);
        if self.cursor.open(b']')? {
            loop {
                self.value(usage)?;
                if !self.cursor.has_next(b']')? {
                    break;
                }
            }
        }
        self.in_array = outer;
        Ok(())
    }

    /// An object that is a value.
    fn nested(&mut self, usage: Use) -> Result<(), GiveUp> {
        match usage {
            Use::Flatten(_) => self.members_alike(usage),
            Use::Take(path) => {
                let node = self.paths.node(path);
                match node.field_type {
                    // Its members are both values of it and fields of their own.
                    Some(FieldType::Flattened) if node.has_children() => return Err(GiveUp),
                    Some(FieldType::Flattened) => return self.members_alike(Use::Flatten(path)),
                    Some(field_type) if !node.is_object && field_type.data_type().is_some() => {
                        self.leaves.values.push((path, Found::Object));
                    }
                    _ => {}
                }
                if node.has_children() { self.object(Context::At(path)) } else { self.cursor.skip() }
            }
        }
    }

    /// An object whose members all have the same use.
    fn members_alike(&mut self, usage: Use) -> Result<(), GiveUp> {
        if self.cursor.open(b'}')? {
            loop {
                self.cursor.expect(b'"')?;
                self.cursor.rest_of_string()?;
                self.cursor.colon()?;
                self.value(usage)?;
                if !self.cursor.has_next(b'}')? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, usage: Use) -> Result<(), GiveUp> {
        let (Use::Take(path) | Use::Flatten(path)) = usage;
        if !self.paths.node(path).takes_scalars() {
            return self.cursor.skip_scalar();
        }
        let found = self.cursor.scalar(&mut self.leaves.unescaped)?;
        self.leaves.values.push((path, found));
        Ok(())
    }
}
