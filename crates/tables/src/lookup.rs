//! Tables to look values up in, from files.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema};
use rulehound_events::read::{Input, ScanOptions};
use rulehound_query::Filter;
use rulehound_query::esql::{Column, ColumnId, LookupTable, TableQuery, TableSource, Type};
use rulehound_schema::{Field, FieldType, Schema};

use crate::commands::narrowed;
use crate::events::EventSource;
use crate::lower::name_of;
use crate::query::{QueryError, RunOptions, run};
use crate::types::arrow_type;

/// A table to look values up in.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What a query is checked against.
    pub table: LookupTable,
    /// Its rows; a column is called as its field.
    pub rows: RecordBatch,
}

impl Lookup {
    /// Reads the fields of these names from a file of records; they come in the order of their names. `match_field` is
    /// what `ENRICH` compares with: a keyword, as Elasticsearch has it in the indices of its policies.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read(
        input: &Input,
        names: &[String],
        schema: &Schema,
        match_field: Option<String>,
    ) -> Result<Self, QueryError> {
        let names: BTreeSet<&String> = names.iter().collect();
        let fields: Vec<(Column, Field)> = names
            .into_iter()
            .zip(0..)
            .filter_map(|(name, id)| {
                let field = match match_field.as_ref() == Some(name) {
                    true => Field::new(name.as_str(), FieldType::Keyword),
                    false => schema.field(name)?,
                };
                let ty = Type::of_field(field.field_type);
                Some((Column { id: ColumnId(id), name: name.as_str().into(), ty }, field))
            })
            .collect();
        let table = LookupTable {
            match_field,
            fields: fields
                .iter()
                .map(|(column, field)| (column.name.to_string(), field.field_type))
                .collect(),
        };
        let output: Vec<Column> = fields.iter().map(|(column, _)| column.clone()).collect();
        let query = TableQuery {
            source: TableSource::Events { patterns: Default::default(), fields, tests: Vec::new() },
            steps: Vec::new(),
            output: output.clone(),
            filter: Filter::Constant(true),
            is_aggregating: false,
            reads_all: false,
        };
        let source = Arc::new(EventSource { inputs: vec![input.clone()], options: ScanOptions::default() });
        let mut batches = Vec::new();
        run(&query, &source, &Filter::Constant(true), &RunOptions::new(0), |batch| {
            batches.push(batch);
            Ok(())
        })?;
        let arrow = |batch: &RecordBatch| batch.schema();
        let empty = || {
            let field = |column: &Column| ArrowField::new(name_of(column.id), arrow_type(column.ty), true);
            Arc::new(ArrowSchema::new(output.iter().map(field).collect::<Vec<_>>()))
        };
        let schema = batches.first().map_or_else(empty, arrow);
        let rows =
            datafusion::arrow::compute::concat_batches(&schema, &batches).map_err(QueryError::arrow)?;
        let columns = rows.columns().iter().map(narrowed).collect::<Result<Vec<_>, _>>()?;
        let named = columns
            .iter()
            .zip(&output)
            .map(|(values, column)| ArrowField::new(&*column.name, values.data_type().clone(), true));
        let named = Arc::new(ArrowSchema::new(named.collect::<Vec<_>>()));
        let rows = RecordBatch::try_new(named, columns).map_err(QueryError::arrow)?;
        Ok(Self { table, rows })
    }
}
