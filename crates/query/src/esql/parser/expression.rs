//! Expressions, by precedence: `OR`, `AND`, `NOT`, then comparisons with what may follow them, sums, products, signs,
//! casts.

use std::ops::Range;

use super::{Parsed, Parser, is_reserved};
use crate::esql::ast::{BinaryOp, Expr, ExprKind, Name, Spanned};
use crate::esql::lexer::{Symbol, Token, TokenKind};
use crate::esql::problem::Problem;
use crate::suggest;

/// Units of time, after `EsqlDataTypeConverter.INTERVALS`.
const UNITS: &[&str] = &[
    "millisecond",
    "milliseconds",
    "ms",
    "second",
    "seconds",
    "sec",
    "s",
    "minute",
    "minutes",
    "min",
    "m",
    "hour",
    "hours",
    "h",
    "day",
    "days",
    "d",
    "week",
    "weeks",
    "w",
    "month",
    "months",
    "mo",
    "quarter",
    "quarters",
    "q",
    "year",
    "years",
    "yr",
    "y",
];

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        let expression = self.expression_or_name()?;
        if self.at_symbol(Symbol::Assign) {
            return self.fail(self.span(), Problem::Assignment);
        }
        Ok(expression)
    }

    /// The same, but a `=` may follow.
    pub(super) fn expression_or_name(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| {
            let mut alternatives = Vec::new();
            loop {
                let mut all = Vec::new();
                loop {
                    all.push(parser.negation()?);
                    if !parser.eat_word("and") {
                        break;
                    }
                }
                alternatives.extend(balanced(BinaryOp::And, all));
                if !parser.eat_word("or") {
                    break;
                }
            }
            match balanced(BinaryOp::Or, alternatives) {
                Some(expression) => Ok(expression),
                None => parser.expected("an expression"),
            }
        })
    }

    /// `NOT ...`. Of many in a row an even number is as good as two.
    fn negation(&mut self) -> Parsed<Expr> {
        let mut starts = Vec::new();
        while self.at_word("not") {
            starts.push(self.span().start);
            self.advance();
        }
        let inner = self.condition()?;
        let count = if starts.len() > 2 { 2 - starts.len() % 2 } else { starts.len() };
        Ok(starts.into_iter().take(count).rev().fold(inner, |inner, start| Expr {
            span: start..inner.span.end,
            kind: ExprKind::Not(Box::new(inner)),
        }))
    }

    /// A comparison or a value, and `IN`, `LIKE`, `RLIKE`, `IS NULL` or `:` behind it.
    fn condition(&mut self) -> Parsed<Expr> {
        let left = self.sum()?;
        let start = left.span.start;
        let Some(op) = self.comparison() else { return self.question(left) };
        self.advance();
        let right = self.sum()?;
        if self.comparison().is_some() {
            return self.fail(self.span(), Problem::ChainedComparison);
        }
        let compared =
            Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span: self.since(start) };
        let place = self.span();
        let operator = ["in", "like", "rlike", "is", "not"].into_iter().find(|word| self.at_word(word));
        if let Some(operator) = operator {
            let operator = match operator {
                "in" => "IN",
                "like" => "LIKE",
                "rlike" => "RLIKE",
                "is" => "IS",
                _ => "NOT",
            };
            self.problems.add(place, Problem::ComparisonAsOperand { operator });
        }
        self.question(compared)
    }

    fn comparison(&self) -> Option<BinaryOp> {
        Some(match self.symbol()? {
            Symbol::Equal => BinaryOp::Equal,
            Symbol::NotEqual => BinaryOp::NotEqual,
            Symbol::Less => BinaryOp::Less,
            Symbol::LessEqual => BinaryOp::LessOrEqual,
            Symbol::Greater => BinaryOp::Greater,
            Symbol::GreaterEqual => BinaryOp::GreaterOrEqual,
            _ => return None,
        })
    }

    /// `value`, or `value IN (...)` and the like.
    fn question(&mut self, value: Expr) -> Parsed<Expr> {
        let start = value.span.start;
        let value = if self.at_symbol(Symbol::Colon) {
            self.match_words(value)?
        } else if self.eat_word("is") {
            let negated = self.eat_word("not");
            self.expect_word("null", "`NULL` or `NOT NULL`")?;
            ExprKind::IsNull { value: Box::new(value), negated }
        } else {
            let negated = self.eat_word("not");
            if self.eat_word("in") {
                let list = self.in_list()?;
                ExprKind::In { value: Box::new(value), list, negated }
            } else if self.at_word("like") || self.at_word("rlike") {
                let regex = self.at_word("rlike");
                self.advance();
                let patterns = self.patterns(if regex { "RLIKE" } else { "LIKE" })?;
                ExprKind::Like { value: Box::new(value), patterns, regex, negated }
            } else if negated {
                return self.expected("`IN`, `LIKE` or `RLIKE`");
            } else {
                return Ok(value);
            }
        };
        Ok(Expr { kind: value, span: self.since(start) })
    }

    /// `field : "words"`.
    fn match_words(&mut self, field: Expr) -> Parsed<ExprKind> {
        let colon = self.span();
        let is_field = match &field.kind {
            ExprKind::Cast(inner, _) => matches!(inner.kind, ExprKind::Column(_)),
            kind => matches!(kind, ExprKind::Column(_)),
        };
        if !is_field {
            return self.fail(colon, Problem::MatchField);
        }
        self.advance();
        let query = Box::new(self.constant()?);
        Ok(ExprKind::Match { field: Box::new(field), query })
    }

    fn in_list(&mut self) -> Parsed<Vec<Expr>> {
        self.expect_symbol(Symbol::OpenParen, "`(`")?;
        if self.at_word("from") {
            return self.sub_query();
        }
        let list = self.deeper(|parser| parser.list(Self::condition))?;
        self.expect_symbol(Symbol::CloseParen, "`,` or `)`")?;
        Ok(list)
    }

    /// One string, or several in parentheses.
    fn patterns(&mut self, operator: &'static str) -> Parsed<Vec<Spanned<String>>> {
        let pattern = |parser: &mut Self| match parser.kind() {
            Some(TokenKind::String(_) | TokenKind::Invalid | TokenKind::End) => {
                parser.string("a pattern in quotes")
            }
            _ => parser.fail(parser.span(), Problem::PatternNotConstant { operator }),
        };
        if !self.eat_symbol(Symbol::OpenParen) {
            return Ok(vec![pattern(self)?]);
        }
        let patterns = self.list(pattern)?;
        self.expect_symbol(Symbol::CloseParen, "`,` or `)`")?;
        Ok(patterns)
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let depth = self.depth;
        let mut left = self.product()?;
        loop {
            let op = match self.symbol() {
                Some(Symbol::Plus) => BinaryOp::Add,
                Some(Symbol::Minus) => BinaryOp::Subtract,
                _ => break,
            };
            self.advance();
            let right = self.product()?;
            left = self.arithmetic(op, left, right)?;
        }
        self.depth = depth;
        Ok(left)
    }

    fn product(&mut self) -> Parsed<Expr> {
        let depth = self.depth;
        let mut left = self.signed()?;
        loop {
            let op = match self.symbol() {
                Some(Symbol::Star) => BinaryOp::Multiply,
                Some(Symbol::Slash) => BinaryOp::Divide,
                Some(Symbol::Percent) => BinaryOp::Modulo,
                _ => break,
            };
            self.advance();
            let right = self.signed()?;
            left = self.arithmetic(op, left, right)?;
        }
        self.depth = depth;
        Ok(left)
    }

    /// A chain of these makes a tree as deep as it is long.
    fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr) -> Parsed<Expr> {
        self.depth += 1;
        self.check_depth()?;
        Ok(binary(op, left, right))
    }

    /// A sign before anything but a number, whose part it is.
    fn signed(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        let negative = match self.symbol() {
            Some(Symbol::Minus) => true,
            Some(Symbol::Plus) => false,
            _ => return self.primary(),
        };
        if self.is_number_ahead(1) {
            return self.primary();
        }
        self.advance();
        let inner = self.deeper(Self::signed)?;
        if !negative {
            return Ok(inner);
        }
        Ok(Expr { kind: ExprKind::Negate(Box::new(inner)), span: self.since(start) })
    }

    fn is_number_ahead(&self, ahead: usize) -> bool {
        matches!(
            self.token(ahead).map(|token| &token.kind),
            Some(TokenKind::Integer(_) | TokenKind::Decimal(_))
        )
    }

    /// A constant, a column, a call or something in parentheses, cast or not.
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let depth = self.depth;
        let start = self.span().start;
        let mut value = self.operand()?;
        while self.eat_symbol(Symbol::Cast) {
            self.depth += 1;
            self.check_depth()?;
            let ty = self.name("the name of a type")?;
            value = Expr { kind: ExprKind::Cast(Box::new(value), ty), span: self.since(start) };
        }
        self.depth = depth;
        Ok(value)
    }

    fn operand(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        if self.eat_symbol(Symbol::OpenParen) {
            if self.at_word("from") {
                return self.sub_query();
            }
            let inner = self.expression()?;
            self.expect_symbol(Symbol::CloseParen, "`)` or an operator")?;
            // The text of an expression names its column, parentheses included.
            return Ok(Expr { span: self.since(start), ..inner });
        }
        let is_call = self.symbol_ahead(1) == Some(Symbol::OpenParen);
        match self.kind() {
            Some(TokenKind::Word) if is_call && !self.is_keyword_before_bracket() => self.call(),
            Some(TokenKind::Quoted(_)) if is_call => self.call(),
            Some(TokenKind::Word) if !is_reserved(self.source_text(0)) => self.column(start),
            Some(TokenKind::Quoted(_)) => self.column(start),
            _ => self.constant(),
        }
    }

    fn column(&mut self, start: usize) -> Parsed<Expr> {
        let first = self.at;
        let name = self.name("a name")?;
        let mut tokens = self.tokens.get(first..self.at).unwrap_or_default().iter();
        let text = |token: &Token| self.text.get(token.span.clone()).unwrap_or_default();
        if let Some(token) = tokens.find(|token| token.kind == TokenKind::Word && is_reserved(text(token))) {
            let found = format!("`{}`", text(token));
            return self.fail(token.span.clone(), Problem::Expected { expected: "a name", found });
        }
        Ok(Expr { kind: ExprKind::Column(name), span: self.since(start) })
    }

    /// `first` and `last` are functions as well.
    fn is_keyword_before_bracket(&self) -> bool {
        is_reserved(self.source_text(0)) && !self.at_word("first") && !self.at_word("last")
    }

    /// `f(a, b, {"option": value})`.
    fn call(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let start = span.start;
        let value = match self.kind() {
            Some(TokenKind::Quoted(name)) => name.clone(),
            _ => self.source_text(0).to_owned(),
        };
        let function = Name { value, span };
        self.advance();
        self.advance();
        let (mut args, mut options) = (Vec::new(), Vec::new());
        let star = self.eat_symbol(Symbol::Star);
        if !star && !self.at_symbol(Symbol::CloseParen) {
            loop {
                if self.at_symbol(Symbol::OpenBrace) {
                    options = self.options()?;
                    break;
                }
                args.push(self.expression()?);
                if !self.eat_symbol(Symbol::Comma) {
                    break;
                }
            }
        }
        self.expect_symbol(Symbol::CloseParen, "`,` or `)`")?;
        Ok(Expr { kind: ExprKind::Call { function, args, star, options }, span: self.since(start) })
    }

    /// `{"name": value, ...}`.
    pub(super) fn options(&mut self) -> Parsed<Vec<(Spanned<String>, Expr)>> {
        self.expect_symbol(Symbol::OpenBrace, "options in braces, as in `{ \"name\": value }`")?;
        if self.eat_symbol(Symbol::CloseBrace) {
            return Ok(Vec::new());
        }
        let options = self.list(|parser| {
            let name = parser.string("the name of an option in quotes")?;
            parser.expect_symbol(Symbol::Colon, "`:`")?;
            if parser.at_symbol(Symbol::OpenBrace) {
                return parser.not_supported(parser.span(), "an option of several options");
            }
            Ok((name, parser.constant()?))
        })?;
        self.expect_symbol(Symbol::CloseBrace, "`,` or `}`")?;
        let mut names: Vec<&Spanned<String>> = options.iter().map(|(name, _)| name).collect();
        names.sort_by_key(|name| (&name.value, name.span.start));
        let twice = names.windows(2).filter(|pair| matches!(pair, [a, b] if a.value == b.value));
        for name in twice.filter_map(|pair| pair.last()) {
            self.problems.add(name.span.clone(), Problem::RepeatedOption { option: name.value.clone() });
        }
        Ok(options)
    }

    // Constants

    fn constant(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let kind = match self.kind() {
            Some(TokenKind::String(text)) => ExprKind::String(text.clone()),
            Some(TokenKind::Word) if self.at_word("null") => ExprKind::Null,
            Some(TokenKind::Word) if self.at_word("true") => ExprKind::Boolean(true),
            Some(TokenKind::Word) if self.at_word("false") => ExprKind::Boolean(false),
            Some(TokenKind::Symbol(Symbol::Open)) => return self.constant_list(span.start),
            _ => return self.number(),
        };
        self.advance();
        Ok(Expr { kind, span })
    }

    /// `-1`, `1.5`, `5 minutes`.
    fn number(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        let sign = matches!(self.symbol(), Some(Symbol::Minus | Symbol::Plus)) && self.is_number_ahead(1);
        let negative = sign && self.at_symbol(Symbol::Minus);
        if sign {
            self.advance();
        }
        let kind = match self.kind() {
            Some(TokenKind::Integer(number)) => {
                let number = if negative { -number } else { *number };
                self.advance();
                match self.word_ahead(0).filter(|word| !is_reserved(word)) {
                    Some(unit) => self.interval(start, number, unit.to_ascii_lowercase())?,
                    None => ExprKind::Integer(number),
                }
            }
            Some(TokenKind::Decimal(number)) => {
                let number = if negative { -number } else { *number };
                self.advance();
                ExprKind::Decimal(number)
            }
            _ => return self.expected("an expression"),
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    fn interval(&mut self, start: usize, number: i128, unit: String) -> Parsed<ExprKind> {
        let unit_span = self.span();
        self.advance();
        if !UNITS.contains(&unit.as_str()) {
            let similar = suggest::similar(&unit, UNITS.iter().copied(), 1);
            return self.fail(unit_span, Problem::UnknownUnit { unit, similar });
        }
        match i64::try_from(number) {
            Ok(number) => Ok(ExprKind::Interval(number, unit)),
            Err(_) => self.fail(start..unit_span.end, Problem::NumberOutOfRange),
        }
    }

    /// `[1, 2]`: constants of one kind.
    fn constant_list(&mut self, start: usize) -> Parsed<Expr> {
        self.advance();
        let items = self.list(|parser| match parser.symbol() {
            Some(Symbol::Open) => parser.expected("a constant"),
            _ => parser.constant(),
        })?;
        self.expect_symbol(Symbol::Close, "`,` or `]`")?;
        let span: Range<usize> = self.since(start);
        let kind = |item: &Expr| match item.kind {
            ExprKind::Integer(_) | ExprKind::Decimal(_) => Some(0),
            ExprKind::Boolean(_) => Some(1),
            ExprKind::String(_) => Some(2),
            _ => None,
        };
        let first = items.first().and_then(kind);
        if let Some(other) = items.iter().find(|item| first.is_none() || kind(item) != first) {
            return self.fail(other.span.clone(), Problem::MixedList);
        }
        Ok(Expr { kind: ExprKind::List(items), span })
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.start..right.span.end;
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span }
}

/// Joins operands by an operator for which their grouping does not matter, no deeper than it must be.
fn balanced(op: BinaryOp, mut operands: Vec<Expr>) -> Option<Expr> {
    while operands.len() > 1 {
        let mut pairs = operands.into_iter();
        let mut joined = Vec::with_capacity(pairs.len().div_ceil(2));
        while let Some(left) = pairs.next() {
            joined.push(match pairs.next() {
                Some(right) => binary(op, left, right),
                None => left,
            });
        }
        operands = joined;
    }
    operands.pop()
}
