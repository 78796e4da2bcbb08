//! Samples: events of one key, in any order.
//!
//! # The rule
//!
//! It is Elasticsearch's (`x-pack/plugin/eql`, `execution/sample`): for each key under which every filter has
//! an event, the combinations of one event a filter, no event twice, up to so many a key. Keys come in their
//! order, null first; within a key the earlier events are tried first, the last filter's varying fastest.
//! Which events Elasticsearch picks depends on how it stores them; here the order of the hits decides.
//!
//! # Memory
//!
//! A handful of events for each key and filter, until the end of the input: a sample knows no time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use rulehound_query::SamplePlan;
use serde::{Deserialize, Serialize};

use super::{
    Correlator, Details, Detection, EventHandle, EventTime, Hit, Key, Ordinal, State, StateMismatch,
};

/// Finds samples.
#[derive(Debug)]
pub struct SampleCorrelator {
    filters: usize,
    samples_per_key: usize,
    /// For each key, the first events of each filter.
    keys: BTreeMap<Key, Vec<Vec<Candidate>>>,
}

/// An event that a filter matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Candidate {
    event: EventHandle,
    ordinal: Ordinal,
}

/// What a [`SampleCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleState {
    /// In the order of the keys: the events of each filter.
    keys: Vec<(Key, Vec<Vec<Candidate>>)>,
}

impl SampleCorrelator {
    /// A correlator for a plan that gives at most so many samples a key.
    pub fn new(plan: &SamplePlan, samples_per_key: usize) -> Self {
        Self { filters: plan.filters.len(), samples_per_key, keys: BTreeMap::new() }
    }

    /// How many events of a filter can matter. Of `n` filters a candidate is passed over only if it is in the
    /// sample already, or if a later filter of fewer than `n` events needs it: below `n * n` in all. Each of
    /// the others makes a sample of its own.
    fn candidates_kept(&self) -> usize {
        self.filters.saturating_mul(self.filters).saturating_add(self.samples_per_key)
    }
}

impl Correlator for SampleCorrelator {
    fn push(&mut self, hit: Hit, _detections: &mut Vec<Detection>) {
        let kept = self.candidates_kept();
        for step in hit.matches {
            let filters = self.keys.entry(step.key).or_insert_with(|| vec![Vec::new(); self.filters]);
            if let Some(candidates) = filters.get_mut(step.step.0 as usize)
                && candidates.len() < kept
            {
                candidates.push(Candidate { event: hit.event, ordinal: hit.ordinal.clone() });
            }
        }
    }

    /// A sample has no end in time: nothing to do.
    fn advance(&mut self, _time: EventTime, _detections: &mut Vec<Detection>) {}

    fn finish(&mut self, detections: &mut Vec<Detection>) {
        for (key, filters) in std::mem::take(&mut self.keys) {
            let mut wanted = self.samples_per_key;
            let mut take = |sample: &[&Candidate]| {
                let Some(latest) = sample.iter().map(|candidate| &candidate.ordinal).max() else {
                    return ControlFlow::Break(());
                };
                detections.push(Detection {
                    key: key.clone(),
                    events: sample.iter().map(|candidate| Some(candidate.event)).collect(),
                    ordinal: latest.clone(),
                    details: Details::None,
                });
                wanted = wanted.saturating_sub(1);
                if wanted == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            if self.samples_per_key > 0 && filters.iter().all(|candidates| !candidates.is_empty()) {
                let _ = combine(&filters, &mut Vec::with_capacity(self.filters), &mut take);
            }
        }
    }

    fn save(&self) -> State {
        let keys = self.keys.iter().map(|(key, filters)| (key.clone(), filters.clone()));
        State::Sample(SampleState { keys: keys.collect() })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::Sample(SampleState { keys }) = state else { return Err(StateMismatch) };
        if keys.iter().any(|(_, filters)| filters.len() != self.filters) {
            return Err(StateMismatch);
        }
        self.keys = keys.into_iter().collect();
        Ok(())
    }
}

/// Goes through all combinations of one candidate of each of the filters, no event twice, until `take` breaks.
/// No way is begun that cannot be ended, so that the work is that of the samples found.
fn combine<'a>(
    filters: &'a [Vec<Candidate>],
    sample: &mut Vec<&'a Candidate>,
    take: &mut dyn FnMut(&[&Candidate]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((candidates, rest)) = filters.split_first() else { return take(sample) };
    for candidate in candidates {
        if sample.iter().any(|chosen| chosen.event == candidate.event) {
            continue;
        }
        sample.push(candidate);
        if can_complete(rest, sample) {
            combine(rest, sample, take)?;
        }
        sample.pop();
    }
    ControlFlow::Continue(())
}

/// Whether each of the filters can have an event of its own, besides those of the sample. Filters with as
/// many events as there are filters in all always can.
fn can_complete(rest: &[Vec<Candidate>], sample: &[&Candidate]) -> bool {
    let scarce = |candidates: &&Vec<Candidate>| candidates.len() < rest.len() + sample.len();
    let scarce: Vec<&Vec<Candidate>> = rest.iter().filter(scarce).collect();
    let mut owners = HashMap::new();
    (0..scarce.len()).all(|filter| assign(filter, &scarce, sample, &mut owners, &mut HashSet::new()))
}

/// Gives a filter an event, if need be by moving others to other events (an augmenting path).
fn assign(
    filter: usize,
    filters: &[&Vec<Candidate>],
    sample: &[&Candidate],
    owners: &mut HashMap<EventHandle, usize>,
    tried: &mut HashSet<EventHandle>,
) -> bool {
    let Some(candidates) = filters.get(filter) else { return false };
    candidates.iter().map(|candidate| candidate.event).any(|event| {
        if sample.iter().any(|chosen| chosen.event == event) || !tried.insert(event) {
            return false;
        }
        let is_free =
            owners.get(&event).copied().is_none_or(|owner| assign(owner, filters, sample, owners, tried));
        if is_free {
            owners.insert(event, filter);
        }
        is_free
    })
}

#[cfg(test)]
mod tests;
