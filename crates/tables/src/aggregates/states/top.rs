//! The first few in an order.

use std::collections::BinaryHeap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, ListArray, ListBuilder, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::row::{RowConverter, RowParser, SortField};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::EmitTo;

use super::Groups;
use crate::aggregates::input;
use crate::aggregates::udaf::{Make, Top};
use crate::types::item_type;

/// The first few rows of each group, as bytes whose order is that of the rows.
pub(in crate::aggregates) struct First {
    top: Top,
    converter: RowConverter,
    parser: RowParser,
    /// The last of them on top.
    heaps: Vec<BinaryHeap<Box<[u8]>>>,
    bytes: usize,
    output: DataType,
}

impl First {
    pub(super) fn new(top: Top, make: &Make) -> Result<Self> {
        let column =
            |data_type: &DataType| if top.of_rows { data_type.clone() } else { item_type(data_type).clone() };
        let columns: Vec<DataType> = make.inputs.iter().map(column).collect();
        let output = columns.get(top.output).ok_or_else(|| exec_datafusion_err!("no such argument"))?.clone();
        // Of rows that are equal in the first column the least values of the second count.
        let field = |(nth, data_type): (usize, DataType)| {
            let descending = top.descending && !(top.of_rows && nth > 0);
            SortField::new_with_options(data_type, SortOptions { descending, nulls_first: false })
        };
        let converter = RowConverter::new(columns.into_iter().enumerate().map(field).collect())?;
        let parser = converter.parser();
        Ok(Self { top, converter, parser, heaps: Vec::new(), bytes: 0, output })
    }

    /// Takes a row, unless there are enough before it.
    fn offer(&mut self, group: usize, row: &[u8]) {
        let Some(heap) = self.heaps.get_mut(group) else { return };
        if heap.len() < self.top.limit {
            heap.push(row.into());
            self.bytes += size_of::<Box<[u8]>>() + row.len();
        } else if let Some(mut last) = heap.peek_mut().filter(|last| row < &***last) {
            self.bytes = (self.bytes + row.len()).saturating_sub(last.len());
            *last = row.into();
        }
    }

    fn emit(&mut self, emit: EmitTo) -> Vec<Vec<Box<[u8]>>> {
        let given: Vec<_> =
            emit.take_needed(&mut self.heaps).into_iter().map(BinaryHeap::into_sorted_vec).collect();
        let bytes: usize = given.iter().flatten().map(|row| size_of::<Box<[u8]>>() + row.len()).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        given
    }
}

impl Groups for First {
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.heaps.resize_with(total, BinaryHeap::new);
        let rows = self.converter.convert_columns(values)?;
        for (row, &group) in rows.iter().zip(groups) {
            self.offer(group, row.as_ref());
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.heaps.resize_with(total, BinaryHeap::new);
        let input = input::items(states, groups, None)?;
        let rows = input.values.first().and_then(|column| column.as_binary_opt::<i32>());
        for (row, &group) in rows.into_iter().flatten().zip(&*input.groups) {
            self.offer(group, row.unwrap_or_default());
        }
        Ok(())
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let field = Field::new_list_field(DataType::Binary, true);
        let mut lists = ListBuilder::new(BinaryBuilder::new()).with_field(field);
        for rows in self.emit(emit) {
            for row in &rows {
                lists.values().append_value(row);
            }
            lists.append(!rows.is_empty());
        }
        Ok(vec![Arc::new(lists.finish())])
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let groups = self.emit(emit);
        let rows = groups.iter().flatten().map(|row| self.parser.parse(row));
        let columns = self.converter.convert_rows(rows)?;
        let values = match columns.into_iter().nth(self.top.output) {
            Some(values) => values,
            None => new_null_array(&self.output, 0),
        };
        let lengths = || groups.iter().map(Vec::len);
        if self.top.single {
            let mut next = 0;
            let places: UInt32Array = lengths()
                .map(|length| {
                    let place = next;
                    next += u32::from(length > 0);
                    (length > 0).then_some(place)
                })
                .collect();
            return Ok(take(&values, &places, None)?);
        }
        let nulls: NullBuffer = lengths().map(|length| length > 0).collect();
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths()), values, Some(nulls))?))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.heaps.capacity() * size_of::<BinaryHeap<Box<[u8]>>>() + self.bytes
    }
}
