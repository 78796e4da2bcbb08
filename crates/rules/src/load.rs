//! Loading sets of rules from files and folders.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rulehound_query::{Diagnostic, Query, Severity};
use walkdir::WalkDir;

use crate::compile::{Compilation, Status, compile, compile_kind};
use crate::kind::RuleType;
use crate::problem::Problem;
use crate::read::{Literal, Reading, read_toml};
use crate::rule::Rule;
use crate::values::RuleId;
use crate::versions::VersionLocks;

/// Rules that were loaded together, and all there is to say about them. A broken rule costs only itself.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules that could be read, in the order of their files: as named, and sorted within a folder.
    pub rules: Vec<LoadedRule>,
    /// Files that should hold a rule and could not be read as one.
    pub unread: Vec<UnreadRule>,
    /// Errors and warnings, in the same order.
    pub problems: Vec<Problem>,
    /// Files in the folders that are no TOML, and hidden folders, which were passed over.
    pub other_files: usize,
}

/// A rule that could be read.
#[derive(Clone, Debug)]
pub struct LoadedRule {
    /// The rule.
    pub rule: Rule,
    /// Its file.
    pub file: PathBuf,
    /// Whether it can be run.
    pub status: Status,
}

/// A file that should hold a rule and could not be read as one.
#[derive(Clone, Debug)]
pub struct UnreadRule {
    /// The file.
    pub file: PathBuf,
    /// Its type, as far as could be told.
    pub rule_type: Option<RuleType>,
}

impl RuleSet {
    /// Loads the rules of files and folders. A folder stands for all `*.toml` files below it; a file is read
    /// whatever its name. A file that is named twice is loaded once.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut loader = Loader::default();
        for path in paths {
            loader.find(path.as_ref());
        }
        let found = std::mem::take(&mut loader.found);
        for (found, read) in found.iter().zip(read_all(&found)) {
            match read {
                Ok(read) => loader.add(found, read),
                Err(error) => loader.add_unreadable(&found.file, &error),
            }
        }
        loader.set
    }

    /// The rules that can be run, in their order.
    pub fn compiled(&self) -> impl Iterator<Item = (&Rule, &Query)> {
        self.rules.iter().filter_map(|loaded| match &loaded.status {
            Status::Compiled(query) => Some((&loaded.rule, &**query)),
            Status::NotRun(_) | Status::Failed => None,
        })
    }

    /// Whether anything at all could be read, sound or not.
    pub fn is_unreadable(&self) -> bool {
        self.rules.is_empty() && self.problems.iter().all(|problem| problem.source.is_none())
    }
}

/// A file to be read, or why there is none.
struct Found {
    file: PathBuf,
    /// The folder that it really lies in.
    folder: PathBuf,
    error: Option<std::io::Error>,
}

/// A file that was read and compiled, on its own.
struct ReadFile {
    source: Arc<str>,
    reading: Reading,
    compilation: Compilation,
}

#[derive(Default)]
struct Loader {
    set: RuleSet,
    found: Vec<Found>,
    /// Files that were found, by their real path.
    seen: HashSet<PathBuf>,
    /// The file that an id was first found in.
    ids: HashMap<RuleId, PathBuf>,
    locks: VersionLocks,
}

impl Loader {
    /// Finds the files of a path.
    fn find(&mut self, path: &Path) {
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0
                || !entry.file_type().is_dir()
                || !entry.file_name().as_encoded_bytes().starts_with(b".")
        };
        let mut walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if !visible(&entry) => {
                    self.set.other_files += 1;
                    walk.skip_current_dir();
                }
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if entry.depth() == 0 || is_toml(&entry) => self.find_file(entry.path()),
                Ok(_) => self.set.other_files += 1,
                Err(error) => {
                    let file = error.path().unwrap_or(path).to_owned();
                    let what = error.to_string();
                    let error = error.into_io_error().unwrap_or_else(|| std::io::Error::other(what));
                    self.found.push(Found { file, folder: PathBuf::new(), error: Some(error) });
                }
            }
        }
    }

    fn add_unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => "file::not-found",
            _ => "file::unreadable",
        };
        let problem = Problem::with_file(path.to_owned(), code, format!("cannot be read: {error}"));
        self.set.problems.push(problem);
        self.set.unread.push(UnreadRule { file: path.to_owned(), rule_type: None });
    }

    fn find_file(&mut self, file: &Path) {
        // A pipe (`<(...)` in a shell) can be read and has no real path.
        let real_path = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let folder = real_path.parent().map(Path::to_owned).unwrap_or_default();
        if self.seen.insert(real_path) {
            self.found.push(Found { file: file.to_owned(), folder, error: None });
        }
    }

    fn add(&mut self, Found { file, folder, .. }: &Found, read: ReadFile) {
        let ReadFile { source, reading, compilation } = read;
        let Reading { rule, rule_id, rule_type, spans, mut findings, .. } = reading;
        let Compilation { mut status, diagnostics, not_applied } = compilation;
        let span = |field: &str| spans.get(field).cloned().unwrap_or_default();
        findings.extend(into_document(diagnostics, &Literal::new(&source, span("query"))));
        match rule {
            None => self.set.unread.push(UnreadRule { file: file.to_owned(), rule_type }),
            Some(mut rule) => {
                if !spans.contains_key("version")
                    && let Some(version) = self.locks.version(folder, &rule.rule_id, &mut self.set.problems)
                {
                    rule.version = version;
                }
                findings.extend(
                    not_applied.into_iter().map(|(field, effect)| unapplied(field, effect, span(field))),
                );
                if let Some(first) = self.ids.get(&rule.rule_id) {
                    findings.push(duplicate(&rule.rule_id, first, span("rule_id")));
                    status = Status::Failed;
                } else {
                    self.ids.insert(rule.rule_id.clone(), file.to_owned());
                }
                self.set.rules.push(LoadedRule { rule, file: file.to_owned(), status });
            }
        }
        findings.sort_by_key(|finding| finding.span.start);
        self.set.problems.extend(findings.into_iter().map(|diagnostic| Problem {
            file: file.to_owned(),
            source: Some(source.clone()),
            rule_id: rule_id.clone(),
            diagnostic,
        }));
    }
}

/// Fewer files than this are not worth a thread.
const FILES_PER_THREAD: usize = 16;

/// Reads and compiles files, on several threads if there are many. Gives them in their order.
fn read_all(found: &[Found]) -> Vec<std::io::Result<ReadFile>> {
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
    fn read(&self) -> std::io::Result<ReadFile> {
        if let Some(error) = &self.error {
            return Err(std::io::Error::new(error.kind(), error.to_string()));
        }
        let (text, reading) = match String::from_utf8(std::fs::read(&self.file)?) {
            Ok(text) => {
                let reading = read_toml(&text);
                (text, reading)
            }
            Err(error) => not_utf8(&error),
        };
        let compilation = match (&reading.rule, &reading.kind) {
            (Some(rule), _) => compile(rule),
            // The query of a broken rule is looked at all the same: its author mends both at once.
            (None, Some(kind)) => compile_kind(kind),
            (None, None) => Compilation::failed(),
        };
        Ok(ReadFile { source: text.into(), reading, compilation })
    }
}

/// Whether it is a regular file (a pipe would never end) named as TOML.
fn is_toml(entry: &walkdir::DirEntry) -> bool {
    entry.file_type().is_file() && entry.path().extension().is_some_and(|end| end == "toml")
}

/// Diagnostics of a query as diagnostics of the document that it stands in.
fn into_document(mut diagnostics: Vec<Diagnostic>, literal: &Literal) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.span = literal.span(diagnostic.span.clone());
    }
    diagnostics
}

fn unapplied(field: &str, effect: &str, span: Range<usize>) -> Diagnostic {
    Diagnostic {
        code: "rule::not-applied",
        severity: Severity::Warning,
        message: format!("`rule.{field}` is not applied yet: {effect}"),
        span,
        label: None,
        help: None,
    }
}

fn duplicate(rule_id: &RuleId, first: &Path, span: Range<usize>) -> Diagnostic {
    Diagnostic {
        code: "rule::duplicate-id",
        severity: Severity::Error,
        message: format!("rule id `{rule_id}` is taken"),
        span,
        label: None,
        help: Some(format!("the rule in {} has the same id and was loaded first", first.display())),
    }
}

/// Bytes that are no text: as much of them as can be shown, and the problem at the first bad one.
fn not_utf8(error: &std::string::FromUtf8Error) -> (String, Reading) {
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let at = error.utf8_error().valid_up_to();
    let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |bad| at + bad.len_utf8());
    let finding = Diagnostic {
        code: "file::not-utf-8",
        severity: Severity::Error,
        message: "not UTF-8".to_owned(),
        span: at..end,
        label: None,
        help: Some("TOML is always UTF-8: save the file in that encoding".to_owned()),
    };
    (text, Reading { findings: vec![finding], ..Reading::default() })
}
