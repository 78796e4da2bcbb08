//! Queries in ES|QL.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use comfy_table::Row;
use rulehound_engine::index_filter;
use rulehound_engine::search::discover;
use rulehound_events::read::{Input, ScanReport};
use rulehound_query::Filter;
use rulehound_query::esql::{self, Column, Compiled, LookupTable, Options, TableQuery, TableSource};
use rulehound_schema::Schema;
use rulehound_tables::{EventSource, Lookup, QueryError, RunOptions, row_values};
use serde_json::{Map, Value, json};

use super::{QueryText, read};
use crate::args::{InferenceArgs, QueryArgs, QueryOutput};
use crate::commands::{Exit, Failure};
use crate::output::{Output, printable};
use crate::reading::{self, Threads};

/// So many rows Elasticsearch gives if the query does not say how many.
const DEFAULT_LIMIT: usize = 1000;

pub(super) fn run(args: &QueryArgs, text: &QueryText, output: &Output) -> Result<Exit, Failure> {
    let lookups = args.lookup.iter().map(|named| lookup(named)).collect::<Result<BTreeMap<_, _>, _>>()?;
    let Some(query) = compile(args, text, &lookups, output)? else { return Ok(Exit::FoundProblem) };
    if args.inputs.events.is_empty() && matches!(query.source, TableSource::Events { .. }) {
        return Err(Failure::NoInputs);
    }
    let started = Instant::now();
    let ((), scan) = reading::scan_with(&args.inputs, Threads::Many, output, |inputs, scan| {
        let threads = scan.threads;
        let source = Arc::new(EventSource { inputs: inputs.to_vec(), options: scan });
        let options = RunOptions {
            threads,
            memory: args.memory_limit.saturating_mul(1 << 20),
            lookups: lookups.iter().map(|(name, lookup)| (name.clone(), lookup.rows.clone())).collect(),
            inference: args.inference.read(),
            ..RunOptions::new(jiff::Timestamp::now().as_millisecond())
        };
        let scan = write(&query, &source, &options, args.output, started, output)?;
        Ok(((), scan))
    })?;
    Ok(if scan.problems.is_empty() { Exit::Ran } else { Exit::FoundProblem })
}

/// `NAME=FILE` or `POLICY:FIELD=FILE`.
fn lookup(named: &str) -> Result<(String, Lookup), Failure> {
    let no_table = || Failure::Lookup(named.to_owned());
    let (name, file) = named.split_once('=').ok_or_else(no_table)?;
    let (name, field) = match name.split_once(':') {
        Some((policy, field)) => (policy, Some(field.to_owned())),
        None => (name, None),
    };
    let input = Input::from_argument(file);
    let discovered = discover(Schema::catalogue(), std::slice::from_ref(&input));
    let schema = extended(Schema::catalogue(), discovered.mapping.as_deref())?;
    let schema = schema.as_ref().unwrap_or_else(|| Schema::catalogue());
    Ok((name.to_owned(), Lookup::read(&input, &discovered.names, schema, field)?))
}

/// A schema with the fields of a mapping as well; `None` if there is none.
fn extended(schema: &Schema, mapping: Option<&str>) -> Result<Option<Schema>, Failure> {
    Ok(mapping.map(|mapping| schema.with_mapping(mapping)).transpose()?)
}

/// The query, checked against the mappings, or else the catalogue and the fields that events have; `None` if it is
/// refused, and why has been said.
fn compile(
    args: &QueryArgs,
    text: &QueryText,
    lookups: &BTreeMap<String, Lookup>,
    output: &Output,
) -> Result<Option<TableQuery>, Failure> {
    let lookups: BTreeMap<String, LookupTable> =
        lookups.iter().map(|(name, lookup)| (name.clone(), lookup.table.clone())).collect();
    let limit = Some(args.size.unwrap_or(DEFAULT_LIMIT) as u64);
    let compile = |schema: &Schema, fields: &[String], knows_all: bool| {
        esql::compile(&text.text, Options { schema, fields, knows_all, lookups: &lookups, limit })
    };
    let compiled = if args.mapping.is_empty() {
        let compiled = compile(Schema::catalogue(), &[], false);
        match depends_on_events(&compiled) {
            false => compiled,
            true => {
                let inputs: Vec<Input> = args.inputs.events.iter().map(Input::from_argument).collect();
                let discovered = discover(Schema::catalogue(), &inputs);
                let knows_all = !inputs.contains(&Input::Stdin);
                let schema = extended(Schema::catalogue(), discovered.mapping.as_deref())?;
                compile(schema.as_ref().unwrap_or_else(|| Schema::catalogue()), &discovered.names, knows_all)
            }
        }
    } else {
        let texts = args.mapping.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let schema = Schema::from_mappings(texts.iter().map(String::as_str))?;
        let names: Vec<String> =
            schema.names().filter(|name| !name.starts_with('_')).map(str::to_owned).collect();
        compile(&schema, &names, true)
    };
    text.tell(&compiled.diagnostics, output)?;
    Ok(compiled.query)
}

/// Whether it matters which fields events have.
fn depends_on_events(compiled: &Compiled) -> bool {
    let reads_events = |query: &TableQuery| matches!(query.source, TableSource::Events { .. });
    compiled.query.as_ref().is_none_or(|query| query.reads_all && reads_events(query))
        || compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == esql::UNKNOWN_COLUMN)
}

impl InferenceArgs {
    /// Where `COMPLETION` is answered.
    pub(crate) fn read(&self) -> Option<rulehound_tables::Inference> {
        Some(rulehound_tables::Inference {
            url: self.inference_url.clone()?,
            model: self.inference_model.clone(),
            key: std::env::var("RULEHOUND_INFERENCE_KEY").ok(),
        })
    }
}

/// Runs the query and writes its rows as they come.
fn write(
    query: &TableQuery,
    source: &Arc<EventSource>,
    options: &RunOptions,
    format: QueryOutput,
    started: Instant,
    output: &Output,
) -> Result<ScanReport, Failure> {
    let scope = match &query.source {
        TableSource::Events { patterns, .. } => index_filter(patterns),
        TableSource::Row(_) => Filter::Constant(true),
    };
    let mut writer = RowWriter::new(&query.output, format, output)?;
    let mut failure = None;
    let ran = rulehound_tables::run(query, source, &scope, options, |batch| {
        for row in 0..batch.num_rows() {
            if let Err(error) = writer.row(row_values(&batch, &query.output, row)) {
                failure = Some(error);
                return Err(QueryError::Stopped);
            }
        }
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    let ran = ran?;
    writer.finish(started)?;
    for (function, reason, rows) in ran.warnings.list() {
        output.warning(&format!("`{function}` gave null for {rows} values: {reason}"));
    }
    Ok(ran.scan)
}

/// Writes rows in a format.
struct RowWriter<'a> {
    columns: &'a [Column],
    format: QueryOutput,
    out: Box<dyn Write>,
    /// The rows of a table, which is only drawn at the end.
    table: comfy_table::Table,
    rows: u64,
}

impl<'a> RowWriter<'a> {
    fn new(columns: &'a [Column], format: QueryOutput, output: &Output) -> std::io::Result<Self> {
        let mut table = output.table([]);
        table.set_header(columns.iter().map(|column| printable(&column.name).into_owned()));
        let out: Box<dyn Write> = match format {
            QueryOutput::Table => Box::new(output.stdout()),
            QueryOutput::Response | QueryOutput::Ndjson => Box::new(output.json()),
        };
        let mut writer = Self { columns, format, out, table, rows: 0 };
        if format == QueryOutput::Response {
            let columns: Vec<Value> = columns
                .iter()
                .map(|column| json!({ "name": &*column.name, "type": column.ty.name() }))
                .collect();
            write!(writer.out, "{{\"columns\":{},\"values\":[", Value::Array(columns))?;
        }
        Ok(writer)
    }

    fn row(&mut self, values: Vec<Value>) -> std::io::Result<()> {
        self.rows += 1;
        match self.format {
            QueryOutput::Response => {
                let comma = if self.rows > 1 { "," } else { "" };
                write!(self.out, "{comma}{}", Value::Array(values))
            }
            QueryOutput::Ndjson => {
                let names = self.columns.iter().map(|column| column.name.to_string());
                writeln!(self.out, "{}", Value::Object(names.zip(values).collect::<Map<_, _>>()))
            }
            QueryOutput::Table => {
                self.table.add_row(Row::from(values.iter().map(cell)));
                Ok(())
            }
        }
    }

    fn finish(mut self, started: Instant) -> std::io::Result<()> {
        match self.format {
            QueryOutput::Response => {
                let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                writeln!(self.out, "],\"is_partial\":false,\"took\":{took}}}")?;
            }
            QueryOutput::Ndjson => {}
            QueryOutput::Table if self.rows == 0 => writeln!(self.out, "no results")?,
            QueryOutput::Table => writeln!(self.out, "{}", self.table)?,
        }
        self.out.flush()
    }
}

/// A value in one line.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
