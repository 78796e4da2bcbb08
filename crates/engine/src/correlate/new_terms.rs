//! New terms: values that a window has and the history before it has not.
//!
//! # The rule
//!
//! It is Kibana's (`security_solution/server/lib/detection_engine/rule_types/new_terms`): a run at `t` takes every
//! combination of values of the events in its window that pass the query, and asks when each was first seen since
//! the history began, which is so long before `t`. Those first seen in the window are new; the first event
//! of each gives the alert. The runs whose windows hold an event are known, and the later one's history begins later; so
//! an event gives an alert if no event of the same values lies between the beginning of the history
//! of the last run that sees it and the event itself. Runs that overlap find the same event, which is one alert.
//!
//! # Memory
//!
//! A moment for each combination of values, until it is older than the history and the window together.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use rulehound_query::{NewTermsPlan, Window};
use serde::{Deserialize, Serialize};

use super::{Correlator, Details, Detection, EventTime, Hit, Key, Limits, State, StateMismatch};

/// Finds values not seen before.
#[derive(Debug)]
pub struct NewTermsCorrelator {
    window: Window,
    history: Duration,
    limits: Limits,
    /// When each combination was last seen.
    seen: HashMap<Key, EventTime>,
    /// The same, by time.
    by_time: BTreeSet<(EventTime, Key)>,
    dropped: u64,
}

/// What a [`NewTermsCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewTermsState {
    /// By time, when each combination was last seen.
    seen: Vec<(EventTime, Key)>,
    dropped: u64,
}

impl NewTermsCorrelator {
    /// A correlator for a plan.
    pub fn new(plan: &NewTermsPlan, limits: Limits) -> Self {
        Self {
            window: plan.window,
            history: plan.history,
            limits,
            seen: HashMap::new(),
            by_time: BTreeSet::new(),
            dropped: 0,
        }
    }

    /// The beginning of the history of the last run that sees an event.
    fn history_start(&self, time: EventTime) -> EventTime {
        let history = i64::try_from(self.history.as_millis()).unwrap_or(i64::MAX);
        EventTime::from_millis(self.window.last_run(time.parts().0).saturating_sub(history))
    }

    /// Notes that a combination was seen. Gives when it was before.
    fn note(&mut self, key: Key, time: EventTime) -> Option<EventTime> {
        let before = self.seen.insert(key.clone(), time);
        if let Some(before) = before {
            self.by_time.remove(&(before, key.clone()));
        }
        self.by_time.insert((time, key));
        if self.seen.len() > self.limits.keys
            && let Some((_, oldest)) = self.by_time.pop_first()
        {
            self.seen.remove(&oldest);
            self.dropped += 1;
        }
        before
    }
}

impl Correlator for NewTermsCorrelator {
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>) {
        let time = hit.ordinal.time;
        let history_start = self.history_start(time);
        for of_step in hit.matches {
            let before = self.note(of_step.key.clone(), time);
            if before.is_none_or(|before| before < history_start) {
                detections.push(Detection {
                    key: of_step.key,
                    events: vec![Some(hit.event)],
                    ordinal: hit.ordinal.clone(),
                    details: Details::NewTerms,
                });
            }
        }
    }

    /// Forgets what is older than the history of any event to come.
    fn advance(&mut self, time: EventTime, _detections: &mut Vec<Detection>) {
        let history_start = self.history_start(time);
        while let Some((seen, _)) = self.by_time.first()
            && *seen < history_start
            && let Some((_, key)) = self.by_time.pop_first()
        {
            self.seen.remove(&key);
        }
    }

    fn finish(&mut self, _detections: &mut Vec<Detection>) {
        self.seen.clear();
        self.by_time.clear();
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn save(&self) -> State {
        State::NewTerms(NewTermsState { seen: self.by_time.iter().cloned().collect(), dropped: self.dropped })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::NewTerms(NewTermsState { seen, dropped }) = state else { return Err(StateMismatch) };
        self.seen = seen.iter().cloned().map(|(time, key)| (key, time)).collect();
        self.by_time = seen.into_iter().collect();
        self.dropped = dropped;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
