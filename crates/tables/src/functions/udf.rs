//! From an implementation to DataFusion's function.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array, new_null_array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{filter, is_not_null, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{Call, Gives, Implementation, Takes};
use crate::warnings::{EsqlOptions, Warnings};

/// A call of a function that gives a type.
pub(super) fn call(implementation: &'static Implementation, returns: DataType, args: Vec<Expr>) -> Expr {
    let udf =
        EsqlFunction { implementation, returns, signature: Signature::variadic_any(Volatility::Immutable) };
    ScalarUDF::new_from_impl(udf).call(args)
}

/// The values of those rows that have one; `function` is told where there are more.
pub(super) fn single(function: &'static str, item: DataType, list: Expr) -> Expr {
    let function = Expr::Literal(ScalarValue::from(function), None);
    call(&SINGLE, item, vec![list, function])
}

/// Several values in place of one: null, with a warning.
static SINGLE: Implementation = Implementation {
    name: "single",
    takes: Takes::Lists,
    gives: Gives::Value,
    compute: |call| {
        let list = call.array(0)?;
        let Some(list) = list.as_list_opt::<i32>() else { return Ok(list) };
        let (values, several) = single_values(list)?;
        if let Some(ScalarValue::Utf8(Some(function))) = call.constant(1) {
            call.warnings.add(function, "single-value function encountered multi-value", several);
        }
        Ok(values)
    },
    native: None,
};

/// A list of each value.
pub(super) fn list(list: DataType, value: Expr) -> Expr {
    call(&LIST, list, vec![value])
}

static LIST: Implementation = Implementation {
    name: "list",
    takes: Takes::Values,
    gives: Gives::List,
    compute: |call| {
        let values = call.array(0)?;
        let lengths = (0..values.len()).map(|row| usize::from(values.is_valid(row)));
        let offsets = OffsetBuffer::from_lengths(lengths);
        let nulls = values.logical_nulls();
        let items = match &nulls {
            Some(_) => filter(&values, &is_not_null(&values)?)?,
            None => values,
        };
        let DataType::List(field) = call.returns else { return Ok(items) };
        Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, nulls)?))
    },
    native: None,
};

/// The value of each row that has one, and the number of rows that have more.
fn single_values(list: &ListArray) -> Result<(ArrayRef, u64)> {
    let offsets = list.offsets();
    let mut several = 0;
    let places: UInt32Array = offsets
        .windows(2)
        .enumerate()
        .map(|(row, ends)| {
            let &[start, end] = ends else { return None };
            if list.is_null(row) || end == start {
                return None;
            }
            several += u64::from(end - start > 1);
            u32::try_from(start).ok().filter(|_| end - start == 1)
        })
        .collect();
    Ok((take(list.values(), &places, None)?, several))
}

#[derive(Debug)]
struct EsqlFunction {
    implementation: &'static Implementation,
    returns: DataType,
    signature: Signature,
}

impl PartialEq for EsqlFunction {
    fn eq(&self, other: &Self) -> bool {
        self.implementation.name == other.implementation.name && self.returns == other.returns
    }
}

impl Eq for EsqlFunction {}

impl Hash for EsqlFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.implementation.name.hash(state);
        self.returns.hash(state);
    }
}

impl ScalarUDFImpl for EsqlFunction {
    fn name(&self) -> &str {
        self.implementation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _args: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let silent = Warnings::default();
        let options = args.config_options.extensions.get::<EsqlOptions>();
        let warnings = options.map_or(&silent, |options| &*options.warnings);
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let call =
            Call { name: self.implementation.name, args: &args.args, rows, returns: &self.returns, warnings };
        let result = (self.implementation.compute)(&call)?;
        let result = if *result.data_type() == DataType::Null && self.returns != DataType::Null {
            new_null_array(&self.returns, rows)
        } else {
            result
        };
        Ok(match is_constant {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::Int64Array;
    use datafusion::arrow::datatypes::Int64Type;

    #[test]
    fn only_rows_with_one_value_have_it() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1)]),
            None,
            Some(vec![Some(2), Some(3)]),
            Some(vec![Some(4)]),
        ]);
        let (values, several) = single_values(&list).unwrap();
        assert_eq!(*values.as_primitive::<Int64Type>(), Int64Array::from(vec![Some(1), None, None, Some(4)]));
        assert_eq!(several, 1);
    }
}
