//! Helpers of the tests: files on the spot, and what a scan makes of them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses some of it")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rulehound_events::read::{Input, ProblemKind, ScanOptions, ScanReport, SkipReason, scan};
use rulehound_events::{EventBatch, Layout};
use rulehound_schema::{Field, FieldSource, FieldType, Value};

/// The corpora, or `None` and a word about it.
#[allow(clippy::print_stderr)]
pub fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let path = std::env::var_os("RULEHOUND_CORPORA").map_or(beside, PathBuf::from);
    if !path.is_dir() {
        eprintln!("skipped: no corpora at {}", path.display());
        return None;
    }
    Some(path)
}

/// A layout of one keyword field, `message`.
pub fn message_layout() -> Arc<Layout> {
    Arc::new(Layout::new([Field::new("message", FieldType::Keyword)]))
}

/// An event as the tests look at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub file: String,
    pub position: u64,
    pub message: String,
    pub id: String,
    pub index: Option<String>,
}

/// What the events of a batch are.
pub fn seen(batch: &EventBatch) -> Vec<Seen> {
    let field = Field::new("message", FieldType::Keyword);
    (0..batch.num_rows())
        .map(|row| {
            let origin = batch.origin(row);
            let event = batch.row(row);
            let message = match event.values(&field).first() {
                Some(Value::String(text)) => text.clone().into_owned(),
                _ => String::new(),
            };
            let (id, index) = (batch.id(row).into_owned(), batch.index(row).map(str::to_owned));
            Seen { file: origin.file.to_string(), position: origin.position, message, id, index }
        })
        .collect()
}

/// Scans some files; gives the events in the order in which they came.
pub fn read(inputs: &[&Path], options: ScanOptions) -> (Vec<Seen>, ScanReport) {
    let inputs: Vec<Input> = inputs.iter().map(|path| Input::from_argument(*path)).collect();
    let events = Mutex::new(Vec::new());
    let options = ScanOptions { layout: message_layout(), ..options };
    let report = scan(&inputs, &options, &|batch| {
        events.lock().unwrap().extend(seen(&batch));
        ControlFlow::Continue(())
    });
    (events.into_inner().unwrap(), report)
}

/// A folder for the files of a test.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// Scans one file of this content; gives the messages, and the kinds of the problems with their positions.
pub fn read_bytes(content: impl AsRef<[u8]>) -> (Vec<String>, Vec<(ProblemKind, u64)>, ScanReport) {
    let folder = Folder::new();
    let path = folder.write("events", content);
    let (events, report) =
        read(&[&path], ScanOptions { max_record_bytes: 1 << 20, ..ScanOptions::default() });
    let problems = report.problems.first().iter().map(|p| (p.kind, p.origin.position)).collect();
    assert_eq!(report.events, events.len() as u64);
    (events.into_iter().map(|event| event.message).collect(), problems, report)
}

/// How many files were skipped for a reason.
pub fn skipped(report: &ScanReport, reason: SkipReason) -> u64 {
    report.skipped.get(&reason).copied().unwrap_or_default()
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 0).unwrap()
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
