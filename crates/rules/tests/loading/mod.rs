//! Loading rules that a test writes.

use rulehound_rules::{Problem, RuleSet};

/// Writes files into a folder of their own and loads it.
pub(crate) fn load(files: &[(&str, &[u8])]) -> (tempfile::TempDir, RuleSet) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let set = RuleSet::load([folder.path()]);
    (folder, set)
}

/// A problem as `code line:column "text"`.
pub(crate) fn show(problem: &Problem) -> String {
    let at = problem.position().map_or("-".to_owned(), |at| format!("{}:{}", at.line, at.column));
    let text = problem.source.as_deref().and_then(|source| source.get(problem.diagnostic.span.clone()));
    format!("{} {at} {}", problem.diagnostic.code, text.unwrap_or_default())
}
