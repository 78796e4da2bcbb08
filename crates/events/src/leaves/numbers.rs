//! Numbers.

use super::{Found, GiveUp};

/// The number that begins at `from`, and the place after it. One that no machine type holds is given up.
pub(super) fn read(json: &str, from: usize) -> Result<(Found, usize), GiveUp> {
    let (end, is_integer) = end(json.as_bytes(), from)?;
    let text = json.get(from..end).ok_or(GiveUp)?;
    let number = if !is_integer {
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Found::F64)
    } else if text == "-0" {
        None
    } else {
        text.parse().map(Found::I64).or_else(|_| text.parse().map(Found::U64)).ok()
    };
    number.map(|number| (number, end)).ok_or(GiveUp)
}

/// The place after the number that begins at `from`, by the grammar of JSON, and whether it is an integer.
pub(super) fn end(bytes: &[u8], from: usize) -> Result<(usize, bool), GiveUp> {
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let digits = |from: usize| {
        let count = bytes.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let start = from + usize::from(is(from, b'-'));
    let mut end = digits(start).ok_or(GiveUp)?;
    if is(start, b'0') && end > start + 1 {
        return Err(GiveUp);
    }
    let mut is_integer = true;
    if is(end, b'.') {
        is_integer = false;
        end = digits(end + 1).ok_or(GiveUp)?;
    }
    if is(end, b'e') || is(end, b'E') {
        is_integer = false;
        let sign = usize::from(is(end + 1, b'+') || is(end + 1, b'-'));
        end = digits(end + 1 + sign).ok_or(GiveUp)?;
    }
    Ok((end, is_integer))
}
