//! From tokens to clauses, by the grammar of Lucene's classic `QueryParser`.

use std::ops::Range;

use super::ast::{Asked, Clause, Name, Node, Occur, Question};
use super::lexer::{Kind, Token, tokens};
use crate::leaf::Operator;
use crate::problem::{Problem, Problems};

/// How deep brackets may be nested.
pub(super) const MAX_DEPTH: usize = 250;

/// Parses a query string: `Some(None)` if there is nothing in it; `None` after reporting a problem.
pub(super) fn parse(text: &str, operator: Operator, problems: &mut Problems) -> Option<Option<Node>> {
    let tokens = tokens(text, problems)?;
    if tokens.is_empty() {
        return Some(None);
    }
    let mut parser = Parser { text, tokens, next: 0, depth: 0, operator, problems };
    let query = parser.query(None)?;
    match parser.peek(0) {
        None => Some(Some(query)),
        Some(_) => parser.expected("an operator, a clause or the end"),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    operator: Operator,
    problems: &'a mut Problems,
}

/// What stands before a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Modifier {
    None,
    Required,
    Prohibited,
}

impl Parser<'_> {
    fn query(&mut self, field: Option<&Name>) -> Option<Node> {
        let mut clauses = Vec::new();
        if self.is_at_words() {
            self.words(field, &mut clauses)?;
        } else {
            let modifier = self.modifier();
            let node = self.clause(field)?;
            self.add(&mut clauses, None, modifier, node);
        }
        while let Some(kind) = self.peek(0) {
            if kind == Kind::Close {
                break;
            }
            if self.is_at_words() {
                self.words(field, &mut clauses)?;
                continue;
            }
            let conjunction = [Kind::And, Kind::Or].into_iter().find(|kind| self.eat(*kind));
            let modifier = self.modifier();
            let node = self.clause(field)?;
            self.add(&mut clauses, conjunction, modifier, node);
        }
        Some(Node::Clauses(clauses))
    }

    /// `QueryParserBase.addClause`.
    fn add(&self, clauses: &mut Vec<Clause>, conjunction: Option<Kind>, modifier: Modifier, node: Node) {
        let of_last = match (conjunction, self.operator) {
            (Some(Kind::And), _) => Some(Occur::Must),
            (Some(Kind::Or), Operator::All) => Some(Occur::Should),
            _ => None,
        };
        if let (Some(occur), Some(last)) = (of_last, clauses.last_mut())
            && last.occur != Occur::MustNot
        {
            last.occur = occur;
        }
        let is_required = match self.operator {
            Operator::Any => modifier == Modifier::Required || conjunction == Some(Kind::And),
            Operator::All => conjunction != Some(Kind::Or),
        };
        let occur = match modifier {
            Modifier::Prohibited => Occur::MustNot,
            _ if is_required => Occur::Must,
            _ => Occur::Should,
        };
        clauses.push(Clause { occur, node });
    }

    fn modifier(&mut self) -> Modifier {
        if self.eat(Kind::Plus) {
            return Modifier::Required;
        }
        if self.eat(Kind::Minus) || self.eat(Kind::Not) {
            return Modifier::Prohibited;
        }
        Modifier::None
    }

    /// Whether two words or more follow that are one text: the first names no field, and the second has nothing behind
    /// it that is for it alone.
    fn is_at_words(&self) -> bool {
        self.peek(0) == Some(Kind::Term) && self.goes_on(1)
    }

    fn goes_on(&self, ahead: usize) -> bool {
        use Kind::{And, Caret, Colon, Or, Slop, Star};
        self.peek(ahead) == Some(Kind::Term)
            && !matches!(self.peek(ahead + 1), Some(Colon | Star | Slop | Caret | And | Or))
    }

    fn words(&mut self, field: Option<&Name>, clauses: &mut Vec<Clause>) -> Option<()> {
        let first = self.take()?;
        let (start, mut end) = (first.span.start, first.span.end);
        let mut text = self.unescaped(first.span)?;
        while self.goes_on(0) {
            let span = self.take()?.span;
            end = span.end;
            text.push(' ');
            text.push_str(&self.unescaped(span)?);
        }
        let asked = Asked { field: field.cloned(), question: Question::Text(text), span: start..end };
        self.add(clauses, None, Modifier::None, Node::Asked(asked));
        Some(())
    }

    fn clause(&mut self, field: Option<&Name>) -> Option<Node> {
        let own = match (self.peek(0), self.peek(1)) {
            (Some(Kind::Term | Kind::Star), Some(Kind::Colon)) => {
                let span = self.take()?.span;
                self.next += 1;
                Some(Name { text: self.unescaped(span.clone())?, span })
            }
            _ => None,
        };
        let field = own.as_ref().or(field);
        if !self.eat(Kind::Open) {
            return self.term(field);
        }
        if self.depth >= MAX_DEPTH {
            let span = self.last_span();
            self.problems.add(span, Problem::TooDeep);
            return None;
        }
        self.depth += 1;
        let query = self.query(field)?;
        self.depth -= 1;
        if !self.eat(Kind::Close) {
            return self.expected("`)`");
        }
        self.boost()?;
        Some(query)
    }

    fn term(&mut self, field: Option<&Name>) -> Option<Node> {
        let Some(token) = self.tokens.get(self.next).cloned() else { return self.expected("a clause") };
        let inside = |start: usize, end: usize| token.span.start + start..token.span.end - end;
        self.next += 1;
        let question = match token.kind {
            Kind::RangeStart => self.range(token.span.start)?,
            Kind::Quoted => {
                let text = self.unescaped(inside(1, 1))?;
                let slop = self.slop_and_boost()?;
                let slop = slop.map(|slop| number(&slop).map_or(0, whole));
                Question::Phrase(text, slop)
            }
            Kind::Term => {
                let text = self.unescaped(token.span.clone())?;
                match self.slop_and_boost()? {
                    None => Question::Text(text),
                    Some(slop) if slop.is_empty() => Question::Fuzzy(text, None),
                    Some(slop) => match number(&slop) {
                        Some(distance) => {
                            Question::Fuzzy(text, u8::try_from(whole(distance)).ok().or(Some(2)))
                        }
                        None => {
                            self.next -= 1;
                            return self.expected("a number of edits behind `~`");
                        }
                    },
                }
            }
            Kind::Prefix | Kind::Star | Kind::Wildcard | Kind::Regex | Kind::BareOperator => {
                let question = match token.kind {
                    Kind::Prefix => Question::Prefix(self.unescaped(inside(0, 1))?),
                    Kind::Regex => Question::Regex(self.slice(inside(1, 1)).to_owned()),
                    Kind::BareOperator => Question::Text(self.slice(token.span.clone()).to_owned()),
                    _ => Question::Wildcard(self.slice(token.span.clone()).to_owned()),
                };
                self.slop_and_boost()?;
                question
            }
            _ => {
                self.next -= 1;
                return self.expected("a clause");
            }
        };
        Some(Node::Asked(Asked {
            field: field.cloned(),
            question,
            span: token.span.start..self.last_span().end,
        }))
    }

    /// The rest of `[a TO b}`.
    fn range(&mut self, start: usize) -> Option<Question> {
        let from_included = self.slice(start..start + 1) == "[";
        let from = self.bound()?;
        if !self.eat(Kind::To) {
            return self.expected("`TO`");
        }
        let to = self.bound()?;
        let Some(end) = self.tokens.get(self.next).filter(|token| token.kind == Kind::RangeEnd).cloned()
        else {
            return self.expected("`]` or `}`");
        };
        self.next += 1;
        let to_included = self.slice(end.span) == "]";
        self.boost()?;
        Some(Question::Range { from, to, from_included, to_included })
    }

    /// An end of a range: `Some(None)` if it is open.
    fn bound(&mut self) -> Option<Option<String>> {
        let token =
            self.tokens.get(self.next).filter(|token| matches!(token.kind, Kind::Bound | Kind::To)).cloned();
        let Some(token) = token else { return self.expected("an end of the range, or `*`") };
        self.next += 1;
        let text = self.slice(token.span.clone());
        if text == "*" {
            return Some(None);
        }
        let is_quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
        let span = if is_quoted { token.span.start + 1..token.span.end - 1 } else { token.span };
        Some(Some(self.unescaped(span)?))
    }

    /// `~2`, `^3`, both in either order; what stands behind `~`.
    fn slop_and_boost(&mut self) -> Option<Option<String>> {
        let mut slop = None;
        let mut take = |parser: &mut Self| {
            let token = parser.tokens.get(parser.next).filter(|token| token.kind == Kind::Slop)?.clone();
            parser.next += 1;
            slop = Some(parser.slice(token.span.start + 1..token.span.end).to_owned());
            Some(())
        };
        if take(self).is_some() {
            self.boost()?;
        } else if self.peek(0) == Some(Kind::Caret) {
            self.boost()?;
            take(self);
        }
        Some(slop)
    }

    fn boost(&mut self) -> Option<()> {
        if self.eat(Kind::Caret) && !self.eat(Kind::Number) {
            return self.expected("a number");
        }
        Some(())
    }

    fn peek(&self, ahead: usize) -> Option<Kind> {
        self.tokens.get(self.next + ahead).map(|token| token.kind)
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let is_there = self.peek(0) == Some(kind);
        self.next += usize::from(is_there);
        is_there
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn last_span(&self) -> Range<usize> {
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        last.map_or(0..0, |token| token.span.clone())
    }

    fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// The text without its backslashes, `\uXXXX` resolved (`discardEscapeChar`).
    fn unescaped(&mut self, span: Range<usize>) -> Option<String> {
        let mut text = String::new();
        let mut letters = self.slice(span.clone()).chars();
        while let Some(letter) = letters.next() {
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            match letters.next() {
                Some('u') => {
                    let digits = letters.as_str().get(..4);
                    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                    let Some(code) = code else {
                        let found = "`\\u`".to_owned();
                        let expected = "four hexadecimal digits behind `\\u`";
                        self.problems.add(span, Problem::Expected { expected, found, help: None });
                        return None;
                    };
                    text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    letters = letters.as_str().get(4..).unwrap_or_default().chars();
                }
                Some(letter) => text.push(letter),
                None => text.push('\\'),
            }
        }
        Some(text)
    }

    fn expected<T>(&mut self, expected: &'static str) -> Option<T> {
        let span =
            self.tokens.get(self.next).map_or(self.text.len()..self.text.len(), |token| token.span.clone());
        let found = match self.slice(span.clone()) {
            "" => "the end".to_owned(),
            found => format!("`{}`", found.escape_debug()),
        };
        self.problems.add(span, Problem::Expected { expected, found, help: None });
        None
    }
}

fn number(text: &str) -> Option<f32> {
    text.parse().ok().filter(|number: &f32| number.is_finite() && *number >= 0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as Java does: cut off, saturating"
)]
fn whole(number: f32) -> u32 {
    number as u32
}
