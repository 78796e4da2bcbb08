//! Sequences: events of one key, one after the other.
//!
//! # The rule
//!
//! It is Elasticsearch's (`x-pack/plugin/eql`, `execution/sequence`), which asks for the events of one step
//! after the other, window by window. In one pass over all hits in order it comes to this, for each key:
//!
//! - Each step but the last has at most one *pending* partial match, the one whose last event is of that step.
//!   An event of the first step begins one; an event of a later step takes the one pending at the step
//!   before it and moves it on. Either replaces what was pending there: the newer event wins.
//! - An event of several steps serves them from the last to the first, so that it never follows itself.
//! - A match that is taken after `maxspan` from its first event, which is inclusive, is dropped.
//! - `until` drops all that is pending, also what its own event has just moved; but that event
//!   completes a match before it ends it.
//! - `![ ]` steps take no part in this. They are judged once the others are complete: by time alone
//!   (the tiebreaker does not count), strictly between the neighbouring events. A match that they spoil has
//!   used up its events all the same.
//! - `![ ]` before the first and after the last event: there must be a span of `maxspan` that holds all the
//!   events and none that should be missing. With only the former, none may stand within `maxspan` before the
//!   last event; with only the latter, none within `maxspan` after the first. The latter is known only when
//!   that time has passed.
//!
//! # Conditions on earlier events
//!
//! In the endpoint's dialect a step may ask about the events before it (`event0.file.name`). What such conditions read of
//! an event is then part of what a match is known by, as a join key is: matches that differ in it are pending side by
//! side, so that `a == event0.a` comes to what `by a` does. An event moves on the newest pending match for which the
//! condition of its step holds, one for each key.
//!
//! `head` and `tail` pick from the results; the direction in which Elasticsearch then searches changes none.
//!
//! # Memory
//!
//! With `maxspan` all that is older than it goes as time advances (at the latest after twice its length);
//! without it a key stays until its matches are complete. Of matches that are pending side by side for one key and step
//! the oldest goes if they are more than [`MOST_PENDING`], and is counted.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use rulehound_query::SequencePlan;
use serde::{Deserialize, Serialize};

use super::late::{Kept, LatePlan};
use super::{
    Captured, Correlator, Details, Detection, EventHandle, EventTime, Hit, Key, Ordinal, State,
    StateMismatch, StepMatch,
};

/// Finds sequences.
#[derive(Debug)]
pub struct SequenceCorrelator {
    shape: Shape,
    late: LatePlan,
    dropped: u64,
    keys: HashMap<Key, KeyState>,
    /// When to look whether a key can go; each key of `keys` once, if there is a `maxspan`.
    expiry: VecDeque<(EventTime, Key)>,
    /// When matches that wait for the absence of an event are settled.
    deadlines: BTreeSet<(EventTime, Key)>,
}

/// The most matches of one key that are pending at one step. Each event is put to all of them.
const MOST_PENDING: usize = 1024;

/// What the plan asks for.
#[derive(Debug)]
struct Shape {
    /// By step; `until` comes last.
    roles: Vec<Role>,
    /// Number of steps whose event must be there.
    positives: usize,
    leading: bool,
    trailing: bool,
    maxspan: Option<Duration>,
}

/// What an event of a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It is the event number so and so of a match.
    Positive(usize),
    /// It must not be there, after so many events of a match.
    Missing(usize),
    /// It ends what is pending.
    Until,
}

/// What is remembered of one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeyState {
    /// By the number of the last event; the newest last. As many as events must be there, less one.
    pending: Vec<Vec<Partial>>,
    /// Events that should be missing, by how many events of a match come before them.
    unwanted: Vec<Recent>,
    /// Matches complete but for the absence of an event after the last.
    waiting: Vec<Waiting>,
    /// When the key was last seen.
    seen: EventTime,
}

/// A match with events still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Partial {
    events: Vec<EventHandle>,
    first: EventTime,
    last: EventTime,
    /// The last unwanted event before the first.
    leading: Option<EventTime>,
    /// An unwanted event stood between two of the events.
    spoiled: bool,
    /// What later steps read of the events. Pending matches of one step differ in it.
    kept: Vec<Kept>,
}

/// An event that has passed what the matcher asks for a step.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    step: usize,
    event: EventHandle,
    time: EventTime,
    captured: &'a Captured,
    late: &'a LatePlan,
}

/// A match that an unwanted event up to its deadline would spoil.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    deadline: EventTime,
    detection: Detection,
}

/// The two latest different times at which something was seen: enough to know the latest before now, and now
/// included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Recent {
    latest: Option<EventTime>,
    before: Option<EventTime>,
}

/// What a [`SequenceCorrelator`] remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequenceState {
    /// In the order of the keys.
    keys: Vec<(Key, KeyState)>,
}

impl SequenceCorrelator {
    /// A correlator for a plan. `until`'s hits carry the step after the last, as in [`super::steps`].
    pub fn new(plan: &SequencePlan) -> Self {
        Self {
            shape: Shape::new(plan),
            late: LatePlan::of_sequence(plan),
            dropped: 0,
            keys: HashMap::new(),
            expiry: VecDeque::new(),
            deadlines: BTreeSet::new(),
        }
    }

    /// Takes an event for one step and key.
    fn take(
        &mut self,
        matched: StepMatch,
        ordinal: &Ordinal,
        event: EventHandle,
        found: &mut Vec<Detection>,
    ) {
        let StepMatch { step, key, captured } = matched;
        let (step, time) = (step.0 as usize, ordinal.time);
        let Some(role) = self.shape.roles.get(step).copied() else { return };
        // Other steps are asked once it is known which events came before.
        if !matches!(role, Role::Positive(1..)) && !self.late.holds(step, &captured, &[]) {
            return;
        }
        if !self.keys.contains_key(&key) {
            if !self.shape.begins(role) {
                return;
            }
            self.keys.insert(key.clone(), KeyState::new(&self.shape, time));
            if self.shape.maxspan.is_some() {
                self.expiry.push_back((self.shape.end_of_span(time), key.clone()));
            }
        }
        let Some(state) = self.keys.get_mut(&key) else { return };
        state.seen = time;
        match role {
            Role::Positive(number) => {
                let candidate = Candidate { step, event, time, captured: &captured, late: &self.late };
                let complete = state.take_event(&self.shape, number, candidate, &mut self.dropped);
                let detection = complete.map(|partial| self.shape.judge(&partial, &key, ordinal));
                match detection {
                    None | Some(Verdict::Spoiled) => {}
                    Some(Verdict::Complete(detection)) => found.push(detection),
                    Some(Verdict::Until(waiting)) => {
                        self.deadlines.insert((waiting.deadline, key.clone()));
                        state.waiting.push(waiting);
                    }
                }
            }
            Role::Missing(after) => {
                if let Some(recent) = state.unwanted.get_mut(after) {
                    recent.add(time);
                }
                if after == self.shape.positives {
                    state.waiting.retain(|waiting| waiting.detection.ordinal.time >= time);
                }
            }
            Role::Until => state.pending.iter_mut().for_each(Vec::clear),
        }
        if self.shape.maxspan.is_none() && state.is_empty() {
            self.keys.remove(&key);
        }
    }

    /// Settles what is decided by the time being `time`, and drops what is past its `maxspan`.
    fn settle(&mut self, time: EventTime, found: &mut Vec<Detection>) {
        while self.deadlines.first().is_some_and(|(deadline, _)| *deadline < time) {
            let Some((_, key)) = self.deadlines.pop_first() else { break };
            if let Some(state) = self.keys.get_mut(&key) {
                let due = state.waiting.extract_if(.., |waiting| waiting.deadline < time);
                found.extend(due.map(|waiting| waiting.detection));
            }
        }
        while let Some((_, key)) = self.expiry.pop_front_if(|(due, _)| *due < time) {
            let Some(state) = self.keys.get_mut(&key) else { continue };
            state.expire(&self.shape, time);
            if state.is_empty() {
                self.keys.remove(&key);
            } else {
                self.expiry.push_back((self.shape.end_of_span(state.seen).max(time), key));
            }
        }
    }
}

impl Correlator for SequenceCorrelator {
    fn push(&mut self, mut hit: Hit, detections: &mut Vec<Detection>) {
        self.settle(hit.ordinal.time, detections);
        let role = |step: &StepMatch| self.shape.roles.get(step.step.0 as usize).copied();
        // From the last step to the first, and `until` after all.
        hit.matches.sort_by_key(|step| (role(step) == Some(Role::Until), Reverse(step.step)));
        for step in hit.matches {
            self.take(step, &hit.ordinal, hit.event, detections);
        }
    }

    fn advance(&mut self, time: EventTime, detections: &mut Vec<Detection>) {
        self.settle(time, detections);
    }

    fn finish(&mut self, detections: &mut Vec<Detection>) {
        let start = detections.len();
        let left = self.keys.drain().flat_map(|(_, state)| state.waiting);
        detections.extend(left.map(|waiting| waiting.detection));
        if let Some(added) = detections.get_mut(start..) {
            added.sort_by(|a, b| (&a.ordinal, &a.key).cmp(&(&b.ordinal, &b.key)));
        }
        self.expiry.clear();
        self.deadlines.clear();
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn save(&self) -> State {
        let mut keys: Vec<_> = self.keys.iter().map(|(key, state)| (key.clone(), state.clone())).collect();
        keys.sort_by(|(a, _), (b, _)| a.cmp(b));
        State::Sequence(SequenceState { keys })
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        let State::Sequence(SequenceState { keys }) = state else { return Err(StateMismatch) };
        if keys.iter().any(|(_, state)| !state.fits(&self.shape)) {
            return Err(StateMismatch);
        }
        let due = |state: &KeyState| self.shape.end_of_span(state.seen);
        let mut expiry: Vec<_> = match self.shape.maxspan {
            Some(_) => keys.iter().map(|(key, state)| (due(state), key.clone())).collect(),
            None => Vec::new(),
        };
        expiry.sort();
        self.expiry = expiry.into();
        let waiting = |(key, state): &(Key, KeyState)| {
            let key = key.clone();
            state.waiting.iter().map(|waiting| (waiting.deadline, key.clone())).collect::<Vec<_>>()
        };
        self.deadlines = keys.iter().flat_map(waiting).collect();
        self.keys = keys.into_iter().collect();
        Ok(())
    }
}

/// What becomes of a match with all its events.
enum Verdict {
    Complete(Detection),
    Spoiled,
    /// Complete if no unwanted event comes until its deadline, inclusive.
    Until(Waiting),
}

impl Shape {
    fn new(plan: &SequencePlan) -> Self {
        let mut positives = 0;
        let mut roles: Vec<Role> = Vec::with_capacity(plan.steps.len() + 1);
        for step in &plan.steps {
            if step.missing {
                roles.push(Role::Missing(positives));
            } else {
                roles.push(Role::Positive(positives));
                positives += 1;
            }
        }
        let leading = roles.contains(&Role::Missing(0));
        let trailing = roles.contains(&Role::Missing(positives));
        roles.extend(plan.until.iter().map(|_| Role::Until));
        Self { roles, positives, leading, trailing, maxspan: plan.maxspan }
    }

    /// Whether an event of this role is worth remembering where nothing is yet.
    fn begins(&self, role: Role) -> bool {
        matches!(role, Role::Positive(0) | Role::Missing(0))
    }

    /// The last moment of a span that begins at `time`.
    fn end_of_span(&self, time: EventTime) -> EventTime {
        self.maxspan.map_or(EventTime::MAX, |span| time.plus(span))
    }

    fn judge(&self, partial: &Partial, key: &Key, ordinal: &Ordinal) -> Verdict {
        if partial.spoiled {
            return Verdict::Spoiled;
        }
        // The latest span that may hold the match without an unwanted event before it begins just after this.
        let begin = if self.leading { partial.leading } else { Some(partial.first) };
        match begin.map(|begin| self.end_of_span(begin)) {
            Some(deadline) if self.trailing && deadline >= partial.last => {
                Verdict::Until(Waiting { deadline, detection: self.detection(partial, key, ordinal) })
            }
            Some(deadline) if self.leading && deadline >= partial.last => Verdict::Spoiled,
            _ => Verdict::Complete(self.detection(partial, key, ordinal)),
        }
    }

    fn detection(&self, partial: &Partial, key: &Key, ordinal: &Ordinal) -> Detection {
        let events = self.roles.iter().filter_map(|role| match role {
            Role::Positive(number) => Some(partial.events.get(*number).copied()),
            Role::Missing(_) => Some(None),
            Role::Until => None,
        });
        Detection {
            key: key.clone(),
            events: events.collect(),
            ordinal: ordinal.clone(),
            details: Details::None,
        }
    }
}

impl KeyState {
    fn new(shape: &Shape, seen: EventTime) -> Self {
        Self {
            pending: vec![Vec::new(); shape.positives.saturating_sub(1)],
            unwanted: vec![Recent::default(); shape.positives],
            waiting: Vec::new(),
            seen,
        }
    }

    /// Whether a saved state is of a plan of this shape.
    fn fits(&self, shape: &Shape) -> bool {
        let events = |(number, pending): (usize, &Vec<Partial>)| {
            pending.iter().all(|partial| partial.events.len() == number + 1)
        };
        let steps = shape.roles.iter().filter(|role| **role != Role::Until).count();
        self.pending.len() == shape.positives.saturating_sub(1)
            && self.unwanted.len() == shape.positives
            && self.pending.iter().enumerate().all(events)
            && self.waiting.iter().all(|waiting| waiting.detection.events.len() == steps)
    }

    /// Takes the event number so and so of a match. Gives the match back if it was the last.
    fn take_event(
        &mut self,
        shape: &Shape,
        number: usize,
        candidate: Candidate<'_>,
        dropped: &mut u64,
    ) -> Option<Partial> {
        let Candidate { step, event, time, captured, late } = candidate;
        let unwanted = self.unwanted.get(number).and_then(|recent| recent.last_before(time));
        let mut partial = match number.checked_sub(1) {
            None => Partial {
                events: vec![event],
                first: time,
                last: time,
                leading: unwanted,
                spoiled: false,
                kept: Vec::new(),
            },
            Some(previous) => {
                let pending = self.pending.get_mut(previous)?;
                pending.retain(|partial| shape.end_of_span(partial.first) >= time);
                let newest = pending.iter().rposition(|partial| late.holds(step, captured, &partial.kept))?;
                let mut partial = pending.remove(newest);
                partial.spoiled |= unwanted.is_some_and(|unwanted| unwanted > partial.last);
                partial.events.push(event);
                partial.last = time;
                partial
            }
        };
        let Some(pending) = self.pending.get_mut(number) else { return Some(partial) };
        late.forget(step, &mut partial.kept);
        partial.kept.extend(late.keep(step, captured));
        pending.retain(|other| other.kept != partial.kept);
        if pending.len() >= MOST_PENDING {
            pending.remove(0);
            *dropped += 1;
        }
        pending.push(partial);
        None
    }

    /// Drops what an event at `time` or later could not use.
    fn expire(&mut self, shape: &Shape, time: EventTime) {
        for pending in &mut self.pending {
            pending.retain(|partial| shape.end_of_span(partial.first) >= time);
        }
        for recent in &mut self.unwanted {
            if recent.latest.is_some_and(|latest| shape.end_of_span(latest) < time) {
                *recent = Recent::default();
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
            && self.pending.iter().all(Vec::is_empty)
            && self.unwanted.iter().all(|recent| recent.latest.is_none())
    }
}

impl Recent {
    fn add(&mut self, time: EventTime) {
        if self.latest != Some(time) {
            self.before = self.latest.replace(time);
        }
    }

    /// The latest time strictly before `time`, which is not before any that was added.
    fn last_before(&self, time: EventTime) -> Option<EventTime> {
        if self.latest == Some(time) { self.before } else { self.latest }
    }
}

#[cfg(test)]
mod tests;
