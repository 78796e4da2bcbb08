//! How many results, and which.

use rulehound_query::Pipe;

/// The pipes of a query with the size asked for before them, at the end that the first pipe takes. Without a
/// pipe the last results are kept: Elasticsearch's `result_position` is `tail` unless told otherwise.
pub(super) fn with_size(pipes: &[Pipe], size: usize) -> Vec<Pipe> {
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    let first = match pipes.first() {
        Some(Pipe::Head(_)) => Pipe::Head(size),
        Some(Pipe::Tail(_)) | None => Pipe::Tail(size),
    };
    std::iter::once(first).chain(pipes.iter().copied()).collect()
}

/// Keeps what the pipes let through.
pub(crate) fn apply<T>(pipes: &[Pipe], results: &mut Vec<T>) {
    for pipe in pipes {
        match pipe {
            Pipe::Head(most) => results.truncate(at_most(*most)),
            Pipe::Tail(most) => drop(results.drain(..results.len().saturating_sub(at_most(*most)))),
        }
    }
}

pub(super) fn at_most(most: u64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}
