//! Literals that a text must have to match an expression, in lower case as [`Choice`] wants them.

use super::Ast;
use super::parse::CharRange;
use crate::pattern::{Choice, Literal, Place};

/// Most strings that are listed for an expression, and most characters for a class in it.
const MOST_STRINGS: usize = 256;
const MOST_CHARACTERS: usize = 8;
/// Longest of these strings, and most times that one is repeated in them.
const MOST_BYTES: usize = 256;
const MOST_REPEATED: u32 = 16;

/// What is known of the texts that match an expression.
struct Facts {
    /// All of them, if they are few.
    all: Option<Vec<String>>,
    /// What they need, if they are many.
    choices: Vec<Choice>,
}

/// The choices of an expression that matches whole texts.
pub(super) fn choices(ast: &Ast) -> Vec<Choice> {
    facts(ast).into_choices()
}

impl Facts {
    const UNKNOWN: Self = Self { all: None, choices: Vec::new() };

    fn all(texts: Vec<String>) -> Self {
        Self { all: Some(texts), choices: Vec::new() }
    }

    fn into_choices(mut self) -> Vec<Choice> {
        self.choices.extend(self.all.map(|texts| choice(Place::Whole(0), &texts)));
        self.choices
    }

    fn into_best(self) -> Option<Choice> {
        self.into_choices().into_iter().min_by_key(|choice| choice.iter().map(Literal::weakness).sum::<u64>())
    }
}

fn facts(ast: &Ast) -> Facts {
    match ast {
        Ast::Nothing => Facts::all(Vec::new()),
        Ast::Empty => Facts::all(vec![String::new()]),
        Ast::Class(ranges) => characters(ranges).map_or(Facts::UNKNOWN, Facts::all),
        Ast::Concat(parts) => concat(parts),
        Ast::Union(parts) => union(parts.iter().map(facts).collect()),
        // What one of them needs, all need.
        Ast::Intersection(parts) => Facts { all: None, choices: parts.iter().flat_map(choices).collect() },
        Ast::Complement(_) => Facts::UNKNOWN,
        Ast::Repeat(_, _, Some(0)) => Facts::all(vec![String::new()]),
        Ast::Repeat(inner, 0, Some(1)) => union(vec![facts(inner), facts(&Ast::Empty)]),
        Ast::Repeat(_, 0, _) => Facts::UNKNOWN,
        Ast::Repeat(inner, min, max) => {
            let inner = facts(inner);
            let is_known = *max == Some(*min) && *min <= MOST_REPEATED;
            let all = inner
                .all
                .as_ref()
                .filter(|_| is_known)
                .and_then(|texts| (1..*min).try_fold(texts.clone(), |before, _| product(&before, texts)));
            let choices = inner.into_choices().into_iter().map(|choice| moved(choice, true, true)).collect();
            Facts { all, choices }
        }
    }
}

/// The characters of a class in lower case, if they are few.
fn characters(ranges: &[CharRange]) -> Option<Vec<String>> {
    let mut few = Vec::new();
    for c in ranges.iter().flat_map(|(from, to)| *from..=*to).take(MOST_CHARACTERS + 1) {
        few.push(c.to_ascii_lowercase().to_string());
    }
    let is_few = few.len() <= MOST_CHARACTERS;
    few.sort_unstable();
    few.dedup();
    is_few.then_some(few)
}

/// Joins neighbours of which all texts are known; where the run ends, it is a choice.
fn concat(parts: &[Ast]) -> Facts {
    let mut choices = Vec::new();
    let (mut run, mut is_first) = (vec![String::new()], true);
    for (index, part) in parts.iter().enumerate() {
        let Facts { all, choices: of_part } = facts(part);
        if let Some(joined) = all.as_ref().and_then(|all| product(&run, all)) {
            run = joined;
            continue;
        }
        choices.push(choice(if is_first { Place::Start(0) } else { Place::Anywhere }, &run));
        is_first = false;
        let is_last = index + 1 == parts.len();
        choices.extend(of_part.into_iter().map(|choice| moved(choice, index == 0, is_last)));
        run = all.unwrap_or_else(|| vec![String::new()]);
    }
    if is_first {
        return Facts::all(run);
    }
    choices.push(choice(Place::End(0), &run));
    // Every text has the empty one.
    choices.retain(|choice| choice.iter().all(|literal| !literal.text.is_empty()));
    Facts { all: None, choices }
}

fn union(parts: Vec<Facts>) -> Facts {
    let few: Option<Vec<String>> = parts.iter().try_fold(Vec::new(), |mut texts, part| {
        texts.extend_from_slice(part.all.as_deref()?);
        (texts.len() <= MOST_STRINGS).then_some(texts)
    });
    if let Some(mut texts) = few {
        texts.sort_unstable();
        texts.dedup();
        return Facts::all(texts);
    }
    let best: Option<Choice> =
        parts.into_iter().map(Facts::into_best).try_fold(Vec::new(), |mut all, best| {
            all.extend(best?);
            Some(all)
        });
    Facts { all: None, choices: best.into_iter().collect() }
}

/// Every text of one list followed by every text of another, if they are few.
fn product(starts: &[String], ends: &[String]) -> Option<Vec<String>> {
    if starts.len() * ends.len() > MOST_STRINGS {
        return None;
    }
    let mut joined = Vec::with_capacity(starts.len() * ends.len());
    for start in starts {
        for end in ends {
            if start.len() + end.len() > MOST_BYTES {
                return None;
            }
            joined.push(format!("{start}{end}"));
        }
    }
    Some(joined)
}

fn choice(place: Place, texts: &[String]) -> Choice {
    texts.iter().map(|text| Literal::new(place, text)).collect()
}

/// The choice of a part, said of a whole that the part may begin or end.
fn moved(mut choice: Choice, is_first: bool, is_last: bool) -> Choice {
    for Literal { place, .. } in &mut choice {
        *place = match *place {
            Place::Whole(skipped) | Place::Start(skipped) if is_first => Place::Start(skipped),
            Place::Whole(0) if is_last => Place::End(0),
            Place::End(skipped) if is_last => Place::End(skipped),
            _ => Place::Anywhere,
        };
    }
    choice
}
