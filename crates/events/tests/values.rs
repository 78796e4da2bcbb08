//! Columns and documents give the same values; and how a scan is cut up changes nothing.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write;
use std::sync::Arc;

use common::{Folder, message_layout, read, seen};
use proptest::prelude::*;
use rulehound_events::read::{ScanOptions, ScanReport, ScanTimes};
use rulehound_events::{DocumentRow, EventBatch, Layout, Origin, Shredder};
use rulehound_schema::{Field, FieldSource, FieldType};

/// Fields of all types.
fn fields() -> Vec<Field> {
    [
        ("@timestamp", FieldType::Date),
        ("_id", FieldType::Keyword),
        ("_index", FieldType::Keyword),
        ("data_stream.dataset", FieldType::ConstantKeyword),
        ("flat", FieldType::Flattened),
        ("flat.a.b", FieldType::Flattened),
        ("geo", FieldType::GeoPoint),
        ("host.ip", FieldType::Ip),
        ("nanos", FieldType::DateNanos),
        ("p", FieldType::Keyword),
        ("p.a", FieldType::Long),
        ("p.a.b", FieldType::Keyword),
        ("p.b", FieldType::Double),
        ("p.c", FieldType::Boolean),
        ("p.d", FieldType::UnsignedLong),
        ("p.e", FieldType::Wildcard),
    ]
    .map(|(name, field_type)| Field::new(name, field_type))
    .into()
}

fn shred(records: &[&str]) -> EventBatch {
    let mut shredder = Shredder::new(Arc::new(Layout::new(fields())));
    for record in records {
        shredder.push(record.as_bytes(), Origin { file: "test".into(), position: 1 }).unwrap();
    }
    shredder.finish()
}

fn sorted(source: &impl FieldSource, field: &Field) -> Vec<String> {
    let mut values: Vec<String> = source.values(field).iter().map(|value| format!("{value:?}")).collect();
    values.sort();
    values
}

/// Expects every row of a batch to hold what the document of the row does.
fn check_rows(batch: &EventBatch) {
    for row in 0..batch.num_rows() {
        let document = batch.document(row);
        let from_document = DocumentRow::new(&document).with_id(batch.id(row)).with_index(batch.index(row));
        for field in fields() {
            assert_eq!(
                sorted(&batch.row(row), &field),
                sorted(&from_document, &field),
                "{} of {document:?}",
                field.name
            );
        }
    }
}

/// Expects these values of a field in a record.
#[track_caller]
fn check(record: &str, field: &str, expected: &[&str]) {
    let batch = shred(&["{}", record, "{}"]);
    assert_eq!(batch.original(1), record.as_bytes());
    check_rows(&batch);
    let field = fields().into_iter().find(|known| &*known.name == field).unwrap();
    let mut expected: Vec<String> = expected.iter().map(|value| (*value).to_owned()).collect();
    expected.sort();
    assert_eq!(sorted(&batch.row(1), &field), expected, "{record}");
    assert!(batch.row(0).values(&field).len() <= 1 && batch.row(2).values(&field).len() <= 1);
}

#[test]
fn values_stand_at_nested_and_dotted_keys() {
    for record in [r#"{"p":{"a":1}}"#, r#"{"p.a":1}"#, r#"{"p":[{"a":[1]}]}"#, r#"{"p":{"a":[[1,null],[]]}}"#]
    {
        check(record, "p.a", &["Long(1)"]);
    }
    check(r#"{"p":{"a":1},"p.a":2}"#, "p.a", &["Long(1)", "Long(2)"]);
    check(r#"{"p":[{"a":1},{"a":"2"},{"a":"x"},{"b":3}]}"#, "p.a", &["Long(1)", "Long(2)"]);
    check(
        r#"{"p.a.b":"x","p":{"a.b":"y","a":{"b":"z"}}}"#,
        "p.a.b",
        &["x", "y", "z"].map(|x| format!("String({x:?})")).iter().map(|x| &**x).collect::<Vec<_>>(),
    );
    for record in
        [r#"{"p..a":1}"#, r#"{"p.":{"a":1}}"#, r#"{".p.a":1}"#, r#"{"":{"p":{"a":1}}}"#, r#"{"p":null}"#]
    {
        check(record, "p.a", &[]);
    }
}

#[test]
fn a_key_given_twice_keeps_both_values() {
    check(r#"{"p":{"a":1,"a":2},"p":{"a":3}}"#, "p.a", &["Long(1)", "Long(2)", "Long(3)"]);
}

#[test]
fn flattened_takes_all_leaves() {
    let record = r#"{"flat":{"a":{"b":"x","c":[1,true]},"a.b":"y"}}"#;
    let text = |values: &[&str]| values.iter().map(|value| format!("String({value:?})")).collect::<Vec<_>>();
    check(record, "flat", &text(&["x", "1", "true", "y"]).iter().map(|x| &**x).collect::<Vec<_>>());
    check(record, "flat.a.b", &text(&["x", "y"]).iter().map(|x| &**x).collect::<Vec<_>>());
}

#[test]
fn numbers_are_exact() {
    check(r#"{"p":{"a":9223372036854775807}}"#, "p.a", &["Long(9223372036854775807)"]);
    check(r#"{"p":{"d":18446744073709551615}}"#, "p.d", &["UnsignedLong(18446744073709551615)"]);
    check(
        r#"{"p":{"b":[0.1,1e300,18446744073709551616]}}"#,
        "p.b",
        &["Double(0.1)", "Double(1e300)", "Double(1.8446744073709552e19)"],
    );
    check(r#"{"p":{"a":18446744073709551615}}"#, "p.a", &[]);
}

#[test]
fn misfits_are_counted_by_field() {
    let mut shredder = Shredder::new(Arc::new(Layout::new(fields())));
    for (position, record) in [
        r#"{"p":{"a":"x"},"host":"h"}"#,
        r#"{"p":{"a":["y",1],"c":{"x":1}},"host":{"ip":"no"},"geo":{"lat":1}}"#,
        r#"{"agent":"x","unknown":{"p":1}}"#,
    ]
    .iter()
    .enumerate()
    {
        let origin = Origin { file: "test".into(), position: position as u64 + 1 };
        shredder.push(record.as_bytes(), origin).unwrap();
    }
    let found: Vec<_> =
        shredder.misfits().iter().map(|(field, n)| (field, n.values, n.first.position)).collect();
    assert_eq!(found, [("host", 1, 1), ("host.ip", 1, 2), ("p.a", 2, 1), ("p.c", 1, 2)]);
    assert_eq!(shredder.misfits().total(), 5);
}

#[test]
fn a_refused_record_leaves_no_trace() {
    let mut shredder = Shredder::new(Arc::new(Layout::new(fields())));
    let origin = Origin { file: "test".into(), position: 1 };
    shredder.push(br#"{"p":{"a":1}}"#, origin.clone()).unwrap();
    shredder.push(br#"{"p":{"a":2}"#, origin.clone()).unwrap_err();
    shredder.push(br#"{"p":{"a":3}}"#, origin).unwrap();
    let batch = shredder.finish();
    check_rows(&batch);
    assert_eq!(batch.num_rows(), 2);
}

#[test]
fn a_dictionary_holds_each_value_once() {
    use arrow_array::cast::AsArray;
    let batch = shred(&[r#"{"p.e":["x","y"]}"#, r#"{"p.e":"x"}"#, r#"{"p":{"e":"y"}}"#]);
    let column = batch.column(batch.layout().column("p.e").unwrap());
    let values = column.values().as_any_dictionary().values().as_string::<i32>();
    assert_eq!(values.iter().flatten().collect::<Vec<_>>(), ["x", "y"]);
}

/// JSON of objects whose keys now and then lead to a field.
fn any_json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| format!("{n:?}")),
        "-?[1-9][0-9]{0,30}|-?[1-9]e[1-9][0-9]{0,2}|0\\.[0-9]{1,30}",
        prop_oneof![
            "[a-c]{0,3}",
            "2026-0[1-9]-1[0-9]T0[0-9]:00:00Z",
            "10\\.0\\.0\\.[0-9]",
            "-?[0-9]{1,3}",
            any::<String>()
        ]
        .prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let key = prop_oneof![
        "(p|flat|host|data_stream|_id|_index|_source|@timestamp|nanos|geo|a|b|c|d|e|ip|dataset|type)(\\.(a|b|c|d|e|ip|dataset))?",
        "[.a]{0,3}",
    ];
    let value = scalar.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            object(key.clone(), inner),
        ]
    });
    let key = "(p|flat|host|data_stream|_id|_index|_source|@timestamp|nanos|geo|p\\.a|p\\.b|p\\.a\\.b)";
    object(key, value)
}

fn object(
    key: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    prop::collection::vec((key, value), 0..6).prop_map(|members| {
        let members = members.iter().fold(String::new(), |mut all, (key, value)| {
            let comma = if all.is_empty() { "" } else { "," };
            write!(all, "{comma}{}:{value}", serde_json::to_string(key).unwrap()).unwrap();
            all
        });
        format!("{{{members}}}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn columns_hold_what_documents_do(records in prop::collection::vec(any_json(), 1..5)) {
        check_rows(&shred(&records.iter().map(String::as_str).collect::<Vec<_>>()));
    }

    #[test]
    fn a_batch_holds_nothing_of_the_one_before(
        batches in prop::collection::vec(prop::collection::vec(any_json(), 0..4), 2..5)
    ) {
        let mut shredder = Shredder::new(Arc::new(Layout::new(fields())));
        for records in &batches {
            for record in records {
                shredder.push(record.as_bytes(), Origin { file: "test".into(), position: 1 }).unwrap();
            }
            let batch = shredder.finish();
            check_rows(&batch);
            let alone = shred(&records.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(batch.to_record_batch(), alone.to_record_batch());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(record in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut shredder = Shredder::new(message_layout());
        let read = shredder.push(&record, Origin { file: "test".into(), position: 1 });
        prop_assert_eq!(seen(&shredder.finish()).len(), usize::from(read.is_ok()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_file_is_read(
        pieces in prop::collection::vec(
            prop_oneof![
                any_json(),
                prop::sample::select(vec!["\n", "[", "]", "{", "}", ",", "\"", "{\"events\":[", "//", "\u{feff}", " ", "{\"index\":{}}\n"])
                    .prop_map(str::to_owned),
                any::<String>(),
            ],
            0..40,
        ),
        damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut content = pieces.concat().into_bytes();
        if let (Some((at, byte)), false) = (damage, content.is_empty()) {
            let at = at.index(content.len());
            content[at] = byte;
        }
        let (messages, _, report) = common::read_bytes(&content);
        let lost = report.records - messages.len() as u64;
        prop_assert!(lost <= report.problems.total(), "{lost} lost: {:?}", report.problems);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn threads_and_batches_change_nothing(batch_rows in 1_usize..200, threads in 1_usize..5, lines in 1_usize..10_000) {
        let folder = Folder::new();
        let text: String = (0..lines).map(|n| format!("{{\"message\":\"{n}\",\"x\":\"{}\"}}\n", "y".repeat(n % 300))).collect();
        folder.write("a.ndjson", &text);
        folder.write("b.json", format!("[{}]", text.trim_end().replace('\n', ",")));
        folder.write("c.zip", common::zip(&[("1", text.as_bytes()), ("2", b"broken\n{}\n")]));
        let scan = |options| {
            let (mut events, report) = read(&[folder.0.path()], options);
            events.sort();
            // All but how long it took.
            (events, ScanReport { times: ScanTimes::default(), ..report })
        };
        let expected = scan(ScanOptions::default());
        prop_assert_eq!(expected.0.len(), 3 * lines + 1);
        prop_assert_eq!(scan(ScanOptions { threads, batch_rows, ..ScanOptions::default() }), expected);
    }
}
