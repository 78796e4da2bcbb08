//! Every event file of the corpora can be read. Skipped where the corpora are not at hand.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rulehound_events::read::{Input, ScanOptions, ScanReport, scan};

fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let path = std::env::var_os("RULEHOUND_CORPORA").map_or(beside, PathBuf::from);
    if !path.is_dir() {
        eprintln!("skipped: no corpora at {}", path.display());
        return None;
    }
    Some(path)
}

/// Scans a part of the corpora; gives the report, and the number of events that the sink saw.
fn read(part: &str, threads: usize) -> Option<(ScanReport, usize)> {
    let events = Mutex::new(0);
    let options = ScanOptions { threads, ..ScanOptions::default() };
    let report = scan(&[Input::Path(corpora()?.join(part))], &options, &|batch| {
        *events.lock().unwrap() += batch.num_rows();
        ControlFlow::Continue(())
    });
    Some((report, events.into_inner().unwrap()))
}

#[test]
fn conformance_events_are_read() {
    for (file, expected) in [
        ("test_data.json", 102),
        ("data/extra.data", 23),
        ("data/missing-events.data", 48),
        ("data/sample1.data", 10),
        ("data/sample2.data", 9),
    ] {
        let Some((report, events)) = read(&format!("es-eql/{file}"), 1) else { return };
        assert!(report.problems.is_empty(), "{file}: {:?}", report.problems);
        assert_eq!(events, expected, "{file}");
    }
}
