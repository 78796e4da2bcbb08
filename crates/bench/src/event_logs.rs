//! Windows event logs: the hunt beside the `evtx` crate that only renders the same files to JSON.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use evtx::{EvtxParser, ParserSettings};
use rulehound_events::read::Input;
use walkdir::WalkDir;

const MAGIC: &[u8; 8] = b"ElfFile\0";

/// The event logs among the files named and below the folders named, told by their content.
pub(crate) fn find(inputs: &[Input]) -> Vec<PathBuf> {
    let named = inputs.iter().filter_map(|input| match input {
        Input::Path(path) => Some(path),
        Input::Stdin => None,
    });
    named
        .flat_map(|path| WalkDir::new(path).sort_by_file_name())
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| is_event_log(path))
        .collect()
}

fn is_event_log(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start == *MAGIC
}

/// Renders all records of the files to JSON, each in memory and then dropped; gives their number and size.
pub(crate) fn render(files: &[PathBuf]) -> io::Result<(u64, u64)> {
    let (mut records, mut bytes) = (0, 0);
    for file in files {
        let Ok(parser) = EvtxParser::from_buffer(std::fs::read(file)?) else { continue };
        let mut parser = parser.with_configuration(ParserSettings::new().indent(false));
        for record in parser.records_json_bytes().flatten() {
            records += 1;
            bytes += std::hint::black_box(&record.data).len() as u64;
        }
    }
    Ok((records, bytes))
}
