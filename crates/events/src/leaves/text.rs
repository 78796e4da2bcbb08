//! Strings: where they end, and what they say.

use super::GiveUp;

/// The text of a string, by its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// As it stands in the record, in bytes.
    Plain { start: usize, end: usize },
    /// Among the unescaped strings, in bytes.
    Unescaped { start: usize, end: usize },
}

/// Where the run of plain characters that begins at `from` ends: at a quote, a backslash or a control character.
#[inline]
pub(crate) fn plain_end(bytes: &[u8], from: usize) -> Result<usize, GiveUp> {
    let mut at = from;
    // Most runs are short. A long one goes by larger steps, which the compiler makes vector instructions of.
    for _ in 0..3 {
        let Some(word) = word(bytes, at) else { return one_by_one(bytes, at) };
        match specials(word) {
            0 => at += 8,
            found => return Ok(at + (found.trailing_zeros() / 8) as usize),
        }
    }
    long_plain_end(bytes, at)
}

fn long_plain_end(bytes: &[u8], from: usize) -> Result<usize, GiveUp> {
    let chunks = bytes.get(from..).unwrap_or_default().chunks_exact(32);
    let plain = chunks.take_while(|chunk| !chunk.iter().fold(false, |found, byte| found | is_special(*byte)));
    let mut at = from + 32 * plain.count();
    while let Some(word) = word(bytes, at) {
        match specials(word) {
            0 => at += 8,
            found => return Ok(at + (found.trailing_zeros() / 8) as usize),
        }
    }
    one_by_one(bytes, at)
}

fn one_by_one(bytes: &[u8], at: usize) -> Result<usize, GiveUp> {
    let rest = bytes.get(at..).ok_or(GiveUp)?;
    rest.iter().position(|byte| is_special(*byte)).map(|found| at + found).ok_or(GiveUp)
}

fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The high bit of each special byte; beyond the first of them, perhaps of others too.
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let less = |word: u64, than: u64| word.wrapping_sub(ONES * than) & !word;
    let is = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | less(word, 0x20)) & HIGH
}

/// The place after the string whose first character is at `from`.
pub(super) fn skip(json: &str, from: usize) -> Result<usize, GiveUp> {
    let bytes = json.as_bytes();
    let mut at = from;
    loop {
        at = plain_end(bytes, at)?;
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => {
                at += match bytes.get(at + 1).ok_or(GiveUp)? {
                    b'u' => {
                        code_unit(bytes, at)?;
                        6
                    }
                    letter => escape(*letter).map(|_| 2)?,
                }
            }
            _ => return Err(GiveUp),
        }
    }
}

/// The string whose first character is at `from`, and the place after it. If it has escapes, its text is put
/// to the end of `unescaped`.
#[inline]
pub(super) fn read(json: &str, from: usize, unescaped: &mut String) -> Result<(Text, usize), GiveUp> {
    let end = plain_end(json.as_bytes(), from)?;
    if json.as_bytes().get(end) == Some(&b'"') {
        return Ok((Text::Plain { start: from, end }, end + 1));
    }
    read_escaped(json, from, end, unescaped)
}

/// As [`read`], of a string whose first plain run ends at `end` and not with a quote.
fn read_escaped(
    json: &str,
    from: usize,
    mut end: usize,
    unescaped: &mut String,
) -> Result<(Text, usize), GiveUp> {
    let bytes = json.as_bytes();
    let start = unescaped.len();
    let mut run = from;
    loop {
        unescaped.push_str(json.get(run..end).ok_or(GiveUp)?);
        run = match bytes.get(end) {
            Some(b'"') => return Ok((Text::Unescaped { start, end: unescaped.len() }, end + 1)),
            Some(b'\\') => {
                let (character, after) = unescape(bytes, end)?;
                unescaped.push(character);
                after
            }
            _ => return Err(GiveUp),
        };
        end = plain_end(bytes, run)?;
    }
}

/// The character of the escape at a backslash, and the place after it. Half a surrogate pair is none.
fn unescape(bytes: &[u8], at: usize) -> Result<(char, usize), GiveUp> {
    match bytes.get(at + 1).ok_or(GiveUp)? {
        b'u' => match code_unit(bytes, at)? {
            high @ 0xD800..=0xDBFF => {
                let low = code_unit(bytes, at + 6)?;
                let pair = char::decode_utf16([high, low]).next().and_then(Result::ok);
                pair.map(|character| (character, at + 12)).ok_or(GiveUp)
            }
            unit => Ok((char::from_u32(u32::from(unit)).ok_or(GiveUp)?, at + 6)),
        },
        letter => Ok((escape(*letter)?, at + 2)),
    }
}

/// What a backslash and this letter stand for.
fn escape(letter: u8) -> Result<char, GiveUp> {
    Ok(match letter {
        b'"' | b'\\' | b'/' => char::from(letter),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return Err(GiveUp),
    })
}

/// The UTF-16 code unit of the escape `\u12ab` that begins here.
fn code_unit(bytes: &[u8], at: usize) -> Result<u16, GiveUp> {
    let digits = bytes.get(at..at + 6).and_then(|escape| escape.strip_prefix(b"\\u")).ok_or(GiveUp)?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(GiveUp)?;
        Ok(unit << 4 | u16::try_from(digit).map_err(|_| GiveUp)?)
    })
}

/// What the inside of a string says, escapes and all.
pub(crate) fn unescaped(inside: &str) -> Result<String, GiveUp> {
    let mut text = String::with_capacity(inside.len());
    let quoted = [inside, "\""].concat();
    match read(&quoted, 0, &mut text)?.0 {
        Text::Plain { .. } => Ok(inside.to_owned()),
        Text::Unescaped { .. } => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Result<String, GiveUp> {
        let mut unescaped = String::from("before");
        let (text, after) = read(json, 1, &mut unescaped)?;
        assert_eq!(skip(json, 1), Ok(after), "{json}");
        Ok(match text {
            Text::Plain { start, end } => json[start..end].to_owned(),
            Text::Unescaped { start, end } => unescaped[start..end].to_owned(),
        })
    }

    #[test]
    fn strings_say_what_json_says() {
        for length in 0..100 {
            let plain = "é".repeat(length / 2) + &"x".repeat(length);
            assert_eq!(text(&format!("\"{plain}\",")), Ok(plain.clone()));
            assert_eq!(text(&format!("\"{plain}\\\\{plain}\"")), Ok(format!("{plain}\\{plain}")));
        }
        assert_eq!(text(r#""\"\\\/\b\f\n\r\t""#).as_deref(), Ok("\"\\/\u{8}\u{c}\n\r\t"));
        assert_eq!(text(r#""\u00e9\u0000\uD83D\ude00""#).as_deref(), Ok("é\0😀"));
    }

    #[test]
    fn what_is_no_string_is_given_up() {
        for json in
            ["\"", "\"a", "\"a\nb\"", "\"\\x\"", "\"\\", "\"\\\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\""]
        {
            assert_eq!(text(json), Err(GiveUp), "{json}");
            assert_eq!(skip(json, 1), Err(GiveUp), "{json}");
        }
        for lone in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#] {
            assert_eq!(read(lone, 1, &mut String::new()).map(|_| ()), Err(GiveUp), "{lone}");
        }
    }
}
