//! `LOOKUP JOIN` and `ENRICH`.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{Column as DfColumn, Result, UnnestOptions, plan_err};
use datafusion::logical_expr::Expr as DfExpr;
use rulehound_query::esql::{LookupStep, Type, functions};

use super::{Lowering, column, name_of};
use crate::commands::LookupIndex;
use crate::types::is_list;

/// The rows of lookup tables, by name. A column is called as its field.
pub(crate) type LookupTables = BTreeMap<String, RecordBatch>;

/// The column of the rows that match.
const MATCHES: &str = "matches";

impl Lowering<'_> {
    /// For `LOOKUP JOIN` every row once for each row there that has the same values, or once with nulls; for
    /// `ENRICH` every row once, with the values of all rows there that have one of its values. Rows stay in
    /// order.
    pub(super) fn lookup(&mut self, step: &LookupStep) -> Result<()> {
        let Some(rows) = self.context.lookups.get(&*step.table) else {
            return plan_err!("there is no lookup table `{}`", step.table);
        };
        let here = step.on.iter().map(|(id, _)| {
            let key = self.read(*id)?;
            match functions::scalar("to_string") {
                // The policies of Elasticsearch compare keywords.
                Some(function) if step.is_policy && !(key.ty.is_string() || key.ty == Type::Null) => {
                    crate::functions::call(function, vec![key], Type::Keyword)
                }
                _ => Ok(key),
            }
        });
        let here = here.collect::<Result<Vec<_>>>()?;
        let types: Vec<_> = here.iter().map(|key| key.data_type()).collect();
        let there: Vec<&str> = step.on.iter().map(|(_, field)| &**field).collect();
        let index = Arc::new(LookupIndex::new(rows, &there, &types, step.is_policy)?);
        let mut columns: Vec<DfExpr> = self.columns.keys().map(|id| column(*id)).collect();
        let keys = here.into_iter().map(|key| key.expr).collect();
        columns.push(index.matches(keys).alias(MATCHES));
        let mut plan = self.builder().project(columns)?;
        let matches = DfColumn::new_unqualified(MATCHES);
        if !step.is_policy {
            plan = plan.unnest_column_with_options(matches.clone(), UnnestOptions::default())?;
        }
        let mut columns: Vec<DfExpr> = self.columns.keys().map(|id| column(*id)).collect();
        for (output, field) in &step.output {
            let values = index.values(field, DfExpr::Column(matches.clone()))?;
            columns.push(values.alias(name_of(output.id)));
            let of_several = rows.column_by_name(field).is_some_and(|column| is_list(column.data_type()));
            self.columns.insert(output.id, (output.ty, step.is_policy || of_several));
        }
        self.plan = plan.project(columns)?.build()?;
        Ok(())
    }
}
