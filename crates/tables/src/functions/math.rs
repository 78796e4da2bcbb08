//! Mathematical functions.
//!
//! After Elastic's "ES|QL mathematical functions". What is no finite number is null, with a warning.

use datafusion::arrow::array::{Array, ArrayRef, PrimitiveArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float64Type, Int32Type, Int64Type, UInt64Type,
};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::logical_expr::lit;

use super::rows::{Given, map1, map2};
use super::{Call, Implementation, java};

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("abs", absolute),
    of_double("acos", |call| {
        double(call, |x| within(x, -1.0, 1.0, "Acos input out of range").map(f64::acos))
    }),
    of_double("asin", |call| {
        double(call, |x| within(x, -1.0, 1.0, "Asin input out of range").map(f64::asin))
    }),
    of_double("atan", |call| double(call, |x| Ok(x.atan()))),
    of_double("atan2", |call| doubles(call, |y, x| Ok(y.atan2(x)))),
    of_double("cbrt", |call| double(call, |x| Ok(x.cbrt()))),
    Implementation::of_values("ceil", |call| whole(call, f64::ceil)),
    Implementation::of_values("copy_sign", copy_sign),
    of_double("cos", |call| double(call, |x| Ok(x.cos()))),
    of_double("cosh", |call| double(call, |x| Ok(x.cosh()))),
    constant("e", |_| Some(lit(std::f64::consts::E))),
    of_double("exp", |call| double(call, |x| Ok(x.exp()))),
    Implementation::of_values("floor", |call| whole(call, f64::floor)),
    of_double("hypot", |call| doubles(call, |a, b| Ok(a.hypot(b)))),
    of_double("log", logarithm),
    of_double("log10", |call| double(call, |x| positive(x).map(f64::log10))),
    constant("pi", |_| Some(lit(std::f64::consts::PI))),
    of_double("pow", |call| doubles(call, |base, exponent| Ok(base.powf(exponent)))),
    Implementation::of_values("round", round),
    Implementation::of_values("round_to", round_to),
    of_double("scalb", scale),
    of_double("signum", |call| double(call, |x| Ok(if x == 0.0 { x } else { x.signum() }))),
    of_double("sin", |call| double(call, |x| Ok(x.sin()))),
    of_double("sinh", |call| double(call, |x| Ok(x.sinh()))),
    of_double("sqrt", |call| {
        double(call, |x| if x < 0.0 { Err("Square root of negative") } else { Ok(x.sqrt()) })
    }),
    of_double("tan", |call| double(call, |x| Ok(x.tan()))),
    of_double("tanh", |call| double(call, |x| Ok(x.tanh()))),
    constant("tau", |_| Some(lit(std::f64::consts::TAU))),
    of_double("to_degrees", |call| double(call, |x| Ok(x.to_degrees()))),
    of_double("to_radians", |call| double(call, |x| Ok(x.to_radians()))),
];

const NOT_FINITE: &str = "not a finite double number";

const fn of_double(name: &'static str, compute: fn(&Call<'_>) -> Result<ArrayRef>) -> Implementation {
    Implementation::of_values(name, compute)
}

/// A number of its own.
const fn constant(
    name: &'static str,
    value: fn(&[super::Typed]) -> Option<datafusion::logical_expr::Expr>,
) -> Implementation {
    Implementation::of_values(name, |call| {
        Ok(datafusion::arrow::array::new_null_array(call.returns, call.rows))
    })
    .or_native(value)
}

/// What a function of a double may give.
type Double = std::result::Result<f64, &'static str>;

fn finite(value: Double) -> Given<f64> {
    value.and_then(|value| if value.is_finite() { Ok(Some(value)) } else { Err(NOT_FINITE) })
}

fn within(value: f64, least: f64, greatest: f64, fault: &'static str) -> Double {
    if (least..=greatest).contains(&value) { Ok(value) } else { Err(fault) }
}

fn positive(value: f64) -> Double {
    if value > 0.0 { Ok(value) } else { Err("Log of non-positive number") }
}

/// A function of a double.
fn double(call: &Call<'_>, f: impl Fn(f64) -> Double) -> Result<ArrayRef> {
    call.primitives_of::<Float64Type>(map1(&call.primitives::<Float64Type>(0)?, |x| finite(f(x))))
}

/// A function of two.
fn doubles(call: &Call<'_>, f: impl Fn(f64, f64) -> Double) -> Result<ArrayRef> {
    let (left, right) = (call.primitives::<Float64Type>(0)?, call.primitives::<Float64Type>(1)?);
    call.primitives_of::<Float64Type>(map2(&left, &right, |a, b| finite(f(a, b))))
}

/// A function of a double that whole numbers stay as they are under.
fn whole(call: &Call<'_>, f: fn(f64) -> f64) -> Result<ArrayRef> {
    match call.returns {
        DataType::Float64 => double(call, |x| Ok(f(x))),
        _ => call.array(0),
    }
}

/// `Abs`: the absolute of the least number does not fit.
fn absolute(call: &Call<'_>) -> Result<ArrayRef> {
    fn of<T: ArrowPrimitiveType>(
        call: &Call<'_>,
        f: impl Fn(T::Native) -> Option<T::Native>,
    ) -> Result<ArrayRef> {
        call.primitives_of::<T>(map1(&call.primitives::<T>(0)?, |x| f(x).map(Some).ok_or("overflow")))
    }
    match call.returns {
        DataType::Int32 => of::<Int32Type>(call, i32::checked_abs),
        DataType::Int64 => of::<Int64Type>(call, i64::checked_abs),
        DataType::Float64 => double(call, |x| Ok(x.abs())),
        _ => call.array(0),
    }
}

/// `CopySign`: the first with the sign of the second.
fn copy_sign(call: &Call<'_>) -> Result<ArrayRef> {
    fn of<T: ArrowPrimitiveType>(
        call: &Call<'_>,
        f: impl Fn(T::Native, f64) -> Option<T::Native>,
    ) -> Result<ArrayRef> {
        let (magnitude, sign) = (call.primitives::<T>(0)?, call.primitives::<Float64Type>(1)?);
        call.primitives_of::<T>(map2(&magnitude, &sign, |x, sign| f(x, sign).map(Some).ok_or("overflow")))
    }
    match call.returns {
        DataType::Int32 => of::<Int32Type>(call, |x, sign| {
            if x.is_negative() == sign.is_sign_negative() { Some(x) } else { x.checked_neg() }
        }),
        DataType::Int64 => of::<Int64Type>(call, |x, sign| {
            if x.is_negative() == sign.is_sign_negative() { Some(x) } else { x.checked_neg() }
        }),
        _ => of::<Float64Type>(call, |x, sign| Some(x.copysign(sign))),
    }
}

/// `Log`: the natural one, or that of a base.
fn logarithm(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() == 1 {
        return double(call, |x| positive(x).map(f64::ln));
    }
    doubles(call, |base, value| {
        let (base, value) = (positive(base)?, positive(value)?);
        if base == 1.0 { Err("/ by zero") } else { Ok(value.log10() / base.log10()) }
    })
}

/// `Scalb`: by a power of two.
fn scale(call: &Call<'_>) -> Result<ArrayRef> {
    let (number, power) = (call.primitives::<Float64Type>(0)?, call.primitives::<Int64Type>(1)?);
    call.primitives_of::<Float64Type>(map2(&number, &power, |x, power| {
        let power = i32::try_from(power.clamp(-2200, 2200)).unwrap_or_default();
        // In two steps: a power of two may be no double where the product is.
        finite(Ok(x * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2)))
    }))
}

/// `Round`: half away from zero for whole numbers, half up (`Math.round`) for doubles, to digits behind the
/// point or, if negative, before it.
fn round(call: &Call<'_>) -> Result<ArrayRef> {
    let decimals = match call.args.len() {
        1 => PrimitiveArray::<Int64Type>::from_value(0, call.rows),
        _ => call.primitives::<Int64Type>(1)?,
    };
    match call.returns {
        DataType::Float64 => {
            let numbers = call.primitives::<Float64Type>(0)?;
            call.primitives_of::<Float64Type>(map2(&numbers, &decimals, |x, digits| {
                Ok(Some(round_double(x, digits)))
            }))
        }
        DataType::Int32 => round_whole::<Int32Type>(call, &decimals),
        DataType::Int64 => round_whole::<Int64Type>(call, &decimals),
        DataType::UInt64 => round_whole::<UInt64Type>(call, &decimals),
        _ => call.array(0),
    }
}

/// `Maths.round`.
fn round_double(number: f64, digits: i64) -> f64 {
    if digits == 0 {
        return java::round(number);
    }
    let digits = i32::try_from(digits.clamp(-400, 400)).unwrap_or_default();
    let power = 10.0_f64.powi(digits);
    if power == 0.0 {
        return 0.0;
    }
    let shifted = number * power;
    if !shifted.is_finite() || shifted.abs() >= 9e15 {
        return number;
    }
    let rounded = java::round(shifted.abs());
    (rounded / power).copysign(number)
}

fn round_whole<T>(call: &Call<'_>, decimals: &PrimitiveArray<Int64Type>) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i128> + Into<i128>,
{
    let numbers = call.primitives::<T>(0)?;
    call.primitives_of::<T>(map2(&numbers, decimals, |x, digits| {
        if digits >= 0 {
            return Ok(Some(x));
        }
        let number: i128 = x.into();
        let Some(power) = u32::try_from(-digits).ok().and_then(|digits| 10_i128.checked_pow(digits)) else {
            return Ok(T::Native::try_from(0).ok());
        };
        let half = power / 2;
        let rounded = (number.abs() + half) / power * power * number.signum();
        T::Native::try_from(rounded).map(Some).map_err(|_| "overflow")
    }))
}

/// `RoundTo`: the greatest of some points that is not above the value, else the least of them.
fn round_to(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = (0..call.args.len())
        .map(|place| Ok(cast(&call.array(place)?, call.returns)?))
        .collect::<Result<Vec<ArrayRef>>>()?;
    let converter = RowConverter::new(vec![SortField::new(call.returns.clone())])?;
    let keys = columns
        .iter()
        .map(|column| Ok(converter.convert_columns(std::slice::from_ref(column))?))
        .collect::<Result<Vec<_>>>()?;
    let chosen: Vec<(usize, usize)> = (0..call.rows)
        .map(|row| {
            let points =
                || (1..columns.len()).filter(|point| columns.get(*point).is_some_and(|c| c.is_valid(row)));
            let key = |column: usize| keys.get(column).map(|keys| keys.row(row));
            let is_null = columns.first().is_none_or(|values| values.is_null(row));
            let below = points().filter(|point| key(*point) <= key(0)).max_by_key(|point| key(*point));
            let point = below.or_else(|| points().min_by_key(|point| key(*point)));
            (if is_null { 0 } else { point.unwrap_or(0) }, row)
        })
        .collect();
    let columns: Vec<&dyn Array> = columns.iter().map(|column| &**column).collect();
    Ok(interleave(&columns, &chosen)?)
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{NULL, column, constant, rows, run, values};
    use rulehound_query::esql::Literal;
    use rulehound_query::esql::Type::*;

    /// The page "ROUND", and `RoundTests`.
    #[test]
    fn round() {
        let numbers = column(Double, values![-1.5, 1.25, 25.049, NULL, 0.5, [1.0, 2.0]]);
        assert_eq!(rows("round", std::slice::from_ref(&numbers)), values![-1.0, 1.0, 25.0, NULL, 1.0, NULL]);
        let one = constant(Integer, 1);
        assert_eq!(rows("round", &[numbers, one]), values![-1.5, 1.3, 25.0, NULL, 0.5, NULL]);
        let whole = column(Integer, values![1234, -1250, 49]);
        assert_eq!(rows("round", &[whole.clone(), constant(Integer, -2)]), values![1200, -1300, 0]);
        assert_eq!(rows("round", &[whole, constant(Integer, 2)]), values![1234, -1250, 49]);
        assert_eq!(rows("round", &[constant(Double, 12345.67), constant(Integer, -2)]), values![12300.0]);
    }

    /// The pages "ABS", "CEIL", "FLOOR": the type stays.
    #[test]
    fn numbers_keep_their_type() {
        assert_eq!(rows("abs", &[column(Integer, values![-3, 3, NULL])]), values![3, 3, NULL]);
        assert_eq!(rows("ceil", &[constant(Double, 1.8)]), values![2.0]);
        assert_eq!(rows("floor", &[constant(Double, -1.2)]), values![-2.0]);
        assert_eq!(rows("floor", &[constant(Long, 7_i64)]), values![7_i64]);
        assert_eq!(rows("copy_sign", &[constant(Double, 3.0), constant(Double, -2.0)]), values![-3.0]);
        let outcome = run("abs", &[column(Integer, values![i32::MIN])]);
        assert_eq!((outcome.rows, outcome.warnings.len()), (values![NULL].to_vec(), 1));
    }

    /// The pages "LOG", "POW", "SQRT", "HYPOT", "SCALB", "SIGNUM".
    #[test]
    fn functions_of_doubles() {
        for (name, args, wanted) in [
            ("log", vec![2.0, 8.0], 3.0),
            ("log10", vec![1000.0], 3.0),
            ("pow", vec![2.0, 2.0], 4.0),
            ("sqrt", vec![100.0], 10.0),
            ("cbrt", vec![1000.0], 10.0),
            ("hypot", vec![3.0, 4.0], 5.0),
            ("scalb", vec![3.0, 10.0], 3072.0),
            ("signum", vec![-100.0], -1.0),
            ("atan2", vec![0.0, 1.0], 0.0),
            ("to_degrees", vec![std::f64::consts::PI], 180.0),
            ("exp", vec![0.0], 1.0),
            ("cos", vec![0.0], 1.0),
        ] {
            let args: Vec<_> = match name {
                "scalb" => vec![constant(Double, 3.0), constant(Integer, 10)],
                _ => args.into_iter().map(|arg| constant(Double, arg)).collect(),
            };
            let found = rows(name, &args);
            let [Literal::Double(found)] = found.as_slice() else { panic!("{name}: {found:?}") };
            assert!((found - wanted).abs() < 1e-12, "{name}: {found}");
        }
        assert_eq!(rows("pi", &[]), values![std::f64::consts::PI]);
        // Whole numbers too, and null.
        assert_eq!(rows("sqrt", &[column(Integer, values![4, NULL])]), values![2.0, NULL]);
    }

    #[test]
    fn what_is_no_number_is_null_with_a_warning() {
        for (name, args) in [
            ("sqrt", vec![-1.0]),
            ("log", vec![0.0]),
            ("log10", vec![-1.0]),
            ("acos", vec![1.5]),
            ("exp", vec![1e6]),
            ("pow", vec![1e300, 2.0]),
            ("log", vec![1.0, 5.0]),
        ] {
            let args: Vec<_> = args.into_iter().map(|arg| column(Double, values![arg])).collect();
            let outcome = run(name, &args);
            assert_eq!((outcome.rows, outcome.warnings.len()), (values![NULL].to_vec(), 1), "{name}");
        }
    }

    /// The page "ROUND_TO".
    #[test]
    fn round_to_points() {
        let points = [constant(Integer, 10), constant(Integer, 0), constant(Integer, 5)];
        let field = column(Integer, values![-3, 4, 5, 11, NULL]);
        let args: Vec<_> = std::iter::once(field).chain(points).collect();
        assert_eq!(rows("round_to", &args), values![0, 0, 5, 10, NULL]);
    }
}
