//! From a checked ES|QL query to DataFusion's logical plan.
//!
//! A column is called by its id all the way (`c7`), so that names that come again, or have dots in them, mean
//! nothing here. Whether a column's rows may have several values is known of the source's columns, and of the others
//! by how they are made.

mod aggregate;
mod expression;
mod lookup;
mod runs;

use std::collections::BTreeMap;

use datafusion::common::{Column as DfColumn, Result, UnnestOptions, not_impl_err};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, LogicalPlanBuilder};
use rulehound_query::esql::functions;
use rulehound_query::esql::{
    Column, ColumnId, Expr, Literal, SortKey, TableQuery, TableSource, TableStep, Type,
};

use crate::commands;
use crate::functions::Typed;

#[cfg(test)]
pub(crate) use expression::scalar;
pub(crate) use lookup::LookupTables;
pub(crate) use runs::{RUN, keeps_runs_apart};

/// The name that a column has in plans.
pub(crate) fn name_of(column: ColumnId) -> String {
    format!("c{}", column.0)
}

/// A column that no query names and that goes along with the rows for as long as they stand for one row of the source.
pub(crate) const CARRIED: ColumnId = ColumnId(u32::MAX);

/// A plan, and what its columns hold.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// The plan so far.
    pub(crate) plan: LogicalPlan,
    /// Its columns.
    pub(crate) columns: Columns,
    /// The step that DataFusion does not do, and that is next, if there is one.
    pub(crate) next: Option<usize>,
}

/// What is known of columns: whether they are lists.
pub(crate) type Columns = BTreeMap<ColumnId, (Type, bool)>;

/// What a plan depends on beside the query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// What `NOW()` is, in milliseconds since the epoch.
    pub(crate) now: i64,
    /// The tables of `LOOKUP JOIN` and `ENRICH`.
    pub(crate) lookups: &'a LookupTables,
}

/// The one row of a `ROW`.
pub(crate) fn row(query: &TableQuery, context: Context<'_>) -> Result<Lowered> {
    let TableSource::Row(values) = &query.source else { return not_impl_err!("the source is no row") };
    let source = LogicalPlanBuilder::empty(true).build()?;
    let mut lowering = Lowering { plan: source.clone(), source, columns: Columns::new(), context };
    // Each may read those before it.
    for (column, value) in values {
        lowering.extend(std::slice::from_ref(&(column.clone(), value.clone())))?;
    }
    Ok(Lowered { plan: lowering.plan, columns: lowering.columns, next: Some(0) })
}

/// Goes on from a plan, at its next step, as far as DataFusion goes; after the last step to the result's columns.
pub(crate) fn steps(query: &TableQuery, from: Lowered, context: Context<'_>) -> Result<Lowered> {
    let source = from.plan.clone();
    let mut lowering = Lowering { source, plan: from.plan, columns: from.columns, context };
    for (place, step) in query.steps.iter().enumerate().skip(from.next.unwrap_or(0)) {
        if matches!(step, TableStep::ChangePoint { .. } | TableStep::Completion { .. }) {
            return Ok(Lowered { plan: lowering.plan, columns: lowering.columns, next: Some(place) });
        }
        lowering.step(step)?;
    }
    lowering.project(&query.output)?;
    Ok(Lowered { plan: lowering.plan, columns: lowering.columns, next: None })
}

/// A plan with one column more.
pub(crate) fn with_value(
    plan: LogicalPlan,
    columns: &Columns,
    value: &Expr,
    output: &Column,
    context: Context<'_>,
) -> Result<LogicalPlan> {
    let mut lowering = Lowering { source: plan.clone(), plan, columns: columns.clone(), context };
    let value = lowering.expression(value)?.single("completion");
    lowering.add(vec![(output.id, value)])?;
    Ok(lowering.plan)
}

struct Lowering<'a> {
    /// The plan as it was before the first of the steps.
    source: LogicalPlan,
    plan: LogicalPlan,
    columns: Columns,
    context: Context<'a>,
}

/// A column of the plan, whatever table it comes from.
fn column(id: ColumnId) -> DfExpr {
    DfExpr::Column(DfColumn::new_unqualified(name_of(id)))
}

impl Lowering<'_> {
    fn builder(&self) -> LogicalPlanBuilder {
        LogicalPlanBuilder::from(self.plan.clone())
    }

    fn step(&mut self, step: &TableStep) -> Result<()> {
        match step {
            TableStep::Filter(condition) => {
                let condition = self.expression(condition)?.single("where");
                self.plan = self.builder().filter(condition.expr)?.build()?;
            }
            TableStep::Extend(columns) => self.extend(columns)?,
            TableStep::Aggregate(step) => self.aggregate(step)?,
            TableStep::InlineAggregate(step) => self.inline_aggregate(step)?,
            TableStep::Sort(keys) => self.sort(keys)?,
            TableStep::Limit(most) => {
                let most = usize::try_from(*most).unwrap_or(usize::MAX);
                self.plan = self.builder().limit(0, Some(most))?.build()?;
            }
            TableStep::MvExpand { from, to } => {
                let value = self.read(*from)?;
                self.add(vec![(to.id, value)])?;
                self.unnest(to.id)?;
            }
            TableStep::Dissect { input, pattern, append_separator, output } => {
                let input = self.expression(input)?;
                let parts = commands::dissect(input, pattern, append_separator, output)?;
                self.add(parts)?;
            }
            TableStep::Grok { input, patterns, output } => {
                let input = self.expression(input)?;
                let parts = commands::grok(input, patterns, output)?;
                self.add(parts)?;
            }
            TableStep::Lookup(step) => self.lookup(step)?,
            TableStep::Sample(part) => {
                let chosen = commands::sample(*part);
                self.plan = self.builder().filter(chosen)?.build()?;
            }
            TableStep::ChangePoint { .. } | TableStep::Completion { .. } => {
                return not_impl_err!("DataFusion does not do this step");
            }
        }
        Ok(())
    }

    /// A column of the plan.
    fn read(&self, id: ColumnId) -> Result<Typed> {
        match self.columns.get(&id) {
            Some((ty, is_list)) => Ok(Typed { expr: column(id), ty: *ty, is_list: *is_list }),
            None => datafusion::common::internal_err!("there is no column {}", name_of(id)),
        }
    }

    fn extend(&mut self, columns: &[(Column, Expr)]) -> Result<()> {
        let values = columns.iter().map(|(column, value)| {
            let value = self.expression(value)?;
            // `EVAL x = null` has a type as well.
            Ok((column.id, Typed { ty: column.ty, ..value }))
        });
        let values = values.collect::<Result<Vec<_>>>()?;
        self.add(values)
    }

    /// Adds columns to the plan.
    fn add(&mut self, values: Vec<(ColumnId, Typed)>) -> Result<()> {
        let mut all: Vec<DfExpr> = self.columns.keys().map(|id| column(*id)).collect();
        for (id, value) in values {
            all.push(value.expr.alias(name_of(id)));
            self.columns.insert(id, (value.ty, value.is_list));
        }
        self.plan = self.builder().project(all)?.build()?;
        Ok(())
    }

    /// One row a value of a column.
    fn unnest(&mut self, id: ColumnId) -> Result<()> {
        let Some((_, is_list)) = self.columns.get_mut(&id).filter(|(_, is_list)| *is_list) else {
            return Ok(());
        };
        *is_list = false;
        let column = DfColumn::new_unqualified(name_of(id));
        self.plan = self.builder().unnest_column_with_options(column, UnnestOptions::default())?.build()?;
        Ok(())
    }

    fn sort(&mut self, keys: &[SortKey]) -> Result<()> {
        let keys = keys.iter().map(|key| {
            let value = self.expression(&key.value)?;
            let value = match value.is_list {
                true => self.call(if key.descending { "mv_max" } else { "mv_min" }, vec![value])?,
                false => value,
            };
            Ok(value.expr.sort(!key.descending, key.nulls_first))
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        self.plan = self.builder().sort(keys)?.build()?;
        Ok(())
    }

    /// A function of one value, that gives its type again.
    fn call(&self, name: &str, args: Vec<Typed>) -> Result<Typed> {
        let ty = args.first().map_or(Type::Null, |arg| arg.ty);
        match functions::scalar(name) {
            Some(function) => crate::functions::call(function, args, ty),
            None => datafusion::common::internal_err!("there is no function `{name}`"),
        }
    }

    /// These columns and no others, in this order.
    fn project(&mut self, output: &[Column]) -> Result<()> {
        // The same column twice has two names, but is only one in the plan.
        let mut seen = std::collections::BTreeSet::new();
        let carried = [CARRIED, RUN].into_iter().filter(|id| self.columns.contains_key(id));
        let ids = output.iter().map(|column| column.id).chain(carried);
        let columns = ids.filter(|id| seen.insert(*id)).map(column);
        self.plan = self.builder().project(columns)?.build()?;
        self.columns.retain(|id, _| seen.contains(id));
        Ok(())
    }
}

/// A constant as an expression.
fn constant(literal: &Literal, ty: Type) -> Result<Typed> {
    let value = expression::scalar(literal, ty)?;
    Ok(Typed { expr: DfExpr::Literal(value, None), ty, is_list: matches!(literal, Literal::List(_)) })
}
