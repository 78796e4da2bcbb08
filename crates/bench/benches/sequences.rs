//! The sequence correlator: hits in order of time, of few and of many keys.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rulehound_engine::correlate::{
    Captured, EventHandle, EventTime, Hit, Key, KeyValue, Limits, Ordinal, StepId, StepMatch, correlate,
};
use rulehound_query::Plan;
use rulehound_query::eql::{self, Dialect, Options};
use rulehound_schema::Schema;

const HITS: u64 = 50_000;

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

fn plan(query: &str) -> Plan {
    let compiled = eql::compile(query, options()).query;
    compiled.map_or_else(|| unreachable!("{query} compiles"), |query| query.plan)
}

fn hits(keys: u64, steps: u64) -> Vec<Hit> {
    let hit = |number: u64| Hit {
        event: EventHandle(number),
        ordinal: Ordinal {
            time: EventTime::from_millis(i64::try_from(number).unwrap_or(i64::MAX) * 100),
            tiebreaker: None,
            tie: (number, 0),
        },
        matches: vec![StepMatch {
            step: StepId(u32::try_from(number / keys % steps).unwrap_or(0)),
            key: Key([KeyValue::String(format!("host-{}", number % keys).into())].into()),
            captured: Captured::default(),
        }],
    };
    (0..HITS).map(hit).collect()
}

#[divan::bench(args = [1, 100, 10_000])]
fn three_steps(bencher: Bencher<'_, '_>, keys: u64) {
    let plan = plan(
        "sequence by host.id with maxspan=1h [process where true] [file where true] [network where true]",
    );
    let hits = hits(keys, 3);
    bencher
        .counter(ItemsCount::new(HITS))
        .with_inputs(|| hits.clone())
        .bench_local_values(|hits| black_box(correlate(&plan, hits, Limits::default()).detections.len()));
}
