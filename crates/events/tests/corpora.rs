//! Every event file of the corpora can be read. Skipped where the corpora are not at hand.

#![allow(clippy::unwrap_used)]

mod common;

use common::{corpora, read};
use rulehound_events::read::ScanOptions;

#[test]
fn all_events_are_read() {
    let Some(corpora) = corpora() else { return };
    for (part, expected) in [
        ("es-eql/test_data.json", 102),
        ("es-eql/data/extra.data", 23),
        ("es-eql/data/missing-events.data", 48),
        ("es-eql/data/eql_date_nanos.data", 102),
        ("es-eql/data/sample1.data", 10),
        ("es-eql/data/sample-multi.data", 10),
        ("golden", 806),
        ("evtx", 4587),
    ] {
        let options = ScanOptions { threads: 2, ..ScanOptions::default() };
        let (events, report) = read(&[&corpora.join(part)], options);
        assert!(report.problems.is_empty(), "{part}: {:?}", report.problems);
        assert_eq!(events.len(), expected, "{part}");
    }
}
