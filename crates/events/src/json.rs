//! JSON: one parser for all readers, and one way to look at what it gives.
//!
//! Records are parsed into a simd-json tape, a flat list of nodes that points into a reused buffer. Whoever
//! needs a tree ([`crate::Document`]) makes it from the tape; the shredder does without.

use std::borrow::Cow;

use rulehound_schema::Scalar;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use simd_json::{Buffers, ErrorType, Node, StaticNode, Tape};

use crate::{Document, RecordError};

mod numbers;
mod surrogates;

/// Deepest nesting of objects and arrays in a record; Elasticsearch allows 20 by default, Logstash 100.
pub(crate) const MAX_DEPTH: usize = 128;

/// A JSON value, from whatever holds it.
pub(crate) trait JsonNode<'j>: Copy {
    /// The elements of an array.
    type Items: Iterator<Item = Self>;
    /// The members of an object.
    type Members: Iterator<Item = (&'j str, Self)>;

    /// What it is.
    fn kind(self) -> Kind<'j, Self>;
}

/// What a JSON value is.
pub(crate) enum Kind<'j, N: JsonNode<'j>> {
    Scalar(Scalar<'j>),
    Array(N::Items),
    Object(N::Members),
}

/// A value on a tape: its node, and after it everything that follows on the tape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TapeNode<'t>(&'t [Node<'t>]);

/// The values that follow one another on a tape.
#[derive(Clone)]
pub(crate) struct TapeItems<'t> {
    nodes: &'t [Node<'t>],
    left: usize,
}

impl<'t> Iterator for TapeItems<'t> {
    type Item = TapeNode<'t>;

    #[inline]
    fn next(&mut self) -> Option<TapeNode<'t>> {
        self.left = self.left.checked_sub(1)?;
        let item = TapeNode(self.nodes);
        let size = match self.nodes.first()? {
            Node::Object { count, .. } | Node::Array { count, .. } => count + 1,
            Node::String(_) | Node::Static(_) => 1,
        };
        self.nodes = self.nodes.get(size..)?;
        Some(item)
    }
}

/// The members of an object on a tape: keys and values in turn.
#[derive(Clone)]
pub(crate) struct TapeMembers<'t>(TapeItems<'t>);

impl<'t> Iterator for TapeMembers<'t> {
    type Item = (&'t str, TapeNode<'t>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.0.next()?.0.first()? {
            Node::String(key) => Some((key, self.0.next()?)),
            _ => None,
        }
    }
}

impl<'t> JsonNode<'t> for TapeNode<'t> {
    type Items = TapeItems<'t>;
    type Members = TapeMembers<'t>;

    #[inline]
    fn kind(self) -> Kind<'t, Self> {
        let Some((node, nodes)) = self.0.split_first() else { return Kind::Scalar(Scalar::Null) };
        match *node {
            Node::Object { len, .. } => Kind::Object(TapeMembers(TapeItems { nodes, left: 2 * len })),
            Node::Array { len, .. } => Kind::Array(TapeItems { nodes, left: len }),
            Node::String(text) => Kind::Scalar(Scalar::Str(text)),
            Node::Static(StaticNode::I64(n)) => Kind::Scalar(Scalar::I64(n)),
            Node::Static(StaticNode::U64(n)) => Kind::Scalar(Scalar::U64(n)),
            Node::Static(StaticNode::F64(n)) => Kind::Scalar(Scalar::F64(n)),
            Node::Static(StaticNode::Bool(value)) => Kind::Scalar(Scalar::Bool(value)),
            Node::Static(StaticNode::Null) => Kind::Scalar(Scalar::Null),
        }
    }
}

impl Serialize for TapeNode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            Kind::Object(members) => serializer.collect_map(members),
            Kind::Array(items) => serializer.collect_seq(items),
            Kind::Scalar(Scalar::Str(text)) => serializer.serialize_str(text),
            Kind::Scalar(Scalar::I64(n)) => serializer.serialize_i64(n),
            Kind::Scalar(Scalar::U64(n)) => serializer.serialize_u64(n),
            Kind::Scalar(Scalar::F64(n)) => serializer.serialize_f64(n),
            Kind::Scalar(Scalar::Bool(value)) => serializer.serialize_bool(value),
            Kind::Scalar(Scalar::Null) => serializer.serialize_unit(),
        }
    }
}

impl<'j> JsonNode<'j> for &'j Json {
    type Items = std::slice::Iter<'j, Json>;
    type Members = DocumentMembers<'j>;

    fn kind(self) -> Kind<'j, Self> {
        match self {
            Json::Array(items) => Kind::Array(items.iter()),
            Json::Object(members) => Kind::Object(DocumentMembers(members.iter())),
            scalar => Kind::Scalar(Scalar::try_from(scalar).unwrap_or(Scalar::Null)),
        }
    }
}

/// The members of an object in a [`Document`].
pub(crate) struct DocumentMembers<'j>(pub(crate) serde_json::map::Iter<'j>);

impl<'j> Iterator for DocumentMembers<'j> {
    type Item = (&'j str, &'j Json);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key.as_str(), value))
    }
}

/// A tree of some members of an object. A key that is given twice holds all its values, as an array: no value
/// is lost, and the fields are those that the shredder sees.
pub(crate) fn to_document<'j, N: JsonNode<'j>>(members: impl Iterator<Item = (&'j str, N)>) -> Document {
    let mut document = Document::new();
    for (key, value) in members {
        let value = to_value(value);
        match document.get_mut(key) {
            None => drop(document.insert(key.to_owned(), value)),
            Some(Json::Array(values)) => values.push(value),
            Some(earlier) => *earlier = Json::Array(vec![earlier.take(), value]),
        }
    }
    document
}

fn to_value<'j, N: JsonNode<'j>>(value: N) -> Json {
    match value.kind() {
        Kind::Object(members) => Json::Object(to_document(members)),
        Kind::Array(items) => Json::Array(items.map(to_value).collect()),
        Kind::Scalar(Scalar::Str(text)) => text.into(),
        Kind::Scalar(Scalar::I64(n)) => n.into(),
        Kind::Scalar(Scalar::U64(n)) => n.into(),
        Kind::Scalar(Scalar::F64(n)) => n.into(),
        Kind::Scalar(Scalar::Bool(value)) => value.into(),
        Kind::Scalar(Scalar::Null) => Json::Null,
    }
}

/// JSON text, written anew in a form that the parser takes.
type Mend = fn(&[u8]) -> Vec<u8>;

/// What to do about a record that the parser refuses for this reason, if it is JSON all the same. Strings are
/// looked at before numbers or after them, as the parser comes upon them.
const MENDS: [(&ErrorType, Mend); 3] = [
    (&ErrorType::InvalidUnicodeCodepoint, surrogates::replace_lone),
    (&ErrorType::InvalidNumber, numbers::quote_large),
    (&ErrorType::InvalidUnicodeCodepoint, surrogates::replace_lone),
];

/// A parser with its buffers, to be used again and again.
pub(crate) struct JsonParser {
    /// The record in hand and padding; strings are unescaped in place.
    scratch: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Default for JsonParser {
    fn default() -> Self {
        let buffers = Buffers::with_max_depth(4096, MAX_DEPTH);
        Self { scratch: Vec::new(), buffers, tape: Tape(Vec::new()) }
    }
}

impl JsonParser {
    /// Parses a record, one JSON object, and gives its members to `use_members`.
    pub(crate) fn parse<R>(
        &mut self,
        json: &[u8],
        use_members: impl FnOnce(TapeMembers<'_>) -> R,
    ) -> Result<R, RecordError> {
        let record_error = |error: simd_json::Error| RecordError::from_parser(&error, json);
        let mut tried = self.parse_once(json, use_members);
        let mut mended = Cow::Borrowed(json);
        // What JSON allows and the parser does not. A record may hold both kinds, each is mended once.
        for (reason, mend) in MENDS {
            tried = match tried {
                Err((error, use_members)) if error.error() == reason => {
                    mended = mend(&mended).into();
                    self.parse_once(&mended, use_members)
                }
                other => other,
            };
        }
        tried.unwrap_or_else(|(error, _)| Err(record_error(error)))
    }

    fn parse_once<R, F: FnOnce(TapeMembers<'_>) -> R>(
        &mut self,
        json: &[u8],
        use_members: F,
    ) -> Result<Result<R, RecordError>, (simd_json::Error, F)> {
        self.scratch.clear();
        self.scratch.extend_from_slice(json);
        self.scratch.resize(json.len() + simd_json::INPUT_PADDING, b' ');
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let parsed = simd_json::fill_tape_padded(&mut self.scratch, json.len(), &mut self.buffers, &mut tape);
        let result = match parsed {
            Err(error) => Err((error, use_members)),
            Ok(()) => Ok(match TapeNode(&tape.0).kind() {
                Kind::Object(members) => Ok(use_members(members)),
                Kind::Array(_) | Kind::Scalar(_) => Err(RecordError::NotAnObject),
            }),
        };
        self.tape = tape.reset();
        result
    }
}
