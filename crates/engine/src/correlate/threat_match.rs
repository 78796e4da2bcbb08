//! Threat matches: events and indicators with values in common.
//!
//! # The rule
//!
//! It is Kibana's (`security_solution/server/lib/detection_engine/rule_types/indicator_match`): a run at `t` matches the
//! events of its window with the indicators there are at `t`, whether event or indicator is the newer. So an event matches
//! an indicator if one of the runs that see the event comes after the indicator. An event gives one alert, which
//! names the indicators; a mapping's entries must all hold for the same indicator.
//!
//! A plan has two steps for each mapping: the events and the indicators, joined by the values of its entries. Entries
//! that are negated join nothing: their fields are captured, and compared. Where the query for indicators asks for those
//! of the last so many days, these count from the run.
//!
//! # Memory
//!
//! Events for as long as runs see them, indicators for ever, as many for each key as [`Limits::per_key`] says.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rulehound_query::{Expr, JoinKey, ThreatEntry, ThreatMatchPlan, Window};
use rulehound_schema::{Field, FieldSource, Value};
use serde::{Deserialize, Serialize};

use crate::order::TIMESTAMP;

use super::{
    Captured, Correlator, Details, Detection, EventHandle, EventTime, Hit, IndicatorMatch, Key, Limits,
    Ordinal, State, StateMismatch, StepId, StepMatch, StepQuery,
};

/// Finds events that match indicators. Gives a detection for each pair; [`super::correlate`] brings those of an event
/// together.
#[derive(Debug)]
pub struct ThreatMatchCorrelator {
    window: Window,
    oldest: Option<Expr>,
    limits: Limits,
    keys: HashMap<(u32, Key), Waiting>,
    /// Keys that have events, with the last run that sees one of them.
    ends: BTreeSet<(i64, (u32, Key))>,
    dropped: u64,
}

/// What is remembered of one key of one mapping.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Waiting {
    events: VecDeque<Side>,
    indicators: Vec<Side>,
}

/// An event, or an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Side {
    event: EventHandle,
    ordinal: Ordinal,
    /// The fields of the negated entries.
    captured: Captured,
}

/// What a [`ThreatMatchCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreatMatchState {
    /// In the order of the mappings and keys.
    keys: Vec<((u32, Key), Waiting)>,
    dropped: u64,
}

impl ThreatMatchCorrelator {
    /// A correlator for a plan.
    pub fn new(plan: &ThreatMatchPlan, limits: Limits) -> Self {
        Self {
            window: plan.window,
            oldest: plan.oldest.clone(),
            limits,
            keys: HashMap::new(),
            ends: BTreeSet::new(),
            dropped: 0,
        }
    }

    fn take(
        &mut self,
        of_step: StepMatch,
        event: EventHandle,
        ordinal: &Ordinal,
        found: &mut Vec<Detection>,
    ) {
        let StepMatch { step, key, captured } = of_step;
        let side = Side { event, ordinal: ordinal.clone(), captured };
        let key = (step.0 / 2, key);
        let is_event = !is_indicator(step);
        let waiting = self.keys.entry(key.clone()).or_default();
        let (window, oldest) = (self.window, &self.oldest);
        let last_run = |side: &Side| window.last_run(side.ordinal.time.parts().0);
        let run = window.first_run(side.ordinal.time.parts().0);
        if is_event {
            let valid =
                waiting.indicators.iter().filter(|indicator| !is_too_old(indicator, oldest.as_ref(), run));
            found.extend(valid.filter_map(|indicator| pair(&key, &side, indicator)));
        } else {
            let valid = !is_too_old(&side, oldest.as_ref(), run);
            let seen = waiting.events.iter().filter(|event| last_run(event) >= run);
            let seen = seen.filter(|_| valid);
            found.extend(seen.filter_map(|event| pair(&key, event, &side)));
        }
        while waiting.events.front().is_some_and(|event| last_run(event) < run) {
            waiting.events.pop_front();
        }
        let held = if is_event { waiting.events.len() } else { waiting.indicators.len() };
        if held >= self.limits.per_key {
            self.dropped += 1;
        } else if is_event {
            if let Some(before) = waiting.events.back() {
                self.ends.remove(&(last_run(before), key.clone()));
            }
            self.ends.insert((last_run(&side), key));
            waiting.events.push_back(side);
        } else {
            waiting.indicators.push(side);
        }
    }

    /// Forgets events that no run to come sees.
    fn expire(&mut self, run: i64) {
        while let Some((end, _)) = self.ends.first()
            && *end < run
            && let Some((_, key)) = self.ends.pop_first()
        {
            let Some(waiting) = self.keys.get_mut(&key) else { continue };
            waiting.events.clear();
            if waiting.indicators.is_empty() {
                self.keys.remove(&key);
            }
        }
    }
}

/// Whether an indicator is older than a run takes them. One without a time never is.
fn is_too_old(indicator: &Side, oldest: Option<&Expr>, run: i64) -> bool {
    let time = indicator.ordinal.time;
    match oldest.and_then(|oldest| oldest.evaluate(&Clock(run))) {
        Some(oldest) => {
            time != EventTime::MIN && EventTime::from_value(&oldest).is_some_and(|oldest| time < oldest)
        }
        None => false,
    }
}

/// An event that has a time and nothing else: a run, in milliseconds since the epoch.
struct Clock(i64);

impl FieldSource for Clock {
    fn values(&self, field: &Field) -> Vec<Value<'_>> {
        if *field.name == *TIMESTAMP { vec![Value::Date(self.0)] } else { Vec::new() }
    }
}

/// Whether a step is of the indicators.
pub(crate) fn is_indicator(step: StepId) -> bool {
    step.0 % 2 == 1
}

/// The detection of an event and an indicator of one key, if the negated entries hold too.
fn pair(key: &(u32, Key), event: &Side, indicator: &Side) -> Option<Detection> {
    let differ = event.captured.iter().zip(&*indicator.captured).all(|(ours, theirs)| {
        let mut ours = ours.iter();
        !ours.any(|value| theirs.contains(value))
    });
    let (mapping, key) = key;
    differ.then(|| Detection {
        key: key.clone(),
        events: vec![Some(event.event)],
        ordinal: event.ordinal.clone(),
        details: Details::Indicators(vec![IndicatorMatch { indicator: indicator.event, mapping: *mapping }]),
    })
}

/// Two steps for each mapping.
pub(super) fn steps(plan: &ThreatMatchPlan) -> Vec<StepQuery<'_>> {
    let of_mapping = |entries: &'_ Vec<ThreatEntry>| -> (Vec<JoinKey>, Vec<JoinKey>) {
        let joined = entries.iter().filter(|entry| !entry.negate);
        joined
            .map(|entry| {
                let as_text =
                    entry.field.field_type.data_type() != entry.indicator_field.field_type.data_type();
                let key = |field| JoinKey { as_text, ..JoinKey::required(field) };
                (key(entry.field.clone()), key(entry.indicator_field.clone()))
            })
            .unzip()
    };
    let mut steps = Vec::with_capacity(plan.mappings.len() * 2);
    for entries in &plan.mappings {
        let (of_events, of_indicators) = of_mapping(entries);
        let negated = || entries.iter().filter(|entry| entry.negate);
        steps.push(StepQuery {
            filter: Cow::Borrowed(&plan.events),
            whole: &plan.events,
            keys: of_events.into(),
            captures: negated().map(|entry| entry.field.clone()).collect(),
            tests: Vec::new(),
        });
        steps.push(StepQuery {
            filter: Cow::Borrowed(&plan.indicators),
            whole: &plan.indicators,
            keys: of_indicators.into(),
            captures: negated().map(|entry| entry.indicator_field.clone()).collect(),
            tests: Vec::new(),
        });
    }
    steps
}

/// Brings the detections of each event together, with each of its indicators once for each mapping.
pub(super) fn merge(detections: &mut Vec<Detection>) {
    let mut by_event: BTreeMap<Ordinal, Detection> = BTreeMap::new();
    for detection in detections.drain(..) {
        match by_event.get_mut(&detection.ordinal) {
            None => _ = by_event.insert(detection.ordinal.clone(), detection),
            Some(first) => {
                if let (Details::Indicators(all), Details::Indicators(more)) =
                    (&mut first.details, detection.details)
                {
                    all.extend(more);
                }
            }
        }
    }
    detections.extend(by_event.into_values());
    for detection in detections {
        if let Details::Indicators(all) = &mut detection.details {
            all.sort_unstable();
            all.dedup();
        }
    }
}

impl Correlator for ThreatMatchCorrelator {
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>) {
        self.expire(self.window.first_run(hit.ordinal.time.parts().0));
        // An event that is an indicator itself is one first.
        let (indicators, events): (Vec<_>, Vec<_>) =
            hit.matches.into_iter().partition(|of_step| is_indicator(of_step.step));
        for of_step in indicators.into_iter().chain(events) {
            self.take(of_step, hit.event, &hit.ordinal, detections);
        }
    }

    fn advance(&mut self, time: EventTime, _detections: &mut Vec<Detection>) {
        self.expire(self.window.first_run(time.parts().0));
    }

    fn finish(&mut self, _detections: &mut Vec<Detection>) {
        self.keys.clear();
        self.ends.clear();
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn save(&self) -> State {
        let mut keys: Vec<_> =
            self.keys.iter().map(|(key, waiting)| (key.clone(), waiting.clone())).collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        State::ThreatMatch(ThreatMatchState { keys, dropped: self.dropped })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::ThreatMatch(ThreatMatchState { keys, dropped }) = state else { return Err(StateMismatch) };
        let end = |(key, waiting): &((u32, Key), Waiting)| {
            let last = waiting.events.back()?;
            Some((self.window.last_run(last.ordinal.time.parts().0), key.clone()))
        };
        self.ends = keys.iter().filter_map(end).collect();
        self.keys = keys.into_iter().collect();
        self.dropped = dropped;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
