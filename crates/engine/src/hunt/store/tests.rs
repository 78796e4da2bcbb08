//! The order and the identity of events, held to the plain way: ask every event for its identity.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use rulehound_events::{Layout, Origin, RecordFormat, Shredder};
use rulehound_schema::Schema;
use serde_json::{Map, json};

use super::*;

/// A record and when it was.
#[derive(Clone, Debug)]
struct Given {
    record: String,
    moment: Moment,
}

/// Records of few moments and ids, some of them those that others are given for want of one.
fn given() -> impl Strategy<Value = Given> {
    let hash = RecordFormat::Json.id(record(None, None, (Some(1), 0), 0, false).as_bytes());
    let ids = [None, None, Some("a".to_owned()), Some("b".to_owned()), Some(hash)].to_vec();
    let (times, sequences) = (select(vec![None, Some(1_i64), Some(2)]), 0..2_u64);
    (select(ids), select(vec![None, Some("logs-x")]), times, sequences, 0..3_u8, any::<bool>()).prop_map(
        |(id, index, time, sequence, body, spaces)| Given {
            record: record(id.as_deref(), index, (time, sequence), body, spaces),
            moment: Moment { time: time.map(EventTime::from_nanos), sequence },
        },
    )
}

fn record(
    id: Option<&str>,
    index: Option<&str>,
    (time, sequence): (Option<i64>, u64),
    body: u8,
    spaces: bool,
) -> String {
    let mut record = Map::new();
    record.extend(id.map(|id| ("_id".to_owned(), json!(id))));
    record.extend(index.map(|index| ("_index".to_owned(), json!(index))));
    record.insert("event".to_owned(), json!({"sequence": sequence, "created": time, "reason": body}));
    if spaces { serde_json::to_string_pretty(&record) } else { serde_json::to_string(&record) }.unwrap()
}

fn batch_of(events: &[Given]) -> EventBatch {
    let read = ["event.reason", "event.sequence"].map(|name| Schema::catalogue().field(name).unwrap());
    let mut shredder = Shredder::new(Arc::new(Layout::new(read)));
    for event in events {
        shredder.push(event.record.as_bytes(), Origin { file: "test".into(), position: 1 }).unwrap();
    }
    shredder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn events_come_once_and_in_order_however_they_are_shared_out(
        events in prop::collection::vec((given(), 0..3_usize), 0..24),
        threads in 1..4_usize,
        // Whether the order means something, by the last bits of the identity.
        is_ordered: [bool; 4],
    ) {
        let all: Vec<Given> = events.iter().map(|(event, _)| event.clone()).collect();
        let batch = batch_of(&all);
        let identity_of = |row| identity(batch.index(row), &batch.id(row));
        // Of each identity the least record.
        let mut least: BTreeMap<Identity, usize> = BTreeMap::new();
        for row in 0..all.len() {
            let least = least.entry(identity_of(row)).or_insert(row);
            if all[row].record < all[*least].record {
                *least = row;
            }
        }
        let mut expected: Vec<_> = least.into_iter().collect();
        expected.sort_by_key(|(identity, row)| {
            let Moment { time, sequence } = all[*row].moment;
            (time, if time.is_some() { sequence } else { 0 }, *identity)
        });

        let ordered = |row| is_ordered[usize::from(identity_of(row)[15]) % 4];
        let rows: Vec<usize> = (0..all.len()).collect();
        let sketches = sketches(&batch, &rows);

        let mut shelves = [Shelf::new(), Shelf::new(), Shelf::new()];
        let put: Vec<_> = events
            .iter()
            .enumerate()
            .map(|(row, (event, shelf))| {
                let about = About { moment: event.moment, sketch: sketches[row], ordered: ordered(row) };
                (*shelf, shelves[*shelf].put(&batch, row, about).unwrap())
            })
            .collect();
        let (store, places) = EventStore::new(shelves.into(), threads).unwrap();

        prop_assert_eq!(store.len(), expected.len());
        prop_assert_eq!(store.duplicates() as usize, all.len() - expected.len());
        let mut rows = Vec::new();
        for place in (0..store.len() as u32).map(EventRef) {
            let row = expected.iter().find(|(identity, _)| *identity == store.identity(place).unwrap()).unwrap().1;
            prop_assert_eq!(store.read(place).unwrap(), FoundEvent::of(&batch, row));
            prop_assert_eq!(store.time(place), all[row].moment.time);
            rows.push(row);
        }
        // Whatever the order means, moments ascend.
        let moment = |row: usize| {
            let Moment { time, sequence } = all[row].moment;
            (time, if time.is_some() { sequence } else { 0 })
        };
        prop_assert!(rows.is_sorted_by_key(|row| moment(*row)));
        rows.retain(|row| ordered(*row));
        let expected_order: Vec<_> = expected.iter().map(|(_, row)| *row).filter(|row| ordered(*row)).collect();
        prop_assert_eq!(rows, expected_order);
        for (row, (shelf, event)) in put.into_iter().enumerate() {
            let place = places.of(shelf, event).unwrap();
            prop_assert_eq!(store.identity(place).unwrap(), identity_of(row));
        }
    }
}
