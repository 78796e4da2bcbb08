//! `SAMPLE`: about a part of the rows, chosen by chance.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Whether a row is chosen, with this probability.
pub(crate) fn sample(probability: f64) -> Expr {
    let chosen = Chosen { signature: Signature::any(1, Volatility::Volatile) };
    ScalarUDF::new_from_impl(chosen).call(vec![Expr::Literal(ScalarValue::Float64(Some(probability)), None)])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Chosen {
    signature: Signature,
}

impl ScalarUDFImpl for Chosen {
    fn name(&self) -> &str {
        "sample"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _args: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let part = match args.args.first() {
            Some(ColumnarValue::Scalar(ScalarValue::Float64(Some(part)))) => *part,
            _ => 1.0,
        };
        // Hashes with keys of chance are numbers of chance.
        let chance = RandomState::new();
        let chosen = |row: usize| (chance.hash_one(row) as f64) < part * (u64::MAX as f64);
        let rows: BooleanArray = (0..args.number_rows).map(|row| Some(chosen(row))).collect();
        Ok(ColumnarValue::Array(Arc::new(rows)))
    }
}
