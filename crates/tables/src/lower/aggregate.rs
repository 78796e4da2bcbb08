//! `STATS` and `INLINE STATS`.

use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::Expr as DfExpr;
use rulehound_query::esql::{AggregateCall, AggregateStep, ColumnId, Type};

use super::runs::RUN;
use super::{Columns, Lowering, column, name_of};
use crate::aggregates;
use crate::functions::Typed;

impl Lowering<'_> {
    pub(super) fn aggregate(&mut self, step: &AggregateStep) -> Result<()> {
        let mut keys = Vec::new();
        for (group, value) in &step.groups {
            let value = self.expression(value)?;
            // A row belongs once to the group of each of its values.
            let value = if value.is_list { self.call("mv_dedupe", vec![value])? } else { value };
            keys.push((group.id, value));
        }
        if !keys.is_empty() {
            self.add(keys)?;
        }
        for (group, _) in &step.groups {
            self.unnest(group.id)?;
        }
        let mut columns = Columns::new();
        for (group, _) in &step.groups {
            columns.insert(group.id, (group.ty, false));
        }
        if let Some(run) = self.columns.get(&RUN) {
            columns.insert(RUN, *run);
        }
        let groups: Vec<DfExpr> = columns.keys().map(|id| column(*id)).collect();
        // Without groups there is one row, in each run.
        let counted = if step.groups.is_empty() { self.with_a_row_for_each_run()? } else { None };
        let mut aggregates = Vec::new();
        for (result, call) in &step.aggregates {
            let value = self.aggregate_call(call, result.ty, counted.as_ref())?;
            columns.insert(result.id, (result.ty, value.is_list));
            aggregates.push(value.expr.alias(name_of(result.id)));
        }
        self.plan = match (groups.is_empty(), aggregates.is_empty()) {
            (false, true) => self.builder().project(groups)?.distinct()?.build()?,
            _ => aggregates::aggregate(self.builder().build()?, groups, aggregates)?,
        };
        self.columns = columns;
        Ok(())
    }

    pub(super) fn inline_aggregate(&mut self, step: &AggregateStep) -> Result<()> {
        let groups =
            step.groups.iter().map(|(_, value)| Ok(self.expression(value)?.single("inline stats").expr));
        let mut groups = groups.collect::<Result<Vec<_>>>()?;
        groups.extend(self.columns.contains_key(&RUN).then(|| column(RUN)));
        let mut windows = Vec::new();
        let mut results: Vec<(ColumnId, Typed)> = Vec::new();
        for (result, call) in &step.aggregates {
            let value = self.aggregate_call(call, result.ty, None)?;
            windows.push(value.expr.alias(name_of(result.id)));
            results
                .push((result.id, Typed { expr: column(result.id), ty: result.ty, is_list: value.is_list }));
        }
        self.plan = aggregates::inline(self.builder().build()?, &groups, windows)?;
        for (id, value) in results {
            self.columns.insert(id, (value.ty, value.is_list));
        }
        Ok(())
    }

    /// `counted` says which rows there really are.
    fn aggregate_call(&self, call: &AggregateCall, returns: Type, counted: Option<&DfExpr>) -> Result<Typed> {
        let args = call.args.iter().map(|arg| self.expression(arg)).collect::<Result<Vec<_>>>()?;
        let condition = |filter| Ok::<_, DataFusionError>(self.expression(filter)?.single("where").expr);
        let filter = call.filter.as_ref().map(condition).transpose()?;
        let filter = filter.into_iter().chain(counted.cloned()).reduce(DfExpr::and);
        aggregates::call(call.function, args, filter, returns)
    }
}
