//! Distinct values.

use std::mem;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::Groups;
use crate::aggregates::input;
use crate::aggregates::udaf::Make;
use crate::types::item_type;

/// `VALUES`, sorted, and `COUNT_DISTINCT`, exact: each distinct pair of group and value is kept once, as
/// DataFusion keeps the keys of a `GROUP BY`.
pub(in crate::aggregates) struct Distinct {
    pairs: Box<dyn GroupValues>,
    /// Which pair each value is, while they are taken.
    ids: Vec<usize>,
    total: usize,
    item: DataType,
    /// Whether the values come out, not their number.
    gives_values: bool,
}

impl Distinct {
    pub(super) fn new(make: &Make, gives_values: bool) -> Result<Self> {
        let item = make.inputs.first().map_or(DataType::Null, |input| item_type(input).clone());
        let schema = Schema::new(vec![
            Field::new("group", DataType::UInt32, false),
            Field::new("value", item.clone(), true),
        ]);
        let pairs = new_group_values(Arc::new(schema), &GroupOrdering::None)?;
        Ok(Self { pairs, ids: Vec::new(), total: 0, item, gives_values })
    }

    /// Takes out the pairs of groups, and how many groups they are.
    fn emit(&mut self, emit: EmitTo) -> Result<Pairs> {
        let columns = if self.pairs.is_empty() {
            vec![
                Arc::new(UInt32Array::from(Vec::<u32>::new())) as ArrayRef,
                datafusion::arrow::array::new_empty_array(&self.item),
            ]
        } else {
            self.pairs.emit(EmitTo::All)?
        };
        let all = Pairs::new(columns, mem::take(&mut self.total))?;
        let EmitTo::First(count) = emit else { return Ok(all) };
        let count = count.min(all.total);
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        let places = |is_given: bool| -> UInt32Array {
            let is_chosen = |&(_, group): &(u32, &u32)| (*group < limit) == is_given;
            (0..).zip(all.groups.values()).filter(is_chosen).map(|(place, _)| place).collect()
        };
        let (given, kept) =
            (all.take(&places(true), 0, count)?, all.take(&places(false), limit, all.total - count)?);
        self.total = kept.total;
        self.pairs.intern(&[Arc::new(kept.groups) as ArrayRef, kept.values], &mut self.ids)?;
        Ok(given)
    }
}

impl Groups for Distinct {
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.total = total;
        let Some(values) = values.first().filter(|_| !groups.is_empty()) else { return Ok(()) };
        let number =
            |group: &usize| u32::try_from(*group).map_err(|_| exec_datafusion_err!("too many groups"));
        let groups = groups.iter().map(number).collect::<Result<Vec<u32>>>()?;
        self.pairs.intern(&[Arc::new(UInt32Array::from(groups)) as ArrayRef, values.clone()], &mut self.ids)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        let input = input::items(states, groups, None)?;
        self.update(&input.values, &input.groups, total)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let pairs = self.emit(emit)?;
        Ok(vec![pairs.lists(&pairs.groups_order())?])
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let pairs = self.emit(emit)?;
        if self.gives_values { pairs.lists(&pairs.sorted_order()?) } else { Ok(Arc::new(pairs.counts())) }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.pairs.size() + self.ids.capacity() * size_of::<usize>()
    }
}

/// Groups and their values.
struct Pairs {
    groups: UInt32Array,
    values: ArrayRef,
    total: usize,
}

impl Pairs {
    fn new(columns: Vec<ArrayRef>, total: usize) -> Result<Self> {
        match columns.as_slice() {
            [groups, values] => {
                let groups = groups.as_primitive_opt::<UInt32Type>();
                let groups = groups.ok_or_else(|| exec_datafusion_err!("no groups"))?.clone();
                Ok(Self { groups, values: values.clone(), total })
            }
            _ => Err(exec_datafusion_err!("a pair has two parts")),
        }
    }

    /// Those at places, with groups numbered from one on.
    fn take(&self, places: &UInt32Array, from: u32, total: usize) -> Result<Self> {
        let groups = take(&self.groups, places, None)?;
        let groups = groups.as_primitive::<UInt32Type>().unary(|group| group - from);
        Ok(Self { groups, values: take(&self.values, places, None)?, total })
    }

    fn counts(&self) -> Int64Array {
        let mut counts = vec![0; self.total];
        for &group in self.groups.values() {
            if let Some(count) = counts.get_mut(group as usize) {
                *count += 1;
            }
        }
        Int64Array::from(counts)
    }

    /// The places by group.
    fn groups_order(&self) -> UInt32Array {
        let mut places: Vec<u32> = (0..).take(self.groups.len()).collect();
        let groups = self.groups.values();
        places.sort_by_key(|place| groups.get(*place as usize));
        UInt32Array::from(places)
    }

    /// The places by group, then by value.
    fn sorted_order(&self) -> Result<UInt32Array> {
        let fields = vec![SortField::new(DataType::UInt32), SortField::new(self.values.data_type().clone())];
        let columns = [Arc::new(self.groups.clone()) as ArrayRef, self.values.clone()];
        let rows = RowConverter::new(fields)?.convert_columns(&columns)?;
        let mut places: Vec<u32> = (0..).take(self.groups.len()).collect();
        places.sort_unstable_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
        Ok(UInt32Array::from(places))
    }

    /// A list a group, of values in an order in which those of a group are together. Without values null.
    fn lists(&self, order: &UInt32Array) -> Result<ArrayRef> {
        let counts = self.counts();
        let lengths = counts.values().iter().map(|count| usize::try_from(*count).unwrap_or(0));
        let nulls: NullBuffer = counts.values().iter().map(|count| *count > 0).collect();
        let values = take(&self.values, order, None)?;
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, Some(nulls))?))
    }
}
