//! Rounding dates down to multiples of an interval. After `DateTrunc.createRounding` and `Rounding` of
//! Elasticsearch.

use datafusion::common::{Result, ScalarValue, exec_err};
use jiff::civil::DateTime;

use super::{DAY_IN_MILLISECONDS, MILLISECOND, calendar, since_epoch};

/// How dates are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To multiples of so many milliseconds since the epoch.
    Fixed(i64),
    /// To Mondays.
    Week,
    /// To multiples of so many months since the first year.
    Months(i64),
}

impl Rounding {
    /// That of a `date_period` or a `time_duration`.
    ///
    /// # Errors
    ///
    /// If the interval is not of one unit, or not above 0.
    pub(super) fn of(interval: &ScalarValue) -> Result<Self> {
        match interval {
            ScalarValue::DurationMillisecond(Some(length)) if *length > 0 => Ok(Self::Fixed(*length)),
            ScalarValue::IntervalMonthDayNano(Some(period)) => match (period.months, period.days) {
                (0, 7) => Ok(Self::Week),
                (0, days) if days > 0 => Ok(Self::Fixed(i64::from(days) * DAY_IN_MILLISECONDS)),
                (months, 0) if months > 0 => Ok(Self::Months(months.into())),
                (0, _) | (_, 0) => exec_err!("a zero or negative time interval is not supported"),
                _ => exec_err!("a time interval with multiple periods is not supported"),
            },
            other => exec_err!("a zero or negative time interval is not supported: {other}"),
        }
    }

    /// The greatest multiple that is not after a date; milliseconds both.
    pub(super) fn round(self, date: i64) -> Option<i64> {
        match self {
            Self::Fixed(length) => date.checked_sub(date.rem_euclid(length)),
            Self::Week => {
                // The epoch is a Thursday.
                const MONDAY: i64 = 4 * DAY_IN_MILLISECONDS;
                date.checked_sub((date - MONDAY).rem_euclid(7 * DAY_IN_MILLISECONDS))
            }
            Self::Months(length) => {
                let local = calendar(i128::from(date) * i128::from(MILLISECOND))?;
                let months = (i64::from(local.year()) - 1) * 12 + i64::from(local.month()) - 1;
                first_of(months - months.rem_euclid(length))
            }
        }
    }

    /// The multiple after one.
    pub(super) fn next(self, date: i64) -> Option<i64> {
        match self {
            Self::Fixed(length) => date.checked_add(length),
            Self::Week => date.checked_add(7 * DAY_IN_MILLISECONDS),
            Self::Months(length) => {
                let local = calendar(i128::from(date) * i128::from(MILLISECOND))?;
                first_of((i64::from(local.year()) - 1) * 12 + i64::from(local.month()) - 1 + length)
            }
        }
    }
}

/// The first moment of a month, by the months since the first year.
fn first_of(months: i64) -> Option<i64> {
    let year = i16::try_from(months.div_euclid(12) + 1).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let first = DateTime::new(year, month, 1, 0, 0, 0, 0).ok()?;
    i64::try_from(since_epoch(first) / i128::from(MILLISECOND)).ok()
}
