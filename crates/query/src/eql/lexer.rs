//! Text to tokens. Never fails: what is not EQL becomes an [`TokenKind::Invalid`] token and a problem.

use std::ops::Range;

use super::Dialect;
use super::problem::{Problem, Problems};
use crate::scan;

/// A token and the bytes it stands at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A bare name, keywords included: which words are keywords depends on the place.
    Word,
    /// A name in backticks, unescaped.
    Quoted(String),
    /// A bare name with `~` directly behind it: a case-insensitive operator or function.
    WordTilde,
    /// A string, unescaped.
    String(String),
    /// An integer that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Punctuation and operators.
    Symbol(Symbol),
    /// What could not be read; a problem was reported.
    Invalid,
    /// The end of the text.
    End,
}

scan::symbols! {
    MissingOpen "![",
    Equal "==",
    NotEqual "!=",
    LessEqual "<=",
    GreaterEqual ">=",
    Less "<",
    Greater ">",
    Assign "=",
    Colon ":",
    Plus "+",
    Minus "-",
    Star "*",
    Slash "/",
    Percent "%",
    Dot ".",
    Comma ",",
    Open "[",
    Close "]",
    OpenParen "(",
    CloseParen ")",
    Pipe "|",
    Question "?",
}

/// Reads the whole text. The last token is [`TokenKind::End`].
pub(super) fn tokenize(text: &str, dialect: Dialect, problems: &mut Problems) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, dialect, problems };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.at;
        let kind = lexer.next_kind();
        let end = kind == TokenKind::End;
        tokens.push(Token { kind, span: start..lexer.at });
        if end {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    problems: &'a mut Problems,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Goes past everything that fits.
    fn skip_while(&mut self, fits: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !fits(c)).unwrap_or(rest.len());
    }

    /// Goes past white space and comments.
    fn skip_blank(&mut self) {
        loop {
            self.skip_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            if self.starts_with("//") {
                self.skip_while(|c| c != '\r' && c != '\n');
            } else if self.starts_with("/*") {
                self.skip_block_comment();
            } else {
                return;
            }
        }
    }

    /// Block comments nest.
    fn skip_block_comment(&mut self) {
        let start = self.at;
        match scan::block_comment(self.rest()) {
            Some(length) => self.at += length,
            None => {
                self.at = self.text.len();
                self.problems.add(start..start + 2, Problem::UnterminatedComment);
            }
        }
    }

    fn next_kind(&mut self) -> TokenKind {
        let Some(first) = self.peek() else { return TokenKind::End };
        match first {
            '"' => self.string(),
            '\'' => self.single_quoted(self.at),
            '`' => self.quoted_name(),
            '?' if self.starts_with("?\"") || self.starts_with("?'") => self.old_raw_string(),
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            // The endpoint's variables begin with a dollar.
            '$' if self.dialect != Dialect::Endpoint => self.symbol(first),
            'a'..='z' | 'A'..='Z' | '_' | '@' | '$' => {
                self.at += 1;
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                if self.starts_with("~") {
                    self.at += 1;
                    TokenKind::WordTilde
                } else {
                    TokenKind::Word
                }
            }
            _ => self.symbol(first),
        }
    }

    fn symbol(&mut self, first: char) -> TokenKind {
        let start = self.at;
        let own = || Symbol::ALL.iter().find(|(_, text)| self.starts_with(text));
        let foreign = |all: &[&'static str]| all.iter().copied().find(|text| self.starts_with(text));
        // `||` would be two pipes, but `!` is the beginning of operators.
        let (found, foreign) = match foreign(&["&&", "||", "!:"]) {
            Some(operator) => (None, Some(operator)),
            None => own().map_or_else(|| (None, foreign(&["&", "!"])), |symbol| (Some(symbol), None)),
        };
        if let Some((symbol, text)) = found {
            self.at += text.len();
            return TokenKind::Symbol(*symbol);
        }
        if let Some(operator) = foreign {
            self.at += operator.len();
            self.problems.add(start..self.at, Problem::ForeignOperator { operator });
            return TokenKind::Invalid;
        }
        self.at += first.len_utf8();
        // One problem for a word of another script.
        self.skip_while(|c| !c.is_ascii() && c.is_alphanumeric());
        self.problems.add(start..self.at, Problem::UnexpectedCharacter { character: first });
        TokenKind::Invalid
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let (length, whole) = scan::number(self.rest());
        self.at += length;
        let digits = &self.text[start..self.at];
        if whole && let Ok(integer) = digits.parse::<i64>() {
            return TokenKind::Integer(integer);
        }
        match digits.parse::<f64>() {
            Ok(float) if float.is_finite() => TokenKind::Float(float),
            _ => {
                self.problems.add(start..self.at, Problem::NumberOutOfRange);
                TokenKind::Invalid
            }
        }
    }

    fn quoted_name(&mut self) -> TokenKind {
        let start = self.at;
        let Some((name, length)) = scan::backquoted(self.rest()) else {
            self.at = self.text.len();
            self.problems.add(start..start + 1, Problem::UnterminatedName);
            return TokenKind::Invalid;
        };
        self.at += length;
        if name.is_empty() {
            self.problems.add(start..self.at, Problem::EmptyName);
            return TokenKind::Invalid;
        }
        TokenKind::Quoted(name)
    }

    fn string(&mut self) -> TokenKind {
        // `""` is a string of its own, if the three quotes do not begin a raw one.
        if let Some((text, length)) = scan::raw_string(self.rest()) {
            self.at += length;
            return TokenKind::String(text);
        }
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut valid = true;
        loop {
            let plain = self.at;
            self.skip_while(|c| !matches!(c, '"' | '\\' | '\r' | '\n'));
            text.push_str(&self.text[plain..self.at]);
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return if valid { TokenKind::String(text) } else { TokenKind::Invalid };
                }
                Some('\\') => match self.escape() {
                    Some(c) => text.push(c),
                    None => valid = false,
                },
                _ => {
                    self.problems.add(start..self.at, Problem::UnterminatedString);
                    return TokenKind::Invalid;
                }
            }
        }
    }

    /// One escape sequence; `None` if there is none such, after reporting it.
    fn escape(&mut self) -> Option<char> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek()?;
        if letter == '\r' || letter == '\n' {
            return None; // the string ends here, unterminated
        }
        self.at += letter.len_utf8();
        let escaped = match letter {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '\'' | '\\' => letter,
            'u' => return self.unicode_escape(start),
            _ => {
                self.problems.add(start..self.at, Problem::UnknownEscape);
                return None;
            }
        };
        Some(escaped)
    }

    /// The rest of `\u{hex}`: two to eight hexadecimal digits.
    fn unicode_escape(&mut self, start: usize) -> Option<char> {
        let digits_start = self.at + 1;
        let opened = self.starts_with("{");
        if opened {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_hexdigit());
        }
        let digits = self.text.get(digits_start..self.at).unwrap_or_default();
        if !opened || !self.starts_with("}") || !(2..=8).contains(&digits.len()) {
            self.problems.add(start..self.at, Problem::BadUnicodeEscape);
            return None;
        }
        let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        self.at += 1;
        if character.is_none() {
            self.problems.add(start..self.at, Problem::NoSuchCharacter);
        }
        character
    }

    /// `'...'`, refused as a whole.
    fn single_quoted(&mut self, start: usize) -> TokenKind {
        self.quoted_to_refuse('\'');
        self.problems.add(start..self.at, Problem::SingleQuotes);
        TokenKind::Invalid
    }

    /// `?"..."`, the raw strings of old, refused as a whole.
    fn old_raw_string(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        let quote = self.peek().unwrap_or('"');
        self.quoted_to_refuse(quote);
        self.problems.add(start..self.at, Problem::OldRawString);
        TokenKind::Invalid
    }

    fn quoted_to_refuse(&mut self, quote: char) {
        self.at += quote.len_utf8();
        loop {
            self.skip_while(|c| c != quote && !matches!(c, '\\' | '\r' | '\n'));
            match self.peek() {
                Some('\\') => {
                    self.at += 1;
                    self.at += self.peek().map_or(0, char::len_utf8);
                }
                Some(c) if c == quote => {
                    self.at += c.len_utf8();
                    return;
                }
                _ => return,
            }
        }
    }
}
