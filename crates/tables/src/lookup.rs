//! Tables to look values up in, from files.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema};
use rulehound_events::read::{Input, ScanOptions};
use rulehound_query::Filter;
use rulehound_query::esql::{Column, ColumnId, LookupTable, TableQuery, TableSource, Type};
use rulehound_schema::{Field, Schema};

use crate::events::EventSource;
use crate::query::{QueryError, RunOptions, run};

/// A table to look values up in.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What a query is checked against.
    pub table: LookupTable,
    /// Its rows; a column is called as its field.
    pub rows: RecordBatch,
}

impl Lookup {
    /// Reads the fields of these names from a file of records. `match_field` is what `ENRICH` compares with.
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
        let fields: Vec<(Column, Field)> = names
            .iter()
            .zip(0..)
            .filter_map(|(name, id)| {
                let field = schema.field(name)?;
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
        let schema = batches.first().map(arrow).unwrap_or_else(|| Arc::new(ArrowSchema::empty()));
        let rows =
            datafusion::arrow::compute::concat_batches(&schema, &batches).map_err(QueryError::arrow)?;
        let schema = rows.schema();
        let named = schema
            .fields()
            .iter()
            .zip(&output)
            .map(|(field, column)| ArrowField::new(&*column.name, field.data_type().clone(), true));
        let named = Arc::new(ArrowSchema::new(named.collect::<Vec<_>>()));
        let rows = RecordBatch::try_new(named, rows.columns().to_vec()).map_err(QueryError::arrow)?;
        Ok(Self { table, rows })
    }
}
