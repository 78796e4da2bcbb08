//! The bytes of a file as text.

use std::ops::Range;

use rulehound_query::{Diagnostic, Severity};

/// The text of a file. Bytes that are no UTF-8 are replaced, and their places known.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Where replaced bytes stand, in order.
    bad: Vec<usize>,
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Text {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return Self { text, bad: Vec::new() },
            Err(error) => error.into_bytes(),
        };
        let mut text = String::with_capacity(bytes.len());
        let mut bad = Vec::new();
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                bad.push(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Self { text, bad }
    }

    /// The text without a byte order mark.
    pub(super) fn body(&self) -> Range<usize> {
        let start = if self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        start..self.text.len()
    }

    /// Where the first bytes stand that are no UTF-8.
    pub(crate) fn first_bad(&self) -> Option<usize> {
        self.bad.first().copied()
    }

    /// The same, of a part.
    pub(super) fn bad_in(&self, part: &Range<usize>) -> Option<usize> {
        let after = self.bad.partition_point(|at| *at < part.start);
        self.bad.get(after).copied().filter(|at| *at < part.end)
    }

    /// Bytes that are no UTF-8, as a problem. `format` is always UTF-8.
    pub(crate) fn not_utf8(&self, at: usize, format: &str) -> Diagnostic {
        Diagnostic {
            code: "file::not-utf-8",
            severity: Severity::Error,
            message: "not UTF-8".to_owned(),
            span: at..(at + char::REPLACEMENT_CHARACTER.len_utf8()).min(self.text.len()),
            label: None,
            help: Some(format!("{format} is always UTF-8: save the file in that encoding")),
        }
    }
}

/// Many short texts, held together.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Texts {
    /// The lines of a text, without blanks around them and without empty ones.
    pub(crate) fn lines(text: &str) -> Self {
        let mut lines = Self::default();
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        text.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| lines.push(line));
        lines
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    pub(crate) fn append(&mut self, other: &Texts) {
        other.iter().for_each(|text| self.push(text));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }
}
