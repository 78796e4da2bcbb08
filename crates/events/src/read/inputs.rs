//! Which files to read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;
use walkdir::{DirEntry, WalkDir};

use super::zip_archive::Member;
use super::{Input, ProblemKind, ScanReport, SkipReason};
use crate::Origin;

/// A file to be read.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) location: Location,
    /// Its name in messages.
    pub(super) name: Arc<str>,
    /// Whether it was named itself, so that it is wrong if it holds no events.
    pub(super) is_named: bool,
    /// Its size in bytes, where known.
    pub(super) size: u64,
}

/// Where a file is.
#[derive(Clone, Debug)]
pub(super) enum Location {
    Stdin,
    File(PathBuf),
    Member(Member),
}

/// The files that inputs stand for, each once: in the order of the inputs, and by name within a folder or glob.
pub(super) fn expand(inputs: &[Input], report: &mut ScanReport) -> Vec<Pending> {
    let mut files = Files { pending: Vec::new(), seen: HashSet::new(), stdin: false, report };
    for input in inputs {
        match input {
            Input::Stdin => files.add_stdin(),
            Input::Path(path) if path.is_dir() => files.walk(path, |_| true),
            Input::Path(path) if path.exists() => files.add(path.clone(), true),
            Input::Path(path) => files.add_glob(path),
        }
    }
    files.pending
}

struct Files<'r> {
    pending: Vec<Pending>,
    seen: HashSet<PathBuf>,
    stdin: bool,
    report: &'r mut ScanReport,
}

fn name_of(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

impl Files<'_> {
    fn problem(&mut self, kind: ProblemKind, path: &Path, message: impl Into<String>) {
        self.report.problems.add(kind, Origin { file: name_of(path), position: 0 }, message);
    }

    fn add_stdin(&mut self) {
        if std::mem::replace(&mut self.stdin, true) {
            self.report.skip(SkipReason::Duplicate);
        } else {
            self.pending.push(Pending {
                location: Location::Stdin,
                name: "-".into(),
                is_named: true,
                size: 0,
            });
        }
    }

    fn add(&mut self, path: PathBuf, is_named: bool) {
        // What has no canonical path is told by its own.
        if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            return self.report.skip(SkipReason::Duplicate);
        }
        let (name, size) = (name_of(&path), path.metadata().map_or(0, |metadata| metadata.len()));
        self.pending.push(Pending { location: Location::File(path), name, is_named, size });
    }

    /// Adds the files below a folder that are wanted.
    fn walk(&mut self, folder: &Path, mut is_wanted: impl FnMut(&Path) -> bool) {
        let mut hidden = 0;
        let is_hidden =
            |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| {
            let is_hidden = is_hidden(entry);
            hidden += u64::from(is_hidden && entry.file_type().is_file());
            !is_hidden
        }) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_wanted(entry.path()) => {
                    self.add(entry.into_path(), false)
                }
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    self.problem(ProblemKind::Unreadable, &path, error.to_string());
                }
            }
        }
        if hidden > 0 {
            *self.report.skipped.entry(SkipReason::Hidden).or_default() += hidden;
        }
    }

    /// Adds the files that match a pattern, for shells that do not expand it.
    fn add_glob(&mut self, pattern: &Path) {
        let text = pattern.to_string_lossy();
        let matcher = match GlobBuilder::new(&text).literal_separator(true).build() {
            Ok(glob) if text.contains(['*', '?', '[', '{']) => glob.compile_matcher(),
            Ok(_) | Err(_) => return self.problem(ProblemKind::NotFound, pattern, "no such file or folder"),
        };
        // Walk below the longest part that is no pattern.
        let is_literal = |part: &std::path::Component<'_>| {
            !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{'])
        };
        let base: PathBuf = pattern.components().take_while(is_literal).collect();
        let has_base = !base.as_os_str().is_empty();
        let mut is_matched = false;
        let base = if has_base { base } else { PathBuf::from(".") };
        let relative = |path: &Path| match has_base {
            true => path.to_owned(),
            false => path.strip_prefix(".").unwrap_or(path).to_owned(),
        };
        if base.is_dir() {
            self.walk(&base, |path| {
                let matches = matcher.is_match(relative(path));
                is_matched |= matches;
                matches
            });
        }
        if !is_matched {
            self.problem(ProblemKind::NotFound, pattern, "no file matches");
        }
    }
}
