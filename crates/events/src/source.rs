//! Where the events of a batch came from.

use std::borrow::Cow;
use std::sync::Arc;

use crate::Origin;
use crate::record::{Block, RecordFormat};

/// For each row of a batch its record and what the record says of itself.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// Each block once, in the order of the rows.
    blocks: Vec<Arc<Block>>,
    rows: Vec<Row>,
    /// The ids that records came with, one after another.
    ids: String,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    block: usize,
    /// Number of the record in the block.
    record: usize,
    /// Where the `_id` that the record came with begins and ends among the ids.
    id: Option<(usize, usize)>,
    /// Its index, among those of the batch.
    index: Option<usize>,
}

/// To ask for a row that is not there is an error of the program, and panics.
impl Sources {
    pub(crate) fn push(&mut self, block: &Arc<Block>, record: usize, id: Option<&str>, index: Option<usize>) {
        if self.blocks.last().is_none_or(|last| !Arc::ptr_eq(last, block)) {
            self.blocks.push(block.clone());
        }
        let id = id.map(|id| {
            let start = self.ids.len();
            self.ids.push_str(id);
            (start, self.ids.len())
        });
        self.rows.push(Row { block: self.blocks.len() - 1, record, id, index });
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn block(&self, row: usize) -> &Block {
        &self.blocks[self.rows[row].block]
    }

    /// The bytes of the record, and how they are to be read.
    pub(crate) fn record(&self, row: usize) -> (RecordFormat, &[u8]) {
        let block = self.block(row);
        (block.format, block.record(self.rows[row].record))
    }

    /// The `_id` that the record came with.
    pub(crate) fn given_id(&self, row: usize) -> Option<&str> {
        let (start, end) = self.rows[row].id?;
        Some(&self.ids[start..end])
    }

    /// The `_id` that the record came with, else a hash of it.
    pub(crate) fn id(&self, row: usize) -> Cow<'_, str> {
        match self.given_id(row) {
            Some(id) => Cow::Borrowed(id),
            None => {
                let (format, record) = self.record(row);
                Cow::Owned(format.id(record))
            }
        }
    }

    /// The index of the record, among those of the batch.
    pub(crate) fn index(&self, row: usize) -> Option<usize> {
        self.rows[row].index
    }

    pub(crate) fn origin(&self, row: usize) -> Origin {
        let block = self.block(row);
        let position = block.records.get(self.rows[row].record).map_or(0, |span| span.position);
        Origin { file: block.file.clone(), position }
    }
}
