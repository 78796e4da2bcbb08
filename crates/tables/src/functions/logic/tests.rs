//! Values made after "ES|QL operators" and the classes of Elasticsearch that the module names.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;
use rulehound_query::esql::functions::SignatureError;

use crate::functions::testing::{NULL, column, constant, nested, refused, rows, run, text, values};

#[test]
fn logic_has_three_values() {
    let left = column(Boolean, values![true, true, true, false, false, NULL]);
    let right = column(Boolean, values![true, false, NULL, false, NULL, NULL]);
    let both = [left.clone(), right];
    assert_eq!(rows("and", &both), values![true, false, NULL, false, false, NULL]);
    assert_eq!(rows("or", &both), values![true, true, true, false, NULL, NULL]);
    assert_eq!(rows("not", std::slice::from_ref(&left)), values![false, false, false, true, true, NULL]);
    assert_eq!(rows("or", &[constant(Null, NULL), left.clone()])[0], Literal::Boolean(true));
    assert!(matches!(refused("and", &[left, constant(Integer, 1)]), SignatureError::Type { place: 1, .. }));
    assert_eq!(rows("not", &[constant(Null, NULL)]), [NULL]);
}

#[test]
fn comparisons() {
    let names =
        ["equals", "not_equals", "less_than", "less_than_or_equal", "greater_than", "greater_than_or_equal"];
    let compare = |a: &crate::functions::testing::Arg, b: &crate::functions::testing::Arg| {
        names.map(|name| rows(name, &[a.clone(), b.clone()]).remove(0) == Literal::Boolean(true))
    };
    let (less, equal, greater) = (
        [false, true, true, true, false, false],
        [true, false, false, true, false, true],
        [false, true, false, false, true, true],
    );
    for (a, b, expected) in [
        (constant(Integer, 1), constant(Long, 2_i64), less),
        (constant(Long, 2_i64), constant(Double, 2.0), equal),
        (constant(UnsignedLong, u64::MAX), constant(UnsignedLong, 1_u64), greater),
        (constant(Double, -0.0), constant(Double, 0.0), equal),
        (text("B"), text("a"), less),
        // By bytes.
        (text("z"), column(Text, values!["ä"]), less),
        (constant(Boolean, false), constant(Boolean, true), less),
        (nested("to_ip", &[text("9.9.9.9")]), text("10.0.0.1"), less),
        (nested("to_ip", &[text("10.0.0.1")]), text("::1"), greater),
        (nested("to_version", &[text("1.9.0")]), text("1.10.0"), less),
        (column(Date, [Literal::Date(1)]), text("1970-01-01"), greater),
        (column(Date, [Literal::Date(1)]), column(DateNanos, [Literal::DateNanos(1_000_000)]), equal),
    ] {
        assert_eq!(compare(&a, &b), expected, "{a:?} with {b:?}");
    }
}

#[test]
fn null_compares_with_nothing() {
    let numbers = column(Integer, values![1, NULL]);
    assert_eq!(rows("equals", &[numbers.clone(), constant(Integer, 1)]), values![true, NULL]);
    assert_eq!(rows("not_equals", &[numbers.clone(), constant(Null, NULL)]), values![NULL, NULL]);
    assert_eq!(rows("equals", &[constant(Null, NULL), constant(Null, NULL)]), values![NULL]);
    let doubles = column(Double, values![NULL, 1.5]);
    assert_eq!(rows("less_than", &[doubles, numbers]), values![NULL, NULL]);
}

#[test]
fn several_values_compare_with_nothing() {
    let outcome = run("equals", &[column(Keyword, values![["a", "b"], "a"]), text("a")]);
    assert_eq!(outcome.rows, values![NULL, true]);
    let reason = "single-value function encountered multi-value";
    assert_eq!(outcome.warnings, [("equals".to_owned(), reason.to_owned(), 1)]);
}

#[test]
fn points_are_equal_or_not() {
    let point = |wkt: &str| nested("to_geopoint", &[text(wkt)]);
    assert_eq!(rows("equals", &[point("POINT(1 2)"), point("point (1.0 2.0)")]), values![true]);
    assert_eq!(rows("not_equals", &[point("POINT(1 2)"), point("POINT(2 1)")]), values![true]);
    assert_eq!(rows("in", &[point("POINT(1 2)"), point("POINT(2 1)"), point("POINT(1 2)")]), values![true]);
    let error = refused("less_than", &[point("POINT(1 2)"), point("POINT(2 1)")]);
    assert!(matches!(error, SignatureError::Type { place: 0, .. }));
}

/// The cases that `In` of Elasticsearch lists.
#[test]
fn lists() {
    let is_in = |value, items: &[Literal]| {
        let items = items.iter().map(|item| constant(Keyword, item.clone()));
        let args: Vec<_> = [constant(Keyword, value)].into_iter().chain(items).collect();
        rows("in", &args).remove(0)
    };
    let [x, a, c] = values!["x", "a", "c"];
    assert_eq!(is_in(x.clone(), &[a.clone(), c.clone()]), Literal::Boolean(false));
    assert_eq!(is_in(x.clone(), &[a.clone(), x.clone()]), Literal::Boolean(true));
    assert_eq!(is_in(NULL, &[a.clone(), c.clone()]), NULL);
    assert_eq!(is_in(x.clone(), &[a.clone(), NULL, c.clone()]), NULL);
    assert_eq!(is_in(x.clone(), &[x.clone(), NULL, c]), Literal::Boolean(true));
    let several = run("in", &[column(Keyword, values![["x", "y"], "x"]), text("x"), text("y")]);
    assert_eq!(several.rows, values![NULL, true]);
    assert_eq!(several.warnings.len(), 1);

    let doubles = column(Double, values![1.0, 2.5, NULL]);
    assert_eq!(
        rows("in", &[doubles, constant(Integer, 1), constant(Double, 3.0)]),
        values![true, false, NULL]
    );
    let numbers = column(Integer, values![1, 2]);
    let error = refused("in", &[numbers.clone(), constant(Integer, 1), text("2")]);
    assert!(matches!(error, SignatureError::NotCommon { place: 2, .. }));
    assert!(matches!(refused("in", &[numbers]), SignatureError::Count { given: 1, .. }));
}

#[test]
fn several_values_are_not_null() {
    let names = column(Keyword, values![["a", "b"], "a", NULL]);
    let outcome = run("is_null", std::slice::from_ref(&names));
    assert_eq!((outcome.rows, outcome.warnings), (values![false, false, true].to_vec(), vec![]));
    assert_eq!(rows("is_not_null", &[names]), values![true, true, false]);
    assert_eq!(rows("is_null", &[constant(Null, NULL)]), values![true]);
    assert_eq!(rows("is_null", &[constant(Unsupported, NULL)]), values![true]);
}
