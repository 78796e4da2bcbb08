//! Expressions with complement and intersection: a deterministic automaton whose states are derivatives
//! (Brzozowski). The derivative of an expression by a character is what must match the rest of a string that begins
//! with it; complement and intersection are as easy as union.

use std::collections::HashMap;

use super::parse::CharRange;
use super::{Ast, RegexError};

/// Most states, and most nodes of expressions looked at on the way: a fraction of a second.
const MOST_STATES: usize = 2_000;
const MOST_NODES: usize = 300_000;
/// Most nodes that are copied to make states: a state may be as large as the square of the one before.
const MOST_COPIES: usize = 3_000_000;

/// A deterministic automaton over classes of characters.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    /// Where classes begin, in order; the first at `'\0'`.
    starts: Vec<char>,
    /// For each state the state that each class leads to.
    transitions: Vec<Vec<usize>>,
    accepting: Vec<bool>,
}

impl Automaton {
    pub(super) fn new(ast: &Ast) -> Result<Self, RegexError> {
        let mut starts = vec!['\0'];
        add_starts(ast, &mut starts);
        starts.sort_unstable();
        starts.dedup();
        let mut automaton = Self { starts, transitions: Vec::new(), accepting: Vec::new() };
        let first = normalize(ast);
        let mut ids = HashMap::from([(first.clone(), 0)]);
        let mut states = vec![first];
        let mut nodes = 0;
        let mut copies = Copies(MOST_COPIES);
        while let Some(state) = states.get(automaton.transitions.len()).cloned() {
            nodes += state.size() * automaton.starts.len();
            if states.len() > MOST_STATES || nodes > MOST_NODES {
                return Err(RegexError::TooLarge);
            }
            automaton.accepting.push(nullable(&state));
            let mut row = Vec::with_capacity(automaton.starts.len());
            for class in &automaton.starts {
                let next = derivative(&state, *class, &mut copies)?;
                let id = *ids.entry(next).or_insert_with_key(|next| {
                    states.push(next.clone());
                    states.len() - 1
                });
                row.push(id);
            }
            automaton.transitions.push(row);
        }
        Ok(automaton)
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut state = 0;
        for c in text.chars() {
            let class = self.starts.partition_point(|start| *start <= c).saturating_sub(1);
            match self.transitions.get(state).and_then(|row| row.get(class)) {
                Some(next) => state = *next,
                None => return false,
            }
        }
        self.accepting.get(state).copied().unwrap_or(false)
    }
}

/// The same expression without intersections that no string is in, for which no automaton is needed then: in
/// `mkfifo|>&1` no string is both `>` and `1`.
pub(super) fn without_impossible(ast: Ast) -> Ast {
    let all = |parts: Vec<Ast>| parts.into_iter().map(without_impossible).collect::<Vec<_>>();
    match ast {
        Ast::Intersection(_) => match Automaton::new(&ast) {
            Ok(automaton) if !automaton.accepting.contains(&true) => Ast::Nothing,
            _ => ast,
        },
        Ast::Concat(parts) => {
            let parts = all(parts);
            if parts.contains(&Ast::Nothing) { Ast::Nothing } else { Ast::Concat(parts) }
        }
        Ast::Union(parts) => {
            let parts: Vec<Ast> = all(parts).into_iter().filter(|part| *part != Ast::Nothing).collect();
            if parts.is_empty() { Ast::Nothing } else { Ast::Union(parts) }
        }
        Ast::Repeat(inner, min, max) => match without_impossible(*inner) {
            Ast::Nothing if min == 0 => Ast::Empty,
            Ast::Nothing => Ast::Nothing,
            inner => Ast::Repeat(Box::new(inner), min, max),
        },
        other => other,
    }
}

/// Characters between two starts are alike to the expression.
fn add_starts(ast: &Ast, starts: &mut Vec<char>) {
    match ast {
        Ast::Nothing | Ast::Empty => {}
        Ast::Class(ranges) => {
            for (from, to) in ranges {
                starts.push(*from);
                starts.extend((*to..=char::MAX).nth(1));
            }
        }
        Ast::Concat(parts) | Ast::Union(parts) | Ast::Intersection(parts) => {
            parts.iter().for_each(|part| add_starts(part, starts));
        }
        Ast::Complement(inner) | Ast::Repeat(inner, ..) => add_starts(inner, starts),
    }
}

/// Whether the empty string matches.
fn nullable(ast: &Ast) -> bool {
    match ast {
        Ast::Nothing | Ast::Class(_) => false,
        Ast::Empty => true,
        Ast::Concat(parts) | Ast::Intersection(parts) => parts.iter().all(nullable),
        Ast::Union(parts) => parts.iter().any(nullable),
        Ast::Complement(inner) => !nullable(inner),
        Ast::Repeat(inner, min, _) => *min == 0 || nullable(inner),
    }
}

/// How many nodes may still be copied.
struct Copies(usize);

impl Copies {
    fn take<'a>(&mut self, parts: &'a [Ast]) -> Result<&'a [Ast], RegexError> {
        let size: usize = parts.iter().map(Ast::size).sum();
        self.0 = self.0.checked_sub(size).ok_or(RegexError::TooLarge)?;
        Ok(parts)
    }
}

fn derivative(ast: &Ast, c: char, copies: &mut Copies) -> Result<Ast, RegexError> {
    let mut of_all = |parts: &[Ast]| -> Result<Vec<Ast>, RegexError> {
        parts.iter().map(|part| derivative(part, c, copies)).collect()
    };
    Ok(match ast {
        Ast::Nothing | Ast::Empty => Ast::Nothing,
        Ast::Class(ranges) => {
            if contains(ranges, c) {
                Ast::Empty
            } else {
                Ast::Nothing
            }
        }
        Ast::Concat(parts) => {
            let mut sum = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let rest = copies.take(parts.get(index + 1..).unwrap_or_default())?;
                sum.push(concat([derivative(part, c, copies)?].into_iter().chain(rest.iter().cloned())));
                if !nullable(part) {
                    break;
                }
            }
            union(sum)
        }
        Ast::Union(parts) => union(of_all(parts)?),
        Ast::Intersection(parts) => intersection(of_all(parts)?),
        Ast::Complement(inner) => complement(derivative(inner, c, copies)?),
        Ast::Repeat(_, _, Some(0)) => Ast::Nothing,
        Ast::Repeat(inner, min, max) => {
            copies.take(std::slice::from_ref(inner))?;
            let rest = repeat((**inner).clone(), min.saturating_sub(1), max.map(|max| max.saturating_sub(1)));
            concat([derivative(inner, c, copies)?, rest])
        }
    })
}

fn contains(ranges: &[CharRange], c: char) -> bool {
    ranges.iter().any(|(from, to)| *from <= c && c <= *to)
}

// Constructors that keep expressions of one meaning in one form, so that states are few.

fn normalize(ast: &Ast) -> Ast {
    match ast {
        Ast::Nothing | Ast::Empty | Ast::Class(_) => ast.clone(),
        Ast::Concat(parts) => concat(parts.iter().map(normalize)),
        Ast::Union(parts) => union(parts.iter().map(normalize).collect()),
        Ast::Intersection(parts) => intersection(parts.iter().map(normalize).collect()),
        Ast::Complement(inner) => complement(normalize(inner)),
        Ast::Repeat(inner, min, max) => repeat(normalize(inner), *min, *max),
    }
}

fn concat(parts: impl IntoIterator<Item = Ast>) -> Ast {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Ast::Nothing => return Ast::Nothing,
            Ast::Empty => {}
            Ast::Concat(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    match flat.len() {
        0 => Ast::Empty,
        1 => flat.remove(0),
        _ => Ast::Concat(flat),
    }
}

fn union(parts: Vec<Ast>) -> Ast {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Ast::Nothing => {}
            Ast::Union(inner) => flat.extend(inner),
            other if is_everything(&other) => return other,
            other => flat.push(other),
        }
    }
    sorted(flat, Ast::Nothing, Ast::Union)
}

fn intersection(parts: Vec<Ast>) -> Ast {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Ast::Nothing => return Ast::Nothing,
            Ast::Intersection(inner) => flat.extend(inner),
            other if is_everything(&other) => {}
            other => flat.push(other),
        }
    }
    sorted(flat, complement(Ast::Nothing), Ast::Intersection)
}

fn sorted(mut parts: Vec<Ast>, none: Ast, make: fn(Vec<Ast>) -> Ast) -> Ast {
    parts.sort_unstable();
    parts.dedup();
    match parts.len() {
        0 => none,
        1 => parts.remove(0),
        _ => make(parts),
    }
}

fn is_everything(ast: &Ast) -> bool {
    match ast {
        Ast::Complement(inner) => **inner == Ast::Nothing,
        Ast::Repeat(inner, 0, None) => **inner == Ast::any_char(),
        _ => false,
    }
}

fn complement(inner: Ast) -> Ast {
    match inner {
        Ast::Complement(inner) => *inner,
        other => Ast::Complement(Box::new(other)),
    }
}

fn repeat(inner: Ast, min: u32, max: Option<u32>) -> Ast {
    match (inner, min, max) {
        (_, _, Some(0)) | (Ast::Empty, ..) => Ast::Empty,
        (Ast::Nothing, 0, _) => Ast::Empty,
        (Ast::Nothing, ..) => Ast::Nothing,
        (inner, 1, Some(1)) => inner,
        (inner, min, max) => Ast::Repeat(Box::new(inner), min, max),
    }
}
