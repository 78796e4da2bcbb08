//! Both evaluators give the same hits: every step of every EQL rule of the detection-rules repository, over
//! real events.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rulehound_engine::correlate::steps;
use rulehound_engine::{FilterId, Matcher, interpret};
use rulehound_events::read::{Input, ScanOptions, scan};
use rulehound_events::{EventBatch, Layout};
use rulehound_query::Filter;
use rulehound_rules::RuleSet;

/// Where the corpora are: `RULEHOUND_CORPORA`, or beside the checkout. `None`, and said so, if they are not.
fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("RULEHOUND_CORPORA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} does not exist (set RULEHOUND_CORPORA)", folder.display());
    None
}

/// The filters of all steps of all EQL rules.
fn filters(corpora: &Path) -> Vec<Filter> {
    let set = RuleSet::load([
        corpora.join("detection-rules/rules"),
        corpora.join("detection-rules/rules_building_block"),
    ]);
    let plans = set.compiled().map(|(_, query)| &query.plan);
    plans.flat_map(steps).map(|step| step.filter.clone()).collect()
}

/// Compares the evaluators on a batch; gives the number of hits.
fn check(filters: &[Filter], matcher: &Matcher, batch: &EventBatch) -> usize {
    let mut found = vec![Vec::new(); filters.len()];
    for (FilterId(id), rows) in matcher.evaluate(batch) {
        found[id as usize] = rows.set_indices().collect();
    }
    for (filter, found) in filters.iter().zip(&found) {
        let holds = |row: &usize| interpret::matches(filter, &batch.row(*row));
        let expected: Vec<usize> = (0..batch.num_rows()).filter(holds).collect();
        assert_eq!(*found, expected, "{filter:?}\nin {}", batch.origin(0));
    }
    found.iter().map(Vec::len).sum()
}

#[test]
fn evaluators_agree_on_real_rules_and_events() {
    /// Most events of one source: the interpreter is not made for speed.
    const MOST: usize = 400;

    let Some(corpora) = corpora() else { return };
    let filters = filters(&corpora);
    assert!(filters.len() > 1000, "only {} filters", filters.len());
    let matcher = Matcher::new(filters.clone()).unwrap();
    let layout = Arc::new(Layout::new(matcher.fields().cloned()));
    let sources = [
        ("golden/endpoint", 64),
        ("es-eql/test_data.json", 7),
        ("evtx/Persistence", 100),
        ("mordor/execution__psh_powershell_httplistener.zip", 1),
        ("mordor/lateral_movement__covenant_copy_smb_CreateRequest.zip", 333),
    ];
    for (source, batch_rows) in sources {
        let (events, hits) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let options = ScanOptions { layout: layout.clone(), batch_rows, ..ScanOptions::default() };
        scan(&[Input::Path(corpora.join(source))], &options, &|batch| {
            hits.fetch_add(check(&filters, &matcher, &batch), Ordering::Relaxed);
            let events = events.fetch_add(batch.num_rows(), Ordering::Relaxed) + batch.num_rows();
            if events < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let (events, hits) = (events.into_inner(), hits.into_inner());
        println!("{source}: {events} events, {hits} hits");
        assert!(events > 0, "no events in {source}");
    }
}
