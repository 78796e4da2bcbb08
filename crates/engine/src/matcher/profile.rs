//! What matching costs, measured filter by filter, atom by atom and column by column, for those who ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::FilterId;
use super::atoms::{AtomId, ColumnId, ColumnPlaces};
use super::cache::VerdictCache;
use super::strings::Scratch;

/// What an evaluation carries from batch to batch.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) cache: VerdictCache,
    pub(super) scratch: Scratch,
    pub(super) places: ColumnPlaces,
    /// Only if costs are to be measured.
    pub(super) meter: Option<Meter>,
}

/// Costs that add up while batches are evaluated.
#[derive(Debug, Default)]
pub(super) struct Meter {
    filters: Vec<Cost>,
    atoms: Vec<Cost>,
    columns: Vec<Cost>,
    /// Of all columns together.
    judging: Duration,
}

/// A sum of costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) time: Duration,
    /// What was counted: hits of a filter, questions to an atom, values of a column.
    pub(super) count: u64,
}

/// What the matching of some filters cost so far. Times are of all threads together.
#[derive(Clone, Debug, Default)]
pub struct MatchProfile {
    /// By [`FilterId`].
    pub filters: Vec<FilterCost>,
    /// Those that were asked, the dearest first.
    pub atoms: Vec<AtomCost>,
    /// Those in which strings were judged, the dearest first.
    pub columns: Vec<ColumnCost>,
}

/// What a filter cost. Work that several filters share counts for the first of them that needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterCost {
    /// Time to find its rows in all batches.
    pub time: Duration,
    /// Rows on which it held.
    pub hits: u64,
}

/// What a predicate cost, without the judging of the column's strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtomCost {
    /// The predicate, in EQL's spelling.
    pub predicate: String,
    /// The first filter that has it.
    pub filter: FilterId,
    /// Time to answer for it.
    pub time: Duration,
    /// How often it was asked about a batch or some rows of one.
    pub asked: u64,
}

/// What it cost to judge the strings of a column, for all its atoms at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCost {
    /// Name of the field.
    pub field: Arc<str>,
    /// Number of its atoms.
    pub atoms: usize,
    /// Time to judge.
    pub time: Duration,
    /// Values judged: distinct ones that were not remembered.
    pub judged: u64,
}

/// A measurement under way.
pub(super) struct Started {
    at: Instant,
    judging: Duration,
}

impl Memory {
    /// Begins to measure, if costs are measured at all.
    pub(super) fn start(&self) -> Option<Started> {
        self.meter.as_ref().map(|meter| Started { at: Instant::now(), judging: meter.judging })
    }

    /// Books what was started to a filter.
    pub(super) fn book_filter(&mut self, started: Option<Started>, filter: FilterId, hits: usize) {
        if let Some((meter, started)) = self.meter.as_mut().zip(started) {
            book(&mut meter.filters, filter.0 as usize, started.at.elapsed(), hits as u64);
        }
    }

    /// Books what was started to an atom, but for what of it was spent on judging strings.
    pub(super) fn book_atom(&mut self, started: Option<Started>, atom: AtomId) {
        if let Some((meter, started)) = self.meter.as_mut().zip(started) {
            let judging = meter.judging.saturating_sub(started.judging);
            book(&mut meter.atoms, atom.0 as usize, started.at.elapsed().saturating_sub(judging), 1);
        }
    }
}

impl Meter {
    /// Runs what judges a value of a column, and books it.
    pub(super) fn judging<R>(meter: &mut Option<Self>, column: ColumnId, judge: impl FnOnce() -> R) -> R {
        let Some(meter) = meter else { return judge() };
        let start = Instant::now();
        let result = judge();
        let time = start.elapsed();
        meter.judging += time;
        book(&mut meter.columns, column.0, time, 1);
        result
    }

    pub(super) fn filters(&self) -> impl Iterator<Item = (usize, Cost)> + '_ {
        self.filters.iter().copied().enumerate()
    }

    pub(super) fn atoms(&self) -> impl Iterator<Item = (usize, Cost)> + '_ {
        self.atoms.iter().copied().enumerate()
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (usize, Cost)> + '_ {
        self.columns.iter().copied().enumerate()
    }
}

/// Sums up the costs of several meters, place by place.
pub(super) fn sum(costs: impl Iterator<Item = (usize, Cost)>) -> Vec<Cost> {
    let mut sums = Vec::new();
    costs.for_each(|(place, cost)| book(&mut sums, place, cost.time, cost.count));
    sums
}

fn book(costs: &mut Vec<Cost>, place: usize, time: Duration, count: u64) {
    if costs.len() <= place {
        costs.resize(place + 1, Cost::default());
    }
    if let Some(cost) = costs.get_mut(place) {
        cost.time += time;
        cost.count += count;
    }
}
