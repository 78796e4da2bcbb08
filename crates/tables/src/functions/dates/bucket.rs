//! `BUCKET`. After `Bucket` of Elasticsearch.

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};

use super::rounding::Rounding;
use super::{DAY_IN_MILLISECONDS, MILLISECOND};
use crate::functions::Call;
use crate::functions::rows::map1;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The intervals that people use, from the greatest to the least.
const ROUNDINGS: &[Rounding] = &[
    Rounding::Months(12),
    Rounding::Months(1),
    Rounding::Week,
    Rounding::Fixed(DAY_IN_MILLISECONDS),
    Rounding::Fixed(12 * HOUR),
    Rounding::Fixed(3 * HOUR),
    Rounding::Fixed(HOUR),
    Rounding::Fixed(30 * MINUTE),
    Rounding::Fixed(10 * MINUTE),
    Rounding::Fixed(5 * MINUTE),
    Rounding::Fixed(MINUTE),
    Rounding::Fixed(30 * SECOND),
    Rounding::Fixed(10 * SECOND),
    Rounding::Fixed(5 * SECOND),
    Rounding::Fixed(SECOND),
    Rounding::Fixed(100),
    Rounding::Fixed(50),
    Rounding::Fixed(20),
    Rounding::Fixed(10),
    Rounding::Fixed(1),
];

/// The beginning of the bucket of each value: of buckets of a size, or of at most so many from a value to
/// another.
pub(super) fn bucket(call: &Call<'_>) -> Result<ArrayRef> {
    let size = call.constant(1).ok_or_else(|| exec_datafusion_err!("the buckets must be a constant"))?;
    if call.returns.is_temporal() {
        let rounding = match size {
            ScalarValue::DurationMillisecond(_) | ScalarValue::IntervalMonthDayNano(_) => Rounding::of(size)?,
            count => pick(whole(count)?, bound(call, 2)?, bound(call, 3)?),
        };
        return call.rounded(0, &rounding);
    }
    let size = real(size)?;
    let size = match call.args.len() {
        2 => size,
        _ => width(size, number(call, 2)?, number(call, 3)?),
    };
    let numbers = cast(&call.array(0)?, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    call.primitives_of::<Float64Type>(map1(numbers, |number| {
        let begin = (number / size).floor() * size;
        if begin.is_finite() { Ok(Some(begin)) } else { Err("/ by zero") }
    }))
}

/// The least interval that needs at most so many buckets.
fn pick(count: i64, from: i64, to: i64) -> Rounding {
    let is_enough = |rounding: &Rounding| {
        let mut begin = rounding.round(from);
        for _ in 0..count {
            begin = begin.and_then(|begin| rounding.next(begin));
            match begin {
                Some(begin) if begin >= to => return true,
                Some(_) => {}
                None => return false,
            }
        }
        false
    };
    // The first serves if none is enough.
    let enough = ROUNDINGS.iter().enumerate().take_while(|(nth, rounding)| *nth == 0 || is_enough(rounding));
    enough.last().map_or(Rounding::Months(12), |(_, rounding)| *rounding)
}

/// The least power of ten, or half of one, of which so many are enough.
fn width(count: f64, from: f64, to: f64) -> f64 {
    let precise = (to - from) / count;
    let power = 10.0_f64.powf(precise.log10().ceil());
    if precise < power / 2.0 { power / 2.0 } else { power }
}

fn number(call: &Call<'_>, place: usize) -> Result<f64> {
    let number = call.constant(place);
    real(number.ok_or_else(|| exec_datafusion_err!("`bucket` needs where the values are from and to"))?)
}

fn real(value: &ScalarValue) -> Result<f64> {
    match value.cast_to(&DataType::Float64)? {
        ScalarValue::Float64(Some(number)) => Ok(number),
        other => Err(exec_datafusion_err!("`bucket` takes no {other}")),
    }
}

fn whole(value: &ScalarValue) -> Result<i64> {
    match value.cast_to(&DataType::Int64)? {
        ScalarValue::Int64(Some(number)) if number > 0 => Ok(number),
        other => Err(exec_datafusion_err!("the buckets must be more than 0, not {other}")),
    }
}

/// A date, in milliseconds.
fn bound(call: &Call<'_>, place: usize) -> Result<i64> {
    match call.constant(place) {
        Some(ScalarValue::TimestampMillisecond(Some(date), _)) => Ok(*date),
        Some(ScalarValue::TimestampNanosecond(Some(date), _)) => Ok(date.div_euclid(MILLISECOND)),
        _ => Err(exec_datafusion_err!("`bucket` needs from and to which date")),
    }
}
