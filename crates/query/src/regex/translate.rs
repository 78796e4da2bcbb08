//! Expressions without complement and intersection, for `regex-automata`.

use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{MatchKind, meta};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::{Ast, Regex, RegexError};

/// Most memory for one compiled expression, and for the part of its automaton that is kept while matching.
const SIZE_LIMIT: usize = 4 << 20;

pub(super) fn compile(ast: &Ast) -> Result<Regex, RegexError> {
    compile_many(&[ast], MatchKind::LeftmostFirst).map(|regex| Regex::Meta(Box::new(regex)))
}

pub(super) fn compile_many(asts: &[&Ast], kind: MatchKind) -> Result<meta::Regex, RegexError> {
    let whole = |ast: &&Ast| Hir::concat(vec![Hir::look(Look::Start), translate(ast), Hir::look(Look::End)]);
    let whole: Vec<Hir> = asts.iter().map(whole).collect();
    let config = meta::Config::new()
        .match_kind(kind)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(SIZE_LIMIT))
        .hybrid_cache_capacity(SIZE_LIMIT);
    let regex = meta::Builder::new().configure(config).build_many_from_hir(&whole);
    regex.map_err(|_| RegexError::TooLarge)
}

fn translate(ast: &Ast) -> Hir {
    match ast {
        Ast::Empty => Hir::empty(),
        Ast::Class(ranges) => {
            let ranges = ranges.iter().map(|(from, to)| ClassUnicodeRange::new(*from, *to));
            Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
        }
        Ast::Concat(parts) => Hir::concat(parts.iter().map(translate).collect()),
        Ast::Union(parts) => Hir::alternation(parts.iter().map(translate).collect()),
        Ast::Repeat(inner, min, max) => Hir::repetition(Repetition {
            min: *min,
            max: *max,
            greedy: true,
            sub: Box::new(translate(inner)),
        }),
        // The others are not sent here.
        Ast::Nothing | Ast::Intersection(_) | Ast::Complement(_) => Hir::fail(),
    }
}
