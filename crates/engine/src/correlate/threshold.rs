//! Thresholds: groups of events that are large enough, or varied enough, within a window.
//!
//! # The rule
//!
//! It is Kibana's (`security_solution/server/lib/detection_engine/rule_types/threshold`): a run at `t` groups the events
//! of its window that pass the query, and each group with enough events, and enough different values of the
//! fields of the cardinality, gives one alert. The next runs see what is left of the window again, but not the events
//! up to the last one of an alert of the same group (`buildThresholdSignalHistory`). Cardinalities are
//! exact here; Elasticsearch's are so up to some thousand values.
//!
//! A group can only pass at the first run that sees its newest event: later runs see less of it. So each
//! key is asked once for each run that brings it something new.
//!
//! # Memory
//!
//! Events that the same runs see are counted together: for each key at most twice as many counts as there are
//! intervals in the look-back, and the different values of the fields of the cardinality.

use std::collections::{BTreeSet, HashMap, VecDeque};

use rulehound_query::{ThresholdPlan, Window};
use serde::{Deserialize, Serialize};

use super::{
    Bucket, Correlator, Details, Detection, EventHandle, EventTime, Hit, Key, KeyValue, Limits, Ordinal,
    State, StateMismatch, StepMatch,
};

/// Finds groups that pass a threshold.
#[derive(Debug)]
pub struct ThresholdCorrelator {
    window: Window,
    count: u64,
    /// How many different values of each field there must be.
    cardinality: Vec<u64>,
    limits: Limits,
    keys: HashMap<Key, VecDeque<Slot>>,
    /// Keys that have something new, with the run that first sees it.
    due: BTreeSet<(i64, Key)>,
    /// Every key, with the last run that sees anything of it.
    ends: BTreeSet<(i64, Key)>,
    dropped: u64,
}

/// Events of one key that the same runs see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Slot {
    first_run: i64,
    last_run: i64,
    count: u64,
    /// The different values of each field of the cardinality.
    values: Vec<BTreeSet<KeyValue>>,
    first: EventTime,
    last: EventHandle,
    last_ordinal: Ordinal,
}

/// What a [`ThresholdCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdState {
    /// In the order of the keys.
    keys: Vec<(Key, VecDeque<Slot>)>,
    due: BTreeSet<(i64, Key)>,
    dropped: u64,
}

impl ThresholdCorrelator {
    /// A correlator for a plan.
    pub fn new(plan: &ThresholdPlan, limits: Limits) -> Self {
        Self {
            window: plan.window,
            count: plan.count,
            cardinality: plan.cardinality.iter().map(|(_, least)| *least).collect(),
            limits,
            keys: HashMap::new(),
            due: BTreeSet::new(),
            ends: BTreeSet::new(),
            dropped: 0,
        }
    }

    fn take(&mut self, of_step: StepMatch, event: EventHandle, ordinal: &Ordinal) {
        let moment = ordinal.time.parts().0;
        let (first_run, last_run) = (self.window.first_run(moment), self.window.last_run(moment));
        let slots = self.keys.entry(of_step.key.clone()).or_default();
        let held = slots.iter().flat_map(|slot| &slot.values).map(BTreeSet::len).sum::<usize>();
        let mut room = self.limits.per_key.saturating_sub(held);
        let slot = match slots.back_mut() {
            Some(slot) if (slot.first_run, slot.last_run) == (first_run, last_run) => slot,
            last => {
                if let Some(before) = last {
                    self.ends.remove(&(before.last_run, of_step.key.clone()));
                }
                self.ends.insert((last_run, of_step.key.clone()));
                self.due.insert((first_run, of_step.key));
                slots.push_back(Slot {
                    first_run,
                    last_run,
                    count: 0,
                    values: vec![BTreeSet::new(); self.cardinality.len()],
                    first: ordinal.time,
                    last: event,
                    last_ordinal: ordinal.clone(),
                });
                let Some(slot) = slots.back_mut() else { return };
                slot
            }
        };
        slot.count += 1;
        (slot.last, slot.last_ordinal) = (event, ordinal.clone());
        for (known, values) in slot.values.iter_mut().zip(&*of_step.captured) {
            for value in values {
                if known.contains(value) {
                    continue;
                }
                match room.checked_sub(1) {
                    Some(less) => room = less,
                    None => {
                        self.dropped += 1;
                        continue;
                    }
                }
                known.insert(value.clone());
            }
        }
    }

    /// Asks a key at a run. An alert uses up the events.
    fn run(&mut self, run: i64, key: Key, detections: &mut Vec<Detection>) {
        let Some(slots) = self.keys.get_mut(&key) else { return };
        while slots.front().is_some_and(|slot| slot.last_run < run) {
            slots.pop_front();
        }
        let count = slots.iter().map(|slot| slot.count).sum();
        let distinct = |field: usize| {
            let values = slots.iter().filter_map(|slot| slot.values.get(field)).flatten();
            values.collect::<BTreeSet<_>>().len() as u64
        };
        let cardinality: Vec<u64> = (0..self.cardinality.len()).map(distinct).collect();
        let passes = count >= self.count
            && cardinality.iter().zip(&self.cardinality).all(|(found, least)| found >= least);
        if passes && let (Some(first), Some(last)) = (slots.front(), slots.back()) {
            let bucket = Bucket { count, cardinality, first: first.first, last: last.last_ordinal.time, run };
            detections.push(Detection {
                key: key.clone(),
                events: vec![Some(last.last)],
                ordinal: last.last_ordinal.clone(),
                details: Details::Bucket(bucket),
            });
        }
        if passes {
            self.forget(&key);
        }
    }

    /// Drops a key. Gives how many events were counted in it.
    fn forget(&mut self, key: &Key) -> u64 {
        let slots = self.keys.remove(key).unwrap_or_default();
        if let Some(last) = slots.back() {
            self.ends.remove(&(last.last_run, key.clone()));
        }
        slots.iter().map(|slot| slot.count).sum()
    }

    /// Does all runs that see nothing of what is yet to come.
    fn run_before(&mut self, run: i64, detections: &mut Vec<Detection>) {
        while self.due.first().is_some_and(|(due, _)| *due < run)
            && let Some((due, key)) = self.due.pop_first()
        {
            self.run(due, key, detections);
        }
    }

    /// Forgets the keys that were seen longest ago, if there are too many.
    fn shrink(&mut self) {
        while self.keys.len() > self.limits.keys
            && let Some((_, key)) = self.ends.first().cloned()
        {
            self.dropped += self.forget(&key);
        }
    }
}

impl Correlator for ThresholdCorrelator {
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>) {
        self.advance(hit.ordinal.time, detections);
        for of_step in hit.matches {
            self.take(of_step, hit.event, &hit.ordinal);
        }
        self.shrink();
    }

    fn advance(&mut self, time: EventTime, detections: &mut Vec<Detection>) {
        let run = self.window.first_run(time.parts().0);
        self.run_before(run, detections);
        // What no run to come sees can go.
        while let Some((end, key)) = self.ends.first()
            && *end < run
        {
            let key = key.clone();
            self.forget(&key);
        }
    }

    fn finish(&mut self, detections: &mut Vec<Detection>) {
        self.run_before(i64::MAX, detections);
        self.keys.clear();
        self.due.clear();
        self.ends.clear();
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn save(&self) -> State {
        let mut keys: Vec<_> = self.keys.iter().map(|(key, slots)| (key.clone(), slots.clone())).collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        State::Threshold(ThresholdState { keys, due: self.due.clone(), dropped: self.dropped })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::Threshold(ThresholdState { keys, due, dropped }) = state else {
            return Err(StateMismatch);
        };
        let fields = self.cardinality.len();
        if keys.iter().flat_map(|(_, slots)| slots).any(|slot| slot.values.len() != fields) {
            return Err(StateMismatch);
        }
        let end = |(key, slots): &(Key, VecDeque<Slot>)| Some((slots.back()?.last_run, key.clone()));
        self.ends = keys.iter().filter_map(end).collect();
        self.keys = keys.into_iter().collect();
        (self.due, self.dropped) = (due, dropped);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
