//! The walk through a record, by the grammar of JSON.

use rulehound_schema::FieldType;

use super::keys::{Context, Keys, Role, Target};
use super::text::{self, Text};
use super::{Found, GiveUp, Leaves, numbers};
use crate::layout::{PathId, PathTree};

/// Walks a record and keeps what it finds.
pub(super) fn walk(json: &str, paths: &PathTree, keys: &mut Keys, leaves: &mut Leaves) -> Result<(), GiveUp> {
    let mut walk = Walk {
        json,
        at: 0,
        paths,
        keys,
        leaves,
        depth: 0,
        in_array: false,
        is_hit: false,
        is_winlog: false,
        is_processed: false,
    };
    walk.blanks();
    walk.object(Context::Record)?;
    walk.blanks();
    let is_ecs = walk.is_processed || !walk.is_winlog;
    if walk.at == json.len() && is_ecs { Ok(()) } else { Err(GiveUp) }
}

/// How deep the walk goes. Deeper records are for the parser to judge.
const MAX_DEPTH: usize = 64;

struct Walk<'w> {
    json: &'w str,
    /// The place that comes next.
    at: usize,
    paths: &'w PathTree,
    keys: &'w mut Keys,
    leaves: &'w mut Leaves,
    /// How many objects and arrays are open.
    depth: usize,
    /// Whether one of them is an array.
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
    /// Step over it.
    Skip,
    /// Take what the layout has at this path and below.
    Take(PathId),
    /// Take every scalar in it, however deep, as values of this field.
    Flatten(PathId),
}

impl Walk<'_> {
    fn peek(&self) -> Result<u8, GiveUp> {
        self.json.as_bytes().get(self.at).copied().ok_or(GiveUp)
    }

    fn expect(&mut self, byte: u8) -> Result<(), GiveUp> {
        if self.peek()? != byte {
            return Err(GiveUp);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over whitespace.
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.json.as_bytes().get(self.at) {
            self.at += 1;
        }
    }

    /// After an element: whether another one follows before the closing bracket. Passes over either.
    fn has_next(&mut self, closing: u8) -> Result<bool, GiveUp> {
        self.blanks();
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => {
                self.blanks();
                Ok(true)
            }
            byte if byte == closing => Ok(false),
            _ => Err(GiveUp),
        }
    }

    /// Opens an object or array. Says whether it has elements; if not, it is passed over.
    fn open(&mut self, closing: u8) -> Result<bool, GiveUp> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(GiveUp);
        }
        self.blanks();
        let is_empty = self.peek()? == closing;
        self.at += usize::from(is_empty);
        self.depth -= usize::from(is_empty);
        Ok(!is_empty)
    }

    /// An object whose keys lead to fields of the layout.
    fn object(&mut self, context: Context) -> Result<(), GiveUp> {
        if self.peek()? != b'{' {
            return Err(GiveUp);
        }
        if self.open(b'}')? {
            let mut previous = None;
            loop {
                self.expect(b'"')?;
                let (target, after) =
                    self.keys.read(self.json, self.at, context, &mut previous, self.paths)?;
                self.at = after;
                self.colon()?;
                self.member(context, target)?;
                if !self.has_next(b'}')? {
                    break;
                }
            }
            self.depth -= 1;
        }
        Ok(())
    }

    fn colon(&mut self) -> Result<(), GiveUp> {
        self.blanks();
        self.expect(b':')?;
        self.blanks();
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
            _ if self.is_hit && context == Context::Record => self.value(Use::Skip)?,
            Role::Raw => return Err(GiveUp),
            Role::Metadata => self.value(Use::Skip)?,
            Role::Field | Role::Winlog => {
                self.is_winlog |= target.role == Role::Winlog;
                let Some(path) = target.path else { return self.value(Use::Skip) };
                self.is_processed |= !self.in_array && self.paths.node(path).set_by_pipelines;
                self.value(Use::Take(path))?;
            }
        }
        Ok(())
    }

    /// `_id` or `_index`. Other than a string they are rare.
    fn metadata(&mut self) -> Result<Text, GiveUp> {
        self.expect(b'"')?;
        let (text, after) = text::read(self.json, self.at, &mut self.leaves.unescaped)?;
        self.at = after;
        Ok(text)
    }

    fn value(&mut self, usage: Use) -> Result<(), GiveUp> {
        match self.peek()? {
            b'{' => self.nested(usage),
            b'[' => self.array(usage),
            _ => self.scalar(usage),
        }
    }

    fn array(&mut self, usage: Use) -> Result<(), GiveUp> {
        let outer = std::mem::replace(&mut self.in_array, true);
        if self.open(b']')? {
            loop {
                self.value(usage)?;
                if !self.has_next(b']')? {
                    break;
                }
            }
            self.depth -= 1;
        }
        self.in_array = outer;
        Ok(())
    }

    /// An object that is a value.
    fn nested(&mut self, usage: Use) -> Result<(), GiveUp> {
        match usage {
            Use::Skip | Use::Flatten(_) => self.members_alike(usage),
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
                if node.has_children() {
                    self.object(Context::At(path))
                } else {
                    self.members_alike(Use::Skip)
                }
            }
        }
    }

    /// An object whose members all have the same use.
    fn members_alike(&mut self, usage: Use) -> Result<(), GiveUp> {
        if self.open(b'}')? {
            loop {
                self.expect(b'"')?;
                self.at = text::skip(self.json, self.at)?;
                self.colon()?;
                self.value(usage)?;
                if !self.has_next(b'}')? {
                    break;
                }
            }
            self.depth -= 1;
        }
        Ok(())
    }

    fn scalar(&mut self, usage: Use) -> Result<(), GiveUp> {
        let taken = match usage {
            Use::Take(path) | Use::Flatten(path) if self.paths.node(path).takes_scalars() => Some(path),
            _ => None,
        };
        let found = match self.peek()? {
            b'"' if taken.is_none() => {
                self.at = text::skip(self.json, self.at + 1)?;
                return Ok(());
            }
            b'"' => {
                let (text, after) = text::read(self.json, self.at + 1, &mut self.leaves.unescaped)?;
                self.at = after;
                Found::Text(text)
            }
            b't' => self.literal("true", Found::Bool(true))?,
            b'f' => self.literal("false", Found::Bool(false))?,
            b'n' => self.literal("null", Found::Null)?,
            _ if taken.is_none() => {
                (self.at, _) = numbers::end(self.json.as_bytes(), self.at)?;
                return Ok(());
            }
            _ => {
                let (number, after) = numbers::read(self.json, self.at)?;
                self.at = after;
                number
            }
        };
        self.leaves.values.extend(taken.map(|path| (path, found)));
        Ok(())
    }

    fn literal(&mut self, word: &str, means: Found) -> Result<Found, GiveUp> {
        let rest = self.json.as_bytes().get(self.at..).ok_or(GiveUp)?;
        if !rest.starts_with(word.as_bytes()) {
            return Err(GiveUp);
        }
        self.at += word.len();
        Ok(means)
    }
}
