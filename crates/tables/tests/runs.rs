//! Runs of a rule over tables: many at once give what each gives alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use proptest::prelude::*;
use rulehound_engine::correlate::{EventHandle, KeyValue};
use rulehound_engine::tables::{ResultRow, TableEngine, TableRow, TableRun};
use rulehound_query::esql::{self, LookupTable, TableQuery, TableSource};
use rulehound_schema::{FieldType, Schema};
use rulehound_tables::{RuleTables, RunOptions};

/// Each kind of step that runs share, in the company of others; and those that take one run at a time.
const QUERIES: &[&str] = &[
    "from x metadata _id | where user.name != \"b\"",
    "from x metadata _id | eval age = date_diff(\"seconds\", @timestamp, now()) | where age < 20",
    "from x | where user.name == \"a\" | stats n = count(*) by process.args | where n >= 2",
    "from x | stats by user.name, process.args",
    "from x | stats n = count(*), l = values(process.args), t = max(@timestamp), late = now() - 1 hour
        by user.name",
    "from x | stats n = count(*) | where n > 2",
    // Rows are taken away after those of the source were: a run without any left has a row all the same.
    "from x | where user.name == \"a\" | stats n = count(*), d = count_distinct(process.args),
        m = min(@timestamp), u = values(user.name), a = absent(process.args), w = count(*) where process.pid > 3,
        s = sum(process.pid)",
    "from x | stats n = count(*) by user.name | where n == 2
        | stats names = values(user.name), of = count(*), t = now()",
    "from x metadata _id | inline stats n = count(*) by user.name | where n >= 2",
    "from x metadata _id | inline stats n = count(*), most = max(process.pid) | where process.pid == most",
    "from x metadata _id | mv_expand process.args 
        | inline stats n = count_distinct(user.name) by process.args | sort n",
    "from x metadata _id | sort user.name, process.pid desc
        | stats pid = first(process.pid, @timestamp) by user.name",
    "from x metadata _id | dissect user.name \"%{one}\" | grok user.name \"%{WORD:two}\"
        | stats n = count(*) by one, two",
    "from x | stats n = count(*) by b = bucket(@timestamp, 10 seconds), user.name
        | where b >= now() - 30 seconds",
    "from x | where @timestamp > now() - 1 hour
        | stats n = count(*) by b = bucket(@timestamp, 4, now() - 30 seconds, now())",
    "from x | stats n = count(*), pid = avg(process.pid), p = percentile(process.pid, 50)
        by user.name | keep n, pid, p",
    "from x metadata _id | lookup join names on user.name | stats n = count(*) by group.name",
    "from x | stats n = count(*) by user.name | sort n desc, user.name | limit 1",
    "from x metadata _id | sort @timestamp, _id | limit 2",
    "from x | stats n = sum(process.pid) by @timestamp | change_point n on @timestamp",
];

fn compiled(text: &str) -> TableQuery {
    let fields =
        vec![("user.name".to_owned(), FieldType::Keyword), ("group.name".to_owned(), FieldType::Keyword)];
    let lookups = BTreeMap::from([("names".to_owned(), LookupTable { match_field: None, fields })]);
    let schema = Schema::catalogue();
    let options = esql::Options { schema, fields: &[], knows_all: false, lookups: &lookups, limit: None };
    let esql::Compiled { query, diagnostics } = esql::compile(text, options);
    query.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"))
}

/// An event: when it was, in seconds, and what it has.
type Event = (i64, Vec<String>, Vec<String>, Option<i64>);

fn row(query: &TableQuery, number: usize, (second, users, args, pid): &Event) -> TableRow {
    let texts = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort();
        texts.dedup();
        texts.into_iter().map(|text| KeyValue::String(text.into())).collect()
    };
    let TableSource::Events { fields, .. } = &query.source else { panic!("{:?}", query.source) };
    let values = fields.iter().map(|(_, field)| match &*field.name {
        "@timestamp" => vec![KeyValue::Date(second * 1000)],
        "user.name" => texts(users),
        "process.args" => texts(args),
        "process.pid" => pid.iter().map(|pid| KeyValue::Long(*pid)).collect(),
        "_id" => vec![KeyValue::String(number.to_string().into())],
        other => panic!("{other}"),
    });
    TableRow { event: EventHandle(number as u64), values: values.collect() }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let texts = |most| prop::collection::vec("[abc]", 0..=most);
    let event = (0..90_i64, texts(2), texts(3), prop::option::of(0..6_i64));
    prop::collection::vec(event, 1..24).prop_map(|mut events| {
        events.sort();
        events
    })
}

/// Runs every ten seconds that see so many back, where there is something to see.
fn runs(events: &[Event], look_back: i64) -> Vec<TableRun> {
    let place = |second: i64| events.partition_point(|event| event.0 < second);
    let run = |now: i64| TableRun { now: now * 1000, rows: place(now - look_back)..place(now + 1) };
    (0..10).map(|nth| run(nth * 20)).filter(|run| !run.rows.is_empty()).collect()
}

/// The rows of a run in some order: but for `LIMIT`, which takes one run at a time, order means nothing here.
fn shown(rows: &[ResultRow]) -> Vec<String> {
    let mut shown: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    shown.sort();
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]

    #[test]
    fn many_at_once_give_what_each_gives_alone(events in events(), look_back in 5..60_i64) {
        let mut options = RunOptions::new(0);
        let names = RecordBatch::try_from_iter([
            ("user.name", Arc::new(StringViewArray::from_iter_values(["a", "b", "b"])) as ArrayRef),
            ("group.name", Arc::new(StringViewArray::from_iter_values(["x", "x", "y"])) as ArrayRef),
        ]);
        options.lookups.insert("names".to_owned(), names.unwrap());
        let tables = RuleTables::new(options);
        let runs = runs(&events, look_back);
        for text in QUERIES {
            let query = compiled(text);
            let rows: Vec<TableRow> =
                events.iter().enumerate().map(|(number, event)| row(&query, number, event)).collect();
            let together = tables.run(&query, &rows, &runs).unwrap();
            prop_assert_eq!(together.len(), runs.len());
            for (run, found) in runs.iter().zip(&together) {
                let alone = tables.run(&query, &rows, std::slice::from_ref(run)).unwrap();
                prop_assert_eq!(shown(found), shown(&alone[0]), "{} at {:?}", text, run);
            }
        }
    }
}
