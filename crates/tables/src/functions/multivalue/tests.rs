//! What Elastic's pages of the functions tell, and `null`, single values and wrong types beside it.

use rulehound_query::esql::Literal;
use rulehound_query::esql::Type::*;

use crate::functions::testing::{Arg, NULL, column, constant, refused, rows, run, text, values};

fn letters() -> Arg {
    column(Keyword, values![["foo", "zoo", "bar"], "one", NULL, ["b", "a", "b"]])
}

fn numbers() -> Arg {
    column(Integer, values![[3, 1, 2], 7, NULL, [5, 5]])
}

#[test]
fn one_of_several() {
    assert_eq!(rows("mv_first", &[letters()]), values!["foo", "one", NULL, "b"]);
    assert_eq!(rows("mv_last", &[letters()]), values!["bar", "one", NULL, "b"]);
    assert_eq!(rows("mv_min", &[letters()]), values!["bar", "one", NULL, "a"]);
    assert_eq!(rows("mv_max", &[letters()]), values!["zoo", "one", NULL, "b"]);
    assert_eq!(rows("mv_max", &[numbers()]), values![3, 7, NULL, 5]);
    assert_eq!(rows("mv_count", &[letters()]), values![3, 1, NULL, 3]);
    assert_eq!(rows("mv_count", &[column(Integer, values![1, NULL])]), values![1, NULL]);
    assert_eq!(rows("mv_first", &[column(Integer, values![1, NULL])]), values![1, NULL]);
}

#[test]
fn several_of_several() {
    assert_eq!(rows("mv_dedupe", &[letters()]), values![["foo", "zoo", "bar"], "one", NULL, ["b", "a"]]);
    assert_eq!(rows("mv_sort", &[letters()]), values![["bar", "foo", "zoo"], "one", NULL, ["a", "b", "b"]]);
    let descending = rows("mv_sort", &[numbers(), text("DESC")]);
    assert_eq!(descending, values![[3, 2, 1], 7, NULL, [5, 5]]);
    assert_eq!(rows("mv_dedupe", &[column(Ip, [NULL])]), values![NULL]);
}

/// The page "MV_SLICE": from 0, or from the end if negative.
#[test]
fn slices() {
    let field = || column(Integer, values![[1, 2, 2, 3], 9, NULL]);
    let slice = |start, end| rows("mv_slice", &[field(), constant(Integer, start), constant(Integer, end)]);
    assert_eq!(rows("mv_slice", &[field(), constant(Integer, 1)]), values![2, NULL, NULL]);
    assert_eq!(slice(2, 3), values![[2, 3], NULL, NULL]);
    assert_eq!(slice(0, 9), values![[1, 2, 2, 3], 9, NULL]);
    assert_eq!(slice(-2, -1), values![[2, 3], 9, NULL]);
    assert_eq!(slice(-3, -2), values![[2, 2], NULL, NULL]);
    let outcome = run("mv_slice", &[field(), constant(Integer, 3), constant(Integer, 2)]);
    assert_eq!(outcome.rows, values![NULL, NULL, NULL]);
    assert_eq!(outcome.warnings.len(), 1);
    refused("mv_slice", &[field(), text("1")]);
}

#[test]
fn strings() {
    assert_eq!(rows("mv_concat", &[letters(), text(", ")]), values!["foo, zoo, bar", "one", NULL, "b, a, b"]);
    let delimiters = column(Keyword, values![["-", "+"], "-", "-", NULL]);
    assert_eq!(rows("mv_concat", &[letters(), delimiters]), values![NULL, "one", NULL, NULL]);
    let others = column(Keyword, values![["1", "2"], NULL, "3", ["4", "5", "6"]]);
    let zipped = rows("mv_zip", &[letters(), others.clone(), text("-")]);
    assert_eq!(zipped, values![["foo-1", "zoo-2", "bar"], "one", "3", ["b-4", "a-5", "b-6"]]);
    assert_eq!(rows("mv_zip", &[text("a"), text("b")]), values!["a,b"]);
    refused("mv_concat", &[numbers(), text(",")]);
}

/// The pages "MV_CONTAINS", "MV_INTERSECTION", ...: no values are an empty set.
#[test]
fn sets() {
    let left = || column(Integer, values![[1, 2, 3, 2], 1, NULL, [1, 2], 4]);
    let right = || column(Integer, values![[3, 2], [1, 2], 1, NULL, 4]);
    let two = |name| rows(name, &[left(), right()]);
    assert_eq!(two("mv_contains"), values![true, false, false, true, true]);
    assert_eq!(two("mv_intersects"), values![true, true, false, false, true]);
    assert_eq!(two("mv_intersection"), values![[2, 3], 1, NULL, NULL, 4]);
    assert_eq!(two("mv_union"), values![[1, 2, 3], [1, 2], 1, [1, 2], 4]);
    assert_eq!(two("mv_difference"), values![1, NULL, NULL, [1, 2], NULL]);
    assert_eq!(two("mv_append"), values![[1, 2, 3, 2, 3, 2], [1, 1, 2], NULL, NULL, [4, 4]]);
    assert_eq!(rows("mv_contains", &[letters(), text("one")]), values![false, true, false, false]);
    assert_eq!(rows("mv_append", &[constant(Integer, 1), constant(Integer, 1)]), values![[1, 1]]);
    refused("mv_contains", &[left(), column(Ip, [NULL])]);
}

#[test]
fn sums_and_means() {
    let outcome = run("mv_sum", &[numbers()]);
    assert_eq!((outcome.ty, outcome.rows), (Integer, values![6, 7, NULL, 10].to_vec()));
    assert_eq!(rows("mv_avg", &[numbers()]), values![2.0, 7.0, NULL, 5.0]);
    let doubles = column(Double, values![[0.1, 0.2, 0.3], NULL, [1e100, 1.0, -1e100]]);
    assert_eq!(rows("mv_sum", &[doubles]), values![0.6, NULL, 1.0]);
    let overflow = run("mv_sum", &[column(Integer, values![[i32::MAX, 1], [i32::MAX, 0]])]);
    assert_eq!(overflow.rows, values![NULL, i32::MAX]);
    assert_eq!(overflow.warnings, [("mv_sum".to_owned(), "integer overflow".to_owned(), 1)]);
    // The page "MV_PSERIES_WEIGHTED_SUM".
    let weighted = column(Double, values![[70.0, 45.0, 21.0, 21.0, 21.0], NULL]);
    let found = rows("mv_pseries_weighted_sum", &[weighted, constant(Double, 1.5)]);
    let [Literal::Double(sum), Literal::Null] = found.as_slice() else { panic!("{found:?}") };
    assert!((sum - 94.454_651_562).abs() < 1e-6, "{sum}");
    refused("mv_avg", &[letters()]);
}

/// The pages "MV_MEDIAN", "MV_MEDIAN_ABSOLUTE_DEVIATION", "MV_PERCENTILE": whole numbers round down.
#[test]
fn medians() {
    let whole = column(Integer, values![[3, 7, 1, 6], [3, 5, 1], NULL, 8, [-3, -2]]);
    assert_eq!(rows("mv_median", &[whole]), values![4, 3, NULL, 8, -3]);
    assert_eq!(rows("mv_median", &[column(Double, values![[1.0, 2.0, 4.0, 3.0]])]), values![2.5]);
    let spread = column(Integer, values![[0, 2, 5, 6], 4, NULL]);
    assert_eq!(rows("mv_median_absolute_deviation", &[spread]), values![2, 0, NULL]);
    let field = || column(Integer, values![[5, 5, 10, 12, 5000], 7, NULL]);
    assert_eq!(rows("mv_percentile", &[field(), constant(Integer, 50)]), values![10, 7, NULL]);
    assert_eq!(rows("mv_percentile", &[field(), constant(Double, 12.5)]), values![5, 7, NULL]);
    assert_eq!(
        rows("mv_percentile", &[column(Double, values![[1.0, 2.0]]), constant(Integer, 25)]),
        values![1.25]
    );
    let outcome = run("mv_percentile", &[field(), constant(Integer, 101)]);
    assert_eq!(outcome.rows, values![NULL, NULL, NULL]);
    assert_eq!(outcome.warnings.len(), 1);
}
