//! The predicates of all filters: each once, grouped by column.

use std::collections::HashMap;

use rulehound_query::{Predicate, Test};
use rulehound_schema::Field;

use super::column::{ColumnAtoms, OpenColumn};
use super::rows::RowSet;
use super::{FilterId, MatcherError};
use rulehound_events::EventBatch;

/// A predicate, counted over all columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct AtomId(pub(super) u32);

/// An atom, counted within its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slot(pub(super) u32);

impl Slot {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every distinct predicate, compiled column by column.
#[derive(Debug)]
pub(super) struct Atoms {
    /// Column and slot of each atom.
    places: Vec<(usize, Slot)>,
    columns: Vec<ColumnAtoms>,
}

/// A test that waits to be compiled with the others of its column.
#[derive(Debug)]
pub(super) struct PendingTest {
    pub(super) test: Test,
    /// The first filter that has it.
    pub(super) filter: FilterId,
}

impl Atoms {
    /// Compiles predicates, whose ids are their places in the list.
    pub(super) fn compile(predicates: Vec<(Predicate, FilterId)>) -> Result<Self, MatcherError> {
        let mut places = Vec::with_capacity(predicates.len());
        let mut pending: Vec<(Field, Vec<PendingTest>)> = Vec::new();
        let mut columns: HashMap<Field, usize> = HashMap::new();
        for (Predicate { field, test }, filter) in predicates {
            let column = *columns.entry(field).or_insert_with_key(|field| {
                pending.push((field.clone(), Vec::new()));
                pending.len() - 1
            });
            if let Some((_, tests)) = pending.get_mut(column) {
                places.push((column, Slot(u32::try_from(tests.len()).unwrap_or(u32::MAX))));
                tests.push(PendingTest { test, filter });
            }
        }
        let columns = pending.into_iter().map(|(field, tests)| ColumnAtoms::compile(field, tests));
        Ok(Self { places, columns: columns.collect::<Result<_, _>>()? })
    }

    /// How dear it is to ask this atom first: the work of opening its column.
    pub(super) fn cost(&self, atom: AtomId) -> u64 {
        self.place(atom).map_or(0, |(_, column, _)| column.cost())
    }

    fn place(&self, atom: AtomId) -> Option<(usize, &ColumnAtoms, Slot)> {
        let (index, slot) = *self.places.get(atom.0 as usize)?;
        Some((index, self.columns.get(index)?, slot))
    }
}

/// The columns of one batch, each opened when it is first asked for.
pub(super) struct OpenColumns<'a> {
    atoms: &'a Atoms,
    batch: &'a EventBatch,
    open: Vec<Option<OpenColumn<'a>>>,
}

impl<'a> OpenColumns<'a> {
    pub(super) fn new(atoms: &'a Atoms, batch: &'a EventBatch) -> Self {
        Self { atoms, batch, open: atoms.columns.iter().map(|_| None).collect() }
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, atom: AtomId) -> RowSet {
        let Some((index, column, slot)) = self.atoms.place(atom) else {
            return RowSet::empty(self.batch.num_rows());
        };
        match self.open.get_mut(index) {
            Some(open) => open.get_or_insert_with(|| column.open(self.batch)).rows(slot),
            None => RowSet::empty(self.batch.num_rows()),
        }
    }
}
