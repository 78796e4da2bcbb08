//! From JSON records to columns.

use std::collections::HashMap;
use std::sync::Arc;

use rulehound_schema::{FieldType, Scalar};

use crate::column::ColumnBuilders;
use crate::document::scalars;
use crate::index_name::IndexParts;
use crate::json::{JsonNode, JsonParser, Kind};
use crate::layout::{PathId, PathTree};
use crate::leaves::text::Escaped;
use crate::leaves::{GiveUp, Leaf, LeafScanner, Record};
use crate::normalize::{Normalizer, Shape};
use crate::record::{self, Block, Envelope, RecordError, RecordFormat, RecordSpan};
use crate::source::Sources;
use crate::{EventBatch, Layout, Misfits, Origin};

/// Takes records, one JSON object each, and builds [`EventBatch`]es: parses, normalises what is raw, and
/// puts the values of the layout's fields into columns.
///
/// Keys may be nested or dotted, or both. A key that an object has twice counts as an array of both values,
/// where Elasticsearch refuses the document.
pub struct Shredder {
    parser: JsonParser,
    scanner: LeafScanner,
    /// Whether records are walked at all.
    pub(crate) may_walk: bool,
    /// What records are: like comes after like, and the next one is walked as such.
    expected: Shape,
    /// How many in a row were of another shape.
    strays: u8,
    normalizer: Normalizer,
    rows: Rows,
    /// Bytes of the records taken.
    bytes: usize,
}

/// How many records in a row may be of another shape than those before, until it is them that are expected.
const MOST_STRAYS: u8 = 4;

impl Shredder {
    /// A shredder for the fields of a layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        let normalizer = Normalizer::new(Some(layout.clone()));
        let columns = Columns::new(layout);
        Self {
            parser: JsonParser::default(),
            scanner: LeafScanner::default(),
            may_walk: true,
            expected: Shape::Ecs,
            strays: 0,
            normalizer,
            rows: Rows { columns, sources: Sources::default(), indices: IndexNames::default() },
            bytes: 0,
        }
    }

    /// The `_index` of records that do not say.
    pub fn with_index(mut self, index: Option<&str>) -> Self {
        let indices = &mut self.rows.indices;
        indices.default = index.map(|name| indices.intern(name));
        self
    }

    /// Takes one record.
    ///
    /// # Errors
    /// If it is no event. The shredder is then as if it had never seen it.
    pub fn push(&mut self, json: &[u8], origin: Origin) -> Result<(), RecordError> {
        let record = RecordSpan { start: 0, end: json.len(), position: origin.position };
        let format = RecordFormat::Json;
        let block = Block { file: origin.file, bytes: json.to_vec().into(), records: vec![record], format };
        self.push_record(&Arc::new(block), 0).map(drop)
    }

    /// Takes one record of a block, which the batch then shares.
    pub(crate) fn push_record(&mut self, block: &Arc<Block>, record: usize) -> Result<Shape, RecordError> {
        let Self { parser, scanner, normalizer, rows, expected, strays, .. } = self;
        let json = block.record(record);
        self.bytes += json.len();
        rows.columns.begin(rows.sources.len());
        if self.may_walk && block.format == RecordFormat::Json {
            match *expected {
                Shape::Ecs => {
                    if let Ok(walked) = scanner.scan(json, rows.columns.layout.paths()) {
                        *strays = 0;
                        rows.columns.take_leaves(walked);
                        rows.complete(block, record, walked.id(), walked.index());
                        return Ok(Shape::Ecs);
                    }
                }
                Shape::Flat => {
                    if rows.columns.take_flat(json, normalizer).is_ok() {
                        *strays = 0;
                        rows.complete(block, record, None, None);
                        return Ok(Shape::Flat);
                    }
                }
                Shape::Evtx | Shape::Winlog => {}
            }
        }
        let shape = record::open(parser, block.format, json, |event| {
            let shape = rows.columns.take_event(&event, normalizer);
            rows.complete(block, record, event.id.as_deref(), event.index.as_deref());
            shape
        })?;
        let may_stray = matches!(expected, Shape::Ecs | Shape::Flat) && *strays < MOST_STRAYS;
        if shape != *expected && may_stray {
            *strays += 1;
        } else {
            (*expected, *strays) = (shape, 0);
        }
        Ok(shape)
    }

    /// Number of events taken.
    pub fn len(&self) -> usize {
        self.rows.sources.len()
    }

    /// Whether no event was taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size of the records taken, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Values that did not fit the type of their field, in all batches so far.
    pub fn misfits(&self) -> &Misfits {
        &self.rows.columns.misfits
    }

    /// The events taken so far.
    pub fn finish(&mut self) -> EventBatch {
        self.bytes = 0;
        let Rows { columns, sources, indices } = &mut self.rows;
        let sources = std::mem::take(sources);
        EventBatch {
            layout: columns.layout.clone(),
            columns: columns.builders.finish(sources.len()),
            sources,
            indices: indices.names.clone(),
        }
    }
}

/// The rows of a batch, being filled.
struct Rows {
    columns: Columns,
    sources: Sources,
    indices: IndexNames,
}

impl Rows {
    /// Completes a row, whose fields are in their columns, with what is not in the document.
    fn complete(&mut self, block: &Arc<Block>, record: usize, id: Option<&str>, index: Option<&str>) {
        let Self { columns, sources, indices } = self;
        let index = match index {
            Some(name) => Some(indices.intern(name)),
            None => indices.default.or_else(|| columns.index_parts.index(|name| indices.intern(name))),
        };
        sources.push(block, record, id, index);
        let row = sources.len() - 1;
        columns.tell_misfits(|| sources.origin(row));
        if let Some(column) = columns.id {
            columns.metadata(column, &sources.id(row));
        }
        if let (Some(column), Some(index)) = (columns.index, index) {
            columns.metadata(column, &indices.names[index]);
        }
    }
}

/// Names of indices, each once.
#[derive(Debug, Default)]
struct IndexNames {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, usize>,
    /// The one that was asked for last.
    last: Option<usize>,
    /// Index of records that do not say.
    default: Option<usize>,
}

impl IndexNames {
    fn intern(&mut self, name: &str) -> usize {
        if let Some(last) = self.last.filter(|last| *self.names[*last] == *name) {
            return last;
        }
        let number = self.number(name);
        self.last = Some(number);
        number
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        *self.numbers.entry(name).or_insert(self.names.len() - 1)
    }
}

/// The columns of a layout, being filled.
struct Columns {
    layout: Arc<Layout>,
    builders: ColumnBuilders,
    /// The columns of `_id` and `_index`, if there are.
    id: Option<usize>,
    index: Option<usize>,
    /// The row being filled.
    row: usize,
    /// What says to which index the row belongs.
    index_parts: IndexParts,
    /// Misfits of the row, by path.
    row_misfits: Vec<PathId>,
    misfits: Misfits,
}

impl Columns {
    fn new(layout: Arc<Layout>) -> Self {
        Self {
            builders: ColumnBuilders::new(&layout),
            id: layout.column("_id"),
            index: layout.column("_index"),
            layout,
            row: 0,
            index_parts: IndexParts::default(),
            row_misfits: Vec::new(),
            misfits: Misfits::default(),
        }
    }

    fn begin(&mut self, row: usize) {
        self.row = row;
        self.row_misfits.clear();
        self.index_parts.begin();
    }

    /// Takes the fields of an event, normalised if it is raw. Says what it was.
    fn take_event(&mut self, event: &Envelope<'_>, normalizer: &mut Normalizer) -> Shape {
        let layout = self.layout.clone();
        let paths = layout.paths();
        let shape = match event.may_be_raw {
            true => normalizer.fields(event.source(), |path, value| self.value(paths, path, value)),
            false => Shape::Ecs,
        };
        if shape == Shape::Ecs {
            self.members(paths, paths.root(), event.source());
        }
        shape
    }

    /// Takes the fields of a flat event, if it can be walked.
    fn take_flat(&mut self, json: &[u8], normalizer: &mut Normalizer) -> Result<(), GiveUp> {
        let layout = self.layout.clone();
        normalizer.walk(json, |path, value| self.value(layout.paths(), path, value))
    }

    /// Takes the fields of an event that was walked.
    fn take_leaves(&mut self, event: Record<'_>) {
        let layout = self.layout.clone();
        for (path, leaf) in event.leaves() {
            match leaf {
                Leaf::Scalar(scalar) => self.scalar(layout.paths(), path, scalar),
                Leaf::Escaped(text) => self.escaped(layout.paths(), path, text),
                Leaf::Object => self.row_misfits.push(path),
            }
        }
    }

    /// Takes the members of an object.
    fn members<'j, N: JsonNode<'j>>(
        &mut self,
        paths: &PathTree,
        at: PathId,
        members: impl Iterator<Item = (&'j str, N)>,
    ) {
        for (key, value) in members {
            if let Some(path) = paths.descend(at, key) {
                self.value(paths, path, value);
            }
        }
    }

    /// Takes the value at a path.
    fn value<'j, N: JsonNode<'j>>(&mut self, paths: &PathTree, at: PathId, value: N) {
        let node = paths.node(at);
        match value.kind() {
            Kind::Scalar(scalar) => self.scalar(paths, at, scalar),
            Kind::Array(items) => items.for_each(|item| self.value(paths, at, item)),
            Kind::Object(members) => {
                match node.column.map(|column| (column, self.layout.fields()[column].field_type)) {
                    Some((_, FieldType::Flattened)) => {
                        scalars(value, true, &mut |scalar| self.scalar(paths, at, scalar));
                    }
                    Some((_, field_type)) if !node.is_object && field_type.data_type().is_some() => {
                        self.row_misfits.push(at);
                    }
                    _ => {}
                }
                if node.has_children() {
                    self.members(paths, at, members);
                }
            }
        }
    }

    /// Takes a scalar at a path.
    fn scalar(&mut self, paths: &PathTree, at: PathId, scalar: Scalar<'_>) {
        let node = paths.node(at);
        if let (Some(part), Scalar::Str(text)) = (node.index_part, scalar) {
            self.index_parts.set(part, text);
        }
        match node.column {
            Some(column) => {
                let field = &self.layout.fields()[column];
                if self.builders.add(column, self.row, field, scalar).is_err() {
                    self.row_misfits.push(at);
                }
            }
            // Where an object is expected, null is as good as none.
            None if node.is_object && scalar != Scalar::Null => self.row_misfits.push(at),
            None => {}
        }
    }

    /// Takes a string with escapes at a path.
    fn escaped(&mut self, paths: &PathTree, at: PathId, text: Escaped<'_>) {
        let node = paths.node(at);
        match node.column.filter(|_| node.index_part.is_none()) {
            Some(column) => {
                let field = &self.layout.fields()[column];
                if self.builders.add_escaped(column, self.row, field, text).is_err() {
                    self.row_misfits.push(at);
                }
            }
            None => self.scalar(paths, at, Scalar::Str(text.unescape(&mut String::new()))),
        }
    }

    /// Counts the misfits of the row.
    fn tell_misfits(&mut self, origin: impl Fn() -> Origin) {
        for path in self.row_misfits.drain(..) {
            self.misfits.add(&self.layout.paths().node(path).name, &origin);
        }
    }

    /// Gives a metadata field its value. The field may be of a type that does not take it.
    fn metadata(&mut self, column: usize, text: &str) {
        let field = &self.layout.fields()[column];
        let _ = self.builders.add(column, self.row, field, Scalar::Str(text));
    }
}
