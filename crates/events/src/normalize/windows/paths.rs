//! Windows paths.

/// What stands after the last backslash; none if there is no backslash or nothing after it.
pub(super) fn file_name(path: &str) -> Option<&str> {
    path.rsplit_once('\\').map(|(_, name)| name).filter(|name| !name.is_empty())
}

/// What stands before the last backslash.
pub(super) fn directory(path: &str) -> Option<&str> {
    path.rsplit_once('\\').map(|(directory, _)| directory)
}

/// What stands after the last dot of the name.
pub(super) fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('\\').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}
