//! The states of groups.

mod distinct;
mod native;
mod numbers;
mod top;
mod totals;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::EmitTo;

use super::udaf::{Kind, Make};
use crate::types::{item_type, list_of};

/// What is known of each group. Groups are numbered from 0; when some are given out the others move up.
pub(super) trait Groups: Send {
    /// Takes values, of the group at the same place of `groups`; there are `total` groups by now.
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()>;

    /// Takes what [`Self::state`] of another gave.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()>;

    /// Gives groups out, each a row, to be merged elsewhere. The columns have the types of [`state_types`].
    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>>;

    /// Gives groups out, each a value.
    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef>;

    /// Bytes of memory.
    fn size(&self) -> usize;
}

/// No groups yet.
pub(super) fn new(make: &Make) -> Result<Box<dyn Groups>> {
    Ok(match &make.kind {
        Kind::Native(native) => Box::new(native::Native::new(native, make)?),
        Kind::Sum => Box::new(totals::Totals::<totals::Sum>::default()),
        Kind::Variance => Box::new(totals::Totals::<totals::Spread<false>>::default()),
        Kind::StandardDeviation => Box::new(totals::Totals::<totals::Spread<true>>::default()),
        Kind::Centroid => Box::new(totals::Totals::<totals::Centroid>::new(make.returns.clone())),
        Kind::Values => Box::new(distinct::Distinct::new(make, true)?),
        Kind::CountDistinct => Box::new(distinct::Distinct::new(make, false)?),
        Kind::Percentile(bits) => {
            Box::new(numbers::Numbers::new(numbers::Question::Percentile(f64::from_bits(*bits))))
        }
        Kind::MedianAbsoluteDeviation => {
            Box::new(numbers::Numbers::new(numbers::Question::MedianAbsoluteDeviation))
        }
        Kind::Top(top) => Box::new(top::First::new(*top, make)?),
    })
}

/// The types of the columns of a state, by the types of the arguments. DataFusion's own have others.
pub(super) fn state_types(kind: &Kind, inputs: &[&DataType]) -> Vec<DataType> {
    match kind {
        Kind::Native(_) => Vec::new(),
        Kind::Sum => totals::state_types::<totals::Sum>(),
        Kind::Variance | Kind::StandardDeviation => totals::state_types::<totals::Spread<false>>(),
        Kind::Centroid => totals::state_types::<totals::Centroid>(),
        Kind::Values | Kind::CountDistinct => {
            inputs.first().map(|input| list_of(item_type(input).clone())).into_iter().collect()
        }
        Kind::Percentile(_) | Kind::MedianAbsoluteDeviation => vec![list_of(DataType::Float64)],
        Kind::Top(_) => vec![list_of(DataType::Binary)],
    }
}
