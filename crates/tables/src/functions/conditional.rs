//! Functions that choose between values. After "ES|QL conditional functions and expressions" and the classes
//! of the same names of Elasticsearch.
//!
//! - `CASE(condition, value, ..., else)`: the value of the first condition that is true, the last value if
//!   none is, null if there is none. A condition that is null or has several values is not true. Only what is
//!   needed is computed.
//! - `COALESCE(value, ...)`: the first value that is not null. Only what is needed is computed.
//! - `CLAMP(value, min, max)`, `CLAMP_MIN(value, min)`, `CLAMP_MAX(value, max)`: the value, or the bound that
//!   it is beyond; the upper bound wins. Null, with a warning, for several values.
//! - `GREATEST` and `LEAST`: of all values of all arguments; null if an argument is.
//!
//! `CASE` and `COALESCE` keep several values.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array, make_comparator, new_null_array};
use datafusion::arrow::compute::{SortOptions, interleave, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Case, ColumnarValue, Expr};
use rulehound_query::esql::Type;

use super::{Call, Gives, Implementation, Native, Takes, Typed};

pub(super) const FUNCTIONS: &[Implementation] = &[
    choice("case", |args| {
        let is_condition = |place: usize| place.is_multiple_of(2) && place + 1 < args.len();
        let (conditions, values): (Vec<_>, Vec<_>) =
            args.iter().cloned().enumerate().partition(|(place, _)| is_condition(*place));
        let is_list = args.iter().any(|arg| arg.is_list);
        let mut values = alike(values.into_iter().map(|(_, value)| value).collect(), is_list).into_iter();
        let conditions =
            conditions.into_iter().map(|(_, arg)| arg.of_type(Type::Boolean).single("case").expr);
        let when_then_expr = conditions.zip(values.by_ref()).map(|(when, then)| (when.into(), then.into()));
        let when_then_expr = when_then_expr.collect();
        Some(Expr::Case(Case { expr: None, when_then_expr, else_expr: values.next().map(Box::new) }))
    }),
    choice("coalesce", |args| {
        let is_list = args.iter().any(|arg| arg.is_list);
        let mut values = alike(args.to_vec(), is_list);
        let last = values.pop()?;
        if values.is_empty() {
            return Some(last);
        }
        let when_then_expr =
            values.into_iter().map(|value| (value.clone().is_not_null().into(), value.into())).collect();
        Some(Expr::Case(Case { expr: None, when_then_expr, else_expr: Some(last.into()) }))
    }),
    Implementation::of_values("clamp", |call| {
        let (field, bounds) = call.args.split_at(call.args.len().min(1));
        let (min, max) = bounds.split_at(bounds.len().min(1));
        let above = best(&Call { args: &[field, min].concat(), ..*call }, Ordering::Greater)?;
        let above = ColumnarValue::Array(above);
        best(&Call { args: &[&[above], max].concat(), ..*call }, Ordering::Less)
    }),
    Implementation::of_values("clamp_max", |call| best(call, Ordering::Less)),
    Implementation::of_values("clamp_min", |call| best(call, Ordering::Greater)),
    extreme("greatest", |call| best(call, Ordering::Greater)),
    extreme("least", |call| best(call, Ordering::Less)),
];

const fn choice(name: &'static str, native: Native) -> Implementation {
    Implementation {
        name,
        takes: Takes::Lists,
        gives: Gives::AsArguments,
        compute: |call| internal_err!("`{}` is left to DataFusion", call.name),
        native: Some(native),
    }
}

const fn extreme(name: &'static str, compute: fn(&Call<'_>) -> Result<ArrayRef>) -> Implementation {
    Implementation { name, takes: Takes::Lists, gives: Gives::Value, compute, native: None }
}

/// Values of one type, all lists or none.
fn alike(values: Vec<Typed>, is_list: bool) -> Vec<Expr> {
    let ty = values.iter().map(|value| value.ty).find(|ty| *ty != Type::Null).unwrap_or(Type::Null);
    let alike = values.into_iter().map(|value| {
        let value = value.of_type(ty);
        if is_list { value.list() } else { value }
    });
    alike.map(|value| value.expr).collect()
}

/// The greatest or least value of each row.
fn best(call: &Call<'_>, wanted: Ordering) -> Result<ArrayRef> {
    let arrays = (0..call.args.len()).map(|place| call.array(place)).collect::<Result<Vec<_>>>()?;
    if arrays.iter().any(|array| *array.data_type() == DataType::Null) {
        return Ok(new_null_array(call.returns, call.rows));
    }
    let mut arrays = arrays.iter().map(|array| best_of_list(array, wanted));
    let Some(first) = arrays.next() else { return internal_err!("`{}` has no argument", call.name) };
    arrays.try_fold(first?, |best, other| {
        let other = other?;
        let comparator = make_comparator(&best, &other, SortOptions::default())?;
        let chosen: Vec<(usize, usize)> = (0..best.len())
            .map(|row| {
                let is_other =
                    best.is_valid(row) && (other.is_null(row) || comparator(row, row) == wanted.reverse());
                (usize::from(is_other), row)
            })
            .collect();
        Ok(interleave(&[&best, &other], &chosen)?)
    })
}

fn best_of_list(array: &ArrayRef, wanted: Ordering) -> Result<ArrayRef> {
    let Some(list) = array.as_list_opt::<i32>() else { return Ok(array.clone()) };
    let comparator = make_comparator(list.values(), list.values(), SortOptions::default())?;
    let better = |best: usize, item: usize| if comparator(item, best) == wanted { item } else { best };
    let places: UInt32Array = list
        .offsets()
        .windows(2)
        .enumerate()
        .map(|(row, ends)| {
            let &[start, end] = ends else { return None };
            let items = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
            let best = items.reduce(better).filter(|_| list.is_valid(row))?;
            u32::try_from(best).ok()
        })
        .collect();
    Ok(take(list.values(), &places, None)?)
}

#[cfg(test)]
mod tests;
