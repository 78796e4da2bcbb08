//! Loading sets of rules from files and folders.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulehound_query::{Diagnostic, Severity};
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
            loader.add(path.as_ref());
        }
        loader.set
    }

    /// Whether anything at all could be read, sound or not.
    pub fn is_unreadable(&self) -> bool {
        self.rules.is_empty() && self.problems.iter().all(|problem| problem.source.is_none())
    }
}

#[derive(Default)]
struct Loader {
    set: RuleSet,
    /// Files that were loaded, by their real path.
    seen: HashSet<PathBuf>,
    /// The file that an id was first found in.
    ids: HashMap<RuleId, PathBuf>,
    locks: VersionLocks,
}

impl Loader {
    fn add(&mut self, path: &Path) {
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
                Ok(entry) if entry.depth() == 0 || is_toml(&entry) => self.add_file(entry.path()),
                Ok(_) => self.set.other_files += 1,
                Err(error) => {
                    let path = error.path().unwrap_or(path).to_owned();
                    let what = error.to_string();
                    self.add_unreadable(
                        &path,
                        &error.into_io_error().unwrap_or_else(|| std::io::Error::other(what)),
                    );
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

    fn add_file(&mut self, file: &Path) {
        // A pipe (`<(...)` in a shell) can be read and has no real path.
        let real_path = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) => return self.add_unreadable(file, &error),
        };
        let folder = real_path.parent().map(Path::to_owned).unwrap_or_default();
        if !self.seen.insert(real_path) {
            return;
        }
        let (text, reading) = match String::from_utf8(bytes) {
            Ok(text) => {
                let reading = read_toml(&text);
                (text, reading)
            }
            Err(error) => not_utf8(&error),
        };
        self.add_reading(file, &folder, &text.into(), reading);
    }

    fn add_reading(&mut self, file: &Path, folder: &Path, source: &Arc<str>, reading: Reading) {
        let Reading { rule, rule_id, rule_type, kind, spans, mut findings } = reading;
        let span = |field: &str| spans.get(field).cloned().unwrap_or_default();
        let of_query = |diagnostics| into_document(diagnostics, &Literal::new(source, span("query")));
        match rule {
            None => {
                // The query of a broken rule is looked at all the same: its author mends both at once.
                findings
                    .extend(of_query(kind.map(|kind| compile_kind(&kind).diagnostics).unwrap_or_default()));
                self.set.unread.push(UnreadRule { file: file.to_owned(), rule_type });
            }
            Some(mut rule) => {
                if !spans.contains_key("version")
                    && let Some(version) = self.locks.version(folder, &rule.rule_id, &mut self.set.problems)
                {
                    rule.version = version;
                }
                let Compilation { mut status, diagnostics, not_applied } = compile(&rule);
                findings.extend(of_query(diagnostics));
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
