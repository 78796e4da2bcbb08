//! From a state of groups to DataFusion's aggregate.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::input::{self, Input};
use super::states::{self, Groups};
use crate::types::item_type;

/// What is gathered of the rows of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// What DataFusion's aggregate makes of the single values of lists.
    Native(Arc<AggregateUDF>),
    /// The sum of doubles.
    Sum,
    /// The mean of their squared distances from their mean.
    Variance,
    /// Its root.
    StandardDeviation,
    /// The mean of points.
    Centroid,
    /// The distinct values, in order.
    Values,
    /// How many there are.
    CountDistinct,
    /// The value below which so many of a hundred are, as the bits of a double.
    Percentile(u64),
    /// The median distance from the median.
    MedianAbsoluteDeviation,
    /// The first few in an order.
    Top(Top),
}

/// The first few in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Top {
    /// How many.
    pub(super) limit: usize,
    /// Greatest first.
    pub(super) descending: bool,
    /// Which argument comes out. The first puts in order, the second after it.
    pub(super) output: usize,
    /// Whether whole rows are put in order, null last, not their values.
    pub(super) of_rows: bool,
    /// Whether a value comes out, not a list.
    pub(super) single: bool,
}

/// An aggregate that gives a type.
pub(super) fn aggregate(kind: Kind, returns: DataType) -> Arc<AggregateUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(EsqlAggregate { kind, returns, signature }))
}

#[derive(Debug, PartialEq, Eq)]
struct EsqlAggregate {
    kind: Kind,
    returns: DataType,
    signature: Signature,
}

impl Hash for EsqlAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.returns.hash(state);
    }
}

impl EsqlAggregate {
    fn groups(&self, args: &AccumulatorArgs<'_>) -> Result<GroupStates> {
        let inputs: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        let (kind, returns) = (self.kind.clone(), self.returns.clone());
        GroupStates::new(Arc::new(Make { kind, inputs, returns }))
    }
}

impl AggregateUDFImpl for EsqlAggregate {
    fn name(&self) -> &str {
        match &self.kind {
            Kind::Native(native) => native.name(),
            Kind::Sum => "sum",
            Kind::Variance => "variance",
            Kind::StandardDeviation => "std_dev",
            Kind::Centroid => "st_centroid_agg",
            Kind::Values => "values",
            Kind::CountDistinct => "count_distinct",
            Kind::Percentile(_) => "percentile",
            Kind::MedianAbsoluteDeviation => "median_absolute_deviation",
            Kind::Top(top) if top.of_rows => "nearest",
            Kind::Top(_) => "top",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _args: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn is_nullable(&self) -> bool {
        match &self.kind {
            Kind::Native(native) => native.is_nullable(),
            kind => *kind != Kind::CountDistinct,
        }
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        match &self.kind {
            Kind::Native(native) => native.default_value(data_type),
            Kind::CountDistinct => Ok(ScalarValue::Int64(Some(0))),
            _ => ScalarValue::try_from(data_type),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if let Kind::Native(native) = &self.kind {
            let input_fields: Vec<FieldRef> = args
                .input_fields
                .iter()
                .map(|field| Arc::new(Field::new("item", item_type(field.data_type()).clone(), true)))
                .collect();
            return native.state_fields(StateFieldsArgs { input_fields: &input_fields, ..args });
        }
        let inputs: Vec<&DataType> = args.input_fields.iter().map(|field| field.data_type()).collect();
        let field = |(nth, data_type): (usize, DataType)| {
            Arc::new(Field::new(format_state_name(args.name, &nth.to_string()), data_type, true))
        };
        Ok(states::state_types(&self.kind, &inputs).into_iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(Mutex::new(self.groups(&args)?))))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups(&args)?))
    }
}

/// What a state of groups is made of.
#[derive(Debug)]
pub(super) struct Make {
    /// What is gathered.
    pub(super) kind: Kind,
    /// The types of the arguments.
    pub(super) inputs: Vec<DataType>,
    /// The type that comes out.
    pub(super) returns: DataType,
}

impl Make {
    fn input<'a>(
        &self,
        values: &[ArrayRef],
        groups: &'a [usize],
        filter: Option<&BooleanArray>,
    ) -> Result<Input<'a>> {
        match &self.kind {
            Kind::Top(top) if top.of_rows => input::rows(values, groups, filter),
            _ => input::items(values, groups, filter),
        }
    }
}

/// Many groups.
struct GroupStates {
    make: Arc<Make>,
    states: Box<dyn Groups>,
}

impl GroupStates {
    fn new(make: Arc<Make>) -> Result<Self> {
        let states = states::new(&make)?;
        Ok(Self { make, states })
    }
}

impl GroupsAccumulator for GroupStates {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let input = self.make.input(values, groups, filter)?;
        self.states.update(&input.values, &input.groups, total)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        self.states.evaluate(emit)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.states.state(emit)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.states.merge(states, groups, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let total = values.first().map_or(0, |column| column.len());
        let groups: Vec<usize> = (0..total).collect();
        let mut states = Self::new(self.make.clone())?;
        states.update_batch(values, &groups, filter, total)?;
        states.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.states.size()
    }
}

/// All rows as one group. DataFusion wants to share it between threads, though it does not: the lock is never
/// waited for.
struct OneGroup(Mutex<GroupStates>);

impl OneGroup {
    fn group(&mut self) -> &mut GroupStates {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; values.first().map_or(0, |column| column.len())];
        self.group().update_batch(values, &groups, None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.group().touch()?;
        let value = self.group().evaluate(EmitTo::All)?;
        ScalarValue::try_from_array(&value, 0)
    }

    fn size(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.group().touch()?;
        let state = self.group().state(EmitTo::All)?;
        state.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; states.first().map_or(0, |column| column.len())];
        self.group().merge_batch(states, &groups, 1)
    }
}

impl GroupStates {
    /// Makes sure that there is a group, though no row came.
    fn touch(&mut self) -> Result<()> {
        let values: Vec<ArrayRef> =
            self.make.inputs.iter().map(datafusion::arrow::array::new_empty_array).collect();
        self.update_batch(&values, &[], None, 1)
    }
}
