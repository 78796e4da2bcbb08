//! What a query asks for: single events, sequences, samples.

use std::time::Duration;

use rulehound_schema::Field;

use crate::Filter;

/// A checked query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is looked for.
    pub plan: Plan,
    /// What is kept of the results, in order.
    pub pipes: Vec<Pipe>,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Every event that passes.
    Event(Filter),
    /// Events in an order.
    Sequence(SequencePlan),
    /// Events of a key, in any order.
    Sample(SamplePlan),
}

/// `sequence ...`. Repetitions (`with runs=n`) are written out as steps of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct SequencePlan {
    /// At least two (at least one of them not `missing`); each with the same number of keys.
    pub steps: Vec<Step>,
    /// The longest time from the first event to the last, inclusive.
    pub maxspan: Option<Duration>,
    /// The event that ends what is pending for its key.
    pub until: Option<Step>,
}

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What its event must satisfy, the event category included.
    pub filter: Filter,
    /// The join keys: those of the whole query first, then its own.
    pub keys: Vec<JoinKey>,
    /// `![ ... ]`: no such event between its neighbours.
    pub missing: bool,
}

/// A join key. Null never joins, unless the key is optional.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinKey {
    /// The field whose value is compared. `None`: an unknown field, always null.
    pub field: Option<Field>,
    /// `?field`: null equals null.
    pub optional: bool,
}

/// `sample by ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplePlan {
    /// At least two.
    pub filters: Vec<SampleFilter>,
}

/// One filter of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleFilter {
    /// What its event must satisfy, the event category included.
    pub filter: Filter,
    /// The join keys: those of the whole query first, then its own.
    pub keys: Vec<JoinKey>,
}

/// `| head n`, `| tail n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// The first n results.
    Head(u64),
    /// The last n results.
    Tail(u64),
}

/// Which fields put events in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOrder {
    /// The time of an event, `@timestamp` unless told otherwise.
    pub timestamp: Field,
    /// What breaks ties in time.
    pub tiebreaker: Option<Field>,
}
