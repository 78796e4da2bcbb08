//! Suppression: alerts that are alike are folded into one.
//!
//! # The rule
//!
//! It is Kibana's (`security_solution/server/lib/detection_engine/rule_types/utils/suppression_utils` and
//! `rule_registry`'s `alertWithSuppression`): alerts are alike if they have the same values in the fields of `group_by`.
//! Without a duration, those alike that one run finds become the first of them; what the next run finds is a new alert.
//! With a duration, what runs find within that time after the run that made an alert is folded into it; the
//! time does not begin anew. An event belongs to the first run that sees it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use rulehound_query::Window;
use serde::{Deserialize, Serialize};

use super::Limits;

/// Says which detections of a rule are alerts of their own. Takes them in the order of time.
#[derive(Debug)]
pub struct Suppressor {
    window: Window,
    /// In milliseconds; `None`: the run.
    duration: Option<i64>,
    limits: Limits,
    /// The run that made the open alert of each group.
    open: HashMap<String, i64>,
    /// The same, by run.
    by_run: BTreeSet<(i64, String)>,
    dropped: u64,
}

/// What a [`Suppressor`] remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SuppressorState {
    open: BTreeSet<(i64, String)>,
    dropped: u64,
}

impl Suppressor {
    /// For a rule that runs so and folds for so long; for one run without a duration.
    pub fn new(window: Window, duration: Option<Duration>, limits: Limits) -> Self {
        let duration = duration.map(|span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
        Self { window, duration, limits, open: HashMap::new(), by_run: BTreeSet::new(), dropped: 0 }
    }

    /// Takes a detection of a group at a moment, in milliseconds since the epoch. Whether it is an alert
    /// of its own; else it is folded into the last one of its group.
    pub fn is_new(&mut self, group: &str, moment: i64) -> bool {
        let run = self.window.first_run(moment);
        self.forget_before(run);
        if self.open.contains_key(group) {
            return false;
        }
        self.open.insert(group.to_owned(), run);
        self.by_run.insert((run, group.to_owned()));
        if self.open.len() > self.limits.keys
            && let Some((_, oldest)) = self.by_run.pop_first()
        {
            self.open.remove(&oldest);
            self.dropped += 1;
        }
        true
    }

    /// Forgets the alerts into which a run can fold nothing more.
    fn forget_before(&mut self, run: i64) {
        let first = run.saturating_sub(self.duration.unwrap_or(0));
        while self.by_run.first().is_some_and(|(made, _)| *made < first)
            && let Some((_, group)) = self.by_run.pop_first()
        {
            self.open.remove(&group);
        }
    }

    /// How many open alerts were forgotten because of the limit, so that there may be alerts too many.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// All that it remembers.
    pub fn save(&self) -> SuppressorState {
        SuppressorState { open: self.by_run.clone(), dropped: self.dropped }
    }

    /// Goes on from where [`Self::save`] was called.
    pub fn restore(&mut self, state: SuppressorState) {
        self.open = state.open.iter().cloned().map(|(run, group)| (group, run)).collect();
        (self.by_run, self.dropped) = (state.open, state.dropped);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::super::testing::window;
    use super::*;

    fn suppressor(duration: Option<u64>) -> Suppressor {
        Suppressor::new(window(5, 9), duration.map(Duration::from_millis), Limits::default())
    }

    /// "Per rule execution: create an alert each time the rule runs and an event meets its criteria" (Elastic's guide,
    /// "Suppress detection alerts").
    #[test]
    fn without_a_duration_each_run_gives_one() {
        let mut suppressor = suppressor(None);
        let alerts = [1, 2, 5, 6, 10, 11].map(|moment| suppressor.is_new("a", moment));
        assert_eq!(alerts, [true, false, false, true, false, true]);
    }

    /// "Per time period: create one alert for all qualifying events that occur within a specified time window, beginning
    /// from when an event first meets the rule criteria and creates the alert" (the same page).
    #[test]
    fn with_a_duration_the_time_begins_with_the_alert() {
        let mut suppressor = suppressor(Some(10));
        let alerts = [1, 6, 11, 15, 16, 17].map(|moment| suppressor.is_new("a", moment));
        assert_eq!(alerts, [true, false, false, false, true, false]);
    }

    #[test]
    fn over_its_limit_it_forgets_and_says_so() {
        let mut suppressor =
            Suppressor::new(window(5, 9), None, Limits { keys: 1, per_key: 1, ..Limits::default() });
        assert_eq!(["a", "b", "a"].map(|group| suppressor.is_new(group, 1)), [true, true, true]);
        assert_eq!(suppressor.dropped(), 2);
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition_whatever_the_restarts(
            mut events in prop::collection::vec((0..60_i64, "[ab]"), 0..20),
            duration in prop::option::of(0..30_u64),
        ) {
            events.sort_by_key(|(moment, _)| *moment);
            let run_of = |moment: i64| (moment + 4) / 5 * 5;
            let mut last: HashMap<String, i64> = HashMap::new();
            let mut suppressor = suppressor(duration);
            for (moment, group) in events {
                let since = last.get(&group).map(|run| run_of(moment) - run);
                let expected = since.is_none_or(|since| since > duration.map_or(0, |span| span as i64));
                if expected {
                    last.insert(group.clone(), run_of(moment));
                }
                prop_assert_eq!(suppressor.is_new(&group, moment), expected);
                let state = serde_json::to_string(&suppressor.save()).unwrap();
                suppressor = self::suppressor(duration);
                suppressor.restore(serde_json::from_str(&state).unwrap());
            }
        }
    }
}
