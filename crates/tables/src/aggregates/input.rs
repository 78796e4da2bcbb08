//! What an aggregate sees of rows.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::take;
use datafusion::common::{Result, exec_datafusion_err};

/// Values, and of which group each is.
pub(super) struct Input<'a> {
    /// As long as each other.
    pub(super) values: Vec<ArrayRef>,
    /// A group a value.
    pub(super) groups: Cow<'a, [usize]>,
}

/// The rows that pass a filter.
pub(super) fn rows<'a>(
    values: &[ArrayRef],
    groups: &'a [usize],
    filter: Option<&BooleanArray>,
) -> Result<Input<'a>> {
    match filter {
        None => Ok(Input { values: values.to_vec(), groups: Cow::Borrowed(groups) }),
        Some(filter) => {
            select(values, groups, |row| filter.is_valid(row) && filter.value(row), |_, row| row..row + 1)
        }
    }
}

/// The single values of the rows that pass a filter, without nulls; of several columns each combination of a
/// row.
pub(super) fn items<'a>(
    values: &[ArrayRef],
    groups: &'a [usize],
    filter: Option<&BooleanArray>,
) -> Result<Input<'a>> {
    let nulls: Vec<Option<NullBuffer>> = values.iter().map(Array::logical_nulls).collect();
    let has_nulls = nulls.iter().flatten().any(|nulls| nulls.null_count() > 0);
    let lists: Vec<_> = values.iter().map(|column| column.as_list_opt::<i32>()).collect();
    if filter.is_none() && !has_nulls && lists.iter().all(Option::is_none) {
        return Ok(Input { values: values.to_vec(), groups: Cow::Borrowed(groups) });
    }
    let counts = |row: usize| {
        filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
            && nulls.iter().flatten().all(|nulls| nulls.is_valid(row))
    };
    let places = |column: usize, row: usize| match lists.get(column).copied().flatten() {
        None => row..row + 1,
        Some(list) => match list.value_offsets().get(row..row + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        },
    };
    let parts: Vec<ArrayRef> = values
        .iter()
        .zip(&lists)
        .map(|(column, list)| list.map_or_else(|| column.clone(), |list| list.values().clone()))
        .collect();
    select(&parts, groups, counts, places)
}

/// Of the rows that count, the values at the places that a column has for the row.
fn select<'a>(
    values: &[ArrayRef],
    groups: &'a [usize],
    counts: impl Fn(usize) -> bool,
    places: impl Fn(usize, usize) -> Range<usize>,
) -> Result<Input<'a>> {
    let mut chosen: Vec<Vec<u32>> = vec![Vec::with_capacity(groups.len()); values.len()];
    let mut chosen_groups = Vec::with_capacity(groups.len());
    for (row, &group) in groups.iter().enumerate().filter(|(row, _)| counts(*row)) {
        let ranges: Vec<Range<usize>> = (0..values.len()).map(|column| places(column, row)).collect();
        let total: usize = ranges.iter().map(Range::len).product();
        chosen_groups.extend(iter::repeat_n(group, total));
        let mut repeat = total;
        for (places, range) in chosen.iter_mut().zip(&ranges) {
            repeat /= range.len().max(1);
            for nth in 0..total {
                let place = range.start + nth / repeat.max(1) % range.len();
                places.push(u32::try_from(place).map_err(|_| exec_datafusion_err!("too many values"))?);
            }
        }
    }
    let values = values
        .iter()
        .zip(chosen)
        .map(|(column, places)| Ok(take(column, &UInt32Array::from(places), None)?))
        .collect::<Result<_>>()?;
    Ok(Input { values, groups: Cow::Owned(chosen_groups) })
}
