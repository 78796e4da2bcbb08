//! Where text goes: results to standard output, all else to standard error, colours only where they are seen.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{BufWriter, IsTerminal, StderrLock, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, Table};
use indicatif::HumanCount;
use rulehound_rules::{Problem, Severity};
use serde_json::Value;

use crate::diagnostics::render_problem;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// How much JSON is written at once, in bytes.
const JSON_BUFFER: usize = 64 << 10;

/// The streams of this run. Text may always be written with styles: they are taken out where not wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    choice: ColorChoice,
}

impl Output {
    /// Colours as asked for; `auto` looks for a terminal and honours `NO_COLOR` and `CLICOLOR_FORCE`.
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let choice = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { choice }
    }

    /// For results. Buffered: flush at the end, so that errors are seen.
    pub(crate) fn stdout(&self) -> BufWriter<AutoStream<StdoutLock<'static>>> {
        BufWriter::new(AutoStream::new(std::io::stdout().lock(), self.choice))
    }

    /// For results that are JSON: there are no styles in it to take out. Buffered likewise.
    pub(crate) fn json(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(JSON_BUFFER, std::io::stdout().lock())
    }

    /// For everything else.
    pub(crate) fn stderr(&self) -> AutoStream<StderrLock<'static>> {
        AutoStream::new(std::io::stderr().lock(), self.choice)
    }

    /// Says why the command could not run.
    pub(crate) fn error(&self, error: &dyn Display) {
        // If standard error is closed there is nobody left to tell.
        let _ = writeln!(self.stderr(), "{ERROR}error{ERROR:#}: {}", printable(&error.to_string()));
    }

    /// Says what is wrong, though the command goes on.
    pub(crate) fn warning(&self, warning: &dyn Display) {
        let _ = writeln!(self.stderr(), "{WARNING}warning{WARNING:#}: {}", printable(&warning.to_string()));
    }

    /// Says what is wrong with a rule, beside the results.
    pub(crate) fn problem(&self, problem: &Problem) {
        let _ = writeln!(self.stderr(), "{}", render_problem(problem));
    }

    /// A table without lines, as wide as the terminal, or as it needs to be where there is none. Its cells
    /// are coloured like other text.
    pub(crate) fn table(&self, header: impl IntoIterator<Item = &'static str>) -> Table {
        let mut table = Table::new();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_header(header.into_iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        if std::io::stdout().is_terminal() {
            table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        }
        table.enforce_styling();
        table
    }
}

/// `1 file`, `1,234 files`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

/// Writes a value as JSON for a person to read, and ends the line.
pub(crate) fn write_json(out: &mut dyn Write, value: &Value) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// The colour of a severity, the same in every table.
pub(crate) fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Low => Color::Blue,
        Severity::Medium => Color::Yellow,
        Severity::High => Color::Red,
        Severity::Critical => Color::Magenta,
    }
}

/// Text from a file as it can be shown: control characters, which could move the cursor or worse, are replaced.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    if text.chars().all(harmless) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(|c| if harmless(c) { c } else { char::REPLACEMENT_CHARACTER }).collect())
    }
}
