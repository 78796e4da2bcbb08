//! Reading events for a command: with a progress bar on a terminal, and a word on what could not be read.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rulehound_events::read::{self, Input, Progress, ScanOptions, ScanReport};
use rulehound_events::{EventBatch, Layout};

use crate::args::EventInputs;
use crate::commands::Failure;
use crate::output::{Output, counted, printable};

/// How many problems are shown one by one; of all the number is told.
const SHOWN: usize = 20;

/// How many threads read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// One: events come in order.
    One,
    /// As many as asked for, or as there are cores.
    Many,
}

/// Reads the events that were named, and tells on standard error what could not be read.
///
/// # Errors
/// If nothing could be opened.
pub(crate) fn scan(
    inputs: &EventInputs,
    layout: Arc<Layout>,
    threads: Threads,
    output: &Output,
    sink: &(dyn Fn(EventBatch) -> ControlFlow<()> + Sync),
) -> Result<ScanReport, Failure> {
    let read =
        |named: &[Input], options| Ok(((), read::scan(named, &ScanOptions { layout, ..options }, sink)));
    Ok(scan_with(inputs, threads, output, read)?.1)
}

/// Lets `read` read the events that were named, as [`scan`] does: for what brings its own layout and sink.
///
/// # Errors
/// Those of `read`, or if nothing could be opened.
pub(crate) fn scan_with<T>(
    inputs: &EventInputs,
    threads: Threads,
    output: &Output,
    read: impl FnOnce(&[Input], ScanOptions) -> Result<(T, ScanReport), Failure>,
) -> Result<(T, ScanReport), Failure> {
    let asked = || inputs.threads.map(usize::from);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let progress = std::io::stderr().is_terminal().then(Arc::<Progress>::default);
    let options = ScanOptions {
        threads: if threads == Threads::One { 1 } else { asked().unwrap_or_else(cores) },
        index: inputs.index.clone(),
        progress: progress.clone(),
        ..ScanOptions::default()
    };
    let named: Vec<Input> = inputs.events.iter().map(Input::from_argument).collect();
    let is_done = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        if let Some(progress) = &progress {
            scope.spawn(|| show(progress, &is_done));
        }
        let _done = Done(&is_done);
        read(&named, options)
    });
    let (read, report) = result?;
    tell(&report, output)?;
    match report.nothing_was_opened() {
        true => Err(Failure::NoEvents(inputs.events.clone())),
        false => Ok((read, report)),
    }
}

/// Takes the progress bar away at the end, whatever the end is.
struct Done<'d>(&'d AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Draws a progress bar until the scan is done, and takes it away.
fn show(progress: &Progress, is_done: &AtomicBool) {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        bar.set_style(style);
    }
    while !is_done.load(Ordering::Relaxed) {
        bar.set_length(progress.total_bytes());
        bar.set_position(progress.read_bytes());
        std::thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

/// Tells what was not read, and what did not fit.
fn tell(report: &ScanReport, output: &Output) -> std::io::Result<()> {
    let mut err = output.stderr();
    let problems = &report.problems;
    for problem in problems.first().iter().take(SHOWN) {
        output.warning(&problem);
    }
    if problems.total() > SHOWN as u64 {
        let kinds = problems.counts().iter().map(|(kind, n)| format!("{n} {}", kind.code()));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        output.warning(&format!("{} problems in all: {kinds}", problems.total()));
    }
    if !report.skipped.is_empty() {
        let total: u64 = report.skipped.values().sum();
        let reasons = report.skipped.iter().map(|(reason, n)| format!("{n} {}", reason.describe()));
        writeln!(err, "skipped {}: {}", counted(total, "file"), reasons.collect::<Vec<_>>().join(", "))?;
    }
    if report.misfits.total() > 0 {
        let fields = report.misfits.iter().map(|(field, count)| {
            format!("  {field}: {} (first at {})", count.values, printable(&count.first.to_string()))
        });
        let fields = fields.collect::<Vec<_>>().join("\n");
        writeln!(
            err,
            "{} values do not fit the type of their field and match nothing:\n{fields}",
            report.misfits.total()
        )?;
    }
    Ok(())
}
