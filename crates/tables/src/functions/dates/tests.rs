//! What Elastic's pages of the functions tell, and `null`, several values and wrong types beside it.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;
use rulehound_schema::parse_date;

use crate::functions::testing::{Arg, NULL, column, constant, refused, rows, run, text, values};

fn date(text: &str) -> Literal {
    Literal::Date((parse_date(text).unwrap() / 1_000_000) as i64)
}

fn dates<const N: usize>(texts: [&str; N]) -> Arg {
    column(Date, texts.map(|text| if text.is_empty() { NULL } else { date(text) }))
}

fn months(months: i32) -> Arg {
    constant(DatePeriod, Literal::DatePeriod { months, days: 0 })
}

fn days(days: i32) -> Arg {
    constant(DatePeriod, Literal::DatePeriod { months: 0, days })
}

fn milliseconds(length: i64) -> Arg {
    constant(TimeDuration, Literal::TimeDuration(length))
}

/// The page "DATE_TRUNC" and `DateTruncTests`, for the intervals of `DateTrunc.createRounding`.
#[test]
fn dates_round_down_to_multiples() {
    for (interval, moment, wanted) in [
        (days(1), "2023-02-17T10:25:33.38Z", "2023-02-17"),
        (days(7), "2023-02-17T10:25:33.38Z", "2023-02-13"),
        (days(7), "2023-02-13T00:00:00Z", "2023-02-13"),
        (days(30), "2023-02-17T10:25:33.38Z", "2023-01-23"),
        (months(1), "2023-02-17T10:25:33.38Z", "2023-02-01"),
        (months(3), "2023-02-17T10:25:33.38Z", "2023-01-01"),
        (months(6), "2023-12-31T23:59:59.999Z", "2023-07-01"),
        (months(12), "2023-02-17T10:25:33.38Z", "2023-01-01"),
        (months(60), "2023-02-17T10:25:33.38Z", "2021-01-01"),
        (months(1), "1969-12-31T00:00:00Z", "1969-12-01"),
        (milliseconds(60_000), "2023-02-17T10:25:33.38Z", "2023-02-17T10:25:00Z"),
        (milliseconds(1_800_000), "2023-02-17T10:25:33.38Z", "2023-02-17T10:00:00Z"),
        (milliseconds(3_600_000), "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z"),
        (milliseconds(25_200_000), "2023-02-17T10:25:33.38Z", "2023-02-17T04:00:00Z"),
    ] {
        let found = rows("date_trunc", &[interval.clone(), dates([moment])]);
        assert_eq!(found, [date(wanted)], "{interval:?} {moment}");
    }
    let several = column(Date, [NULL, Literal::List(vec![date("2024-01-02"), date("2024-02-03")])]);
    assert_eq!(rows("date_trunc", &[days(1), several]), values![NULL, NULL]);
    let nanos = column(DateNanos, [Literal::DateNanos(1_676_629_533_380_123_456)]);
    let found = rows("date_trunc", &[milliseconds(1_000), nanos]);
    assert_eq!(found, [Literal::DateNanos(1_676_629_533_000_000_000)]);
    refused("date_trunc", &[days(1), column(Integer, values![1])]);
}

/// The page "DATE_DIFF": whole units; names and abbreviations.
#[test]
fn differences_count_whole_units() {
    let start = "2023-12-02T11:00:00.000Z";
    let end = "2023-12-02T11:00:00.001Z";
    for (unit, start, end, wanted) in [
        ("microseconds", start, end, 1000),
        ("MS", start, end, 1),
        ("year", "2023-12-31T23:59:59.999Z", "2024-01-01T00:00:00Z", 0),
        ("year", "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", 1),
        ("yy", "2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z", -1),
        ("quarter", "2023-01-31T00:00:00Z", "2023-07-30T00:00:00Z", 1),
        ("months", "2023-01-31T12:00:00Z", "2023-02-28T12:00:00Z", 0),
        ("m", "2023-03-31T12:00:00Z", "2023-01-31T11:59:00Z", -2),
        ("wk", "2023-01-01T00:00:00Z", "2023-01-15T00:00:00Z", 2),
        ("dw", "2023-01-01T00:00:00Z", "2023-01-03T23:00:00Z", 2),
        ("hh", "2023-01-01T00:00:00Z", "2022-12-31T22:30:00Z", -1),
        ("minute", "2023-01-01T00:00:00Z", "2023-01-01T01:00:59Z", 60),
        ("seconds", "2023-01-01T00:00:00Z", "2023-01-01T00:05:00Z", 300),
        ("ns", "2023-01-01T00:00:00Z", "2023-01-01T00:00:00.002Z", 2_000_000),
    ] {
        let found = rows("date_diff", &[text(unit), dates([start]), dates([end])]);
        assert_eq!(found, values![wanted], "{unit} {start} {end}");
    }
    let outcome = run(
        "date_diff",
        &[text("ns"), dates(["2023-01-01", "", "2023-01-01"]), dates(["2024-01-01", "2024-01-01", ""])],
    );
    assert_eq!(outcome.rows, values![NULL, NULL, NULL]);
    assert_eq!(outcome.warnings, [("date_diff".to_owned(), "out of [integer] range".to_owned(), 1)]);
    let units = column(Keyword, values!["day", "fortnight", NULL]);
    let start = dates(["2023-01-01", "2023-01-01", "2023-01-01"]);
    let outcome =
        run("date_diff", &[units, start.clone(), dates(["2023-01-02", "2023-01-02", "2023-01-02"])]);
    assert_eq!(outcome.rows, values![1, NULL, NULL]);
    assert_eq!(outcome.warnings.len(), 1);
    refused("date_diff", &[constant(Integer, 1), start.clone(), start]);
}

/// The page "DATE_EXTRACT", and Java's `ChronoField`.
#[test]
fn parts() {
    let moment = || dates(["2022-05-06T13:14:15.016Z", ""]);
    for (part, wanted) in [
        ("year", 2022_i64),
        ("month_of_year", 5),
        ("day_of_month", 6),
        ("day_of_week", 5),
        ("day_of_year", 126),
        ("hour_of_day", 13),
        ("HOUR_OF_AMPM", 1),
        ("ampm_of_day", 1),
        ("minute_of_hour", 14),
        ("second_of_minute", 15),
        ("milli_of_second", 16),
        ("minute_of_day", 794),
        ("epoch_day", 19_118),
        ("proleptic_month", 24_268),
        ("aligned_week_of_month", 1),
    ] {
        assert_eq!(rows("date_extract", &[text(part), moment()]), values![wanted, NULL], "{part}");
    }
}

/// The pages "DATE_FORMAT", "DATE_PARSE", "DAY_NAME", "MONTH_NAME".
#[test]
fn dates_as_text() {
    let moment = || dates(["2022-05-06T09:04:15.016Z", ""]);
    for (pattern, wanted) in [
        ("yyyy-MM-dd", "2022-05-06"),
        ("dd/MM/yy HH:mm:ss.SSS", "06/05/22 09:04:15.016"),
        ("h:mm a, EEE d MMM yyyy", "9:04 AM, Fri 6 May 2022"),
        ("EEEE 'the' D''", "Friday the 126'"),
        ("yyyy-MM-dd'T'HH:mm:ssX", "2022-05-06T09:04:15Z"),
        ("strict_date_optional_time", "2022-05-06T09:04:15.016Z"),
    ] {
        assert_eq!(rows("date_format", &[text(pattern), moment()]), values![wanted, NULL], "{pattern}");
    }
    assert_eq!(rows("date_format", &[moment()]), values!["2022-05-06T09:04:15.016Z", NULL]);
    assert_eq!(rows("day_name", &[moment()]), values!["Friday", NULL]);
    assert_eq!(rows("month_name", &[moment()]), values!["May", NULL]);
    let texts = column(Keyword, values!["06/05/2022", "2022", NULL]);
    let outcome = run("date_parse", &[text("dd/MM/yyyy"), texts]);
    assert_eq!(outcome.rows, [date("2022-05-06"), NULL, NULL]);
    assert_eq!(outcome.warnings.len(), 1);
    assert_eq!(rows("date_parse", &[text("2022-05-06T09:04Z")]), [date("2022-05-06T09:04:00Z")]);
    refused("day_name", &[constant(Integer, 1)]);
}

/// The page "BUCKET".
#[test]
fn buckets() {
    let hired = || dates(["1985-07-09T12:00:00Z", "1985-11-19T00:00:00Z", ""]);
    let year = || [constant(Date, date("1985-01-01")), constant(Date, date("1986-01-01"))];
    let of_year = |count: i32| {
        let [from, to] = year();
        rows("bucket", &[hired(), constant(Integer, count), from, to])
    };
    assert_eq!(of_year(20), [date("1985-07-01"), date("1985-11-01"), NULL]);
    assert_eq!(of_year(100), [date("1985-07-08"), date("1985-11-18"), NULL]);
    assert_eq!(of_year(1), [date("1985-01-01"), date("1985-01-01"), NULL]);
    assert_eq!(rows("bucket", &[hired(), days(7)]), [date("1985-07-08"), date("1985-11-18"), NULL]);
    let salary = || column(Integer, values![25_324, 74_999, NULL]);
    let found = rows(
        "bucket",
        &[salary(), constant(Integer, 20), constant(Integer, 25_324), constant(Integer, 74_999)],
    );
    assert_eq!(found, values![25_000.0, 70_000.0, NULL]);
    assert_eq!(rows("bucket", &[salary(), constant(Double, 5000.0)]), values![25_000.0, 70_000.0, NULL]);
    refused("bucket", &[column(Keyword, values!["a"]), constant(Integer, 1)]);
}
