//! Values that are the same.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::Result;

use super::Values;
use crate::functions::Call;

/// One or two columns whose items can be compared.
struct Sets {
    items: ArrayRef,
    keys: Rows,
    left: Vec<Range<usize>>,
    right: Vec<Range<usize>>,
}

impl Sets {
    fn of(call: &Call<'_>) -> Result<Self> {
        let left = Values::of(call, 0)?;
        let (items, right) = match call.args.len() {
            1 => (left.items, Vec::new()),
            _ => {
                let right = Values::of(call, 1)?;
                let own = |values: &Values| {
                    Some(values.items.data_type().clone()).filter(|ty| *ty != DataType::Null)
                };
                let item = own(&left).or(own(&right)).unwrap_or(DataType::Null);
                let (left, right) = (left.with_type(&item), right.with_type(&item));
                let shift = left.items.len();
                let items = concat(&[&left.items, &right.items])?;
                let right = right.rows.into_iter().map(|row| row.start + shift..row.end + shift).collect();
                return Self::new(items, left.rows, right);
            }
        };
        Self::new(items, left.rows, right)
    }

    fn new(items: ArrayRef, left: Vec<Range<usize>>, right: Vec<Range<usize>>) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(items.data_type().clone())])?;
        let keys = converter.convert_columns(std::slice::from_ref(&items))?;
        Ok(Self { items, keys, left, right })
    }

    fn set(&self, row: &Range<usize>) -> HashSet<Row<'_>> {
        row.clone().map(|item| self.keys.row(item)).collect()
    }

    /// Items that come first with their value.
    fn distinct(&self, items: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut seen = HashSet::new();
        items.filter(|item| seen.insert(self.keys.row(*item))).collect()
    }

    fn each<T>(&self, f: impl Fn(&Range<usize>, &Range<usize>) -> T) -> impl Iterator<Item = T> {
        self.left.iter().zip(&self.right).map(move |(left, right)| f(left, right))
    }
}

/// `MvDedupe`: each value once.
pub(super) fn dedupe(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    call.items_at(&sets.items, sets.left.iter().map(|row| sets.distinct(row.clone())))
}

/// `MvAppend`: the values of both; null if there are none in one.
pub(super) fn append(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let rows = sets.each(|left, right| match left.is_empty() || right.is_empty() {
        true => Vec::new(),
        false => left.clone().chain(right.clone()).collect(),
    });
    call.items_at(&sets.items, rows)
}

/// `MvContains`: whether the second's values are all among the first's. No values are an empty set.
pub(super) fn contains(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let contains = sets.each(|left, right| Some(sets.set(right).is_subset(&sets.set(left))));
    Ok(Arc::new(contains.collect::<BooleanArray>()))
}

/// `MvIntersects`: whether they have a value in common. No values are an empty set.
pub(super) fn intersects(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let intersects = sets.each(|left, right| Some(!sets.set(right).is_disjoint(&sets.set(left))));
    Ok(Arc::new(intersects.collect::<BooleanArray>()))
}

/// `MvIntersection`: the values that both have, each once, in the order of the first.
pub(super) fn intersection(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let rows = sets.each(|left, right| {
        let others = sets.set(right);
        sets.distinct(left.clone().filter(|item| others.contains(&sets.keys.row(*item))))
    });
    call.items_at(&sets.items, rows)
}

/// `MvUnion`: the values of either, each once. No values are an empty set.
pub(super) fn union(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let rows = sets.each(|left, right| sets.distinct(left.clone().chain(right.clone())));
    call.items_at(&sets.items, rows)
}

/// `MvDifference`: the values of the first that the second does not have, each once.
pub(super) fn difference(call: &Call<'_>) -> Result<ArrayRef> {
    let sets = Sets::of(call)?;
    let rows = sets.each(|left, right| {
        let others = sets.set(right);
        sets.distinct(left.clone().filter(|item| !others.contains(&sets.keys.row(*item))))
    });
    call.items_at(&sets.items, rows)
}
