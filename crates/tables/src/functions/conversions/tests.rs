//! Values made after "ES|QL type conversion functions" and `EsqlDataTypeConverter` of Elasticsearch.

use rulehound_query::esql::functions::SignatureError;
use rulehound_query::esql::{Literal, Type, Type::*};

use crate::functions::testing::{Arg, NULL, column, constant, nested, refused, rows, run, text, values};

fn each(name: &'static str, args: impl IntoIterator<Item = Arg>) -> Vec<Literal> {
    args.into_iter().map(|arg| rows(name, &[arg]).remove(0)).collect()
}

fn strings(name: &'static str, texts: &[&str]) -> Vec<Literal> {
    rows(name, &[column(Keyword, texts.iter().map(|text| Literal::Keyword((*text).into())))])
}

#[test]
fn to_boolean() {
    assert_eq!(
        strings("to_boolean", &["true", "TRuE", "false", "", "yes", "1"]),
        values![true, true, false, false, false, false]
    );
    assert_eq!(
        each(
            "to_boolean",
            [constant(Integer, 0), constant(Long, -1_i64), constant(Double, 0.0), constant(Null, NULL)]
        ),
        values![false, true, false, NULL]
    );
    assert!(matches!(refused("to_boolean", &[column(Date, [NULL])]), SignatureError::Type { .. }));
}

#[test]
fn to_integer() {
    let given = strings("to_integer", &["501", "-7.5", "1e2", " 3 ", "2147483648", "abc", ""]);
    assert_eq!(given, values![501, -7, 100, 3, NULL, NULL, NULL]);
    let given = each(
        "to_integer",
        [
            constant(Double, 2.5),
            constant(Double, -2.5),
            constant(Double, 3e9),
            constant(Long, 5_013_792_i64),
            constant(Long, i64::MAX),
            constant(UnsignedLong, 7_u64),
            constant(Boolean, true),
            constant(Date, Literal::Date(1_000)),
        ],
    );
    assert_eq!(given, values![3, -2, NULL, 5_013_792, NULL, 7, 1, 1_000]);
    let outcome = run("to_integer", &[column(Keyword, values!["x", "y", "1"])]);
    assert_eq!(outcome.warnings, [("to_integer".to_owned(), "not a number".to_owned(), 2)]);
}

#[test]
fn to_long() {
    let given =
        strings("to_long", &["2147483648", "12.9", "9223372036854775807", "9223372036854775808", "1e30"]);
    assert_eq!(given, values![2_147_483_648_i64, 13_i64, i64::MAX, i64::MAX, NULL]);
    let given = each(
        "to_long",
        [
            constant(Integer, 4),
            constant(UnsignedLong, u64::MAX),
            constant(Date, Literal::Date(1_698_069_301_543)),
            constant(DateNanos, Literal::DateNanos(5)),
            constant(Boolean, false),
        ],
    );
    assert_eq!(given, values![4_i64, NULL, 1_698_069_301_543_i64, 5_i64, 0_i64]);
}

#[test]
fn to_unsigned_long() {
    let given = strings("to_unsigned_long", &["2147483648", "12.9", "18446744073709551615", "-1", "x"]);
    assert_eq!(given, values![2_147_483_648_u64, 12_u64, u64::MAX, NULL, NULL]);
    let given =
        each("to_unsigned_long", [constant(Double, 1.9), constant(Double, -0.5), constant(Integer, -1)]);
    assert_eq!(given, values![1_u64, NULL, NULL]);
}

#[test]
fn to_double() {
    assert_eq!(
        strings("to_double", &["5.20128E11", "-.5", "foo", "1e999"]),
        values![5.201_28e11, -0.5, NULL, NULL]
    );
    let given = each(
        "to_double",
        [
            constant(Integer, 2),
            constant(Long, 3_i64),
            constant(Boolean, true),
            constant(Date, Literal::Date(7)),
        ],
    );
    assert_eq!(given, values![2.0, 3.0, 1.0, 7.0]);
    assert_eq!(rows("to_double", &[column(Integer, values![[1, 2], NULL])]), values![[1.0, 2.0], NULL]);
}

#[test]
fn to_string() {
    let given = each(
        "to_string",
        [
            constant(Integer, -1),
            constant(Long, i64::MIN),
            constant(UnsignedLong, u64::MAX),
            constant(Double, 10.0),
            constant(Double, 1.5e-7),
            constant(Boolean, true),
            constant(Date, Literal::Date(1_704_067_200_000)),
            constant(DateNanos, Literal::DateNanos(1_704_067_200_000_000_001)),
            nested("to_ip", &[text("10.1.2.3")]),
            nested("to_ip", &[text("2001:DB8:0:0::1")]),
            nested("to_version", &[text("1.2.3-beta+7")]),
            nested("to_geopoint", &[text("point(42.97109630194 14.7552534413725)")]),
            nested("to_cartesianpoint", &[text("POINT (4297.11 -1475.53 9)")]),
            text("as it is"),
            constant(Null, NULL),
        ],
    );
    let expected = values![
        "-1",
        "-9223372036854775808",
        "18446744073709551615",
        "10.0",
        "1.5E-7",
        "true",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00.000000001Z",
        "10.1.2.3",
        "2001:db8::1",
        "1.2.3-beta+7",
        "POINT (42.97109630194 14.7552534413725)",
        "POINT (4297.11 -1475.53)",
        "as it is",
        NULL,
    ];
    assert_eq!(given, expected);
    assert_eq!(run("to_string", &[column(Text, values!["a"])]).ty, Keyword);
}

#[test]
fn to_datetime() {
    let given = strings(
        "to_datetime",
        &[
            "1953-09-02T00:00:00Z",
            "1964-06-02",
            "1964-06-02T00:00:00.123456Z",
            "1964",
            "1698069301543",
            "02/09/53",
        ],
    );
    let dates = [
        Some(-515_376_000_000),
        Some(-176_169_600_000),
        Some(-176_169_599_877),
        Some(-189_388_800_000),
        None,
        None,
    ];
    assert_eq!(given, dates.map(|ms| ms.map_or(NULL, Literal::Date)));
    let given = each(
        "to_datetime",
        [
            constant(Integer, 1),
            constant(Long, 2_i64),
            constant(Double, 2.5),
            constant(DateNanos, Literal::DateNanos(3_999_999)),
        ],
    );
    assert_eq!(given, [1, 2, 3, 3].map(Literal::Date));
}

#[test]
fn to_date_nanos() {
    let given =
        strings("to_date_nanos", &["2023-10-23T12:27:28.948123456Z", "1969-12-31", "2263-01-01", "x"]);
    assert_eq!(given, [Literal::DateNanos(1_698_064_048_948_123_456), NULL, NULL, NULL]);
    let given = each(
        "to_date_nanos",
        [
            constant(Date, Literal::Date(1)),
            constant(Date, Literal::Date(-1)),
            constant(Long, 5_i64),
            constant(Long, -5_i64),
        ],
    );
    assert_eq!(given, [Literal::DateNanos(1_000_000), NULL, Literal::DateNanos(5), NULL]);
}

#[test]
fn to_ip() {
    let given =
        strings("to_ip", &["1.1.1.1", "fe80::2", "::ffff:1.1.1.1", "1.1.01.1", "fe80::1%eth0", "foo"]);
    let ip = |text: &str| rulehound_schema::parse_ip(text).map_or(NULL, Literal::Ip);
    assert_eq!(given, [ip("1.1.1.1"), ip("fe80::2"), ip("1.1.1.1"), NULL, NULL, NULL]);
}

#[test]
fn amounts_of_time() {
    assert_eq!(rows("to_dateperiod", &[text("3 DAYS")]), [Literal::DatePeriod { months: 0, days: 3 }]);
    assert_eq!(rows("to_timeduration", &[text("3 hours")]), [Literal::TimeDuration(10_800_000)]);
    assert_eq!(rows("to_timeduration", &[text("3 days")]), [NULL]);
    let error = refused("to_dateperiod", &[column(Keyword, values!["3 days"])]);
    assert!(matches!(error, SignatureError::NotConstant { .. }));
}

#[test]
fn points() {
    let text_of = |wkt: &str| rows("to_string", &[nested("to_geopoint", &[text(wkt)])]).remove(0);
    for wkt in [
        "POINT EMPTY",
        "POINT (1)",
        "POINT (1 a)",
        "LINESTRING (1 2, 3 4)",
        "POINT (1 2 3 4)",
        "1 2",
        "POINT (1 2",
    ] {
        assert_eq!(text_of(wkt), NULL, "{wkt}");
    }
    assert_eq!(text_of(" Point(1e2 -3)"), Literal::Keyword("POINT (100.0 -3.0)".into()));
}

#[test]
fn values_that_do_not_fit_are_left_out() {
    let outcome = run("to_integer", &[column(Keyword, values![["1", "x", "3"], ["y", "z"], "4", NULL])]);
    assert_eq!(outcome.rows, values![[1, 3], NULL, 4, NULL]);
    assert_eq!(outcome.warnings[0].2, 3);
    // Constants too.
    let list = constant(Keyword, ["10.0.0.1", "10.0.0.2"]);
    assert_eq!(rows("to_string", &[nested("to_ip", &[list])]), values![["10.0.0.1", "10.0.0.2"]]);
}

#[test]
fn what_has_the_type_stays() {
    for (name, ty, value) in [
        ("to_integer", Integer, Literal::Integer(1)),
        ("to_long", Long, Literal::Long(1)),
        ("to_double", Double, Literal::Double(0.5)),
        ("to_unsigned_long", UnsignedLong, Literal::UnsignedLong(1)),
        ("to_boolean", Boolean, Literal::Boolean(true)),
        ("to_datetime", Date, Literal::Date(1)),
        ("to_date_nanos", DateNanos, Literal::DateNanos(1)),
        ("to_ip", Ip, Literal::Ip(std::net::Ipv6Addr::LOCALHOST)),
        ("to_version", Version, Literal::Version("1.2".into())),
        ("to_string", Keyword, Literal::Keyword("x".into())),
        ("to_timeduration", TimeDuration, Literal::TimeDuration(1)),
    ] {
        let outcome = run(name, &[constant(ty, value.clone())]);
        assert_eq!((outcome.ty, outcome.rows), (ty, vec![value]), "{name}");
    }
    for (alias, name) in [
        ("to_int", "to_integer"),
        ("to_dt", "to_datetime"),
        ("to_ul", "to_unsigned_long"),
        ("to_str", "to_string"),
    ] {
        let function = rulehound_query::esql::functions::scalar(alias);
        assert_eq!(function.map(|function| function.name()), Some(name));
    }
}

#[test]
fn numbers_of_a_base() {
    let of_base = |name, texts: &[&str], base: i32| {
        let texts = column(Keyword, texts.iter().map(|text| Literal::Keyword((*text).into())));
        rows(name, &[texts, constant(Integer, base)])
    };
    assert_eq!(of_base("to_integer", &["ff", "0x1F", "-10", "g"], 16), values![255, 31, -16, NULL]);
    assert_eq!(of_base("to_long", &["101", "2", "1e1"], 2), values![5_i64, NULL, NULL]);
    assert_eq!(of_base("to_integer", &["12.5"], 10), values![13]);
    assert_eq!(of_base("to_integer", &["1"], 99), values![NULL]);
    let error = refused("to_integer", &[text("1"), column(Integer, values![2])]);
    assert!(matches!(error, SignatureError::NotConstant { place: 1, .. }));
}

/// Each signature is kept: whatever type it lets through is computed.
#[test]
fn every_source_is_converted() {
    let sources: [(Type, Arg); 11] = [
        (Boolean, constant(Boolean, true)),
        (Integer, constant(Integer, 1)),
        (Long, constant(Long, 1_i64)),
        (UnsignedLong, constant(UnsignedLong, 1_u64)),
        (Double, constant(Double, 1.0)),
        (Keyword, text("1")),
        (Date, constant(Date, Literal::Date(1))),
        (DateNanos, constant(DateNanos, Literal::DateNanos(1))),
        (Ip, nested("to_ip", &[text("::1")])),
        (Version, nested("to_version", &[text("1")])),
        (GeoPoint, nested("to_geopoint", &[text("POINT (1 1)")])),
    ];
    for function in rulehound_query::esql::functions::scalars().filter(|f| f.name().starts_with("to_")) {
        for (ty, source) in &sources {
            let param = &function.0.params[0];
            if param.types.contains(ty) && !param.constant {
                assert_eq!(rows(function.name(), std::slice::from_ref(source)).len(), 1);
            }
        }
    }
}
