//! How far a sequence or a sample came, key by key, and what was missing.
//!
//! What stopped a sequence is found by asking the correlator itself again, of a shorter or a laxer plan: the
//! longest beginning of the plan that is found, and then which limit (`maxspan`, `until`, `![ ]`) would have to
//! go for one more step. So the answer cannot differ from what the correlator does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rulehound_events::Origin;
use rulehound_query::{Plan, SequencePlan, Step};
use serde::Serialize;
use serde_json::Value as Json;

use crate::correlate::late;
use crate::correlate::{
    Captured, Correlator, Detection, EventHandle, EventTime, Hit, Key, KeyValue, Limits as StateLimits,
    Ordinal, SequenceCorrelator, StepId, StepMatch, correlate,
};

/// What became of the events that matched steps, for all keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JoinExplanation {
    /// Keys under which a step was matched.
    pub keys: usize,
    /// Of them, those under which the whole was found.
    pub complete: usize,
    /// The keys that came farthest, the farthest first.
    pub farthest: Vec<KeyProgress>,
}

/// How far one key came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyProgress {
    /// The values that join the events.
    pub key: Vec<Json>,
    /// Number of events of this key that matched each step, `until` last.
    pub matched: Vec<usize>,
    /// Steps that were reached, one after the other (of a sample: filters that were matched).
    pub reached: usize,
    /// What was missing for more; `None` if the whole was found.
    pub stop: Option<Stop>,
}

/// What kept a key from coming farther. Steps count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Stop {
    /// No event of this key matched the step.
    NeverMatched {
        /// The step.
        step: usize,
    },
    /// Events matched the step, but none after the steps before it.
    NotAfter {
        /// The step.
        step: usize,
    },
    /// The step was matched, but too long after the first.
    OutsideMaxspan {
        /// The step.
        step: usize,
        /// By how much the best try was over `maxspan`, in milliseconds.
        over_millis: u64,
    },
    /// `until` came first.
    Until {
        /// The step that did not come to be.
        step: usize,
    },
    /// There are events, and in no window as many, or with as many different values, as the threshold asks.
    BelowThreshold,
    /// There are events, and no indicator at the time with their values; or the other way round.
    NoPair,
    /// An event was there that should have been missing.
    NotMissing {
        /// The step that was reached but for that.
        step: usize,
    },
    /// The step was matched, but what it asks about the events before it does not hold.
    EarlierEvents {
        /// The step.
        step: usize,
    },
    /// The step was matched, but several limits stood against it.
    SeveralLimits {
        /// The step.
        step: usize,
    },
}

/// An event that matched a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StepHit {
    pub(super) step: StepId,
    pub(super) time: EventTime,
    pub(super) tiebreaker: Option<KeyValue>,
    /// Breaks the ties that remain.
    pub(super) origin: Origin,
    /// What else the correlator must know.
    pub(super) captured: Captured,
}

/// Explains the joins of a plan. `None` for a plan of single events.
pub(super) fn explain_joins(
    plan: &Plan,
    mut hits: BTreeMap<Key, Vec<StepHit>>,
    limit: usize,
) -> Option<JoinExplanation> {
    if matches!(plan, Plan::Event(_) | Plan::Table(_)) {
        return None;
    }
    let steps = crate::correlate::steps(plan).len();
    let mut progress: Vec<KeyProgress> = Vec::new();
    for (key, hits) in &mut hits {
        let (reached, stop) = match plan {
            Plan::Event(_) | Plan::Table(_) => (0, None),
            Plan::Sequence(plan) => sequence_progress(plan, key, hits),
            Plan::Sample(_) => sample_progress(hits, steps),
            Plan::Threshold(_) | Plan::NewTerms(_) => correlated(plan, key, hits, Stop::BelowThreshold),
            Plan::ThreatMatch(_) => correlated(plan, key, hits, Stop::NoPair),
        };
        let matched = |step| hits.iter().filter(|hit| hit.step == StepId(step)).count();
        let matched = (0..u32::try_from(steps).unwrap_or(u32::MAX)).map(matched).collect();
        progress.push(KeyProgress {
            key: key.0.iter().map(KeyValue::to_json).collect(),
            matched,
            reached,
            stop,
        });
    }
    let keys = progress.len();
    let complete = progress.iter().filter(|key| key.stop.is_none()).count();
    progress.sort_by_key(|key| (key.stop.is_some(), std::cmp::Reverse(key.reached)));
    progress.truncate(limit);
    Some(JoinExplanation { keys, complete, farthest: progress })
}

/// A plan whose events are looked at all together: it is found, or it is not.
fn correlated(plan: &Plan, key: &Key, hits: &mut [StepHit], stop: Stop) -> (usize, Option<Stop>) {
    hits.sort_by_cached_key(|hit| (hit.time, hit.origin.clone()));
    let events = (0..).zip(hits.chunk_by(|a, b| a.origin == b.origin));
    let events = events.filter_map(|(place, event)| {
        let of_step =
            |hit: &StepHit| StepMatch { step: hit.step, key: key.clone(), captured: hit.captured.clone() };
        let ordinal = Ordinal { time: event.first()?.time, tiebreaker: None, tie: (place, 0) };
        Some(Hit { event: EventHandle(place), ordinal, matches: event.iter().map(of_step).collect() })
    });
    match correlate(plan, events, StateLimits::default()).detections.len() {
        0 => (0, Some(stop)),
        _ => (1, None),
    }
}

fn sample_progress(hits: &[StepHit], filters: usize) -> (usize, Option<Stop>) {
    let matched: BTreeSet<StepId> = hits.iter().map(|hit| hit.step).collect();
    let missing = (0..).map(StepId).take(filters).position(|step| !matched.contains(&step));
    (matched.len(), missing.map(|index| Stop::NeverMatched { step: index + 1 }))
}

fn sequence_progress(plan: &SequencePlan, key: &Key, hits: &mut [StepHit]) -> (usize, Option<Stop>) {
    // As an `Ordinal`: a missing tiebreaker comes last.
    hits.sort_by_cached_key(|hit| {
        (hit.time, hit.tiebreaker.is_none(), hit.tiebreaker.clone(), hit.origin.clone())
    });
    let trial = Trial { plan, key, hits };
    // A beginning ends with a step that has an event; the last is the whole plan.
    let mut ends: Vec<usize> =
        (1..).zip(&plan.steps).filter(|(_, step)| !step.missing).map(|(end, _)| end).collect();
    match ends.last_mut() {
        Some(last) => *last = plan.steps.len(),
        None => return (0, None),
    }
    let mut reached = 0;
    for end in ends {
        if !trial.is_found(end, Limits::ALL) {
            return (reached, Some(trial.stop(end)));
        }
        reached = end;
    }
    (reached, None)
}

/// Which limits of a plan are kept.
#[derive(Clone, Copy)]
struct Limits {
    maxspan: bool,
    until: bool,
    missing: bool,
    /// Conditions on earlier events.
    earlier: bool,
}

impl Limits {
    const ALL: Self = Self { maxspan: true, until: true, missing: true, earlier: true };
    const NONE: Self = Self { maxspan: false, until: false, missing: false, earlier: false };
}

/// A plan that is tried on the events of one key, which are in order.
struct Trial<'a> {
    plan: &'a SequencePlan,
    key: &'a Key,
    hits: &'a [StepHit],
}

impl Trial<'_> {
    /// Why the first `end` steps are not found although those before are.
    fn stop(&self, end: usize) -> Stop {
        let step = end;
        let id = StepId(u32::try_from(end - 1).unwrap_or(u32::MAX));
        let is_missing = self.plan.steps.get(end - 1).is_some_and(|step| step.missing);
        if !is_missing && !self.hits.iter().any(|hit| hit.step == id) {
            return Stop::NeverMatched { step };
        }
        if !self.is_found(end, Limits::NONE) {
            return Stop::NotAfter { step };
        }
        if self.plan.asks_others() && self.is_found(end, Limits { earlier: false, ..Limits::ALL }) {
            return Stop::EarlierEvents { step };
        }
        if let Some(over) = self.over_maxspan(end) {
            let over_millis = u64::try_from(over.as_millis()).unwrap_or(u64::MAX);
            return Stop::OutsideMaxspan { step, over_millis };
        }
        if self.is_found(end, Limits { until: false, ..Limits::ALL }) {
            return Stop::Until { step };
        }
        if self.is_found(end, Limits { missing: false, ..Limits::ALL }) {
            return Stop::NotMissing { step };
        }
        Stop::SeveralLimits { step }
    }

    /// By how much the first `end` steps are over `maxspan` at best, if that alone stands against them.
    fn over_maxspan(&self, end: usize) -> Option<Duration> {
        let maxspan = self.plan.maxspan?;
        let found = self.find(end, Limits { maxspan: false, ..Limits::ALL });
        let spans = found.iter().filter_map(|detection| {
            let mut hits = detection.events.iter().flatten();
            let mut time = || Some(nanos(self.hits.get(usize::try_from(hits.next()?.0).ok()?)?.time));
            let first = time()?;
            let last = std::iter::from_fn(time).last().unwrap_or(first);
            u64::try_from(last - first).ok().map(Duration::from_nanos)
        });
        spans.min()?.checked_sub(maxspan)
    }

    fn is_found(&self, end: usize, limits: Limits) -> bool {
        !self.find(end, limits).is_empty()
    }

    /// Runs the first `end` steps of the plan with only these limits.
    fn find(&self, end: usize, limits: Limits) -> Vec<Detection> {
        let step = |step: &Step| match limits.earlier {
            true => step.clone(),
            false => Step { filter: late::possible(&step.filter).into_owned(), ..step.clone() },
        };
        let plan = SequencePlan {
            steps: self.plan.steps.iter().take(end).map(step).collect(),
            maxspan: self.plan.maxspan.filter(|_| limits.maxspan),
            until: self.plan.until.clone().filter(|_| limits.until),
        };
        // Steps are numbered by their place in the plan, `until` after them. Where nothing need be missing nothing that
        // should be is seen.
        let number = |index: usize| StepId(u32::try_from(index).unwrap_or(u32::MAX));
        let seen = plan.steps.iter().enumerate().filter(|(_, step)| limits.missing || !step.missing);
        let mut numbers: BTreeMap<StepId, StepId> =
            seen.map(|(index, _)| (number(index), number(index))).collect();
        if limits.until {
            numbers.insert(number(self.plan.steps.len()), number(plan.steps.len()));
        }
        let mut correlator = SequenceCorrelator::new(&plan);
        let mut detections = Vec::new();
        for hit in self.renumbered(&numbers) {
            correlator.push(hit, &mut detections);
        }
        correlator.finish(&mut detections);
        detections
    }

    /// The events with the new numbers of their steps, one hit an event; its handle is the place of the first
    /// of its hits.
    fn renumbered(&self, numbers: &BTreeMap<StepId, StepId>) -> Vec<Hit> {
        let mut renumbered: Vec<Hit> = Vec::new();
        let mut place = 0;
        for event in self.hits.chunk_by(|a, b| a.origin == b.origin) {
            let of_step = |hit: &StepHit| {
                let (key, captured) = (self.key.clone(), hit.captured.clone());
                Some(StepMatch { step: *numbers.get(&hit.step)?, key, captured })
            };
            let matches: Vec<StepMatch> = event.iter().filter_map(of_step).collect();
            if let (Some(first), false) = (event.first(), matches.is_empty()) {
                let tiebreaker = first.tiebreaker.clone();
                let ordinal = Ordinal { time: first.time, tiebreaker, tie: (place, 0) };
                renumbered.push(Hit { event: EventHandle(place), ordinal, matches });
            }
            place += event.len() as u64;
        }
        renumbered
    }
}

fn nanos(time: EventTime) -> i128 {
    let (millis, nanos) = time.parts();
    i128::from(millis) * 1_000_000 + i128::from(nanos)
}
