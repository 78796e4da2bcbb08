//! Conversions. After "ES|QL type conversion functions" and `EsqlDataTypeConverter` of Elasticsearch.
//!
//! Each value of a row is converted. What has no counterpart in the type is null, with a warning; of several
//! values it is left out. Null gives null.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryBuilder, FixedSizeBinaryBuilder, Float64Builder,
    StructArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{
    DataType, DurationMillisecondType, Float64Type, Int32Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, TimeUnit, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{Expr, cast};
use rulehound_query::esql::{Literal, Type, parse_interval};
use rulehound_schema::{DateFormat, parse_ip};

use super::rows::{Given, map1, on_items};
use super::{Call, Implementation, Typed, java, text, version};
use crate::types::{arrow_type, item_type};

pub(super) const FUNCTIONS: &[Implementation] = &[
    // Strings are true if they say so in any case, numbers if they are not 0.
    conversion("to_boolean", |call| each(call, to_boolean)).or_native(|args| same(args, Type::Boolean)),
    // Strings are Well-Known Text: `POINT (1.5 -2)`.
    conversion("to_cartesianpoint", |call| each(call, to_point))
        .or_native(|args| same(args, Type::CartesianPoint)),
    conversion("to_geopoint", |call| each(call, to_point)).or_native(|args| same(args, Type::GeoPoint)),
    conversion("to_dateperiod", |call| each(call, to_period)).or_native(|args| same(args, Type::DatePeriod)),
    conversion("to_timeduration", |call| each(call, to_duration))
        .or_native(|args| same(args, Type::TimeDuration)),
    // Strings are ISO 8601, numbers milliseconds since the epoch.
    conversion("to_datetime", |call| each(call, to_date)).or_native(|args| same(args, Type::Date)),
    // Numbers are nanoseconds since the epoch, before which there are none.
    conversion("to_date_nanos", |call| each(call, to_date_nanos))
        .or_native(|args| same(args, Type::DateNanos)),
    conversion("to_double", |call| each(call, to_double)).or_native(|args| wider(args, Type::Double)),
    // Dates are milliseconds since the epoch, fractions are rounded half up, `true` is 1.
    conversion("to_integer", |call| each(call, to_integer)).or_native(|args| same(args, Type::Integer)),
    conversion("to_long", |call| each(call, to_long)).or_native(|args| wider(args, Type::Long)),
    // Fractions are cut off.
    conversion("to_unsigned_long", |call| each(call, to_unsigned_long))
        .or_native(|args| same(args, Type::UnsignedLong)),
    conversion("to_ip", |call| each(call, to_ip)).or_native(|args| same(args, Type::Ip)),
    conversion("to_version", |call| each(call, to_version)).or_native(|args| same(args, Type::Version)),
    // Dates are ISO 8601 with three decimals at least, doubles as Java writes them, points Well-Known Text.
    conversion("to_string", |call| each(call, to_string)).or_native(|args| same(args, Type::Keyword)),
];

const NO_NUMBER: &str = "not a number";
const NO_DATE: &str = "not a date in ISO 8601";
const NO_IP: &str = "not an IP address";
const NO_POINT: &str = "not a point in WKT";
const NO_INTERVAL: &str = "not an amount of time";
const NO_INTEGER: &str = "out of the range of integer";
const NO_LONG: &str = "out of the range of long";
const NO_UNSIGNED_LONG: &str = "out of the range of unsigned_long";
const NO_DATE_NANOS: &str = "out of the range of date_nanos";

const fn conversion(name: &'static str, compute: fn(&Call<'_>) -> Result<ArrayRef>) -> Implementation {
    Implementation::of_items(name, compute)
}

/// What has the type already.
fn same(args: &[Typed], ty: Type) -> Option<Expr> {
    match args {
        [arg] if arg.ty.no_text() == ty => Some(arg.expr.clone()),
        _ => None,
    }
}

/// Also a number that fits with all its values.
fn wider(args: &[Typed], ty: Type) -> Option<Expr> {
    match args {
        [arg] if !arg.is_list && matches!((arg.ty, ty), (Type::Integer, _) | (Type::Long, Type::Double)) => {
            Some(cast(arg.expr.clone(), arrow_type(ty)))
        }
        args => same(args, ty),
    }
}

fn each(call: &Call<'_>, f: fn(&Call<'_>, &ArrayRef) -> Result<ArrayRef>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    match item_type(array.data_type()) {
        DataType::Null => Ok(array),
        given if given == item_type(call.returns) => Ok(array),
        _ => on_items(&array, |items| f(call, items)),
    }
}

fn no_conversion(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    exec_err!("`{}` takes no {}", call.name, items.data_type())
}

/// A number, date or boolean as it is before it is fitted into a type.
#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Double(f64),
}

impl Number {
    /// Rounded half up, if it is in the range of `T`.
    fn rounded<T: TryFrom<i128>>(self, failure: &'static str) -> Given<T> {
        let whole = match self {
            Self::Integer(n) => n,
            Self::Double(n) => java::round(n) as i128,
        };
        T::try_from(whole).map(Some).map_err(|_| failure)
    }

    /// Elasticsearch takes 2^63, which rounds to the greatest long, for a long.
    fn long(self) -> Given<i64> {
        match self {
            Self::Double(9_223_372_036_854_775_808.0) => Ok(Some(i64::MAX)),
            other => other.rounded(NO_LONG),
        }
    }

    fn unsigned_long(self) -> Given<u64> {
        match self {
            Self::Double(n) if n < 0.0 => Err(NO_UNSIGNED_LONG),
            Self::Double(n) => Self::Integer(n as i128).unsigned_long(),
            Self::Integer(n) => u64::try_from(n).map(Some).map_err(|_| NO_UNSIGNED_LONG),
        }
    }

    fn double(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Double(n) => n,
        }
    }
}

/// Numbers of any type; `None` if there are none.
fn numbers(items: &ArrayRef) -> Option<Box<dyn Iterator<Item = Option<Number>> + '_>> {
    let integer = |n: i128| Number::Integer(n);
    Some(match items.data_type() {
        DataType::Boolean => Box::new(items.as_boolean().iter().map(move |n| n.map(|n| integer(n.into())))),
        DataType::Int32 => {
            Box::new(items.as_primitive::<Int32Type>().iter().map(move |n| n.map(|n| integer(n.into()))))
        }
        DataType::Int64 => {
            Box::new(items.as_primitive::<Int64Type>().iter().map(move |n| n.map(|n| integer(n.into()))))
        }
        DataType::UInt64 => {
            Box::new(items.as_primitive::<UInt64Type>().iter().map(move |n| n.map(|n| integer(n.into()))))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let dates = items.as_primitive::<TimestampMillisecondType>();
            Box::new(dates.iter().map(move |n| n.map(|n| integer(n.into()))))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let dates = items.as_primitive::<TimestampNanosecondType>();
            Box::new(dates.iter().map(move |n| n.map(|n| integer(n.into()))))
        }
        DataType::Float64 => {
            Box::new(items.as_primitive::<Float64Type>().iter().map(|n| n.map(Number::Double)))
        }
        _ => return None,
    })
}

/// What numbers and strings give, where both are taken.
fn from_numbers<'a, T: 'a>(
    call: &Call<'_>,
    items: &'a ArrayRef,
    of_number: impl Fn(Number) -> Given<T> + 'a,
    of_string: impl Fn(&str) -> Given<T> + 'a,
) -> Result<Box<dyn Iterator<Item = Given<T>> + 'a>> {
    if let Some(strings) = items.as_string_view_opt() {
        return Ok(Box::new(map1(strings, of_string)));
    }
    match numbers(items) {
        Some(numbers) => Ok(Box::new(numbers.map(move |n| n.map_or(Ok(None), &of_number)))),
        None => exec_err!("`{}` takes no {}", call.name, items.data_type()),
    }
}

fn to_boolean(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let of_number = |n: Number| Ok(Some(n.double() != 0.0));
    let of_string = |text: &str| Ok(Some(text.eq_ignore_ascii_case("true")));
    call.booleans_of(from_numbers(call, items, of_number, of_string)?)
}

/// A number of the base that is the second argument; of base 16 also with `0x` before it. After
/// `ToIntegerBase`.
fn of_base<T>(text: &str, base: i32, parse: fn(&str, u32) -> Option<T>) -> Given<T> {
    let digits = if base == 16 { text.strip_prefix("0x").unwrap_or(text) } else { text };
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    base.and_then(|base| parse(digits, base)).map(Some).ok_or(NO_NUMBER)
}

/// The base, if there is one.
fn base(call: &Call<'_>) -> Option<i32> {
    match call.constant(1) {
        Some(ScalarValue::Int32(Some(base))) if *base != 10 => Some(*base),
        _ => None,
    }
}

fn to_integer(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    if let (Some(base), Some(strings)) = (base(call), items.as_string_view_opt()) {
        let parse = |text: &str, base| i32::from_str_radix(text, base).ok();
        return call.primitives_of::<Int32Type>(map1(strings, |text| of_base(text, base, parse)));
    }
    let of_string = |text: &str| match text.parse() {
        Ok(n) => Ok(Some(n)),
        Err(_) => parsed(text)?.rounded(NO_INTEGER),
    };
    call.primitives_of::<Int32Type>(from_numbers(call, items, |n| n.rounded(NO_INTEGER), of_string)?)
}

fn to_long(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    if let (Some(base), Some(strings)) = (base(call), items.as_string_view_opt()) {
        let parse = |text: &str, base| i64::from_str_radix(text, base).ok();
        return call.primitives_of::<Int64Type>(map1(strings, |text| of_base(text, base, parse)));
    }
    let of_string = |text: &str| match text.parse() {
        Ok(n) => Ok(Some(n)),
        Err(_) => parsed(text)?.long(),
    };
    call.primitives_of::<Int64Type>(from_numbers(call, items, Number::long, of_string)?)
}

fn to_unsigned_long(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let of_string = |text: &str| match text.parse() {
        Ok(n) => Ok(Some(n)),
        Err(_) => parsed(text)?.unsigned_long(),
    };
    call.primitives_of::<UInt64Type>(from_numbers(call, items, Number::unsigned_long, of_string)?)
}

fn to_double(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let of_string = |text: &str| Ok(Some(parsed(text)?.double()));
    call.primitives_of::<Float64Type>(from_numbers(call, items, |n| Ok(Some(n.double())), of_string)?)
}

/// A finite number.
fn parsed(text: &str) -> std::result::Result<Number, &'static str> {
    java::parse_double(text).filter(|n| n.is_finite()).map(Number::Double).ok_or(NO_NUMBER)
}

fn to_date(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    if let Some(nanoseconds) = items.as_primitive_opt::<TimestampNanosecondType>() {
        let dates = map1(nanoseconds, |ns: i64| Ok(Some(ns.div_euclid(1_000_000))));
        return call.primitives_of::<TimestampMillisecondType>(dates);
    }
    let of_string = |text: &str| match DateFormat::StrictDateOptionalTime.read(text) {
        Some(ns) => Number::Integer(ns.div_euclid(1_000_000)).long(),
        None => Err(NO_DATE),
    };
    call.primitives_of::<TimestampMillisecondType>(from_numbers(call, items, Number::long, of_string)?)
}

fn to_date_nanos(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let in_range = |ns: Number| match ns.rounded::<i64>(NO_DATE_NANOS) {
        Ok(Some(ns)) if ns < 0 => Err(NO_DATE_NANOS),
        given => given,
    };
    if let Some(milliseconds) = items.as_primitive_opt::<TimestampMillisecondType>() {
        let dates = map1(milliseconds, |ms: i64| in_range(Number::Integer(i128::from(ms) * 1_000_000)));
        return call.primitives_of::<TimestampNanosecondType>(dates);
    }
    let of_string = |text: &str| match DateFormat::StrictDateOptionalTime.read(text) {
        Some(ns) => in_range(Number::Integer(ns)),
        None => Err(NO_DATE),
    };
    call.primitives_of::<TimestampNanosecondType>(from_numbers(call, items, in_range, of_string)?)
}

fn to_ip(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let Some(strings) = items.as_string_view_opt() else { return no_conversion(call, items) };
    let mut builder = FixedSizeBinaryBuilder::with_capacity(strings.len(), 16);
    let mut result = Ok(());
    call.each(map1(strings, |text| parse_ip(text).map(Some).ok_or(NO_IP)), |address| match address {
        Some(address) => result = builder.append_value(address.octets()),
        None => builder.append_null(),
    });
    result?;
    Ok(Arc::new(builder.finish()))
}

fn to_version(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let Some(strings) = items.as_string_view_opt() else { return no_conversion(call, items) };
    let mut builder = BinaryBuilder::with_capacity(strings.len(), 0);
    strings.iter().for_each(|text| builder.append_option(text.map(version::encode)));
    Ok(Arc::new(builder.finish()))
}

fn to_period(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let Some(strings) = items.as_string_view_opt() else { return no_conversion(call, items) };
    call.primitives_of::<IntervalMonthDayNanoType>(map1(strings, |text| match parse_interval(text) {
        Some(Literal::DatePeriod { months, days }) => Ok(Some(IntervalMonthDayNano::new(months, days, 0))),
        _ => Err(NO_INTERVAL),
    }))
}

fn to_duration(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let Some(strings) = items.as_string_view_opt() else { return no_conversion(call, items) };
    call.primitives_of::<DurationMillisecondType>(map1(strings, |text| match parse_interval(text) {
        Some(Literal::TimeDuration(ms)) => Ok(Some(ms)),
        _ => Err(NO_INTERVAL),
    }))
}

fn to_point(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    let (Some(strings), DataType::Struct(fields)) = (items.as_string_view_opt(), item_type(call.returns))
    else {
        return no_conversion(call, items);
    };
    let (mut x, mut y) = (Float64Builder::new(), Float64Builder::new());
    let mut valid = Vec::with_capacity(strings.len());
    call.each(map1(strings, |text| point(text).map(Some).ok_or(NO_POINT)), |point| {
        let (at_x, at_y) = point.unwrap_or_default();
        x.append_value(at_x);
        y.append_value(at_y);
        valid.push(point.is_some());
    });
    let coordinates: Vec<ArrayRef> = vec![Arc::new(x.finish()), Arc::new(y.finish())];
    Ok(Arc::new(StructArray::try_new(fields.clone(), coordinates, Some(NullBuffer::from(valid)))?))
}

/// `POINT (x y)`, maybe with a height.
fn point(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let (name, coordinates) = text.split_once('(')?;
    let coordinates = coordinates.strip_suffix(')').filter(|_| name.trim().eq_ignore_ascii_case("point"))?;
    let mut numbers = coordinates.split_whitespace().map(java::parse_double);
    let point = (numbers.next()??, numbers.next()??);
    let height = numbers.next();
    (height != Some(None) && numbers.next().is_none()).then_some(point)
}

fn to_string(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef> {
    fn numbers<T: ArrowPrimitiveType>(call: &Call<'_>, items: &ArrayRef) -> Result<ArrayRef>
    where
        T::Native: ToString,
    {
        call.strings_of(map1(items.as_primitive::<T>(), |n| Ok(Some(n.to_string()))))
    }
    match items.data_type() {
        DataType::Boolean => {
            call.strings_of(map1(items.as_boolean(), |b| Ok(Some(if b { "true" } else { "false" }))))
        }
        DataType::Int32 => numbers::<Int32Type>(call, items),
        DataType::Int64 => numbers::<Int64Type>(call, items),
        DataType::UInt64 => numbers::<UInt64Type>(call, items),
        DataType::Float64 => {
            let doubles = items.as_primitive::<Float64Type>();
            call.strings_of(map1(doubles, |n| Ok(Some(java::double_to_string(n)))))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let dates = items.as_primitive::<TimestampMillisecondType>();
            call.strings_of(map1(dates, |ms| Ok(Some(text::date(ms)))))
        }
        DataType::Timestamp(..) => {
            let dates = items.as_primitive::<TimestampNanosecondType>();
            call.strings_of(map1(dates, |ns| Ok(Some(text::date_nanos(ns)))))
        }
        DataType::FixedSizeBinary(_) => {
            call.strings_of(map1(items.as_fixed_size_binary(), |octets| Ok(Some(text::ip(octets)))))
        }
        DataType::Binary => {
            call.strings_of(map1(items.as_binary::<i32>(), |bytes| Ok(Some(text::version(bytes)))))
        }
        DataType::LargeUtf8 => call.strings_of(map1(items.as_string::<i64>(), |text| Ok(Some(text)))),
        DataType::Struct(_) => {
            let points = items.as_struct();
            let [x, y] = points.columns() else { return no_conversion(call, items) };
            let (x, y) = (x.as_primitive::<Float64Type>(), y.as_primitive::<Float64Type>());
            call.strings_of(
                (0..points.len())
                    .map(|row| Ok(points.is_valid(row).then(|| text::point(x.value(row), y.value(row))))),
            )
        }
        _ => no_conversion(call, items),
    }
}

#[cfg(test)]
mod tests;
