//! Correlators: from hits in event-time order to detections. One module a kind.
//!
//! What comes before (reading, matching) sees every event and keeps nothing; what is here keeps state and sees
//! only [`Hit`]s. A plan is split into its [`steps`]; whoever drives a correlator matches each step's filter,
//! reads the keys of those that hold ([`keys_of`]), puts the hits in order and pushes them.

mod event;
mod key;
pub(crate) mod late;
mod new_terms;
mod ordinal;
mod sample;
mod sequence;
mod suppress;
pub(crate) mod table;
#[cfg(test)]
mod testing;
mod threat_match;
mod threshold;

pub use event::EventCorrelator;
pub use key::{Double, Key, KeyValue, MAX_KEYS, TooManyKeys, keys_of};
pub use new_terms::{NewTermsCorrelator, NewTermsState};
pub use ordinal::{EventTime, Ordinal};
pub use sample::{SampleCorrelator, SampleState};
pub use sequence::{SequenceCorrelator, SequenceState};
pub use suppress::{Suppressor, SuppressorState};
pub use table::{FoundRow, TableCorrelator, TableState};
pub(crate) use threat_match::is_indicator;
pub use threat_match::{ThreatMatchCorrelator, ThreatMatchState};
pub use threshold::{ThresholdCorrelator, ThresholdState};

use std::borrow::Cow;
use std::sync::Arc;

use rulehound_query::{Filter, JoinKey, Plan};
use rulehound_schema::{Field, FieldSource, FieldType};
use serde::{Deserialize, Serialize};

use crate::interpret;
use crate::tables::{NoTables, TableEngine, TableError};

/// A filter of a plan, by its place in [`steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// An event, as the driver of a correlator knows it. The correlator only hands it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventHandle(pub u64);

/// One event and all it matched: what a correlator eats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which event.
    pub event: EventHandle,
    /// Where it stands among all events.
    pub ordinal: Ordinal,
    /// What it matched, in any order; a step may come several times with different keys.
    pub matches: Vec<StepMatch>,
}

/// A step that an event matched, under one join key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepMatch {
    /// The step.
    pub step: StepId,
    /// The values of the step's join keys.
    pub key: Key,
    /// The values of the step's [`StepQuery::captures`].
    pub captured: Captured,
}

/// What else a correlator needs to know of an event: the values of some fields, then the answers to some tests, in their
/// order.
pub type Captured = Arc<[Vec<KeyValue>]>;

/// The values of some fields of an event, and whether it passes some tests. Values are as an index has them: in order, and
/// strings, addresses and versions each once; those of analysed text are as they stand in the document. A field of the type
/// `object` stands for the objects at its path, as JSON, and so does a `geo_point`.
pub fn capture(fields: &[Field], tests: &[Filter], event: &dyn FieldSource) -> Captured {
    let values = |field: &Field| {
        let mut values: Vec<KeyValue> = match field.field_type {
            FieldType::Object | FieldType::GeoPoint => late::objects_of(&field.name, event),
            _ => event.values(field).iter().map(KeyValue::from).collect(),
        };
        if !matches!(field.field_type, FieldType::Text | FieldType::MatchOnlyText) {
            values.sort();
            values.dedup_by(|a, b| a == b && matches!(a, KeyValue::String(_) | KeyValue::Ip(_)));
        }
        values
    };
    let passes = |test: &Filter| vec![KeyValue::Boolean(interpret::matches(test, event))];
    fields.iter().map(values).chain(tests.iter().map(passes)).collect()
}

/// What was looked for and found: the events of one sequence or one sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// The values that join the events.
    pub key: Key,
    /// One event a step (`until` is no step); `None` where the step asks for a missing event.
    pub events: Vec<Option<EventHandle>>,
    /// The place of the latest event. Results of a sequence are in the order of it, then of the key.
    pub ordinal: Ordinal,
    /// What else there is to say, by the kind of plan.
    pub details: Details,
}

/// What a detection says beside its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Details {
    /// Nothing: the events are all.
    #[default]
    None,
    /// The event stands for itself.
    Single,
    /// Of a threshold: a group of events, of which the detection has the last.
    Bucket(Bucket),
    /// Of new terms: they are the detection's key.
    NewTerms,
    /// Of a threat match: the indicators of the one event.
    Indicators(Vec<IndicatorMatch>),
    /// Of a table: a row of the result. Its event is the one that the row stands for, else the last that was seen.
    Row(Box<FoundRow>),
}

/// A group of events that passed a threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Number of events.
    pub count: u64,
    /// Number of different values of each field of the plan's cardinality.
    pub cardinality: Vec<u64>,
    /// When the first event was.
    pub first: EventTime,
    /// When the last event was.
    pub last: EventTime,
    /// The run that found it, in milliseconds since the epoch.
    pub run: i64,
}

/// An indicator that an event has values in common with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndicatorMatch {
    /// The indicator's document.
    pub indicator: EventHandle,
    /// Which of the plan's mappings holds.
    pub mapping: u32,
}

/// Takes hits in event-time order and gives detections.
///
/// # Contract
///
/// - [`push`](Self::push) takes each event once, with everything it matched, in ascending order of
///   [`Ordinal`]. No two events have the same ordinal. Late events are the driver's to put in place first.
/// - Correlators may be split by join key: each then gets an event with those matches only that have its keys.
///   The detections of all together are the same.
/// - [`advance`](Self::advance) may be called at any time and as often as one likes, and changes only *when* a
///   detection comes, never which come.
/// - [`finish`](Self::finish) ends the input and settles what is open. The correlator is then as new.
/// - Detections are a function of the hits, but come when they are decided; who needs them in order sorts.
pub trait Correlator: Send {
    /// Takes one event.
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>);

    /// Says that no event before `time` will come any more. Frees what can no longer become a detection.
    fn advance(&mut self, time: EventTime, detections: &mut Vec<Detection>);

    /// Says that no event will come any more.
    fn finish(&mut self, detections: &mut Vec<Detection>);

    /// How many things were forgotten because of a limit, so that detections may be missing or wrong.
    fn dropped(&self) -> u64 {
        0
    }

    /// What kept it from its work, so that detections are missing.
    fn failure(&self) -> Option<&TableError> {
        None
    }

    /// All that the correlator remembers.
    fn save(&self) -> State;

    /// Goes on from where [`save`](Self::save) was called, on a correlator of the same plan. What was
    /// remembered before is dropped.
    ///
    /// # Errors
    ///
    /// [`StateMismatch`] if the state is of another kind of correlator or of another plan.
    fn restore(&mut self, state: State) -> Result<(), StateMismatch>;
}

/// What came of the hits of a whole input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correlated {
    /// The detections, in the order of results.
    pub detections: Vec<Detection>,
    /// See [`Correlator::dropped`].
    pub dropped: u64,
    /// See [`Correlator::failure`].
    pub failure: Option<TableError>,
}

/// Runs the hits of a whole input, in order, through the correlator of a plan. Gives the detections in the
/// order of results: sequences by their last events, samples by their keys.
pub fn correlate(plan: &Plan, hits: impl IntoIterator<Item = Hit>, limits: Limits) -> Correlated {
    correlate_with(plan, hits, limits, &(Arc::new(NoTables) as Arc<dyn TableEngine>))
}

/// As [`correlate`], with what computes the tables of ES|QL.
pub fn correlate_with(
    plan: &Plan,
    hits: impl IntoIterator<Item = Hit>,
    limits: Limits,
    tables: &Arc<dyn TableEngine>,
) -> Correlated {
    let mut detections = Vec::new();
    let mut correlator: Box<dyn Correlator> = match plan {
        Plan::Event(_) => Box::new(EventCorrelator::new(plan)),
        Plan::Sequence(plan) => Box::new(SequenceCorrelator::new(plan)),
        Plan::Sample(plan) => Box::new(SampleCorrelator::new(plan, limits.samples_per_key)),
        Plan::Threshold(plan) => Box::new(ThresholdCorrelator::new(plan, limits)),
        Plan::NewTerms(plan) => Box::new(NewTermsCorrelator::new(plan, limits)),
        Plan::ThreatMatch(plan) => Box::new(ThreatMatchCorrelator::new(plan, limits)),
        Plan::Table(plan) => Box::new(TableCorrelator::new(plan, limits, tables.clone())),
    };
    for hit in hits {
        correlator.push(hit, &mut detections);
    }
    correlator.finish(&mut detections);
    in_order_of_results(plan, &mut detections);
    Correlated { detections, dropped: correlator.dropped(), failure: correlator.failure().cloned() }
}

/// Puts detections in the order of results. Those of one key keep theirs. An event that matched indicators under
/// several keys is one detection.
pub(crate) fn in_order_of_results(plan: &Plan, detections: &mut Vec<Detection>) {
    match plan {
        Plan::Event(_) => {}
        Plan::Sample(_) => detections.sort_by(|a, b| a.key.cmp(&b.key)),
        Plan::ThreatMatch(_) => threat_match::merge(detections),
        Plan::Sequence(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Table(_) => {
            detections.sort_by(|a, b| (&a.ordinal, &a.key).cmp(&(&b.ordinal, &b.key)));
        }
    }
}

/// How much a correlator may remember. What does not fit is dropped and counted ([`Correlator::dropped`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Samples found of one key.
    pub samples_per_key: usize,
    /// Keys held at once; of those above, the ones seen longest ago go.
    pub keys: usize,
    /// Things held for one key: different values counted, events or indicators waiting.
    pub per_key: usize,
}

impl Default for Limits {
    /// One sample a key, as many keys as memory holds, and a million things a key.
    fn default() -> Self {
        Self { samples_per_key: 1, keys: usize::MAX, per_key: 1 << 20 }
    }
}

/// What a correlator remembers, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    /// Of an [`EventCorrelator`], which remembers nothing.
    Event,
    /// Of a [`SequenceCorrelator`].
    Sequence(SequenceState),
    /// Of a [`SampleCorrelator`].
    Sample(SampleState),
    /// Of a [`ThresholdCorrelator`].
    Threshold(ThresholdState),
    /// Of a [`NewTermsCorrelator`].
    NewTerms(NewTermsState),
    /// Of a [`ThreatMatchCorrelator`].
    ThreatMatch(ThreatMatchState),
    /// Of a [`TableCorrelator`].
    Table(TableState),
}

/// A saved state that does not belong to the correlator it was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state does not belong to this query")]
pub struct StateMismatch;

/// A filter of a plan and the keys that its events join by.
#[derive(Clone, Debug, PartialEq)]
pub struct StepQuery<'a> {
    /// What an event must satisfy, as far as the event alone tells.
    pub filter: Cow<'a, Filter>,
    /// What it must satisfy, all told.
    pub whole: &'a Filter,
    /// The join keys; none for single events.
    pub keys: Cow<'a, [JoinKey]>,
    /// Fields whose values the correlator must know.
    pub captures: Vec<Field>,
    /// Questions whose answers it must know.
    pub tests: Vec<Filter>,
}

impl<'a> StepQuery<'a> {
    fn new(filter: &'a Filter, keys: impl Into<Cow<'a, [JoinKey]>>) -> Self {
        Self {
            filter: late::possible(filter),
            whole: filter,
            keys: keys.into(),
            captures: Vec::new(),
            tests: Vec::new(),
        }
    }
}

/// The filters of a plan in the order of their [`StepId`]s: the steps, then `until`; of a threat match, for each mapping
/// the events, then the indicators.
pub fn steps(plan: &Plan) -> Vec<StepQuery<'_>> {
    let mut steps = matched_steps(plan);
    if plan.asks_others() {
        let late = late::LatePlan::new(plan);
        for (number, step) in steps.iter_mut().enumerate() {
            let captures = late.step(number).map(late::LateStep::captures);
            step.captures.extend_from_slice(captures.unwrap_or_default());
        }
    }
    steps
}

fn matched_steps(plan: &Plan) -> Vec<StepQuery<'_>> {
    match plan {
        Plan::Event(filter) => vec![StepQuery::new(filter, &[][..])],
        Plan::Sequence(sequence) => {
            let steps = sequence.steps.iter().chain(&sequence.until);
            steps.map(|step| StepQuery::new(&step.filter, &step.keys[..])).collect()
        }
        Plan::Sample(sample) => {
            sample.filters.iter().map(|step| StepQuery::new(&step.filter, &step.keys[..])).collect()
        }
        Plan::Threshold(plan) => {
            let captures = plan.cardinality.iter().map(|(field, _)| field.clone()).collect();
            vec![StepQuery { captures, ..StepQuery::new(&plan.filter, required(&plan.group_by)) }]
        }
        Plan::NewTerms(plan) => vec![StepQuery::new(&plan.filter, required(&plan.fields))],
        Plan::ThreatMatch(plan) => threat_match::steps(plan),
        Plan::Table(plan) => table::step(plan).into_iter().collect(),
    }
}

/// Whether a correlator asks which of two events of the same moment comes first. Where events are counted, or held
/// against indicators, they may come in any order.
pub(crate) fn order_matters(plan: &Plan, step: StepId) -> bool {
    match plan {
        Plan::Threshold(_) => false,
        Plan::ThreatMatch(_) => is_indicator(step),
        Plan::Event(_) | Plan::Sequence(_) | Plan::Sample(_) | Plan::NewTerms(_) | Plan::Table(_) => true,
    }
}

fn required(fields: &[Field]) -> Vec<JoinKey> {
    fields.iter().cloned().map(JoinKey::required).collect()
}
