//! How fast a file of lines is scanned, beside the time to parse it and do nothing with it.
//!
//! `cargo run --release -p rulehound-events --example scan_rate -- EVENTS.ndjson [THREADS]`

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rulehound_events::Layout;
use rulehound_events::read::{Input, ScanOptions, scan};
use rulehound_schema::Schema;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let file = PathBuf::from(arguments.next().unwrap());
    let threads = arguments.next().map_or(1, |threads| threads.parse().unwrap());
    let megabytes = file.metadata().unwrap().len() as f64 / 1e6;
    let rate = |what: &str, start: Instant| {
        let (wall, cpu, peak) = (start.elapsed().as_secs_f64(), cpu_seconds(), peak_megabytes());
        println!("{what}: {wall:.2} s, {:.0} MB/s; {cpu:.2} s of CPU, {peak} MB at most", megabytes / wall);
    };

    if threads == 0 {
        let start = Instant::now();
        println!("{} nodes", parse_only(&file));
        return rate("parse only, 1 thread", start);
    }

    let schema = Schema::catalogue();
    let asked = [
        "@timestamp",
        "event.",
        "process.",
        "file.",
        "registry.",
        "host.",
        "user.",
        "winlog.event_data.",
        "source.",
        "destination.",
        "dns.",
        "dll.",
    ];
    let names = schema.names().filter(|name| asked.iter().any(|start| name.starts_with(start)));
    let layout = Arc::new(Layout::new(
        names.filter_map(|name| schema.field(name)).filter(|f| f.field_type.data_type().is_some()),
    ));
    println!("{} columns", layout.fields().len());
    let options = ScanOptions { layout, threads, ..ScanOptions::default() };
    let start = Instant::now();
    let report = scan(&[Input::Path(file)], &options, &|_| ControlFlow::Continue(()));
    println!(
        "{} events, {} problems, {} misfits",
        report.events,
        report.problems.total(),
        report.misfits.total()
    );
    rate(&format!("scan, {threads} threads"), start);
}

/// Parses every line into a simd-json tape.
fn parse_only(file: &std::path::Path) -> usize {
    let mut reader = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(file).unwrap());
    let mut line = Vec::new();
    let mut buffers = simd_json::Buffers::new(4096);
    let mut tape = simd_json::Tape(Vec::new());
    let mut nodes = 0;
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        let length = line.len();
        if line.trim_ascii().is_empty() {
            line.clear();
            continue;
        }
        line.resize(length + simd_json::INPUT_PADDING, b' ');
        let mut filled = tape.reset();
        simd_json::fill_tape_padded(&mut line, length, &mut buffers, &mut filled).unwrap();
        nodes += filled.0.len();
        tape = filled.reset();
        line.clear();
    }
    nodes
}

/// Most memory this process has held, in MB; 0 where the system does not say.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    peak.unwrap_or_default() / 1024
}

/// Time that all threads of this process have worked, in seconds; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
