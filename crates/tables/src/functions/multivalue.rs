//! Functions of the several values of a row.
//!
//! After Elastic's "ES|QL multivalue functions". A row without a value gives null, if nothing else is said.
//! Values keep the order in which they stand in the row.

mod numbers;
mod sets;
mod strings;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, UInt32Array, make_comparator, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::Expr;

use super::{Call, Gives, Implementation, Takes, Typed};
use crate::types::item_type;

pub(super) const FUNCTIONS: &[Implementation] = &[
    several(Gives::List, "mv_append", sets::append),
    several(Gives::Value, "mv_avg", numbers::average),
    several(Gives::Value, "mv_concat", strings::concat),
    several(Gives::Value, "mv_contains", sets::contains),
    several(Gives::Value, "mv_count", count),
    several(Gives::AsArguments, "mv_dedupe", sets::dedupe).or_native(if_single),
    several(Gives::AsArguments, "mv_difference", sets::difference),
    several(Gives::Value, "mv_first", |call| pick(call, |range| range.clone().next())).or_native(if_single),
    several(Gives::AsArguments, "mv_intersection", sets::intersection),
    several(Gives::Value, "mv_intersects", sets::intersects),
    several(Gives::Value, "mv_last", |call| pick(call, |range| range.clone().next_back()))
        .or_native(if_single),
    MAX,
    several(Gives::Value, "mv_median", numbers::median),
    several(Gives::Value, "mv_median_absolute_deviation", numbers::median_absolute_deviation),
    MIN,
    several(Gives::Value, "mv_percentile", numbers::percentile),
    several(Gives::Value, "mv_pseries_weighted_sum", numbers::pseries_weighted_sum),
    several(Gives::AsArguments, "mv_slice", slice),
    several(Gives::AsArguments, "mv_sort", sort).or_native(if_single),
    several(Gives::Value, "mv_sum", numbers::sum),
    several(Gives::List, "mv_union", sets::union),
    several(Gives::List, "mv_zip", strings::zip),
];

/// The least value.
pub(crate) const MIN: Implementation =
    several(Gives::Value, "mv_min", |call| extreme(call, Ordering::Less)).or_native(if_single);

/// The greatest value.
pub(crate) const MAX: Implementation =
    several(Gives::Value, "mv_max", |call| extreme(call, Ordering::Greater)).or_native(if_single);

const fn several(
    gives: Gives,
    name: &'static str,
    compute: fn(&Call<'_>) -> Result<ArrayRef>,
) -> Implementation {
    Implementation { name, takes: Takes::Lists, gives, compute, native: None }
}

/// What does nothing to a single value.
fn if_single(args: &[Typed]) -> Option<Expr> {
    args.first().filter(|arg| !arg.is_list).map(|arg| arg.expr.clone())
}

/// The values of a column, row by row.
struct Values {
    items: ArrayRef,
    rows: Vec<Range<usize>>,
}

impl Values {
    fn of(call: &Call<'_>, place: usize) -> Result<Self> {
        let column = call.array(place)?;
        let nulls = column.logical_nulls();
        let is_valid = |row| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(row));
        if let Some(list) = column.as_list_opt::<i32>() {
            let row = |(row, ends): (usize, &[i32])| match ends {
                &[start, end] if is_valid(row) => start as usize..end as usize,
                _ => 0..0,
            };
            let rows = list.offsets().windows(2).enumerate().map(row).collect();
            return Ok(Self { items: list.values().clone(), rows });
        }
        let rows = (0..column.len()).map(|row| if is_valid(row) { row..row + 1 } else { 0..0 }).collect();
        Ok(Self { items: column, rows })
    }

    /// With items of a type, that of others: a column of nulls has none of its own.
    fn with_type(self, data_type: &DataType) -> Self {
        match self.items.data_type() {
            DataType::Null => Self { items: new_null_array(data_type, self.items.len()), ..self },
            _ => self,
        }
    }
}

impl Call<'_> {
    /// Of each row, items at places, as the type of the result has them.
    fn items_at(&self, items: &ArrayRef, rows: impl Iterator<Item = Vec<usize>>) -> Result<ArrayRef> {
        let place = |place: usize| u32::try_from(place).map_err(|_| exec_datafusion_err!("too many values"));
        if !matches!(self.returns, DataType::List(_)) {
            let places = rows.map(|row| row.first().copied().map(place).transpose());
            return Ok(take(items, &places.collect::<Result<UInt32Array>>()?, None)?);
        }
        let (mut lengths, mut places) = (Vec::new(), Vec::new());
        for row in rows {
            lengths.push(row.len());
            for item in row {
                places.push(place(item)?);
            }
        }
        let nulls: NullBuffer = lengths.iter().map(|length| *length > 0).collect();
        let items = take(items, &UInt32Array::from(places), None)?;
        let field = Arc::new(Field::new_list_field(item_type(self.returns).clone(), true));
        Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), items, Some(nulls))?))
    }
}

/// One item of each row.
fn pick(call: &Call<'_>, which: impl Fn(&Range<usize>) -> Option<usize>) -> Result<ArrayRef> {
    let values = Values::of(call, 0)?;
    call.items_at(&values.items, values.rows.iter().map(|row| which(row).into_iter().collect()))
}

/// `MvMin`, `MvMax`.
fn extreme(call: &Call<'_>, wanted: Ordering) -> Result<ArrayRef> {
    let items = Values::of(call, 0)?.items;
    let compare = make_comparator(&items, &items, SortOptions::default())?;
    pick(call, |row| row.clone().reduce(|best, item| if compare(item, best) == wanted { item } else { best }))
}

/// `MvCount`.
fn count(call: &Call<'_>) -> Result<ArrayRef> {
    let count = |row: &Range<usize>| i32::try_from(row.len()).ok().filter(|count| *count > 0);
    Ok(Arc::new(Values::of(call, 0)?.rows.iter().map(count).collect::<Int32Array>()))
}

/// `MvSlice`: from a place to a place, both counted from 0 or, below it, from the end; the end is the start
/// if it is left out.
fn slice(call: &Call<'_>) -> Result<ArrayRef> {
    let values = Values::of(call, 0)?;
    let start = single_integers(call, 1)?;
    let end = if call.args.len() > 2 { single_integers(call, 2)? } else { start.clone() };
    let mut faults =
        [("Start offset is greater than end offset", 0), ("Start and end offset have different signs", 0)];
    let rows: Vec<Vec<usize>> = values
        .rows
        .iter()
        .zip(start.into_iter().zip(end))
        .map(|(row, ends)| {
            let (Some(start), Some(end)) = ends else { return Vec::new() };
            if start > end || (start < 0 && end >= 0) {
                if let Some((_, count)) = faults.get_mut(usize::from(start <= end)) {
                    *count += 1;
                }
                return Vec::new();
            }
            let length = row.len() as i64;
            let place = |place: i64| if place < 0 { place + length } else { place };
            let (first, last) = (place(start).max(0), place(end).min(length - 1));
            (first..=last).filter_map(|place| Some(row.start + usize::try_from(place).ok()?)).collect()
        })
        .collect();
    for (reason, count) in faults {
        call.warn(reason, count);
    }
    call.items_at(&values.items, rows.into_iter())
}

/// The numbers of rows that have one.
fn single_integers(call: &Call<'_>, place: usize) -> Result<Vec<Option<i64>>> {
    let values = Values::of(call, place)?.with_type(&DataType::Int32);
    let numbers = values.items.as_primitive_opt::<Int32Type>();
    let numbers = numbers.ok_or_else(|| exec_datafusion_err!("`{}` takes an integer", call.name))?;
    let single = |row: &Range<usize>| (row.len() == 1).then(|| i64::from(numbers.value(row.start)));
    Ok(values.rows.iter().map(single).collect())
}

/// `MvSort`: `ASC`, if nothing else is said, or `DESC`.
fn sort(call: &Call<'_>) -> Result<ArrayRef> {
    let values = Values::of(call, 0)?;
    let order = call.constant(1).map(ScalarValue::to_string).unwrap_or_else(|| "asc".to_owned());
    let descending = match order.to_lowercase().as_str() {
        "asc" => false,
        "desc" => true,
        _ => return Err(exec_datafusion_err!("the order of `mv_sort` is `asc` or `desc`, not `{order}`")),
    };
    let options = SortOptions { descending, nulls_first: false };
    let compare = make_comparator(&values.items, &values.items, options)?;
    let sorted = values.rows.iter().map(|row| {
        let mut items: Vec<usize> = row.clone().collect();
        items.sort_by(|a, b| compare(*a, *b));
        items
    });
    call.items_at(&values.items, sorted)
}
