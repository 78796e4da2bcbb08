//! From text to tokens, as the token definitions of Lucene's `QueryParser.jj` have it: the longest match wins.

use std::ops::Range;

use crate::problem::{Problem, Problems};

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// `+`, `-` or `!` before a blank: a word.
    BareOperator,
    Open,
    Close,
    Colon,
    Star,
    Caret,
    Number,
    Quoted,
    Term,
    /// `~` and what follows it.
    Slop,
    Prefix,
    Wildcard,
    Regex,
    /// `[` or `{`.
    RangeStart,
    To,
    /// An end of a range.
    Bound,
    /// `]` or `}`.
    RangeEnd,
}

/// The tokens of a text; `None` after reporting a problem.
pub(super) fn tokens(text: &str, problems: &mut Problems) -> Option<Vec<Token>> {
    let mut lexer = Lexer { text, at: 0, is_in_range: false, problems };
    let mut tokens = Vec::new();
    loop {
        let blanks = lexer.rest().len() - lexer.rest().trim_start_matches(is_blank).len();
        lexer.at += blanks;
        if lexer.rest().is_empty() {
            return Some(tokens);
        }
        let token = if lexer.is_in_range { lexer.of_range()? } else { lexer.token()? };
        let is_boost = token.kind == Kind::Caret;
        tokens.push(token);
        if is_boost {
            tokens.push(lexer.number()?);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Within `[ ]` other characters have a meaning.
    is_in_range: bool,
    problems: &'a mut Problems,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token { kind, span: start..self.at }
    }

    fn fail<T>(&mut self, expected: &'static str) -> Option<T> {
        let rest = self.rest();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        let found = match rest.get(..length) {
            Some(found) if length > 0 => format!("`{}`", found.escape_debug()),
            _ => "the end".to_owned(),
        };
        self.problems.add(self.at..self.at + length, Problem::Expected { expected, found, help: None });
        None
    }

    fn token(&mut self) -> Option<Token> {
        let rest = self.rest();
        let mut letters = rest.chars();
        let first = letters.next()?;
        let is_before_blank = letters.next().filter(|next| is_blank(*next));
        Some(match first {
            '+' | '-' | '!' if is_before_blank.is_some() => self.take(Kind::BareOperator, 1),
            '+' => self.take(Kind::Plus, 1),
            '-' => self.take(Kind::Minus, 1),
            '!' => self.take(Kind::Not, 1),
            '(' => self.take(Kind::Open, 1),
            ')' => self.take(Kind::Close, 1),
            ':' => self.take(Kind::Colon, 1),
            '^' => self.take(Kind::Caret, 1),
            '[' | '{' => {
                self.is_in_range = true;
                self.take(Kind::RangeStart, 1)
            }
            '"' => match quoted(rest) {
                Some(length) => self.take(Kind::Quoted, length),
                None => return self.fail("a closing `\"`"),
            },
            '/' => match regex(rest) {
                Some(length) => self.take(Kind::Regex, length),
                None => {
                    return self.fail("a closing `/`; a slash that begins no expression is written `\\/`");
                }
            },
            '~' => {
                let length = rest.get(1..).map_or(0, |rest| word(rest, false));
                self.take(Kind::Slop, 1 + length)
            }
            _ => match self.word() {
                Some(token) => token,
                None => return self.fail("a word; a character with a meaning is written behind a `\\`"),
            },
        })
    }

    /// A word, with or without wildcards, or an operator.
    fn word(&mut self) -> Option<Token> {
        let rest = self.rest();
        let plain = if rest.starts_with(['*', '?']) { 0 } else { word(rest, false) };
        let whole = word(rest, true);
        let kind = match rest.get(..whole)? {
            "" => return None,
            "AND" | "&&" => Kind::And,
            "OR" | "||" => Kind::Or,
            "NOT" => Kind::Not,
            "*" => Kind::Star,
            _ if plain == whole => Kind::Term,
            text if plain > 0 && plain + 1 == whole && text.ends_with('*') => Kind::Prefix,
            _ => Kind::Wildcard,
        };
        Some(self.take(kind, whole))
    }

    fn number(&mut self) -> Option<Token> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = self.rest();
        let whole = digits(rest);
        if whole == 0 {
            return self.fail("a number");
        }
        let decimals = rest.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
        Some(self.take(Kind::Number, if decimals > 0 { whole + 1 + decimals } else { whole }))
    }

    fn of_range(&mut self) -> Option<Token> {
        let rest = self.rest();
        if rest.starts_with([']', '}']) {
            self.is_in_range = false;
            return Some(self.take(Kind::RangeEnd, 1));
        }
        let goop = rest.find([' ', ']', '}']).unwrap_or(rest.len());
        let quoted = rest.starts_with('"').then(|| quoted(rest)).flatten().unwrap_or(0);
        let length = goop.max(quoted);
        let kind = if rest.get(..length) == Some("TO") { Kind::To } else { Kind::Bound };
        Some(self.take(kind, length))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

/// How long the word is that a text begins with. A backslash takes the meaning from what follows it.
fn word(text: &str, with_wildcards: bool) -> usize {
    let mut letters = text.char_indices();
    let mut length = 0;
    while let Some((at, letter)) = letters.next() {
        let is_first = at == 0;
        let belongs = match letter {
            '\\' => letters.next().is_some(),
            '*' | '?' => with_wildcards,
            '-' | '+' => !is_first,
            _ => !is_blank(letter) && !"!():^[]\"{}~/".contains(letter),
        };
        if !belongs {
            break;
        }
        length = letters.offset();
    }
    length
}

/// How long the quoted text is that a text begins with.
fn quoted(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some(at + 1),
            '\\' => _ = letters.next()?,
            _ => {}
        }
    }
    None
}

/// How long the regular expression is that a text begins with: to the first slash with no backslash before it, else to
/// the last one.
fn regex(text: &str) -> Option<usize> {
    let mut last = None;
    for (at, _) in text.match_indices('/').skip(1) {
        last = Some(at + 1);
        if !text.get(..at)?.ends_with('\\') {
            break;
        }
    }
    last
}
