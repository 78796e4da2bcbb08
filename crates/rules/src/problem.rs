//! Problems with rules: a diagnostic, and the file and rule it belongs to.

use std::path::PathBuf;
use std::sync::Arc;

use rulehound_query::{Diagnostic, Severity};

use crate::values::RuleId;

/// One problem with a file or the rule in it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file, as it was named or found below what was named.
    pub file: PathBuf,
    /// The text of the file, on which the diagnostic's span lies; `None` if it could not be read.
    pub source: Option<Arc<str>>,
    /// Whose rule it is, as far as could be told.
    pub rule_id: Option<RuleId>,
    /// What is wrong and where.
    pub diagnostic: Diagnostic,
}

/// A place in a text as an editor shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of a byte of a text.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl Problem {
    /// A problem with a file that could not be read.
    pub(crate) fn with_file(file: PathBuf, code: &'static str, message: String) -> Self {
        let diagnostic =
            Diagnostic { code, severity: Severity::Error, message, span: 0..0, label: None, help: None };
        Self { file, source: None, rule_id: None, diagnostic }
    }

    /// Whether it stops the rule.
    pub fn is_error(&self) -> bool {
        self.diagnostic.severity == Severity::Error
    }

    /// Where it begins; `None` if the file could not be read.
    pub fn position(&self) -> Option<Position> {
        self.source.as_deref().map(|source| Position::of(source, self.diagnostic.span.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "ab\ncdé f\r\n\nx";
        for (byte, line, column) in
            [(0, 1, 1), (2, 1, 3), (3, 2, 1), (8, 2, 5), (11, 3, 1), (12, 4, 1), (99, 4, 2)]
        {
            assert_eq!(Position::of(text, byte), Position { line, column }, "{byte}");
        }
    }
}
