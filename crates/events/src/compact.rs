//! Whether a record is written as it would be written again: then it need not be parsed for its id.

use memchr::{memchr2, memmem};

/// Digits that every integer type has room for.
const MOST_DIGITS: usize = 18;

/// Whether a JSON record, parsed and written without whitespace, is the same bytes again, and has nothing around the event
/// that would be taken off. May say no where it is; never says yes where a record that can be parsed is not.
pub(crate) fn is_compact(record: &[u8]) -> bool {
    // `_id`, `_index` and `_source` are of the wrapping.
    if memmem::find(record, b"\"_").is_some() {
        return false;
    }
    let mut rest = record;
    while let Some((byte, after)) = rest.split_first() {
        let next = match byte {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => after_integer(rest),
            b'{' | b'}' | b'[' | b']' | b':' | b',' | b'a'..=b'z' => Some(after),
            _ => None,
        };
        match next {
            Some(next) => rest = next,
            None => return false,
        }
    }
    true
}

/// What comes after a string of which the first quote is taken, if all its escapes are those that would be written.
fn after_string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let at = memchr2(b'"', b'\\', rest)?;
        match rest.get(at..)? {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => rest = after,
            _ => return None,
        }
    }
}

/// What comes after an integer as it would be written: no fraction, no exponent, no needless zero or sign.
fn after_integer(number: &[u8]) -> Option<&[u8]> {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = digits.get(length..)?;
    let zero = digits.first() == Some(&b'0');
    let plain = !zero || (length == 1 && digits.len() == number.len());
    let whole = !matches!(after.first(), Some(b'.' | b'e' | b'E'));
    (plain && whole && (1..=MOST_DIGITS).contains(&length)).then_some(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::RecordFormat;

    #[test]
    fn what_would_be_written_otherwise_is_told() {
        for (record, expected) in [
            (r#"{"a":"x\"\\\n","b":[1,-2,0,true,null],"c":{"d":"ü"}}"#, true),
            (r#"{"a": 1}"#, false),
            (r#"{"a":1.0}"#, false),
            (r#"{"a":1e3}"#, false),
            (r#"{"a":-0}"#, false),
            (r#"{"a":12345678901234567890}"#, false),
            (r#"{"a":"\u0041"}"#, false),
            (r#"{"a":"\/"}"#, false),
            (r#"{"_id":"1","a":1}"#, false),
            (r#"{"_source":{"a":1}}"#, false),
        ] {
            assert_eq!(is_compact(record.as_bytes()), expected, "{record}");
        }
    }

    /// Pieces that make up records, sound and unsound.
    fn record() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\"a\"",
            "\"b\":",
            "\"a\":1",
            "\"\\n\"",
            "\"\\u000a\"",
            "\"\\/\"",
            "\"ü\"",
            "0",
            "-1",
            "01",
            "1.5",
            "1e2",
            "true",
            "null",
            "nul",
            "\"_id\":\"x\"",
            "{\"a\":1,\"a\":2}",
            "\"c\":{\"d\":[]}",
            "99999999999999999999",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| format!("{{{}}}", pieces.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_compact_record_has_the_hash_of_its_bytes_for_an_id(record in record()) {
            if is_compact(record.as_bytes()) {
                let hash: String = Sha256::digest(&record).iter().take(20).map(|byte| format!("{byte:02x}")).collect();
                prop_assert_eq!(RecordFormat::Json.written_id(record.as_bytes()), hash);
            }
        }
    }
}
