//! Values made after "ES|QL conditional functions and expressions" and the classes of Elasticsearch that the
//! module names.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;
use rulehound_query::esql::functions::SignatureError;

use crate::functions::testing::{NULL, column, constant, nested, refused, rows, run, text, values};

/// The example of the documentation: monolingual, bilingual, polyglot.
#[test]
fn case() {
    let languages = column(Integer, values![1, 2, 5, NULL]);
    let is = |n: i32| nested("equals", &[languages.clone(), constant(Integer, n)]);
    let args = [is(1), text("monolingual"), is(2), text("bilingual"), text("polyglot")];
    let outcome = run("case", &args);
    assert_eq!(outcome.rows, values!["monolingual", "bilingual", "polyglot", "polyglot"]);
    assert_eq!(outcome.ty, Keyword);
    assert_eq!(rows("case", &args[..4]), values!["monolingual", "bilingual", NULL, NULL]);
}

#[test]
fn case_computes_what_it_needs() {
    let numbers = column(Integer, values![0, 2]);
    let is_zero = nested("equals", &[numbers.clone(), constant(Integer, 0)]);
    let quotient = nested("div", &[constant(Integer, 10), numbers]);
    let outcome = run("case", &[is_zero, constant(Integer, -1), quotient]);
    assert_eq!((outcome.rows, outcome.warnings), (values![-1, 5].to_vec(), vec![]));
}

#[test]
fn case_has_one_type() {
    let yes = constant(Boolean, true);
    let outcome = run("case", &[yes.clone(), constant(Integer, 1), constant(Double, 0.5)]);
    assert_eq!((outcome.ty, outcome.rows), (Double, values![1.0].to_vec()));
    let outcome = run("case", &[yes.clone(), constant(Null, NULL), constant(Long, 1_i64)]);
    assert_eq!((outcome.ty, outcome.rows), (Long, vec![NULL]));
    let outcome = run("case", &[yes.clone(), column(Date, [Literal::Date(0)]), text("2024-01-01")]);
    assert_eq!((outcome.ty, outcome.rows), (Date, vec![Literal::Date(0)]));
    assert_eq!(run("case", &[yes.clone(), column(Text, values!["a"]), text("b")]).ty, Keyword);

    let error = refused("case", &[yes.clone(), constant(Integer, 1), yes.clone(), text("a")]);
    assert!(matches!(error, SignatureError::NotCommon { place: 3, left: Integer, right: Keyword, .. }));
    let error = refused("case", &[constant(Integer, 1), text("a")]);
    assert!(matches!(error, SignatureError::Type { place: 0, .. }));
    let error = refused("case", &[yes.clone(), text("a"), constant(Integer, 1), text("b")]);
    assert!(matches!(error, SignatureError::Type { place: 2, .. }));
    assert!(matches!(refused("case", &[yes]), SignatureError::Count { .. }));
}

#[test]
fn case_keeps_several_values() {
    let names = column(Keyword, values![["a", "b"], "c", NULL]);
    let there = nested("is_not_null", std::slice::from_ref(&names));
    assert_eq!(rows("case", &[there, names.clone(), text("none")]), values![["a", "b"], "c", "none"]);
    // A condition of several values is not true.
    let conditions = column(Boolean, values![[true, true], true, NULL]);
    let outcome = run("case", &[conditions, names, text("else")]);
    assert_eq!(outcome.rows, values!["else", "c", "else"]);
    assert_eq!(outcome.warnings[0].0, "case");
}

#[test]
fn coalesce() {
    let (a, b) = (column(Integer, values![NULL, 1, NULL, [7, 8]]), column(Integer, values![2, 3, NULL, 9]));
    assert_eq!(rows("coalesce", &[a.clone(), b.clone()]), values![2, 1, NULL, [7, 8]]);
    assert_eq!(rows("coalesce", &[b.clone(), a.clone()]), values![2, 3, NULL, 9]);
    assert_eq!(rows("coalesce", &[a.clone(), constant(Integer, 0)]), values![0, 1, 0, [7, 8]]);
    let outcome = run("coalesce", &[b, constant(Long, 5_i64)]);
    assert_eq!((outcome.ty, outcome.rows), (Long, values![2_i64, 3_i64, 5_i64, 9_i64].to_vec()));
    assert_eq!(rows("coalesce", std::slice::from_ref(&a)), values![NULL, 1, NULL, [7, 8]]);
    assert_eq!(rows("coalesce", &[constant(Null, NULL), constant(Null, NULL)]), [NULL]);
    assert!(matches!(refused("coalesce", &[a, text("x")]), SignatureError::NotCommon { .. }));
    // Only what is needed.
    let fails = nested("div", &[column(Integer, values![1]), constant(Integer, 0)]);
    assert_eq!(run("coalesce", &[column(Integer, values![1]), fails]).warnings, []);
}

#[test]
fn greatest_and_least() {
    let (a, b) = (column(Integer, values![10, NULL, [1, 99, 3]]), column(Integer, values![20, 1, 50]));
    assert_eq!(rows("greatest", &[a.clone(), b.clone()]), values![20, NULL, 99]);
    assert_eq!(rows("least", &[a.clone(), b.clone()]), values![10, NULL, 1]);
    assert_eq!(rows("greatest", std::slice::from_ref(&a)), values![10, NULL, 99]);
    assert_eq!(rows("least", &[a, b, constant(Double, 5.5)]), values![5.5, NULL, 1.0]);
    assert_eq!(rows("greatest", &[text("a"), text("B"), text("aa")]), values!["aa"]);
    assert_eq!(rows("least", &[constant(Boolean, true), constant(Boolean, false)]), values![false]);
    let ip = |address: &str| nested("to_ip", &[text(address)]);
    assert_eq!(
        rows("to_string", &[nested("greatest", &[ip("9.0.0.1"), ip("10.0.0.1")])]),
        values!["10.0.0.1"]
    );
    let version = |version: &str| nested("to_version", &[text(version)]);
    assert_eq!(rows("least", &[version("1.10"), version("1.9")]), [Literal::Version("1.9".into())]);
    assert_eq!(rows("least", &[constant(Integer, 1), constant(Null, NULL)]), [NULL]);
    let error = refused("greatest", &[constant(Integer, 1), text("a")]);
    assert!(matches!(error, SignatureError::NotCommon { .. }));
}

#[test]
fn clamp() {
    let numbers = column(Integer, values![0, 5, 20, NULL, [1, 2]]);
    let (min, max) = (constant(Integer, 1), constant(Integer, 10));
    let outcome = run("clamp", &[numbers.clone(), min.clone(), max.clone()]);
    assert_eq!((outcome.rows, outcome.warnings.len()), (values![1, 5, 10, NULL, NULL].to_vec(), 1));
    assert_eq!(rows("clamp_min", &[numbers.clone(), min.clone()]), values![1, 5, 20, NULL, NULL]);
    assert_eq!(rows("clamp_max", &[numbers.clone(), max.clone()]), values![0, 5, 10, NULL, NULL]);
    assert_eq!(rows("clamp", &[constant(Integer, 5), max, min]), values![1]);
    let outcome = run("clamp_max", &[numbers.clone(), constant(Double, 4.5)]);
    assert_eq!((outcome.ty, &outcome.rows[..2]), (Double, &values![0.0, 4.5][..]));
    assert_eq!(rows("clamp_min", &[text("b"), text("c")]), values!["c"]);
    assert_eq!(rows("clamp_min", &[constant(Integer, 1), constant(Null, NULL)]), [NULL]);
    assert!(matches!(refused("clamp_min", &[numbers, text("a")]), SignatureError::NotCommon { .. }));
}
