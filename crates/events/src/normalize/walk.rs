//! The quick way through a flat record: as [`crate::leaves`] walks what is ECS, with no tape. What no mapping and no
//! layout asks for is stepped over.

use rulehound_schema::Scalar;

use super::names::NameId;
use super::value::{Arena, Value};
use super::windows::{self, EVENT_DATA, Flat, Key, Role};
use super::{Ecs, Normalizer};
use crate::layout::PathId;
use crate::leaves::cursor::Cursor;
use crate::leaves::text::{Source, Text};
use crate::leaves::{Found, GiveUp};

impl Normalizer {
    /// As [`Self::fields`], of a flat record as it stands; whatever is unusual is given up before anything is taken.
    pub(crate) fn walk(
        &mut self,
        json: &[u8],
        mut take: impl FnMut(PathId, Value<'_>),
    ) -> Result<(), GiveUp> {
        let source = Source::of(json, &mut self.marks)?;
        self.names.forget_many();
        let mut ecs = Ecs::new(&mut self.names, &self.arena, std::mem::take(&mut self.buffer));
        let mut flat = Flat::new(std::mem::take(&mut self.members));
        self.unescaped.clear();
        let mut walk =
            Walk { cursor: Cursor::new(source), unescaped: &mut self.unescaped, arena: &self.arena };
        let walked = walk.record(&mut ecs, &mut flat).and_then(|()| {
            windows::from_members(&mut ecs, &mut flat);
            if ecs.has_missed() {
                return Err(GiveUp);
            }
            ecs.fields(&mut take);
            Ok(())
        });
        self.buffer = ecs.into_buffer();
        self.members = flat.into_buffer();
        self.arena.reset();
        walked
    }
}

struct Walk<'t, 'w> {
    cursor: Cursor<'t>,
    unescaped: &'w mut String,
    arena: &'t Arena,
}

impl<'t> Walk<'t, '_> {
    /// The members of a flat record that are kept.
    fn record(&mut self, ecs: &mut Ecs<'t>, flat: &mut Flat<'t>) -> Result<(), GiveUp> {
        let data = ecs.object(EVENT_DATA);
        if self.cursor.peek()? != b'{' || !self.cursor.open(b'}')? {
            return Err(GiveUp);
        }
        let mut previous = None;
        loop {
            let name = self.key(ecs, data, previous)?;
            previous = Some(name);
            match ecs.names.role(name) {
                Role::Foreign => return Err(GiveUp),
                Role::Shipper => self.cursor.skip()?,
                Role::Data if !ecs.names.keeps(name) => self.cursor.skip()?,
                _ if !ecs.names.is_new(name) => return Err(GiveUp),
                Role::System(Key::Message) if !ecs.wants("message") && !ecs.names.keeps(name) => {
                    self.message(ecs)?;
                }
                role => flat.push(name, role, self.value()?),
            }
            if !self.cursor.has_next(b'}')? {
                break;
            }
        }
        if self.cursor.is_at_end() && flat.is_event() { Ok(()) } else { Err(GiveUp) }
    }

    /// The name of the key that comes next. Passes over it and its colon.
    #[inline]
    fn key(&mut self, ecs: &mut Ecs<'t>, data: NameId, previous: Option<NameId>) -> Result<NameId, GiveUp> {
        let (source, at) = (self.cursor.source(), self.cursor.at());
        let rest = source.json.as_bytes().get(at..).ok_or(GiveUp)?;
        if let Some((name, length)) = ecs.names.expected_member(data, previous, rest) {
            self.cursor.go_to(at + length);
            self.cursor.blanks();
            return Ok(name);
        }
        self.cursor.expect(b'"')?;
        let end = source.string_end(at + 1)?;
        let key = source.plain(at + 1, end).ok_or(GiveUp)?;
        self.cursor.go_to(end + 1);
        self.cursor.colon()?;
        Ok(ecs.names.learn_next(data, previous, key))
    }

    /// The message, which is long, and seldom read.
    fn message(&mut self, ecs: &mut Ecs<'t>) -> Result<(), GiveUp> {
        let is_text = self.cursor.peek()? == b'"';
        let start = self.cursor.at() + 1;
        self.cursor.skip()?;
        if is_text {
            let inside = self.cursor.source().json.get(start..self.cursor.at() - 1);
            ecs.put_message(inside.ok_or(GiveUp)?);
        }
        Ok(())
    }

    /// A scalar, or an array of scalars.
    fn value(&mut self) -> Result<Value<'t>, GiveUp> {
        if self.cursor.peek()? != b'[' {
            return self.scalar();
        }
        let mut items = Vec::new();
        if self.cursor.open(b']')? {
            loop {
                items.push(self.scalar()?);
                if !self.cursor.has_next(b']')? {
                    break;
                }
            }
        }
        Ok(Value::List(self.arena.list(items)))
    }

    #[inline]
    fn scalar(&mut self) -> Result<Value<'t>, GiveUp> {
        Ok(Value::Scalar(match self.cursor.scalar(self.unescaped)? {
            Found::Text(Text::Plain { start, end }) => {
                Scalar::Str(self.cursor.source().json.get(start..end).ok_or(GiveUp)?)
            }
            Found::Text(Text::Unescaped { .. }) => {
                let text = self.arena.copy(self.unescaped);
                self.unescaped.clear();
                Scalar::Str(text)
            }
            Found::I64(number) => Scalar::I64(number),
            Found::U64(number) => Scalar::U64(number),
            Found::F64(number) => Scalar::F64(number),
            Found::Bool(truth) => Scalar::Bool(truth),
            Found::Null => Scalar::Null,
            Found::Escaped { .. } | Found::Object => return Err(GiveUp),
        }))
    }
}
