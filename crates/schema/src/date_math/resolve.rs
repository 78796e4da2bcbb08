//! From date math to a moment, by the calendar.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{Anchor, Bound, DateMath, DateSteps, DateUnit, Step};

impl DateMath {
    /// The moment that is meant at `now`; `None` if it lies beyond what a calendar holds.
    pub fn resolve(&self, now: Timestamp, bound: Bound) -> Option<Timestamp> {
        let moment = match (self.anchor, bound) {
            (Anchor::Now, _) => now,
            (Anchor::Date(first, _), Bound::From) => Timestamp::from_nanosecond(first).ok()?,
            (Anchor::Date(_, last), Bound::To) => Timestamp::from_nanosecond(last).ok()?,
        };
        self.steps.apply(moment, bound)
    }

    /// The moment that is meant, whatever the time is, in nanoseconds since the epoch; `None` if it starts from
    /// `now` or lies beyond what a calendar holds.
    pub fn fixed(&self, bound: Bound) -> Option<i128> {
        match (self.anchor, bound) {
            (Anchor::Now, _) => None,
            // A mere date may be beyond the calendar that steps go by.
            (Anchor::Date(first, _), Bound::From) if self.steps.steps.is_empty() => Some(first),
            (Anchor::Date(_, last), Bound::To) if self.steps.steps.is_empty() => Some(last),
            _ => Some(self.resolve(Timestamp::UNIX_EPOCH, bound)?.as_nanosecond()),
        }
    }
}

impl DateSteps {
    /// Goes the steps from a moment; `None` if that leads beyond what a calendar holds.
    pub fn apply(&self, moment: Timestamp, bound: Bound) -> Option<Timestamp> {
        let offset = span(i64::from(self.offset), DateUnit::Second)?;
        let mut moment = civil(moment).checked_add(offset).ok()?;
        for step in &self.steps {
            moment = match (*step, bound) {
                (Step::Move(count, unit), _) => moment.checked_add(span(count, unit)?).ok()?,
                (Step::Round(unit), Bound::From) => start(moment, unit)?,
                (Step::Round(unit), Bound::To) => last_millisecond(start(moment, unit)?, unit)?,
            };
        }
        TimeZone::UTC.to_timestamp(moment.checked_sub(offset).ok()?).ok()
    }
}

fn civil(moment: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(moment)
}

fn span(count: i64, unit: DateUnit) -> Option<Span> {
    let span = Span::new();
    match unit {
        DateUnit::Second => span.try_seconds(count),
        DateUnit::Minute => span.try_minutes(count),
        DateUnit::Hour => span.try_hours(count),
        DateUnit::Day => span.try_days(count),
        DateUnit::Week => span.try_weeks(count),
        DateUnit::Month => span.try_months(count),
        DateUnit::Year => span.try_years(count),
    }
    .ok()
}

/// The first moment of the unit that `moment` lies in. Weeks begin on Mondays.
fn start(moment: DateTime, unit: DateUnit) -> Option<DateTime> {
    let (date, time) = (moment.date(), moment.time());
    let at =
        |hour, minute, second| Time::new(hour, minute, second, 0).ok().map(|time| date.to_datetime(time));
    match unit {
        DateUnit::Second => at(time.hour(), time.minute(), time.second()),
        DateUnit::Minute => at(time.hour(), time.minute(), 0),
        DateUnit::Hour => at(time.hour(), 0, 0),
        DateUnit::Day => at(0, 0, 0),
        DateUnit::Week => {
            let days = i64::from(date.weekday().to_monday_zero_offset());
            at(0, 0, 0)?.checked_sub(span(days, DateUnit::Day)?).ok()
        }
        DateUnit::Month => Some(date.first_of_month().to_datetime(Time::midnight())),
        DateUnit::Year => Some(date.first_of_year().to_datetime(Time::midnight())),
    }
}

/// The last millisecond of the unit that begins at `start`.
fn last_millisecond(start: DateTime, unit: DateUnit) -> Option<DateTime> {
    let next = start.checked_add(span(1, unit)?).ok()?;
    next.checked_sub(Span::new().milliseconds(1)).ok()
}
