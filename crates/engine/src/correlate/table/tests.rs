//! Rows found by a hand-made engine of tables: it counts by the first value of each row, or, where nothing is to be
//! aggregated, gives each row back.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use rulehound_query::Filter;
use rulehound_query::esql::{AggregateStep, Column, Type};
use rulehound_schema::{Field, FieldType};
use serde_json::json;

use super::super::testing::{hit, of_step, run, run_with_restarts, window};
use super::*;

#[derive(Debug)]
struct Counts;

fn value(row: &TableRow) -> Option<String> {
    match row.values.first()?.first()? {
        KeyValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

impl TableEngine for Counts {
    fn run(
        &self,
        query: &TableQuery,
        rows: &[TableRow],
        runs: &[TableRun],
    ) -> Result<Vec<Vec<ResultRow>>, TableError> {
        let one = |run: &TableRun| {
            let rows = rows.get(run.rows.clone()).unwrap_or_default();
            if query.is_aggregating {
                let mut counts: BTreeMap<String, u64> = BTreeMap::new();
                rows.iter().filter_map(value).for_each(|text| *counts.entry(text).or_default() += 1);
                let row = |(text, count)| ResultRow {
                    event: None,
                    values: vec![("user.name".into(), json!(text)), ("count".into(), json!(count))],
                };
                return counts.into_iter().filter(|(_, count)| *count >= 2).map(row).collect();
            }
            let values = |row: &TableRow| row.values.first().cloned().unwrap_or_default();
            let expanded = rows.iter().flat_map(|row| values(row).into_iter().map(move |value| (row, value)));
            let row = |(row, value): (&TableRow, KeyValue)| ResultRow {
                event: Some(row.event),
                values: vec![("user.name".into(), value.to_json()), ("seen".into(), json!(rows.len()))],
            };
            expanded.map(row).collect()
        };
        Ok(runs.iter().map(one).collect())
    }
}

fn column(id: u32, name: &str) -> Column {
    Column { id: ColumnId(id), name: name.into(), ty: Type::Keyword }
}

/// A plan over `user.name`, with steps that the hand-made engine does not read.
fn plan(steps: Vec<TableStep>, window: Window) -> TablePlan {
    let user = column(0, "user.name");
    let source = TableSource::Events {
        patterns: Default::default(),
        fields: vec![(user.clone(), Field::new("user.name", FieldType::Keyword))],
        tests: Vec::new(),
    };
    let is_aggregating = steps.iter().any(|step| matches!(step, TableStep::Aggregate(_)));
    let output = match steps.first() {
        Some(TableStep::MvExpand { to, .. }) => vec![to.clone()],
        _ => vec![user],
    };
    let filter = Filter::Constant(true);
    let query =
        TableQuery { source, steps, output, filter: filter.clone(), is_aggregating, reads_all: false };
    TablePlan { filter, query, window }
}

fn counts(window: Window) -> TablePlan {
    let step = AggregateStep { groups: Vec::new(), aggregates: Vec::new() };
    plan(vec![TableStep::Aggregate(step)], window)
}

fn correlator(plan: &TablePlan) -> TableCorrelator {
    TableCorrelator::new(plan, Limits::default(), Arc::new(Counts))
}

/// The run and the values of each row.
fn found(detections: &[Detection]) -> Vec<(i64, String)> {
    let row = |detection: &Detection| match &detection.details {
        Details::Row(row) => (row.run, json_of(&row.values)),
        other => panic!("{other:?}"),
    };
    detections.iter().map(row).collect()
}

fn events(detections: &[Detection]) -> Vec<u64> {
    detections.iter().flat_map(|detection| &detection.events).flatten().map(|event| event.0).collect()
}

#[test]
fn a_row_is_found_once_for_as_long_as_windows_overlap() {
    // Runs at 5, 10, ... that see nine back.
    let plan = counts(window(5, 9));
    let at = |number, moment, user: &str| hit(number, moment, vec![of_step(0, "", &[user])]);
    let detections =
        run(&mut correlator(&plan), &[at(0, 0, "a"), at(1, 2, "a"), at(2, 3, "b"), at(3, 8, "a")]);
    let row = |count| format!(r#"{{"user.name":"a","count":{count}}}"#);
    // The run at 5 sees 0, 2 and 3, that at 10 sees 2, 3 and 8.
    assert_eq!(found(&detections), [(5, row(2))]);
    assert_eq!(events(&detections), [2], "the last event that the run saw");
    let detections =
        run(&mut correlator(&plan), &[at(0, 1, "a"), at(1, 4, "a"), at(2, 31, "a"), at(3, 32, "a")]);
    assert_eq!(found(&detections), [(5, row(2)), (35, row(2))]);
}

#[test]
fn rows_that_say_the_same_are_as_many_as_there_are() {
    let mut before = HashMap::new();
    let numbered: HashSet<String> = (0..3).map(|_| numbered("{}".to_owned(), &mut before)).collect();
    assert_eq!(numbered.len(), 3);
}

#[test]
fn each_event_is_found_once_and_once_a_value_where_it_is_expanded() {
    let hits = [hit(0, 1, vec![of_step(0, "", &["a", "b"])]), hit(1, 3, vec![of_step(0, "", &["a"])])];
    let expand = TableStep::MvExpand { from: ColumnId(0), to: column(1, "user.name") };
    for steps in [vec![expand.clone()], vec![expand, TableStep::Limit(10)]] {
        let plan = plan(steps, window(5, 20));
        let detections = run(&mut correlator(&plan), &hits);
        assert_eq!(events(&detections), [0, 0, 1]);
        let expanded: Vec<_> = detections
            .iter()
            .map(|detection| match &detection.details {
                Details::Row(row) => row.expanded.clone(),
                _ => None,
            })
            .collect();
        assert_eq!(expanded, [Some(json!(["a"])), Some(json!(["b"])), Some(json!(["a"]))]);
    }
    let plan = plan(vec![TableStep::Limit(10)], window(5, 20));
    assert_eq!(events(&run(&mut correlator(&plan), &hits)), [0, 1]);
}

#[test]
fn without_an_engine_the_failure_is_told() {
    let mut correlator =
        TableCorrelator::new(&counts(window(5, 9)), Limits::default(), Arc::new(crate::tables::NoTables));
    assert!(run(&mut correlator, &[hit(0, 1, vec![of_step(0, "", &["a"])])]).is_empty());
    assert!(correlator.failure().is_some());
}

#[test]
fn over_its_limit_it_forgets_the_oldest_and_says_so() {
    let plan = counts(window(5, 100));
    let mut correlator =
        TableCorrelator::new(&plan, Limits { per_key: 2, ..Limits::default() }, Arc::new(Counts));
    let mut detections = Vec::new();
    for number in 0..4 {
        correlator.push(hit(number, 1 + number as i64, vec![of_step(0, "", &["a"])]), &mut detections);
        correlator.advance(EventTime::from_millis(1), &mut detections);
    }
    assert_eq!(correlator.dropped(), 2);
}

/// Run by run, as the definition has it.
fn by_definition(hits: &[(i64, String)], window: Window) -> Vec<(i64, String)> {
    let (interval, look_back) = (window.interval.as_millis() as i64, window.look_back.as_millis() as i64);
    let mut found: Vec<(i64, String)> = Vec::new();
    for now in (0..200).map(|run| run * interval) {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let sees = |now: i64, moment: i64| moment >= now - look_back && moment <= now;
        // A run that sees what the one before saw finds what that one found.
        if hits.iter().all(|(moment, _)| sees(now, *moment) == sees(now - interval, *moment)) {
            continue;
        }
        let seen = hits.iter().filter(|(moment, _)| sees(now, *moment));
        seen.for_each(|(_, user)| *counts.entry(user).or_default() += 1);
        for (user, count) in counts.into_iter().filter(|(_, count)| *count >= 2) {
            let row = format!(r#"{{"user.name":"{user}","count":{count}}}"#);
            if !found.iter().any(|(before, known)| *known == row && now - before < look_back) {
                found.push((now, row));
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn agrees_with_the_definition_whatever_the_restarts(
        mut hits in prop::collection::vec((0..100_i64, "[ab]"), 0..30),
        look_back in 5..40_u64,
    ) {
        hits.sort_by_key(|(moment, _)| *moment);
        let window = window(5, look_back);
        let expected = by_definition(&hits, window);
        let hits: Vec<Hit> = (0..)
            .zip(&hits)
            .map(|(number, (moment, user))| hit(number, *moment, vec![of_step(0, "", &[user])]))
            .collect();
        let plan = counts(window);
        prop_assert_eq!(&found(&run(&mut correlator(&plan), &hits)), &expected);
        let fresh = || -> Box<dyn Correlator> { Box::new(correlator(&plan)) };
        prop_assert_eq!(&found(&run_with_restarts(&fresh, &hits)), &expected);
    }
}
