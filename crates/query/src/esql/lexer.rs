//! Text to tokens, after Elasticsearch's `EsqlBaseLexer.g4`. Never fails: what is not ES|QL becomes an
//! [`TokenKind::Invalid`] token and a problem.
//!
//! What a token is depends on the command: `FROM` has index patterns, `KEEP` names with stars, others expressions.

use std::ops::Range;

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
    /// A bare name with stars.
    Stars,
    /// A name in backquotes, unescaped.
    Quoted(String),
    /// The bare name of an index, an alias, a policy, ..., with or without stars.
    Source,
    /// A string, unescaped.
    String(String),
    /// A whole number without sign.
    Integer(i128),
    /// Any other number.
    Decimal(f64),
    /// Punctuation and operators.
    Symbol(Symbol),
    /// What could not be read; a problem was reported.
    Invalid,
    /// The end of the text.
    End,
}

scan::symbols! {
    Equal "==",
    NotEqual "!=",
    LessEqual "<=",
    GreaterEqual ">=",
    Less "<",
    Greater ">",
    Assign "=",
    Cast "::",
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
    OpenBrace "{",
    CloseBrace "}",
    Pipe "|",
    Question "?",
    Semicolon ";",
}

/// How words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The next word is a command.
    Command,
    Expression,
    /// Names of columns, with stars.
    Names,
    /// Names of indices.
    Source,
    /// Names of indices, up to this word.
    SourceUntil(&'static str, After),
}

/// What follows the names of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Expression,
    Names,
}

/// Reads the whole text. The last token is [`TokenKind::End`].
pub(super) fn tokenize(text: &str, problems: &mut Problems) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, mode: Mode::Command, problems };
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
    mode: Mode,
    problems: &'a mut Problems,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Goes past everything that fits.
    fn skip_while(&mut self, fits: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !fits(c)).unwrap_or(rest.len());
    }

    fn invalid(&mut self, span: Range<usize>, problem: Problem) -> TokenKind {
        self.problems.add(span, problem);
        TokenKind::Invalid
    }

    /// Goes past white space and comments.
    fn skip_blank(&mut self) {
        loop {
            self.skip_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            if self.starts_with("//") {
                self.skip_while(|c| c != '\r' && c != '\n');
            } else if self.starts_with("/*") {
                let start = self.at;
                match scan::block_comment(self.rest()) {
                    Some(length) => self.at += length,
                    None => {
                        self.at = self.text.len();
                        self.problems.add(start..start + 2, Problem::UnterminatedComment);
                    }
                }
            } else {
                return;
            }
        }
    }

    fn next_kind(&mut self) -> TokenKind {
        let Some(first) = self.rest().chars().next() else { return TokenKind::End };
        match first {
            '"' => self.string(),
            '\'' if !self.is_source() => self.single_quoted(),
            '|' => self.pipe(),
            '`' if !self.is_source() => self.quoted_name(),
            _ if self.is_source() => self.source(first),
            '0'..='9' => self.number(),
            '.' if self.mode == Mode::Expression && self.is_digit_next() => self.number(),
            '*' if self.mode == Mode::Names => self.word(),
            'a'..='z' | 'A'..='Z' | '_' | '@' => self.word(),
            _ => self.symbol(first),
        }
    }

    fn is_source(&self) -> bool {
        matches!(self.mode, Mode::Source | Mode::SourceUntil(..))
    }

    fn is_digit_next(&self) -> bool {
        self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    }

    /// `|`, behind which stands a command.
    fn pipe(&mut self) -> TokenKind {
        if self.mode == Mode::Expression && self.starts_with("||") {
            return self.foreign("||");
        }
        self.at += 1;
        self.mode = Mode::Command;
        TokenKind::Symbol(Symbol::Pipe)
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        let stars = self.mode == Mode::Names;
        self.at += 1;
        self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_' || (stars && c == '*'));
        let word = self.text.get(start..self.at).unwrap_or_default();
        if self.mode == Mode::Command {
            self.mode = mode_of(word);
        }
        if word.contains('*') { TokenKind::Stars } else { TokenKind::Word }
    }

    /// The name of an index and the like: anything but what parts it from the next.
    fn source(&mut self, first: char) -> TokenKind {
        let start = self.at;
        loop {
            self.skip_while(|c| {
                !matches!(
                    c,
                    ':' | '"' | '=' | '|' | ',' | '[' | ']' | '/' | '(' | ')' | ' ' | '\t' | '\r' | '\n'
                )
            });
            // A slash is part of it, unless it begins a comment.
            if !self.starts_with("/") || self.starts_with("//") || self.starts_with("/*") {
                break;
            }
            self.at += 1;
        }
        if self.at == start {
            return self.symbol(first);
        }
        if let Mode::SourceUntil(last, after) = self.mode {
            let word = self.text.get(start..self.at).unwrap_or_default();
            if word.eq_ignore_ascii_case(last) || (after == After::Names && word.eq_ignore_ascii_case("with"))
            {
                self.mode = match after {
                    After::Expression => Mode::Expression,
                    After::Names => Mode::Names,
                };
                return TokenKind::Word;
            }
        }
        TokenKind::Source
    }

    fn symbol(&mut self, first: char) -> TokenKind {
        let start = self.at;
        if let Some(operator) = ["&&", "<>", "=~"].into_iter().find(|text| self.starts_with(text)) {
            return self.foreign(operator);
        }
        if let Some((symbol, text)) = Symbol::ALL.iter().find(|(_, text)| self.starts_with(text)) {
            self.at += text.len();
            return TokenKind::Symbol(*symbol);
        }
        if let Some(operator) = ["&", "!"].into_iter().find(|text| self.starts_with(text)) {
            return self.foreign(operator);
        }
        self.at += first.len_utf8();
        // One problem for a word of another script.
        self.skip_while(|c| !c.is_ascii() && c.is_alphanumeric());
        self.invalid(start..self.at, Problem::UnexpectedCharacter { character: first })
    }

    fn foreign(&mut self, operator: &'static str) -> TokenKind {
        let start = self.at;
        self.at += operator.len();
        self.invalid(start..self.at, Problem::ForeignOperator { operator })
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let (length, whole) = scan::number(self.rest());
        self.at += length;
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if whole && let Ok(integer) = digits.parse::<i128>() {
            return TokenKind::Integer(integer);
        }
        match digits.parse::<f64>() {
            Ok(decimal) if decimal.is_finite() => TokenKind::Decimal(decimal),
            _ => self.invalid(start..self.at, Problem::NumberOutOfRange),
        }
    }

    /// `` `a name` ``; a doubled backquote stands for one.
    fn quoted_name(&mut self) -> TokenKind {
        let start = self.at;
        let Some((name, length)) = scan::backquoted(self.rest()) else {
            self.at = self.text.len();
            return self.invalid(start..start + 1, Problem::UnterminatedName);
        };
        self.at += length;
        if name.is_empty() {
            return self.invalid(start..self.at, Problem::EmptyName);
        }
        TokenKind::Quoted(name)
    }

    fn string(&mut self) -> TokenKind {
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
            text.push_str(self.text.get(plain..self.at).unwrap_or_default());
            let mut ahead = self.rest().chars();
            match (ahead.next(), ahead.next()) {
                (Some('"'), _) => {
                    self.at += 1;
                    return if valid { TokenKind::String(text) } else { TokenKind::Invalid };
                }
                (Some('\\'), Some(letter)) if letter != '\r' && letter != '\n' => {
                    let escape = self.at;
                    self.at += 1 + letter.len_utf8();
                    match unescaped(letter) {
                        Some(letter) => text.push(letter),
                        None => {
                            valid = false;
                            self.problems.add(escape..self.at, Problem::UnknownEscape);
                        }
                    }
                }
                (ended, _) => {
                    self.at += ended.filter(|c| *c == '\\').map_or(0, char::len_utf8);
                    return self.invalid(start..self.at, Problem::UnterminatedString);
                }
            }
        }
    }

    /// `'...'`, refused as a whole.
    fn single_quoted(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        self.skip_while(|c| !matches!(c, '\'' | '\r' | '\n'));
        self.at += usize::from(self.starts_with("'"));
        self.invalid(start..self.at, Problem::SingleQuotes)
    }
}

/// How the words behind a command are read.
fn mode_of(command: &str) -> Mode {
    match command.to_ascii_lowercase().as_str() {
        "from" | "ts" | "metrics" => Mode::Source,
        "enrich" => Mode::SourceUntil("on", After::Names),
        "lookup" => Mode::SourceUntil("on", After::Expression),
        "keep" | "drop" | "rename" | "mv_expand" | "change_point" => Mode::Names,
        _ => Mode::Expression,
    }
}

fn unescaped(letter: char) -> Option<char> {
    match letter {
        't' => Some('\t'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        '"' | '\\' => Some(letter),
        _ => None,
    }
}
