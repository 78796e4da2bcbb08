//! Logic of three values, comparisons, and questions for null.
//!
//! Null compares with nothing: the result is null. Strings, addresses and versions are ordered by their
//! bytes, `false` comes before `true`. Several values in a row are null, with a warning, but `IS NULL` knows
//! that they are there. After `BinaryLogic`, `EsqlBinaryComparison`, `In`, `IsNull` of Elasticsearch.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, make_comparator, new_null_array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::Expr;
use datafusion::prelude::{and, in_list, not, or};
use rulehound_query::esql::Type;

use super::rows::map2;
use super::{Call, Gives, Implementation, Native, Takes, Typed};

pub(super) const FUNCTIONS: &[Implementation] = &[
    native("or", |args| booleans(args, or)),
    native("and", |args| booleans(args, and)),
    native("not", |args| Some(not(boolean(args.first()?)))),
    Implementation::of_values("equals", |call| compare(call, Ordering::is_eq))
        .or_native(|args| compared(args, Expr::eq)),
    Implementation::of_values("not_equals", |call| compare(call, Ordering::is_ne))
        .or_native(|args| compared(args, Expr::not_eq)),
    Implementation::of_values("less_than", |call| compare(call, Ordering::is_lt))
        .or_native(|args| compared(args, Expr::lt)),
    Implementation::of_values("less_than_or_equal", |call| compare(call, Ordering::is_le))
        .or_native(|args| compared(args, Expr::lt_eq)),
    Implementation::of_values("greater_than", |call| compare(call, Ordering::is_gt))
        .or_native(|args| compared(args, Expr::gt)),
    Implementation::of_values("greater_than_or_equal", |call| compare(call, Ordering::is_ge))
        .or_native(|args| compared(args, Expr::gt_eq)),
    Implementation::of_values("in", is_in).or_native(|args| {
        let (value, list) = args.split_first().filter(|(value, _)| is_comparable(value.ty))?;
        Some(in_list(value.expr.clone(), list.iter().map(|item| typed(item, value.ty)).collect(), false))
    }),
    Implementation {
        takes: Takes::Lists,
        ..native("is_null", |args| Some(args.first()?.expr.clone().is_null()))
    },
    Implementation {
        takes: Takes::Lists,
        ..native("is_not_null", |args| Some(args.first()?.expr.clone().is_not_null()))
    },
];

/// What DataFusion always does itself.
const fn native(name: &'static str, native: Native) -> Implementation {
    Implementation {
        name,
        takes: Takes::Values,
        gives: Gives::Value,
        compute: |call| internal_err!("`{}` is left to DataFusion", call.name),
        native: Some(native),
    }
}

fn boolean(arg: &Typed) -> Expr {
    typed(arg, Type::Boolean)
}

fn typed(arg: &Typed, ty: Type) -> Expr {
    arg.clone().of_type(ty).expr
}

fn booleans(args: &[Typed], operator: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    let [left, right] = args else { return None };
    Some(operator(boolean(left), boolean(right)))
}

fn compared(args: &[Typed], operator: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    let [left, right] = args else { return None };
    is_comparable(left.ty).then(|| operator(left.expr.clone(), typed(right, left.ty)))
}

/// Whether Arrow's order is Elasticsearch's. Arrow tells `-0.0` from `0.0`, and does not compare points.
fn is_comparable(ty: Type) -> bool {
    !matches!(
        ty,
        Type::Null | Type::Double | Type::GeoPoint | Type::CartesianPoint | Type::Unsupported | Type::Source
    )
}

fn compare(call: &Call<'_>, wanted: fn(Ordering) -> bool) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    if *left.data_type() == DataType::Null || *right.data_type() == DataType::Null {
        return Ok(new_null_array(call.returns, left.len()));
    }
    if *left.data_type() == DataType::Float64 {
        let (left, right) = (call.primitives::<Float64Type>(0)?, call.primitives::<Float64Type>(1)?);
        // There is no NaN.
        let compared = |a: f64, b: f64| Ok(Some(a.partial_cmp(&b).is_some_and(wanted)));
        return call.booleans_of(map2(&left, &right, compared));
    }
    let comparator = make_comparator(&left, &right, SortOptions::default())?;
    call.booleans_of((0..left.len()).map(|row| {
        let is_there = left.is_valid(row) && right.is_valid(row);
        Ok(is_there.then(|| wanted(comparator(row, row))))
    }))
}

/// True if any item equals; else null if any is null.
fn is_in(call: &Call<'_>) -> Result<ArrayRef> {
    let Some((value, items)) = call.args.split_first() else {
        return internal_err!("`{}` has no argument", call.name);
    };
    let mut found = vec![Some(false); call.rows];
    for item in items {
        let pair = [value.clone(), item.clone()];
        let equal = compare(&Call { args: &pair, ..*call }, Ordering::is_eq)?;
        for (found, equal) in found.iter_mut().zip(equal.as_boolean()) {
            *found = match (*found, equal) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (None, _) | (_, None) => None,
                _ => Some(false),
            };
        }
    }
    call.booleans_of(found.into_iter().map(Ok))
}

#[cfg(test)]
mod tests;
