//! From records to columns: ECS walked, raw Windows events normalised; with few fields asked for and with many.

use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use rulehound_bench::generate;
use rulehound_events::{Layout, Origin, Shredder};
use rulehound_schema::Schema;

const EVENTS: u64 = 2_000;

fn main() {
    divan::main();
}

/// The fields whose names begin so.
fn layout(starts: &[&str]) -> Arc<Layout> {
    let schema = Schema::catalogue();
    let names = schema.names().filter(|name| starts.iter().any(|start| name.starts_with(start)));
    let fields =
        names.filter_map(|name| schema.field(name)).filter(|field| field.field_type.data_type().is_some());
    Arc::new(Layout::new(fields))
}

const FEW: &[&str] = &["@timestamp", "event.category", "event.type", "host.os.type", "process.name"];
const MANY: &[&str] = &[
    "@timestamp",
    "event.",
    "process.",
    "file.",
    "registry.",
    "dll.",
    "host.",
    "user.",
    "source.",
    "destination.",
    "winlog.",
];

fn shred(bencher: Bencher<'_, '_>, starts: &[&str], event: fn(u64) -> String) {
    let records: Vec<String> = (0..EVENTS).map(event).collect();
    let layout = layout(starts);
    let mut shredder = Shredder::new(layout);
    let file: Arc<str> = "bench".into();
    bencher
        .counter(ItemsCount::new(EVENTS))
        .counter(BytesCount::new(records.iter().map(String::len).sum::<usize>()))
        .bench_local(|| {
            for (position, record) in (1..).zip(&records) {
                let taken = shredder.push(record.as_bytes(), Origin { file: file.clone(), position });
                assert_eq!(taken, Ok(()));
            }
            black_box(shredder.finish().num_rows())
        });
}

#[divan::bench]
fn ecs_few_fields(bencher: Bencher<'_, '_>) {
    shred(bencher, FEW, generate::ecs_event);
}

#[divan::bench]
fn ecs_many_fields(bencher: Bencher<'_, '_>) {
    shred(bencher, MANY, generate::ecs_event);
}

#[divan::bench]
fn flat_windows_few_fields(bencher: Bencher<'_, '_>) {
    shred(bencher, FEW, generate::flat_windows_event);
}

#[divan::bench]
fn flat_windows_many_fields(bencher: Bencher<'_, '_>) {
    shred(bencher, MANY, generate::flat_windows_event);
}
