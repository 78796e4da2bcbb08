//! The aggregates of ES|QL as DataFusion's.
//!
//! Where DataFusion's own aggregate means the same it is taken: `COUNT`, `MIN`, `MAX` and, over exact
//! decimals, sums of whole numbers. The others keep a state of their own ([`states`]). What an aggregate
//! gives is the same for the same rows, whatever their order and however they are split: sums of doubles are
//! carried with twice the digits, several values come sorted.

mod finish;
mod input;
mod plan;
mod states;
mod udaf;

#[cfg(test)]
mod tests;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, not_impl_err};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr, cast, lit};
use rulehound_query::esql::Type;
use rulehound_query::esql::functions::Aggregation;

pub(crate) use plan::{aggregate, inline};

use crate::functions::Typed;
use crate::types::{arrow_type, list_of};
use udaf::{Kind, Top};

/// Room for the sum of any 64-bit numbers: DataFusion gives sums ten digits more.
const WHOLE: DataType = DataType::Decimal128(20, 0);

/// A call of an aggregate over the rows for which `filter` is true. The arguments have the types that its
/// signature wants; none are a `COUNT(*)`.
///
/// What comes out is an expression *over* DataFusion aggregates, such as a quotient of two: [`aggregate`]
/// makes a plan of such.
///
/// # Errors
///
/// If an argument that must be constant is none or has a value that does not do.
pub(crate) fn call(
    function: Aggregation,
    args: Vec<Typed>,
    filter: Option<Expr>,
    returns: Type,
) -> Result<Typed> {
    let name = function.name();
    let call = Builder { name, args, filter, returns };
    let (expr, is_list) = match call.args.first() {
        Some(value) if matches!(value.ty, Type::Null | Type::Unsupported) => (call.of_nothing(name)?, false),
        _ => call.build(name)?,
    };
    Ok(Typed { expr, ty: returns, is_list })
}

/// A call while it is translated.
struct Builder {
    name: &'static str,
    args: Vec<Typed>,
    filter: Option<Expr>,
    returns: Type,
}

impl Builder {
    /// The expression, and whether it gives several values.
    fn build(&self, name: &str) -> Result<(Expr, bool)> {
        let single = |expr| Ok((expr, false));
        match name {
            "count" => single(self.count()?),
            "present" => single(self.count()?.gt(lit(0_i64))),
            "absent" => single(self.count()?.eq(lit(0_i64))),
            "sum" if self.returns == Type::Long => single(finish::long(self.sum(self.arg(0)?)?)),
            "sum" => single(self.sum(self.arg(0)?)?),
            "avg" => single(finish::quotient("avg", self.sum(self.arg(0)?)?, self.count()?)),
            "weighted_avg" => single(self.weighted_average()?),
            "min" => single(self.extreme(false)?),
            "max" => single(self.extreme(true)?),
            "median" => single(self.own(Kind::Percentile(50.0_f64.to_bits()), vec![self.double(0)?])),
            "percentile" => single(self.percentile()?),
            "median_absolute_deviation" => {
                single(self.own(Kind::MedianAbsoluteDeviation, vec![self.double(0)?]))
            }
            "std_dev" => single(self.own(Kind::StandardDeviation, vec![self.double(0)?])),
            "variance" => single(self.own(Kind::Variance, vec![self.double(0)?])),
            "st_centroid_agg" => single(self.own(Kind::Centroid, vec![self.arg(0)?])),
            "count_distinct" => single(self.own(Kind::CountDistinct, vec![self.arg(0)?])),
            "values" => Ok((self.own(Kind::Values, vec![self.arg(0)?]), true)),
            "top" => self.top(),
            "first" => self.nearest(false),
            "last" => self.nearest(true),
            _ => not_impl_err!("the aggregate `{name}` is not computed"),
        }
    }

    /// What is said of a field that has no values.
    fn of_nothing(&self, name: &str) -> Result<Expr> {
        Ok(match name {
            "count" | "count_distinct" => lit(0_i64),
            "present" => lit(false),
            "absent" => lit(true),
            _ => Expr::Literal(ScalarValue::try_from(arrow_type(self.returns))?, None),
        })
    }

    fn arg(&self, place: usize) -> Result<Typed> {
        let missing = || exec_datafusion_err!("`{}` has no argument {place}", self.name);
        self.args.get(place).cloned().ok_or_else(missing)
    }

    /// A number as a double.
    fn double(&self, place: usize) -> Result<Typed> {
        self.arg(place).map(|arg| convert(arg, Type::Double, &DataType::Float64))
    }

    fn constant(&self, place: usize) -> Result<&ScalarValue> {
        match self.args.get(place).map(|arg| &arg.expr) {
            Some(Expr::Literal(value, _)) => Ok(value),
            _ => not_impl_err!("argument {place} of `{}` must be a constant", self.name),
        }
    }

    /// How many values there are; without an argument rows.
    fn count(&self) -> Result<Expr> {
        match self.args.first() {
            None => Ok(self.over(count_udaf(), vec![lit(1_i64)])),
            Some(_) => Ok(self.native(count_udaf(), self.arg(0)?, DataType::Int64)),
        }
    }

    /// The exact sum, a decimal, of whole numbers, and that of doubles.
    fn sum(&self, value: Typed) -> Result<Expr> {
        match value.ty {
            Type::Double => Ok(self.own(Kind::Sum, vec![value])),
            _ => Ok(self.native(sum_udaf(), convert(value, Type::Long, &WHOLE), DataType::Decimal128(30, 0))),
        }
    }

    /// After `WeightedAvg.surrogate`: a weight counts whether or not there is a value to it.
    fn weighted_average(&self) -> Result<Expr> {
        let value = self.double(0)?.single("weighted_avg");
        let weight = self.double(1)?.single("weighted_avg");
        if matches!(weight.expr, Expr::Literal(..)) {
            return Ok(finish::quotient("weighted_avg", self.sum(value)?, self.count()?));
        }
        let product = Typed { expr: value.expr * weight.expr.clone(), ..value };
        Ok(finish::quotient("weighted_avg", self.sum(product)?, self.sum(weight)?))
    }

    fn extreme(&self, greatest: bool) -> Result<Expr> {
        let value = self.arg(0)?;
        let udaf = if greatest { max_udaf() } else { min_udaf() };
        let item = arrow_type(value.ty);
        Ok(match value.ty {
            // DataFusion keeps an object a group for these.
            Type::Ip | Type::Boolean => {
                let top = Top { limit: 1, descending: greatest, output: 0, of_rows: false, single: true };
                self.own(Kind::Top(top), vec![value])
            }
            _ => self.native(udaf, value, item),
        })
    }

    fn percentile(&self) -> Result<Expr> {
        let percentile = self.constant(1)?.cast_to(&DataType::Float64)?;
        match percentile {
            ScalarValue::Float64(Some(part)) if (0.0..=100.0).contains(&part) => {
                Ok(self.own(Kind::Percentile(part.to_bits()), vec![self.double(0)?]))
            }
            other => Err(exec_datafusion_err!("`percentile` is of 0 to 100, not {other}")),
        }
    }

    /// After `Top`: with repeated values; in ascending order unless told otherwise.
    fn top(&self) -> Result<(Expr, bool)> {
        let limit = match self.constant(1)?.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(limit)) if limit > 0 => usize::try_from(limit).unwrap_or(usize::MAX),
            other => {
                return Err(exec_datafusion_err!("the limit of `top` must be greater than 0, not {other}"));
            }
        };
        let order = match self.args.get(2) {
            None => "asc".to_owned(),
            Some(_) => self.constant(2)?.to_string(),
        };
        let descending = match order.to_lowercase().as_str() {
            "asc" => false,
            "desc" => true,
            _ => return Err(exec_datafusion_err!("the order of `top` is `asc` or `desc`, not `{order}`")),
        };
        let single = limit == 1;
        let top = Top { limit, descending, output: 0, of_rows: false, single };
        Ok(match self.args.get(3) {
            None => (self.own(Kind::Top(top), vec![self.arg(0)?]), !single),
            Some(output) => {
                let top = Top { output: 1, ..top };
                (self.own(Kind::Top(top), vec![self.arg(0)?, output.clone()]), !single)
            }
        })
    }

    /// After `First` and `Last`: all values of the row whose sort field is least, or greatest; rows without
    /// one come last. Of rows with the same the least values count.
    fn nearest(&self, descending: bool) -> Result<(Expr, bool)> {
        let value = self.arg(0)?;
        let is_list = value.is_list;
        let top = Top { limit: 1, descending, output: 1, of_rows: true, single: true };
        let key = finish::extreme_of_row(self.arg(1)?, descending);
        Ok((self.own(Kind::Top(top), vec![key, value]), is_list))
    }

    /// An aggregate of DataFusion, over single values or several in a row.
    fn native(&self, udaf: std::sync::Arc<AggregateUDF>, value: Typed, returns: DataType) -> Expr {
        if value.is_list {
            self.call(Kind::Native(udaf), vec![value], returns)
        } else {
            self.over(udaf, vec![value.expr])
        }
    }

    /// One of ours.
    fn own(&self, kind: Kind, args: Vec<Typed>) -> Expr {
        let item = arrow_type(self.returns);
        let returns = match &kind {
            Kind::Values => list_of(item),
            Kind::Top(top) if top.of_rows => args.get(top.output).map_or(item, Typed::data_type),
            Kind::Top(top) if !top.single => list_of(item),
            // A part of what is asked for: never that itself.
            Kind::Sum => DataType::Float64,
            _ => item,
        };
        self.call(kind, args, returns)
    }

    fn call(&self, kind: Kind, args: Vec<Typed>, returns: DataType) -> Expr {
        let args = args.into_iter().map(|arg| arg.expr).collect();
        self.over(udaf::aggregate(kind, returns), args)
    }

    fn over(&self, udaf: std::sync::Arc<AggregateUDF>, args: Vec<Expr>) -> Expr {
        let filter = self.filter.clone().map(Box::new);
        Expr::AggregateFunction(AggregateFunction::new_udf(udaf, args, false, filter, Vec::new(), None))
    }
}

/// Numbers of another type. Constants stay constant.
fn convert(value: Typed, ty: Type, item: &DataType) -> Typed {
    let is_list = value.is_list;
    let to = if is_list { list_of(item.clone()) } else { item.clone() };
    let expr = match value.expr {
        expr if arrow_type(value.ty) == *item => expr,
        Expr::Literal(constant, metadata) => match constant.cast_to(&to) {
            Ok(converted) => Expr::Literal(converted, metadata),
            Err(_) => cast(Expr::Literal(constant, metadata), to),
        },
        expr => cast(expr, to),
    };
    Typed { expr, ty, is_list }
}
