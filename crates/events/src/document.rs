//! Values of an event's fields, straight from its document.

use std::borrow::Cow;

use rulehound_schema::{Field, FieldSource, FieldType, Scalar, Value, coerce};

use crate::Document;
use crate::json::{DocumentMembers, JsonNode, Kind, to_document};

/// The metadata field that stands for the whole document.
pub(crate) const SOURCE: &str = "_source";

/// An event as a document, to be asked for the values of its fields. It gives the values that the columns of
/// an [`crate::EventBatch`] would hold.
#[derive(Clone, Debug)]
pub struct DocumentRow<'d> {
    document: &'d Document,
    id: Option<Cow<'d, str>>,
    index: Option<&'d str>,
}

impl<'d> DocumentRow<'d> {
    /// An event without `_id` and `_index`.
    pub fn new(document: &'d Document) -> Self {
        Self { document, id: None, index: None }
    }

    /// The event with its `_id`.
    pub fn with_id(self, id: Cow<'d, str>) -> Self {
        Self { id: Some(id), ..self }
    }

    /// The event with its `_index`.
    pub fn with_index(self, index: Option<&'d str>) -> Self {
        Self { index, ..self }
    }
}

impl FieldSource for DocumentRow<'_> {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let mut values = Vec::new();
        let mut push = |scalar| values.extend(coerce(field, scalar).ok().flatten());
        match &*field.name {
            "_id" => self.id.iter().for_each(|id| push(Scalar::Str(id))),
            "_index" => self.index.iter().for_each(|index| push(Scalar::Str(index))),
            path => {
                let is_flattened = field.field_type == FieldType::Flattened;
                find(DocumentMembers(self.document.iter()), path, is_flattened, &mut push);
            }
        }
        values
    }

    fn objects(&self, path: &str) -> Vec<Document> {
        if path == SOURCE {
            return vec![self.document.clone()];
        }
        objects_at(DocumentMembers(self.document.iter()), path)
    }
}

/// The objects at a path below some members, whatever part of it their keys spell out.
pub(crate) fn objects_at<'j, N: JsonNode<'j>>(
    members: impl Iterator<Item = (&'j str, N)>,
    path: &str,
) -> Vec<Document> {
    let mut objects = Vec::new();
    add_objects(members, path, &mut objects);
    objects
}

fn add_objects<'j, N: JsonNode<'j>>(
    members: impl Iterator<Item = (&'j str, N)>,
    path: &str,
    found: &mut Vec<Document>,
) {
    for (key, value) in members {
        match path.strip_prefix(key) {
            Some("") => each_object(value, &mut |members| found.push(to_document(members))),
            Some(rest) => {
                if let Some(rest) = rest.strip_prefix('.') {
                    each_object(value, &mut |members| add_objects(members, rest, found));
                }
            }
            None => {}
        }
    }
}

/// Calls `f` with the members of the objects that a value is or holds.
fn each_object<'j, N: JsonNode<'j>>(value: N, f: &mut impl FnMut(N::Members)) {
    match value.kind() {
        Kind::Object(members) => f(members),
        Kind::Array(items) => items.for_each(|item| each_object(item, f)),
        Kind::Scalar(_) => {}
    }
}

/// Calls `found` with every scalar at a path below some members, whatever part of it their keys spell out.
fn find<'j, N: JsonNode<'j>>(
    members: impl Iterator<Item = (&'j str, N)>,
    path: &str,
    is_flattened: bool,
    found: &mut impl FnMut(Scalar<'j>),
) {
    for (key, value) in members {
        match path.strip_prefix(key) {
            Some("") => scalars(value, is_flattened, found),
            Some(rest) => {
                if let Some(rest) = rest.strip_prefix('.') {
                    below(value, rest, is_flattened, found);
                }
            }
            None => {}
        }
    }
}

/// Goes on into the objects that a value is or holds.
fn below<'j, N: JsonNode<'j>>(value: N, path: &str, is_flattened: bool, found: &mut impl FnMut(Scalar<'j>)) {
    match value.kind() {
        Kind::Object(members) => find(members, path, is_flattened, found),
        Kind::Array(items) => items.for_each(|item| below(item, path, is_flattened, found)),
        Kind::Scalar(_) => {}
    }
}

/// Calls `found` with the scalars that a value is or holds; `inside_objects` too, as `flattened` does.
pub(crate) fn scalars<'j, N: JsonNode<'j>>(
    value: N,
    inside_objects: bool,
    found: &mut impl FnMut(Scalar<'j>),
) {
    match value.kind() {
        Kind::Scalar(scalar) => found(scalar),
        Kind::Array(items) => items.for_each(|item| scalars(item, inside_objects, found)),
        Kind::Object(members) if inside_objects => {
            members.for_each(|(_, value)| scalars(value, inside_objects, found));
        }
        Kind::Object(_) => {}
    }
}
