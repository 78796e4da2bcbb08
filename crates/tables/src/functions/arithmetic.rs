//! Arithmetic of numbers, and of dates with amounts of time.
//!
//! Both operands have one type. What is beyond its range, and what is not finite, is null with a warning; so
//! is a division by zero. Integers are divided towards zero, and a remainder has the sign of the dividend.
//! After `Add`, `Sub`, `Mul`, `Div`, `Mod`, `Neg` of Elasticsearch.
//!
//! A `date_period` moves a date by the calendar of UTC, months first, to the last day of a shorter month; a
//! `time_duration` moves it by its length. Amounts of one kind add up.

use datafusion::arrow::array::{ArrayRef, ArrowPrimitiveType};
use datafusion::arrow::datatypes::{
    DataType, DurationMillisecondType, Float64Type, Int32Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, TimeUnit, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use datafusion::common::{Result, exec_err};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Span};

use super::rows::{Given, map1, map2};
use super::{Call, Implementation};

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("add", add),
    Implementation::of_values("sub", sub),
    Implementation::of_values("mul", |call| numbers(call, MUL)),
    Implementation::of_values("div", |call| numbers(call, DIV)),
    Implementation::of_values("mod", |call| numbers(call, MOD)),
    Implementation::of_values("neg", neg),
];

const INTEGER_OVERFLOW: &str = "integer overflow";
const LONG_OVERFLOW: &str = "long overflow";
const UNSIGNED_LONG_OVERFLOW: &str = "unsigned_long overflow";
const NOT_FINITE: &str = "not a finite double number";
const OVERFLOW: [&str; 4] = [INTEGER_OVERFLOW, LONG_OVERFLOW, UNSIGNED_LONG_OVERFLOW, NOT_FINITE];
const BY_ZERO: &str = "/ by zero";
const OUT_OF_RANGE: &str = "the date is out of range";

/// An operator on each type of number, and the reasons that it gives for null.
struct Operator {
    integer: fn(i32, i32) -> Option<i32>,
    long: fn(i64, i64) -> Option<i64>,
    unsigned_long: fn(u64, u64) -> Option<u64>,
    double: fn(f64, f64) -> f64,
    failure: [&'static str; 4],
}

const ADD: Operator = Operator {
    integer: i32::checked_add,
    long: i64::checked_add,
    unsigned_long: u64::checked_add,
    double: |a, b| a + b,
    failure: OVERFLOW,
};

const SUB: Operator = Operator {
    integer: i32::checked_sub,
    long: i64::checked_sub,
    unsigned_long: u64::checked_sub,
    double: |a, b| a - b,
    failure: OVERFLOW,
};

const MUL: Operator = Operator {
    integer: i32::checked_mul,
    long: i64::checked_mul,
    unsigned_long: u64::checked_mul,
    double: |a, b| a * b,
    failure: OVERFLOW,
};

// The least integer by -1 wraps, as in Java.
const DIV: Operator = Operator {
    integer: |a, b| (b != 0).then(|| a.wrapping_div(b)),
    long: |a, b| (b != 0).then(|| a.wrapping_div(b)),
    unsigned_long: u64::checked_div,
    double: |a, b| a / b,
    failure: [BY_ZERO; 4],
};

const MOD: Operator = Operator {
    integer: |a, b| (b != 0).then(|| a.wrapping_rem(b)),
    long: |a, b| (b != 0).then(|| a.wrapping_rem(b)),
    unsigned_long: u64::checked_rem,
    double: |a, b| a % b,
    failure: [BY_ZERO; 4],
};

fn numbers(call: &Call<'_>, operator: Operator) -> Result<ArrayRef> {
    let [integer, long, unsigned_long, double] = operator.failure;
    match call.returns {
        DataType::Int32 => binary::<Int32Type>(call, |a, b| some((operator.integer)(a, b), integer)),
        DataType::Int64 => binary::<Int64Type>(call, |a, b| some((operator.long)(a, b), long)),
        DataType::UInt64 => {
            binary::<UInt64Type>(call, |a, b| some((operator.unsigned_long)(a, b), unsigned_long))
        }
        DataType::Float64 => {
            let finite = |value: f64| value.is_finite().then_some(value);
            binary::<Float64Type>(call, |a, b| some(finite((operator.double)(a, b)), double))
        }
        // Null with null.
        DataType::Null => call.array(0),
        other => exec_err!("`{}` gives no {other}", call.name),
    }
}

fn binary<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(T::Native, T::Native) -> Given<T::Native>,
) -> Result<ArrayRef> {
    call.primitives_of::<T>(map2(&call.primitives::<T>(0)?, &call.primitives::<T>(1)?, f))
}

fn some<T>(value: Option<T>, failure: &'static str) -> Given<T> {
    value.map(Some).ok_or(failure)
}

fn add(call: &Call<'_>) -> Result<ArrayRef> {
    match call.returns {
        DataType::Timestamp(..) => dates(call, 1),
        DataType::Duration(_) => {
            binary::<DurationMillisecondType>(call, |a, b| some(a.checked_add(b), LONG_OVERFLOW))
        }
        DataType::Interval(_) => periods(call, i32::checked_add),
        _ => numbers(call, ADD),
    }
}

fn sub(call: &Call<'_>) -> Result<ArrayRef> {
    match call.returns {
        DataType::Timestamp(..) => dates(call, -1),
        DataType::Duration(_) => {
            binary::<DurationMillisecondType>(call, |a, b| some(a.checked_sub(b), LONG_OVERFLOW))
        }
        DataType::Interval(_) => periods(call, i32::checked_sub),
        _ => numbers(call, SUB),
    }
}

fn periods(call: &Call<'_>, together: fn(i32, i32) -> Option<i32>) -> Result<ArrayRef> {
    binary::<IntervalMonthDayNanoType>(call, |a, b| {
        let parts = together(a.months, b.months).zip(together(a.days, b.days));
        some(parts.map(|(months, days)| IntervalMonthDayNano::new(months, days, 0)), INTEGER_OVERFLOW)
    })
}

/// Dates, which are the first argument or the second, moved forth (1) or back (-1) by amounts of time.
fn dates(call: &Call<'_>, sign: i64) -> Result<ArrayRef> {
    match call.returns {
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            move_dates::<TimestampMillisecondType>(call, sign, 1_000, i64::MIN)
        }
        // They begin at the epoch.
        _ => move_dates::<TimestampNanosecondType>(call, sign, 1_000_000_000, 0),
    }
}

fn move_dates<T: ArrowPrimitiveType<Native = i64>>(
    call: &Call<'_>,
    sign: i64,
    per_second: i64,
    least: i64,
) -> Result<ArrayRef> {
    let type_of = |place: usize| call.args.get(place).map(|arg| arg.data_type());
    let is_date = |place: usize| matches!(type_of(place), Some(DataType::Timestamp(..)));
    let (date, amount) = if is_date(0) || !is_date(1) { (0, 1) } else { (1, 0) };
    let dates = call.primitives::<T>(date)?;
    let in_range = |date: Option<i64>| some(date.filter(|date| *date >= least), OUT_OF_RANGE);
    if matches!(type_of(amount), Some(DataType::Interval(_))) {
        let periods = call.primitives::<IntervalMonthDayNanoType>(amount)?;
        return call.primitives_of::<T>(map2(&dates, &periods, |date, period| {
            let (months, days) = (i64::from(period.months) * sign, i64::from(period.days) * sign);
            in_range(move_by(date, months, days, per_second))
        }));
    }
    let durations = call.primitives::<DurationMillisecondType>(amount)?;
    call.primitives_of::<T>(map2(&dates, &durations, |date, milliseconds| {
        let by = milliseconds.checked_mul(sign * (per_second / 1_000));
        in_range(by.and_then(|by| date.checked_add(by)))
    }))
}

/// A date moved by months, then by days; `None` beyond the year 9999.
fn move_by(date: i64, months: i64, days: i64, per_second: i64) -> Option<i64> {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let nanoseconds = i128::from(date) * i128::from(1_000_000_000 / per_second);
    let date = EPOCH.checked_add(SignedDuration::try_from_nanos_i128(nanoseconds)?).ok()?;
    let by =
        |months: i64, days: i64| Span::new().try_months(months).and_then(|span| span.try_days(days)).ok();
    let moved = date.checked_add(by(months, 0)?).ok()?.checked_add(by(0, days)?).ok()?;
    let since = moved.duration_since(EPOCH).as_nanos();
    i64::try_from(since.div_euclid(i128::from(1_000_000_000 / per_second))).ok()
}

fn neg(call: &Call<'_>) -> Result<ArrayRef> {
    match call.returns {
        DataType::Int32 => {
            let negated = |n: i32| some(n.checked_neg(), INTEGER_OVERFLOW);
            call.primitives_of::<Int32Type>(map1(&call.primitives::<Int32Type>(0)?, negated))
        }
        DataType::Int64 => {
            let negated = |n: i64| some(n.checked_neg(), LONG_OVERFLOW);
            call.primitives_of::<Int64Type>(map1(&call.primitives::<Int64Type>(0)?, negated))
        }
        DataType::Float64 => {
            call.primitives_of::<Float64Type>(map1(&call.primitives::<Float64Type>(0)?, |n| Ok(Some(-n))))
        }
        DataType::Duration(_) => {
            let negated = |ms: i64| some(ms.checked_neg(), LONG_OVERFLOW);
            let amounts = call.primitives::<DurationMillisecondType>(0)?;
            call.primitives_of::<DurationMillisecondType>(map1(&amounts, negated))
        }
        DataType::Interval(_) => {
            let negated = |period: IntervalMonthDayNano| {
                let negated = period.months.checked_neg().zip(period.days.checked_neg());
                let negated = negated.map(|(months, days)| IntervalMonthDayNano::new(months, days, 0));
                some(negated, INTEGER_OVERFLOW)
            };
            let amounts = call.primitives::<IntervalMonthDayNanoType>(0)?;
            call.primitives_of::<IntervalMonthDayNanoType>(map1(&amounts, negated))
        }
        _ => call.array(0),
    }
}

#[cfg(test)]
mod tests;
