//! Names of fields, learnt once and not record by record.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

use crate::Layout;
use crate::layout::PathId;

/// Most names that are kept from record to record. Sources have hundreds; only records whose keys are data have more.
const MOST_NAMES: usize = 1 << 14;

/// The names met so far: of fields by their path, and of the members of objects by their key.
#[derive(Debug)]
pub(super) struct Names {
    names: Vec<Name>,
    by_path: HashMap<Box<str>, NameId, RandomState>,
    /// The fields that are wanted; none for all.
    layout: Option<Arc<Layout>>,
    /// Number of the record at hand.
    record: u64,
}

/// A name, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameId(usize);

/// The name of the document itself.
pub(super) const ROOT: NameId = NameId(0);

#[derive(Debug)]
struct Name {
    parent: NameId,
    /// The key in the parent. It may have dots.
    key: Box<str>,
    members: HashMap<Box<str>, NameId, RandomState>,
    /// Where it is in the layout.
    path: Option<PathId>,
    /// Whether a value here is of use.
    wanted: bool,
    /// Whether an object that this is in has a column as a whole.
    covered: bool,
    /// Where it stands in the document of a record, and the number of that record.
    place: (u64, usize),
}

impl Names {
    /// Names of the fields of a layout, or of all fields.
    pub(super) fn new(layout: Option<Arc<Layout>>) -> Self {
        let root = Name {
            parent: ROOT,
            key: Box::default(),
            members: HashMap::default(),
            path: layout.as_ref().map(|layout| layout.paths().root()),
            wanted: true,
            covered: false,
            place: (0, 0),
        };
        Self { names: vec![root], by_path: HashMap::default(), layout, record: 0 }
    }

    /// Begins a record: no name has a place in it yet.
    pub(super) fn begin(&mut self) {
        if self.names.len() > MOST_NAMES {
            *self = Self::new(self.layout.take());
        }
        self.record += 1;
    }

    /// The name of a field; dots are levels of objects.
    pub(super) fn field(&mut self, path: &str) -> NameId {
        if let Some(name) = self.by_path.get(path) {
            return *name;
        }
        let name = path.split('.').fold(ROOT, |object, key| self.member(object, key));
        self.by_path.insert(path.into(), name);
        name
    }

    /// The name of a member of an object, by its key as it stands.
    pub(super) fn member(&mut self, object: NameId, key: &str) -> NameId {
        let parent = &self.names[object.0];
        if let Some(name) = parent.members.get(key) {
            return *name;
        }
        let id = NameId(self.names.len());
        let paths = self.layout.as_ref().map(|layout| layout.paths());
        let path = paths.and_then(|paths| paths.descend(parent.path?, key));
        let has_column = |path: Option<PathId>| {
            paths.zip(path).is_some_and(|(paths, path)| paths.node(path).column.is_some())
        };
        let covered = parent.covered || has_column(parent.path);
        let wanted =
            paths.is_none_or(|paths| covered || path.is_some_and(|path| paths.node(path).takes_scalars()));
        let name = Name {
            parent: object,
            key: key.into(),
            members: HashMap::default(),
            path,
            wanted,
            covered,
            place: (0, 0),
        };
        self.names.push(name);
        self.names[object.0].members.insert(key.into(), id);
        id
    }

    /// The object that a name is in; none for the document.
    pub(super) fn parent(&self, name: NameId) -> Option<NameId> {
        (name != ROOT).then(|| self.names[name.0].parent)
    }

    pub(super) fn key(&self, name: NameId) -> &str {
        &self.names[name.0].key
    }

    /// Where a name is in the layout.
    pub(super) fn path(&self, name: NameId) -> Option<PathId> {
        self.names[name.0].path
    }

    /// Whether a value of this name is of use.
    pub(super) fn is_wanted(&self, name: NameId) -> bool {
        self.names[name.0].wanted
    }

    /// Whether the layout has a column for this name.
    pub(super) fn has_column(&self, name: NameId) -> bool {
        let node = self.layout.as_ref().zip(self.path(name)).map(|(layout, path)| layout.paths().node(path));
        node.is_some_and(|node| node.column.is_some())
    }

    /// Where a name stands in the document at hand.
    pub(super) fn place(&self, name: NameId) -> Option<usize> {
        let (record, place) = self.names[name.0].place;
        (record == self.record).then_some(place)
    }

    /// Puts a name to a place in the document at hand.
    pub(super) fn set_place(&mut self, name: NameId, place: usize) {
        self.names[name.0].place = (self.record, place);
    }
}
