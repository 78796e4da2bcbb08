//! Results for a person: a line an event, the events of a sequence or sample together.

use std::io::Write;

use comfy_table::Table;
use rulehound_engine::FoundEvent;
use rulehound_engine::alert::field;
use rulehound_engine::search::{FoundSequence, Results, Search};
use serde_json::Value;

use crate::commands::Failure;
use crate::commands::hunt::telling::telling;
use crate::output::{Output, printable};

pub(super) fn write(
    out: &mut impl Write,
    search: &Search,
    timestamp_field: &str,
    output: &Output,
) -> Result<(), Failure> {
    if search.results.is_empty() {
        return Ok(writeln!(out, "no results")?);
    }
    let mut table = output.table(["#", "Time", "Category", "Host", "User", "What", "Id"]);
    match &search.results {
        Results::Events(events) => {
            for (number, event) in (1..).zip(events) {
                add(&mut table, number, event, timestamp_field);
            }
        }
        Results::Sequences(found) | Results::Samples(found) => {
            for (number, sequence) in (1..).zip(found) {
                add_sequence(&mut table, number, sequence, timestamp_field);
            }
        }
    }
    Ok(writeln!(out, "{table}")?)
}

fn add(table: &mut Table, number: u64, event: &FoundEvent, timestamp_field: &str) {
    let cell = |name: &str| field(&event.document, name).map_or_else(String::new, text);
    let what = telling(&event.document).unwrap_or_default();
    table.add_row([
        number.to_string(),
        cell(timestamp_field),
        cell("event.category"),
        cell("host.name"),
        cell("user.name"),
        printable(&what).into_owned(),
        printable(&event.id).into_owned(),
    ]);
}

fn add_sequence(table: &mut Table, number: u64, sequence: &FoundSequence, timestamp_field: &str) {
    for event in &sequence.events {
        match event {
            Some(event) => add(table, number, event, timestamp_field),
            None => {
                let row = [number.to_string(), String::new(), "(missing)".to_owned()];
                table.add_row(row);
            }
        }
    }
}

/// A value in one line.
fn text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    printable(&text).into_owned()
}
