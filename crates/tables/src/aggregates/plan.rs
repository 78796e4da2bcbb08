//! Plans of expressions over aggregates.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, ident, lit,
};

/// Groups rows. What comes out has the columns of the groups, then those of the expressions over aggregates
/// that [`super::call`] gives, which should be given a name.
pub(crate) fn aggregate(input: LogicalPlan, groups: Vec<Expr>, exprs: Vec<Expr>) -> Result<LogicalPlan> {
    let parts = Parts::of(&exprs);
    let group_count = groups.len();
    let mut named = parts.named(Ok)?;
    if named.is_empty() && groups.is_empty() {
        // One row there is, also if nothing is to be gathered for it.
        named.push(count(lit(1_i64)));
    }
    let plan = LogicalPlanBuilder::from(input).aggregate(groups, named)?;
    let mut output: Vec<Expr> =
        plan.schema().columns().into_iter().take(group_count).map(Expr::Column).collect();
    for expr in exprs {
        output.push(parts.put_in(expr)?);
    }
    plan.project(output)?.build()
}

/// Gives every row the aggregates of its group, behind its own columns.
pub(crate) fn inline(input: LogicalPlan, groups: &[Expr], exprs: Vec<Expr>) -> Result<LogicalPlan> {
    let parts = Parts::of(&exprs);
    let mut output: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let mut plan = LogicalPlanBuilder::from(input);
    let windows = parts.named(|part| over(part, groups))?;
    if !windows.is_empty() {
        plan = plan.window(windows)?;
    }
    for expr in exprs {
        output.push(parts.put_in(expr)?);
    }
    plan.project(output)?.build()
}

/// The aggregates that expressions are over, each once.
struct Parts(Vec<Expr>);

impl Parts {
    fn of(exprs: &[Expr]) -> Self {
        Self(find_aggregate_exprs(exprs))
    }

    fn name(nth: usize) -> String {
        format!("#{nth}")
    }

    /// Each as a column of its own.
    fn named(&self, make: impl Fn(Expr) -> Result<Expr>) -> Result<Vec<Expr>> {
        let named = |(nth, part): (usize, &Expr)| Ok(make(part.clone())?.alias(Self::name(nth)));
        self.0.iter().enumerate().map(named).collect()
    }

    /// An expression over those columns.
    fn put_in(&self, expr: Expr) -> Result<Expr> {
        let put_in = expr.transform_down(|expr| {
            Ok(match self.0.iter().position(|part| *part == expr) {
                Some(nth) => Transformed::new(ident(Self::name(nth)), true, TreeNodeRecursion::Jump),
                None => Transformed::no(expr),
            })
        })?;
        Ok(put_in.data)
    }
}

/// An aggregate of all rows that have the same groups, for each row.
fn over(part: Expr, groups: &[Expr]) -> Result<Expr> {
    let Expr::AggregateFunction(AggregateFunction { func, params }) = part else {
        return internal_err!("`{part}` is no aggregate");
    };
    let params = WindowFunctionParams {
        args: params.args,
        partition_by: groups.to_vec(),
        order_by: Vec::new(),
        window_frame: WindowFrame::new(None),
        filter: params.filter,
        null_treatment: params.null_treatment,
        distinct: params.distinct,
    };
    let fun = WindowFunctionDefinition::AggregateUDF(func);
    Ok(Expr::WindowFunction(Box::new(WindowFunction { fun, params })))
}
