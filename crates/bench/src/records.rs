//! Events of any kind of input, written to one file of lines that everything measured reads.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use rulehound_events::EventBatch;
use rulehound_events::RecordFormat;
use rulehound_events::read::{Input, ScanOptions, ScanReport, scan};
use serde_json::json;
use tempfile::NamedTempFile;

/// The records of some inputs, one a line, in order.
pub(crate) struct Records {
    pub(crate) file: NamedTempFile,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// What was read.
    pub(crate) report: ScanReport,
}

impl Records {
    /// Reads all events through the project's own readers, and writes each as it was read.
    pub(crate) fn of(inputs: &[Input]) -> io::Result<Self> {
        let file = NamedTempFile::new()?;
        let lines = Mutex::new((BufWriter::with_capacity(1 << 20, file.reopen()?), Ok(())));
        let report = scan(inputs, &ScanOptions::default(), &|batch| {
            let (out, result) = &mut *lines.lock().unwrap_or_else(PoisonError::into_inner);
            *result = write_lines(&batch, out);
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let (mut out, result) = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        result?;
        out.flush()?;
        let bytes = file.as_file().metadata()?.len();
        Ok(Self { file, bytes, report })
    }
}

fn write_lines(batch: &EventBatch, out: &mut BufWriter<File>) -> io::Result<()> {
    for row in 0..batch.num_rows() {
        let original = batch.original(row);
        match batch.format(row) {
            RecordFormat::Json => write_line(original.trim_ascii(), out)?,
            // A line of action and a line of source: what a search gives for the same event is one line.
            RecordFormat::Bulk => {
                let line = original.trim_ascii().split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
                let (index, id) = (batch.index(row), batch.given_id(row));
                write!(out, r#"{{"_index":{},"_id":{},"_source":"#, json!(index), json!(id))?;
                out.write_all(line.trim_ascii())?;
                out.write_all(b"}\n")?;
            }
        }
    }
    Ok(())
}

/// A record that is spread over lines is put into one: outside of strings a line break is but white space, and
/// inside of them JSON has none.
fn write_line(record: &[u8], out: &mut BufWriter<File>) -> io::Result<()> {
    for (number, line) in record.split(|byte| *byte == b'\n').enumerate() {
        if number > 0 {
            out.write_all(b" ")?;
        }
        out.write_all(line)?;
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn records_of_any_form_become_lines() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), "[{\n  \"n\": 1\n}, {\"n\":\n2}]").unwrap();
        let bulk = "{\"index\":{\"_index\":\"i\",\"_id\":\"7\"}}\n{\"n\":3}\n";
        std::fs::write(folder.path().join("b.ndjson"), bulk).unwrap();
        let records = Records::of(&[Input::Path(folder.path().to_owned())]).unwrap();
        let text = std::fs::read_to_string(records.file.path()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let hit = json!({"_index": "i", "_id": "7", "_source": {"n": 3}});
        assert_eq!(lines, [json!({"n": 1}), json!({"n": 2}), hit]);
        assert_eq!((records.report.events, records.bytes), (3, text.len() as u64));
    }
}
