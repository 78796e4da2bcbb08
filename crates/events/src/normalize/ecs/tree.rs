//! The tree of places that a document under construction is.

use super::{Content, DOCUMENT, Ecs, Place, PlaceId, once};
use crate::normalize::names::NameId;
use crate::normalize::value::{Object, Value};

impl<'a> Ecs<'a> {
    #[inline]
    pub(super) fn at(&self, place: PlaceId) -> &Place<'a> {
        &self.places[place.0 as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: PlaceId) -> &mut Place<'a> {
        &mut self.places[place.0 as usize]
    }

    /// Where a name has been put, if a value is there.
    #[inline]
    pub(super) fn there(&self, name: NameId) -> Option<PlaceId> {
        let place = PlaceId(self.names.place(name)?);
        (!matches!(self.at(place).content, Content::Nothing)).then_some(place)
    }

    /// Where a field is. Opens the objects on the way.
    #[inline]
    pub(super) fn find(&mut self, name: NameId) -> Option<PlaceId> {
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
    pub(super) fn place(&mut self, name: NameId) -> PlaceId {
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
    pub(super) fn object_place(&mut self, name: NameId) -> Result<PlaceId, PlaceId> {
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
            None => {
                let Some(object) = self.names.parent(name) else { return Ok(DOCUMENT) };
                let object = self.object_place(object)?;
                // Opening the object may have brought it to light.
                if self.there(name).is_some() {
                    self.object_place(name)
                } else {
                    Ok(self.place_in(object, name))
                }
            }
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
    pub(super) fn place_in(&mut self, object: PlaceId, name: NameId) -> PlaceId {
        if let Some(place) = self.names.place(name) {
            return PlaceId(place);
        }
        self.add_place(object, name, Content::Nothing)
    }

    /// A new place, the last of an object.
    #[inline]
    fn add_place(&mut self, object: PlaceId, name: NameId, content: Content<'a>) -> PlaceId {
        let new = PlaceId(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        self.names.set_place(name, new.0);
        self.places.push(Place {
            name,
            parent: object,
            content,
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

    /// Puts a value to a name that has one, or whose object is open. Whether it could.
    #[inline]
    pub(super) fn fill_open(&mut self, name: NameId, value: Value<'a>) -> bool {
        if let Some(at) = self.names.place(name) {
            let content = &mut self.at_mut(PlaceId(at)).content;
            let is_value = matches!(content, Content::Value(_));
            if is_value {
                *content = Content::Value(value);
            }
            return is_value;
        }
        let Some(object) = self.names.parent(name).and_then(|object| self.open_object(object)) else {
            return false;
        };
        self.add_place(object, name, Content::Value(value));
        self.at_mut(object).members += 1;
        true
    }

    /// Where an object is, if it is open; one that is new, and in none but such, is made. A member must follow.
    #[inline]
    fn open_object(&mut self, name: NameId) -> Option<PlaceId> {
        match self.names.place(name) {
            Some(at) => Some(PlaceId(at)).filter(|at| matches!(self.at(*at).content, Content::Open)),
            None => self.new_object(name),
        }
    }

    fn new_object(&mut self, name: NameId) -> Option<PlaceId> {
        let parent = self.open_object(self.names.parent(name)?)?;
        self.at_mut(parent).members += 1;
        Some(self.add_place(parent, name, Content::Open))
    }

    /// Puts a value at a place, whatever was there.
    #[inline]
    pub(super) fn fill(&mut self, at: PlaceId, value: Value<'a>) {
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
    pub(super) fn empty(&mut self, at: PlaceId) {
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
    pub(super) fn clear(&mut self, object: PlaceId) {
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
    pub(super) fn open(&mut self, at: PlaceId) -> bool {
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
    pub(super) fn add_all(&mut self, object: PlaceId, members: impl Object<'a>) {
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
            previous = Some(name);
            if !self.names.keeps(name) {
                continue;
            }
            if self.there(name).is_some() {
                return false;
            }
            if !self.fill_open(name, value) {
                let at = self.place_in(object, name);
                self.fill(at, value);
            }
        }
        true
    }

    pub(super) fn places_in(&self, object: PlaceId) -> impl Iterator<Item = PlaceId> {
        let there = |at: PlaceId| (at != DOCUMENT).then_some(at);
        std::iter::successors(there(self.at(object).first), move |at| there(self.at(*at).next))
    }

    /// The members of an open object.
    pub(super) fn members(&self, object: PlaceId) -> &'a [(&'a str, Value<'a>)] {
        let there = self.places_in(object).filter(|at| !matches!(self.at(*at).content, Content::Nothing));
        self.arena
            .members(there.map(|at| (self.arena.copy(self.names.key(self.at(at).name)), self.closed(at))))
    }

    /// What is at a place as a value.
    #[inline]
    pub(super) fn closed(&self, at: PlaceId) -> Value<'a> {
        match self.at(at).content {
            Content::Nothing => Value::NULL,
            Content::Open => Value::Object(self.members(at)),
            Content::Value(value) => value,
        }
    }
}
