//! `rulehound query`: one query over events.

mod table;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use rulehound_engine::correlate::TooManyKeys;
use rulehound_engine::search::{
    self, Results, Search, SearchOptions, dynamic_mapping, event_json, response_json, sequence_json,
};
use rulehound_events::read::Input;
use rulehound_query::eql::{self, Compiled, Options};
use rulehound_query::{Diagnostic, EventOrder, Plan, Query};
use rulehound_schema::{Field, FieldType, Schema};

use super::{Exit, Failure};
use crate::args::{QueryArgs, QueryLanguage, QueryOutput};
use crate::diagnostics::render;
use crate::output::Output;
use crate::reading::{self, Threads};

pub(crate) fn run(args: &QueryArgs, output: &Output) -> Result<Exit, Failure> {
    if args.language != QueryLanguage::Eql {
        return Err(Failure::Language(args.language));
    }
    let text = QueryText::read(args)?;
    let mapped = mapped(args, &text)?;
    let schema = mapped.as_ref().unwrap_or_else(|| Schema::catalogue());
    let Some(query) = compile(args, &text, schema, output)? else { return Ok(Exit::FoundProblem) };
    let started = Instant::now();
    let order = order(args, schema, &query)?;
    let (search, scan) = reading::scan_with(&args.inputs, Threads::Many, output, |inputs, scan| {
        let options = SearchOptions {
            size: args.size,
            max_samples_per_key: args.max_samples_per_key,
            scan,
            ..SearchOptions::new(order)
        };
        let mut search = search::search(&query, inputs, &options)?;
        let scan = std::mem::take(&mut search.scan);
        Ok((search, scan))
    })?;
    if search.without_time > 0 {
        let field = &args.timestamp_field;
        output.warning(&format!("{} events have no `{field}` and were left out", search.without_time));
    }
    if search.too_many_keys > 0 {
        output.warning(&format!("{} hits were left out: {TooManyKeys}", search.too_many_keys));
    }
    let mut out = output.stdout();
    match args.output {
        QueryOutput::Response => write_json(&mut out, &response_json(&search, started.elapsed()))?,
        QueryOutput::Ndjson => write_lines(&mut out, &search.results)?,
        QueryOutput::Table => table::write(&mut out, &search, &args.timestamp_field, output)?,
    }
    out.flush()?;
    say_what_is_left_out(&search, output)?;
    Ok(if scan.problems.is_empty() { Exit::Ran } else { Exit::FoundProblem })
}

/// A query as it was written, and what it is called in messages.
struct QueryText {
    name: String,
    text: String,
}

impl QueryText {
    fn read(args: &QueryArgs) -> Result<Self, Failure> {
        Ok(match args.query.strip_prefix('@') {
            Some(file) => Self { name: file.to_owned(), text: read(&PathBuf::from(file))? },
            None => Self { name: "query".to_owned(), text: args.query.clone() },
        })
    }

    fn compile(&self, args: &QueryArgs, schema: &Schema) -> Compiled {
        eql::compile(&self.text, Options { schema, event_category_field: &args.event_category_field })
    }
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::Read { file: file.clone(), error })
}

/// The fields of the events by the mappings that were given; `None` if none were.
fn mapped(args: &QueryArgs, query: &QueryText) -> Result<Option<Schema>, Failure> {
    if args.mapping.is_empty() {
        return Ok(None);
    }
    let mut texts = args.mapping.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let schema = Schema::from_mappings(texts.iter().map(String::as_str))?;
    if !may_read_unmapped(args, query, &schema) {
        return Ok(Some(schema));
    }
    match dynamic_mapping(&schema, &inputs(args)) {
        Some(text) => texts.push(text),
        None => return Ok(Some(schema)),
    }
    Ok(Some(Schema::from_mappings(texts.iter().map(String::as_str))?))
}

fn inputs(args: &QueryArgs) -> Vec<Input> {
    args.inputs.events.iter().map(Input::from_argument).collect()
}

/// Whether the query reads a field that is not mapped: then it is worth a look whether the events have it.
fn may_read_unmapped(args: &QueryArgs, query: &QueryText, schema: &Schema) -> bool {
    let has_optional = query.text.contains('?');
    let options = [Some(&args.timestamp_field), args.tiebreaker_field.as_ref()];
    let is_unknown = |diagnostic: &Diagnostic| diagnostic.code == "eql::unknown-field";
    has_optional
        || options.into_iter().flatten().any(|name| schema.field_type(name).is_none())
        || query.compile(args, schema).diagnostics.iter().any(is_unknown)
}

/// The query; `None` if it is refused, and why has been said.
fn compile(
    args: &QueryArgs,
    query: &QueryText,
    schema: &Schema,
    output: &Output,
) -> Result<Option<Query>, Failure> {
    let compiled = query.compile(args, schema);
    let mut err = output.stderr();
    for diagnostic in &compiled.diagnostics {
        write!(err, "{}", render(diagnostic, &query.name, Some(&query.text)))?;
    }
    Ok(compiled.query)
}

/// The fields that put events in order. A sample needs no time.
fn order(args: &QueryArgs, schema: &Schema, query: &Query) -> Result<EventOrder, Failure> {
    let needs_time = !matches!(query.plan, Plan::Sample(_));
    let unknown = |name: &str| Failure::UnknownField(name.to_owned());
    let timestamp = match schema.field(&args.timestamp_field) {
        Some(field) => field,
        None if needs_time && schema.is_strict() => return Err(unknown(&args.timestamp_field)),
        None => Field::new(args.timestamp_field.as_str(), FieldType::Date),
    };
    if !matches!(timestamp.field_type, FieldType::Date | FieldType::DateNanos) {
        return Err(Failure::NoDate(args.timestamp_field.clone()));
    }
    let tiebreaker = |name: &String| match schema.field(name) {
        Some(field) => Ok(field),
        None if schema.is_strict() => Err(unknown(name)),
        None => Ok(unmapped(name, schema, &inputs(args))),
    };
    Ok(EventOrder { timestamp, tiebreaker: args.tiebreaker_field.as_ref().map(tiebreaker).transpose()? })
}

/// A field that the catalogue does not know, of the type that its first value tells, else a keyword.
fn unmapped(name: &str, schema: &Schema, inputs: &[Input]) -> Field {
    let mapping = dynamic_mapping(schema, inputs);
    let mapped = mapping.and_then(|mapping| Schema::from_mappings([mapping.as_str()]).ok());
    mapped.and_then(|schema| schema.field(name)).unwrap_or_else(|| Field::new(name, FieldType::Keyword))
}

fn write_json(out: &mut BufWriter<impl Write>, value: &serde_json::Value) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// A line a result.
fn write_lines(out: &mut BufWriter<impl Write>, results: &Results) -> Result<(), Failure> {
    let lines: Box<dyn Iterator<Item = serde_json::Value>> = match results {
        Results::Events(events) => Box::new(events.iter().map(event_json)),
        Results::Sequences(found) => Box::new(found.iter().map(|one| sequence_json(one, false))),
        Results::Samples(found) => Box::new(found.iter().map(|one| sequence_json(one, true))),
    };
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn say_what_is_left_out(search: &Search, output: &Output) -> Result<(), Failure> {
    let shown = search.results.len();
    if (shown as u64) < search.found {
        let found = search.found;
        writeln!(
            output.stderr(),
            "{shown} of {found} results shown; `--size` and the query's pipes say how many"
        )?;
    }
    Ok(())
}
