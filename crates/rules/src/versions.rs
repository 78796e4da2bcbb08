//! `version.lock.json`: the versions of rules that do not carry their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulehound_query::{Diagnostic, Severity};
use serde::Deserialize;

use crate::problem::Problem;
use crate::values::RuleId;

const FILE_NAME: &str = "version.lock.json";

/// The versions in one lock file, by rule id.
type Versions = HashMap<String, LockedVersion>;

#[derive(Debug, Deserialize)]
struct LockedVersion {
    version: u64,
}

/// The lock files found so far. A rule belongs to the nearest one in its folder or a folder above.
#[derive(Debug, Default)]
pub(crate) struct VersionLocks {
    by_folder: HashMap<PathBuf, Option<Arc<Versions>>>,
}

impl VersionLocks {
    /// The locked version of a rule in `folder`, an absolute path. A lock file that cannot be read is a problem,
    /// once.
    pub(crate) fn version(
        &mut self,
        folder: &Path,
        rule_id: &RuleId,
        problems: &mut Vec<Problem>,
    ) -> Option<u64> {
        self.nearest(folder, problems)?.get(rule_id.as_str()).map(|locked| locked.version)
    }

    fn nearest(&mut self, folder: &Path, problems: &mut Vec<Problem>) -> Option<Arc<Versions>> {
        if let Some(known) = self.by_folder.get(folder) {
            return known.clone();
        }
        let file = folder.join(FILE_NAME);
        let found = if file.is_file() {
            Some(Arc::new(read(&file).unwrap_or_else(|problem| {
                problems.push(*problem);
                Versions::new()
            })))
        } else {
            folder.parent().and_then(|parent| self.nearest(parent, problems))
        };
        self.by_folder.insert(folder.to_owned(), found.clone());
        found
    }
}

fn read(file: &Path) -> Result<Versions, Box<Problem>> {
    let problem = |message: String, source: Option<Arc<str>>, at: usize| {
        Box::new(Problem {
            file: file.to_owned(),
            source,
            rule_id: None,
            diagnostic: Diagnostic {
                code: "rules::version-lock",
                severity: Severity::Warning,
                message: format!("versions are not known: {message}"),
                span: at..at,
                label: None,
                help: None,
            },
        })
    };
    let text = std::fs::read_to_string(file).map_err(|error| problem(error.to_string(), None, 0))?;
    serde_json::from_str(&text).map_err(|error| {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        problem(error.to_string(), Some(text.as_str().into()), at)
    })
}
