//! Which fields of an event become columns.

use std::collections::HashMap;
use std::sync::Arc;

use rulehound_schema::{Field, FieldType};

use crate::index_name::PARTS;
use crate::normalize::SET_BY_PIPELINES;

/// The columns of an [`crate::EventBatch`]: the fields that somebody asks for, and no others.
///
/// The metadata fields `_index` and `_id` may be asked for like any other field.
#[derive(Debug)]
pub struct Layout {
    fields: Vec<Field>,
    columns: HashMap<Arc<str>, usize>,
    paths: PathTree,
}

impl Default for Layout {
    fn default() -> Self {
        Self::new([])
    }
}

impl Layout {
    /// A layout of these fields, sorted by name, each once. Of two fields with one name and different
    /// types the first in order of type wins; [`rulehound_schema::Schema`] gives each name one type.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut fields: Vec<Field> = fields.into_iter().collect();
        fields.sort();
        fields.dedup_by(|a, b| a.name == b.name);
        let columns = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        let paths = PathTree::new(&fields);
        Self { fields, columns, paths }
    }

    /// The fields, in the order of the columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The column of a field, by its path in the document.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.get(name).copied()
    }

    /// The column that holds the values of a field, if there is one.
    pub fn column_of(&self, field: &Field) -> Option<usize> {
        self.column(&field.name).filter(|column| self.fields[*column].has_values_of(field))
    }

    /// The fields by the segments of their paths.
    pub(crate) fn paths(&self) -> &PathTree {
        &self.paths
    }
}

/// The paths of a layout as a tree of their segments, to be walked alongside a JSON document.
#[derive(Debug)]
pub(crate) struct PathTree {
    nodes: Vec<PathNode>,
}

/// Number of a node of a [`PathTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PathId(usize);

/// What is at a path.
#[derive(Debug, Default)]
pub(crate) struct PathNode {
    /// The whole path.
    pub(crate) name: Arc<str>,
    /// The column that takes the values at this path.
    pub(crate) column: Option<usize>,
    /// Which of [`PARTS`] stands here.
    pub(crate) index_part: Option<usize>,
    /// Whether there are columns at longer paths through this one: it is an object.
    pub(crate) is_object: bool,
    /// The type of the column.
    pub(crate) field_type: Option<FieldType>,
    /// Whether only ingest pipelines set this field.
    pub(crate) set_by_pipelines: bool,
    children: HashMap<Box<str>, PathId, ahash::RandomState>,
}

impl PathNode {
    /// Whether longer paths lead through this one.
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// Whether a scalar at this path is of use, be it as a value or as a misfit.
    pub(crate) fn takes_scalars(&self) -> bool {
        self.column.is_some() || self.index_part.is_some() || self.is_object
    }
}

impl PathTree {
    fn new(fields: &[Field]) -> Self {
        let mut tree = Self { nodes: vec![PathNode::default()] };
        for (part, name) in PARTS.iter().enumerate() {
            let id = tree.insert(name, false);
            tree.nodes[id.0].index_part = Some(part);
        }
        for name in SET_BY_PIPELINES {
            let id = tree.insert(name, false);
            tree.nodes[id.0].set_by_pipelines = true;
        }
        for (column, field) in fields.iter().enumerate() {
            let id = tree.insert(&field.name, true);
            tree.nodes[id.0].column = Some(column);
            tree.nodes[id.0].field_type = Some(field.field_type);
        }
        tree
    }

    fn insert(&mut self, path: &str, is_column: bool) -> PathId {
        let mut at = self.root();
        let mut end = 0;
        for segment in path.split('.') {
            end += segment.len();
            self.nodes[at.0].is_object |= is_column;
            at = match self.child(at, segment) {
                Some(child) => child,
                None => {
                    let child = PathId(self.nodes.len());
                    self.nodes.push(PathNode { name: path[..end].into(), ..PathNode::default() });
                    self.nodes[at.0].children.insert(segment.into(), child);
                    child
                }
            };
            end += 1;
        }
        at
    }

    /// The document itself.
    pub(crate) fn root(&self) -> PathId {
        PathId(0)
    }

    pub(crate) fn node(&self, id: PathId) -> &PathNode {
        &self.nodes[id.0]
    }

    fn child(&self, at: PathId, segment: &str) -> Option<PathId> {
        self.node(at).children.get(segment).copied()
    }

    /// The path that a key leads to; the key may have dots.
    pub(crate) fn descend(&self, at: PathId, key: &str) -> Option<PathId> {
        if memchr::memchr(b'.', key.as_bytes()).is_none() {
            return self.child(at, key);
        }
        key.split('.').try_fold(at, |at, segment| self.child(at, segment))
    }
}
