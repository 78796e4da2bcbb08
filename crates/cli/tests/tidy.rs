//! What the compiler does not hold the source to.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// Most lines of a file. What is longer has more than one job, or is a table and stands here.
const MOST_LINES: usize = 600;
const TABLES: &[&str] = &["events/src/normalize/windows/security_data.rs", "events/tests/windows.rs"];

#[test]
fn every_file_says_what_it_is_for_and_has_one_job() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut faults: Vec<String> = Vec::new();
    let mut files = 0;
    for entry in WalkDir::new(crates).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|end| end != "rs") {
            continue;
        }
        files += 1;
        let path = entry.path().strip_prefix(crates).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(entry.path()).unwrap();
        // Unit tests in a file of their own are for what the module they belong to is for.
        if !path.ends_with("/tests.rs") && !text.starts_with("//! ") {
            faults.push(format!("{path} does not begin with what it is for (`//!`)"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES && !TABLES.contains(&path.as_str()) {
            faults.push(format!("{path} has {lines} lines"));
        }
    }
    assert!(files > 100, "only {files} files below {}", crates.display());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
