//! Series of which it is known where they change.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, Int64Array, ListArray, NullArray, RecordBatch, UInt64Array,
};
use datafusion::arrow::datatypes::{Float64Type, Int32Type};
use proptest::prelude::*;
use rulehound_query::esql::{Column, ColumnId, Type};

use super::change_point;
use super::detect::{Change, Kind, LEAST_POINTS, detect};
use super::probability::{Unexplained, of_any, of_nested, of_same_distribution};
use crate::warnings::Warnings;

/// Noise about zero, between -1 and 1, the same for the same seed.
fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next() + next() - 1.0).collect()
}

/// Noise on top of what `f` says of each place.
fn series(seed: u64, count: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
    noise(seed, count).iter().enumerate().map(|(at, noise)| f(at) + noise).collect()
}

fn found(values: &[f64]) -> Option<(Kind, usize)> {
    detect(values).map(|Change { kind, at, p_value }| {
        assert!((0.0..0.01).contains(&p_value), "{p_value}");
        (kind, at)
    })
}

#[test]
fn finds_lone_extremes() {
    for seed in 0..20 {
        let spike = series(seed, 60, |at| if at == 41 { 20.0 } else { 5.0 });
        assert_eq!(found(&spike), Some((Kind::Spike, 41)));
        let dip = series(seed, 60, |at| if at == 0 { -20.0 } else { 5.0 });
        assert_eq!(found(&dip), Some((Kind::Dip, 0)));
        // What lies further out counts.
        let both = series(seed, 60, |at| [0.0, 30.0, -20.0][(at == 20) as usize + 2 * (at == 50) as usize]);
        assert_eq!(found(&both), Some((Kind::Spike, 20)));
    }
}

#[test]
fn finds_steps() {
    for seed in 0..20 {
        for at in [12, 30, 47] {
            let step = series(seed, 60, |place| if place < at { 10.0 } else { 25.0 });
            assert_eq!(found(&step), Some((Kind::StepChange, at)));
        }
    }
}

#[test]
fn finds_where_a_trend_turns() {
    for seed in 0..20 {
        let turn = series(seed, 80, |at| (at as f64 - 40.0).abs() * 3.0);
        let Some((Kind::TrendChange, at)) = found(&turn) else { panic!("{:?}", detect(&turn)) };
        assert!((38..=42).contains(&at), "{at}");
    }
}

#[test]
fn finds_that_values_are_spread_otherwise() {
    for seed in 0..20 {
        let noise = noise(seed, 100);
        let wider =
            noise.iter().enumerate().map(|(at, noise)| if at < 50 { 0.01 * noise } else { 3.0 * noise });
        // Two levels, so that no value stands out.
        let values: Vec<f64> =
            wider.map(|value| if value.abs() < 0.02 { value } else { value.signum() }).collect();
        let Some((Kind::DistributionChange, at)) = found(&values) else { panic!("{:?}", detect(&values)) };
        assert!((40..=60).contains(&at), "{at}");
    }
}

#[test]
fn a_distribution_change_of_a_long_series_is_where_it_is() {
    // More than are compared: the place is that of the series, not that of the sample.
    let noise = noise(7, 800);
    let flat = noise.iter().enumerate().map(|(at, noise)| if at < 400 { 0.0 } else { noise.signum() });
    let Some((Kind::DistributionChange, at)) = found(&flat.collect::<Vec<_>>()) else {
        panic!("nothing found")
    };
    assert!((395..=405).contains(&at), "{at}");
}

#[test]
fn finds_nothing_in_noise_or_steady_trends() {
    let mut false_alarms = 0;
    for seed in 0..100 {
        false_alarms += usize::from(detect(&series(seed, 50, |_| 3.0)).is_some());
        assert_eq!(detect(&series(seed, 50, |at| 2.0 * at as f64)), None);
    }
    assert!(false_alarms <= 3, "{false_alarms}");
}

#[test]
fn finds_nothing_where_there_is_nothing() {
    assert_eq!(detect(&[]), None);
    assert_eq!(detect(&[1.0; 1000]), None);
    assert_eq!(detect(&[1e9 + 0.1; 30]), None);
    let mut short = [0.0; LEAST_POINTS];
    short[15] = 1.0;
    assert_eq!(found(&short), Some((Kind::Spike, 15)));
    assert_eq!(detect(&short[1..]), None);
}

#[test]
fn values_without_noise_change_for_certain() {
    let step: Vec<f64> = (0..25).map(|at| if at < 12 { 0.1 } else { 0.3 }).collect();
    assert_eq!(detect(&step), Some(Change { kind: Kind::StepChange, at: 12, p_value: 0.0 }));
    let turn: Vec<f64> = (0..25).map(|at| (14.0 - at as f64).abs()).collect();
    assert_eq!(detect(&turn), Some(Change { kind: Kind::TrendChange, at: 14, p_value: 0.0 }));
}

#[test]
fn samples_are_compared_exactly() {
    let close =
        |actual: f64, expected: f64| assert!((actual / expected - 1.0).abs() < 1e-12, "{actual} {expected}");
    let run = |from: u32, to: u32| (from..to).map(f64::from).collect::<Vec<_>>();
    // Wholly apart: two of the C(20, 10) orders are.
    close(of_same_distribution(&run(0, 10), &run(10, 20)), 2.0 / 184_756.0);
    close(of_same_distribution(&run(0, 2), &run(2, 5)), 2.0 / 10.0);
    // Half apart, by Gnedenko and Korolyuk: 2 (C(20, 5) - C(20, 0)) / C(20, 10).
    close(of_same_distribution(&run(0, 10), &run(5, 15)), 2.0 * 15_503.0 / 184_756.0);
    close(of_same_distribution(&run(0, 10), &run(0, 10)), 1.0);
    close(of_same_distribution(&[], &run(0, 10)), 1.0);
}

#[test]
fn models_are_compared_by_their_variances() {
    // With two parameters more the tail is a power: 30 values, 26 degrees of freedom left, F = 6.5.
    let plain = Unexplained { variance: 1.5, parameters: 2.0 };
    let richer = Unexplained { variance: 1.0, parameters: 4.0 };
    let expected = 2.0 * (1.0 + 2.0 * 6.5 / 26.0_f64).powf(-13.0);
    assert!((of_nested(30.0, plain, richer) / expected - 1.0).abs() < 1e-10);
    assert_eq!(of_nested(30.0, plain, plain), 1.0);
    assert_eq!(of_nested(30.0, plain, Unexplained { variance: 0.0, ..richer }), 0.0);
    assert_eq!(of_any(0.5, 3), 0.875);
    assert_eq!(of_any(1e-20, 4), 4e-20);
}

/// What `CHANGE_POINT` makes of a column: number of rows, change and its row, warnings.
fn run(values: ArrayRef) -> (usize, Option<(String, usize)>, Vec<String>) {
    let key: ArrayRef = Arc::new(Int32Array::from_iter_values(0..values.len() as i32));
    let rows = RecordBatch::try_from_iter_with_nullable([("c0", key, true), ("c1", values, true)]).unwrap();
    let column = |id, ty| Column { id: ColumnId(id), name: "any".into(), ty };
    let warnings = Warnings::default();
    let (kind, pvalue) = (column(7, Type::Keyword), column(8, Type::Double));
    let rows = change_point(&rows, ColumnId(1), &kind, &pvalue, &warnings).unwrap();
    let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["c0", "c1", "c7", "c8"]);
    let kinds = rows.column(2).as_string_view();
    let p_values = rows.column(3).as_primitive::<Float64Type>();
    let mut changes = kinds.iter().enumerate().filter_map(|(row, kind)| Some((kind?.to_owned(), row)));
    let change = changes.next();
    assert_eq!(changes.next(), None);
    for row in 0..rows.num_rows() {
        assert_eq!(p_values.is_null(row), kinds.is_null(row));
    }
    let warnings = warnings.list().into_iter().map(|(_, reason, rows)| format!("{rows}: {reason}"));
    (rows.num_rows(), change, warnings.collect())
}

fn step_at(row: usize) -> Option<(String, usize)> {
    Some(("step_change".to_owned(), row))
}

#[test]
fn the_row_of_the_change_is_told() {
    let longs = Int64Array::from_iter_values((0..30).map(|row| if row < 14 { -3 } else { 4 }));
    assert_eq!(run(Arc::new(longs)), (30, step_at(14), vec![]));
    let unsigned = UInt64Array::from_iter_values((0..30).map(|row| if row < 14 { 1 } else { u64::MAX }));
    assert_eq!(run(Arc::new(unsigned)), (30, step_at(14), vec![]));
}

#[test]
fn rows_without_one_value_are_passed_over() {
    let nulls = Int64Array::from_iter((0..30).map(|row| (row % 7 != 0).then_some(i64::from(row >= 15))));
    let warning = "5: values contain nulls; skipping them".to_owned();
    assert_eq!(run(Arc::new(nulls)), (30, step_at(15), vec![warning.clone()]));

    let several = ListArray::from_iter_primitive::<Int32Type, _, _>((0..30).map(|row| match row {
        3 => Some(vec![Some(1), Some(2)]),
        8..=12 => None,
        row => Some(vec![Some(i32::from(row >= 18))]),
    }));
    let lists = "1: values contains multivalued entries; skipping them \
                 (please consider reducing them with e.g. MV_AVG or MV_SUM)";
    assert_eq!(run(Arc::new(several)), (30, step_at(18), vec![warning, lists.to_owned()]));
}

#[test]
fn too_few_values_are_told() {
    let few = |found: usize| {
        format!("not enough buckets to calculate change_point. Requires at least [22]; found [{found}]")
    };
    let short = Int64Array::from_iter_values(0..21);
    assert_eq!(run(Arc::new(short)), (21, None, vec![format!("21: {}", few(21))]));
    let nothing = Int64Array::from_iter_values([]);
    assert_eq!(run(Arc::new(nothing)), (0, None, vec![format!("1: {}", few(0))]));
    let nulls = format!("30: {}", few(0));
    let warnings = vec![nulls, "30: values contain nulls; skipping them".to_owned()];
    assert_eq!(run(Arc::new(NullArray::new(30))), (30, None, warnings));
}

#[test]
fn a_thousand_rows_are_kept() {
    let values =
        |change| Arc::new(Int64Array::from_iter_values((0..1001).map(|row| i64::from(row >= change))));
    let warning = vec!["1: too many values; keeping only first 1000 values".to_owned()];
    assert_eq!(run(values(420)), (1000, step_at(420), warning.clone()));
    assert_eq!(run(values(1000)), (1000, None, warning));
}

proptest! {
    /// Whatever the values, there is an answer, and it is about one of them.
    #[test]
    fn any_values_have_an_answer(values in prop::collection::vec(any::<f64>(), 0..120)) {
        if let Some(change) = detect(&values) {
            prop_assert!(change.at < values.len());
            prop_assert!((0.0..0.01).contains(&change.p_value), "{change:?}");
        }
    }

    /// So have values that are often equal, infinite or nothing at all.
    #[test]
    fn odd_values_have_an_answer(
        values in prop::collection::vec(
            prop::sample::select(vec![
                0.0, -0.0, 1.0, 2.0, 1e300, f64::MAX, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE,
            ]),
            0..60,
        ),
    ) {
        if let Some(change) = detect(&values) {
            prop_assert!(change.at < values.len());
            prop_assert!((0.0..0.01).contains(&change.p_value), "{change:?}");
        }
    }
}
