//! Expressions, by precedence.

use super::{MAX_DEPTH, Parsed, Parser, is_keyword};
use crate::ArithmeticOp;
use crate::eql::Dialect;
use crate::eql::ast::{Comparison, Kind, Matching, Node, Spanned};
use crate::eql::lexer::{Symbol, TokenKind};
use crate::eql::problem::Problem;

/// How tightly operators bind, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Unary,
}

impl Parser<'_> {
    /// An expression of operators that bind at least as tightly as `level`.
    pub(super) fn expression(&mut self, level: Level) -> Parsed<Node> {
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
            Symbol::Colon if self.is_former_colon(0) => Comparison::Colon,
            _ => return None,
        })
    }

    /// Whether a `:` compares with a number or a boolean.
    fn is_former_colon(&self, ahead: usize) -> bool {
        let Some(next) = self.token(ahead + 1) else { return false };
        match next.kind {
            TokenKind::Integer(_) | TokenKind::Float(_) => true,
            TokenKind::Word => matches!(self.source(ahead + 1), "true" | "false"),
            _ => false,
        }
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
        if let Some(literal) = self.literal() {
            return Ok(literal);
        }
        let span = self.span();
        match self.kind() {
            Some(TokenKind::Word) => match self.source(0) {
                word if is_keyword(word) => self.expected("a value"),
                "descendant" if self.dialect == Dialect::Endpoint && self.word_ahead(1) == Some("of") => {
                    self.descendant()
                }
                word if self.word_ahead(1) == Some("of") => {
                    let problem = Problem::ProcessRelationship { name: word.to_owned() };
                    self.fail(span, problem)
                }
                _ if self.symbol_ahead(1) == Some(Symbol::OpenParen) => self.call(false),
                _ => self.field(),
            },
            Some(TokenKind::WordTilde) if self.symbol_ahead(1) == Some(Symbol::OpenParen) => self.call(true),
            Some(TokenKind::Quoted(_) | TokenKind::Symbol(Symbol::Question)) => self.field(),
            Some(TokenKind::Symbol(Symbol::OpenParen)) => {
                self.advance();
                let mut inner = self.expression(Level::Or)?;
                self.expect_symbol(Symbol::CloseParen, "`)` or an operator")?;
                inner.span = span.start..self.previous_end();
                Ok(inner)
            }
            _ => self.expected("a value"),
        }
    }

    /// `descendant of [ category where condition ]`.
    fn descendant(&mut self) -> Parsed<Node> {
        let start = self.span().start;
        self.advance();
        self.advance();
        self.expect_symbol(Symbol::Open, "`[`")?;
        let ancestor = self.deeper(Self::event_filter)?;
        self.expect_symbol(Symbol::Close, "`]` or an operator")?;
        Ok(Node { kind: Kind::Descendant(Box::new(ancestor)), span: start..self.previous_end() })
    }

    /// A string, a number, `true`, `false` or `null`, if one comes next.
    fn literal(&mut self) -> Option<Node> {
        let span = self.span();
        let kind = match self.kind()? {
            TokenKind::String(text) => Kind::String(text.clone()),
            TokenKind::Integer(number) => Kind::Integer(*number),
            TokenKind::Float(number) => Kind::Float(*number),
            TokenKind::Word => match self.source(0) {
                "null" => Kind::Null,
                "true" => Kind::Boolean(true),
                "false" => Kind::Boolean(false),
                _ => return None,
            },
            _ => return None,
        };
        self.advance();
        Some(Node { kind, span })
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
            _ if self.symbol_ahead(ahead) == Some(Symbol::Colon) && (negated || !self.is_former_colon(0)) => {
                Matching::Colon
            }
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
        if let Some(literal) = self.literal() {
            return Ok(literal);
        }
        let span = self.span();
        let opens_call = self.symbol_ahead(1) == Some(Symbol::OpenParen);
        match self.kind() {
            Some(TokenKind::Word) if matching == Matching::Colon && opens_call => {
                self.fail(span, Problem::MethodCall)
            }
            Some(
                TokenKind::Word
                | TokenKind::Quoted(_)
                | TokenKind::WordTilde
                | TokenKind::Symbol(Symbol::Question | Symbol::Minus | Symbol::OpenParen),
            ) => self.fail(span, Problem::PatternNotConstant { operator: matching.text() }),
            _ => self.expected("a constant"),
        }
    }
}

fn binary(left: Node, right: Node, make: impl FnOnce(Box<Node>, Box<Node>) -> Kind) -> Node {
    let span = left.span.start..right.span.end;
    Node { kind: make(Box::new(left), Box::new(right)), span }
}
