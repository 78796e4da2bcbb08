//! Strings: where they end, and what they say.

use super::GiveUp;
use super::marks::Marks;

/// The text of a string, by its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// As it stands in the record, in bytes.
    Plain { start: usize, end: usize },
    /// Among the unescaped strings, in bytes.
    Unescaped { start: usize, end: usize },
}

/// A record, and the marks in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'j> {
    pub(crate) json: &'j str,
    pub(crate) marks: &'j Marks,
}

impl<'j> Source<'j> {
    /// A record, if it is UTF-8, marked.
    pub(crate) fn of(json: &'j [u8], marks: &'j mut Marks) -> Result<Self, GiveUp> {
        Self::new(simdutf8::basic::from_utf8(json).map_err(|_| GiveUp)?, marks)
    }

    /// A record, marked.
    pub(crate) fn new(json: &'j str, marks: &'j mut Marks) -> Result<Self, GiveUp> {
        marks.fill(json)?;
        Ok(Self { json, marks })
    }

    /// Where the string ends whose first character is at `from`: the place of its quote.
    #[inline]
    pub(crate) fn string_end(self, from: usize) -> Result<usize, GiveUp> {
        let end = self.marks.next_stop(from).ok_or(GiveUp)?;
        // Control characters end strings nowhere.
        if self.json.as_bytes().get(end) == Some(&b'"') { Ok(end) } else { Err(GiveUp) }
    }

    /// What stands from here on and before `end`, if there are no escapes in it.
    #[inline]
    pub(crate) fn plain(self, from: usize, end: usize) -> Option<&'j str> {
        if self.marks.has_escape(from, end) { None } else { self.json.get(from..end) }
    }
}

/// The string whose first character is at `from`, and the place after it. If it has escapes, its text is put
/// to the end of `unescaped`.
#[inline]
pub(super) fn read(source: Source<'_>, from: usize, unescaped: &mut String) -> Result<(Text, usize), GiveUp> {
    let end = source.string_end(from)?;
    let text = if source.marks.has_escape(from, end) {
        let start = unescaped.len();
        unescape_all(source, from, end, unescaped)?;
        Text::Unescaped { start, end: unescaped.len() }
    } else {
        Text::Plain { start: from, end }
    };
    Ok((text, end + 1))
}

/// A string whose escapes are to be undone, if they are; each is of a character of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'j> {
    pub(super) source: Source<'j>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'j> Escaped<'j> {
    /// The string as it stands in the record.
    pub(crate) fn inside(self) -> &'j str {
        self.source.json.get(self.start..self.end).unwrap_or_default()
    }

    /// What it says, in a buffer.
    pub(crate) fn unescape(self, buffer: &mut String) -> &str {
        buffer.clear();
        let undone = unescape_all(self.source, self.start, self.end, buffer);
        debug_assert_eq!(undone, Ok(()), "escapes were checked");
        buffer
    }
}

/// Puts what stands from here on and before `end` to the end of `unescaped`, its escapes undone.
fn unescape_all(
    source: Source<'_>,
    mut from: usize,
    end: usize,
    unescaped: &mut String,
) -> Result<(), GiveUp> {
    let (json, bytes) = (source.json, source.json.as_bytes());
    let mut search = from;
    while let Some(at) = source.marks.next_escape(search).filter(|at| *at < end) {
        unescaped.push_str(json.get(from..at).ok_or(GiveUp)?);
        match bytes.get(at + 1) {
            // What stands for itself begins the next run.
            Some(b'"' | b'\\' | b'/') => (from, search) = (at + 1, at + 2),
            _ => {
                let (character, next) = unescape(bytes, at)?;
                unescaped.push(character);
                (from, search) = (next, next);
            }
        }
    }
    unescaped.push_str(json.get(from..end).ok_or(GiveUp)?);
    Ok(())
}

/// Whether a code unit is escaped by the letter at this place.
#[cold]
pub(super) fn check_code_unit(bytes: &[u8], letter: usize) -> Result<(), GiveUp> {
    letter.checked_sub(1).ok_or(GiveUp).and_then(|at| code_unit(bytes, at)).map(drop)
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
    match read(Source::new(&quoted, &mut Marks::default())?, 0, &mut text)?.0 {
        Text::Plain { .. } => Ok(inside.to_owned()),
        Text::Unescaped { .. } => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Result<String, GiveUp> {
        let mut unescaped = String::from("before");
        let mut marks = Marks::default();
        let source = Source::new(json, &mut marks)?;
        let (text, after) = read(source, 1, &mut unescaped)?;
        assert_eq!(source.string_end(1), Ok(after - 1), "{json}");
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
            let mut marks = Marks::default();
            let end = Source::new(json, &mut marks).and_then(|source| source.string_end(1));
            assert_eq!(end, Err(GiveUp), "{json}");
        }
        for lone in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#] {
            let mut marks = Marks::default();
            let Ok(lone) = Source::new(lone, &mut marks) else { panic!("{lone}") };
            assert_eq!(read(lone, 1, &mut String::new()).map(|_| ()), Err(GiveUp), "{:?}", lone.json);
        }
    }
}
