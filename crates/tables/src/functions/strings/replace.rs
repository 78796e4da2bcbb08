//! `REPLACE`: regular expressions of Java, and what takes the place of their matches.

use std::fmt::Write;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use datafusion::common::{Result, exec_err};
use fancy_regex::Regex;

use super::{MOST_BYTES, TOO_LONG};
use crate::functions::Call;
use crate::functions::rows::Given;

const NO_REGEX: &str = "not a regular expression";
const TOO_COSTLY: &str = "the regular expression takes too long";
const NO_GROUP: &str = "the replacement names a group that there is not";

/// Each match of a regular expression, replaced by a string in which `$1` and `${name}` stand for groups and
/// `\` escapes.
///
/// A constant that is no regular expression fails the query, as in Elasticsearch; one from a column gives
/// null.
pub(super) fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, regexes, replacements) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
    if let (Some(_), true) = (call.constant(1), regexes.len() > 0 && regexes.is_valid(0))
        && compile(regexes.value(0)).is_none()
    {
        return exec_err!("`{}` is not a regular expression", regexes.value(0));
    }
    let mut replacers = Replacers { regexes: &regexes, replacements: &replacements, last: None };
    call.strings_of((0..texts.len()).map(|row| match texts.is_valid(row) {
        true => replacers.replace(texts.value(row), row),
        false => Ok(None),
    }))
}

/// A regular expression and a replacement, or what is wrong with them.
type Replacer = std::result::Result<(Regex, Vec<Piece>), &'static str>;

/// What rows ask for, of which each that is like the one before is read once.
struct Replacers<'a> {
    regexes: &'a StringViewArray,
    replacements: &'a StringViewArray,
    /// The row that was read last, and what it asks for.
    last: Option<(usize, Replacer)>,
}

impl Replacers<'_> {
    fn replace(&mut self, text: &str, row: usize) -> Given<String> {
        if self.regexes.is_null(row) || self.replacements.is_null(row) {
            return Ok(None);
        }
        let asked = |row: usize| (self.regexes.value(row), self.replacements.value(row));
        let last = self.last.take().filter(|(last, _)| asked(*last) == asked(row));
        let (_, replacer) = self.last.insert(last.unwrap_or_else(|| {
            let (regex, replacement) = asked(row);
            let replacer = compile(regex).ok_or(NO_REGEX);
            (row, replacer.and_then(|regex| pieces(replacement, &regex).map(|pieces| (regex, pieces))))
        }));
        match replacer {
            Ok((regex, pieces)) => replace_all(text, regex, pieces).map(Some),
            Err(reason) => Err(reason),
        }
    }
}

fn replace_all(text: &str, regex: &Regex, pieces: &[Piece]) -> std::result::Result<String, &'static str> {
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    for captures in regex.captures_iter(text) {
        let captures = captures.map_err(|_| TOO_COSTLY)?;
        let Some(whole) = captures.get(0) else { break };
        replaced.push_str(text.get(at..whole.start()).unwrap_or_default());
        for piece in pieces {
            match piece {
                Piece::Text(text) => replaced.push_str(text),
                Piece::Group(group) => {
                    replaced.push_str(captures.get(*group).map_or("", |group| group.as_str()));
                }
            }
        }
        at = whole.end();
        if replaced.len() > MOST_BYTES {
            return Err(TOO_LONG);
        }
    }
    replaced.push_str(text.get(at..).unwrap_or_default());
    Ok(replaced)
}

/// A part of a replacement.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
}

/// Reads a replacement as `Matcher.appendReplacement` does: of the digits behind `$` so many as name a group.
fn pieces(replacement: &str, regex: &Regex) -> std::result::Result<Vec<Piece>, &'static str> {
    let groups = regex.captures_len();
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '\\' => {
                let escaped = rest.chars().next().ok_or(NO_GROUP)?;
                text.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            '$' => {
                let group = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                    Some((name, behind)) => {
                        rest = behind;
                        regex.capture_names().position(|known| known == Some(name)).ok_or(NO_GROUP)?
                    }
                    None => {
                        let group = |digits: usize| {
                            let digits =
                                rest.get(..digits).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
                            digits.parse().ok().filter(|group: &usize| *group < groups)
                        };
                        let digits =
                            (1..=3).take_while(|digits| group(*digits).is_some()).last().ok_or(NO_GROUP)?;
                        let group = group(digits).ok_or(NO_GROUP)?;
                        rest = &rest[digits..];
                        group
                    }
                };
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Group(group));
            }
            letter => text.push(letter),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn compile(regex: &str) -> Option<Regex> {
    Regex::new(&translate(regex)?).ok()
}

/// From Java's dialect to ours, where they differ: classes by letter are those of ASCII, POSIX classes are
/// `\p{Alpha}`, `\Q...\E` quotes.
fn translate(java: &str) -> Option<String> {
    let mut ours = String::with_capacity(java.len());
    let mut rest = java;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter == '\\' {
            let escaped = rest.chars().next()?;
            rest = &rest[escaped.len_utf8()..];
            match escaped {
                'Q' => {
                    let (quoted, behind) = rest.split_once("\\E").unwrap_or((rest, ""));
                    ours.push_str(&fancy_regex::escape(quoted));
                    rest = behind;
                }
                'p' | 'P' => {
                    let class = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                    match class.and_then(|(name, behind)| Some((posix(name)?, behind))) {
                        Some((class, behind)) => {
                            let not = if escaped == 'P' { "^" } else { "" };
                            _ = write!(ours, "[{not}{class}]");
                            rest = behind;
                        }
                        None => ours.extend(['\\', escaped]),
                    }
                }
                _ => match predefined(escaped) {
                    Some((not, class)) => _ = write!(ours, "[{not}{class}]"),
                    None => ours.extend(['\\', escaped]),
                },
            }
        } else {
            ours.push(letter);
        }
    }
    Some(ours)
}

/// A predefined class: whether it is negated, and its characters.
fn predefined(letter: char) -> Option<(&'static str, &'static str)> {
    const BLANKS: &str = r" \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
    Some(match letter {
        'd' => ("", "0-9"),
        'D' => ("^", "0-9"),
        'w' => ("", "a-zA-Z0-9_"),
        'W' => ("^", "a-zA-Z0-9_"),
        's' => ("", r" \t\n\x0B\f\r"),
        'S' => ("^", r" \t\n\x0B\f\r"),
        'h' => ("", BLANKS),
        'H' => ("^", BLANKS),
        _ => return None,
    })
}

/// The characters of a class of POSIX, as Java names it.
fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => r" \t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r" \t\n\x0B\f\r",
        _ => return None,
    })
}
