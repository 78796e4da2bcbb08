//! Loading and compiling rules: those of this project, and Elastic's where the corpora are.

use std::path::{Path, PathBuf};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rulehound_rules::RuleSet;

fn main() {
    divan::main();
}

fn load(bencher: Bencher<'_, '_>, folder: &Path) {
    let rules = RuleSet::load([folder]).rules.len();
    bencher.counter(ItemsCount::new(rules)).bench_local(|| black_box(RuleSet::load([folder]).rules.len()));
}

#[divan::bench]
fn rules_of_this_project(bencher: Bencher<'_, '_>) {
    load(bencher, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")));
}

#[divan::bench(sample_count = 10)]
fn rules_of_elastic(bencher: Bencher<'_, '_>) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("RULEHOUND_CORPORA").map_or(beside, PathBuf::from).join("detection-rules");
    if folder.is_dir() {
        load(bencher, &folder);
    }
}
