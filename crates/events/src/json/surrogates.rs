//! Escaped UTF-16 surrogates that have no other half.

/// U+FFFD, escaped in as many bytes as what it replaces.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// The JSON text with every lone surrogate, as in `"\ud800"`, made U+FFFD, as Elasticsearch indexes it. All
/// else stays in its place.
pub(super) fn replace_lone(json: &[u8]) -> Vec<u8> {
    let mut out = json.to_vec();
    let mut at = 0;
    while let Some(backslash) = json.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += backslash;
        let unit = code_unit(json, at);
        let next = code_unit(json, at + REPLACEMENT.len());
        let (length, is_lone) = match (unit, next) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (2 * REPLACEMENT.len(), false),
            (Some(0xD800..=0xDFFF), _) => (REPLACEMENT.len(), true),
            // Any other escape: a backslash that is itself escaped begins none.
            _ => (2, false),
        };
        if let Some(escape) = out.get_mut(at..at + REPLACEMENT.len()).filter(|_| is_lone) {
            escape.copy_from_slice(REPLACEMENT);
        }
        at += length;
    }
    out
}

/// The UTF-16 code unit of the escape that begins here, if it is one of the form `\u12ab`.
fn code_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + REPLACEMENT.len())?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_lone_surrogates_are_replaced() {
        let check = |json: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&super::replace_lone(json.as_bytes())), expected);
        };
        check(r#"{"a":"\ud800"}"#, r#"{"a":"\ufffd"}"#);
        check(r#"["\uDC00\uD800","\ud83d\ude00"]"#, r#"["\ufffd\ufffd","\ud83d\ude00"]"#);
        check(r#"["\ud800\ud83d\ude00","\ud800\n\udc00"]"#, r#"["\ufffd\ud83d\ude00","\ufffd\n\ufffd"]"#);
        check(r#"["\\ud800","\\\ud800"]"#, r#"["\\ud800","\\\ufffd"]"#);
        check(r#"["\u12","\ud8"#, r#"["\u12","\ud8"#);
        check("\\", "\\");
    }
}
