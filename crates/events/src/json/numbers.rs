//! Numbers that no machine type holds.

/// The JSON text with every number beyond `i64`, `u64` and finite `f64` made a string of the same text, so
/// that a keyword field keeps its digits, a double takes what it can, and a long finds a misfit.
pub(super) fn quote_large(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + 16);
    let mut rest = json;
    while let Some(&byte) = rest.first() {
        let token = match byte {
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|b| is_number_byte(**b)).count(),
            _ => 1,
        };
        let (token, after) = rest.split_at_checked(token).unwrap_or((rest, &[]));
        let quote = byte != b'"' && is_large_number(token);
        out.extend(quote.then_some(b'"'));
        out.extend_from_slice(token);
        out.extend(quote.then_some(b'"'));
        rest = after;
    }
    out
}

/// Length of the string literal at the start, both quotes included.
fn string_length(json: &[u8]) -> usize {
    let mut escaped = false;
    let end = json.iter().skip(1).position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Whether this is a number by the grammar of JSON, and too large for all machine types.
fn is_large_number(token: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(token) else { return false };
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let whole_digits = whole.strip_prefix('-').unwrap_or(whole);
    let well_formed = digits(whole_digits)
        && (whole_digits == "0" || !whole_digits.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    let is_integer = fraction.is_none() && exponent.is_none();
    well_formed
        && match is_integer {
            true => text.parse::<i64>().is_err() && text.parse::<u64>().is_err(),
            false => !text.parse::<f64>().is_ok_and(f64::is_finite),
        }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_numbers_too_large_are_quoted() {
        let check = |json: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&super::quote_large(json.as_bytes())), expected);
        };
        check(
            r#"{"a":18446744073709551616,"b":18446744073709551615}"#,
            r#"{"a":"18446744073709551616","b":18446744073709551615}"#,
        );
        check(
            "[-9223372036854775809,-9223372036854775808]",
            r#"["-9223372036854775809",-9223372036854775808]"#,
        );
        check("[1e400,-1E+400,1e-400,1e300]", r#"["1e400","-1E+400",1e-400,1e300]"#);
        check(r#"{"1e400":"1e400 \" 1e400"}"#, r#"{"1e400":"1e400 \" 1e400"}"#);
        check("[099999999999999999999,1.e999,--9,\"1e400", "[099999999999999999999,1.e999,--9,\"1e400");
    }
}
