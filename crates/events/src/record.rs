//! One record: what its bytes hold, told apart from what the file format wraps around it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use rulehound_schema::{FieldSource, Scalar};
use serde::Serializer;
use sha2::{Digest, Sha256};
use simd_json::ErrorType;

use crate::buffer::Buffer;
use crate::compact::is_compact;
use crate::document::objects_at;
use crate::json::{JsonNode, JsonParser, Kind, MAX_DEPTH, TapeMembers, TapeNode, to_document};
use crate::normalize::Normalizer;
use crate::{Document, DocumentRow};

/// Why a record is no event. It costs only itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not JSON. The offset is in bytes from the start of the record.
    #[error("not valid JSON: {reason} at byte {offset}")]
    InvalidJson {
        /// What the parser found.
        reason: String,
        /// Where in the record, in bytes from 0.
        offset: usize,
    },
    /// Not UTF-8.
    #[error("not valid UTF-8 at byte {offset}")]
    InvalidUtf8 {
        /// Where in the record, in bytes from 0.
        offset: usize,
    },
    /// Objects and arrays nested too deep.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// JSON, but no object.
    #[error("not a JSON object")]
    NotAnObject,
}

impl RecordError {
    pub(crate) fn from_parser(error: &simd_json::Error, json: &[u8]) -> Self {
        if let Err(error) = std::str::from_utf8(json) {
            return Self::InvalidUtf8 { offset: error.valid_up_to() };
        }
        match error.error() {
            ErrorType::DepthLimitExceeded => Self::TooDeep,
            reason => Self::InvalidJson { reason: in_words(reason), offset: error.index() },
        }
    }
}

/// The parser's own words: `ExpectedObjectColon` as "expected object colon".
fn in_words(reason: &ErrorType) -> String {
    let name = match reason {
        ErrorType::InternalError | ErrorType::Syntax => "UnexpectedText".to_owned(),
        reason => format!("{reason:?}"),
    };
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// How the bytes of a record are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// One JSON object: the event, or an Elasticsearch hit around it.
    Json,
    /// A line of action and a line of source, as in the body of a `_bulk` request.
    Bulk,
}

/// A piece of a file with whole records in it.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) file: Arc<str>,
    pub(crate) bytes: Buffer,
    pub(crate) records: Vec<RecordSpan>,
    pub(crate) format: RecordFormat,
}

/// Where a record stands in its block, and its number in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordSpan {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) position: u64,
}

impl Block {
    /// The bytes of a record.
    pub(crate) fn record(&self, number: usize) -> &[u8] {
        let span = self.records.get(number);
        span.and_then(|span| self.bytes.get(span.start..span.end)).unwrap_or_default()
    }
}

/// A record unwrapped.
pub(crate) struct Envelope<'j> {
    /// `_id`, where the record says.
    pub(crate) id: Option<Cow<'j, str>>,
    /// `_index`, where the record says.
    pub(crate) index: Option<Cow<'j, str>>,
    /// Whether it may be in need of a normaliser. If not, it is ECS for sure.
    pub(crate) may_be_raw: bool,
    source: TapeMembers<'j>,
}

impl<'j> Envelope<'j> {
    /// Unwraps a record: `_source` of an Elasticsearch hit, else the record itself.
    fn open(members: TapeMembers<'j>) -> Self {
        let (mut id, mut index, mut source, mut may_be_raw) = (None, None, None, false);
        for (key, value) in members.clone() {
            if !key.starts_with('_') {
                may_be_raw |= is_raw_key(key);
                continue;
            }
            match (key, value.kind()) {
                ("_id", Kind::Scalar(scalar)) => id = metadata_text(scalar),
                ("_index", Kind::Scalar(scalar)) => index = metadata_text(scalar),
                ("_source", Kind::Object(members)) => source = Some(members),
                _ => {}
            }
        }
        if let Some(source) = &source {
            may_be_raw = source.clone().any(|(key, _)| is_raw_key(key));
        }
        Self { id, index, may_be_raw, source: source.unwrap_or(members) }
    }

    /// The members of the event's document as it was read.
    pub(crate) fn source(&self) -> impl Iterator<Item = (&'j str, TapeNode<'j>)> + Clone + use<'j> {
        self.source.clone().filter(|(key, _)| !matches!(*key, "_id" | "_index"))
    }
}

/// Whether a record with such a key may be raw: what the normaliser needs to see, at the least.
pub(crate) fn is_raw_key(key: &str) -> bool {
    match key.as_bytes().first() {
        Some(b'E') => matches!(key, "Event" | "EventID"),
        Some(b'w') => key.strip_prefix("winlog").is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        _ => false,
    }
}

fn metadata_text(scalar: Scalar<'_>) -> Option<Cow<'_, str>> {
    match scalar {
        Scalar::Str(text) => Some(text.into()),
        Scalar::I64(n) => Some(n.to_string().into()),
        Scalar::U64(n) => Some(n.to_string().into()),
        Scalar::F64(_) | Scalar::Bool(_) | Scalar::Null => None,
    }
}

/// Parses a record, takes off what is around the event, and gives it to `use_event`.
pub(crate) fn open<R>(
    parser: &mut JsonParser,
    format: RecordFormat,
    record: &[u8],
    use_event: impl FnOnce(Envelope<'_>) -> R,
) -> Result<R, RecordError> {
    match format {
        RecordFormat::Json => parser.parse(record, |members| use_event(Envelope::open(members))),
        RecordFormat::Bulk => {
            let (action, source) = record.split_at(memchr::memchr(b'\n', record).unwrap_or(record.len()));
            let (id, index) = parser.parse(action, bulk_action)?;
            parser.parse(source, |members| {
                // An update holds the document, or as much as it changes, in `doc`.
                let updated = members.clone().find_map(|(key, value)| match (key, value.kind()) {
                    ("doc", Kind::Object(members)) => Some(members),
                    _ => None,
                });
                let mut envelope = Envelope::open(updated.unwrap_or(members));
                envelope.id = id.map(Cow::Owned).or(envelope.id);
                envelope.index = index.map(Cow::Owned).or(envelope.index);
                use_event(envelope)
            })
        }
    }
}

/// `_id` and `_index` of the line of action of a `_bulk` request: `{"index":{"_index":"…","_id":"…"}}`.
fn bulk_action(mut members: TapeMembers<'_>) -> (Option<String>, Option<String>) {
    let (mut id, mut index) = (None, None);
    if let Some(Kind::Object(parameters)) = members.next().map(|(_, value)| value.kind()) {
        for (key, value) in parameters {
            match (key, value.kind()) {
                ("_id", Kind::Scalar(scalar)) => id = metadata_text(scalar).map(Cow::into_owned),
                ("_index", Kind::Scalar(scalar)) => index = metadata_text(scalar).map(Cow::into_owned),
                _ => {}
            }
        }
    }
    (id, index)
}

thread_local! {
    /// For records that are read again, one by one.
    static PARSER: RefCell<JsonParser> = RefCell::default();
    static NORMALIZER: RefCell<Normalizer> = RefCell::new(Normalizer::new(None));
}

impl RecordFormat {
    /// The event of a record as an ECS document: as it was read, or what the normaliser makes of it.
    ///
    /// # Errors
    /// If the record is no event.
    pub fn document(self, record: &[u8]) -> Result<Document, RecordError> {
        NORMALIZER.with_borrow_mut(|normalizer| {
            self.read(record, |event| {
                let document = event.may_be_raw.then(|| normalizer.document(event.source())).flatten();
                document.unwrap_or_else(|| to_document(event.source()))
            })
        })
    }

    /// The objects at a path of the event of a record, without a tree of the rest where it is not raw.
    ///
    /// # Errors
    /// If the record is no event.
    pub(crate) fn objects(self, record: &[u8], path: &str) -> Result<Vec<Document>, RecordError> {
        NORMALIZER.with_borrow_mut(|normalizer| {
            self.read(record, |event| {
                let document = event.may_be_raw.then(|| normalizer.document(event.source())).flatten();
                match document {
                    Some(document) => DocumentRow::new(&document).objects(path),
                    None => objects_at(event.source(), path),
                }
            })
        })
    }

    /// An id for a record that brought none: SHA-256 of the event as it was read, less whitespace and
    /// wrapping, the first 20 bytes in lower-case hexadecimal.
    pub fn id(self, record: &[u8]) -> String {
        match self {
            Self::Json if is_compact(record) => hash(record),
            _ => self.written_id(record),
        }
    }

    /// The id, by writing the event anew.
    pub(crate) fn written_id(self, record: &[u8]) -> String {
        let compact = self.read(record, |event| {
            let mut compact = Vec::with_capacity(record.len());
            let mut serializer = serde_json::Serializer::new(&mut compact);
            serializer.collect_map(event.source()).map(|()| compact)
        });
        let compact = compact.ok().and_then(Result::ok);
        hash(compact.as_deref().unwrap_or(record))
    }

    fn read<R>(self, record: &[u8], use_event: impl FnOnce(Envelope<'_>) -> R) -> Result<R, RecordError> {
        PARSER.with_borrow_mut(|parser| open(parser, self, record, use_event))
    }
}

/// How much of a hash is an id.
const ID_BYTES: usize = 20;

/// The first 20 bytes of the SHA-256 of some bytes, in lower-case hexadecimal.
fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut id = String::with_capacity(2 * ID_BYTES);
    for byte in digest.iter().take(ID_BYTES) {
        id.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    }
    id
}
