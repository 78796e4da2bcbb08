//! One file: found, read, its rules compiled, without regard to others.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rulehound_query::Window;

use crate::compile::{Compilation, compile, compile_kind};
use crate::read::{self, Contents, Format, ObjectKind, Reading, Text, may_hold_any};

/// A file to be read, or why there is none.
pub(super) struct Found {
    pub(super) file: PathBuf,
    /// The folder that it really lies in.
    pub(super) folder: PathBuf,
    /// Whether it was named by itself, not found in a folder.
    pub(super) is_named: bool,
    pub(super) error: Option<std::io::Error>,
}

/// What became of a file.
pub(super) enum Outcome {
    /// It was read.
    Read(Box<ReadFile>),
    /// It was found in a folder and holds something else.
    Other,
}

/// A file that was read, and its rules compiled.
pub(super) struct ReadFile {
    pub(super) source: Arc<str>,
    pub(super) rules: Vec<(Reading, Compilation)>,
    /// What else is in the file.
    pub(super) contents: Contents,
}

/// Fewer files than this are not worth a thread.
const FILES_PER_THREAD: usize = 16;

/// As much of a JSON file as is looked at to tell whether it may hold rules.
const HEAD: u64 = 64 << 10;

/// Whether a file in a folder is one of those that may hold rules, by its name.
pub(super) fn is_candidate(file: &Path) -> bool {
    Format::of_name(file).is_some()
}

/// Reads and compiles files, on several threads if there are many. Gives them in their order.
pub(super) fn read_all(found: &[Found]) -> Vec<std::io::Result<Outcome>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(found.len() / FILES_PER_THREAD).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut read = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(found) = found.get(place) else { return read };
            read.push((place, found.read()));
        }
    };
    let mut read = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            read.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        read
    });
    read.sort_by_key(|(place, _)| *place);
    read.into_iter().map(|(_, read)| read).collect()
}

impl Found {
    fn read(&self) -> std::io::Result<Outcome> {
        if let Some(error) = &self.error {
            return Err(std::io::Error::new(error.kind(), error.to_string()));
        }
        let format = Format::of_name(&self.file);
        let is_certain = self.is_named || format == Some(Format::Toml);
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(&self.file)?;
        if !is_certain {
            // Events are JSON as well, and there may be much of them.
            (&mut file).take(HEAD).read_to_end(&mut bytes)?;
            if !may_hold_any(&String::from_utf8_lossy(&bytes)) {
                return Ok(Outcome::Other);
            }
        }
        file.read_to_end(&mut bytes)?;
        let text = Text::new(bytes);
        let contents = read::read(&text, format, self.is_named);
        if !is_certain && !holds_any(&contents) {
            return Ok(Outcome::Other);
        }
        Ok(Outcome::Read(Box::new(ReadFile::new(text, contents))))
    }
}

impl ReadFile {
    /// Reads and compiles what would be in a file of that name.
    pub(super) fn of_bytes(file: &Path, bytes: Vec<u8>) -> Self {
        let text = Text::new(bytes);
        let contents = read::read(&text, Format::of_name(file), true);
        Self::new(text, contents)
    }

    fn new(text: Text, mut contents: Contents) -> Self {
        let rules = std::mem::take(&mut contents.rules).into_iter().map(|reading| {
            let compilation = compile_reading(&reading);
            (reading, compilation)
        });
        Self { rules: rules.collect(), source: text.text.into(), contents }
    }
}

/// Whether anything was found in a file that belongs to rules, or it is too broken to tell.
fn holds_any(contents: &Contents) -> bool {
    let is_known = |kind: &ObjectKind| *kind != ObjectKind::Unknown;
    contents.objects.keys().any(is_known) || contents.objects.is_empty() && !contents.rules.is_empty()
}

fn compile_reading(reading: &Reading) -> Compilation {
    match (&reading.rule, &reading.kind) {
        (Some(rule), _) => compile(rule),
        // The query of a broken rule is looked at all the same: its author mends both at once.
        (None, Some(kind)) => compile_kind(kind, Window::EVERY_FIVE_MINUTES),
        (None, None) => Compilation::failed(),
    }
}
