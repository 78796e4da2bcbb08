//! What is done with rows before, and with aggregates after they are gathered.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, lit};

use crate::functions::{Gives, Implementation, Takes, Typed, internal, multivalue};
use crate::types::arrow_type;

/// A sum as a `long`. Elasticsearch's `SumLongAggregator` gives null and warns if it does not fit.
pub(super) fn long(sum: Expr) -> Expr {
    internal(&LONG, DataType::Int64, vec![sum])
}

/// A sum by a count or by another sum, in the name of an aggregate.
pub(super) fn quotient(function: &'static str, sum: Expr, by: Expr) -> Expr {
    internal(&QUOTIENT, DataType::Float64, vec![sum, by, lit(function)])
}

/// The least or the greatest value of each row.
pub(super) fn extreme_of_row(value: Typed, greatest: bool) -> Typed {
    if !value.is_list {
        return value;
    }
    let function = if greatest { &multivalue::MAX } else { &multivalue::MIN };
    let expr = internal(function, arrow_type(value.ty), vec![value.expr]);
    Typed { expr, is_list: false, ..value }
}

static LONG: Implementation = Implementation {
    name: "sum",
    takes: Takes::Values,
    gives: Gives::Value,
    compute: |call| {
        let sum = call.array(0)?;
        let Some(sum) = sum.as_primitive_opt::<Decimal128Type>() else { return Ok(sum) };
        let mut overflows = 0;
        let long: Int64Array = sum
            .iter()
            .map(|sum| {
                let long = i64::try_from(sum?).ok();
                overflows += usize::from(long.is_none());
                long
            })
            .collect();
        call.warn("long overflow", overflows);
        Ok(Arc::new(long))
    },
    native: None,
};

static QUOTIENT: Implementation = Implementation {
    name: "quotient",
    takes: Takes::Values,
    gives: Gives::Value,
    compute: |call| {
        let (sum, by) = (doubles(&call.array(0)?)?, doubles(&call.array(1)?)?);
        let (sum, by) = (sum.as_primitive::<Float64Type>(), by.as_primitive::<Float64Type>());
        let mut undefined = 0;
        let quotients: Float64Array = sum
            .iter()
            .zip(by)
            .map(|(sum, by)| {
                let quotient = Some(sum? / by?).filter(|quotient| quotient.is_finite());
                undefined += usize::from(quotient.is_none());
                quotient
            })
            .collect();
        if let Some(ScalarValue::Utf8(Some(function))) = call.constant(2) {
            call.warnings.add(function, "/ by zero", undefined as u64);
        }
        Ok(Arc::new(quotients))
    },
    native: None,
};

/// Decimals and counts as doubles. The nearest ones: a cast of a decimal divides as a double, here by one.
fn doubles(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(cast(array, &DataType::Float64)?)
}
