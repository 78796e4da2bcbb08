//! Loading sets of rules from files and folders.

mod file;
mod link;
mod value_lists;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulehound_query::{Diagnostic, Query, Severity};
use walkdir::WalkDir;

use self::file::{Found, Outcome, ReadFile, is_candidate, read_all};
use self::link::Linker;
pub use self::link::LoadedList;
pub use self::value_lists::LoadedValueList;
use crate::compile::{Compilation, Status};
use crate::kind::{OperatingSystem, RuleKind, RuleType};
use crate::problem::Problem;
use crate::read::{Literal, Reading};
use crate::rule::Rule;
use crate::values::{RuleId, RuleVersion};
use crate::versions::VersionLocks;

/// Rules that were loaded together, and all there is to say about them. A broken rule costs only itself.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules that could be read, in the order of their files: as named, and sorted within a folder.
    pub rules: Vec<LoadedRule>,
    /// What should be a rule and could not be read as one.
    pub unread: Vec<UnreadRule>,
    /// Errors and warnings, in the same order.
    pub problems: Vec<Problem>,
    /// What was loaded beside rules and belongs to them.
    pub shared: Shared,
    /// Files in the folders that hold no rules, and hidden folders, which were passed over.
    pub other_files: usize,
}

/// What rules may refer to.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Exception lists, in the order of their ids.
    pub exception_lists: Vec<LoadedList>,
    /// Value lists, in the order of their ids. One that has a file of its own is loaded if an exception names it.
    pub value_lists: Vec<LoadedValueList>,
    /// How many saved queries.
    pub saved_queries: usize,
    /// How many data views.
    pub data_views: usize,
    /// How many connectors, which carry alerts elsewhere and have no meaning here.
    pub connectors: usize,
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

/// What should be a rule and could not be read as one.
#[derive(Clone, Debug)]
pub struct UnreadRule {
    /// The file.
    pub file: PathBuf,
    /// Its type, as far as could be told.
    pub rule_type: Option<RuleType>,
}

impl RuleSet {
    /// Loads the rules of files and folders. A folder stands for all `*.toml` files below it, and for those of `*.json`,
    /// `*.ndjson` and `*.jsonl` in which there is a rule or what goes with rules; a file is read whatever its name, as
    /// TOML or JSON if that says so, else as its content says. A file that is named twice is loaded once.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut loader = Loader::default();
        for path in paths {
            loader.find(path.as_ref());
        }
        let found = std::mem::take(&mut loader.found);
        for (found, read) in found.iter().zip(read_all(&found)) {
            match read {
                Ok(Outcome::Read(read)) => loader.add(found, *read),
                Ok(Outcome::Other) => loader.set.other_files += 1,
                Err(error) => loader.add_unreadable(&found.file, &error),
            }
        }
        loader.finish()
    }

    /// Reads what would be in a file of that name, in the current folder.
    pub fn read(file: &Path, bytes: Vec<u8>) -> Self {
        let mut loader = Loader::default();
        let found = Found { file: file.to_owned(), folder: PathBuf::new(), is_named: true, error: None };
        loader.add(&found, ReadFile::of_bytes(file, bytes));
        loader.finish()
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

#[derive(Default)]
struct Loader {
    set: RuleSet,
    found: Vec<Found>,
    /// Files that were found, by their real path.
    seen: HashSet<PathBuf>,
    /// The files of the rules of an id, each with the systems that the rule is for.
    ids: HashMap<RuleId, Vec<(PathBuf, Vec<OperatingSystem>)>>,
    locks: VersionLocks,
    linker: Linker,
    /// What there is to say of files and rules, in order.
    told: Vec<Told>,
}

/// What there is to say of a file, or of a rule in it.
struct Told {
    file: PathBuf,
    source: Arc<str>,
    rule_id: Option<RuleId>,
    findings: Vec<Diagnostic>,
    /// The rule, by its place in the set, and where its fields stand.
    rule: Option<(usize, HashMap<String, Range<usize>>)>,
}

impl Loader {
    /// Finds the files of a path.
    fn find(&mut self, path: &Path) {
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0
                || !entry.file_type().is_dir()
                || !entry.file_name().as_encoded_bytes().starts_with(b".")
        };
        // Their files are read when an exception names them.
        let holds_values = |entry: &walkdir::DirEntry| {
            entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name() == value_lists::FOLDER
        };
        let mut walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if !visible(&entry) => {
                    self.set.other_files += 1;
                    walk.skip_current_dir();
                }
                Ok(entry) if holds_values(&entry) => walk.skip_current_dir(),
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if entry.depth() == 0 || may_hold_rules(&entry) => {
                    self.find_file(entry.path(), entry.depth() == 0);
                }
                Ok(_) => self.set.other_files += 1,
                Err(error) => {
                    let file = error.path().unwrap_or(path).to_owned();
                    let what = error.to_string();
                    let error = error.into_io_error().unwrap_or_else(|| std::io::Error::other(what));
                    let (folder, error) = (PathBuf::new(), Some(error));
                    self.found.push(Found { file, folder, is_named: true, error });
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

    fn find_file(&mut self, file: &Path, is_named: bool) {
        // A pipe (`<(...)` in a shell) can be read and has no real path.
        let real_path = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let folder = real_path.parent().map(Path::to_owned).unwrap_or_default();
        if self.seen.insert(real_path) {
            self.found.push(Found { file: file.to_owned(), folder, is_named, error: None });
        }
    }

    fn add(&mut self, Found { file, folder, .. }: &Found, read: ReadFile) {
        let ReadFile { source, rules, mut contents } = read;
        for (reading, compilation) in rules {
            self.add_rule(file, folder, &source, reading, compilation);
        }
        let findings = std::mem::take(&mut contents.findings);
        self.linker.add(file, folder, &source, contents);
        self.told.push(Told { file: file.clone(), source, rule_id: None, findings, rule: None });
    }

    fn add_rule(
        &mut self,
        file: &Path,
        folder: &Path,
        source: &Arc<str>,
        reading: Reading,
        compilation: Compilation,
    ) {
        let Reading { rule, rule_id, rule_type, spans, mut findings, .. } = reading;
        let Compilation { mut status, diagnostics, filter_problems, threat_diagnostics } = compilation;
        let mut place = None;
        let span = |field: &str| spans.get(field).cloned().unwrap_or_default();
        findings.extend(into_document(diagnostics, &Literal::new(source, span("query"))));
        findings.extend(into_document(threat_diagnostics, &Literal::new(source, span("threat_query"))));
        findings.extend(filter_problems.into_iter().map(|message| broken_filter(message, span("filters"))));
        match rule {
            None => self.set.unread.push(UnreadRule { file: file.to_owned(), rule_type }),
            Some(mut rule) => {
                if !spans.contains_key("version")
                    && let Some(version) = self.locks.version(folder, &rule.rule_id, &mut self.set.problems)
                {
                    rule.version = RuleVersion::Number(version);
                }
                if let Some(first) = self.taken(&rule) {
                    findings.push(duplicate(&rule.rule_id, first, span("rule_id")));
                    status = Status::Failed;
                } else {
                    self.ids.entry(rule.rule_id.clone()).or_default().push((file.to_owned(), systems(&rule)));
                }
                place = Some(self.set.rules.len());
                self.set.rules.push(LoadedRule { rule, file: file.to_owned(), status });
            }
        }
        let (file, source) = (file.to_owned(), source.clone());
        self.told.push(Told { file, source, rule_id, findings, rule: place.map(|place| (place, spans)) });
    }

    /// The file of a rule with the same id. Two behaviour rules may share it, one for some systems, one for others, and so may
    /// a behaviour rule and a detection rule: the ids are of different products.
    fn taken(&self, rule: &Rule) -> Option<&Path> {
        let own = systems(rule);
        let differ = |others: &[OperatingSystem]| match (own.is_empty(), others.is_empty()) {
            (true, true) => false,
            (false, false) => !own.iter().any(|system| others.contains(system)),
            _ => true,
        };
        let mut known = self.ids.get(&rule.rule_id)?.iter();
        known.find(|(_, others)| !differ(others)).map(|(file, _)| file.as_path())
    }

    /// Gives the rules what they refer to, and all there is to say.
    fn finish(mut self) -> RuleSet {
        for told in &mut self.told {
            let Told { findings, rule: Some((place, spans)), .. } = told else { continue };
            let span = |field: &str| spans.get(field).cloned().unwrap_or_default();
            if let Some(loaded) = self.set.rules.get_mut(*place) {
                self.linker.link(loaded, &span, findings);
            }
        }
        for Told { file, source, rule_id, mut findings, .. } in self.told {
            findings.sort_by_key(|finding| finding.span.start);
            self.set.problems.extend(findings.into_iter().map(|diagnostic| Problem {
                file: file.clone(),
                source: Some(source.clone()),
                rule_id: rule_id.clone(),
                diagnostic,
            }));
        }
        let (shared, problems) = self.linker.finish();
        self.set.problems.extend(problems);
        self.set.shared = shared;
        self.set
    }
}

/// The systems that a rule is for, if it says.
fn systems(rule: &Rule) -> Vec<OperatingSystem> {
    match &rule.kind {
        RuleKind::Behavior(behavior) => behavior.os_list.clone(),
        _ => Vec::new(),
    }
}

/// Whether it is a regular file (a pipe would never end) with a name of those that hold rules.
fn may_hold_rules(entry: &walkdir::DirEntry) -> bool {
    entry.file_type().is_file() && is_candidate(entry.path())
}

/// Diagnostics of a query as diagnostics of the document that it stands in.
fn into_document(mut diagnostics: Vec<Diagnostic>, literal: &Literal) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.span = literal.span(diagnostic.span.clone());
    }
    diagnostics
}

fn broken_filter(message: String, span: Range<usize>) -> Diagnostic {
    Diagnostic { code: "rule::filter", severity: Severity::Error, message, span, label: None, help: None }
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
