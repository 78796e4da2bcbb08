//! Any bytes, as a record: the shredder reads them or refuses them, and what it puts into columns is what the
//! document holds.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use rulehound_events::{DocumentRow, Layout, Origin, Shredder};
use rulehound_schema::{Field, FieldSource, FieldType};

static LAYOUT: LazyLock<Arc<Layout>> = LazyLock::new(|| {
    let fields = [
        ("@timestamp", FieldType::Date),
        ("_id", FieldType::Keyword),
        ("_index", FieldType::Keyword),
        ("a", FieldType::Keyword),
        ("a.b", FieldType::Long),
        ("a.b.c", FieldType::Flattened),
        ("b", FieldType::Ip),
        ("c", FieldType::Double),
        ("d", FieldType::Boolean),
        ("e", FieldType::UnsignedLong),
        ("f", FieldType::DateNanos),
        ("g", FieldType::Flattened),
        ("event.code", FieldType::Keyword),
        ("message", FieldType::MatchOnlyText),
        ("process.executable", FieldType::Keyword),
        ("process.pid", FieldType::Long),
        ("winlog.event_data.Image", FieldType::Keyword),
    ];
    Arc::new(Layout::new(fields.map(|(name, field_type)| Field::new(name, field_type))))
});

/// After a record like this one, the shredder expects another.
const FLAT: &[u8] =
    br#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Message":"","a":"","Image":"",
    "ProcessId":1,"UtcTime":""}"#;

fuzz_target!(|record: &[u8]| {
    check(&[], record);
    check(&[FLAT, FLAT], record);
});

/// Expects of a record that comes after some others that its row holds what its document does.
fn check(before: &[&[u8]], record: &[u8]) {
    let mut shredder = Shredder::new(LAYOUT.clone());
    let origin = || Origin { file: "fuzz".into(), position: 1 };
    for record in before {
        assert_eq!(shredder.push(record, origin()), Ok(()));
    }
    let is_event = shredder.push(record, origin()).is_ok();
    let batch = shredder.finish();
    assert_eq!(batch.num_rows(), before.len() + usize::from(is_event));
    if !is_event {
        return;
    }
    let row = before.len();
    let document = batch.document(row);
    let of_document = DocumentRow::new(&document).with_id(batch.id(row)).with_index(batch.index(row));
    for field in LAYOUT.fields() {
        let sorted = |source: &dyn FieldSource| {
            let mut values: Vec<String> =
                source.values(field).iter().map(|value| format!("{value:?}")).collect();
            values.sort();
            values
        };
        assert_eq!(sorted(&batch.row(row)), sorted(&of_document), "{}", field.name);
    }
}
