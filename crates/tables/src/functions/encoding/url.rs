//! Percent-encoding, as Java's `URLEncoder` and `URLDecoder` have it.

use std::fmt::Write;

use crate::functions::rows::Given;

/// With `blank` for a blank.
pub(super) fn encode(text: &str, blank: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push_str(blank),
            b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Bytes that are no UTF-8 are replaced.
pub(super) fn decode(text: &str) -> Given<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let byte = digit().and_then(|high| u8::try_from(high * 16 + digit()?).ok());
                byte.ok_or("illegal hex characters in escape (%) pattern")?
            }
            other => other,
        });
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
