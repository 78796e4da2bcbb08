//! Diagnostics as data: what is wrong, where, and what would be right. Rendering comes last, elsewhere.

use std::ops::Range;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The query or rule runs, but something is probably not meant so.
    Warning,
    /// The query or rule cannot run.
    Error,
}

/// One problem in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of problem, such as `eql::unknown-function`.
    pub code: &'static str,
    /// Whether it stops the query.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Bytes of the text it is about.
    pub span: Range<usize>,
    /// What stands at `span`, in a few words, if the message does not say it.
    pub label: Option<String>,
    /// What would be right: the near miss, the form that is allowed.
    pub help: Option<String>,
}
