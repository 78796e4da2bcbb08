//! Tokens to syntax tree, after the grammar of Elasticsearch's `EqlBase.g4`. Goes on after an error at the end of
//! the step it is in, so that one run reports the errors of all steps.

use std::ops::Range;

use super::ast::{
    Comparison, EventFilter, Kind, Matching, Node, Pipe, Query, Sample, Sequence, Spanned, Statement, Term,
};
use super::lexer::{Symbol, Token, TokenKind, tokenize};
use super::problem::{Problem, Problems};
use super::suggest;
use crate::ArithmeticOp;

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
pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Statement> {
    let tokens = tokenize(text, problems);
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, problems };
    let statement = parser.statement();
    if problems.has_errors() { None } else { statement.ok() }
}

/// How tightly operators bind, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Unary,
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
            Some("join") if self.word_ahead(1) != Some("where") => self.join()?,
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
        let until = if self.eat_word("until") { Some(self.term()?) } else { None };
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
        Ok(Sample { span, keys, terms: self.terms()? })
    }

    /// `join` is parsed as far as a sequence would be, and refused later.
    fn join(&mut self) -> Parsed<Query> {
        let span = self.span();
        let sequence = self.sequence()?;
        let mut terms = sequence.terms;
        terms.extend(sequence.until);
        Ok(Query::Join(Sample { span: span.clone(), keys: sequence.keys, terms }, span))
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
        let (mut keys, mut runs) = (None, None);
        loop {
            let clause = self.span();
            if self.at_word("by") {
                let repeated = keys.replace(self.keys()?).is_some();
                self.once(clause, repeated, "by");
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
        Ok(Term { filter: filter?, keys, runs, missing, span })
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

    // Expressions

    /// An expression of operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: Level) -> Parsed<Node> {
        self.deeper(|parser| {
            let left = parser.operand(level)?;
            parser.operators(left, level)
        })
    }

    /// Goes on with binary operators behind `left`.
    fn operators(&mut self, mut left: Node, level: Level) -> Parsed<Node> {
        let mut compared = false;
        let depth = self.depth;
        loop {
            if level <= Level::Or && self.at_word("or") {
                left = self.junction(left, "or", Level::And, Kind::Or)?;
            } else if level <= Level::And && self.at_word("and") {
                left = self.junction(left, "and", Level::Not, Kind::And)?;
            } else if level <= Level::Comparison
                && let Some(comparison) = self.comparison()
            {
                if compared {
                    let span = self.span();
                    return self.fail(span, Problem::ChainedComparison);
                }
                compared = true;
                self.advance();
                let right = self.expression(Level::Sum)?;
                left = binary(left, right, |l, r| Kind::Compare(comparison, l, r));
            } else if let Some((op, tighter)) = self.arithmetic(level) {
                self.advance();
                let right = self.expression(tighter)?;
                left = binary(left, right, |l, r| Kind::Arithmetic(op, l, r));
                // A chain of these makes a tree as deep as it is long.
                self.depth += 1;
                if self.depth >= MAX_DEPTH {
                    let span = self.span();
                    return self.fail(span, Problem::TooDeep { limit: MAX_DEPTH });
                }
            } else {
                self.depth = depth;
                return Ok(left);
            }
            if matches!(left.kind, Kind::And(_) | Kind::Or(_)) {
                compared = false;
            }
        }
    }

    /// `left or ... or ...`, flat.
    fn junction(
        &mut self,
        left: Node,
        word: &str,
        operand: Level,
        make: fn(Vec<Node>) -> Kind,
    ) -> Parsed<Node> {
        let start = left.span.start;
        let mut parts = vec![left];
        while self.eat_word(word) {
            parts.push(self.expression(operand)?);
        }
        Ok(Node { kind: make(parts), span: start..self.previous_end() })
    }

    fn comparison(&self) -> Option<Comparison> {
        Some(match self.symbol_ahead(0)? {
            Symbol::Equal => Comparison::Equal,
            Symbol::NotEqual => Comparison::NotEqual,
            Symbol::Less => Comparison::Less,
            Symbol::LessEqual => Comparison::LessEqual,
            Symbol::Greater => Comparison::Greater,
            Symbol::GreaterEqual => Comparison::GreaterEqual,
            _ => return None,
        })
    }

    /// An arithmetic operator allowed at this level, and the level of its right side.
    fn arithmetic(&self, level: Level) -> Option<(ArithmeticOp, Level)> {
        let (op, own, right) = match self.symbol_ahead(0)? {
            Symbol::Plus => (ArithmeticOp::Add, Level::Sum, Level::Product),
            Symbol::Minus => (ArithmeticOp::Subtract, Level::Sum, Level::Product),
            Symbol::Star => (ArithmeticOp::Multiply, Level::Product, Level::Unary),
            Symbol::Slash => (ArithmeticOp::Divide, Level::Product, Level::Unary),
            Symbol::Percent => (ArithmeticOp::Modulo, Level::Product, Level::Unary),
            _ => return None,
        };
        (level <= own).then_some((op, right))
    }

    /// `not ...`, `- ...`, or a value with what follows it.
    fn operand(&mut self, level: Level) -> Parsed<Node> {
        let start = self.span().start;
        if level <= Level::Not && self.at_word("not") {
            let mut negations = 0_usize;
            while self.eat_word("not") {
                negations += 1;
            }
            let inner = self.expression(Level::Comparison)?;
            if negations.is_multiple_of(2) {
                return Ok(inner);
            }
            let span = start..inner.span.end;
            return Ok(Node { kind: Kind::Not(Box::new(inner)), span });
        }
        if self.at_symbol(Symbol::Minus) || self.at_symbol(Symbol::Plus) {
            let mut minuses = 0_usize;
            loop {
                if self.eat_symbol(Symbol::Minus) {
                    minuses += 1;
                } else if !self.eat_symbol(Symbol::Plus) {
                    break;
                }
            }
            let inner = self.expression(Level::Unary)?;
            let span = start..inner.span.end;
            // Twice negated is still a number, so that `- - "a"` is refused like `- "a"`.
            let mut node = Node { kind: Kind::Negate(Box::new(inner)), span: span.clone() };
            if minuses.is_multiple_of(2) {
                node = Node { kind: Kind::Negate(Box::new(node)), span };
            }
            return Ok(node);
        }
        let value = self.primary()?;
        self.predicate(value)
    }

    fn primary(&mut self) -> Parsed<Node> {
        let span = self.span();
        let kind = match self.kind() {
            Some(TokenKind::String(text)) => Kind::String(text.clone()),
            Some(TokenKind::Integer(number)) => Kind::Integer(*number),
            Some(TokenKind::Float(number)) => Kind::Float(*number),
            Some(TokenKind::Word) => match self.source(0) {
                "null" => Kind::Null,
                "true" => Kind::Boolean(true),
                "false" => Kind::Boolean(false),
                word if is_keyword(word) => return self.expected("a value"),
                word if self.word_ahead(1) == Some("of") => {
                    let problem = Problem::ProcessRelationship { name: word.to_owned() };
                    return self.fail(span, problem);
                }
                _ if self.symbol_ahead(1) == Some(Symbol::OpenParen) => return self.call(false),
                _ => return self.field(),
            },
            Some(TokenKind::WordTilde) if self.symbol_ahead(1) == Some(Symbol::OpenParen) => {
                return self.call(true);
            }
            Some(TokenKind::Quoted(_) | TokenKind::Symbol(Symbol::Question)) => return self.field(),
            Some(TokenKind::Symbol(Symbol::OpenParen)) => {
                self.advance();
                let mut inner = self.expression(Level::Or)?;
                self.expect_symbol(Symbol::CloseParen, "`)` or an operator")?;
                inner.span = span.start..self.previous_end();
                return Ok(inner);
            }
            _ => return self.expected("a value"),
        };
        self.advance();
        Ok(Node { kind, span })
    }

    fn call(&mut self, case_insensitive: bool) -> Parsed<Node> {
        let span = self.span();
        let name = self.source(0).trim_end_matches('~').to_owned();
        self.advance();
        self.advance();
        let mut args = Vec::new();
        if !self.at_symbol(Symbol::CloseParen) {
            loop {
                args.push(self.expression(Level::Or)?);
                if !self.eat_symbol(Symbol::Comma) {
                    break;
                }
            }
        }
        self.expect_symbol(Symbol::CloseParen, "`)`, `,` or an operator")?;
        let whole = span.start..self.previous_end();
        let name = Spanned { value: name, span };
        Ok(Node { kind: Kind::Call { name, case_insensitive, args }, span: whole })
    }

    /// `a.b`, `` `a b`.c ``, `?a.b`.
    fn field(&mut self) -> Parsed<Node> {
        let start = self.span().start;
        let optional = self.eat_symbol(Symbol::Question);
        let mut name = String::new();
        loop {
            match self.kind() {
                Some(TokenKind::Quoted(part)) => name.push_str(part),
                // Behind a dot a keyword cannot be meant.
                Some(TokenKind::Word) if !name.is_empty() || !is_keyword(self.source(0)) => {
                    name.push_str(self.source(0));
                }
                _ => return self.expected("a field name"),
            }
            self.advance();
            if self.at_symbol(Symbol::Open)
                && matches!(self.token(1).map(|t| &t.kind), Some(TokenKind::Integer(_)))
            {
                let span = self.span();
                return self.fail(span, Problem::ArrayIndex);
            }
            if !self.eat_symbol(Symbol::Dot) {
                break;
            }
            name.push('.');
        }
        Ok(Node { kind: Kind::Field { name, optional }, span: start..self.previous_end() })
    }

    /// What may follow a value: `in (...)`, `: pattern`, `like pattern`, `regex pattern`.
    fn predicate(&mut self, value: Node) -> Parsed<Node> {
        let negated = self.at_word("not");
        let ahead = usize::from(negated);
        let tilde = matches!(self.token(ahead).map(|t| &t.kind), Some(TokenKind::WordTilde));
        let word = if tilde {
            self.source(ahead).trim_end_matches('~')
        } else {
            self.word_ahead(ahead).unwrap_or_default()
        };
        let matching = match word {
            "in" => return self.in_list(value, negated, tilde),
            "like" => Matching::Like { case_insensitive: tilde },
            "regex" => Matching::Regex { case_insensitive: tilde },
            _ if self.symbol_ahead(ahead) == Some(Symbol::Colon) => Matching::Colon,
            _ => return Ok(value),
        };
        if negated {
            let span = self.span();
            return self.fail(span, Problem::NotBeforePattern { operator: matching.text() });
        }
        self.advance();
        let patterns = self.patterns(matching)?;
        let span = value.span.start..self.previous_end();
        Ok(Node { kind: Kind::Match { value: Box::new(value), matching, patterns }, span })
    }

    fn in_list(&mut self, value: Node, negated: bool, case_insensitive: bool) -> Parsed<Node> {
        if negated {
            self.advance();
        }
        self.advance();
        self.expect_symbol(Symbol::OpenParen, "`(` and a list of values")?;
        let mut list = Vec::new();
        loop {
            list.push(self.expression(Level::Or)?);
            if !self.eat_symbol(Symbol::Comma) {
                break;
            }
        }
        self.expect_symbol(Symbol::CloseParen, "`)`, `,` or an operator")?;
        let span = value.span.start..self.previous_end();
        let kind = Kind::In { value: Box::new(value), list, case_insensitive };
        let node = Node { kind, span: span.clone() };
        Ok(if negated { Node { kind: Kind::Not(Box::new(node)), span } } else { node })
    }

    /// A constant, or a list of them in parentheses.
    fn patterns(&mut self, matching: Matching) -> Parsed<Vec<Node>> {
        if !self.eat_symbol(Symbol::OpenParen) {
            return Ok(vec![self.constant(matching)?]);
        }
        let mut patterns = Vec::new();
        loop {
            patterns.push(self.constant(matching)?);
            if !self.eat_symbol(Symbol::Comma) {
                break;
            }
        }
        self.expect_symbol(Symbol::CloseParen, "`)` or `,`")?;
        Ok(patterns)
    }

    fn constant(&mut self, matching: Matching) -> Parsed<Node> {
        let span = self.span();
        let kind = match self.kind() {
            Some(TokenKind::String(text)) => Kind::String(text.clone()),
            Some(TokenKind::Integer(number)) => Kind::Integer(*number),
            Some(TokenKind::Float(number)) => Kind::Float(*number),
            Some(TokenKind::Word) => match self.source(0) {
                "null" => Kind::Null,
                "true" => Kind::Boolean(true),
                "false" => Kind::Boolean(false),
                _ if matching == Matching::Colon && self.symbol_ahead(1) == Some(Symbol::OpenParen) => {
                    return self.fail(span, Problem::MethodCall);
                }
                _ => return self.fail(span, Problem::PatternNotConstant { operator: matching.text() }),
            },
            Some(
                TokenKind::Quoted(_)
                | TokenKind::WordTilde
                | TokenKind::Symbol(Symbol::Question | Symbol::Minus | Symbol::OpenParen),
            ) => return self.fail(span, Problem::PatternNotConstant { operator: matching.text() }),
            _ => return self.expected("a constant"),
        };
        self.advance();
        Ok(Node { kind, span })
    }
}

fn binary(left: Node, right: Node, make: impl FnOnce(Box<Node>, Box<Node>) -> Kind) -> Node {
    let span = left.span.start..right.span.end;
    Node { kind: make(Box::new(left), Box::new(right)), span }
}
