//! Both evaluators give the same hits: every step of every rule of the detection-rules repository and of the endpoint's
//! behaviour rules that can be run, over real events.
#![allow(clippy::unwrap_used)]

use std::fs;
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

/// The filters of all steps of all rules, as far as one event alone answers them.
fn filters(corpora: &Path) -> Vec<Filter> {
    let set = RuleSet::load([
        corpora.join("detection-rules/rules"),
        corpora.join("detection-rules/rules_building_block"),
        corpora.join("behavior-rules/rules"),
    ]);
    let plans = set.compiled().map(|(_, query)| &query.plan);
    plans.flat_map(steps).map(|step| step.filter.into_owned()).collect()
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

/// Compares the evaluators on the first events of a file or folder, `most` or a batch more; gives how many
/// events and hits there were.
fn check_source(
    filters: &[Filter],
    matcher: &Matcher,
    layout: &Arc<Layout>,
    (source, batch_rows, most): (&Path, usize, usize),
) -> (usize, usize) {
    let (events, hits) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let options = ScanOptions { layout: layout.clone(), batch_rows, ..ScanOptions::default() };
    scan(&[Input::Path(source.to_owned())], &options, &|batch| {
        hits.fetch_add(check(filters, matcher, &batch), Ordering::Relaxed);
        let events = events.fetch_add(batch.num_rows(), Ordering::Relaxed) + batch.num_rows();
        if events < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    (events.into_inner(), hits.into_inner())
}

/// The files below a folder, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    entries.into_iter().flat_map(below).collect()
}

/// The interpreter is not made for speed: of some sources there are many events, of all others a few.
#[test]
fn evaluators_agree_on_real_rules_and_events() {
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
        let found = check_source(&filters, &matcher, &layout, (&corpora.join(source), batch_rows, 400));
        println!("{source}: {} events, {} hits", found.0, found.1);
        assert!(found.0 > 0, "no events in {source}");
    }
    for folder in ["evtx", "mordor"] {
        let (mut events, mut hits) = (0, 0);
        for file in files_below(&corpora.join(folder)) {
            let found = check_source(&filters, &matcher, &layout, (&file, 24, 24));
            (events, hits) = (events + found.0, hits + found.1);
        }
        println!("{folder}, a little of each file: {events} events, {hits} hits");
        assert!(events > 1_000 && hits > 0, "{events} events, {hits} hits in {folder}");
    }
}
