#![allow(clippy::unwrap_used)]

use jiff::civil::{Date, Time};
use proptest::prelude::*;

use super::{DateFormat, parse, parse_date};
use crate::Value;

const SECOND: i128 = 1_000_000_000;

fn check(text: &str, expected: impl Into<Option<i128>>) {
    assert_eq!(parse_date(text), expected.into(), "{text}");
}

#[test]
fn default_format_reads_iso_8601_as_far_as_it_goes() {
    check("1970", 0);
    check("1970-01", 0);
    check("1970-01-02", 86_400 * SECOND);
    check("1970-01-02T", 86_400 * SECOND);
    check("1970-01-01T01", 3600 * SECOND);
    check("1970-01-01T01:02", 3720 * SECOND);
    check("1970-01-01T00:00:03", 3 * SECOND);
    check("1970-01-01T00:00:03Z", 3 * SECOND);
    check("1970-01-01T00:00:03.123456789Z", 3 * SECOND + 123_456_789);
    check("1970-01-01T00:00:03,5Z", 3 * SECOND + 500_000_000);
    check("1601-01-01T00:00:00Z", -11_644_473_600 * SECOND);
    check("0001-01-01", -62_135_596_800 * SECOND);
    check("9999-12-31T23:59:59.999Z", 253_402_300_799 * SECOND + 999_000_000);
}

#[test]
fn offsets_are_taken_off() {
    check("1970-01-01T02:00:00+02:00", 0);
    check("1970-01-01T02:00:00+0200", 0);
    check("1970-01-01T02:00:00+02", 0);
    check("1969-12-31T18:30:00-05:30", 0);
    check("1970-01-01T00:00:00UTC", 0);
    for text in
        ["1970-01-01T00:00:00+19:00", "1970-01-01T00:00:00+1", "1970-01-01T00:00:00+01:", "1970-01-01Z"]
    {
        check(text, None);
    }
}

#[test]
fn numbers_are_milliseconds_but_four_digits_a_year() {
    check("0", 0);
    check("-1500", -1_500_000_000);
    check("1.5", 1_500_000);
    check("12345", 12_345_000_000);
    check("1971", 31_536_000 * SECOND);
    check("1.1234567", None);
    check("99999999999999999999", None);
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        " ",
        "-",
        ".",
        "1970-1-1",
        "1970-13-01",
        "1970-02-29",
        "1970-01-01 00:00:00",
        "1970-01-01T24:00:00",
        "1970-01-01T00:00:60",
        "1970-01-01T00:00:00.",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00Zx",
        "70-01-01",
        "Jan 1 1970",
        "1970/01/01",
        "٢٠٢٠",
        "1970-01-01T00:00:00+é1",
    ] {
        check(text, None);
    }
}

#[test]
fn formats_of_mappings() {
    for (format, text, expected) in [
        ("dd-MM-yyyy", "02-01-1970", Some(86_400 * SECOND)),
        ("dd-MM-yyyy", "1970-01-02", None),
        ("epoch_second", "3", Some(3 * SECOND)),
        ("epoch_second||yyyy/MM/dd HH:mm:ss", "1970/01/01 00:00:07", Some(7 * SECOND)),
        ("dd/MMM/yyyy:HH:mm:ss Z", "01/Jan/1970:01:00:00 +0100", Some(0)),
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "1970-01-01T00:00:00.250", Some(250_000_000)),
        ("basic_date", "19700102", Some(86_400 * SECOND)),
    ] {
        let formats = DateFormat::parse_list(format).unwrap();
        assert_eq!(parse(text, &formats), expected, "{text} as {format}");
    }
    for format in ["", "qq", "yyyy[-MM]", "yyyy'", "yyyy||", "basic_week_date"] {
        assert!(DateFormat::parse_list(format).is_err(), "{format}");
    }
}

proptest! {
    #[test]
    fn the_calendar_is_that_of_jiff(
        date in (0_i16..=9999, 0_i8..=13, 0_i8..=32),
        time in (0_i8..=24, 0_i8..=60, 0_i8..=60, 0_i32..1_000_000_000),
    ) {
        let ((year, month, day), (hour, minute, second, nanosecond)) = (date, time);
        let text =
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}+00:01");
        let moment = Date::new(year, month, day).ok().zip(Time::new(hour, minute, second, nanosecond).ok());
        let since = moment.map(|(date, time)| date.to_datetime(time).duration_since(super::EPOCH).as_nanos());
        prop_assert_eq!(parse_date(&text), since.map(|nanoseconds| nanoseconds - 60 * SECOND));
    }

    #[test]
    fn what_is_written_is_read(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
        prop_assert_eq!(parse_date(&Value::Date(ms).to_string()), Some(i128::from(ms) * 1_000_000));
    }

    #[test]
    fn nanoseconds_survive(ns in 0..i64::MAX) {
        prop_assert_eq!(parse_date(&Value::DateNanos(ns).to_string()), Some(i128::from(ns)));
    }

    #[test]
    fn no_text_and_no_format_panics(text in "\\PC{0,40}", format in "\\PC{0,12}|[yMdHmsSXZ':/.|-]{0,12}") {
        let _ = parse_date(&text);
        if let Ok(formats) = DateFormat::parse_list(&format) {
            let _ = parse(&text, &formats);
        }
    }
}
