//! The syntax of Lucene's regular expressions.

use std::iter::Peekable;
use std::str::CharIndices;

use super::RegexError;

/// A range of characters, both ends included.
pub(super) type CharRange = (char, char);

/// Deepest nesting of groups.
const MAX_DEPTH: usize = 100;
/// Most repetitions in all that directly repeat a repetition, which nests as well: `a{2}{3}`.
const MAX_STACKED: usize = 100;

/// A regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ast {
    /// No string at all.
    Nothing,
    /// The empty string.
    Empty,
    /// One character of these ranges, which are sorted and do not touch.
    Class(Vec<CharRange>),
    Concat(Vec<Ast>),
    Union(Vec<Ast>),
    Intersection(Vec<Ast>),
    Complement(Box<Ast>),
    /// At least `min` times, at most `max` times.
    Repeat(Box<Ast>, u32, Option<u32>),
}

impl Ast {
    pub(super) fn any_char() -> Self {
        Self::Class(vec![('\0', char::MAX)])
    }

    fn any_string() -> Self {
        Self::Repeat(Box::new(Self::any_char()), 0, None)
    }

    /// How many nodes it has.
    pub(super) fn size(&self) -> usize {
        1 + match self {
            Self::Nothing | Self::Empty | Self::Class(_) => 0,
            Self::Concat(parts) | Self::Union(parts) | Self::Intersection(parts) => {
                parts.iter().map(Self::size).sum()
            }
            Self::Complement(inner) | Self::Repeat(inner, ..) => inner.size(),
        }
    }

    /// Whether it has operators that `regex-automata` has not.
    pub(super) fn needs_automaton(&self) -> bool {
        match self {
            Self::Nothing | Self::Empty | Self::Class(_) => false,
            Self::Concat(parts) | Self::Union(parts) => parts.iter().any(Self::needs_automaton),
            Self::Intersection(_) | Self::Complement(_) => true,
            Self::Repeat(inner, ..) => inner.needs_automaton(),
        }
    }
}

/// With the other case of every letter of ASCII.
fn both_cases(mut ranges: Vec<CharRange>) -> Vec<CharRange> {
    for index in 0..ranges.len() {
        let Some(&(from, to)) = ranges.get(index) else { break };
        for (first, last) in [('a', 'z'), ('A', 'Z')] {
            let (from, to) = (from.max(first), to.min(last));
            if from <= to {
                let other = |c: char| char::from(c as u8 ^ 0x20);
                ranges.push((other(from), other(to)));
            }
        }
    }
    normalized(ranges)
}

/// Sorted, and merged where they touch.
fn normalized(mut ranges: Vec<CharRange>) -> Vec<CharRange> {
    ranges.sort_unstable();
    let mut merged: Vec<CharRange> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match merged.last_mut() {
            Some((_, last)) if from <= *last || successor(*last) == Some(from) => *last = (*last).max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// All other characters.
fn negated(ranges: &[CharRange]) -> Vec<CharRange> {
    let mut gaps = Vec::new();
    let mut from = Some('\0');
    for (first, last) in ranges {
        if let (Some(from), Some(to)) = (from, predecessor(*first))
            && from <= to
        {
            gaps.push((from, to));
        }
        from = successor(*last);
    }
    gaps.extend(from.map(|from| (from, char::MAX)));
    gaps
}

fn successor(c: char) -> Option<char> {
    (c..=char::MAX).nth(1)
}

fn predecessor(c: char) -> Option<char> {
    ('\0'..c).next_back()
}

pub(super) fn parse(source: &str, case_insensitive: bool) -> Result<Ast, RegexError> {
    let mut parser =
        Parser { chars: source.char_indices().peekable(), source, case_insensitive, depth: 0, stacked: 0 };
    if source.is_empty() {
        return Ok(Ast::Empty);
    }
    let ast = parser.union()?;
    if parser.peek().is_some() { parser.fail("unmatched closing parenthesis") } else { Ok(ast) }
}

struct Parser<'a> {
    chars: Peekable<CharIndices<'a>>,
    source: &'a str,
    case_insensitive: bool,
    depth: usize,
    stacked: usize,
}

type Parsed<T> = Result<T, RegexError>;

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn next(&mut self) -> Parsed<char> {
        match self.chars.next() {
            Some((_, c)) => Ok(c),
            None => self.fail("unexpected end"),
        }
    }

    fn fail<T>(&mut self, message: &'static str) -> Parsed<T> {
        let byte = self.chars.peek().map_or(self.source.len(), |(at, _)| *at);
        let position = self.source.get(..byte).map_or(0, |before| before.chars().count()) + 1;
        Err(RegexError::Syntax { message, position })
    }

    fn union(&mut self) -> Parsed<Ast> {
        let mut parts = vec![self.intersection()?];
        while self.eat('|') {
            parts.push(self.intersection()?);
        }
        Ok(single_or(parts, Ast::Union))
    }

    fn intersection(&mut self) -> Parsed<Ast> {
        let mut parts = vec![self.concat()?];
        while self.eat('&') {
            parts.push(self.concat()?);
        }
        Ok(single_or(parts, Ast::Intersection))
    }

    fn concat(&mut self) -> Parsed<Ast> {
        let mut parts = vec![self.repeat()?];
        while let Some(c) = self.peek()
            && !matches!(c, ')' | '|' | '&')
        {
            parts.push(self.repeat()?);
        }
        Ok(single_or(parts, Ast::Concat))
    }

    fn repeat(&mut self) -> Parsed<Ast> {
        let mut ast = self.complement()?;
        loop {
            let (min, max) = if self.eat('?') {
                (0, Some(1))
            } else if self.eat('*') {
                (0, None)
            } else if self.eat('+') {
                (1, None)
            } else if self.eat('{') {
                self.bounds()?
            } else {
                return Ok(ast);
            };
            // `.*?` and `(a+)+` are common, and what they repeat is repeated any number of times already.
            ast = match ast {
                Ast::Repeat(inner, from, None) if min <= 1 && from <= 1 && max != Some(0) => {
                    Ast::Repeat(inner, from.min(min), None)
                }
                Ast::Repeat(..) if self.stacked == MAX_STACKED => {
                    return self.fail("too many repetitions of repetitions");
                }
                other => {
                    self.stacked += usize::from(matches!(other, Ast::Repeat(..)));
                    Ast::Repeat(Box::new(other), min, max)
                }
            };
        }
    }

    /// `n}`, `n,}` or `n,m}`.
    fn bounds(&mut self) -> Parsed<(u32, Option<u32>)> {
        let min = self.integer()?;
        let max = if self.eat(',') {
            if self.peek().is_some_and(|c| c.is_ascii_digit()) { Some(self.integer()?) } else { None }
        } else {
            Some(min)
        };
        if !self.eat('}') {
            return self.fail("expected `}`");
        }
        if max.is_some_and(|max| max < min) {
            return self.fail("bounds of a repetition out of order");
        }
        Ok((min, max))
    }

    fn integer(&mut self) -> Parsed<u32> {
        let mut digits = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| c.is_ascii_digit()) {
            digits.push(c);
        }
        if digits.is_empty() {
            return self.fail("expected a number");
        }
        match digits.parse::<u32>() {
            Ok(number) if number <= i32::MAX.unsigned_abs() => Ok(number),
            _ => self.fail("this number is too large"),
        }
    }

    fn complement(&mut self) -> Parsed<Ast> {
        let mut complements = 0_usize;
        while self.eat('~') {
            complements += 1;
        }
        let inner = if self.eat('[') { self.class()? } else { self.simple()? };
        Ok(if complements % 2 == 1 { Ast::Complement(Box::new(inner)) } else { inner })
    }

    fn class(&mut self) -> Parsed<Ast> {
        let negate = self.eat('^');
        let mut ranges = Vec::new();
        loop {
            if let Some(predefined) = self.predefined()? {
                ranges.extend(predefined);
            } else {
                // As in Lucene no range begins with what is escaped: `[_\\-]` is three characters.
                let is_escaped = self.peek() == Some('\\');
                let from = self.literal()?;
                let to = if !is_escaped && self.eat('-') { self.literal()? } else { from };
                if to < from {
                    return self.fail("range of characters out of order");
                }
                ranges.push((from, to));
            }
            match self.peek() {
                None => return self.fail("expected `]`"),
                Some(']') => break,
                Some(_) => {}
            }
        }
        self.eat(']');
        let ranges = self.in_either_case(ranges);
        let ranges = if negate { negated(&ranges) } else { ranges };
        Ok(if ranges.is_empty() { Ast::Nothing } else { Ast::Class(ranges) })
    }

    fn simple(&mut self) -> Parsed<Ast> {
        if let Some(ranges) = self.predefined()? {
            return Ok(Ast::Class(ranges));
        }
        match self.peek() {
            Some('.') => self.next().map(|_| Ast::any_char()),
            Some('#') => self.next().map(|_| Ast::Nothing),
            Some('@') => self.next().map(|_| Ast::any_string()),
            Some('"') => self.quoted(),
            Some('(') => self.group(),
            Some('<') => self.interval(),
            _ => self.literal().map(|c| self.char(c)),
        }
    }

    fn group(&mut self) -> Parsed<Ast> {
        self.next()?;
        if self.eat(')') {
            return Ok(Ast::Empty);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("groups nest too deep");
        }
        let inner = self.union()?;
        self.depth -= 1;
        if self.eat(')') { Ok(inner) } else { self.fail("expected `)`") }
    }

    /// `"..."`; nothing in it has a meaning of its own.
    fn quoted(&mut self) -> Parsed<Ast> {
        self.next()?;
        let mut parts = Vec::new();
        while !self.eat('"') {
            match self.chars.next() {
                Some((_, c)) => parts.push(self.char(c)),
                None => return self.fail("expected `\"`"),
            }
        }
        Ok(if parts.is_empty() { Ast::Empty } else { single_or(parts, Ast::Concat) })
    }

    /// `<n-m>`.
    fn interval(&mut self) -> Parsed<Ast> {
        self.next()?;
        let (from, from_digits) = self.bound()?;
        if !self.eat('-') {
            return self.fail("expected `-` and a number (named automata are not supported)");
        }
        let (to, to_digits) = self.bound()?;
        if !self.eat('>') {
            return self.fail("expected `>`");
        }
        let (from, to) = (from.min(to), from.max(to));
        Ok(decimals(from, to, (from_digits == to_digits).then_some(from_digits)))
    }

    /// A number and how many digits it was written with.
    fn bound(&mut self) -> Parsed<(u32, usize)> {
        let before = self.chars.clone().count();
        let number = self.integer()?;
        Ok((number, before - self.chars.clone().count()))
    }

    /// `\d` and its like.
    fn predefined(&mut self) -> Parsed<Option<Vec<CharRange>>> {
        let mut ahead = self.chars.clone();
        if ahead.next().map(|(_, c)| c) != Some('\\') {
            return Ok(None);
        }
        let Some((_, letter)) = ahead.next() else { return Ok(None) };
        let ranges = match letter.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            's' => vec![('\t', '\n'), ('\r', '\r'), (' ', ' ')],
            c if c.is_ascii_lowercase() => return self.fail("unknown escape"),
            _ => return Ok(None),
        };
        self.chars = ahead;
        Ok(Some(if letter.is_ascii_uppercase() { negated(&ranges) } else { ranges }))
    }

    fn char(&self, c: char) -> Ast {
        Ast::Class(self.in_either_case(vec![(c, c)]))
    }

    fn in_either_case(&self, ranges: Vec<CharRange>) -> Vec<CharRange> {
        if self.case_insensitive { both_cases(ranges) } else { normalized(ranges) }
    }

    /// A character, escaped or not.
    fn literal(&mut self) -> Parsed<char> {
        self.eat('\\');
        self.next()
    }
}

fn single_or(mut parts: Vec<Ast>, make: fn(Vec<Ast>) -> Ast) -> Ast {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            make(parts)
        }
    }
}

/// The decimal numbers in a range: of exactly so many digits, or with any number of leading zeros.
fn decimals(from: u32, to: u32, digits: Option<usize>) -> Ast {
    if let Some(width) = digits {
        return fixed_width(&padded(from, width), &padded(to, width));
    }
    let mut parts = Vec::new();
    for width in 1..=to.to_string().len() {
        let smallest = if width == 1 { 0 } else { 10_u64.pow(width as u32 - 1) };
        let largest = 10_u64.pow(width as u32) - 1;
        let (low, high) = (u64::from(from).max(smallest), u64::from(to).min(largest));
        if low <= high {
            parts.push(fixed_width(low.to_string().as_bytes(), high.to_string().as_bytes()));
        }
    }
    let zeros = Ast::Repeat(Box::new(Ast::Class(vec![('0', '0')])), 0, None);
    Ast::Concat(vec![zeros, single_or(parts, Ast::Union)])
}

fn padded(number: u32, width: usize) -> Vec<u8> {
    format!("{number:0width$}").into_bytes()
}

/// The strings of digits between two of the same length.
fn fixed_width(from: &[u8], to: &[u8]) -> Ast {
    let (Some((first, from_rest)), Some((last, to_rest))) = (from.split_first(), to.split_first()) else {
        return Ast::Empty;
    };
    let digits = |from: u8, to: u8| Ast::Class(vec![(char::from(from), char::from(to))]);
    if first == last {
        return Ast::Concat(vec![digits(*first, *last), fixed_width(from_rest, to_rest)]);
    }
    let (zeros, nines) = (vec![b'0'; from_rest.len()], vec![b'9'; from_rest.len()]);
    let mut parts = vec![
        Ast::Concat(vec![digits(*first, *first), fixed_width(from_rest, &nines)]),
        Ast::Concat(vec![digits(*last, *last), fixed_width(&zeros, to_rest)]),
    ];
    if last - first > 1 {
        let any = Ast::Class(vec![('0', '9')]);
        let width = u32::try_from(from_rest.len()).unwrap_or(u32::MAX);
        let rest = Ast::Repeat(Box::new(any), width, Some(width));
        parts.push(Ast::Concat(vec![digits(first + 1, last - 1), rest]));
    }
    Ast::Union(parts)
}
