//! From places in a string's value to places in the document it is written in.

use std::ops::Range;

/// A string literal of a TOML or JSON document, and which of its bytes became which bytes of its value.
#[derive(Debug)]
pub(crate) struct Literal {
    /// Points from which on value and document go in step: a byte of the value, the byte of the document.
    /// In order, the first at 0 of the value.
    points: Vec<(usize, usize)>,
}

impl Literal {
    /// The literal that stands at `span`, quotes included.
    pub(crate) fn new(document: &str, span: Range<usize>) -> Self {
        let raw = document.get(span.clone()).unwrap_or_default();
        let quotes =
            ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| raw.starts_with(quotes)).unwrap_or("");
        let body = raw.get(quotes.len()..raw.len().saturating_sub(quotes.len())).unwrap_or_default();
        let mut at = span.start + quotes.len();
        let mut rest = body;
        if quotes.len() == 3 {
            // A newline right after the opening quotes is not part of the value.
            rest = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body);
            at += body.len() - rest.len();
        }
        let mut points = vec![(0, at)];
        if quotes.starts_with('"') {
            let mut value = 0;
            while let Some(plain) = rest.find('\\') {
                let escape = Escape::read(&rest[plain..]);
                points.push((value + plain, at + plain));
                value += plain + escape.value_len;
                at += plain + escape.raw_len;
                rest = &rest[plain + escape.raw_len..];
                points.push((value, at));
            }
        }
        Self { points }
    }

    /// Where bytes of the value stand in the document.
    pub(crate) fn span(&self, value: Range<usize>) -> Range<usize> {
        // Two points at one byte of the value stand on either side of what adds nothing to it (an escaped
        // line break): a start is after it, an end before.
        let starts = self.points.partition_point(|point| point.0 <= value.start);
        let start = place(value.start, &self.points[..starts]);
        if value.is_empty() {
            return start..start;
        }
        let ends = self.points.partition_point(|point| point.0 < value.end);
        let end = match self.points.get(ends) {
            Some((at, raw)) if *at == value.end => *raw,
            _ => place(value.end, &self.points[..ends]),
        };
        start..end
    }
}

/// Where a byte of the value stands, counted from the last of the points.
fn place(byte: usize, points: &[(usize, usize)]) -> usize {
    points.last().map_or(byte, |(value, raw)| raw + (byte - value))
}

/// An escape sequence: bytes in the document, bytes in the value.
struct Escape {
    raw_len: usize,
    value_len: usize,
}

impl Escape {
    /// The escape at the start of `text`, which begins with a backslash.
    fn read(text: &str) -> Self {
        let hex = |digits: usize| {
            let code = text.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let value_len = code.and_then(char::from_u32).map_or(1, char::len_utf8);
            Self { raw_len: (2 + digits).min(text.len()), value_len }
        };
        if is_surrogate_pair(text) {
            return Self { raw_len: PAIR_LEN, value_len: 4 };
        }
        match text.as_bytes().get(1) {
            Some(b'x') => hex(2),
            Some(b'u') => hex(4),
            Some(b'U') => hex(8),
            Some(b' ' | b'\t' | b'\r' | b'\n') => {
                // A backslash at the end of a line takes all white space up to the next text.
                let after = text[1..].trim_start_matches([' ', '\t', '\r', '\n']);
                Self { raw_len: text.len() - after.len(), value_len: 0 }
            }
            Some(_) => Self { raw_len: 2, value_len: 1 },
            None => Self { raw_len: 1, value_len: 0 },
        }
    }
}

/// Bytes of `\ud83d\ude00`.
const PAIR_LEN: usize = 12;

/// Whether a text begins with two escapes that are one character beyond the 65,536 first, as JSON writes it.
fn is_surrogate_pair(text: &str) -> bool {
    let half = |at: usize| match text.get(at..at + PAIR_LEN / 2)?.strip_prefix("\\u") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => None,
    };
    half(0).is_some_and(|high| (0xd800..0xdc00).contains(&high))
        && half(PAIR_LEN / 2).is_some_and(|low| (0xdc00..0xe000).contains(&low))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// Finds `needle` in the value of `key = <literal>` and says which text of the document that is.
    fn check(literal: &str, needle: &str, expected: &str) {
        let document = format!("first = 1\nkey = {literal}\nlast = 2\n");
        let table = toml::de::DeTable::parse(&document).unwrap();
        let (_, value) = table.get_ref().get_key_value("key").unwrap();
        let text = value.get_ref().as_str().unwrap();
        let at = text.find(needle).unwrap_or_else(|| panic!("{needle:?} not in {text:?}"));
        let span = Literal::new(&document, value.span()).span(at..at + needle.len());
        assert_eq!(&document[span], expected, "{literal}");
    }

    #[test]
    fn literal_strings_map_exactly() {
        check("'''\nprocess where\n  x == 1\n'''", "x == 1", "x == 1");
        check("'''process where x'''", "process", "process");
        check("'''\r\nprocess where\r\n  x == 1\r\n'''", "x == 1", "x == 1");
        check(r"'a \n b'", r"\n", r"\n");
        check("'''\n\nfirst'''", "\nfirst", "\nfirst");
    }

    #[test]
    fn escapes_are_counted() {
        check(r#""a \"b\" c""#, "c", "c");
        check(r#""a \"b\" c""#, "\"b\"", r#"\"b\""#);
        check(r#""C:\\Windows\\x == 1""#, r"Windows\x", r"Windows\\x");
        check(r#""\u00e9t\u00E9 == 1""#, "== 1", "== 1");
        check(r#""\u00e9t\u00E9 == 1""#, "été", r"\u00e9t\u00E9");
        check(r#""\U0001F600 end""#, "end", "end");
        check("\"\"\"\nprocess where \\\n    x == 1\"\"\"", "x == 1", "x == 1");
        check("\"\"\"\nprocess where \\\n    x == 1\"\"\"", "where ", "where ");
        check("\"\"\"\nany where\n\\\"x\\\" == 1\"\"\"", "== 1", "== 1");
    }

    /// Pieces of a multi-line basic string, and what each adds to its value.
    const PIECES: &[(&str, &str)] = &[
        ("a", "a"),
        ("é", "é"),
        ("😀", "😀"),
        ("'", "'"),
        ("\\n", "\n"),
        ("\\\"", "\""),
        ("\\\\", "\\"),
        ("\\x41", "A"),
        ("\\u00e9", "é"),
        ("\\U0001F600", "😀"),
        ("\\\n  ", ""),
    ];

    proptest::proptest! {
        #[test]
        fn every_piece_maps_to_itself(picks in proptest::collection::vec(0..PIECES.len(), 0..20)) {
            let pieces = picks.iter().map(|&pick| PIECES[pick]);
            let (raw, value): (String, String) = pieces.clone().unzip();
            let document = format!("key = \"\"\"\n{raw}\"\"\"\n");
            let table = toml::de::DeTable::parse(&document).unwrap();
            let (_, parsed) = table.get_ref().get_key_value("key").unwrap();
            proptest::prop_assert_eq!(parsed.get_ref().as_str(), Some(value.as_str()));
            let literal = Literal::new(&document, parsed.span());
            let (mut at, mut from) = ("key = \"\"\"\n".len(), 0);
            for (raw, value) in pieces {
                if !value.is_empty() {
                    proptest::prop_assert_eq!(literal.span(from..from + value.len()), at..at + raw.len());
                }
                (at, from) = (at + raw.len(), from + value.len());
            }
        }
    }
}
