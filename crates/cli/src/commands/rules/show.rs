//! `rulehound rules show` and `page`: one rule, for reading.

use std::io::Write;

use rulehound_rules::{LoadedRule, Page, Status};
use serde_json::{Map, Value, json};

use super::one;
use crate::args::{PageArgs, PageFormat, ShowArgs, ShowOutput};
use crate::commands::{Exit, Failure};
use crate::output::{Output, printable, write_json};

pub(super) fn run(args: &ShowArgs, output: &Output) -> Result<Exit, Failure> {
    let Some(loaded) = one::load(&args.rule, output)? else { return Ok(Exit::FoundProblem) };
    let mut out = output.stdout();
    match args.output {
        ShowOutput::Text => write_object(&all_fields(&loaded), 0, &mut out)?,
        ShowOutput::Json => write_json(&mut out, &loaded.rule.to_json())?,
        ShowOutput::Ndjson => writeln!(out, "{}", loaded.rule.to_json())?,
    }
    out.flush()?;
    Ok(exit(&loaded))
}

pub(super) fn run_page(args: &PageArgs, output: &Output) -> Result<Exit, Failure> {
    let Some(loaded) = one::load(&args.rule, output)? else { return Ok(Exit::FoundProblem) };
    let page = Page::of(&loaded.rule);
    let text = match args.format {
        PageFormat::Markdown => page.to_markdown(),
        PageFormat::Html => page.to_html(),
    };
    let mut out = output.stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(exit(&loaded))
}

fn exit(loaded: &LoadedRule) -> Exit {
    if loaded.status == Status::Failed { Exit::FoundProblem } else { Exit::Ran }
}

/// The rule's fields, and what only its file and its folder know.
fn all_fields(loaded: &LoadedRule) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("file".into(), loaded.file.display().to_string().into());
    fields.insert("status".into(), loaded.status.as_str().into());
    if let Status::NotRun(reason) = loaded.status {
        fields.insert("reason".into(), reason.to_string().into());
    }
    if let Value::Object(rule) = loaded.rule.to_json() {
        fields.extend(rule);
    }
    fields.insert("metadata".into(), json!(loaded.rule.metadata));
    fields.insert("transform".into(), loaded.rule.transform.clone().into());
    fields
}

/// Writes `key: value`, a line each; what is nested, and text of several lines, is indented below its key.
fn write_object(fields: &Map<String, Value>, indent: usize, out: &mut dyn Write) -> std::io::Result<()> {
    for (key, value) in fields {
        write!(out, "{:indent$}", "")?;
        write_field(key, value, indent, out)?;
    }
    Ok(())
}

fn write_field(key: &str, value: &Value, indent: usize, out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "{}:", printable(key))?;
    write_value(value, indent + 2, out)
}

fn write_value(value: &Value, indent: usize, out: &mut dyn Write) -> std::io::Result<()> {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            writeln!(out)?;
            write_object(fields, indent, out)
        }
        Value::Array(items) if !items.is_empty() => {
            writeln!(out)?;
            items.iter().try_for_each(|item| write_item(item, indent, out))
        }
        Value::String(text) if text.trim_end().contains('\n') => {
            writeln!(out)?;
            text.trim_end().lines().try_for_each(|line| match line {
                "" => writeln!(out),
                line => writeln!(out, "{:indent$}{}", "", printable(line)),
            })
        }
        Value::String(text) if !text.is_empty() => writeln!(out, " {}", printable(text.trim_end())),
        Value::Object(_) | Value::Array(_) | Value::String(_) | Value::Null => writeln!(out, " none"),
        Value::Bool(_) | Value::Number(_) => writeln!(out, " {value}"),
    }
}

/// Writes an item of a list behind a dash; the first field of an object on the same line.
fn write_item(item: &Value, indent: usize, out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "{:indent$}-", "")?;
    match item {
        Value::Object(fields) => fields.iter().enumerate().try_for_each(|(at, (key, value))| {
            let space = if at == 0 { 1 } else { indent + 2 };
            write!(out, "{:space$}", "")?;
            write_field(key, value, indent + 2, out)
        }),
        other => write_value(other, indent + 2, out),
    }
}
