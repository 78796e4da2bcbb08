//! Names of fields, learnt once and not record by record.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

use super::literals::Literals;
use crate::Layout;
use crate::layout::PathId;

/// Most names that are kept from record to record. Sources have hundreds; only records whose keys are data have more.
const MOST_NAMES: usize = 1 << 14;

/// The names met so far: of fields by their path, and of the members of objects by their key.
#[derive(Debug)]
pub(super) struct Names {
    names: Vec<Name>,
    /// The object that each name is in.
    parents: Vec<NameId>,
    /// Where each name stands in the document of a record, and the number of that record.
    places: Vec<(u32, u32)>,
    by_path: HashMap<Box<str>, NameId, RandomState>,
    literals: Literals,
    /// The fields that are wanted; none for all.
    layout: Option<Arc<Layout>>,
    /// Number of the record at hand.
    record: u32,
}

/// A name, by its place among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NameId(u32);

/// The name of the document itself.
pub(super) const ROOT: NameId = NameId(0);

#[derive(Debug)]
struct Name {
    /// The key in the parent. It may have dots.
    key: Box<str>,
    members: HashMap<Box<str>, NameId, RandomState>,
    /// The member that came first in it the last time, and the name that came after it in the object it is in.
    first: NameId,
    next: NameId,
    /// Where it is in the layout.
    path: Option<PathId>,
    /// Whether the layout has a column for it.
    has_column: bool,
    /// Whether an object that this is in has a column as a whole.
    covered: bool,
    /// Whether a value here is of use.
    wanted: bool,
}

impl Names {
    /// Names of the fields of a layout, or of all fields.
    pub(super) fn new(layout: Option<Arc<Layout>>) -> Self {
        let root = Name {
            key: Box::default(),
            members: HashMap::default(),
            first: ROOT,
            next: ROOT,
            path: layout.as_ref().map(|layout| layout.paths().root()),
            has_column: false,
            covered: false,
            wanted: true,
        };
        Self {
            names: vec![root],
            parents: vec![ROOT],
            places: vec![(0, 0)],
            by_path: HashMap::default(),
            literals: Literals::default(),
            layout,
            record: 0,
        }
    }

    /// Begins a record: no name has a place in it yet.
    pub(super) fn begin(&mut self) {
        if self.names.len() > MOST_NAMES || self.record == u32::MAX {
            *self = Self::new(self.layout.take());
        }
        self.record += 1;
    }

    /// The name of a field; dots are levels of objects.
    #[inline]
    pub(super) fn field(&mut self, path: &'static str) -> NameId {
        match self.literals.get(None, path) {
            Some(name) => name,
            None => {
                let name = self.path_name(path);
                self.literals.learn(None, path, name);
                name
            }
        }
    }

    /// As [`Self::field`], of a path that a record spells.
    pub(super) fn path_name(&mut self, path: &str) -> NameId {
        if let Some(name) = self.by_path.get(path) {
            return *name;
        }
        let name = path.split('.').fold(ROOT, |object, key| self.member(object, key));
        self.by_path.insert(path.into(), name);
        name
    }

    /// The name of a member of an object; dots in the key are part of it.
    #[inline]
    pub(super) fn known_member(&mut self, object: NameId, key: &'static str) -> NameId {
        match self.literals.get(Some(object), key) {
            Some(name) => name,
            None => {
                let name = self.member(object, key);
                self.literals.learn(Some(object), key, name);
                name
            }
        }
    }

    /// As [`Self::known_member`], of a key that a record has.
    pub(super) fn member(&mut self, object: NameId, key: &str) -> NameId {
        let parent = self.name(object);
        if let Some(name) = parent.members.get(key) {
            return *name;
        }
        let paths = self.layout.as_ref().map(|layout| layout.paths());
        let path = paths.and_then(|paths| paths.descend(parent.path?, key));
        let node = paths.zip(path).map(|(paths, path)| paths.node(path));
        let covered = parent.covered || parent.has_column;
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name = Name {
            key: key.into(),
            members: HashMap::default(),
            first: id,
            next: id,
            path,
            has_column: node.is_some_and(|node| node.column.is_some()),
            covered,
            wanted: covered || paths.is_none() || node.is_some_and(|node| node.takes_scalars()),
        };
        self.names.push(name);
        self.parents.push(object);
        self.places.push((0, 0));
        self.names[object.0 as usize].members.insert(key.into(), id);
        id
    }

    /// As [`Self::member`], where one comes after another: mostly the same as the last time.
    #[inline]
    pub(super) fn next_member(&mut self, object: NameId, previous: Option<NameId>, key: &str) -> NameId {
        let guess = previous.map_or_else(|| self.name(object).first, |previous| self.name(previous).next);
        if self.parent(guess) == Some(object) && *self.name(guess).key == *key {
            return guess;
        }
        let name = self.member(object, key);
        match previous {
            None => self.names[object.0 as usize].first = name,
            Some(previous) => self.names[previous.0 as usize].next = name,
        }
        name
    }

    #[inline]
    fn name(&self, name: NameId) -> &Name {
        &self.names[name.0 as usize]
    }

    /// The object that a name is in; none for the document.
    #[inline]
    pub(super) fn parent(&self, name: NameId) -> Option<NameId> {
        (name != ROOT).then(|| self.parents[name.0 as usize])
    }

    #[inline]
    pub(super) fn key(&self, name: NameId) -> &str {
        &self.name(name).key
    }

    /// Where a name is in the layout.
    #[inline]
    pub(super) fn path(&self, name: NameId) -> Option<PathId> {
        self.name(name).path
    }

    /// Whether a value of this name is of use.
    #[inline]
    pub(super) fn is_wanted(&self, name: NameId) -> bool {
        self.name(name).wanted
    }

    /// Whether the layout has a column for this name.
    #[inline]
    pub(super) fn has_column(&self, name: NameId) -> bool {
        self.name(name).has_column
    }

    /// Where a name stands in the document at hand.
    #[inline]
    pub(super) fn place(&self, name: NameId) -> Option<u32> {
        let (record, place) = self.places[name.0 as usize];
        (record == self.record).then_some(place)
    }

    /// Puts a name to a place in the document at hand.
    #[inline]
    pub(super) fn set_place(&mut self, name: NameId, place: u32) {
        self.places[name.0 as usize] = (self.record, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_names_what_its_text_names() {
        let mut names = Names::new(None);
        names.begin();
        for _ in 0..2 {
            let object = names.field("a.b");
            assert_eq!(names.path_name("a.b"), object);
            assert_eq!(names.known_member(object, "a.b"), names.member(object, "a.b"));
            assert_ne!(names.known_member(object, "a.b"), object);
            let whole = "a.b";
            let (part, rest) = (&whole[..1], &whole[2..]);
            assert_eq!(names.field(part), names.path_name("a"));
            let outer = names.field(part);
            assert_eq!(names.known_member(outer, rest), object);
        }
    }

    #[test]
    fn the_member_that_comes_next_is_the_one_of_the_key() {
        let mut names = Names::new(None);
        names.begin();
        for keys in [["a", "b", "c"], ["a", "b", "c"], ["b", "a", "c"], ["c", "c", "a"]] {
            let (object, mut previous) = (names.field("x"), None);
            for key in keys {
                let name = names.next_member(object, previous, key);
                assert_eq!(name, names.member(object, key), "{key} in {keys:?}");
                previous = Some(name);
            }
        }
    }

    #[test]
    fn names_are_forgotten_before_they_fill_memory() {
        let mut names = Names::new(None);
        names.begin();
        for n in 0..=MOST_NAMES {
            names.member(ROOT, &n.to_string());
        }
        let last = names.member(ROOT, "last");
        names.set_place(last, 7);
        assert_eq!(names.place(last), Some(7));
        names.begin();
        assert_eq!(names.names.len(), 1);
        let name = names.field("last");
        assert!(names.place(name).is_none() && names.key(name) == "last");
    }
}
