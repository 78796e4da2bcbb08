//! Where an event stands among all events.

use std::cmp::Ordering;
use std::time::Duration;

use rulehound_schema::Value;
use serde::{Deserialize, Serialize};

use super::KeyValue;

/// A moment, to the nanosecond, of any year that a `date` can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventTime {
    millis: i64,
    nanos: u32,
}

impl EventTime {
    /// The beginning of time.
    pub const MIN: Self = Self { millis: i64::MIN, nanos: 0 };

    /// The end of time.
    pub const MAX: Self = Self { millis: i64::MAX, nanos: 999_999 };

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_millis(millis: i64) -> Self {
        Self { millis, nanos: 0 }
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub fn from_nanos(nanos: i64) -> Self {
        const NANOS_PER_MILLI: i64 = 1_000_000;
        let rest = u32::try_from(nanos.rem_euclid(NANOS_PER_MILLI)).unwrap_or(0);
        Self { millis: nanos.div_euclid(NANOS_PER_MILLI), nanos: rest }
    }

    /// The moment that a `date` or `date_nanos` says; `None` for other values.
    pub fn from_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Date(millis) => Some(Self::from_millis(*millis)),
            Value::DateNanos(nanos) => Some(Self::from_nanos(*nanos)),
            _ => None,
        }
    }

    /// The moment of which [`Self::parts`] are given.
    pub(crate) fn from_parts(millis: i64, nanos: u32) -> Self {
        Self { millis, nanos }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, and the nanoseconds (below a million) that come on top.
    pub fn parts(self) -> (i64, u32) {
        (self.millis, self.nanos)
    }

    /// This moment and `span` on; the end of time if that is past it.
    pub(super) fn plus(self, span: Duration) -> Self {
        let nanos = self.nanos + span.subsec_nanos() % 1_000_000;
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let carry = i64::from(nanos / 1_000_000);
        Self { millis: self.millis.saturating_add(millis).saturating_add(carry), nanos: nanos % 1_000_000 }
    }
}

/// The place of an event in the order of all events: by time, then by the tiebreaker, then by what the driver
/// says. Compares as Elasticsearch orders hits: a missing tiebreaker comes last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ordinal {
    /// The event's time.
    pub time: EventTime,
    /// The value of the tiebreaker field, if there is one.
    pub tiebreaker: Option<KeyValue>,
    /// What breaks the ties that remain; no two events share all three. A file scan has the place of the file
    /// and of the record in it here, an engine that must not depend on arrival a hash of the event.
    pub tie: (u64, u64),
}

impl Ord for Ordinal {
    fn cmp(&self, other: &Self) -> Ordering {
        let missing_last = |ordinal: &Self| ordinal.tiebreaker.is_none();
        self.time
            .cmp(&other.time)
            .then_with(|| missing_last(self).cmp(&missing_last(other)))
            .then_with(|| self.tiebreaker.cmp(&other.tiebreaker))
            .then_with(|| self.tie.cmp(&other.tie))
    }
}

impl PartialOrd for Ordinal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
