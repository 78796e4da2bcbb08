//! `rulehound query`: one query over events.

mod esql;
mod fields;
mod table;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use rulehound_engine::correlate::TooManyKeys;
use rulehound_engine::search::{
    self, Results, Search, SearchOptions, event_json, response_json, sequence_json,
};
use rulehound_query::eql::{self, Dialect, Options};
use rulehound_query::{CompiledFilter, Diagnostic, Query, kuery, lucene};
use rulehound_schema::Schema;

use super::{Exit, Failure};
use crate::args::{QueryArgs, QueryLanguage, QueryOutput};
use crate::diagnostics::render;
use crate::output::{Output, write_json};
use crate::reading::{self, Threads};

pub(crate) fn run(args: &QueryArgs, output: &Output) -> Result<Exit, Failure> {
    if args.language == QueryLanguage::Esql {
        return esql::run(args, &QueryText::read(args)?, output);
    }
    if args.inputs.events.is_empty() {
        return Err(Failure::NoInputs);
    }
    let text = QueryText::read(args)?;
    let mapped = fields::mapped(args, &text)?;
    let schema = mapped.as_ref().unwrap_or_else(|| Schema::catalogue());
    let Some(query) = compile(args, &text, schema, output)? else { return Ok(Exit::FoundProblem) };
    let started = Instant::now();
    let order = fields::order(args, schema, &query)?;
    let (search, scan) = reading::scan_with(&args.inputs, Threads::Many, output, |inputs, scan| {
        let options = SearchOptions {
            size: args.size.unwrap_or(search::DEFAULT_SIZE),
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
        // A query may begin with `@timestamp`, which is followed by an operator.
        let is_file = |name: &&str| !name.contains([':', '<', '>', '=']) || PathBuf::from(name).exists();
        Ok(match args.query.strip_prefix('@').filter(is_file) {
            Some(file) => Self { name: file.to_owned(), text: read(&PathBuf::from(file))? },
            None => Self { name: "query".to_owned(), text: args.query.clone() },
        })
    }

    /// Says what there is to say of it.
    fn tell(&self, diagnostics: &[Diagnostic], output: &Output) -> Result<(), Failure> {
        let mut err = output.stderr();
        for diagnostic in diagnostics {
            write!(err, "{}", render(diagnostic, &self.name, Some(&self.text)))?;
        }
        Ok(())
    }

    /// The query, if it is one, and what there is to say of it.
    fn compile(&self, args: &QueryArgs, schema: &Schema) -> (Option<Query>, Vec<Diagnostic>) {
        let of_events = |CompiledFilter { filter, diagnostics }| (filter.map(Query::of_events), diagnostics);
        match args.language {
            QueryLanguage::Kuery => of_events(kuery::compile(&self.text, kuery::Options { schema })),
            QueryLanguage::Lucene => of_events(lucene::compile(&self.text, lucene::Options { schema })),
            QueryLanguage::Eql | QueryLanguage::Esql => {
                // Who gives no mapping has no Elasticsearch at hand either, which alone could refuse the query.
                let dialect = if schema.is_strict() { Dialect::Elasticsearch } else { Dialect::Lenient };
                let event_category_field = &args.event_category_field;
                let compiled = eql::compile(&self.text, Options { schema, event_category_field, dialect });
                (compiled.query, compiled.diagnostics)
            }
        }
    }
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::Read { file: file.clone(), error })
}

/// The query; `None` if it is refused, and why has been said.
fn compile(
    args: &QueryArgs,
    query: &QueryText,
    schema: &Schema,
    output: &Output,
) -> Result<Option<Query>, Failure> {
    let (query_found, diagnostics) = query.compile(args, schema);
    query.tell(&diagnostics, output)?;
    Ok(query_found)
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
