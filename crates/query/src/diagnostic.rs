//! Diagnostics as data: what is wrong, where, and what would be right. Rendering comes last, elsewhere.

use std::marker::PhantomData;
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

/// The kinds of problems of a language: for each the facts that its text needs, its stable code, the message (one
/// sentence without a full stop) and the help (what would be right), which sees the facts by reference.
macro_rules! problems {
    (
        $(#[$doc:meta])* $visible:vis enum $name:ident;
        $($kind:ident $({ $($fact:ident: $type:ty),* })? : $code:literal, $message:expr, $help:expr;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $visible enum $name {
            $($kind $({ $($fact: $type),* })?,)*
        }

        impl $name {
            /// The codes of all kinds.
            #[cfg(test)]
            $visible const CODES: &[&str] = &[$($code),*];

            #[allow(unused_variables, reason = "no text uses all facts")]
            fn text(&self) -> (&'static str, String, Option<String>) {
                match self {
                    $(Self::$kind $({ $($fact),* })? => {
                        ($code, String::from($message), Option::<String>::from($help))
                    })*
                }
            }
        }
    };
}
pub(crate) use problems;

/// A help that never changes.
pub(crate) fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The near misses, as a help.
pub(crate) fn did_you_mean<'a>(similar: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let names: Vec<String> = similar.into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// A kind of problem of some language.
pub(crate) trait Kind: Sized {
    /// What is said of it.
    fn at(&self, span: Range<usize>) -> Diagnostic;

    /// That there are more than are shown.
    fn too_many(more: usize) -> Self;
}

/// Collects the problems of a text, the first hundred of them.
#[derive(Debug)]
pub(crate) struct Problems<P> {
    diagnostics: Vec<Diagnostic>,
    dropped: usize,
    has_errors: bool,
    kind: PhantomData<P>,
}

impl<P> Default for Problems<P> {
    fn default() -> Self {
        Self { diagnostics: Vec::new(), dropped: 0, has_errors: false, kind: PhantomData }
    }
}

impl<P: Kind> Problems<P> {
    const LIMIT: usize = 100;

    pub(crate) fn add(&mut self, span: Range<usize>, problem: P) {
        self.push(problem.at(span));
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.severity == Severity::Error;
        if self.diagnostics.len() < Self::LIMIT {
            self.diagnostics.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// The problems in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
        self.diagnostics.dedup();
        if self.dropped > 0 {
            let end = self.diagnostics.last().map_or(0, |d| d.span.end);
            let rest = P::too_many(self.dropped).at(end..end);
            let severity = if self.has_errors { Severity::Error } else { Severity::Warning };
            self.diagnostics.push(Diagnostic { severity, ..rest });
        }
        self.diagnostics
    }
}
