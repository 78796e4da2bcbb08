//! What the tests over the corpora share.

use std::path::{Path, PathBuf};

/// A folder or file of the corpora; `None`, after saying so, if they are not there.
pub(crate) fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RULEHOUND_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"), PathBuf::from);
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} does not exist (set RULEHOUND_CORPORA)", found.display());
    None
}
