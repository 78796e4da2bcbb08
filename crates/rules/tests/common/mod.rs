//! What the tests over the corpora share.

use std::path::{Path, PathBuf};

/// A folder of the corpora; `None`, after saying so, if it is not there.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("RULEHOUND_CORPORA").map_or_else(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} does not exist (set RULEHOUND_CORPORA)", folder.display());
    None
}
