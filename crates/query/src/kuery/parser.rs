//! From text to syntax tree, by the grammar of `kbn-es-query` (`grammar.peggy`), which has no tokens: words may have
//! blanks in them and end before ` and `, ` or `, `not ` and special characters.

use std::ops::Range;

use super::ast::{Literal, Node};
use crate::problem::{Problem, Problems};
use crate::{CompareOp, WildcardPart};

/// How deep brackets may be nested.
pub(super) const MAX_DEPTH: usize = 250;

/// Characters that stand for themselves only behind a backslash.
const SPECIAL: &[char] = &['\\', '(', ')', ':', '<', '>', '"', '*', '{', '}'];
const KEYWORDS: [&str; 3] = ["or", "and", "not"];
const BACKSLASH: &str = "outside of quotes a backslash is doubled";

/// Parses a query; `None` after reporting a problem.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    let mut parser = Parser { text, at: 0, depth: 0, problems };
    parser.skip_spaces();
    if parser.rest().is_empty() {
        return Some(Node::All);
    }
    let query = parser.or_query()?;
    parser.skip_spaces();
    if parser.rest().is_empty() { Some(query) } else { parser.expected("`and`, `or` or the end") }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    problems: &'a mut Problems,
}

/// What the words of a query are: conditions, or values of one field.
type Operand<'a, 'f> = &'f mut dyn FnMut(&mut Parser<'a>) -> Option<Node>;

impl<'a> Parser<'a> {
    fn or_query(&mut self) -> Option<Node> {
        self.disjunction(&mut Self::not_query)
    }

    fn not_query(&mut self) -> Option<Node> {
        if self.eat_not() {
            return Some(Node::Not(Box::new(self.sub_query()?)));
        }
        self.sub_query()
    }

    /// Operands joined by `and`, those joined by `or`.
    fn disjunction(&mut self, operand: Operand<'a, '_>) -> Option<Node> {
        let mut parts = vec![self.conjunction(operand)?];
        while self.eat_keyword("or") {
            parts.push(self.conjunction(operand)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Node::Or(parts) })
    }

    fn conjunction(&mut self, operand: Operand<'a, '_>) -> Option<Node> {
        let mut parts = vec![operand(self)?];
        while self.eat_keyword("and") {
            parts.push(operand(self)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Node::And(parts) })
    }

    fn sub_query(&mut self) -> Option<Node> {
        if self.eat("(") {
            return self.in_brackets(")", "`)`", Self::or_query);
        }
        let literal = self.literal("a condition")?;
        let end = self.at;
        self.skip_spaces();
        if let Some(op) = self.range_operator() {
            self.skip_spaces();
            let value = self.literal("a value")?;
            return Some(Node::Range(literal, op, value));
        }
        if !self.eat(":") {
            self.at = end;
            return Some(Node::Is(None, literal));
        }
        self.skip_spaces();
        if self.eat("{") {
            let inner = self.in_brackets("}", "`}`", Self::or_query)?;
            return Some(Node::Nested(literal, Box::new(inner)));
        }
        self.values(&literal)
    }

    /// A value, or values in brackets.
    fn values(&mut self, field: &Literal) -> Option<Node> {
        if self.eat("(") {
            return self.in_brackets(")", "`)`", |parser| {
                parser.disjunction(&mut |parser| {
                    if parser.eat_not() {
                        return Some(Node::Not(Box::new(parser.values(field)?)));
                    }
                    parser.values(field)
                })
            });
        }
        Some(Node::Is(Some(field.clone()), self.literal("a value")?))
    }

    /// What stands between brackets, the opening one behind us.
    fn in_brackets(
        &mut self,
        close: &str,
        expected: &'static str,
        inner: impl FnOnce(&mut Self) -> Option<Node>,
    ) -> Option<Node> {
        if self.depth >= MAX_DEPTH {
            let at = self.at;
            self.problems.add(at.saturating_sub(1)..at, Problem::TooDeep);
            return None;
        }
        self.depth += 1;
        self.skip_spaces();
        let node = inner(self)?;
        self.skip_spaces();
        self.depth -= 1;
        if self.eat(close) { Some(node) } else { self.expected(expected) }
    }

    fn range_operator(&mut self) -> Option<CompareOp> {
        let operators =
            [("<=", CompareOp::Lte), (">=", CompareOp::Gte), ("<", CompareOp::Lt), (">", CompareOp::Gt)];
        operators.into_iter().find(|(symbol, _)| self.eat(symbol)).map(|(_, op)| op)
    }

    fn literal(&mut self, expected: &'static str) -> Option<Literal> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let start = self.at;
        let mut parts = Parts::default();
        while let Some(character) = self.unquoted_character() {
            match character {
                Character::Text(range) => parts.text.push_str(self.text.get(range).unwrap_or_default()),
                Character::One(letter) => parts.text.push(letter),
                Character::Star => parts.star(),
            }
        }
        if self.at == start {
            return self.expected(expected);
        }
        let end = start + self.text.get(start..self.at).map_or(0, |text| text.trim_end().len());
        Some(Literal { span: start..end.max(start), is_quoted: false, parts: parts.trimmed() })
    }

    fn quoted(&mut self) -> Option<Literal> {
        let start = self.at;
        self.at += 1;
        let mut parts = Parts::default();
        loop {
            if self.eat("\"") {
                let parts = parts.finish();
                return Some(Literal { span: start..self.at, is_quoted: true, parts });
            }
            if let Some(letter) = self.escape(&['\\', '"']) {
                parts.text.push(letter);
                continue;
            }
            let Some(letter) = self.rest().chars().next() else {
                return self.expected("a closing `\"`");
            };
            self.at += letter.len_utf8();
            parts.text.push(letter);
        }
    }

    /// `\t \r \n \uXXXX`, and a backslash before one of `special`.
    fn escape(&mut self, special: &[char]) -> Option<char> {
        let rest = self.rest().strip_prefix('\\')?;
        let letter = rest.chars().next()?;
        let (letter, length) = match letter {
            't' => ('\t', 1),
            'r' => ('\r', 1),
            'n' => ('\n', 1),
            _ if special.contains(&letter) => (letter, letter.len_utf8()),
            'u' => {
                let digits = rest.get(1..5).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
                let unit = u16::from_str_radix(digits, 16).ok()?;
                self.unicode_escape(unit)
            }
            _ => return None,
        };
        self.at += 1 + length;
        Some(letter)
    }

    /// A character by its UTF-16 unit and the one that may follow, and the bytes behind the first backslash.
    fn unicode_escape(&self, unit: u16) -> (char, usize) {
        if let Some(letter) = char::from_u32(unit.into()) {
            return (letter, 5);
        }
        let second = self.rest().get(6..12).and_then(|next| next.strip_prefix("\\u"));
        let second = second.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let pair = second.and_then(|second| char::decode_utf16([unit, second]).next()?.ok());
        pair.map_or((char::REPLACEMENT_CHARACTER, 5), |letter| (letter, 11))
    }

    fn unquoted_character(&mut self) -> Option<Character> {
        // Kibana's grammar takes the `\n` of `\not` for a line break, which nobody can have meant.
        if let Some(rest) = self.rest().strip_prefix('\\')
            && let Some(keyword) =
                KEYWORDS.iter().find(|keyword| is_word(rest, keyword) || escapes(rest, keyword))
        {
            let start = self.at + 1;
            self.at = start + keyword.len();
            return Some(Character::Text(start..self.at));
        }
        if let Some(letter) = self.escape(SPECIAL) {
            return Some(Character::One(letter));
        }
        if self.eat("*") {
            return Some(Character::Star);
        }
        let letter = self.rest().chars().next()?;
        if SPECIAL.contains(&letter) || self.is_at_keyword() {
            return None;
        }
        self.at += letter.len_utf8();
        Some(Character::One(letter))
    }

    /// ` or `, ` and `, `not `: a word ends before them.
    fn is_at_keyword(&self) -> bool {
        let rest = self.rest();
        let behind = rest.strip_prefix(is_space);
        is_word(rest, "not") || behind.is_some_and(|rest| is_word(rest, "or") || is_word(rest, "and"))
    }

    /// A keyword with blanks on both sides.
    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let start = self.at;
        let is_there = self.skip_spaces() > 0 && starts_with(self.rest(), keyword) && {
            self.at += keyword.len();
            self.skip_spaces() > 0
        };
        if !is_there {
            self.at = start;
        }
        is_there
    }

    fn eat_not(&mut self) -> bool {
        let start = self.at;
        let is_there = starts_with(self.rest(), "not") && {
            self.at += "not".len();
            self.skip_spaces() > 0
        };
        if !is_there {
            self.at = start;
        }
        is_there
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    /// How many bytes of blanks there were.
    fn skip_spaces(&mut self) -> usize {
        let skipped = self.rest().len() - self.rest().trim_start_matches(is_space).len();
        self.at += skipped;
        skipped
    }

    fn expected<T>(&mut self, expected: &'static str) -> Option<T> {
        let span = self.found();
        let found = match self.text.get(span.clone()).filter(|found| !found.is_empty()) {
            Some(found) => format!("`{}`", found.escape_debug()),
            None => "the end".to_owned(),
        };
        let help = found.starts_with("`\\\\").then_some(BACKSLASH);
        self.problems.add(span, Problem::Expected { expected, found, help });
        None
    }

    /// Where the word stands, or the character, that does not belong there.
    fn found(&self) -> Range<usize> {
        let rest = self.rest();
        let word = rest.find(|c: char| is_space(c) || SPECIAL.contains(&c)).unwrap_or(rest.len());
        let length = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
        self.at..self.at + length
    }
}

/// A character of a word.
enum Character {
    /// As it stands in the text.
    Text(Range<usize>),
    One(char),
    Star,
}

/// The parts of a literal that is being read.
#[derive(Default)]
struct Parts {
    done: Vec<WildcardPart>,
    text: String,
}

impl Parts {
    fn star(&mut self) {
        self.end_text();
        if self.done.last() != Some(&WildcardPart::AnyRun) {
            self.done.push(WildcardPart::AnyRun);
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.done.push(WildcardPart::Literal(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Vec<WildcardPart> {
        self.end_text();
        self.done
    }

    /// Without the blanks around it, be they escaped or not.
    fn trimmed(self) -> Vec<WildcardPart> {
        let mut parts = self.finish();
        trim(parts.first_mut(), str::trim_start);
        trim(parts.last_mut(), str::trim_end);
        parts.retain(|part| !matches!(part, WildcardPart::Literal(text) if text.is_empty()));
        parts
    }
}

fn trim(part: Option<&mut WildcardPart>, trim: fn(&str) -> &str) {
    if let Some(WildcardPart::Literal(text)) = part {
        *text = trim(text).into();
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

fn starts_with(text: &str, keyword: &str) -> bool {
    text.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword))
}

/// Whether a text begins with a keyword and a blank.
fn is_word(text: &str, keyword: &str) -> bool {
    starts_with(text, keyword) && text.get(keyword.len()..).is_some_and(|rest| rest.starts_with(is_space))
}

/// Whether a text begins with a keyword whose first letter has no meaning of its own behind a backslash.
fn escapes(text: &str, keyword: &str) -> bool {
    keyword != "not" && starts_with(text, keyword)
}
