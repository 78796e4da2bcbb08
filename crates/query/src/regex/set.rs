//! Many expressions put to a text at once: their automata run as one.

use regex_automata::{Input, MatchKind, PatternSet, meta};

use super::{Expression, RegexError, translate};

/// Most nodes of expressions in one automaton. The more there are, the fewer times a text is read, and the rarer the states
/// of the automaton are met again.
const MOST_NODES: usize = 2_000;

/// Expressions, each with the number that its owner gave it.
#[derive(Debug, Default)]
pub(crate) struct RegexSet(Vec<Part>);

/// Expressions that are one automaton.
#[derive(Debug)]
struct Part {
    regex: meta::Regex,
    /// By the automaton's number of an expression.
    ids: Vec<u32>,
}

impl RegexSet {
    /// Compiles plain expressions. The error is that of the expression with the number.
    pub(crate) fn new(expressions: Vec<(u32, Expression)>) -> Result<Self, (u32, RegexError)> {
        let mut set = Self::default();
        let mut rest = expressions.as_slice();
        while !rest.is_empty() {
            let mut nodes = 0;
            let fitting = rest.iter().take_while(|(_, expression)| {
                nodes += expression.size();
                nodes <= MOST_NODES
            });
            let (first, others) = rest.split_at(fitting.count().max(1));
            set.add(first)?;
            rest = others;
        }
        Ok(set)
    }

    fn add(&mut self, expressions: &[(u32, Expression)]) -> Result<(), (u32, RegexError)> {
        let asts: Vec<_> = expressions.iter().map(|(_, Expression(ast))| ast).collect();
        match translate::compile_many(&asts, MatchKind::All) {
            Ok(regex) => self.0.push(Part { regex, ids: expressions.iter().map(|(id, _)| *id).collect() }),
            Err(_) if expressions.len() > 1 => {
                let (first, second) = expressions.split_at(expressions.len() / 2);
                self.add(first)?;
                self.add(second)?;
            }
            Err(error) => return Err((expressions.first().map_or(0, |(id, _)| *id), error)),
        }
        Ok(())
    }

    /// Adds to `matching` the numbers of the expressions that the whole text matches. `scratch` saves allocating.
    pub(crate) fn matches(&self, text: &str, scratch: &mut Option<PatternSet>, matching: &mut Vec<u32>) {
        for Part { regex, ids } in &self.0 {
            let found = match scratch {
                Some(found) if found.capacity() >= ids.len() => found,
                _ => scratch.insert(PatternSet::new(ids.len())),
            };
            found.clear();
            regex.which_overlapping_matches(&Input::new(text), found);
            matching.extend(found.iter().filter_map(|pattern| ids.get(pattern.as_usize())));
        }
    }
}
