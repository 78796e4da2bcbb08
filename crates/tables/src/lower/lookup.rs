//! `LOOKUP JOIN` and `ENRICH`.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{JoinType, Result, plan_err};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlanBuilder};
use rulehound_query::esql::LookupStep;

use super::{Lowering, column, name_of};
use crate::types::is_list;

/// The rows of lookup tables, by name. A column is called as its field.
pub(crate) type LookupTables = BTreeMap<String, RecordBatch>;

impl Lowering<'_> {
    /// Every row once for each row there that has the same values, or once with nulls.
    pub(super) fn lookup(&mut self, step: &LookupStep) -> Result<()> {
        let Some(rows) = self.context.lookups.get(&*step.table) else {
            return plan_err!("there is no lookup table `{}`", step.table);
        };
        let table = MemTable::try_new(rows.schema(), vec![vec![rows.clone()]])?;
        let there = LogicalPlanBuilder::scan("lookup", provider_as_source(Arc::new(table)), None)?;
        let field = |name: &str| DfExpr::Column(datafusion::common::Column::new_unqualified(name));
        let mut fields: Vec<DfExpr> = Vec::new();
        let mut keys = Vec::new();
        for (place, (here, key)) in step.on.iter().enumerate() {
            let name = format!("key{place}");
            fields.push(field(key).alias(&name));
            keys.push(self.read(*here)?.single("lookup join").expr.eq(field(&name)));
        }
        for (output, name) in &step.output {
            fields.push(field(name).alias(name_of(output.id)));
        }
        let there = there.project(fields)?.build()?;
        let plan = self.builder().join_on(there, JoinType::Left, keys)?;
        for (output, name) in &step.output {
            let is_list = rows.schema().field_with_name(name).is_ok_and(|field| is_list(field.data_type()));
            self.columns.insert(output.id, (output.ty, is_list));
        }
        self.plan = plan.project(self.columns.keys().map(|id| column(*id)))?.build()?;
        Ok(())
    }
}
