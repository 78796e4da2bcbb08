//! Tokens to syntax tree, after the grammar of Elasticsearch's `EqlBase.g4`. Goes on after an error at the end of
//! the step it is in, so that one run reports the errors of all steps.

mod expression;

use std::ops::Range;

use super::Dialect;
use super::ast::{EventFilter, Node, Pipe, Query, Sample, Sequence, Spanned, Statement, Term};
use super::lexer::{Symbol, Token, TokenKind, tokenize};
use super::problem::{Problem, Problems};
use crate::suggest;
use expression::Level;

/// Deepest nesting of an expression, where `(a or b and c)` may count as three levels. Rules nest a dozen brackets; the
/// limit keeps recursion off the end of the stack.
pub(super) const MAX_DEPTH: usize = 250;

const KEYWORDS: &[&str] = &[
    "and", "any", "by", "false", "fork", "in", "join", "like", "maxspan", "not", "null", "of", "or", "regex",
    "sample", "sequence", "true", "until", "where", "with",
];

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// A problem was reported; what was being parsed cannot be finished.
#[derive(Debug)]
struct Abort;

type Parsed<T> = Result<T, Abort>;

/// Parses a whole query. `None` if there were errors in its form.
pub(super) fn parse(text: &str, dialect: Dialect, problems: &mut Problems) -> Option<Statement> {
    let tokens = tokenize(text, dialect, problems);
    let mut parser = Parser { text, dialect, tokens: &tokens, at: 0, depth: 0, problems };
    let statement = parser.statement();
    if problems.has_errors() { None } else { statement.ok() }
}

struct Parser<'a> {
    text: &'a str,
    dialect: Dialect,
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

    /// Where the token before this one ended.
    fn previous_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn source(&self, ahead: usize) -> &'a str {
        self.token(ahead).and_then(|token| self.text.get(token.span.clone())).unwrap_or_default()
    }

    fn word_ahead(&self, ahead: usize) -> Option<&'a str> {
        matches!(self.token(ahead)?.kind, TokenKind::Word).then(|| self.source(ahead))
    }

    fn at_word(&self, word: &str) -> bool {
        self.word_ahead(0) == Some(word)
    }

    fn at_symbol(&self, symbol: Symbol) -> bool {
        self.symbol_ahead(0) == Some(symbol)
    }

    fn symbol_ahead(&self, ahead: usize) -> Option<Symbol> {
        match self.token(ahead)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
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

    fn expect_symbol(&mut self, symbol: Symbol, expected: &'static str) -> Parsed<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { self.expected(expected) }
    }

    fn end(&mut self, expected: &'static str) -> Parsed<()> {
        if self.kind() == Some(&TokenKind::End) { Ok(()) } else { self.expected(expected) }
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
            Some(TokenKind::Symbol(Symbol::Assign)) => self.fail(span, Problem::Assignment),
            Some(TokenKind::End) => {
                self.fail(span, Problem::Expected { expected, found: "the end of the query".into() })
            }
            _ => {
                let found = format!("`{}`", self.source(0));
                self.fail(span, Problem::Expected { expected, found })
            }
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            let span = self.span();
            return self.fail(span, Problem::TooDeep { limit: MAX_DEPTH });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    // Statements

    fn statement(&mut self) -> Parsed<Statement> {
        let query = match self.word_ahead(0) {
            Some("sequence") if self.word_ahead(1) != Some("where") => Query::Sequence(self.sequence()?),
            Some("sample") if self.word_ahead(1) != Some("where") => Query::Sample(self.sample()?),
            Some("join") if self.word_ahead(1) != Some("where") => Query::Join(self.join()?),
            _ => Query::Event(self.event_filter()?),
        };
        let mut pipes = Vec::new();
        while self.at_symbol(Symbol::Pipe) {
            pipes.push(self.pipe()?);
        }
        self.end("`|`, an operator or the end of the query")?;
        Ok(Statement { query, pipes })
    }

    fn event_filter(&mut self) -> Parsed<EventFilter> {
        let span = self.span();
        let category = match self.kind() {
            Some(TokenKind::String(text)) => Some(text.clone()),
            Some(TokenKind::Word) if self.at_word("any") => None,
            Some(TokenKind::Word) if !is_keyword(self.source(0)) => Some(self.source(0).to_owned()),
            _ => return self.expected("an event category, `any`, `sequence` or `sample`"),
        };
        self.advance();
        if !self.eat_word("where") {
            return self.expected("`where`");
        }
        let condition = self.expression(Level::Or)?;
        Ok(EventFilter { category: category.map(|value| Spanned { value, span }), condition })
    }

    fn sequence(&mut self) -> Parsed<Sequence> {
        let span = self.span();
        self.advance();
        let (mut keys, mut maxspan) = (None, None);
        loop {
            let clause = self.span();
            if self.at_word("by") {
                let repeated = keys.replace(self.keys()?).is_some();
                self.once(clause, repeated, "by");
            } else if self.at_word("with") {
                let repeated = maxspan.replace(self.maxspan()?).is_some();
                self.once(clause, repeated, "with maxspan");
            } else {
                break;
            }
        }
        let terms = self.terms()?;
        let until = self.until()?;
        Ok(Sequence { span, keys: keys.unwrap_or_default(), maxspan, terms, until })
    }

    fn once(&mut self, span: Range<usize>, repeated: bool, clause: &'static str) {
        if repeated {
            self.problems.add(span, Problem::RepeatedClause { clause });
        }
    }

    fn sample(&mut self) -> Parsed<Sample> {
        let span = self.span();
        self.advance();
        let keys = if self.at_word("by") { self.keys()? } else { Vec::new() };
        Ok(Sample { span, keys, terms: self.terms()?, until: None })
    }

    fn join(&mut self) -> Parsed<Sample> {
        let sample = self.sample()?;
        Ok(Sample { until: self.until()?, ..sample })
    }

    fn until(&mut self) -> Parsed<Option<Term>> {
        if self.eat_word("until") { self.term().map(Some) } else { Ok(None) }
    }

    fn terms(&mut self) -> Parsed<Vec<Term>> {
        let mut terms = Vec::new();
        let mut failed = false;
        while self.at_symbol(Symbol::Open) || self.at_symbol(Symbol::MissingOpen) {
            match self.term() {
                Ok(term) => terms.push(term),
                Err(Abort) => failed = true,
            }
        }
        if failed {
            return Err(Abort);
        }
        if terms.is_empty() { self.expected("`[`") } else { Ok(terms) }
    }

    /// One step. After an error in its brackets goes on behind them.
    fn term(&mut self) -> Parsed<Term> {
        let start = self.span().start;
        let missing = self.at_symbol(Symbol::MissingOpen);
        if !missing && !self.at_symbol(Symbol::Open) {
            return self.expected("`[`");
        }
        let open = self.at;
        self.advance();
        let filter = self.event_filter().and_then(|filter| {
            self.expect_symbol(Symbol::Close, "`]` or an operator")?;
            Ok(filter)
        });
        if filter.is_err() {
            self.depth = 0;
            self.skip_brackets(open);
        }
        let (mut keys, mut runs, mut alias) = (None, None, None);
        loop {
            let clause = self.span();
            if self.at_word("by") {
                let repeated = keys.replace(self.keys()?).is_some();
                self.once(clause, repeated, "by");
            } else if self.at_word("as") && self.dialect == Dialect::Endpoint {
                let repeated = alias.replace(self.alias()?).is_some();
                self.once(clause, repeated, "as");
            } else if self.at_word("with") {
                let repeated = runs.replace(self.runs()?).is_some();
                self.once(clause, repeated, "with runs");
            } else if self.at_word("fork") {
                self.problems.add(clause, Problem::Fork);
                self.advance();
                if self.eat_symbol(Symbol::Assign) || self.eat_symbol(Symbol::Equal) {
                    self.advance();
                }
            } else {
                break;
            }
        }
        let span = start..self.previous_end();
        let (keys, runs) = (keys.unwrap_or_default(), runs.unwrap_or(1));
        Ok(Term { filter: filter?, keys, runs, missing, alias, span })
    }

    /// `as name`.
    fn alias(&mut self) -> Parsed<Spanned<String>> {
        self.advance();
        let span = self.span();
        match self.word_ahead(0).filter(|word| !is_keyword(word)).map(str::to_owned) {
            Some(value) => {
                self.advance();
                Ok(Spanned { value, span })
            }
            None => self.expected("a name for the event"),
        }
    }

    /// Goes behind the bracket that closes the one at token `open`.
    fn skip_brackets(&mut self, open: usize) {
        self.at = open;
        let mut level = 0_usize;
        while self.kind() != Some(&TokenKind::End) {
            match self.symbol_ahead(0) {
                Some(Symbol::Open | Symbol::MissingOpen) => level += 1,
                Some(Symbol::Close) => level -= 1,
                _ => {}
            }
            self.advance();
            if level == 0 {
                return;
            }
        }
    }

    fn keys(&mut self) -> Parsed<Vec<Node>> {
        self.advance();
        let mut keys = Vec::new();
        loop {
            keys.push(self.expression(Level::Or)?);
            if !self.eat_symbol(Symbol::Comma) {
                return Ok(keys);
            }
        }
    }

    /// `with name=`; the option must be the expected one.
    fn option(&mut self, expected: &'static str) -> Parsed<()> {
        self.advance();
        let span = self.span();
        match self.word_ahead(0) {
            Some(word) if word == expected => self.advance(),
            Some(word) => {
                let found = word.to_owned();
                return self.fail(span, Problem::UnknownOption { found, expected });
            }
            None => return self.expected("an option"),
        }
        if self.eat_symbol(Symbol::Assign) { Ok(()) } else { self.expected("`=`") }
    }

    fn maxspan(&mut self) -> Parsed<u64> {
        self.option("maxspan")?;
        let span = self.span();
        let number = match self.kind() {
            Some(TokenKind::Integer(number)) => *number,
            Some(TokenKind::Float(_)) => return self.fail(span, Problem::MaxspanNotWhole),
            Some(TokenKind::Symbol(Symbol::Minus)) => return self.fail(span, Problem::MaxspanNotPositive),
            _ => return self.expected("a number with a unit of time"),
        };
        self.advance();
        let unit_span = self.span();
        let Some(unit) = self.word_ahead(0).filter(|word| !is_keyword(word)) else {
            return self.fail(span, Problem::MaxspanWithoutUnit { number });
        };
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return self.fail(unit_span, Problem::MaxspanUnit { unit: unit.to_owned() }),
        };
        self.advance();
        match u64::try_from(number) {
            Ok(number) if number > 0 => Ok(number.saturating_mul(milliseconds)),
            _ => self.fail(span, Problem::MaxspanNotPositive),
        }
    }

    fn runs(&mut self) -> Parsed<u32> {
        self.option("runs")?;
        let span = self.span();
        let runs = match self.kind() {
            Some(TokenKind::Integer(number)) => u32::try_from(*number).ok(),
            Some(TokenKind::Float(_) | TokenKind::Symbol(Symbol::Minus)) => None,
            _ => return self.expected("a whole number"),
        };
        match runs.filter(|runs| (1..=100).contains(runs)) {
            Some(runs) => {
                self.advance();
                Ok(runs)
            }
            None => {
                let found = format!("`{}`", self.source(0));
                self.fail(span, Problem::Runs { found })
            }
        }
    }

    fn pipe(&mut self) -> Parsed<Pipe> {
        let start = self.span().start;
        self.advance();
        let name_span = self.span();
        let Some(name) = self.word_ahead(0).map(str::to_owned) else {
            return self.expected("a pipe, `head` or `tail`");
        };
        self.advance();
        match name.as_str() {
            "head" | "tail" => {}
            "count" | "filter" | "sort" | "unique" | "unique_count" => {
                return self.fail(name_span, Problem::UnsupportedPipe { name });
            }
            _ => {
                let similar = suggest::similar(&name, ["head", "tail"].into_iter(), 1).pop();
                return self.fail(name_span, Problem::UnknownPipe { name, similar });
            }
        }
        let mut args = Vec::new();
        if !self.at_symbol(Symbol::Pipe) && self.kind() != Some(&TokenKind::End) {
            loop {
                args.push(self.expression(Level::Or)?);
                if !self.eat_symbol(Symbol::Comma) {
                    break;
                }
            }
        }
        let span = start..self.previous_end();
        Ok(Pipe { name: Spanned { value: name, span: name_span }, args, span })
    }
}
