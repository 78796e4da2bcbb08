//! What a query asks for: single events, sequences, samples.

use std::time::Duration;

use rulehound_schema::{Field, IndexPatterns};

use crate::esql::TableQuery;
use crate::{Expr, Filter};

/// A checked query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is looked for.
    pub plan: Plan,
    /// What is kept of the results, in order.
    pub pipes: Vec<Pipe>,
}

impl Query {
    /// Every event that passes.
    pub fn of_events(filter: Filter) -> Self {
        Self { plan: Plan::Event(filter), pipes: Vec::new() }
    }
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
    /// More events of a kind than a number.
    Threshold(ThresholdPlan),
    /// Events with values not seen before.
    NewTerms(NewTermsPlan),
    /// Events that share values with an indicator.
    ThreatMatch(Box<ThreatMatchPlan>),
    /// What a query makes of a table of events.
    Table(Box<TablePlan>),
}

impl Plan {
    /// Asks `filter` of every event that the plan takes, besides what it asks already.
    pub fn restrict(&mut self, filter: &Filter) {
        if *filter == Filter::Constant(true) {
            return;
        }
        let restrict = |own: &mut Filter| {
            let asked = std::mem::replace(own, Filter::Constant(true));
            *own = Filter::all([asked, filter.clone()]);
        };
        match self {
            Self::Event(filter) => restrict(filter),
            Self::Sequence(sequence) => {
                sequence
                    .steps
                    .iter_mut()
                    .chain(&mut sequence.until)
                    .for_each(|step| restrict(&mut step.filter));
            }
            Self::Threshold(plan) => restrict(&mut plan.filter),
            Self::NewTerms(plan) => restrict(&mut plan.filter),
            // A rule's filters are about events; indicators have their own.
            Self::ThreatMatch(plan) => restrict(&mut plan.events),
            Self::Table(plan) => restrict(&mut plan.filter),
            Self::Sample(sample) => {
                sample.filters.iter_mut().for_each(|one| restrict(&mut one.filter));
            }
        }
    }

    /// Whether a condition asks about other events than the one it is put to; see [`Filter::asks_others`].
    pub fn asks_others(&self) -> bool {
        match self {
            Plan::Event(filter) => filter.asks_others(),
            Plan::Sequence(plan) => plan.asks_others(),
            _ => false,
        }
    }
}

impl SequencePlan {
    /// As [`Plan::asks_others`].
    pub fn asks_others(&self) -> bool {
        self.steps.iter().chain(&self.until).any(|step| step.filter.asks_others())
    }
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
    /// Values are compared as texts: the other side's field is of another type.
    pub as_text: bool,
}

impl JoinKey {
    /// A key that must have a value.
    pub fn required(field: Field) -> Self {
        Self { field: Some(field), optional: false, as_text: false }
    }
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

/// When a rule runs and which stretch of time each run sees. Runs are at the multiples of the interval since
/// 1970-01-01T00:00:00Z; the one at `t` sees the events after `t - look_back` and up to `t - delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From one run to the next. Never zero.
    pub interval: Duration,
    /// How far back a run sees; at least the interval and the delay together, so that nothing falls between two runs.
    pub look_back: Duration,
    /// How young an event a run leaves for the next.
    pub delay: Duration,
}

impl Window {
    /// Every five minutes over the last five.
    pub const EVERY_FIVE_MINUTES: Self = Self {
        interval: Duration::from_secs(300),
        look_back: Duration::from_secs(300),
        delay: Duration::ZERO,
    };

    /// The first run that sees an event of a moment. Both in milliseconds since the epoch.
    pub fn first_run(&self, moment: i64) -> i64 {
        let interval = self.interval_millis();
        let due = moment.saturating_add(millis(self.delay));
        due.div_euclid(interval)
            .saturating_add(i64::from(due.rem_euclid(interval) != 0))
            .saturating_mul(interval)
    }

    /// The last run that sees an event of a moment. Both in milliseconds since the epoch.
    pub fn last_run(&self, moment: i64) -> i64 {
        let interval = self.interval_millis();
        moment.saturating_add(millis(self.look_back)).div_euclid(interval).saturating_mul(interval)
    }

    fn interval_millis(&self) -> i64 {
        millis(self.interval).max(1)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Groups of events that are large enough, or varied enough, within a window.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdPlan {
    /// What is counted.
    pub filter: Filter,
    /// What groups: an event counts in the group of each combination of its values here. None: all are one group.
    pub group_by: Vec<Field>,
    /// The least number of events.
    pub count: u64,
    /// Fields, and how many different values of each there must be as well.
    pub cardinality: Vec<(Field, u64)>,
    /// When it is counted.
    pub window: Window,
}

/// Combinations of values that a window has and the history before it has not.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTermsPlan {
    /// Which events are looked at, in the history too.
    pub filter: Filter,
    /// Whose values, together, must be new. Never empty.
    pub fields: Vec<Field>,
    /// How far before a run the history begins.
    pub history: Duration,
    /// Where new values are looked for.
    pub window: Window,
}

/// Events and indicators that have values in common.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreatMatchPlan {
    /// Which events.
    pub events: Filter,
    /// Which indicators.
    pub indicators: Filter,
    /// The indices that hold indicators.
    pub indicator_index: IndexPatterns,
    /// How old an indicator may be: a moment, of which `@timestamp` is that of the run.
    pub oldest: Option<Expr>,
    /// Alternatives; of each, all entries must hold. Never empty.
    pub mappings: Vec<Vec<ThreatEntry>>,
    /// When it is looked.
    pub window: Window,
}

/// A field of events and one of indicators.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreatEntry {
    /// The event's field.
    pub field: Field,
    /// The indicator's field.
    pub indicator_field: Field,
    /// Holds where they have no value in common, instead of one.
    pub negate: bool,
}

/// A table of events, and what a query makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TablePlan {
    /// Which events are rows: what the query needs at the least ([`TableQuery::filter`]), and what is asked besides.
    pub filter: Filter,
    /// What is made of the rows.
    pub query: TableQuery,
    /// When it is asked.
    pub window: Window,
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
    /// The time of an event that has none there.
    pub fallback: Option<Field>,
    /// What breaks ties in time.
    pub tiebreaker: Option<Field>,
}
