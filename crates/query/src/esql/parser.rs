//! Tokens to syntax tree, after the grammar of Elasticsearch's `EsqlBaseParser.g4`. Goes on after an error at the next
//! command, so that one run reports the errors of all commands.

mod commands;
mod expression;
mod names;

use std::ops::Range;

use super::ast::{Query, Spanned};
use super::lexer::{Symbol, Token, TokenKind, tokenize};
use super::problem::{Problem, Problems};

/// Deepest nesting of an expression. Rules nest a dozen brackets; the limit keeps recursion off the end of the stack.
/// Elasticsearch's is 400 (`ExpressionBuilder.MAX_EXPRESSION_DEPTH`), and counts operators in a row as well.
pub(super) const MAX_DEPTH: usize = 150;

/// Words that are no names in expressions.
const RESERVED: &[&str] = &[
    "and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "on",
    "or", "rlike", "true", "where", "with",
];

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// A problem was reported; what was being parsed cannot be finished.
#[derive(Debug)]
struct Abort;

type Parsed<T> = Result<T, Abort>;

/// Parses a whole query. `None` if there were errors in its form.
pub(crate) fn parse(text: &str, problems: &mut Problems) -> Option<Query> {
    let tokens = tokenize(text, problems);
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, problems };
    let query = parser.query();
    if problems.has_errors() { None } else { query }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    problems: &'a mut Problems,
}

impl<'a> Parser<'a> {
    // Tokens

    fn token(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead).or(self.tokens.last())
    }

    fn kind(&self) -> Option<&'a TokenKind> {
        self.token(0).map(|token| &token.kind)
    }

    fn span(&self) -> Range<usize> {
        self.token(0).map_or(0..0, |token| token.span.clone())
    }

    /// From there to the end of the token before this one.
    fn since(&self, start: usize) -> Range<usize> {
        let end = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end);
        start..end.max(start)
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn source_text(&self, ahead: usize) -> &'a str {
        self.token(ahead).and_then(|token| self.text.get(token.span.clone())).unwrap_or_default()
    }

    /// A bare word, in whatever case.
    fn word_ahead(&self, ahead: usize) -> Option<&'a str> {
        matches!(self.token(ahead)?.kind, TokenKind::Word).then(|| self.source_text(ahead))
    }

    fn at_word_ahead(&self, ahead: usize, word: &str) -> bool {
        self.word_ahead(ahead).is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    fn at_word(&self, word: &str) -> bool {
        self.at_word_ahead(0, word)
    }

    fn symbol(&self) -> Option<Symbol> {
        self.symbol_ahead(0)
    }

    fn symbol_ahead(&self, ahead: usize) -> Option<Symbol> {
        match self.token(ahead)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    fn at_symbol(&self, symbol: Symbol) -> bool {
        self.symbol() == Some(symbol)
    }

    /// Whether a command ends here.
    fn at_end(&self) -> bool {
        self.at_symbol(Symbol::Pipe) || self.kind() == Some(&TokenKind::End)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn eat_symbol(&mut self, symbol: Symbol) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str, expected: &'static str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.expected(expected) }
    }

    fn expect_symbol(&mut self, symbol: Symbol, expected: &'static str) -> Parsed<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { self.expected(expected) }
    }

    fn string(&mut self, expected: &'static str) -> Parsed<Spanned<String>> {
        let span = self.span();
        let Some(TokenKind::String(text)) = self.kind() else { return self.expected(expected) };
        self.advance();
        Ok(Spanned { value: text.clone(), span })
    }

    /// One or several, with commas between.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_symbol(Symbol::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    // Errors

    fn fail<T>(&mut self, span: Range<usize>, problem: Problem) -> Parsed<T> {
        self.problems.add(span, problem);
        Err(Abort)
    }

    /// Reports what was expected here. The lexer has reported invalid tokens already.
    fn expected<T>(&mut self, expected: &'static str) -> Parsed<T> {
        let span = self.span();
        match self.kind() {
            Some(TokenKind::Invalid) => Err(Abort),
            Some(TokenKind::Symbol(Symbol::Question)) => self.fail(span, Problem::Parameter),
            Some(TokenKind::End) => {
                self.fail(span, Problem::Expected { expected, found: "the end of the query".into() })
            }
            _ => {
                let found = format!("`{}`", self.source_text(0));
                self.fail(span, Problem::Expected { expected, found })
            }
        }
    }

    fn not_supported<T>(&mut self, span: Range<usize>, what: impl Into<String>) -> Parsed<T> {
        self.fail(span, Problem::NotSupported { what: what.into() })
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        self.check_depth()?;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn check_depth(&mut self) -> Parsed<()> {
        if self.depth > MAX_DEPTH {
            let span = self.span();
            return self.fail(span, Problem::TooDeep { limit: MAX_DEPTH });
        }
        Ok(())
    }

    // Statements

    fn query(&mut self) -> Option<Query> {
        let source = self.command_part(Self::source);
        let mut commands = Vec::new();
        while self.eat_symbol(Symbol::Pipe) {
            commands.push(self.command_part(Self::command));
        }
        Some(Query { source: source?, commands: commands.into_iter().collect::<Option<Vec<_>>>()? })
    }

    /// One command up to `|`. After an error goes on there.
    fn command_part<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Option<Spanned<T>> {
        let start = self.span().start;
        self.depth = 0;
        let parsed = parse(self).and_then(|value| match self.at_end() {
            true => Ok(value),
            false => self.expected("`|`, an operator or the end of the query"),
        });
        while !self.at_end() {
            self.advance();
        }
        Some(Spanned { value: parsed.ok()?, span: self.since(start) })
    }

    /// A query in brackets, the first of which is behind us.
    fn sub_query<T>(&mut self) -> Parsed<T> {
        let span = self.span();
        self.skip_with_brackets(1);
        self.not_supported(span, "a query in brackets")
    }

    /// Goes to the end of a command that may have queries of its own in brackets, of which so many are open.
    fn skip_with_brackets(&mut self, mut open: usize) {
        while self.kind() != Some(&TokenKind::End) && (open > 0 || !self.at_symbol(Symbol::Pipe)) {
            match self.symbol() {
                Some(Symbol::OpenParen) => open += 1,
                Some(Symbol::CloseParen) => open = open.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
    }
}
