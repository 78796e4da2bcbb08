//! What DataFusion makes of single values.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{Field, FieldRef, Schema};
use datafusion::common::Result;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator};

use super::Groups;
use crate::aggregates::udaf::Make;
use crate::types::item_type;

/// The groups of an aggregate of DataFusion.
pub(in crate::aggregates) struct Native(Box<dyn GroupsAccumulator>);

impl Native {
    pub(super) fn new(native: &Arc<AggregateUDF>, make: &Make) -> Result<Self> {
        let field = |data_type| Arc::new(Field::new("item", data_type, true));
        let items: Vec<FieldRef> =
            make.inputs.iter().map(|input| field(item_type(input).clone()) as FieldRef).collect();
        let args = AccumulatorArgs {
            return_field: field(make.returns.clone()),
            schema: &Schema::empty(),
            ignore_nulls: false,
            order_bys: &[],
            is_reversed: false,
            name: native.name(),
            is_distinct: false,
            exprs: &[],
            expr_fields: &items,
        };
        native.create_groups_accumulator(args).map(Self)
    }
}

impl Groups for Native {
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        // Without a filter DataFusion takes it that each group has a value.
        let all = BooleanArray::from(vec![true; groups.len()]);
        self.0.update_batch(values, groups, Some(&all), total)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.0.merge_batch(states, groups, total)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.0.state(emit)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        self.0.evaluate(emit)
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}
