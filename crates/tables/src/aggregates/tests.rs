//! Each aggregate against a plain version, and what Elastic's documentation tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, Int64Builder, ListBuilder, RecordBatch,
    StringViewBuilder, StructArray,
};
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, ident, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;
use rulehound_query::esql::Type;
use rulehound_query::esql::functions::{Argument, aggregation};

use super::{aggregate, call};
use crate::functions::Typed;
use crate::types::{arrow_type, list_of};
use crate::warnings::{EsqlOptions, Warnings};

/// A row: its group, the values of `value`, those of `key`.
type Row = (i64, Vec<i64>, Vec<i64>);

/// What a table of rows is like.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Rows a batch.
    batch: usize,
    partitions: usize,
    /// The type of `value`: `long`, `double`, `keyword` or `ip`.
    ty: Type,
}

const PLAIN: Layout = Layout { batch: 100, partitions: 1, ty: Type::Long };

fn values(rows: &[Row], ty: Type) -> ArrayRef {
    let is_list = rows.iter().any(|(_, values, _)| values.len() > 1);
    let array: ArrayRef = if ty == Type::Keyword {
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for (_, values, _) in rows {
            values.iter().for_each(|value| builder.values().append_value(format!("{value:+05}")));
            builder.append(!values.is_empty());
        }
        Arc::new(builder.finish())
    } else {
        longs(rows.iter().map(|(_, values, _)| values.as_slice()))
    };
    let item = if ty == Type::Keyword { DataType::Utf8View } else { arrow_type(ty) };
    let array = datafusion::arrow::compute::cast(&array, &list_of(item)).unwrap();
    if is_list { array } else { flat(&array) }
}

fn longs<'a>(rows: impl Iterator<Item = &'a [i64]>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for values in rows {
        builder.values().append_slice(values);
        builder.append(!values.is_empty());
    }
    Arc::new(builder.finish())
}

/// A list of at most one value a row as those values.
fn flat(list: &ArrayRef) -> ArrayRef {
    let list = list.as_list::<i32>();
    if list.is_empty() {
        return list.values().clone();
    }
    let rows = (0..list.len()).map(|row| match list.is_null(row) {
        true => ScalarValue::try_from(&list.value_type()).unwrap(),
        false => ScalarValue::try_from_array(&list.value(row), 0).unwrap(),
    });
    ScalarValue::iter_to_array(rows).unwrap()
}

/// Aggregates by group of a table of `group`, `value` and `key`, each a value.
struct Outcome {
    groups: BTreeMap<i64, Vec<ScalarValue>>,
    warnings: Arc<Warnings>,
}

struct Query {
    context: SessionContext,
    warnings: Arc<Warnings>,
    schema: Arc<Schema>,
    types: BTreeMap<&'static str, Type>,
}

impl Query {
    fn new(columns: Vec<(&'static str, Type, ArrayRef)>, layout: Layout) -> Self {
        let options = EsqlOptions::default();
        let warnings = options.warnings.clone();
        let config = SessionConfig::new()
            .with_target_partitions(layout.partitions)
            .with_batch_size(layout.batch.max(2))
            .with_option_extension(options);
        let types = columns.iter().map(|(name, ty, _)| (*name, *ty)).collect();
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, _, array)| (name, array, true)),
        )
        .unwrap();
        let schema = batch.schema();
        let mut partitions = vec![Vec::new(); layout.partitions];
        for (nth, start) in (0..batch.num_rows()).step_by(layout.batch).enumerate() {
            let part = batch.slice(start, layout.batch.min(batch.num_rows() - start));
            partitions[nth % layout.partitions].push(part);
        }
        let context = SessionContext::new_with_config(config);
        let table = MemTable::try_new(schema.clone(), partitions).unwrap();
        context.register_table("t", Arc::new(table)).unwrap();
        Self { context, warnings, schema, types }
    }

    fn arg(&self, text: &str) -> Typed {
        if let Some(&ty) = self.types.get(text) {
            let is_list = matches!(self.schema.field_with_name(text).unwrap().data_type(), DataType::List(_));
            return Typed { expr: col(text), ty, is_list };
        }
        let (value, ty) = match text.parse::<f64>() {
            Ok(number) if text.contains('.') => (lit(number), Type::Double),
            Ok(number) => (lit(number as i32), Type::Integer),
            Err(_) => (lit(text), Type::Keyword),
        };
        Typed { expr: value, ty, is_list: false }
    }

    /// `calls` such as `top(value, 3, desc)`.
    fn run(&self, calls: &[&str], filter: Option<Expr>, by_group: bool) -> BTreeMap<i64, Vec<ScalarValue>> {
        let exprs = calls.iter().map(|text| {
            let (name, args) = text.split_once('(').unwrap();
            let args: Vec<&str> =
                args.trim_end_matches(')').split(", ").filter(|arg| !arg.is_empty()).collect();
            let args: Vec<Typed> = args.into_iter().map(|arg| self.arg(arg)).collect();
            let function = aggregation(name).unwrap();
            let shapes: Vec<Argument<'_>> =
                args.iter().map(|arg| Argument { ty: arg.ty, is_constant: true, text: None }).collect();
            let returns = function.0.check(&shapes).unwrap().returns;
            let typed = call(function, args, filter.clone(), returns).unwrap();
            (text.to_string(), typed)
        });
        let (names, typed): (Vec<String>, Vec<Typed>) = exprs.unzip();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batches = runtime.block_on(async {
            let table = self.context.table("t").await.unwrap().into_unoptimized_plan();
            let groups = if by_group { vec![col("group")] } else { Vec::new() };
            let aliased =
                typed.iter().zip(&names).map(|(typed, name)| typed.expr.clone().alias(name)).collect();
            let plan = LogicalPlanBuilder::from(aggregate(table, groups, aliased).unwrap());
            let mut output: Vec<Expr> = names.iter().map(ident).collect();
            output.insert(0, if by_group { col("group") } else { lit(0_i64).alias("group") });
            let plan = plan.project(output).unwrap().build().unwrap();
            self.context.execute_logical_plan(plan).await.unwrap().collect().await.unwrap()
        });
        let mut groups = BTreeMap::new();
        for batch in &batches {
            for (typed, column) in typed.iter().zip(batch.columns().iter().skip(1)) {
                assert_eq!(*column.data_type(), typed.data_type(), "{}", typed.expr);
            }
            for row in 0..batch.num_rows() {
                let group = batch.column(0).as_primitive::<Int64Type>().value(row);
                let values = batch
                    .columns()
                    .iter()
                    .skip(1)
                    .map(|column| ScalarValue::try_from_array(column, row).unwrap());
                assert!(groups.insert(group, values.collect()).is_none(), "group {group} comes twice");
            }
        }
        groups
    }
}

fn table(rows: &[Row], layout: Layout) -> Query {
    let groups = Int64Array::from_iter_values(rows.iter().map(|row| row.0));
    let key = longs(rows.iter().map(|(_, _, keys)| keys.as_slice()));
    let has_several = rows.iter().any(|(_, _, keys)| keys.len() > 1);
    let key = if has_several { key } else { flat(&key) };
    let columns = vec![
        ("group", Type::Long, Arc::new(groups) as ArrayRef),
        ("value", layout.ty, values(rows, layout.ty)),
        ("key", Type::Long, key),
    ];
    Query::new(columns, layout)
}

fn run(rows: &[Row], layout: Layout, calls: &[&str]) -> Outcome {
    let query = table(rows, layout);
    let groups = query.run(calls, None, true);
    Outcome { groups, warnings: query.warnings }
}

/// The result of one aggregate over all rows.
fn one(rows: &[(&[i64], &[i64])], call: &str) -> ScalarValue {
    let rows: Vec<Row> = rows.iter().map(|(value, key)| (0, value.to_vec(), key.to_vec())).collect();
    run(&rows, PLAIN, &[call]).groups[&0][0].clone()
}

fn list(values: &[i64]) -> ScalarValue {
    match values {
        [] => ScalarValue::try_from(list_of(DataType::Int64)).unwrap(),
        _ => ScalarValue::try_from_array(&longs([values].into_iter()), 0).unwrap(),
    }
}

/// `FIRST` and `LAST`: the values of the row with the least or greatest key, null last; of equal ones the
/// least.
fn nearest(rows: &[&Row], last: bool) -> Vec<i64> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|(_, values, keys)| {
        let key = if last { keys.iter().max().map(|key| -key) } else { keys.iter().min().copied() };
        let key = (key.is_none(), key);
        (key, values.is_empty(), values.clone())
    });
    rows.first().map(|row| row.1.clone()).unwrap_or_default()
}

/// What the aggregates of whole numbers are, said plainly.
fn naive(rows: &[&Row]) -> Vec<ScalarValue> {
    let mut all: Vec<i64> = rows.iter().flat_map(|row| row.1.clone()).collect();
    all.sort_unstable();
    let mut distinct = all.clone();
    distinct.dedup();
    let count = all.len() as f64;
    let sum: i64 = all.iter().sum();
    let has = |value: f64| ScalarValue::Float64(Some(value).filter(|_| !all.is_empty()));
    let median = |sorted: &[f64]| match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    };
    let doubles: Vec<f64> = all.iter().map(|value| *value as f64).collect();
    let mean = sum as f64 / count;
    let variance = doubles.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let middle = median(&doubles);
    let mut distances: Vec<f64> = doubles.iter().map(|value| (value - middle).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let single = |values: &[i64]| ScalarValue::Int64(values.first().copied());
    let (first, last) = (nearest(rows, false), nearest(rows, true));
    let is_list = |values: &[i64], any: bool| if any { list(values) } else { single(values) };
    let several = rows.iter().any(|row| row.1.len() > 1);
    vec![
        ScalarValue::Int64(Some(rows.len() as i64)),
        ScalarValue::Int64(Some(all.len() as i64)),
        ScalarValue::Int64(Some(distinct.len() as i64)),
        ScalarValue::Int64(Some(sum).filter(|_| !all.is_empty())),
        has(mean),
        ScalarValue::Int64(all.first().copied()),
        ScalarValue::Int64(all.last().copied()),
        has(middle),
        has(median(&distances)),
        has(variance),
        has(variance.sqrt()),
        list(&distinct),
        list(&all[..all.len().min(3)]),
        list(&all.iter().rev().take(2).copied().collect::<Vec<_>>()),
        is_list(&first, several),
        is_list(&last, several),
        ScalarValue::Boolean(Some(!all.is_empty())),
        ScalarValue::Boolean(Some(all.is_empty())),
    ]
}

const ALL: &[&str] = &[
    "count()",
    "count(value)",
    "count_distinct(value, 100)",
    "sum(value)",
    "avg(value)",
    "min(value)",
    "max(value)",
    "median(value)",
    "median_absolute_deviation(value)",
    "variance(value)",
    "std_dev(value)",
    "values(value)",
    "top(value, 3)",
    "top(value, 2, desc)",
    "first(value, key)",
    "last(value, key)",
    "present(value)",
    "absent(value)",
];

/// Equal, doubles but for the last digits; a list of one is that one.
fn assert_close(found: &ScalarValue, wanted: &ScalarValue, context: &str) {
    match (found, wanted) {
        (ScalarValue::Float64(Some(a)), ScalarValue::Float64(Some(b))) => {
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{context}: {a} is not {b}");
        }
        (ScalarValue::List(found), wanted @ ScalarValue::Int64(_)) => {
            assert_eq!(
                &ScalarValue::try_from_array(&flat(&(found.clone() as ArrayRef)), 0).unwrap(),
                wanted,
                "{context}"
            );
        }
        _ => assert_eq!(found, wanted, "{context}"),
    }
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let several = prop_oneof![Just(1_usize..2).prop_map(|_| 0..=1_usize), Just(0..=3_usize),];
    several.prop_flat_map(|sizes| {
        let row = (
            0..4_i64,
            prop::collection::vec(-20..20_i64, sizes.clone()),
            prop::collection::vec(-3..3_i64, sizes),
        );
        prop::collection::vec(row, 1..60)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_is_what_it_is_said_plainly(rows in any_rows(), batch in 1..20_usize, partitions in 1..4_usize) {
        let outcome = run(&rows, Layout { batch, partitions, ty: Type::Long }, ALL);
        let mut groups = BTreeMap::<i64, Vec<&Row>>::new();
        rows.iter().for_each(|row| groups.entry(row.0).or_default().push(row));
        prop_assert_eq!(outcome.groups.len(), groups.len());
        for (group, rows) in &groups {
            for ((found, wanted), call) in outcome.groups[group].iter().zip(naive(rows)).zip(ALL) {
                assert_close(found, &wanted, &format!("{call} of {rows:?}"));
            }
        }
        let query = table(&rows, Layout { batch, partitions, ty: Type::Long });
        let together = query.run(ALL, None, false);
        let wanted = naive(&rows.iter().collect::<Vec<_>>());
        for ((found, wanted), call) in together[&0].iter().zip(wanted).zip(ALL) {
            assert_close(found, &wanted, &format!("{call} of all {rows:?}"));
        }
    }

    #[test]
    fn strings_are_values_like_others(rows in any_rows(), batch in 1..20_usize, partitions in 1..4_usize) {
        let calls =
            ["count_distinct(value)", "min(value)", "max(value)", "first(value, key)", "values(value)"];
        let split = run(&rows, Layout { batch, partitions, ty: Type::Keyword }, &calls);
        let whole = run(&rows, Layout { batch: 1000, partitions: 1, ty: Type::Keyword }, &calls);
        prop_assert_eq!(&split.groups, &whole.groups);
        for (group, results) in &whole.groups {
            let of_group = || rows.iter().filter(|row| row.0 == *group).flat_map(|row| &row.1);
            let mut texts: Vec<String> = of_group().map(|value| format!("{value:+05}")).collect();
            texts.sort();
            texts.dedup();
            prop_assert_eq!(&results[0], &ScalarValue::Int64(Some(texts.len() as i64)));
            prop_assert_eq!(&results[1], &ScalarValue::Utf8View(texts.first().cloned()));
            prop_assert_eq!(&results[2], &ScalarValue::Utf8View(texts.last().cloned()));
        }
    }

    #[test]
    fn only_rows_that_pass_the_filter_count(
        rows in any_rows(),
        batch in 1..20_usize,
        partitions in 1..4_usize,
    ) {
        let filter = col("group").not_eq(lit(1_i64));
        let query = table(&rows, Layout { batch, partitions, ty: Type::Long });
        let found = query.run(&ALL[1..], Some(filter.clone()), true);
        for (group, results) in found {
            let kept: Vec<&Row> = rows.iter().filter(|row| row.0 == group && group != 1).collect();
            for ((found, wanted), call) in results.iter().zip(&naive(&kept)[1..]).zip(&ALL[1..]) {
                assert_close(found, wanted, &format!("{call} of {kept:?}"));
            }
        }
    }

    #[test]
    fn the_order_of_doubles_does_not_show(
        mut doubles in prop::collection::vec(-1e9..1e9_f64, 2..200),
        batch in 1..50_usize,
    ) {
        let calls =
            ["sum(value)", "avg(value)", "variance(value)", "std_dev(value)", "percentile(value, 37.5)"];
        let results = |doubles: &[f64], partitions| {
            let groups = Int64Array::from(vec![0; doubles.len()]);
            let columns = vec![
                ("group", Type::Long, Arc::new(groups) as ArrayRef),
                ("value", Type::Double, Arc::new(Float64Array::from(doubles.to_vec())) as ArrayRef),
            ];
            Query::new(columns, Layout { batch, partitions, ty: Type::Double }).run(&calls, None, true)
        };
        let forth = results(&doubles, 1);
        doubles.reverse();
        prop_assert_eq!(forth, results(&doubles, 3));
    }
}

#[test]
fn sums_are_exact_while_they_are_made_and_null_if_they_do_not_fit() {
    let max: &[i64] = &[i64::MAX];
    assert_eq!(
        one(&[(max, &[]), (&[1], &[]), (&[-2], &[])], "sum(value)"),
        ScalarValue::Int64(Some(i64::MAX - 1))
    );
    let outcome =
        run(&[(0, vec![i64::MAX], vec![]), (0, vec![1], vec![])], PLAIN, &["sum(value)", "avg(value)"]);
    assert_eq!(outcome.groups[&0][0], ScalarValue::Int64(None));
    assert_eq!(outcome.groups[&0][1], ScalarValue::Float64(Some((i64::MAX as f64 + 1.0) / 2.0)));
    assert_eq!(outcome.warnings.list(), [("sum".to_owned(), "long overflow".to_owned(), 1)]);
}

/// `CompensatedSum` of Elasticsearch: a tenth ten times over is one.
#[test]
fn sums_of_doubles_keep_what_is_lost_in_an_addition() {
    let rows: Vec<f64> = std::iter::repeat_n(0.1, 10).chain([1e100, -1e100]).collect();
    let columns = vec![("value", Type::Double, Arc::new(Float64Array::from(rows)) as ArrayRef)];
    let found = Query::new(columns, PLAIN).run(&["sum(value)"], None, false);
    assert_eq!(found[&0][0], ScalarValue::Float64(Some(1.0)));
}

/// `Dist` of Elasticsearch's t-digest: between two numbers as a line goes.
#[test]
fn percentiles_lie_between_the_numbers_around_them() {
    let rows: [(&[i64], &[i64]); 4] = [(&[10], &[]), (&[20], &[]), (&[40], &[]), (&[30], &[])];
    for (percentile, wanted) in [("0", 10.0), ("50", 25.0), ("90", 37.0), ("100", 40.0), ("12.5", 13.75)] {
        assert_eq!(
            one(&rows, &format!("percentile(value, {percentile})")),
            ScalarValue::Float64(Some(wanted))
        );
    }
}

/// The page "WEIGHTED_AVG"; `WeightedAvg.surrogate` for what is null.
#[test]
fn weights_count_also_where_there_is_no_value() {
    let rows: &[(&[i64], &[i64])] = &[(&[10], &[1]), (&[40], &[2]), (&[], &[3])];
    assert_eq!(one(rows, "weighted_avg(value, key)"), ScalarValue::Float64(Some(15.0)));
    assert_eq!(one(&rows[..2], "weighted_avg(value, key)"), ScalarValue::Float64(Some(30.0)));
    assert_eq!(one(rows, "weighted_avg(value, 7)"), ScalarValue::Float64(Some(25.0)));
    let outcome = run(&[(0, vec![1], vec![0])], PLAIN, &["weighted_avg(value, key)"]);
    assert_eq!(outcome.groups[&0][0], ScalarValue::Float64(None));
    assert_eq!(outcome.warnings.list().len(), 1);
}

/// The page "TOP": a limit, an order, and another field to put out.
#[test]
fn top_may_put_out_another_field() {
    let rows: &[(&[i64], &[i64])] = &[(&[3], &[30]), (&[1], &[10]), (&[2], &[20]), (&[1], &[5])];
    assert_eq!(one(rows, "top(value, 3, asc, key)"), list(&[5, 10, 20]));
    assert_eq!(one(rows, "top(value, 2, DESC, key)"), list(&[30, 20]));
    assert_eq!(one(rows, "top(value, 1, desc)"), ScalarValue::Int64(Some(3)));
}

#[test]
fn constants_that_do_not_do_are_refused() {
    let query = table(&[(0, vec![1], vec![])], PLAIN);
    for (name, args) in
        [("top", vec!["value", "0"]), ("top", vec!["value", "1", "up"]), ("percentile", vec!["value", "101"])]
    {
        let args = args.into_iter().map(|arg| query.arg(arg)).collect();
        assert!(call(aggregation(name).unwrap(), args, None, Type::Long).is_err(), "{name}");
    }
}

#[test]
fn a_field_without_values_gives_null_and_counts_nothing() {
    let columns = vec![
        ("group", Type::Long, Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("value", Type::Null, datafusion::arrow::array::new_null_array(&DataType::Null, 2)),
    ];
    let query = Query::new(columns, PLAIN);
    let calls = ["count(value)", "count_distinct(value)", "sum(value)", "absent(value)", "median(value)"];
    let wanted = vec![
        ScalarValue::Int64(Some(0)),
        ScalarValue::Int64(Some(0)),
        ScalarValue::Int64(None),
        ScalarValue::Boolean(Some(true)),
        ScalarValue::Float64(None),
    ];
    assert_eq!(query.run(&calls, None, false)[&0], wanted);
    assert_eq!(query.run(&calls, None, true), BTreeMap::from([(1, wanted.clone()), (2, wanted)]));
}

#[test]
fn without_rows_there_is_one_row_or_no_group() {
    let query = table(&[], PLAIN);
    assert_eq!(query.run(ALL, None, false)[&0], naive(&[]));
    assert!(query.run(ALL, None, true).is_empty());
}

/// Types that DataFusion's own `MIN` and `MAX` are slow for, and points.
#[test]
fn addresses_and_points_have_aggregates_too() {
    let ip = |last: u8| [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, last];
    let addresses = [Some(ip(9)), None, Some(ip(3)), Some(ip(9))];
    let addresses = datafusion::arrow::array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        addresses.into_iter(),
        16,
    )
    .unwrap();
    let DataType::Struct(fields) = arrow_type(Type::GeoPoint) else { panic!("points are structs") };
    let coordinates = |values: [f64; 4]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let points = StructArray::new(
        fields.clone(),
        vec![coordinates([1.0, 2.0, 9.0, 3.0]), coordinates([10.0, 20.0, 9.0, 30.0])],
        Some(vec![true, true, false, true].into()),
    );
    let columns = vec![
        ("ip", Type::Ip, Arc::new(addresses) as ArrayRef),
        ("point", Type::GeoPoint, Arc::new(points) as ArrayRef),
    ];
    let query = Query::new(columns, PLAIN);
    let found = query.run(
        &["min(ip)", "max(ip)", "values(ip)", "count(point)", "st_centroid_agg(point)", "values(point)"],
        None,
        false,
    );
    let found = &found[&0];
    assert_eq!(found[0], ScalarValue::FixedSizeBinary(16, Some(ip(3).to_vec())));
    assert_eq!(found[1], ScalarValue::FixedSizeBinary(16, Some(ip(9).to_vec())));
    let ScalarValue::List(addresses) = &found[2] else { panic!("values are a list") };
    assert_eq!(addresses.value_length(0), 2);
    assert_eq!(found[3], ScalarValue::Int64(Some(3)));
    let ScalarValue::Struct(centroid) = &found[4] else { panic!("a centroid is a point") };
    assert_eq!(centroid.column(0).as_ref(), &Float64Array::from(vec![2.0]) as &dyn Array);
    assert_eq!(centroid.column(1).as_ref(), &Float64Array::from(vec![20.0]) as &dyn Array);
}
