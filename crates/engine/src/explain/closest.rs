//! Of many events, those that come closest to a filter.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arrow_buffer::BooleanBuffer;
use rulehound_events::{EventBatch, EventRow, Origin};
use rulehound_query::{Filter, Predicate};
use rulehound_schema::FieldSource;

use super::ExplainedEvent;
use super::distance::{LeafId, Shape};
use super::nearness::nearness;
use super::tree::explain;
use crate::{FilterId, Matcher, MatcherError};

/// Keeps the events that come closest to a filter: first those for which the fewest leaves would have to
/// answer otherwise; of those, the ones that are searched; of those, the ones whose values are most alike what
/// these leaves ask for; of those, the first. The leaves are judged by the columnar matcher, and only what is kept is explained. Shared by threads.
#[derive(Debug)]
pub(super) struct Closest {
    filter: Filter,
    shape: Shape,
    leaves: Vec<Filter>,
    matcher: Matcher,
    limit: usize,
    kept: Mutex<BTreeMap<Rank, ExplainedEvent>>,
}

/// The least is the closest. The origin makes the order that of the events, whatever order they come in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Leaves that would have to answer otherwise.
    distance: usize,
    /// It is not searched at all.
    out_of_scope: bool,
    nearness: Reverse<u32>,
    origin: Origin,
}

impl Closest {
    pub(super) fn new(filter: &Filter, scope: &Filter, limit: usize) -> Result<Self, MatcherError> {
        let (shape, leaves) = Shape::of(filter);
        let leaves: Vec<Filter> = leaves.into_iter().cloned().collect();
        // The scope is asked for as if it were one leaf more.
        let matcher = Matcher::new(leaves.iter().chain([scope]).cloned().collect())?;
        let filter = filter.clone();
        Ok(Self { filter, shape, leaves, matcher, limit, kept: Mutex::default() })
    }

    /// Looks at some rows of a batch.
    pub(super) fn observe(&self, batch: &EventBatch, rows: &[usize]) {
        let hits: BTreeMap<FilterId, BooleanBuffer> = self.matcher.evaluate(batch).into_iter().collect();
        let mut closest: BTreeMap<Rank, usize> = BTreeMap::new();
        for &row in rows {
            let holds = |LeafId(leaf): LeafId| {
                let id = u32::try_from(leaf).map(FilterId);
                id.is_ok_and(|id| hits.get(&id).is_some_and(|rows| row < rows.len() && rows.value(row)))
            };
            let distance = self.shape.distance(true, &holds).unwrap_or(usize::MAX);
            let is_full = closest.len() >= self.limit;
            if is_full && closest.last_key_value().is_none_or(|(worst, _)| worst.distance < distance) {
                continue;
            }
            let nearness = self.nearness(&self.shape.deciding(true, &holds), &batch.row(row));
            let rank = Rank {
                distance,
                out_of_scope: !holds(LeafId(self.leaves.len())),
                nearness: Reverse(nearness),
                origin: batch.origin(row),
            };
            closest.insert(rank, row);
            keep_first(&mut closest, self.limit);
        }
        self.keep(closest, batch);
    }

    /// The closest events, the closest first.
    pub(super) fn finish(self) -> Vec<ExplainedEvent> {
        self.kept.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    fn keep(&self, closest: BTreeMap<Rank, usize>, batch: &EventBatch) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (rank, row) in closest {
            let is_full = kept.len() >= self.limit;
            if is_full && kept.last_key_value().is_none_or(|(worst, _)| *worst < rank) {
                break;
            }
            let event = ExplainedEvent {
                id: batch.id(row).into_owned(),
                index: batch.index(row).map(str::to_owned),
                in_scope: !rank.out_of_scope,
                file: rank.origin.file.to_string(),
                position: rank.origin.position,
                explanation: explain(&self.filter, &batch.row(row)),
            };
            kept.insert(rank, event);
            keep_first(&mut kept, self.limit);
        }
    }

    /// How alike the event's values are to what the leaves that decide ask for.
    fn nearness(&self, deciding: &[LeafId], event: &EventRow<'_>) -> u32 {
        let leaves = deciding.iter().filter_map(|LeafId(leaf)| self.leaves.get(*leaf));
        leaves.fold(0, |sum: u32, leaf| match leaf {
            Filter::Predicate(Predicate { field, test }) => {
                sum.saturating_add(nearness(test, &event.values(field)))
            }
            _ => sum,
        })
    }
}

fn keep_first<K: Ord, V>(map: &mut BTreeMap<K, V>, limit: usize) {
    while map.len() > limit {
        map.pop_last();
    }
}
