//! Index patterns: `logs-endpoint.events.*`, `-*elastic-cloud-logs-*`.

/// A list of index patterns, as a rule has it.
#[derive(Clone, Debug, Default)]
pub struct IndexPatterns {}
