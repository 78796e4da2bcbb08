//! What can be wrong with a query of KQL or Lucene: one entry a kind, with its code, message and help.

use std::collections::HashSet;
use std::ops::Range;

use rulehound_schema::{Field, Schema};

use crate::diagnostic::did_you_mean;
use crate::leaf::LeafError;
use crate::{Diagnostic, Filter, Severity};

/// A compiled query over single events, and what there is to say of it.
#[derive(Clone, Debug)]
pub struct CompiledFilter {
    /// What an event must satisfy; `None` if there are errors.
    pub filter: Option<Filter>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Which language a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Kuery,
    Lucene,
}

macro_rules! code {
    ($language:expr, $name:literal) => {
        match $language {
            Language::Kuery => concat!("kuery::", $name),
            Language::Lucene => concat!("lucene::", $name),
        }
    };
}

/// One kind of problem, with the facts that its text needs.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// The text does not go on as the grammar has it.
    Expected { expected: &'static str, found: String, help: Option<&'static str> },
    /// Brackets in brackets in brackets.
    TooDeep,
    /// `null` where there is a value.
    Null { field: Option<String> },
    /// A field that is not known.
    UnknownField { name: String, similar: Vec<String>, is_strict: bool },
    /// No known field has such a name.
    NoFieldLike { name: String },
    /// A field that holds no values to match.
    NoValues { field: Field },
    /// A question that the field cannot answer.
    Leaf(LeafError),
}

impl Problem {
    fn is_error(&self) -> bool {
        match self {
            Self::Expected { .. } | Self::TooDeep | Self::Null { .. } | Self::Leaf(_) => true,
            Self::UnknownField { .. } | Self::NoFieldLike { .. } | Self::NoValues { .. } => false,
        }
    }

    /// In one sentence.
    pub(crate) fn message(self) -> String {
        self.diagnostic(Language::Lucene, 0..0).message
    }

    fn diagnostic(self, language: Language, span: Range<usize>) -> Diagnostic {
        let severity = if self.is_error() { Severity::Error } else { Severity::Warning };
        let (code, message, help) = match self {
            Self::Expected { expected, found, help } => (
                code!(language, "syntax::unexpected"),
                format!("expected {expected}, found {found}"),
                help.map(str::to_owned),
            ),
            Self::TooDeep => {
                (code!(language, "syntax::too-deep"), "the query is nested too deep".to_owned(), None)
            }
            Self::Null { field } => (
                code!(language, "null"),
                "there is no value `null`".to_owned(),
                field.map(|field| format!("write `not {field}:*` for events without the field")),
            ),
            Self::UnknownField { name, similar, is_strict } => (
                code!(language, "unknown-field"),
                match is_strict {
                    true => format!("there is no field `{name}`: nothing matches"),
                    false => format!("unknown field `{name}`: it is taken for a keyword"),
                },
                did_you_mean(&similar),
            ),
            Self::NoFieldLike { name } => (
                code!(language, "unknown-field"),
                format!("no known field has a name like `{name}`: nothing matches"),
                None,
            ),
            Self::NoValues { field } => (
                code!(language, "no-values"),
                format!("`{}` is of type {}, which no value matches", field.name, field.field_type),
                None,
            ),
            Self::Leaf(error) => {
                let code = match &error {
                    LeafError::Value { .. } => code!(language, "value"),
                    LeafError::NotForType { .. } => code!(language, "type"),
                    LeafError::QueryString(_) => code!(language, "query-string"),
                    LeafError::Pattern(_) => code!(language, "pattern"),
                    LeafError::DateMath { .. } => code!(language, "date-math"),
                };
                (code, error.to_string(), None)
            }
        };
        Diagnostic { code, severity, message, span, label: None, help }
    }
}

/// For so many unknown fields of a query near misses are looked for.
const MOST_SUGGESTIONS: usize = 20;

/// The problems of one text.
#[derive(Debug)]
pub(crate) struct Problems {
    language: Language,
    found: Vec<(Range<usize>, Problem)>,
    /// Unknown fields that were reported already.
    reported: HashSet<String>,
}

impl Problems {
    pub(crate) fn new(language: Language) -> Self {
        Self { language, found: Vec::new(), reported: HashSet::new() }
    }

    pub(crate) fn add(&mut self, span: Range<usize>, problem: Problem) {
        self.found.push((span, problem));
    }

    /// Says of an unknown field once that it is unknown.
    pub(crate) fn unknown_field(&mut self, span: Range<usize>, name: &str, schema: &Schema) {
        if !self.reported.insert(name.to_owned()) {
            return;
        }
        let similar = match self.reported.len() {
            ..=MOST_SUGGESTIONS => schema.suggest(name).into_iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let name = name.to_owned();
        self.add(span, Problem::UnknownField { name, similar, is_strict: schema.is_strict() });
    }

    /// The first problem that stops the query.
    pub(crate) fn into_error(self) -> Option<Problem> {
        let mut problems = self.found.into_iter().map(|(_, problem)| problem);
        problems.find(Problem::is_error)
    }

    /// The result, if `filter` is what came of the text.
    pub(crate) fn finish(self, filter: Option<Filter>) -> CompiledFilter {
        let Self { language, mut found, .. } = self;
        found.sort_by_key(|(span, _)| span.start);
        let has_errors = found.iter().any(|(_, problem)| problem.is_error());
        let diagnostics = found.into_iter().map(|(span, problem)| problem.diagnostic(language, span));
        CompiledFilter { filter: filter.filter(|_| !has_errors), diagnostics: diagnostics.collect() }
    }
}
