//! `DATE_DIFF`.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::common::{Result, exec_datafusion_err};
use jiff::civil::DateTime;

use super::{calendar, of_two};
use crate::functions::Call;
use crate::functions::rows::Given;

/// What differences are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Months(i64),
    Nanoseconds(i128),
}

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

impl Unit {
    /// By its name or an abbreviation: `DateDiff.Part`.
    fn parse(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "year" | "years" | "yyyy" | "yy" => Self::Months(12),
            "quarter" | "quarters" | "qq" | "q" => Self::Months(3),
            "month" | "months" | "mm" | "m" => Self::Months(1),
            "week" | "weeks" | "wk" | "ww" => Self::Nanoseconds(7 * DAY),
            "dayofyear" | "dy" | "y" | "day" | "days" | "dd" | "d" | "weekday" | "weekdays" | "dw" => {
                Self::Nanoseconds(DAY)
            }
            "hour" | "hours" | "hh" => Self::Nanoseconds(3_600 * SECOND),
            "minute" | "minutes" | "mi" | "n" => Self::Nanoseconds(60 * SECOND),
            "second" | "seconds" | "ss" | "s" => Self::Nanoseconds(SECOND),
            "millisecond" | "milliseconds" | "ms" => Self::Nanoseconds(1_000_000),
            "microsecond" | "microseconds" | "mcs" => Self::Nanoseconds(1_000),
            "nanosecond" | "nanoseconds" | "ns" => Self::Nanoseconds(1),
            _ => return None,
        })
    }

    /// How many whole ones lie between; negative if the end is before the start.
    fn between(self, start: i128, end: i128) -> Option<i128> {
        match self {
            Self::Nanoseconds(length) => Some((end - start) / length),
            Self::Months(length) => {
                let (start, end) = (calendar(start)?, calendar(end)?);
                let months = |date: DateTime| i64::from(date.year()) * 12 + i64::from(date.month());
                let rest = |date: DateTime| (date.day(), date.time());
                let months = match months(end) - months(start) {
                    months if months > 0 && rest(end) < rest(start) => months - 1,
                    months if months < 0 && rest(end) > rest(start) => months + 1,
                    months => months,
                };
                Some((months / length).into())
            }
        }
    }
}

/// `DateDiff`: whole units from the second to the third.
pub(super) fn difference(call: &Call<'_>) -> Result<ArrayRef> {
    let (start, end) = (call.moments(1)?, call.moments(2)?);
    let between = |unit: Unit, start, end| -> Given<i32> {
        let Some(units) = unit.between(start, end) else { return Ok(None) };
        i32::try_from(units).map(Some).map_err(|_| "out of [integer] range")
    };
    if let Some(name) = call.text(0) {
        let unit = Unit::parse(name);
        let unit = unit.ok_or_else(|| exec_datafusion_err!("`date_diff` knows no unit `{name}`"))?;
        return call.primitives_of::<Int32Type>(of_two(start, end, |start, end| between(unit, start, end)));
    }
    let units = call.strings(0)?;
    let rows = units.iter().zip(start).zip(end).map(|rows| match rows {
        ((Some(unit), Some(start)), Some(end)) => {
            Unit::parse(unit).ok_or("no such unit").and_then(|unit| between(unit, start, end))
        }
        _ => Ok(None),
    });
    call.primitives_of::<Int32Type>(rows)
}
