//! The walk through a record, from one scalar to the next.

use std::borrow::Cow;

use rulehound_schema::FieldType;

use super::cursor::Cursor;
use super::keys::{Context, Role, Target};
use super::sites::{Effects, Frame, Inside, Sink, SiteId, Sites, Use, Value};
use super::text::{self, Source, Text};
use super::{Found, GiveUp, Leaves};
use crate::layout::PathTree;

/// Walks a record and keeps what it finds.
pub(super) fn walk(
    source: Source<'_>,
    paths: &PathTree,
    sites: &mut Sites,
    leaves: &mut Leaves,
) -> Result<(), GiveUp> {
    sites.forget_many();
    let bytes = source.json.as_bytes();
    let mut walk = Walk { source, leaves, is_winlog: false, is_processed: false };
    let (mut last, mut at) = (SiteId::START, 0);
    loop {
        let expected = sites.expected(last, bytes.get(at..).ok_or(GiveUp)?);
        let (next, length) = match expected {
            Some(expected) => expected,
            None => search(source, at, paths, last, sites)?,
        };
        at += length;
        let site = sites.site(next).ok_or(GiveUp)?;
        if let Some(effects) = &site.effects {
            walk.apply(effects);
        }
        let Some(value) = site.value else { break };
        at = walk.take(value, at)?;
        last = next;
    }
    // What has `winlog` fields is ECS only if a pipeline has seen it.
    if walk.is_processed || !walk.is_winlog { Ok(()) } else { Err(GiveUp) }
}

struct Walk<'w> {
    source: Source<'w>,
    leaves: &'w mut Leaves,
    /// Whether the event has `winlog` fields.
    is_winlog: bool,
    /// Whether the event has a field that only an ingest pipeline sets.
    is_processed: bool,
}

impl Walk<'_> {
    fn apply(&mut self, effects: &Effects) {
        if effects.begins_source {
            self.leaves.values.clear();
            (self.is_winlog, self.is_processed) = (false, false);
        }
        self.is_winlog |= effects.is_winlog;
        self.is_processed |= effects.is_processed;
        self.leaves.values.extend(effects.objects.iter().map(|path| (*path, Found::Object)));
    }

    /// Takes the scalar that begins here, and gives the place after it.
    #[inline]
    fn take(&mut self, value: Value, at: usize) -> Result<usize, GiveUp> {
        let Self { source, leaves, .. } = self;
        if value.is_text {
            let end = source.string_end(at)?;
            let mut text = || text::read(*source, at, &mut leaves.unescaped).map(|(text, _)| text);
            match value.sink {
                Sink::Field(path) => {
                    let found = if !source.marks.has_escape(at, end) {
                        Found::Text(Text::Plain { start: at, end })
                    } else if source.marks.has_code_units() {
                        Found::Text(text()?)
                    } else {
                        Found::Escaped { start: at, end }
                    };
                    leaves.values.push((path, found));
                }
                Sink::Id => leaves.id = Some(text()?),
                Sink::Index => leaves.index = Some(text()?),
                Sink::Nowhere => {}
            }
            return Ok(end + 1);
        }
        let mut cursor = Cursor::at_place(*source, at, 0);
        match value.sink {
            Sink::Field(path) => leaves.values.push((path, cursor.scalar(&mut leaves.unescaped)?)),
            _ => cursor.skip_scalar()?,
        }
        Ok(cursor.at())
    }
}

/// What comes after a site and its scalar, which ends before `at`, read by the grammar and learnt; and how far it is.
fn search(
    source: Source<'_>,
    at: usize,
    paths: &PathTree,
    after: SiteId,
    sites: &mut Sites,
) -> Result<(SiteId, usize), GiveUp> {
    let frames = sites.frames(after).to_vec();
    let cursor = Cursor::at_place(source, at, frames.len());
    let mut search = Search { cursor, paths, frames, effects: Effects::default() };
    let value = if after == SiteId::START { search.first() } else { search.next() }?;
    let Search { cursor, frames, effects, .. } = search;
    let literal = source.json.as_bytes().get(at..cursor.at()).ok_or(GiveUp)?;
    let site = sites.learn(after, literal, &frames, effects, value)?;
    Ok((site, literal.len()))
}

/// The way to the next scalar.
struct Search<'j, 'p> {
    cursor: Cursor<'j>,
    paths: &'p PathTree,
    /// What is open.
    frames: Vec<Frame>,
    effects: Effects,
}

impl Search<'_, '_> {
    /// The first scalar of a record; none if there is none.
    fn first(&mut self) -> Result<Option<Value>, GiveUp> {
        self.cursor.blanks();
        if self.cursor.peek()? != b'{' {
            return Err(GiveUp);
        }
        if self.cursor.open(b'}')? {
            let inside = Inside::Fields(Context::Record);
            self.frames.push(Frame { inside, closing: b'}', in_array: false });
            if let Some(value) = self.element()? {
                return Ok(Some(value));
            }
        }
        self.next()
    }

    /// The scalar that comes after another value; none if there is none.
    fn next(&mut self) -> Result<Option<Value>, GiveUp> {
        while let Some(frame) = self.frames.last() {
            if !self.cursor.has_next(frame.closing)? {
                self.frames.pop();
            } else if let Some(value) = self.element()? {
                return Ok(Some(value));
            }
        }
        if self.cursor.is_at_end() { Ok(None) } else { Err(GiveUp) }
    }

    /// The first scalar of an element; none if it has none, and then it is passed over.
    fn element(&mut self) -> Result<Option<Value>, GiveUp> {
        while let Some(frame) = self.frames.last().copied() {
            let usage = self.usage(frame)?;
            let closing = match self.cursor.peek()? {
                b'{' => b'}',
                b'[' => b']',
                first => return self.scalar(usage, first == b'"').map(Some),
            };
            let inside = match closing {
                b'}' => self.object(usage)?,
                _ => array(usage)?,
            };
            if !self.cursor.open(closing)? {
                break;
            }
            self.frames.push(Frame { inside, closing, in_array: frame.in_array || closing == b']' });
        }
        Ok(None)
    }

    /// What to do with the element of an object or array that comes next. Passes over its key.
    fn usage(&mut self, frame: Frame) -> Result<Use, GiveUp> {
        if frame.closing == b']' {
            return match frame.inside {
                Inside::Alike(usage) => Ok(usage),
                Inside::Fields(_) => Err(GiveUp),
            };
        }
        self.cursor.expect(b'"')?;
        let (source, from) = (self.cursor.source(), self.cursor.at());
        let end = source.string_end(from)?;
        self.cursor.go_to(end + 1);
        self.cursor.colon()?;
        let context = match frame.inside {
            Inside::Alike(usage) => return Ok(usage),
            Inside::Fields(context) => context,
        };
        let key = match source.plain(from, end) {
            Some(key) => Cow::Borrowed(key),
            None => {
                let mut key = String::new();
                text::read(source, from, &mut key)?;
                Cow::Owned(key)
            }
        };
        let Target { role, path } = Target::of(context, &key, self.paths);
        Ok(match role {
            Role::Id => Use::Id,
            Role::Index => Use::Index,
            Role::Source => Use::Source,
            Role::Raw => return Err(GiveUp),
            Role::Nothing => Use::Skip,
            Role::Field | Role::Winlog => {
                self.effects.is_winlog |= role == Role::Winlog;
                let is_processed = path.is_some_and(|path| self.paths.node(path).set_by_pipelines);
                self.effects.is_processed |= is_processed && !frame.in_array;
                path.map_or(Use::Skip, Use::Take)
            }
        })
    }

    fn scalar(&mut self, usage: Use, is_text: bool) -> Result<Value, GiveUp> {
        self.cursor.go_to(self.cursor.at() + usize::from(is_text));
        let sink = match usage {
            Use::Take(path) | Use::Flatten(path) if self.paths.node(path).takes_scalars() => {
                Sink::Field(path)
            }
            Use::Take(_) | Use::Flatten(_) | Use::Skip => Sink::Nowhere,
            // Other than a string they are rare.
            Use::Id if is_text => Sink::Id,
            Use::Index if is_text => Sink::Index,
            Use::Id | Use::Index | Use::Source => return Err(GiveUp),
        };
        Ok(Value { is_text, sink })
    }

    /// An object that is a value.
    fn object(&mut self, usage: Use) -> Result<Inside, GiveUp> {
        let path = match usage {
            Use::Flatten(_) | Use::Skip => return Ok(Inside::Alike(usage)),
            Use::Id | Use::Index => return Err(GiveUp),
            Use::Source => {
                self.effects = Effects { begins_source: true, ..Effects::default() };
                if let Some(record) = self.frames.last_mut() {
                    record.inside = Inside::Fields(Context::Hit);
                }
                return Ok(Inside::Fields(Context::At(self.paths.root())));
            }
            Use::Take(path) => path,
        };
        let node = self.paths.node(path);
        match node.field_type {
            // Its members are both values of it and fields of their own.
            Some(FieldType::Flattened) if node.has_children() => return Err(GiveUp),
            Some(FieldType::Flattened) => return Ok(Inside::Alike(Use::Flatten(path))),
            Some(field_type) if !node.is_object && field_type.data_type().is_some() => {
                self.effects.objects.push(path);
            }
            _ => {}
        }
        Ok(match node.has_children() {
            true => Inside::Fields(Context::At(path)),
            false => Inside::Alike(Use::Skip),
        })
    }
}

/// An array that is a value.
fn array(usage: Use) -> Result<Inside, GiveUp> {
    match usage {
        Use::Id | Use::Index | Use::Source => Err(GiveUp),
        Use::Take(_) | Use::Flatten(_) | Use::Skip => Ok(Inside::Alike(usage)),
    }
}
