//! The walk gives what the parser gives, or gives up.

use std::sync::Arc;

use proptest::prelude::*;
use rulehound_schema::{Field, FieldType};

use crate::{Layout, Misfits, Origin, RecordError, Shredder};

fn layout() -> Arc<Layout> {
    let fields = [
        ("@timestamp", FieldType::Date),
        ("_id", FieldType::Keyword),
        ("_index", FieldType::Keyword),
        ("_source.p", FieldType::Keyword),
        ("event.category", FieldType::Keyword),
        ("flat", FieldType::Flattened),
        ("flat2", FieldType::Flattened),
        ("flat2.a", FieldType::Flattened),
        ("p", FieldType::Keyword),
        ("p.a", FieldType::Long),
        ("p.b", FieldType::Double),
        ("p.c", FieldType::Boolean),
        ("p.d", FieldType::UnsignedLong),
        ("process.name", FieldType::Keyword),
        ("winlog.channel", FieldType::Keyword),
    ];
    Arc::new(Layout::new(fields.map(|(name, field_type)| Field::new(name, field_type))))
}

/// All that comes of records: of each whether it was taken, then the rows.
#[derive(Debug, PartialEq)]
struct Outcome {
    taken: Vec<Result<(), RecordError>>,
    columns: arrow_array::RecordBatch,
    ids: Vec<(Option<String>, Option<String>)>,
    misfits: Misfits,
}

fn outcome(records: &[Vec<u8>], may_walk: bool) -> Outcome {
    let mut shredder = Shredder::new(layout());
    shredder.may_walk = may_walk;
    let origin = |position| Origin { file: "test".into(), position };
    let taken =
        (1..).zip(records).map(|(position, record)| shredder.push(record, origin(position))).collect();
    let misfits = shredder.misfits().clone();
    let batch = shredder.finish();
    let ids = (0..batch.num_rows())
        .map(|row| (batch.given_id(row).map(str::to_owned), batch.index(row).map(str::to_owned)));
    Outcome { taken, ids: ids.collect(), columns: batch.to_record_batch(), misfits }
}

fn check(records: &[Vec<u8>]) {
    assert_eq!(outcome(records, true), outcome(records, false));
}

fn key() -> impl Strategy<Value = String> {
    let keys = [
        "p",
        "a",
        "b",
        "c",
        "d",
        "p.a",
        "p.b",
        "p.d",
        "flat",
        "flat2",
        "flat2.a",
        "_id",
        "_index",
        "_source",
        "@timestamp",
        "event",
        "category",
        "event.category",
        "process",
        "name",
        "process.name",
        "winlog",
        "winlog.channel",
        "channel",
        "EventID",
        "Event",
        "Channel",
        "unknown",
        "unknown.key",
        "",
        ".",
        "p.",
        r"\u0070",
        r"p\u002ea",
        r"un\\known",
        "data_stream.type",
        "ключ",
    ];
    prop::sample::select(keys.to_vec()).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = String> {
    let scalars = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "01",
        "1.",
        "1.5",
        "-1.5e3",
        "1e400",
        "1E-400",
        "1e5",
        ".5",
        "+1",
        "12345678901234567890",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551616",
        "0.1234567890123456789",
        "123456789.123456789e-30",
        "nul",
        "tru",
        "\"x\"",
        "\"\"",
        "\"true\"",
        "\"1\"",
        r#""C:\\Windows\\System32\\cmd.exe""#,
        r#""a\u00e9\n\"""#,
        r#""\ud83d\ude00""#,
        r#""\ud800""#,
        r#""\q""#,
        r#""\u12""#,
        "\"tab\there\"",
        "\"2024-01-01T00:00:00Z\"",
        "\"a value of more than thirty-two bytes, and some more of them after\"",
        r#""another value of more than thirty-two bytes, \\ and some more of them after""#,
        "\"élan vital\"",
        "\"\u{7f}\"",
    ];
    prop_oneof![prop::sample::select(scalars.to_vec()).prop_map(str::to_owned), "\"[ -~é]{0,40}\""]
}

fn blank() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "", "", "", " ", "\n", "\t \r\n"])
}

fn joined(parts: &[(String, &str)]) -> String {
    parts.iter().map(|(part, blank)| format!("{blank}{part}{blank}")).collect::<Vec<_>>().join(",")
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member =
        (key(), blank(), value).prop_map(|(key, blank, value)| format!("\"{key}\"{blank}:{blank}{value}"));
    prop::collection::vec((member, blank()), 0..6).prop_map(|members| format!("{{{}}}", joined(&members)))
}

fn record() -> impl Strategy<Value = String> {
    let value = scalar().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            object(inner.clone()),
            prop::collection::vec((inner, blank()), 0..4).prop_map(|items| format!("[{}]", joined(&items))),
        ]
    });
    (blank(), object(value)).prop_map(|(blank, object)| format!("{blank}{object}{blank}"))
}

/// A byte put in another's place, taken out or put in.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (record(), damage()).prop_map(|(record, damage)| damage.of(&record))
}

/// A record, and what comes of damage to it; some of it twice.
fn alike() -> impl Strategy<Value = Vec<Vec<u8>>> {
    (record(), prop::collection::vec(damage(), 1..6)).prop_map(|(record, damages)| {
        let damaged = damages.iter().flat_map(|damage| [record.clone().into_bytes(), damage.of(&record)]);
        damaged.chain([record.clone().into_bytes()]).collect()
    })
}

#[derive(Clone, Debug)]
struct Damage {
    at: prop::sample::Index,
    byte: u8,
    kind: u8,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[],:x\0 01".to_vec())];
    (any::<prop::sample::Index>(), byte, 0..4_u8).prop_map(|(at, byte, kind)| Damage { at, byte, kind })
}

impl Damage {
    fn of(&self, record: &str) -> Vec<u8> {
        let mut bytes = record.as_bytes().to_vec();
        let at = self.at.index(bytes.len());
        match self.kind {
            0 => bytes[at] = self.byte,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, self.byte),
            _ => bytes.truncate(at),
        }
        bytes
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_walk_gives_what_the_parser_gives(
        records in prop::collection::vec(prop_oneof![2 => record().prop_map(String::into_bytes), 1 => damaged()], 1..6),
    ) {
        check(&records);
    }

    #[test]
    fn what_was_learnt_of_a_record_does_not_hold_for_another(records in alike()) {
        check(&records);
    }
}

#[test]
fn a_document_of_a_pipeline_is_walked_and_a_raw_one_is_not() {
    let records = [
        r#"{"winlog":{"channel":"Security"},"event":{"category":["process"]},"process":{"name":"a.exe"}}"#,
        r#"{"winlog":{"channel":"Security","event_id":4688},"event":{"code":"4688"}}"#,
        r#"{"EventID":1,"Channel":"Security"}"#,
        r#"{"_index":"a","_id":"1","p":"out","_source":{"p":"in","_id":"2","_source":{"p":"x"}},"sort":[1]}"#,
        r#"{"_id":7,"_index":null,"p":"x"}"#,
    ];
    check(&records.map(|record| record.as_bytes().to_vec()));
    for (record, walked) in records.iter().zip([true, false, false, true, false]) {
        let layout = layout();
        let mut scanner = super::LeafScanner::default();
        assert_eq!(scanner.scan(record.as_bytes(), layout.paths()).is_ok(), walked, "{record}");
    }
}

#[test]
fn keys_beyond_what_is_learnt_are_read_all_the_same() {
    let mut record = String::from("{");
    for number in 0..(1 << 14) + 10 {
        record += &format!("\"k{number}\":{{\"p\":1}},");
    }
    record += r#""p":{"a":5,"late":6},"p":{"late":7,"a":8}}"#;
    check(&[record.clone().into_bytes(), record.into_bytes()]);
}
