//! How far an event is from an answer: the fewest leaves of the condition that would have to answer
//! otherwise.

use rulehound_query::Filter;

/// Leaves of a filter (predicates and computed expressions), numbered in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LeafId(pub(super) usize);

/// What would have to be otherwise. `None`: no leaf can help.
pub(super) type Distance = Option<usize>;

/// A filter with its leaves numbered, and for each node how many leaves are below it.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Constant(bool),
    Leaf(LeafId),
    Not(Box<Shape>),
    And(Vec<Shape>),
    Or(Vec<Shape>),
}

impl Shape {
    /// The shape of a filter, and its leaves.
    pub(super) fn of(filter: &Filter) -> (Self, Vec<&Filter>) {
        let mut leaves = Vec::new();
        let shape = Self::number(filter, &mut leaves);
        (shape, leaves)
    }

    fn number<'f>(filter: &'f Filter, leaves: &mut Vec<&'f Filter>) -> Self {
        let mut children = |filters: &'f [Filter]| filters.iter().map(|f| Self::number(f, leaves)).collect();
        match filter {
            Filter::Constant(answer) => Self::Constant(*answer),
            Filter::And(filters) => Self::And(children(filters)),
            Filter::Or(filters) => Self::Or(children(filters)),
            Filter::Shared(inner) => Self::number(inner, leaves),
            Filter::Not(inner) => Self::Not(Box::new(Self::number(inner, leaves))),
            Filter::Predicate(_) | Filter::Computed(_) | Filter::Element(_) | Filter::Descendant(_) => {
                leaves.push(filter);
                Self::Leaf(LeafId(leaves.len() - 1))
            }
        }
    }

    /// The fewest leaves that would have to answer otherwise for the whole to be `wanted`.
    pub(super) fn distance(&self, wanted: bool, holds: &dyn Fn(LeafId) -> bool) -> Distance {
        match self {
            Self::Constant(answer) => (*answer == wanted).then_some(0),
            Self::Leaf(leaf) => Some(usize::from(holds(*leaf) != wanted)),
            Self::Not(inner) => inner.distance(!wanted, holds),
            Self::And(terms) | Self::Or(terms) => {
                let distances = terms.iter().map(|term| term.distance(wanted, holds));
                if self.needs_all(wanted) { distances.sum() } else { distances.flatten().min() }
            }
        }
    }

    /// The leaves of such a set, in order. Of several sets of one size, that which comes first in the text.
    pub(super) fn deciding(&self, wanted: bool, holds: &dyn Fn(LeafId) -> bool) -> Vec<LeafId> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Leaf(leaf) if holds(*leaf) == wanted => Vec::new(),
            Self::Leaf(leaf) => vec![*leaf],
            Self::Not(inner) => inner.deciding(!wanted, holds),
            Self::And(terms) | Self::Or(terms) if self.needs_all(wanted) => {
                terms.iter().flat_map(|term| term.deciding(wanted, holds)).collect()
            }
            Self::And(terms) | Self::Or(terms) => {
                let reachable = terms.iter().filter_map(|term| Some((term.distance(wanted, holds)?, term)));
                let nearest = reachable.min_by_key(|(distance, _)| *distance);
                nearest.map_or_else(Vec::new, |(_, term)| term.deciding(wanted, holds))
            }
        }
    }

    /// Whether every term has to be `wanted` for the whole to be.
    fn needs_all(&self, wanted: bool) -> bool {
        matches!(self, Self::And(_)) == wanted
    }
}
