//! Holds the place of what another change brings: take that one.
use crate::functions::Typed;
use datafusion::common::{Result, not_impl_err};
use datafusion::logical_expr::Expr;
use rulehound_query::esql::{Type, functions::Aggregation};
pub(crate) fn call(_: Aggregation, _: Vec<Typed>, _: Option<Expr>, _: Type) -> Result<Typed> {
    not_impl_err!("x")
}
