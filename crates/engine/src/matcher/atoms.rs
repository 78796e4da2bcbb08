//! The predicates of all filters: each once, grouped by column.

use std::sync::Arc;

use ahash::AHashMap;
use rulehound_events::{EventBatch, Layout};
use rulehound_query::{Predicate, Test};
use rulehound_schema::Field;

use super::column::{ColumnAtoms, OpenColumn};
use super::profile::{AtomCost, ColumnCost, Cost, Memory};
use super::rows::RowSet;
use super::{FilterId, MatcherError};
use crate::spell;

/// A predicate, counted over all columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct AtomId(pub(super) u32);

/// A column that has atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ColumnId(pub(super) usize);

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
    places: Vec<(ColumnId, Slot)>,
    /// The first filter that has each atom.
    filters: Vec<FilterId>,
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
        let filters = predicates.iter().map(|(_, filter)| *filter).collect();
        let mut pending: Vec<(Field, Vec<PendingTest>)> = Vec::new();
        let mut columns: AHashMap<Field, usize> = AHashMap::new();
        for (Predicate { field, test }, filter) in predicates {
            let column = *columns.entry(field).or_insert_with_key(|field| {
                pending.push((field.clone(), Vec::new()));
                pending.len() - 1
            });
            if let Some((_, tests)) = pending.get_mut(column) {
                places.push((ColumnId(column), Slot(u32::try_from(tests.len()).unwrap_or(u32::MAX))));
                tests.push(PendingTest { test, filter });
            }
        }
        let columns = pending.into_iter().map(|(field, tests)| ColumnAtoms::compile(field, tests));
        Ok(Self { places, filters, columns: columns.collect::<Result<_, _>>()? })
    }

    /// How dear it is to ask this atom first: the work of opening its column.
    pub(super) fn cost(&self, atom: AtomId) -> u64 {
        self.place(atom).map_or(0, |(_, column, _)| column.cost())
    }

    /// What an atom cost, if it was asked at all.
    pub(super) fn cost_of_atom(&self, atom: AtomId, cost: Cost) -> Option<AtomCost> {
        let (_, column, slot) = self.place(atom).filter(|_| cost.count > 0)?;
        let filter = *self.filters.get(atom.0 as usize)?;
        let predicate = spell::predicate(&column.predicate(slot)?);
        Some(AtomCost { predicate, filter, time: cost.time, asked: cost.count })
    }

    /// What the strings of a column cost, if any were judged.
    pub(super) fn cost_of_column(&self, column: ColumnId, cost: Cost) -> Option<ColumnCost> {
        let column = self.columns.get(column.0).filter(|_| cost.count > 0)?;
        let (field, atoms) = (column.field().name.clone(), column.num_atoms());
        Some(ColumnCost { field, atoms, time: cost.time, judged: cost.count })
    }

    fn place(&self, atom: AtomId) -> Option<(ColumnId, &ColumnAtoms, Slot)> {
        let (id, slot) = *self.places.get(atom.0 as usize)?;
        Some((id, self.columns.get(id.0)?, slot))
    }
}

/// The places of the columns in the batches' layout, which seldom changes.
#[derive(Debug, Default)]
pub(super) struct ColumnPlaces {
    layout: Option<Arc<Layout>>,
    places: Vec<Option<usize>>,
}

impl ColumnPlaces {
    fn look_up<'f>(&mut self, layout: &Arc<Layout>, fields: impl Iterator<Item = &'f Field>) {
        if self.layout.as_ref().is_none_or(|known| !Arc::ptr_eq(known, layout)) {
            self.places = fields.map(|field| layout.column_of(field)).collect();
            self.layout = Some(layout.clone());
        }
    }

    fn of(&self, column: ColumnId) -> Option<usize> {
        self.places.get(column.0).copied().flatten()
    }
}

/// The columns of one batch, each opened when it is first asked for.
pub(super) struct OpenColumns<'a> {
    atoms: &'a Atoms,
    batch: &'a EventBatch,
    memory: &'a mut Memory,
    /// Boxed, for of a thousand columns few are opened.
    open: Vec<Option<Box<OpenColumn<'a>>>>,
    /// By atom, what [`Self::at_most`] found.
    at_most: Vec<Option<u32>>,
}

impl<'a> OpenColumns<'a> {
    pub(super) fn new(atoms: &'a Atoms, batch: &'a EventBatch, memory: &'a mut Memory) -> Self {
        memory.places.look_up(batch.layout(), atoms.columns.iter().map(ColumnAtoms::field));
        let open = atoms.columns.iter().map(|_| None).collect();
        Self { atoms, batch, memory, open, at_most: vec![None; atoms.places.len()] }
    }

    /// What is carried from batch to batch.
    pub(super) fn memory(&mut self) -> &mut Memory {
        self.memory
    }

    /// The rows on which an atom holds.
    pub(super) fn rows(&mut self, atom: AtomId) -> RowSet {
        let none = RowSet::empty(self.batch.num_rows());
        self.ask(atom, |column, slot, memory| column.rows(slot, memory)).unwrap_or(none)
    }

    /// Keeps those of `rows` on which an atom holds, asked one by one.
    pub(super) fn narrow(&mut self, atom: AtomId, rows: &mut RowSet) {
        self.ask(atom, |column, slot, memory| column.narrow(slot, rows, memory));
    }

    /// On how many rows an atom holds at the most; 0 if on none. It is not found out if that costs much: then
    /// it is more than there are rows.
    pub(super) fn at_most(&mut self, atom: AtomId) -> u32 {
        if let Some(Some(known)) = self.at_most.get(atom.0 as usize) {
            return *known;
        }
        let is_cheap = self.column(atom).is_some_and(|(column, _, _)| column.is_cheap());
        let rows = match is_cheap {
            true => self.ask(atom, |column, slot, memory| column.at_most(slot, memory)),
            false => None,
        };
        let rows = rows.map_or(u32::MAX, |rows| u32::try_from(rows).unwrap_or(u32::MAX));
        self.at_most.get_mut(atom.0 as usize).into_iter().for_each(|known| *known = Some(rows));
        rows
    }

    /// Puts a question about an atom to its column.
    fn ask<R>(
        &mut self,
        atom: AtomId,
        question: impl FnOnce(&mut OpenColumn<'a>, Slot, &mut Memory) -> R,
    ) -> Option<R> {
        let (column, slot, memory) = self.column(atom)?;
        let started = memory.start();
        let answer = question(column, slot, memory);
        memory.book_atom(started, atom);
        Some(answer)
    }

    fn column(&mut self, atom: AtomId) -> Option<(&mut OpenColumn<'a>, Slot, &mut Memory)> {
        let (id, column, slot) = self.atoms.place(atom)?;
        let open = self
            .open
            .get_mut(id.0)?
            .get_or_insert_with(|| Box::new(column.open(id, self.memory.places.of(id), self.batch)));
        Some((open, slot, self.memory))
    }
}
