//! A document under construction.

mod tree;

use std::collections::{HashMap, HashSet};

use ahash::RandomState;

use super::names::{NameId, Names, ROOT};
use super::value::{Arena, Object, Value};
use crate::Document;
use crate::json::to_document;
use crate::layout::PathId;
use crate::leaves::text;

/// Most dots of a key that become levels of objects, as an index allows by default. A key with more stays as
/// it is: no field lies so deep, and depth costs stack.
const MOST_DOTS: usize = 20;

/// A document under construction, its fields named by their full path.
///
/// It is a tree whose values are parts of the record, and whose objects stay closed, as the record has them,
/// until a field in them is asked for.
pub(super) struct Ecs<'a> {
    pub(super) names: &'a mut Names,
    pub(super) arena: &'a Arena,
    /// The document itself is the first.
    places: Vec<Place<'a>>,
    /// What would be the field `message`, as the inside of a JSON string: read only if it is asked for.
    message: Option<&'a str>,
}

/// A field of the document at hand, there or not.
#[derive(Debug)]
pub(super) struct Place<'a> {
    name: NameId,
    parent: PlaceId,
    content: Content<'a>,
    /// How many members are there, if it is an open object.
    members: u32,
    /// The first and last of its members, and the member of the parent that comes next; [`DOCUMENT`], which is
    /// no member, if there is none.
    first: PlaceId,
    last: PlaceId,
    next: PlaceId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlaceId(u32);

const DOCUMENT: PlaceId = PlaceId(0);

#[derive(Clone, Copy, Debug)]
enum Content<'a> {
    /// It is not there.
    Nothing,
    /// An object whose members are places.
    Open,
    Value(Value<'a>),
}

impl<'a> Ecs<'a> {
    /// An empty document, in a buffer.
    pub(super) fn new(names: &'a mut Names, arena: &'a Arena, buffer: Vec<Place<'static>>) -> Self {
        names.begin();
        let mut places = emptied(buffer);
        places.push(Place {
            name: ROOT,
            parent: DOCUMENT,
            content: Content::Open,
            members: 0,
            first: DOCUMENT,
            last: DOCUMENT,
            next: DOCUMENT,
        });
        let ecs = Self { names, arena, places, message: None };
        ecs.names.set_place(ROOT, DOCUMENT.0);
        ecs
    }

    /// Keeps the message of the event as the inside of a JSON string.
    pub(super) fn put_message(&mut self, inside: &'a str) {
        self.message = Some(inside);
    }

    /// The message of the event, if it is there and not empty.
    pub(super) fn message(&mut self) -> Option<&'a str> {
        let Some(inside) = self.message else { return self.text("message") };
        let text = text::unescaped(inside).ok()?;
        Some(self.arena.copy(&text)).filter(|text| !text.is_empty())
    }

    /// Forgets which names of the record were seen; the document must be empty.
    pub(super) fn see_anew(&mut self) {
        self.names.begin();
        self.names.set_place(ROOT, DOCUMENT.0);
    }

    /// Takes the members of a record into the empty document. If one at the top has a dotted key, it and the
    /// objects beside it become one.
    pub(super) fn load(&mut self, record: impl Object<'a>) {
        self.add_all(DOCUMENT, record.clone());
        if { record }.any(|(key, _)| key.contains('.')) {
            let members = self.members(DOCUMENT);
            self.clear(DOCUMENT);
            members.iter().for_each(|&(key, value)| self.merge(key, value));
        }
    }

    /// The buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<Place<'static>> {
        emptied(self.places)
    }

    /// The document.
    pub(super) fn document(&self) -> Document {
        to_document(self.members(DOCUMENT).iter().copied())
    }

    /// Gives every value that the layout may want to `take`. A value may be an object: one that is closed, and one that
    /// the layout has a column for.
    pub(super) fn fields(&self, take: &mut impl FnMut(PathId, Value<'a>)) {
        self.fields_of(DOCUMENT, take);
    }

    fn fields_of(&self, object: PlaceId, take: &mut impl FnMut(PathId, Value<'a>)) {
        for at in self.places_in(object) {
            let place = self.at(at);
            let Some(path) = self.names.path(place.name) else { continue };
            match place.content {
                Content::Nothing => {}
                Content::Value(value) => take(path, value),
                Content::Open if self.names.has_column(place.name) => take(path, self.closed(at)),
                Content::Open => self.fields_of(at, take),
            }
        }
    }

    /// Whether anybody wants a field. What is dear to compute is computed only then.
    pub(super) fn wants(&mut self, path: &'static str) -> bool {
        let name = self.names.field(path);
        self.names.is_wanted(name)
    }

    /// The names of a member of an object and of a field to which it is to be moved; none if neither is kept.
    #[inline]
    pub(super) fn names_to_move(
        &mut self,
        object: NameId,
        key: &'static str,
        field: &'static str,
    ) -> Option<(NameId, NameId)> {
        let (key, field) = (self.names.known_member(object, key), self.names.field(field));
        (self.names.keeps(key) || self.names.keeps(field)).then_some((key, field))
    }

    /// The name of a member of an object.
    #[inline]
    pub(super) fn member_name(&mut self, object: NameId, key: &'static str) -> NameId {
        self.names.known_member(object, key)
    }

    /// Whether what is set in a field is kept: somebody wants it, or the mapping reads it itself.
    #[inline]
    pub(super) fn keeps(&mut self, path: &'static str) -> bool {
        let name = self.names.field(path);
        self.names.keeps(name)
    }

    /// Whether an object is there and open: then its members are where their names say.
    pub(super) fn is_open(&self, object: NameId) -> bool {
        self.there(object).is_some_and(|at| matches!(self.at(at).content, Content::Open))
    }

    /// Whether a member of an open object is certainly not there.
    #[inline]
    pub(super) fn lacks(&self, name: NameId) -> bool {
        self.names.is_read(name) && self.there(name).is_none()
    }

    /// Whether what was read may have been left out: the document is to be made anew.
    pub(super) fn has_missed(&self) -> bool {
        self.names.has_missed()
    }

    /// The name of an object, to get at its members by their keys.
    pub(super) fn object(&mut self, path: &'static str) -> NameId {
        self.names.field(path)
    }

    /// The value of a field.
    pub(super) fn get(&mut self, path: &'static str) -> Option<Value<'a>> {
        let name = self.names.field(path);
        self.value(name)
    }

    /// The value of a member of an object, by its key.
    pub(super) fn member(&mut self, object: NameId, key: &'static str) -> Option<Value<'a>> {
        let name = self.names.known_member(object, key);
        self.value(name)
    }

    #[inline]
    pub(super) fn value(&mut self, name: NameId) -> Option<Value<'a>> {
        self.names.read(name);
        if let Some(at) = self.names.place(name)
            && let Content::Value(value) = self.at(PlaceId(at)).content
        {
            return Some(value);
        }
        let at = self.find(name)?;
        Some(self.closed(at))
    }

    /// The value of a field, if it is a string and not empty.
    pub(super) fn text(&mut self, path: &'static str) -> Option<&'a str> {
        let name = self.names.field(path);
        self.names.read(name);
        let at = self.find(name)?;
        match self.at(at).content {
            Content::Value(value) => value.as_str().filter(|text| !text.is_empty()),
            Content::Nothing | Content::Open => None,
        }
    }

    /// Whether a field is there.
    pub(super) fn has(&mut self, path: &'static str) -> bool {
        let name = self.names.field(path);
        self.has_value(name)
    }

    /// As [`Self::has`], by its name.
    pub(super) fn has_value(&mut self, name: NameId) -> bool {
        self.names.read(name);
        self.find(name)
            .is_some_and(|at| !matches!(self.at(at).content, Content::Value(value) if value.is_null()))
    }

    /// Gives a field a value, whatever it was.
    pub(super) fn set(&mut self, path: &'static str, value: impl Into<Value<'a>>) {
        let name = self.names.field(path);
        self.put(name, value.into());
    }

    /// As [`Self::set`], by its name.
    pub(super) fn put(&mut self, name: NameId, value: Value<'a>) {
        if self.names.keeps(name) && !self.fill_open(name, value) {
            let at = self.place(name);
            self.fill(at, value);
        }
    }

    /// Gives a member of an object a value, whatever it was.
    pub(super) fn set_member(&mut self, object: NameId, key: &'static str, value: impl Into<Value<'a>>) {
        let name = self.names.known_member(object, key);
        self.put(name, value.into());
    }

    /// As [`Self::set_member`], by a key that a record has.
    pub(super) fn put_member(&mut self, object: NameId, key: &str, value: impl Into<Value<'a>>) {
        let name = self.names.member(object, key);
        self.put(name, value.into());
    }

    /// Gives a field a value unless it has one.
    pub(super) fn set_default(&mut self, path: &'static str, value: impl Into<Value<'a>>) {
        let name = self.names.field(path);
        self.put_default(name, value.into());
    }

    /// Gives a name a value unless it has one.
    pub(super) fn put_default(&mut self, name: NameId, value: Value<'a>) {
        if self.names.keeps(name) && !self.has_value(name) {
            self.put(name, value);
        }
    }

    /// Copies a field to another, if it is there and the other is not.
    pub(super) fn copy(&mut self, from: &'static str, to: &'static str) {
        if self.keeps(to)
            && let Some(value) = self.get(from).filter(|value| !value.is_null())
        {
            self.set_default(to, value);
        }
    }

    /// Adds a text to the values of a field, each once.
    pub(super) fn append(&mut self, path: &'static str, text: &'a str) {
        if !self.keeps(path) {
            return;
        }
        let values = match self.get(path) {
            None => self.arena.list([text]),
            Some(value) => match value.items() {
                Some(items) => {
                    let values = self.arena.list(items.chain([text.into()]));
                    let is_new = values.iter().filter(|value| value.as_str() == Some(text)).count() == 1;
                    if is_new { values } else { return }
                }
                None if value.is_null() || value.as_str() == Some(text) => self.arena.list([text]),
                None => self.arena.list([value, text.into()]),
            },
        };
        self.set(path, values);
    }

    /// Adds texts to the values of a field, each once.
    pub(super) fn append_all(&mut self, path: &'static str, texts: &[&'a str]) {
        if !self.keeps(path) {
            return;
        }
        let mut values: Vec<Value<'a>> = match self.remove(path) {
            None => Vec::new(),
            Some(value) => match value.items() {
                Some(items) => items.collect(),
                None if value.is_null() => Vec::new(),
                None => vec![value],
            },
        };
        let mut known: HashSet<&str, RandomState> =
            values.iter().filter_map(|value| value.as_str()).collect();
        values.extend(texts.iter().filter(|text| known.insert(text)).map(|&text| Value::from(text)));
        if !values.is_empty() {
            let values = self.arena.list(values);
            self.set(path, values);
        }
    }

    /// Takes a field out. Objects that become empty by it go too.
    pub(super) fn remove(&mut self, path: &'static str) -> Option<Value<'a>> {
        let name = self.names.field(path);
        self.take(name, Some)
    }

    /// Takes a field out, and does not say what it was.
    pub(super) fn discard(&mut self, path: &'static str) {
        let name = self.names.field(path);
        self.drop_value(name);
    }

    /// Takes a member out of an object, and does not say what it was.
    pub(super) fn discard_member(&mut self, object: NameId, key: &'static str) {
        let name = self.names.known_member(object, key);
        self.drop_value(name);
    }

    /// Takes a field out that is `null` or an empty object.
    pub(super) fn discard_blank(&mut self, path: &'static str) {
        let name = self.names.field(path);
        if let Some(at) = self.find(name)
            && let Content::Value(value) = self.at(at).content
            && value.is_blank()
        {
            self.empty(at);
        }
    }

    pub(super) fn drop_value(&mut self, name: NameId) {
        if self.names.keeps(name)
            && let Some(at) = self.find(name)
        {
            self.clear(at);
            self.empty(at);
        }
    }

    /// Takes a member out of an object, if `test` makes something of it.
    pub(super) fn take_member<T>(
        &mut self,
        object: NameId,
        key: &'static str,
        test: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Option<T> {
        let name = self.names.known_member(object, key);
        self.take(name, test)
    }

    /// Takes a member out of an object, by one of its [`Self::spaced_keys`]. These are kept in any case: a record
    /// may have any number of them, and to learn that they are read would take the square of that.
    pub(super) fn pull_member(&mut self, object: NameId, key: &str) -> Option<Value<'a>> {
        let name = self.names.member(object, key);
        self.take_known(name, Some)
    }

    /// Takes out the value of a name, if `test` makes something of it.
    pub(super) fn take<T>(&mut self, name: NameId, test: impl FnOnce(Value<'a>) -> Option<T>) -> Option<T> {
        self.names.read(name);
        self.take_known(name, test)
    }

    fn take_known<T>(&mut self, name: NameId, test: impl FnOnce(Value<'a>) -> Option<T>) -> Option<T> {
        let at = self.find(name)?;
        let taken = test(self.closed(at))?;
        self.clear(at);
        self.empty(at);
        Some(taken)
    }

    /// Adds members to an object that has none, by their names; no name stands twice among them.
    pub(super) fn add_named(&mut self, object: NameId, members: impl Iterator<Item = (NameId, Value<'a>)>) {
        let object = self.place(object);
        for (name, value) in members {
            if self.names.keeps(name) && !self.fill_open(name, value) {
                let at = self.place_in(object, name);
                self.fill(at, value);
            }
        }
    }

    /// Adds members to an object, such as those of an object of the record. A key that stands twice there holds all its
    /// values.
    pub(super) fn add_members(&mut self, object: NameId, members: impl Object<'a>) {
        let at = self.place(object);
        self.add_all(at, members);
    }

    /// The keys in an object that have a blank.
    pub(super) fn spaced_keys(&mut self, object: NameId) -> Vec<&'a str> {
        let Some(object) = self.find(object) else { return Vec::new() };
        self.open(object);
        self.places_in(object)
            .filter(|at| !matches!(self.at(*at).content, Content::Nothing))
            .map(|at| self.names.key(self.at(at).name))
            .filter(|key| key.contains(' '))
            .map(|key| self.arena.copy(key))
            .collect()
    }

    /// Makes other values of the members of an object; those that become none go.
    pub(super) fn update_members(
        &mut self,
        object: NameId,
        mut update: impl FnMut(Value<'a>) -> Option<Value<'a>>,
    ) {
        let Some(object) = self.find(object) else { return };
        self.open(object);
        let mut at = self.at(object).first;
        while at != DOCUMENT {
            if let Content::Value(value) = self.at(at).content {
                match update(value) {
                    Some(value) => self.at_mut(at).content = Content::Value(value),
                    None => self.empty(at),
                }
            }
            at = self.at(at).next;
        }
    }

    /// Puts a value at a path; objects of the same path become one.
    fn merge(&mut self, path: &'a str, value: Value<'a>) {
        if path.matches('.').count() > MOST_DOTS {
            return self.put_member(ROOT, path, value);
        }
        let name = self.names.path_name(path);
        match value.members() {
            Some(members) if self.is_object(name) => {
                for (key, value) in once(members, self.arena) {
                    self.merge(self.arena.concat([path, ".", key]), value);
                }
            }
            _ => self.put(name, value),
        }
    }

    fn is_object(&mut self, name: NameId) -> bool {
        self.find(name).is_some_and(|at| match self.at(at).content {
            Content::Nothing => false,
            Content::Open => true,
            Content::Value(value) => value.members().is_some(),
        })
    }
}

/// An empty buffer for what is of another record, with the memory of this one.
pub(super) fn emptied<A, B>(mut buffer: Vec<A>) -> Vec<B> {
    buffer.clear();
    buffer.into_iter().map_while(|_| None).collect()
}

/// The members of an object, each key once, with an array of its values where it stands more often.
pub(super) fn once<'a>(
    members: impl Iterator<Item = (&'a str, Value<'a>)>,
    arena: &'a Arena,
) -> impl Iterator<Item = (&'a str, Value<'a>)> {
    let mut places: HashMap<&str, usize, RandomState> = HashMap::default();
    let mut found: Vec<(&str, Vec<Value<'_>>)> = Vec::new();
    for (key, value) in members {
        let place = *places.entry(key).or_insert(found.len());
        match found.get_mut(place) {
            None => found.push((key, vec![value])),
            Some((_, values)) => values.push(value),
        }
    }
    found.into_iter().map(move |(key, values)| {
        let value = match values.as_slice() {
            [] => Value::NULL,
            [one] => *one,
            [first, rest @ ..] => match first.items() {
                Some(items) => Value::List(arena.list(items.chain(rest.iter().copied()))),
                None => Value::List(arena.list(values)),
            },
        };
        (key, value)
    })
}

#[cfg(test)]
mod tests;
