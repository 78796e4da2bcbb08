//! Matching `*` and `?`: the piece before the first `*` at the start, the piece behind the last at the end, and those
//! between wherever each is found first, for an earlier find is never worse.
//!
//! A piece without `?` is searched for in time linear in the string. One with `?` is tried at each place where its longest
//! literal stands, which costs as much as the piece is long: in all, never more than the product of both lengths.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::Subject;
use crate::WildcardPart;

/// A wildcard pattern made ready to match.
#[derive(Clone, Debug)]
pub(super) struct Wildcard {
    case_insensitive: bool,
    /// Before the first `*`: the whole pattern if there is none.
    head: Piece,
    rest: Option<Rest>,
}

/// What follows the first `*`.
#[derive(Clone, Debug)]
struct Rest {
    middle: Vec<Searched>,
    tail: Piece,
}

/// What stands between two `*`.
type Piece = Box<[Item]>;

#[derive(Clone, Debug)]
enum Item {
    /// These very bytes, in lower case if the pattern does not regard case.
    Literal(Box<[u8]>),
    AnyChar,
}

/// A piece that may be anywhere.
#[derive(Clone, Debug)]
struct Searched {
    piece: Piece,
    /// Which item is its longest literal, and how to find it; `None` if it has none.
    longest: Option<(usize, Finder<'static>)>,
}

impl Wildcard {
    pub(super) fn new(parts: &[WildcardPart], case_insensitive: bool) -> Self {
        let mut pieces =
            parts.split(|part| *part == WildcardPart::AnyRun).map(|parts| piece(parts, case_insensitive));
        let head = pieces.next().unwrap_or_default();
        let rest = pieces.next_back().map(|tail| Rest {
            middle: pieces.filter(|piece| !piece.is_empty()).map(Searched::new).collect(),
            tail,
        });
        Self { case_insensitive, head, rest }
    }

    pub(super) fn is_match(&self, subject: &Subject<'_>) -> bool {
        let text = subject.text.as_bytes();
        let same = if self.case_insensitive { <[u8]>::eq_ignore_ascii_case } else { <[u8] as PartialEq>::eq };
        let Some(from) = end_of(&self.head, text, 0, same) else { return false };
        let Some(Rest { middle, tail }) = &self.rest else { return from == text.len() };
        let Some(to) = start_of(tail, text, text.len(), same) else { return false };
        if middle.is_empty() || from > to {
            return from <= to;
        }
        let text = if self.case_insensitive { subject.lower() } else { Cow::Borrowed(subject.text) };
        let Some(text) = text.as_bytes().get(..to) else { return false };
        middle.iter().try_fold(from, |from, piece| piece.find(text, from)).is_some()
    }
}

fn piece(parts: &[WildcardPart], case_insensitive: bool) -> Piece {
    let item = |part: &WildcardPart| match part {
        WildcardPart::Literal(text) if case_insensitive => {
            Item::Literal(text.to_ascii_lowercase().into_bytes().into())
        }
        WildcardPart::Literal(text) => Item::Literal(text.as_bytes().into()),
        WildcardPart::AnyRun | WildcardPart::AnyChar => Item::AnyChar,
    };
    parts.iter().map(item).collect()
}

impl Searched {
    fn new(piece: Piece) -> Self {
        let literals = piece.iter().enumerate().filter_map(|(index, item)| match item {
            Item::Literal(literal) => Some((index, literal)),
            Item::AnyChar => None,
        });
        let longest = literals
            .max_by_key(|(_, literal)| literal.len())
            .map(|(index, literal)| (index, Finder::new(literal).into_owned()));
        Self { piece, longest }
    }

    /// Where it ends if it is found first at or behind `from`.
    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let Some((index, finder)) = &self.longest else {
            return end_of(&self.piece, text, from, <[u8] as PartialEq>::eq);
        };
        let (before, behind) = self.piece.split_at_checked(*index)?;
        let mut at = from;
        loop {
            at += finder.find(text.get(at..)?)?;
            let fits = start_of(before, text, at, <[u8] as PartialEq>::eq).is_some_and(|start| start >= from);
            if fits && let Some(end) = end_of(behind, text, at, <[u8] as PartialEq>::eq) {
                return Some(end);
            }
            at += 1;
        }
    }
}

/// Where items end that begin at `at`.
fn end_of(items: &[Item], text: &[u8], at: usize, same: fn(&[u8], &[u8]) -> bool) -> Option<usize> {
    items.iter().try_fold(at, |at, item| match item {
        Item::Literal(literal) => {
            let end = at + literal.len();
            same(text.get(at..end)?, literal).then_some(end)
        }
        Item::AnyChar => {
            let behind = text.get(at + 1..)?;
            Some(at + 1 + behind.iter().take_while(|byte| is_continuation(**byte)).count())
        }
    })
}

/// Where items begin that end at `at`.
fn start_of(items: &[Item], text: &[u8], at: usize, same: fn(&[u8], &[u8]) -> bool) -> Option<usize> {
    items.iter().rev().try_fold(at, |at, item| match item {
        Item::Literal(literal) => {
            let start = at.checked_sub(literal.len())?;
            same(text.get(start..at)?, literal).then_some(start)
        }
        Item::AnyChar => text.get(..at)?.iter().rposition(|byte| !is_continuation(*byte)),
    })
}

/// Whether a byte of UTF-8 goes on with a character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}
