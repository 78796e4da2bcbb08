//! From JSON records to columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{Field as ArrowField, FieldRef, Schema as ArrowSchema};
use rulehound_schema::{FieldType, Scalar, Value, coerce};

use crate::batch::RowSource;
use crate::column::{ColumnBuilder, item_field, no_items};
use crate::document::scalars;
use crate::index_name::index_name;
use crate::json::{DocumentMembers, JsonNode, JsonParser, Kind, to_document};
use crate::layout::{PathId, PathTree};
use crate::leaves::{Leaf, LeafScanner};
use crate::normalize::{Shape, normalize, shape};
use crate::record::{self, Block, Envelope, RecordError, RecordFormat, RecordSpan};
use crate::{EventBatch, Layout, Misfits, Origin};

/// Takes records, one JSON object each, and builds [`EventBatch`]es: parses, normalises what is raw, and
/// puts the values of the layout's fields into columns.
///
/// Keys may be nested or dotted, or both. A key that an object has twice counts as an array of both values,
/// where Elasticsearch refuses the document.
pub struct Shredder {
    parser: JsonParser,
    scanner: LeafScanner,
    /// Whether records are walked at all, and whether the next one is.
    pub(crate) may_walk: bool,
    pub(crate) walks: bool,
    columns: Columns,
    schema: Arc<ArrowSchema>,
    rows: Vec<RowSource>,
    indices: IndexNames,
    /// Bytes of the records taken.
    bytes: usize,
}

impl Shredder {
    /// A shredder for the fields of a layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        let columns = layout
            .fields()
            .iter()
            .map(|field| ArrowField::new_list(&*field.name, item_field(field.field_type), false));
        let schema = ArrowSchema::new(columns.collect::<Vec<_>>());
        Self {
            parser: JsonParser::default(),
            scanner: LeafScanner::default(),
            may_walk: true,
            walks: true,
            columns: Columns::new(layout),
            schema: Arc::new(schema),
            rows: Vec::new(),
            indices: IndexNames::default(),
            bytes: 0,
        }
    }

    /// The `_index` of records that do not say.
    pub fn with_index(mut self, index: Option<&str>) -> Self {
        self.indices.default = index.map(|name| self.indices.intern(name));
        self
    }

    /// Takes one record.
    ///
    /// # Errors
    /// If it is no event. The shredder is then as if it had never seen it.
    pub fn push(&mut self, json: &[u8], origin: Origin) -> Result<(), RecordError> {
        let record = RecordSpan { start: 0, end: json.len(), position: origin.position };
        let format = RecordFormat::Json;
        let block = Block { file: origin.file, bytes: json.to_vec(), records: vec![record], format };
        self.push_record(&Arc::new(block), 0).map(drop)
    }

    /// Takes one record of a block, which the batch then shares.
    pub(crate) fn push_record(&mut self, block: &Arc<Block>, record: usize) -> Result<Shape, RecordError> {
        let json = block.record(record);
        self.columns.begin(self.rows.len());
        let walked = if self.walks && block.format == RecordFormat::Json { self.walk(json) } else { None };
        let (id, index, shape) = match walked {
            Some((id, index)) => (id, index, Shape::Ecs),
            None => {
                let Self { parser, columns, .. } = self;
                let taken = record::open(parser, block.format, json, |event| {
                    let shape = columns.take_event(&event);
                    let Envelope { id, index, .. } = event;
                    (id.map(|id| Box::from(&*id)), index.map(|index| self.indices.intern(&index)), shape)
                })?;
                // Like comes after like: raw records are not walked in vain.
                self.walks = self.may_walk && taken.2 == Shape::Ecs;
                taken
            }
        };
        let index = index.or(self.indices.default).or_else(|| {
            let name = index_name(self.columns.index_parts.each_ref().map(String::as_str))?;
            Some(self.indices.intern(&name))
        });
        let row = RowSource { block: block.clone(), record, id, index };
        self.columns.finish_row(&row, row.index.map(|index| &*self.indices.names[index]));
        self.rows.push(row);
        self.bytes += json.len();
        Ok(shape)
    }

    /// Takes the fields of a record, if it is plain ECS. Gives its `_id` and `_index`.
    fn walk(&mut self, json: &[u8]) -> Option<(Option<Box<str>>, Option<usize>)> {
        let layout = self.columns.layout.clone();
        let record = self.scanner.scan(json, layout.paths()).ok()?;
        for (path, leaf) in record.leaves() {
            match leaf {
                Leaf::Scalar(scalar) => self.columns.scalar(layout.paths(), path, scalar),
                Leaf::Object => self.columns.row_misfits.push(path),
            }
        }
        let index = record.index().map(|index| self.indices.intern(index));
        Some((record.id().map(Box::from), index))
    }

    /// Number of events taken.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no event was taken.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Size of the records taken, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Values that did not fit the type of their field, in all batches so far.
    pub fn misfits(&self) -> &Misfits {
        &self.columns.misfits
    }

    /// The events taken so far.
    pub fn finish(&mut self) -> EventBatch {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let arrays = self.columns.finish(rows.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let columns = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .unwrap_or_else(|error| unreachable!("columns are built by the schema: {error}"));
        EventBatch { layout: self.columns.layout.clone(), columns, rows, indices: self.indices.names.clone() }
    }
}

/// Names of indices, each once.
#[derive(Debug, Default)]
struct IndexNames {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, usize>,
    /// Index of records that do not say.
    default: Option<usize>,
}

impl IndexNames {
    fn intern(&mut self, name: &str) -> usize {
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
    /// `None` until there is a value: of a thousand columns a batch fills few.
    builders: Vec<Option<ColumnBuilder>>,
    /// The item of each column, and the items of an empty one.
    items: Vec<(FieldRef, ArrayRef)>,
    /// The row being filled.
    row: usize,
    /// The values of [`crate::index_name::PARTS`] of the row.
    index_parts: [String; 5],
    /// Misfits of the row, by path.
    row_misfits: Vec<PathId>,
    misfits: Misfits,
}

impl Columns {
    fn new(layout: Arc<Layout>) -> Self {
        let builders = layout.fields().iter().map(|_| None).collect();
        let items =
            layout.fields().iter().map(|field| (item_field(field.field_type), no_items(field.field_type)));
        let items = items.collect();
        let (index_parts, row_misfits) = (Default::default(), Vec::new());
        Self { layout, builders, items, row: 0, index_parts, row_misfits, misfits: Misfits::default() }
    }

    fn begin(&mut self, row: usize) {
        self.row = row;
        self.row_misfits.clear();
        self.index_parts.iter_mut().for_each(String::clear);
    }

    /// Takes the fields of an event, normalised if it is raw. Gives what it was.
    fn take_event(&mut self, event: &Envelope<'_>) -> Shape {
        let layout = self.layout.clone();
        let paths = layout.paths();
        if event.may_be_raw {
            let document = to_document(event.source());
            let shape = shape(&document);
            let document = normalize(document);
            self.members(paths, paths.root(), DocumentMembers(document.iter()));
            shape
        } else {
            self.members(paths, paths.root(), event.source());
            Shape::Ecs
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
            text.clone_into(&mut self.index_parts[part]);
        }
        match node.column {
            Some(column) => match coerce(&self.layout.fields()[column], scalar) {
                Ok(Some(value)) => self.push(column, value),
                Ok(None) => {}
                Err(_) => self.row_misfits.push(at),
            },
            // Where an object is expected, null is as good as none.
            None if node.is_object && scalar != Scalar::Null => self.row_misfits.push(at),
            None => {}
        }
    }

    /// Completes the row with what is not in the document.
    fn finish_row(&mut self, row: &RowSource, index: Option<&str>) {
        for path in std::mem::take(&mut self.row_misfits) {
            let name = &self.layout.paths().node(path).name;
            self.misfits.add(name, || row.origin());
        }
        if self.layout.column("_id").is_some() {
            self.metadata("_id", &row.id());
        }
        if let Some(index) = index {
            self.metadata("_index", index);
        }
    }

    fn metadata(&mut self, name: &str, text: &str) {
        if let Some(column) = self.layout.column(name)
            && let Ok(Some(value)) = coerce(&self.layout.fields()[column], Scalar::Str(text))
        {
            self.push(column, value);
        }
    }

    fn push(&mut self, column: usize, value: Value<'_>) {
        let field_type = self.layout.fields()[column].field_type;
        self.builders[column].get_or_insert_with(|| ColumnBuilder::new(field_type)).push(self.row, value);
    }

    fn finish(&mut self, rows: usize) -> Vec<ArrayRef> {
        let no_offsets = OffsetBuffer::new_zeroed(rows);
        let columns = self.builders.iter_mut().zip(&self.items).map(|(builder, (item, no_items))| {
            Arc::new(match builder.take() {
                Some(builder) => builder.finish(rows, item),
                None => ListArray::new(item.clone(), no_offsets.clone(), no_items.clone(), None),
            }) as ArrayRef
        });
        columns.collect()
    }
}
