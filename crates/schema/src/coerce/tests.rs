use super::Scalar::{self, Bool, F64, I64, Null, Str, U64};
use crate::FieldType::{
    self, Boolean, Date, DateNanos, Double, GeoPoint, Ip, Keyword, Long, Object, UnsignedLong,
};
use crate::{Field, Misfit, Value};

fn coerce(field_type: FieldType, scalar: Scalar<'_>) -> Result<Option<Value<'_>>, Misfit> {
    super::coerce(&Field::new("field", field_type), scalar)
}

fn check<'a>(field_type: FieldType, scalar: Scalar<'a>, expected: impl Into<Option<Value<'a>>>) {
    assert_eq!(coerce(field_type, scalar), Ok(expected.into()), "{scalar:?} as {field_type}");
}

fn misfit(field_type: FieldType, scalars: &[Scalar<'_>]) {
    for scalar in scalars {
        assert_eq!(coerce(field_type, *scalar), Err(Misfit), "{scalar:?} as {field_type}");
    }
}

#[test]
fn null_is_no_value() {
    for field_type in [Keyword, Long, Boolean, Date, Ip, GeoPoint] {
        check(field_type, Null, None);
    }
    check(GeoPoint, Str("1,2"), None);
    check(Object, Str("x"), None);
}

#[test]
fn keywords_take_the_text_of_every_scalar() {
    for (scalar, text) in [
        (Str("A b"), "A b"),
        (Str(""), ""),
        (I64(-3), "-3"),
        (U64(u64::MAX), "18446744073709551615"),
        (F64(1.0), "1.0"),
        (F64(0.25), "0.25"),
        (Bool(true), "true"),
    ] {
        check(Keyword, scalar, Value::String(text.into()));
    }
}

#[test]
fn longs_lose_decimals_and_keep_their_range() {
    for (scalar, n) in [
        (I64(5), 5),
        (Str("123"), 123),
        (Str("-7.9"), -7),
        (Str("9223372036854775807"), i64::MAX),
        (Str("9223372036854775807.5"), i64::MAX),
        (Str("1e3"), 1000),
        (F64(2.9), 2),
        (F64(-2.9), -2),
        (F64(-9_223_372_036_854_775_808.0), i64::MIN),
    ] {
        check(Long, scalar, Value::Long(n));
    }
    check(Long, Str(""), None);
    misfit(
        Long,
        &[
            Str("x"),
            Str(" 12 "),
            Str("0x10"),
            Str("9223372036854775808"),
            Str("."),
            Str("nan"),
            Bool(true),
            U64(u64::MAX),
            F64(9_223_372_036_854_775_808.0),
            F64(f64::NAN),
        ],
    );
}

#[test]
fn unsigned_longs_are_whole() {
    check(UnsignedLong, Str("18446744073709551615"), Value::UnsignedLong(u64::MAX));
    check(UnsignedLong, I64(7), Value::UnsignedLong(7));
    misfit(UnsignedLong, &[I64(-1), F64(1.0), Str("1.5"), Str("18446744073709551616"), Bool(false)]);
}

#[test]
fn doubles_are_finite() {
    check(Double, Str(" 1.5 "), Value::Double(1.5));
    check(Double, I64(2), Value::Double(2.0));
    check(Double, Str(""), None);
    misfit(Double, &[Str("NaN"), Str("inf"), Str("1e999"), F64(f64::INFINITY), Bool(true), Str("1,5")]);
}

#[test]
fn booleans_are_spelt_in_lower_case() {
    check(Boolean, Bool(true), Value::Boolean(true));
    check(Boolean, Str("true"), Value::Boolean(true));
    check(Boolean, Str("false"), Value::Boolean(false));
    check(Boolean, Str(""), Value::Boolean(false));
    misfit(Boolean, &[Str("True"), Str("yes"), I64(1), F64(0.0)]);
}

#[test]
fn dates_take_text_and_milliseconds() {
    check(Date, Str("1970-01-01T00:00:01.5Z"), Value::Date(1500));
    check(Date, I64(1_600_000_000_000), Value::Date(1_600_000_000_000));
    check(Date, F64(1_600_000_000_000.0), Value::Date(1_600_000_000_000));
    check(Date, Str("-1"), Value::Date(-1));
    // What is below a millisecond is cut off towards the past.
    check(Date, Str("1969-12-31T23:59:59.9999Z"), Value::Date(-1));
    check(DateNanos, Str("1970-01-01T00:00:00.000000007Z"), Value::DateNanos(7));
    check(DateNanos, I64(2), Value::DateNanos(2_000_000));
    misfit(Date, &[Bool(true), Str(""), Str("yesterday")]);
    misfit(DateNanos, &[I64(-1), Str("2300-01-01")]);
}

#[test]
fn addresses_of_version_4_are_held_mapped() {
    for (text, expected) in [
        ("10.1.2.3", "::ffff:10.1.2.3"),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.3"),
        ("2001:DB8::1", "2001:db8::1"),
    ] {
        assert_eq!(coerce(Ip, Str(text)).map(|v| v.map(|v| v == Value::Ip(expected.parse().unwrap_or(std::net::Ipv6Addr::LOCALHOST)))), Ok(Some(true)), "{text}");
    }
    misfit(
        Ip,
        &[
            Str(""),
            Str("-"),
            Str("LOCAL"),
            Str("10.1.2"),
            Str("010.1.2.3"),
            Str("10.0.0.0/8"),
            Str("fe80::1%2"),
            I64(1),
        ],
    );
}

#[test]
fn json_gives_scalars() {
    for (json, expected) in [
        ("null", Ok(Null)),
        ("true", Ok(Bool(true))),
        ("-5", Ok(I64(-5))),
        ("18446744073709551615", Ok(U64(u64::MAX))),
        ("1.5", Ok(F64(1.5))),
        ("[]", Err(Misfit)),
        ("{}", Err(Misfit)),
    ] {
        let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
        assert_eq!(Scalar::try_from(&value), expected, "{json}");
    }
}
