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
    ];
    Arc::new(Layout::new(fields.map(|(name, field_type)| Field::new(name, field_type))))
});

fuzz_target!(|record: &[u8]| {
    let mut shredder = Shredder::new(LAYOUT.clone());
    let is_event = shredder.push(record, Origin { file: "fuzz".into(), position: 1 }).is_ok();
    let batch = shredder.finish();
    assert_eq!(batch.num_rows(), usize::from(is_event));
    if !is_event {
        return;
    }
    let document = batch.document(0);
    let of_document = DocumentRow::new(&document).with_id(batch.id(0)).with_index(batch.index(0));
    for field in LAYOUT.fields() {
        let sorted = |source: &dyn FieldSource| {
            let mut values: Vec<String> = source.values(field).iter().map(|value| format!("{value:?}")).collect();
            values.sort();
            values
        };
        assert_eq!(sorted(&batch.row(0)), sorted(&of_document), "{}", field.name);
    }
});
