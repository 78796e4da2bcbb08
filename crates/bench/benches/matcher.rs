//! The matcher over a batch: atoms by their kind, and boolean programs by their number.

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rulehound_bench::generate;
use rulehound_engine::Matcher;
use rulehound_events::{EventBatch, Layout, Origin, Shredder};
use rulehound_query::eql::{self, Dialect, Options};
use rulehound_query::{Filter, Plan};
use rulehound_schema::Schema;

const EVENTS: u64 = 4_096;

fn main() {
    divan::main();
}

fn options() -> Options<'static> {
    Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: Dialect::Elasticsearch,
    }
}

/// The filter of an EQL query over single events.
fn filter(query: &str) -> Filter {
    let compiled = eql::compile(query, options()).query;
    match compiled.map(|query| query.plan) {
        Some(Plan::Event(filter)) => filter,
        other => unreachable!("{query} is a query over single events, not {other:?}"),
    }
}

fn batch(matcher: &Matcher) -> EventBatch {
    let mut shredder = Shredder::new(Arc::new(Layout::new(matcher.fields().cloned())));
    for number in 0..EVENTS {
        let origin = Origin { file: "bench".into(), position: number };
        assert_eq!(shredder.push(generate::ecs_event(number).as_bytes(), origin), Ok(()));
    }
    shredder.finish()
}

/// A batch by a matcher that has seen nothing: every distinct value is judged.
fn judged_anew(bencher: Bencher<'_, '_>, queries: &[String]) {
    let filters: Vec<Filter> = queries.iter().map(|query| filter(query)).collect();
    let compiled = || Matcher::new(filters.clone()).unwrap_or_else(|error| unreachable!("{error}"));
    let batch = batch(&compiled());
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(compiled)
        .bench_local_values(|matcher| black_box(matcher.evaluate(&batch).len()));
}

/// Queries that each put one test to one field.
fn queries(count: usize, of: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(of).collect()
}

const COUNTS: [usize; 3] = [10, 100, 1_000];

#[divan::bench(args = COUNTS)]
fn exact(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(bencher, &queries(count, |n| format!("any where process.command_line : \"tool{n}.exe\"")));
}

#[divan::bench(args = COUNTS)]
fn prefix(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(bencher, &queries(count, |n| format!("any where process.command_line : \"tool{n} *\"")));
}

#[divan::bench(args = COUNTS)]
fn suffix(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(bencher, &queries(count, |n| format!("any where process.command_line : \"* --key {n:x}\"")));
}

#[divan::bench(args = COUNTS)]
fn contains(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(bencher, &queries(count, |n| format!("any where process.command_line : \"*--job {n}1*\"")));
}

#[divan::bench(args = COUNTS)]
fn many_stars(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(bencher, &queries(count, |n| format!("any where process.command_line : \"*w*n*s*{n}*e*\"")));
}

#[divan::bench(args = COUNTS)]
fn regex(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(
        bencher,
        &queries(count, |n| format!("any where process.command_line regex~ \".*job [0-9]+{n}.*\"")),
    );
}

#[divan::bench(args = COUNTS)]
fn cidr(bencher: Bencher<'_, '_>, count: usize) {
    let network = |n: usize| format!("10.{}.{}.0/24", n / 250, n % 250);
    judged_anew(bencher, &queries(count, |n| format!("any where cidrMatch(source.ip, \"{}\")", network(n))));
}

#[divan::bench(args = COUNTS)]
fn numeric_range(bencher: Bencher<'_, '_>, count: usize) {
    judged_anew(
        bencher,
        &queries(count, |n| format!("any where process.pid >= {n} and process.pid < {}", n + 50)),
    );
}

/// Rules as they are: a category, a kind, names, and exclusions; over batches whose values are known.
#[divan::bench(args = COUNTS)]
fn programs_over_known_values(bencher: Bencher<'_, '_>, count: usize) {
    let query = |n: usize| {
        format!(
            "process where event.type == \"start\" and process.name : (\"tool{n}.exe\", \"cmd{}.exe\", \"reg.exe\") and \
             process.args : \"run\" and process.parent.name : \"parent{n}*\" and \
             not process.executable : (\"?:\\\\Windows\\\\System32\\\\tool{n}*\", \"?:\\\\Program Files\\\\*\")",
            n % 7
        )
    };
    let filters = queries(count, query).iter().map(|query| filter(query)).collect();
    let matcher = Matcher::new(filters).unwrap_or_else(|error| unreachable!("{error}"));
    let batch = batch(&matcher);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| black_box(matcher.evaluate(&batch).len()));
}
