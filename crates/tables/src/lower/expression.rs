//! Expressions.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::IntervalMonthDayNano;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Expr as DfExpr;
use rulehound_query::esql::{Expr, ExprKind, Literal, Type};

use super::runs::RUN;
use super::{Lowering, constant};
use crate::functions::{self, Typed, version};
use crate::types::arrow_type;

impl Lowering<'_> {
    pub(super) fn expression(&self, expr: &Expr) -> Result<Typed> {
        match &expr.kind {
            ExprKind::Literal(literal) => constant(literal, expr.ty),
            ExprKind::Now if self.columns.contains_key(&RUN) => self.read(RUN),
            ExprKind::Now => {
                let now = ScalarValue::TimestampMillisecond(Some(self.context.now), None);
                Ok(Typed { expr: DfExpr::Literal(now, None), ty: Type::Date, is_list: false })
            }
            ExprKind::Column(id) => self.read(*id),
            ExprKind::Call(function, args) => {
                let args = args.iter().map(|arg| self.expression(arg)).collect::<Result<Vec<_>>>()?;
                functions::call(*function, args, expr.ty)
            }
        }
    }
}

/// A constant of a type.
pub(crate) fn scalar(literal: &Literal, ty: Type) -> Result<ScalarValue> {
    Ok(match literal {
        Literal::Null => ScalarValue::try_from(&arrow_type(ty))?,
        Literal::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Literal::Integer(value) => ScalarValue::Int32(Some(*value)),
        Literal::Long(value) => ScalarValue::Int64(Some(*value)),
        Literal::UnsignedLong(value) => ScalarValue::UInt64(Some(*value)),
        Literal::Double(value) => ScalarValue::Float64(Some(*value)),
        Literal::Keyword(text) => ScalarValue::Utf8View(Some(text.to_string())),
        Literal::Date(value) => ScalarValue::TimestampMillisecond(Some(*value), None),
        Literal::DateNanos(value) => ScalarValue::TimestampNanosecond(Some(*value), None),
        Literal::Ip(address) => ScalarValue::FixedSizeBinary(16, Some(address.octets().to_vec())),
        Literal::Version(text) => ScalarValue::Binary(Some(version::encode(text))),
        Literal::DatePeriod { months, days } => {
            ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(*months, *days, 0)))
        }
        Literal::TimeDuration(milliseconds) => ScalarValue::DurationMillisecond(Some(*milliseconds)),
        Literal::List(items) => {
            let items = items.iter().map(|item| scalar(item, ty)).collect::<Result<Vec<_>>>()?;
            let values: ArrayRef = ScalarValue::iter_to_array(items)?;
            let list = datafusion::common::utils::SingleRowListArrayBuilder::new(values).with_nullable(true);
            ScalarValue::List(Arc::new(list.build_list_array()))
        }
    })
}
