//! Values made after "ES|QL operators" and the classes of Elasticsearch that the module names.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;
use rulehound_query::esql::functions::SignatureError;

use crate::functions::testing::{NULL, column, constant, nested, refused, rows, run, text, values};

#[test]
fn integers_overflow_to_null() {
    let a = column(Integer, values![7, -7, i32::MAX, NULL]);
    let b = column(Integer, values![2, 2, 1, 1]);
    assert_eq!(rows("add", &[a.clone(), b.clone()]), values![9, -5, NULL, NULL]);
    assert_eq!(rows("sub", &[a.clone(), b.clone()]), values![5, -9, i32::MAX - 1, NULL]);
    assert_eq!(rows("mul", &[a.clone(), b.clone()]), values![14, -14, i32::MAX, NULL]);
    // Towards zero; the remainder has the sign of the dividend.
    assert_eq!(rows("div", &[a.clone(), b.clone()]), values![3, -3, i32::MAX, NULL]);
    assert_eq!(rows("mod", &[a.clone(), b.clone()]), values![1, -1, 0, NULL]);
    let outcome = run("add", &[a, b]);
    assert_eq!(outcome.warnings, [("add".to_owned(), "integer overflow".to_owned(), 1)]);
    let outcome = run("neg", &[column(Integer, values![i32::MIN, 3])]);
    assert_eq!((outcome.ty, outcome.rows), (Integer, values![NULL, -3].to_vec()));
}

#[test]
fn types_widen() {
    let (int, long) = (constant(Integer, 1), column(Long, values![i64::MAX, 1_i64]));
    let outcome = run("add", &[int.clone(), long.clone()]);
    assert_eq!((outcome.ty, outcome.rows), (Long, values![NULL, 2_i64].to_vec()));
    assert_eq!(outcome.warnings[0].1, "long overflow");
    assert_eq!(rows("mul", &[long, constant(Double, 0.5)])[1], Literal::Double(0.5));
    assert_eq!(rows("sub", &[constant(UnsignedLong, 1_u64), constant(UnsignedLong, 2_u64)]), values![NULL]);
    let unsigned = constant(UnsignedLong, u64::MAX);
    assert_eq!(rows("div", &[unsigned.clone(), constant(UnsignedLong, 2_u64)]), values![u64::MAX / 2]);
    // "[unsigned_long] can only be operated on together with another [unsigned_long]".
    assert!(matches!(refused("add", &[unsigned, int]), SignatureError::NotCommon { place: 1, .. }));
}

#[test]
fn divisions_by_zero_are_null() {
    for name in ["div", "mod"] {
        let outcome = run(name, &[column(Integer, values![1, 2]), constant(Integer, 0)]);
        assert_eq!(outcome.rows, values![NULL, NULL]);
        assert_eq!(outcome.warnings, [(name.to_owned(), "/ by zero".to_owned(), 2)]);
        assert_eq!(rows(name, &[column(Double, values![1.0]), constant(Double, 0.0)]), values![NULL]);
        assert_eq!(
            rows(name, &[column(UnsignedLong, values![1_u64]), constant(UnsignedLong, 0_u64)]),
            [NULL]
        );
    }
    assert_eq!(rows("div", &[constant(Double, 7.0), constant(Integer, 2)]), values![3.5]);
    assert_eq!(rows("mod", &[constant(Double, -7.5), constant(Integer, 2)]), values![-1.5]);
    assert_eq!(rows("mul", &[column(Double, values![f64::MAX]), constant(Integer, 2)]), values![NULL]);
}

#[test]
fn several_values_are_null() {
    let outcome = run("add", &[column(Integer, values![[1, 2], 3]), constant(Integer, 1)]);
    assert_eq!(outcome.rows, values![NULL, 4]);
    assert_eq!(outcome.warnings[0].0, "add");
}

fn date(text_of_date: &str) -> Literal {
    rows("to_datetime", &[text(text_of_date)]).remove(0)
}

#[test]
fn dates_move_by_amounts_of_time() {
    let day = constant(DatePeriod, Literal::DatePeriod { months: 0, days: 1 });
    let month = constant(DatePeriod, Literal::DatePeriod { months: 1, days: 0 });
    let hour = constant(TimeDuration, Literal::TimeDuration(3_600_000));
    let dates = column(Date, [date("2024-01-31T10:00:00Z"), date("2023-03-31"), NULL]);
    // To the last day of a shorter month.
    assert_eq!(
        rows("add", &[dates.clone(), month.clone()]),
        [date("2024-02-29T10:00:00Z"), date("2023-04-30"), NULL]
    );
    assert_eq!(
        rows("sub", &[dates.clone(), month.clone()]),
        [date("2023-12-31T10:00:00Z"), date("2023-02-28"), NULL]
    );
    assert_eq!(rows("add", &[day.clone(), dates.clone()])[1], date("2023-04-01"));
    let outcome = run("sub", &[dates.clone(), hour.clone()]);
    assert_eq!((outcome.ty, &outcome.rows[1]), (Date, &date("2023-03-30T23:00:00Z")));
    assert_eq!(rows("add", &[text("2024-02-29"), hour.clone()]), [date("2024-02-29T01:00:00Z")]);

    let both = Literal::DatePeriod { months: 1, days: 1 };
    assert_eq!(rows("add", &[day.clone(), month.clone()]), std::slice::from_ref(&both));
    assert_eq!(rows("neg", &[constant(DatePeriod, both)]), [Literal::DatePeriod { months: -1, days: -1 }]);
    assert_eq!(rows("add", &[hour.clone(), hour.clone()]), [Literal::TimeDuration(7_200_000)]);

    assert!(matches!(refused("sub", &[day.clone(), dates.clone()]), SignatureError::NotCommon { .. }));
    assert!(matches!(refused("add", &[dates.clone(), dates.clone()]), SignatureError::NotCommon { .. }));
    assert!(matches!(
        refused("add", &[dates.clone(), constant(Integer, 1)]),
        SignatureError::NotCommon { .. }
    ));
    assert!(matches!(refused("mul", &[dates, hour]), SignatureError::Type { .. }));
}

#[test]
fn nanosecond_dates_begin_at_the_epoch() {
    let hour = constant(TimeDuration, Literal::TimeDuration(3_600_000));
    let dates =
        nested("to_date_nanos", &[column(Keyword, values!["1970-01-01T00:30:00.000000001Z", "2000-01-01"])]);
    let outcome = run("to_string", &[nested("sub", &[dates.clone(), hour])]);
    assert_eq!(outcome.rows, values![NULL, "1999-12-31T23:00:00.000Z"]);
    assert_eq!(outcome.warnings, [("sub".to_owned(), "the date is out of range".to_owned(), 1)]);
    let month = constant(DatePeriod, Literal::DatePeriod { months: 1, days: 0 });
    let moved = rows("to_string", &[nested("add", &[dates, month])]);
    assert_eq!(moved, values!["1970-02-01T00:30:00.000000001Z", "2000-02-01T00:00:00.000Z"]);
}

#[test]
fn null_is_null() {
    let null = constant(Null, NULL);
    assert_eq!(rows("add", &[null.clone(), null.clone()]), [NULL]);
    let outcome = run("mul", &[column(Long, values![1_i64]), null.clone()]);
    assert_eq!((outcome.ty, outcome.rows), (Long, vec![NULL]));
    assert_eq!(rows("add", &[column(Date, [Literal::Date(0)]), null.clone()]), [NULL]);
    assert_eq!(rows("neg", &[null]), [NULL]);
}
