//! `rulehound events`: what the engine sees.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use rulehound_events::{Document, DocumentRow, EventBatch, Layout, index_of};
use rulehound_schema::{Field, FieldSource, FieldType, Value};

use super::{Exit, Failure};
use crate::args::{EventsArgs, EventsOutput};
use crate::output::{Output, printable};
use crate::reading::{self, Threads};

pub(crate) fn run(args: &EventsArgs, output: &Output) -> Result<Exit, Failure> {
    let mut header = Vec::new();
    if args.output == EventsOutput::Table {
        write_line(&mut header, COLUMNS.map(|(title, _, _)| title))?;
    }
    write(&header)?;
    let failure = Mutex::new(None);
    let write_batch = |batch: EventBatch| match render(&batch, args.output).and_then(|text| write(&text)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            ControlFlow::Break(())
        }
    };
    // One thread, for the order of the events is part of the answer.
    let report =
        reading::scan(&args.inputs, Arc::new(Layout::default()), Threads::One, output, &write_batch)?;
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    Ok(if report.problems.is_empty() { Exit::Ran } else { Exit::FoundProblem })
}

fn write(text: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

fn render(batch: &EventBatch, format: EventsOutput) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in 0..batch.num_rows() {
        let document = batch.document(row);
        match format {
            EventsOutput::Ndjson => {
                serde_json::to_writer(&mut text, &with_metadata(document, batch, row))?;
                text.push(b'\n');
            }
            EventsOutput::Table => write_row(&mut text, &document)?,
        }
    }
    Ok(text)
}

/// The document with `_id` and `_index`, if it does not follow from the document what they are: read again, it is the
/// same event.
fn with_metadata(document: Document, batch: &EventBatch, row: usize) -> Document {
    let id = batch.given_id(row).map(str::to_owned);
    let index = batch.index(row).map(str::to_owned).filter(|name| index_of(&document).as_ref() != Some(name));
    let metadata = [("_index", index), ("_id", id)];
    let metadata = metadata.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    metadata.chain(document).collect()
}

/// Columns of the table: title, width, and the fields of which the first that is there is shown.
const COLUMNS: [(&str, usize, &[&str]); 6] = [
    ("time", 24, &["@timestamp"]),
    ("host", 20, &["host.name", "host.hostname", "host.id"]),
    ("category", 16, &["event.category", "event.dataset"]),
    ("action", 28, &["event.action", "event.code"]),
    ("user", 16, &["user.name", "user.id"]),
    ("subject", 0, &["process.command_line", "process.executable", "file.path", "registry.path", "message"]),
];

fn write_row(text: &mut Vec<u8>, document: &Document) -> std::io::Result<()> {
    let event = DocumentRow::new(document);
    let cells = COLUMNS.map(|(_, _, fields)| {
        let mut values = fields.iter().filter_map(|name| {
            event.values(&Field::new(*name, FieldType::Keyword)).into_iter().find_map(|value| match value {
                Value::String(text) => Some(text.into_owned()),
                _ => None,
            })
        });
        values.next().unwrap_or_default()
    });
    write_line(text, cells.each_ref().map(String::as_str))
}

/// Writes a line of the table as events come: widths are fixed, and nothing is held back.
fn write_line(text: &mut Vec<u8>, cells: [&str; COLUMNS.len()]) -> std::io::Result<()> {
    let line = COLUMNS.iter().zip(cells).map(|((_, width, _), cell)| {
        let cell = printable(cell).replace(['\n', '\t'], " ");
        match cell.chars().count() > *width && *width > 0 {
            true => cell.chars().take(width - 1).chain(['…']).collect(),
            false => format!("{cell:width$}"),
        }
    });
    writeln!(text, "{}", line.collect::<Vec<_>>().join(" ").trim_end())
}
