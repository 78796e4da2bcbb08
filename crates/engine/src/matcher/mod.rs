//! The columnar matcher: many filters over a batch of events at once.
//!
//! **What keeps it sound:** for every filter, batch and row the answer is that of
//! [`crate::interpret::matches`] on that row. Each shortcut rests on one fact:
//!
//! - A predicate holds if *any* value of the row passes its test, and a test looks at nothing but the value.
//!   So a distinct value may be judged once for all rows that have it (`judged`), and its verdict be remembered from
//!   batch to batch, the whole value with it (`cache`).
//! - A set of patterns finds what each of its patterns by itself does: a literal that a pattern needs may name too
//!   many candidates, never too few ([`PatternSet`], `strings`).
//! - Filters are two-valued, so `and`, `or` and `not` are intersection, union and complement of sets of rows,
//!   in any order (`program`, `evaluate`).
//! - A filter is passed over only if something that it cannot hold without holds on no row of the batch; what was
//!   not found out counts as holding (`evaluate`).
//! - A node's rows are asked for only *among* rows that still matter; what a node says of other rows is never
//!   looked at. Only nodes without computed expressions are remembered, and those for all rows (`evaluate`).
//! - What holds for one object of an array holds, less its negations, for the array's flattened fields; so the row is
//!   looked at only where that does (`program`).
//! - A column that the batch does not have is asked row by row, as the interpreter does (`column`).
//!
//! The way of a filter: [`Filter`]s are folded into one graph in which equal terms are one node (`program`);
//! their predicates become atoms, each stored once and grouped by column (`atoms`); for a batch, the graph is
//! walked lazily from each filter's root (`evaluate`), and a column is opened when its first atom is asked
//! for (`column`). Of a column of strings a value is judged when it is first asked about (`judged`), for all atoms
//! together (`strings`).

mod atoms;
mod cache;
mod column;
mod evaluate;
mod judged;
mod profile;
mod program;
mod rows;
mod strings;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_buffer::BooleanBuffer;
use rulehound_events::EventBatch;
#[cfg(doc)]
use rulehound_query::PatternSet;
use rulehound_query::{Filter, PatternError};
use rulehound_schema::Field;

use atoms::{AtomId, Atoms, ColumnId, ColumnPlaces};
use cache::{CACHE_BYTES, VerdictCache};
use evaluate::Evaluation;
use profile::{Memory, Meter};
use program::{NodeId, Program};
use strings::Scratch;

pub use profile::{AtomCost, ColumnCost, FilterCost, MatchProfile};

/// A filter of a [`Matcher`], in the order they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterId(pub u32);

/// A filter that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum MatcherError {
    /// A pattern is malformed or over the limits.
    #[error("a pattern on `{field}` cannot be compiled: {source}")]
    Pattern {
        /// The first filter that has the pattern.
        filter: FilterId,
        /// Name of the field it is put to.
        field: Arc<str>,
        /// What is wrong with it.
        source: PatternError,
    },
}

/// Filters compiled together: a predicate that several share is judged once. Shared freely by threads.
#[derive(Debug)]
pub struct Matcher {
    program: Program,
    atoms: Atoms,
    roots: Vec<NodeId>,
    fields: BTreeSet<Field>,
    /// What is not in use; each evaluation takes one.
    idle: Mutex<Vec<Memory>>,
    cache_bytes: usize,
    is_measured: bool,
}

impl Matcher {
    /// Compiles filters; their ids count from 0 in the order given.
    pub fn new(filters: Vec<Filter>) -> Result<Self, MatcherError> {
        let (program, predicates, roots) = program::compile(&filters);
        let atoms = Atoms::compile(predicates)?;
        let mut fields = BTreeSet::new();
        for filter in &filters {
            filter.for_each_field(&mut |field| _ = fields.insert(field.clone()));
        }
        let (program, idle) = (program.ordered(&atoms), Mutex::default());
        Ok(Self { program, atoms, roots, fields, idle, cache_bytes: CACHE_BYTES, is_measured: false })
    }

    /// The matcher, to measure what it does: see [`Self::profile`]. It costs a few clock readings for each
    /// question to an atom.
    pub fn measured(self) -> Self {
        Self { is_measured: true, ..self }
    }

    /// The fields that the filters read, each once, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter()
    }

    /// For each filter that holds on any event of the batch, in order, the rows on which it does.
    pub fn evaluate(&self, batch: &EventBatch) -> Vec<(FilterId, BooleanBuffer)> {
        let memory = self.idle().pop();
        let mut memory = memory.unwrap_or_else(|| Memory {
            cache: VerdictCache::new(self.cache_bytes),
            scratch: Scratch::default(),
            places: ColumnPlaces::default(),
            meter: self.is_measured.then(Meter::default),
        });
        let mut evaluation = Evaluation::new(&self.program, &self.atoms, batch, &mut memory);
        let found = (0..).map(FilterId).zip(&self.roots).filter_map(|(id, root)| {
            let rows = evaluation.rows_of_filter(id, *root);
            (!rows.is_empty()).then(|| (id, rows.into_boolean_buffer()))
        });
        let found = found.collect();
        self.idle().push(memory);
        found
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was measured in all batches so far, if the matcher is [`Self::measured`].
    pub fn profile(&self) -> MatchProfile {
        let idle = self.idle();
        let meters = || idle.iter().filter_map(|memory| memory.meter.as_ref());
        let filters = profile::sum(meters().flat_map(Meter::filters)).into_iter();
        let atoms = profile::sum(meters().flat_map(Meter::atoms)).into_iter().zip(0..);
        let columns = profile::sum(meters().flat_map(Meter::columns)).into_iter().enumerate();
        let mut profile = MatchProfile {
            filters: filters.map(|cost| FilterCost { time: cost.time, hits: cost.count }).collect(),
            atoms: atoms.filter_map(|(cost, id)| self.atoms.cost_of_atom(AtomId(id), cost)).collect(),
            columns: columns.filter_map(|(id, cost)| self.atoms.cost_of_column(ColumnId(id), cost)).collect(),
        };
        profile.atoms.sort_by_key(|atom| std::cmp::Reverse(atom.time));
        profile.columns.sort_by_key(|column| std::cmp::Reverse(column.time));
        profile
    }
}
