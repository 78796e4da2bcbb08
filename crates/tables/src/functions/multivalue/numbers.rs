//! Numbers of several values.
//!
//! Whole numbers are computed exactly; what does not fit into their type is null, with a warning.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, UInt64Type};
use datafusion::common::{Result, exec_datafusion_err, not_impl_err};

use super::Values;
use crate::functions::Call;
use crate::precise::Precise;

/// What rows give of their numbers.
enum Numbers {
    Whole(Vec<Vec<i128>>),
    Real(Vec<Vec<f64>>),
}

impl Numbers {
    fn of(call: &Call<'_>, place: usize) -> Result<Self> {
        let values = Values::of(call, place)?;
        let whole = |numbers: Vec<i128>| Self::Whole(of_rows(&values, &numbers));
        let items = &values.items;
        Ok(match items.data_type() {
            DataType::Int32 => {
                whole(items.as_primitive::<Int32Type>().values().iter().map(|n| (*n).into()).collect())
            }
            DataType::Int64 => {
                whole(items.as_primitive::<Int64Type>().values().iter().map(|n| (*n).into()).collect())
            }
            DataType::UInt64 => {
                whole(items.as_primitive::<UInt64Type>().values().iter().map(|n| (*n).into()).collect())
            }
            DataType::Float64 => Self::Real(of_rows(&values, items.as_primitive::<Float64Type>().values())),
            DataType::Null => Self::Real(vec![Vec::new(); values.rows.len()]),
            other => return not_impl_err!("`{}` of {other}", call.name),
        })
    }

    /// As doubles.
    fn doubles(self) -> Vec<Vec<f64>> {
        match self {
            Self::Real(rows) => rows,
            Self::Whole(rows) => {
                rows.into_iter().map(|row| row.into_iter().map(|number| number as f64).collect()).collect()
            }
        }
    }

    /// What comes of the sorted numbers of each row.
    fn of_sorted(
        self,
        call: &Call<'_>,
        whole: impl Fn(usize, Vec<i128>) -> Option<i128>,
        real: impl Fn(usize, Vec<f64>) -> Option<f64>,
    ) -> Result<ArrayRef> {
        match self {
            Self::Whole(rows) => give_whole(
                call,
                rows.into_iter().enumerate().map(|(nth, mut row)| {
                    row.sort_unstable();
                    whole(nth, row)
                }),
            ),
            Self::Real(rows) => give_real(
                call,
                rows.into_iter().enumerate().map(|(nth, mut row)| {
                    row.sort_unstable_by(f64::total_cmp);
                    real(nth, row)
                }),
            ),
        }
    }
}

fn of_rows<T: Copy>(values: &Values, items: &[T]) -> Vec<Vec<T>> {
    values.rows.iter().map(|row| items.get(row.clone()).unwrap_or_default().to_vec()).collect()
}

/// Whole numbers, in the type of the result.
fn give_whole(call: &Call<'_>, numbers: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef> {
    fn fit<T: TryFrom<i128>>(number: Option<i128>, misfits: &mut usize) -> Option<T> {
        let fitting = T::try_from(number?).ok();
        *misfits += usize::from(fitting.is_none());
        fitting
    }
    let mut misfits = 0;
    let (array, reason): (ArrayRef, _) = match call.returns {
        DataType::Int32 => (
            Arc::new(numbers.map(|number| fit(number, &mut misfits)).collect::<Int32Array>()),
            "integer overflow",
        ),
        DataType::UInt64 => (
            Arc::new(numbers.map(|number| fit(number, &mut misfits)).collect::<UInt64Array>()),
            "unsigned_long overflow",
        ),
        _ => (
            Arc::new(numbers.map(|number| fit(number, &mut misfits)).collect::<Int64Array>()),
            "long overflow",
        ),
    };
    call.warn(reason, misfits);
    Ok(array)
}

/// Doubles. What is not finite is null.
fn give_real(call: &Call<'_>, numbers: impl Iterator<Item = Option<f64>>) -> Result<ArrayRef> {
    let mut misfits = 0;
    let array: Float64Array = numbers
        .map(|number| {
            let finite = Some(number?).filter(|number| number.is_finite());
            misfits += usize::from(finite.is_none());
            finite
        })
        .collect();
    call.warn("double overflow", misfits);
    Ok(Arc::new(array))
}

fn sum_of(numbers: &[f64]) -> f64 {
    let mut sum = Precise::default();
    numbers.iter().for_each(|number| sum.add(*number));
    sum.value()
}

/// `MvSum`.
pub(super) fn sum(call: &Call<'_>) -> Result<ArrayRef> {
    match Numbers::of(call, 0)? {
        Numbers::Whole(rows) => {
            give_whole(call, rows.iter().map(|row| (!row.is_empty()).then(|| row.iter().sum())))
        }
        Numbers::Real(rows) => give_real(call, rows.iter().map(|row| (!row.is_empty()).then(|| sum_of(row)))),
    }
}

/// `MvAvg`: always a double.
pub(super) fn average(call: &Call<'_>) -> Result<ArrayRef> {
    let average = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
    match Numbers::of(call, 0)? {
        Numbers::Whole(rows) => {
            give_real(call, rows.iter().map(|row| average(row.iter().sum::<i128>() as f64, row.len())))
        }
        Numbers::Real(rows) => give_real(call, rows.iter().map(|row| average(sum_of(row), row.len()))),
    }
}

/// `MvPSeriesWeightedSum`: each number by its place, counted from 1, to the power of the second argument.
pub(super) fn pseries_weighted_sum(call: &Call<'_>) -> Result<ArrayRef> {
    let power = cast(&call.array(1)?, &DataType::Float64)?;
    let power = power.as_primitive::<Float64Type>();
    let rows = Numbers::of(call, 0)?.doubles();
    let weighted = |(row, power): (&Vec<f64>, Option<f64>)| {
        let power = power.filter(|_| !row.is_empty())?;
        let terms: Vec<f64> =
            row.iter().zip(1_u32..).map(|(number, place)| number / f64::from(place).powf(power)).collect();
        Some(sum_of(&terms))
    };
    give_real(call, rows.iter().zip(power).map(weighted))
}

/// `MvMedian`: of an even number of values the mean of the middle two, rounded down if they are whole.
pub(super) fn median(call: &Call<'_>) -> Result<ArrayRef> {
    Numbers::of(call, 0)?.of_sorted(call, |_, row| whole_median(&row), |_, row| real_median(&row))
}

fn whole_median(sorted: &[i128]) -> Option<i128> {
    let upper = sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        0 => Some((sorted.get(sorted.len() / 2 - 1)? + upper).div_euclid(2)),
        _ => Some(*upper),
    }
}

fn real_median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        0 => Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, *upper)),
        _ => Some(*upper),
    }
}

/// `MvMedianAbsoluteDeviation`: the median distance from the median.
pub(super) fn median_absolute_deviation(call: &Call<'_>) -> Result<ArrayRef> {
    Numbers::of(call, 0)?.of_sorted(
        call,
        |_, mut row| {
            let median = whole_median(&row)?;
            row.iter_mut().for_each(|number| *number = (*number - median).abs());
            row.sort_unstable();
            whole_median(&row)
        },
        |_, mut row| {
            let median = real_median(&row)?;
            row.iter_mut().for_each(|number| *number = (*number - median).abs());
            row.sort_unstable_by(f64::total_cmp);
            real_median(&row)
        },
    )
}

/// `MvPercentile`: the value at a part of the way from the least to the greatest, between two as a line goes.
pub(super) fn percentile(call: &Call<'_>) -> Result<ArrayRef> {
    let percentiles = cast(&call.array(1)?, &DataType::Float64)?;
    let percentiles = percentiles.as_primitive_opt::<Float64Type>();
    let percentiles = percentiles.ok_or_else(|| exec_datafusion_err!("percentiles are numbers"))?;
    let outside = percentiles.iter().flatten().filter(|part| !(0.0..=100.0).contains(part)).count();
    call.warn("Percentile parameter must be a number between 0 and 100", outside);
    // Between which two, and how far.
    let place = |nth: usize, length: usize| {
        let percentile = percentiles.is_valid(nth).then(|| percentiles.value(nth))?;
        let last = length.checked_sub(1).filter(|_| (0.0..=100.0).contains(&percentile))?;
        let place = percentile / 100.0 * last as f64;
        let low = place.floor() as usize;
        Some((low, (low + 1).min(last), place.fract()))
    };
    Numbers::of(call, 0)?.of_sorted(
        call,
        |nth, row| {
            let (low, high, part) = place(nth, row.len())?;
            let (low, high) = (*row.get(low)?, *row.get(high)?);
            Some(low + (part * (high - low) as f64) as i128)
        },
        |nth, row| {
            let (low, high, part) = place(nth, row.len())?;
            let (low, high) = (*row.get(low)?, *row.get(high)?);
            Some(low + part * (high - low))
        },
    )
}
