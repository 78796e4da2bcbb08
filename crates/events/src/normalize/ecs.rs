//! A document under construction.

use std::collections::{HashMap, HashSet};

use ahash::RandomState;

use super::names::{NameId, Names, ROOT};
use super::value::{Arena, Object, Value};
use crate::Document;
use crate::json::to_document;
use crate::layout::PathId;

/// Most dots of a key that become levels of objects, as an index allows by default. A key with more stays as
/// it is: no field lies so deep, and depth costs stack.
const MOST_DOTS: usize = 20;

/// A document under construction, its fields named by their full path.
///
/// It is a tree whose values are parts of the record, and whose objects stay closed, as the record has them,
/// until a field in them is asked for.
pub(super) struct Ecs<'a> {
    names: &'a mut Names,
    pub(super) arena: &'a Arena,
    /// The document itself is the first.
    places: Vec<Place<'a>>,
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
        names.set_place(ROOT, DOCUMENT.0);
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
        Self { names, arena, places }
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
    fn value(&mut self, name: NameId) -> Option<Value<'a>> {
        let at = self.find(name)?;
        Some(self.closed(at))
    }

    /// The value of a field, if it is a string and not empty.
    pub(super) fn text(&mut self, path: &'static str) -> Option<&'a str> {
        let name = self.names.field(path);
        let at = self.find(name)?;
        match self.at(at).content {
            Content::Value(value) => value.as_str().filter(|text| !text.is_empty()),
            Content::Nothing | Content::Open => None,
        }
    }

    /// Whether a field is there.
    pub(super) fn has(&mut self, path: &'static str) -> bool {
        let name = self.names.field(path);
        self.find(name)
            .is_some_and(|at| !matches!(self.at(at).content, Content::Value(value) if value.is_null()))
    }

    /// Gives a field a value, whatever it was.
    pub(super) fn set(&mut self, path: &'static str, value: impl Into<Value<'a>>) {
        let name = self.names.field(path);
        let at = self.place(name);
        self.fill(at, value.into());
    }

    /// Gives a member of an object a value, whatever it was.
    pub(super) fn set_member(&mut self, object: NameId, key: &'static str, value: impl Into<Value<'a>>) {
        let name = self.names.known_member(object, key);
        let at = self.place(name);
        self.fill(at, value.into());
    }

    /// As [`Self::set_member`], by a key that a record has.
    pub(super) fn put_member(&mut self, object: NameId, key: &str, value: impl Into<Value<'a>>) {
        let name = self.names.member(object, key);
        let at = self.place(name);
        self.fill(at, value.into());
    }

    /// Gives a field a value unless it has one.
    pub(super) fn set_default(&mut self, path: &'static str, value: impl Into<Value<'a>>) {
        if !self.has(path) {
            self.set(path, value);
        }
    }

    /// Copies a field to another, if it is there and the other is not.
    pub(super) fn copy(&mut self, from: &'static str, to: &'static str) {
        if let Some(value) = self.get(from).filter(|value| !value.is_null()) {
            self.set_default(to, value);
        }
    }

    /// Adds a text to the values of a field, each once.
    pub(super) fn append(&mut self, path: &'static str, text: &'a str) {
        if !self.wants(path) {
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
        if !self.wants(path) {
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

    /// Takes a member out of an object, by a key that a record has.
    pub(super) fn pull_member(&mut self, object: NameId, key: &str) -> Option<Value<'a>> {
        let name = self.names.member(object, key);
        self.take(name, Some)
    }

    fn take<T>(&mut self, name: NameId, test: impl FnOnce(Value<'a>) -> Option<T>) -> Option<T> {
        let at = self.find(name)?;
        let taken = test(self.closed(at))?;
        self.clear(at);
        self.empty(at);
        Some(taken)
    }

    /// Adds members to an object, such as those of an object of the record. A key that stands twice there holds all its
    /// values.
    pub(super) fn add_members(&mut self, object: NameId, members: impl Object<'a>) {
        let at = self.place(object);
        self.add_all(at, members);
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
            _ => {
                let at = self.place(name);
                self.fill(at, value);
            }
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

/// The tree.
impl<'a> Ecs<'a> {
    #[inline]
    fn at(&self, place: PlaceId) -> &Place<'a> {
        &self.places[place.0 as usize]
    }

    #[inline]
    fn at_mut(&mut self, place: PlaceId) -> &mut Place<'a> {
        &mut self.places[place.0 as usize]
    }

    /// Where a name has been put, if a value is there.
    #[inline]
    fn there(&self, name: NameId) -> Option<PlaceId> {
        let place = PlaceId(self.names.place(name)?);
        (!matches!(self.at(place).content, Content::Nothing)).then_some(place)
    }

    /// Where a field is. Opens the objects on the way.
    #[inline]
    fn find(&mut self, name: NameId) -> Option<PlaceId> {
        loop {
            if let Some(at) = self.there(name) {
                return Some(at);
            }
            let above = self.above(name)?;
            let Content::Value(value) = self.at(above).content else { return None };
            if value.stands_in_the_way() {
                let name = self.dotted(above, name);
                return self.there(name);
            }
            if !self.open(above) {
                return None;
            }
        }
    }

    /// Where a field is to be put: in objects, or, where something else stands in the way of one, beside that under
    /// a dotted key, so that both survive.
    fn place(&mut self, name: NameId) -> PlaceId {
        let Some(object) = self.names.parent(name) else { return DOCUMENT };
        match self.object_place(object) {
            Ok(object) => self.place_in(object, name),
            Err(blocked) => {
                let name = self.dotted(blocked, name);
                self.place_in(self.at(blocked).parent, name)
            }
        }
    }

    /// Where an object is, or is to be; else what stands in its way.
    fn object_place(&mut self, name: NameId) -> Result<PlaceId, PlaceId> {
        match self.there(name) {
            Some(at) => match self.at(at).content {
                Content::Value(value) if value.stands_in_the_way() => Err(at),
                Content::Value(_) => {
                    if !self.open(at) {
                        self.at_mut(at).content = Content::Open;
                    }
                    Ok(at)
                }
                Content::Nothing | Content::Open => Ok(at),
            },
            None => match self.names.parent(name) {
                Some(object) => self.object_place(object).map(|object| self.place_in(object, name)),
                None => Ok(DOCUMENT),
            },
        }
    }

    /// The nearest object that a field is in by its path and that is there, or what stands in its way.
    #[inline]
    fn above(&self, mut name: NameId) -> Option<PlaceId> {
        loop {
            name = self.names.parent(name)?;
            let object = self.there(name);
            if object.is_some() {
                return object;
            }
        }
    }

    /// The name of a field beside what stands in its way.
    fn dotted(&mut self, above: PlaceId, name: NameId) -> NameId {
        let blocked = self.at(above).name;
        let (mut key, mut at) = (self.names.key(name).to_owned(), name);
        while let Some(object) = self.names.parent(at).filter(|_| at != blocked) {
            key = format!("{}.{key}", self.names.key(object));
            at = object;
        }
        self.names.member(self.at(self.at(above).parent).name, &key)
    }

    /// The place of a name in an object; a new one has nothing in it.
    #[inline]
    fn place_in(&mut self, object: PlaceId, name: NameId) -> PlaceId {
        if let Some(place) = self.names.place(name) {
            return PlaceId(place);
        }
        let new = PlaceId(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        self.names.set_place(name, new.0);
        self.places.push(Place {
            name,
            parent: object,
            content: Content::Nothing,
            members: 0,
            first: DOCUMENT,
            last: DOCUMENT,
            next: DOCUMENT,
        });
        match std::mem::replace(&mut self.at_mut(object).last, new) {
            DOCUMENT => self.at_mut(object).first = new,
            last => self.at_mut(last).next = new,
        }
        new
    }

    /// Puts a value at a place, whatever was there.
    #[inline]
    fn fill(&mut self, at: PlaceId, value: Value<'a>) {
        match self.at(at).content {
            Content::Nothing => self.count(at),
            Content::Open => self.clear(at),
            Content::Value(_) => {}
        }
        self.at_mut(at).content = Content::Value(value);
    }

    /// Counts a member that is new to its object, which it may bring into being.
    #[inline]
    fn count(&mut self, at: PlaceId) {
        let object = self.at(at).parent;
        if let Content::Nothing = self.at(object).content {
            self.count(object);
            self.at_mut(object).content = Content::Open;
        }
        self.at_mut(object).members += 1;
    }

    /// Takes away what is at a place, and the object that becomes empty by it.
    fn empty(&mut self, at: PlaceId) {
        if at == DOCUMENT {
            return;
        }
        self.at_mut(at).content = Content::Nothing;
        let object = self.at(at).parent;
        self.at_mut(object).members -= 1;
        if self.at(object).members == 0 {
            self.empty(object);
        }
    }

    /// Takes away the members of an open object.
    fn clear(&mut self, object: PlaceId) {
        if self.at(object).members > 0 {
            let mut at = self.at(object).first;
            while at != DOCUMENT {
                self.clear(at);
                self.at_mut(at).content = Content::Nothing;
                at = self.at(at).next;
            }
            self.at_mut(object).members = 0;
        }
    }

    /// Opens an object that has members, unless it is open. Whether it is.
    fn open(&mut self, at: PlaceId) -> bool {
        match self.at(at).content {
            Content::Nothing => false,
            Content::Open => true,
            Content::Value(value) => match value.members() {
                Some(members) if members.clone().next().is_some() => {
                    self.at_mut(at).content = Content::Open;
                    self.add_all(at, members);
                    true
                }
                Some(_) | None => false,
            },
        }
    }

    /// Adds members to an object that has none.
    fn add_all(&mut self, object: PlaceId, members: impl Object<'a>) {
        if !self.add_each(object, members.clone()) {
            self.clear(object);
            self.add_each(object, once(members, self.arena));
        }
    }

    /// Adds members to an object that has none, up to one whose key it has by then. Whether there was none.
    fn add_each(&mut self, object: PlaceId, members: impl Iterator<Item = (&'a str, Value<'a>)>) -> bool {
        let object_name = self.at(object).name;
        let mut previous = None;
        for (key, value) in members {
            let name = self.names.next_member(object_name, previous, key);
            if self.there(name).is_some() {
                return false;
            }
            let at = self.place_in(object, name);
            self.fill(at, value);
            previous = Some(name);
        }
        true
    }

    fn places_in(&self, object: PlaceId) -> impl Iterator<Item = PlaceId> {
        let there = |at: PlaceId| (at != DOCUMENT).then_some(at);
        std::iter::successors(there(self.at(object).first), move |at| there(self.at(*at).next))
    }

    /// The members of an open object.
    fn members(&self, object: PlaceId) -> &'a [(&'a str, Value<'a>)] {
        let there = self.places_in(object).filter(|at| !matches!(self.at(*at).content, Content::Nothing));
        self.arena
            .members(there.map(|at| (self.arena.copy(self.names.key(self.at(at).name)), self.closed(at))))
    }

    /// What is at a place as a value.
    #[inline]
    fn closed(&self, at: PlaceId) -> Value<'a> {
        match self.at(at).content {
            Content::Nothing => Value::NULL,
            Content::Open => Value::Object(self.members(at)),
            Content::Value(value) => value,
        }
    }
}

/// An empty buffer for places of another record, with the memory of this one.
fn emptied<'b>(mut places: Vec<Place<'_>>) -> Vec<Place<'b>> {
    places.clear();
    places.into_iter().map_while(|_| None).collect()
}

/// The members of an object, each key once, with an array of its values where it stands more often.
fn once<'a>(
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
