//! Several runs of a query at once: each row says of which run it is, and meets only rows of the same.
//!
//! That is sound for steps that look at rows one by one, and for those that form groups, of which the run is one
//! more criterion. A step for which the rows of a run must be counted or put beside each other takes one run at a
//! time.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder, ident, lit};
use rulehound_query::esql::functions::Signature;
use rulehound_query::esql::{ColumnId, Expr, ExprKind, TableQuery, TableStep};

use super::{Lowering, column, name_of};

/// A column that no query names: when the run is that sees the row, a date, which no two runs share. It is what
/// `NOW()` gives. Without the column there is but one run.
pub(crate) const RUN: ColumnId = ColumnId(u32::MAX - 1);

/// Tells rows from those that only stand for a run.
const COUNTED: &str = "counted";

/// Whether the query can be run for several runs at once.
pub(crate) fn keeps_runs_apart(query: &TableQuery) -> bool {
    query.steps.iter().all(|step| {
        let mut is_fixed = false;
        step.for_each_expr(&mut |expr| is_fixed |= wants_constant_run(expr));
        if let TableStep::Aggregate(step) | TableStep::InlineAggregate(step) = step {
            is_fixed |= step.aggregates.iter().any(|(_, call)| has_constant_run(call.function.0, &call.args));
        }
        let takes_one = matches!(
            step,
            TableStep::Limit(_) | TableStep::ChangePoint { .. } | TableStep::Completion { .. }
        );
        !is_fixed && !takes_one
    })
}

/// Whether something that must be constant, such as the bounds of `BUCKET`, is another for each run.
fn wants_constant_run(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(function, args) => {
            has_constant_run(function.0, args) || args.iter().any(wants_constant_run)
        }
        ExprKind::Literal(_) | ExprKind::Now | ExprKind::Column(_) => false,
    }
}

fn has_constant_run(signature: &Signature, args: &[Expr]) -> bool {
    signature.params.iter().zip(args).any(|(param, arg)| param.constant && arg.reads_now())
}

impl Lowering<'_> {
    /// Sees to it that there is a row of each run, whatever the steps have left of it; gives the condition for rows
    /// that are more than that. Nothing is done where there is but one run.
    pub(super) fn with_a_row_for_each_run(&mut self) -> Result<Option<DfExpr>> {
        if !self.columns.contains_key(&RUN) {
            return Ok(None);
        }
        let rows = self.columns.keys().map(|id| column(*id)).chain([lit(true).alias(COUNTED)]);
        let rows = self.builder().project(rows)?;
        let nulls = self.columns.keys().map(|id| match *id {
            RUN => Ok(column(RUN)),
            id => {
                let data_type: DataType = self.read(id)?.data_type();
                Ok(DfExpr::Literal(ScalarValue::try_from(data_type)?, None).alias(name_of(id)))
            }
        });
        let nulls = nulls.chain([Ok(lit(false).alias(COUNTED))]).collect::<Result<Vec<_>>>()?;
        let runs = LogicalPlanBuilder::from(self.source.clone()).project([column(RUN)])?.distinct()?;
        self.plan = rows.union(runs.project(nulls)?.build()?)?.build()?;
        Ok(Some(ident(COUNTED)))
    }
}
