//! Names of fields, learnt once and not record by record.
//!
//! **What keeps it sound to leave values out:** a value is kept if a layout wants it, or if the mapping has ever read it,
//! or something above or below it ([`Names::keeps`]). What the mapping reads is not listed but learnt: a name that
//! is read for the first time makes the record one to be mapped again ([`Names::has_missed`]), for its value may have
//! been left out before. So nothing that is read was ever left out.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

use super::literals::Literals;
use super::windows::Role;
use crate::Layout;
use crate::layout::{PathId, PathNode};
use crate::leaves::literal::Literal;

/// Most names that are kept from record to record. Sources have hundreds; only records whose keys are data have more.
const MOST_NAMES: usize = 1 << 14;

/// The names met so far: of fields by their path, and of the members of objects by their key.
#[derive(Debug)]
pub(super) struct Names {
    names: Vec<Name>,
    slots: Vec<Slot>,
    by_path: HashMap<Box<str>, NameId, RandomState>,
    literals: Literals,
    /// The fields that are wanted; none for all.
    layout: Option<Arc<Layout>>,
    /// Number of the record at hand.
    record: u32,
    /// Whether a name was read in this record that was not known to be read.
    has_missed: bool,
}

/// What is looked at most often of a name.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The object that it is in.
    parent: NameId,
    /// Where it stands in the document of a record, and the number of that record.
    place: u32,
    record: u32,
    /// Whether its value is to be kept.
    is_kept: bool,
    /// Whether the mapping reads it, or an object that it is in.
    is_read: bool,
    /// What it is for as a key of a flat record.
    role: Role,
    /// Number of the last record that was seen to have it, at [`Names::is_new`].
    seen: u32,
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
    /// The key in its quotes, and a colon.
    quoted: Literal,
    members: HashMap<Box<str>, NameId, RandomState>,
    /// The members that came first in it, and the names that came after it in the object it is in, when it last was
    /// another than before; the newest first.
    first: [NameId; 2],
    next: [NameId; 2],
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
            quoted: Literal::new(b""),
            members: HashMap::default(),
            first: [ROOT; 2],
            next: [ROOT; 2],
            path: layout.as_ref().map(|layout| layout.paths().root()),
            has_column: false,
            covered: false,
            wanted: true,
        };
        let is_read = layout.is_none();
        let slot =
            Slot { parent: ROOT, place: 0, record: 0, is_kept: true, is_read, role: Role::Data, seen: 0 };
        Self {
            names: vec![root],
            slots: vec![slot],
            by_path: HashMap::default(),
            literals: Literals::default(),
            layout,
            record: 0,
            has_missed: false,
        }
    }

    /// Forgets all names, if they have become too many.
    pub(super) fn forget_many(&mut self) {
        if self.names.len() > MOST_NAMES || self.record > u32::MAX / 2 {
            *self = Self::new(self.layout.take());
        }
    }

    /// Begins a record: no name has a place in it yet.
    pub(super) fn begin(&mut self) {
        self.record += 1;
        self.has_missed = false;
    }

    /// Whether what was made of the record at hand may lack something that was read: it is to be made again.
    pub(super) fn has_missed(&self) -> bool {
        self.has_missed
    }

    /// Whether a value of this name is to be kept. What is not is as good as not there.
    #[inline]
    pub(super) fn keeps(&self, name: NameId) -> bool {
        self.slot(name).is_kept
    }

    /// Whether a name is known to be read, and so was not left out.
    #[inline]
    pub(super) fn is_read(&self, name: NameId) -> bool {
        self.slot(name).is_read
    }

    /// Takes note that a name is read, whatever is below it with it.
    #[inline]
    pub(super) fn read(&mut self, name: NameId) {
        if !self.slot(name).is_read {
            self.learn_read(name);
        }
    }

    #[cold]
    fn learn_read(&mut self, name: NameId) {
        self.has_missed = true;
        self.slots[name.0 as usize].is_read = true;
        // A name stands after the object it is in.
        for at in name.0 as usize + 1..self.slots.len() {
            let is_read = self.slots[at].is_read || self.slots[self.slots[at].parent.0 as usize].is_read;
            self.slots[at].is_read = is_read;
            self.slots[at].is_kept |= is_read;
        }
        let mut above = Some(name);
        while let Some(at) = above {
            self.slots[at.0 as usize].is_kept = true;
            above = self.parent(at);
        }
    }

    /// Keeps everything, of this record and all others.
    pub(super) fn read_all(&mut self) {
        self.slots.iter_mut().for_each(|slot| (slot.is_read, slot.is_kept) = (true, true));
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
            quoted: Literal::new(&[b"\"", key.as_bytes(), b"\":"].concat()),
            members: HashMap::default(),
            first: [id; 2],
            next: [id; 2],
            path,
            has_column: node.is_some_and(|node| node.column.is_some()),
            covered,
            wanted: covered || paths.is_none() || node.is_some_and(|node| node.takes_scalars()),
        };
        // Keys with dots may stand for more than themselves, and those with blanks are looked for (`Ecs::spaced_keys`).
        let is_read = self.slot(object).is_read;
        let is_kept =
            is_read || name.wanted || node.is_some_and(PathNode::has_children) || key.contains(['.', ' ']);
        let role = Role::of(key);
        self.slots.push(Slot { parent: object, place: 0, record: 0, is_kept, is_read, role, seen: 0 });
        self.names.push(name);
        self.names[object.0 as usize].members.insert(key.into(), id);
        id
    }

    /// As [`Self::member`], where one comes after another: mostly the same as the last time.
    #[inline]
    pub(super) fn next_member(&mut self, object: NameId, previous: Option<NameId>, key: &str) -> NameId {
        for guess in self.guesses(object, previous) {
            if self.parent(guess) == Some(object) && *self.name(guess).key == *key {
                return guess;
            }
        }
        self.learn_next(object, previous, key)
    }

    /// As [`Self::next_member`], of a key in its quotes and a colon, with the length of all; none if it is not as expected.
    #[inline]
    pub(super) fn expected_member(
        &self,
        object: NameId,
        previous: Option<NameId>,
        quoted: &[u8],
    ) -> Option<(NameId, usize)> {
        self.guesses(object, previous).into_iter().find_map(|guess| {
            let length = self.name(guess).quoted.begins(quoted)?;
            (self.parent(guess) == Some(object)).then_some((guess, length))
        })
    }

    #[inline]
    fn guesses(&self, object: NameId, previous: Option<NameId>) -> [NameId; 2] {
        previous.map_or_else(|| self.name(object).first, |previous| self.name(previous).next)
    }

    /// The name of a member that came after another, and not as expected.
    pub(super) fn learn_next(&mut self, object: NameId, previous: Option<NameId>, key: &str) -> NameId {
        let name = self.member(object, key);
        let guesses = match previous {
            None => &mut self.names[object.0 as usize].first,
            Some(previous) => &mut self.names[previous.0 as usize].next,
        };
        *guesses = [name, guesses[0]];
        name
    }

    /// What a name is for as a key of a flat record.
    #[inline]
    pub(super) fn role(&self, name: NameId) -> Role {
        self.slot(name).role
    }

    /// Whether this was not asked before for the record at hand.
    #[inline]
    pub(super) fn is_new(&mut self, name: NameId) -> bool {
        let record = self.record;
        std::mem::replace(&mut self.slots[name.0 as usize].seen, record) != record
    }

    #[inline]
    fn slot(&self, name: NameId) -> &Slot {
        &self.slots[name.0 as usize]
    }

    #[inline]
    fn name(&self, name: NameId) -> &Name {
        &self.names[name.0 as usize]
    }

    /// The object that a name is in; none for the document.
    #[inline]
    pub(super) fn parent(&self, name: NameId) -> Option<NameId> {
        (name != ROOT).then(|| self.slot(name).parent)
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
        let slot = self.slot(name);
        (slot.record == self.record).then_some(slot.place)
    }

    /// Puts a name to a place in the document at hand.
    #[inline]
    pub(super) fn set_place(&mut self, name: NameId, place: u32) {
        let record = self.record;
        let slot = &mut self.slots[name.0 as usize];
        (slot.record, slot.place) = (record, place);
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
        names.forget_many();
        names.begin();
        assert_eq!(names.names.len(), 1);
        let name = names.field("last");
        assert!(names.place(name).is_none() && names.key(name) == "last");
    }
}
