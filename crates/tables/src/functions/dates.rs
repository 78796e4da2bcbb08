//! Functions of dates, in UTC.
//!
//! After Elastic's "ES|QL date and time functions". A date that no calendar here has (years beyond 9999)
//! gives null.

mod bucket;
mod difference;
mod format;
mod rounding;

#[cfg(test)]
mod tests;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Int64Type, TimeUnit, TimestampMillisecondType, TimestampNanosecondType,
};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use jiff::SignedDuration;
use jiff::civil::{DateTime, Weekday};

use super::rows::{Given, map1};
use super::{Call, Implementation};
use rounding::Rounding;

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("bucket", bucket::bucket),
    Implementation::of_values("date_diff", difference::difference),
    Implementation::of_values("date_extract", extract),
    Implementation::of_values("date_format", format::format),
    Implementation::of_values("date_parse", format::parse),
    Implementation::of_values("date_trunc", truncate),
    Implementation::of_values("day_name", |call| named(call, "EEEE")),
    Implementation::of_values("month_name", |call| named(call, "MMMM")),
];

const MILLISECOND: i64 = 1_000_000;
const DAY_IN_MILLISECONDS: i64 = 86_400_000;

/// 1970-01-01T00:00:00.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// A moment by the calendar.
fn calendar(nanoseconds: i128) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::try_from_nanos_i128(nanoseconds)?).ok()
}

/// Nanoseconds since the epoch.
fn since_epoch(date: DateTime) -> i128 {
    date.duration_since(EPOCH).as_nanos()
}

impl Call<'_> {
    /// Dates of either kind, in nanoseconds.
    fn moments(&self, place: usize) -> Result<Vec<Option<i128>>> {
        let column = self.array(place)?;
        if let Some(dates) = column.as_primitive_opt::<TimestampMillisecondType>() {
            return Ok(dates.iter().map(|date| Some(i128::from(date?) * i128::from(MILLISECOND))).collect());
        }
        if let Some(dates) = column.as_primitive_opt::<TimestampNanosecondType>() {
            return Ok(dates.iter().map(|date| date.map(i128::from)).collect());
        }
        match column.data_type() {
            DataType::Null => Ok(vec![None; self.rows]),
            other => Err(exec_datafusion_err!("`{}` takes dates, not {other}", self.name)),
        }
    }

    /// A string that is the same for all rows, or `None` if it is not.
    fn text(&self, place: usize) -> Option<&str> {
        match self.constant(place)? {
            ScalarValue::Utf8View(text) | ScalarValue::Utf8(text) => text.as_deref(),
            _ => None,
        }
    }
}

/// `DateTrunc`.
fn truncate(call: &Call<'_>) -> Result<ArrayRef> {
    let interval = call.constant(0).ok_or_else(|| exec_datafusion_err!("the interval must be a constant"))?;
    if interval.is_null() {
        return Ok(datafusion::arrow::array::new_null_array(call.returns, call.rows));
    }
    let rounding = Rounding::of(interval)?;
    call.rounded(1, &rounding)
}

impl Call<'_> {
    /// Dates rounded down.
    fn rounded(&self, place: usize, rounding: &Rounding) -> Result<ArrayRef> {
        match self.returns {
            DataType::Timestamp(TimeUnit::Nanosecond, _) => self.primitives_of::<TimestampNanosecondType>(
                map1(&self.primitives::<TimestampNanosecondType>(place)?, |date| {
                    let rounded = rounding.round(date.div_euclid(MILLISECOND));
                    Ok(rounded.and_then(|date| date.checked_mul(MILLISECOND)))
                }),
            ),
            _ => self.primitives_of::<TimestampMillisecondType>(map1(
                &self.primitives::<TimestampMillisecondType>(place)?,
                |date| Ok(rounding.round(date)),
            )),
        }
    }
}

/// `DateExtract`: a part by its name in Java's `ChronoField`.
fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let dates = call.moments(1)?;
    let given = |part: &str, date: Option<i128>| -> Given<i64> {
        let Some(date) = date else { return Ok(None) };
        let is_known = part_of(part, EPOCH, 0).is_some();
        match calendar(date).and_then(|local| part_of(part, local, date)) {
            Some(value) => Ok(Some(value)),
            None if is_known => Ok(None),
            None => Err("no such part of a date"),
        }
    };
    if let Some(part) = call.text(0) {
        if part_of(part, EPOCH, 0).is_none() {
            return Err(exec_datafusion_err!("`date_extract` knows no part `{part}`"));
        }
        return call.primitives_of::<Int64Type>(dates.into_iter().map(|date| given(part, date)));
    }
    let parts = call.strings(0)?;
    let rows = parts.iter().zip(dates).map(|(part, date)| part.map_or(Ok(None), |part| given(part, date)));
    call.primitives_of::<Int64Type>(rows)
}

/// A part of a date; `None` if there is none of the name.
fn part_of(part: &str, date: DateTime, nanoseconds: i128) -> Option<i64> {
    let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let (hour, minute, second) = (i64::from(date.hour()), i64::from(date.minute()), i64::from(date.second()));
    let nano = i64::from(date.subsec_nanosecond());
    let day_of_year = i64::from(date.date().day_of_year());
    let second_of_day = (hour * 60 + minute) * 60 + second;
    // From 1, though a remainder is 0.
    let clock = |hours: i64| if hour % hours == 0 { hours } else { hour % hours };
    Some(match part.to_ascii_lowercase().as_str() {
        "aligned_day_of_week_in_month" => (day - 1) % 7 + 1,
        "aligned_day_of_week_in_year" => (day_of_year - 1) % 7 + 1,
        "aligned_week_of_month" => (day - 1) / 7 + 1,
        "aligned_week_of_year" => (day_of_year - 1) / 7 + 1,
        "ampm_of_day" => hour / 12,
        "clock_hour_of_ampm" => clock(12),
        "clock_hour_of_day" => clock(24),
        "day_of_month" => day,
        "day_of_week" => weekday(date),
        "day_of_year" => day_of_year,
        "epoch_day" => i64::try_from(nanoseconds.div_euclid(86_400_000_000_000)).ok()?,
        "era" => i64::from(year > 0),
        "hour_of_ampm" => hour % 12,
        "hour_of_day" => hour,
        "instant_seconds" => i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?,
        "micro_of_day" => second_of_day * 1_000_000 + nano / 1_000,
        "micro_of_second" => nano / 1_000,
        "milli_of_day" => second_of_day * 1_000 + nano / 1_000_000,
        "milli_of_second" => nano / 1_000_000,
        "minute_of_day" => hour * 60 + minute,
        "minute_of_hour" => minute,
        "month_of_year" => month,
        "nano_of_day" => second_of_day * 1_000_000_000 + nano,
        "nano_of_second" => nano,
        "offset_seconds" => 0,
        "proleptic_month" => year * 12 + month - 1,
        "second_of_day" => second_of_day,
        "second_of_minute" => second,
        "year" => year,
        "year_of_era" => {
            if year > 0 {
                year
            } else {
                1 - year
            }
        }
        _ => return None,
    })
}

/// From 1 for Monday to 7.
fn weekday(date: DateTime) -> i64 {
    i64::from(date.weekday().since(Weekday::Monday)) + 1
}

/// `DayName`, `MonthName`.
fn named(call: &Call<'_>, pattern: &str) -> Result<ArrayRef> {
    let pattern = format::Pattern::parse(pattern).ok_or_else(|| exec_datafusion_err!("no such pattern"))?;
    call.strings_of(
        call.moments(0)?.into_iter().map(|date| Ok(date.and_then(calendar).map(|date| pattern.write(date)))),
    )
}

/// Two columns of dates, and what comes of them.
fn of_two<T>(
    left: Vec<Option<i128>>,
    right: Vec<Option<i128>>,
    f: impl Fn(i128, i128) -> Given<T>,
) -> impl Iterator<Item = Given<T>> {
    left.into_iter().zip(right).map(move |dates| match dates {
        (Some(left), Some(right)) => f(left, right),
        _ => Ok(None),
    })
}
