//! One filter on one event, as a tree: what each part says and what it saw.

use rulehound_query::{Filter, Pattern, Predicate, Test};
use rulehound_schema::{Field, FieldSource, Value};
use serde::Serialize;
use serde_json::Value as Json;

use super::distance::{LeafId, Shape};
use super::nearness::nearness;
use crate::interpret;
use crate::spell;

/// Why a filter holds on an event, or does not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether it holds.
    pub holds: bool,
    /// The filter, part by part.
    pub condition: Term,
    /// If it does not hold: the fewest leaves that would have to answer otherwise for it to hold. Of several
    /// sets of one size, that which comes first. Empty although it does not hold: it never does.
    pub deciding: Vec<Deciding>,
}

/// A part of a condition on one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// Whether it holds.
    pub holds: bool,
    /// Whether it is among the leaves of [`Explanation::deciding`].
    pub decides: bool,
    /// What it is.
    #[serde(flatten)]
    pub kind: TermKind,
}

/// What a part of a condition is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TermKind {
    /// Always the same answer.
    Constant,
    /// Holds if all do.
    And {
        /// The parts.
        terms: Vec<Term>,
    },
    /// Holds if one does.
    Or {
        /// The parts.
        terms: Vec<Term>,
    },
    /// Holds if the part does not.
    Not {
        /// The part.
        term: Box<Term>,
    },
    /// A question about the values of a field.
    Predicate {
        /// As the query language spells it.
        text: String,
        /// The values it saw.
        #[serde(flatten)]
        seen: Seen,
        /// If it has several alternatives: each in the query language, and whether a value satisfied it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        alternatives: Vec<Alternative>,
    },
    /// A computed expression, or a question about one object of an array.
    Computed {
        /// As the query language spells it.
        text: String,
        /// Whether its value is null. Such a condition does not hold, and neither does its negation.
        is_null: bool,
        /// The values of the fields that it reads.
        inputs: Vec<Seen>,
    },
}

/// The values of a field on an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// Name of the field.
    pub field: String,
    /// Its values; empty if it is missing.
    pub values: Vec<Json>,
}

/// One of the alternatives of a predicate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// The predicate with this alternative alone, as the query language spells it.
    pub text: String,
    /// Whether a value satisfied it.
    pub holds: bool,
    /// How alike the values are to it, from 0 to 1000.
    pub nearness: u32,
}

/// A leaf of the condition that would have to answer otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deciding {
    /// The fields that it reads.
    pub fields: Vec<String>,
    /// As the query language spells it.
    pub text: String,
    /// What it would have to be: false below a `not`.
    pub should_hold: bool,
}

/// Explains a filter on an event.
pub fn explain(filter: &Filter, event: &dyn FieldSource) -> Explanation {
    let (shape, leaves) = Shape::of(filter);
    let answers: Vec<bool> = leaves.iter().map(|leaf| interpret::matches(leaf, event)).collect();
    let holds = |LeafId(leaf): LeafId| answers.get(leaf).copied().unwrap_or(false);
    let deciding = shape.deciding(true, &holds);
    let mut leaves = (0..).map(LeafId);
    let condition = term(filter, event, &mut |_| leaves.next().is_some_and(|leaf| deciding.contains(&leaf)));
    Explanation { holds: condition.holds, deciding: deciding_leaves(&condition), condition }
}

/// Explains one part. `decides` is asked once for each leaf, in order.
fn term(filter: &Filter, event: &dyn FieldSource, decides: &mut dyn FnMut(&Filter) -> bool) -> Term {
    let mut all = |filters: &[Filter]| filters.iter().map(|filter| term(filter, event, decides)).collect();
    let (holds, kind) = match filter {
        Filter::Constant(answer) => (*answer, TermKind::Constant),
        Filter::And(filters) => {
            let terms: Vec<Term> = all(filters);
            (terms.iter().all(|term| term.holds), TermKind::And { terms })
        }
        Filter::Or(filters) => {
            let terms: Vec<Term> = all(filters);
            (terms.iter().any(|term| term.holds), TermKind::Or { terms })
        }
        Filter::Not(inner) => {
            let inner = term(inner, event, decides);
            (!inner.holds, TermKind::Not { term: Box::new(inner) })
        }
        Filter::Predicate(predicate) => {
            (interpret::predicate_holds(predicate, event), predicate_term(predicate, event))
        }
        Filter::Computed(expr) => {
            let value = expr.evaluate(event);
            (value == Some(Value::Boolean(true)), computed_term(filter, value.is_none(), event))
        }
        Filter::Shared(inner) => return term(inner, event, decides),
        Filter::Element(_) => (interpret::matches(filter, event), computed_term(filter, false, event)),
        // Who explains one event asks no other.
        Filter::Descendant(_) => (false, computed_term(filter, true, event)),
    };
    let is_leaf = !matches!(filter, Filter::Constant(_) | Filter::And(_) | Filter::Or(_) | Filter::Not(_));
    Term { holds, decides: is_leaf && decides(filter), kind }
}

fn predicate_term(predicate: &Predicate, event: &dyn FieldSource) -> TermKind {
    let values = event.values(&predicate.field);
    let alternatives = alternatives(predicate).into_iter().map(|alternative| Alternative {
        nearness: nearness(&alternative.test, &values),
        text: spell::predicate(&alternative),
        holds: interpret::predicate_holds(&alternative, event),
    });
    TermKind::Predicate {
        text: spell::predicate(predicate),
        seen: seen(&predicate.field, event),
        alternatives: alternatives.collect(),
    }
}

fn computed_term(filter: &Filter, is_null: bool, event: &dyn FieldSource) -> TermKind {
    let mut inputs: Vec<Seen> = Vec::new();
    filter.for_each_field(&mut |field| {
        if !inputs.iter().any(|seen| *seen.field == *field.name) {
            inputs.push(seen(field, event));
        }
    });
    TermKind::Computed { text: spell::filter(filter), is_null, inputs }
}

fn seen(field: &Field, event: &dyn FieldSource) -> Seen {
    Seen { field: field.name.to_string(), values: event.values(field).iter().map(Value::to_json).collect() }
}

/// The predicate split into those of one alternative each; empty if it has but one.
fn alternatives(predicate: &Predicate) -> Vec<Predicate> {
    let tests: Vec<Test> = match &predicate.test {
        Test::In(constants) => constants.iter().map(|constant| Test::In(vec![constant.clone()])).collect(),
        Test::Matches(patterns) => {
            patterns.iter().map(|p: &Pattern| Test::Matches(vec![p.clone()])).collect()
        }
        Test::Phrases(phrases) => phrases.iter().map(|phrase| Test::Phrases(vec![phrase.clone()])).collect(),
        Test::Cidr(networks) => networks.iter().map(|network| Test::Cidr(vec![*network])).collect(),
        Test::Exists | Test::Compare(..) | Test::Between(..) | Test::Among(_) | Test::Index(_) => Vec::new(),
    };
    if tests.len() < 2 {
        return Vec::new();
    }
    tests.into_iter().map(|test| Predicate { field: predicate.field.clone(), test }).collect()
}

/// The leaves that decide, in order.
fn deciding_leaves(condition: &Term) -> Vec<Deciding> {
    match &condition.kind {
        TermKind::Constant => Vec::new(),
        TermKind::And { terms } | TermKind::Or { terms } => terms.iter().flat_map(deciding_leaves).collect(),
        TermKind::Not { term } => deciding_leaves(term),
        TermKind::Predicate { .. } | TermKind::Computed { .. } if !condition.decides => Vec::new(),
        TermKind::Predicate { text, seen, .. } => vec![Deciding {
            fields: vec![seen.field.clone()],
            text: text.clone(),
            should_hold: !condition.holds,
        }],
        TermKind::Computed { text, inputs, .. } => vec![Deciding {
            fields: inputs.iter().map(|seen| seen.field.clone()).collect(),
            text: text.clone(),
            should_hold: !condition.holds,
        }],
    }
}
