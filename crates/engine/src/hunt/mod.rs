//! A hunt: all rules over all events of some files, to alerts.
//!
//! Threads read, normalise and match (`collect`); when all is read, hits are put in the order of the events'
//! own time and correlated (`detect`); alerts are made one by one as they are asked for. So
//! what comes out depends on the rules and the events alone, and memory holds a few
//! dozen bytes for each event that was hit.

mod collect;
mod detect;
mod higher_order;
mod lineage;
mod overflow;
mod profile;
mod questions;
mod steps;
mod store;
mod suppress;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rulehound_events::read::{Input, ScanOptions, ScanReport, scan};
use rulehound_query::Query;
use rulehound_rules::Rule;

use crate::MatcherError;
use crate::alert::{Alert, AlertBuilder};
use crate::correlate::Limits;
use crate::tables::{TableEngine, TableError};

use collect::{Collector, Hits};
use detect::{Detections, Found, FoundEvents, detect};
use questions::{Questions, RuleIndex};
use store::EventStore;

pub use overflow::Overflow;
pub use profile::{HuntProfile, RuleAtom, RuleCost};

/// A part of time, in milliseconds since the epoch; both ends included; open where there is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment in it.
    pub from: Option<i64>,
    /// The last moment in it.
    pub to: Option<i64>,
}

/// How to hunt.
#[derive(Clone, Debug)]
pub struct HuntOptions {
    /// Only events of this time count.
    pub range: TimeRange,
    /// How to read. The layout is the hunt's own.
    pub scan: ScanOptions,
    /// The moment that alerts say they were made.
    pub created: Timestamp,
    /// How much is remembered of the hits of one rule and key.
    pub limits: Limits,
    /// What computes the tables of ES|QL rules.
    pub tables: Arc<dyn TableEngine>,
    /// Whether to measure what each rule costs.
    pub profile: bool,
}

/// A hunt that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum HuntError {
    /// A rule's patterns do not compile.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
    /// Events that were hit could not be kept or read back.
    #[error("cannot keep the events that were hit in a temporary file: {0}")]
    Store(#[from] io::Error),
}

/// What a hunt found. Alerts are made when they are asked for.
#[derive(Debug)]
pub struct Hunt<'a> {
    /// What was read, and what was not.
    pub scan: ScanReport,
    /// Events that at least one rule or step of a rule matched.
    pub events_hit: u64,
    /// Hits of records that were read before (the same `_index` and `_id`): each event counts once.
    pub duplicates: u64,
    /// What each rule cost, if that was asked for.
    pub profile: Option<HuntProfile>,
    /// Where the time after the scan's own stages went.
    pub times: HuntTimes,
    rules: &'a [(&'a Rule, &'a Query)],
    stages: Vec<Stage>,
    created: Timestamp,
}

/// Where the time of a hunt went, beside what [`ScanReport::times`] says of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HuntTimes {
    /// Compiling the filters of all rules together.
    pub compile: Duration,
    /// Matching batches, summed over the threads.
    pub matching: Duration,
    /// Keeping the events that were hit, summed over the threads.
    pub keeping: Duration,
    /// Putting hits in order and through the correlators.
    pub correlating: Duration,
}

/// Runs rules over events.
///
/// # Errors
///
/// [`HuntError`] if the rules cannot be compiled together or temporary storage fails. What is wrong with the
/// input is no error: it is counted in [`Hunt::scan`].
pub fn hunt<'a>(
    rules: &'a [(&'a Rule, &'a Query)],
    inputs: &[Input],
    options: &HuntOptions,
) -> Result<Hunt<'a>, HuntError> {
    let started = Instant::now();
    let questions = Questions::new(rules, options)?;
    let compile = started.elapsed();
    let collector = Collector::new(&questions, rules.len());
    let scan_options = ScanOptions { layout: questions.layout.clone(), ..options.scan.clone() };
    let scan = scan(inputs, &scan_options, &|batch| collector.take(&batch));
    let matching = collector.matching();
    let keeping = scan.times.sink.saturating_sub(matching);
    let started = Instant::now();
    let mut hits = collector.finish(options.scan.threads)?;
    let with_alerts = std::mem::take(&mut hits.with_alerts);
    let mut stage = Stage::new(rules, hits, options)?;
    let profile = options.profile.then(|| HuntProfile::new(&questions, rules.len(), &stage.correlating));
    let (events_hit, duplicates) = (stage.store.len() as u64, stage.store.duplicates());
    let of_alerts = higher_order::run(rules, &mut stage, &with_alerts, options)?;
    let times = HuntTimes { compile, matching, keeping, correlating: started.elapsed() };
    Ok(Hunt {
        scan,
        events_hit,
        duplicates,
        profile,
        times,
        rules,
        stages: [Some(stage), of_alerts].into_iter().flatten().collect(),
        created: options.created,
    })
}

/// What came of some hits.
#[derive(Debug)]
struct Stage {
    found: Vec<Found>,
    store: EventStore,
    /// Hits that could not be put in order, because the event has no time.
    without_time: u64,
    /// Hits that were left out because of [`crate::correlate::TooManyKeys`].
    too_many_keys: u64,
    /// How much each rule's correlator forgot because of a limit.
    dropped: BTreeMap<RuleIndex, u64>,
    /// What kept the correlators of rules from their work.
    failed: BTreeMap<RuleIndex, TableError>,
    /// Facts about processes that were forgotten because there were too many.
    processes_dropped: u64,
    /// Detections that were folded into others.
    suppressed: u64,
    /// How long the correlator of each rule took, in all threads together.
    correlating: BTreeMap<RuleIndex, Duration>,
}

impl Stage {
    /// Correlates hits, and folds what is alike.
    fn new(rules: &[(&Rule, &Query)], mut hits: Hits, options: &HuntOptions) -> io::Result<Self> {
        let queries: Vec<&Query> = rules.iter().map(|(_, query)| *query).collect();
        let Detections { mut found, without_time, dropped, failed, correlating } =
            detect(&queries, &mut hits, options.scan.threads, options.limits, &options.tables)?;
        let Hits { store, too_many_keys, lineage, .. } = hits;
        let processes_dropped = lineage.dropped();
        let suppressed = suppress::suppress(rules, &mut found, &store)?;
        Ok(Self {
            found,
            store,
            without_time,
            too_many_keys,
            dropped,
            failed,
            processes_dropped,
            suppressed,
            correlating,
        })
    }

    /// Makes the alerts, and gives each to `sink` with what it was found as.
    fn alerts<E: From<HuntError>>(
        &self,
        rules: &[(&Rule, &Query)],
        created: Timestamp,
        mut sink: impl FnMut(&Found, Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        // Few of the rules find anything.
        let mut builders: HashMap<usize, AlertBuilder<'_>> = HashMap::new();
        for found in &self.found {
            let Some((rule, _)) = rules.get(found.rule.0) else { continue };
            let builder = builders.entry(found.rule.0).or_insert_with(|| AlertBuilder::new(rule, created));
            for alert in alerts_of(builder, found, &self.store).map_err(HuntError::from)? {
                sink(found, alert)?;
            }
        }
        Ok(())
    }
}

impl Hunt<'_> {
    /// Makes the alerts, in the order of the time of their first event, those of rules over alerts after the others, and
    /// gives each to `sink` with the place of its rule among the rules of the hunt. The alerts of a sequence come
    /// together, the shell first.
    ///
    /// # Errors
    ///
    /// [`HuntError::Store`] if an event cannot be read back, or what `sink` says.
    pub fn alerts<E: From<HuntError>>(
        &mut self,
        mut sink: impl FnMut(usize, Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        for stage in &self.stages {
            stage.alerts(self.rules, self.created, |found, alert| sink(found.rule.0, alert))?;
        }
        Ok(())
    }

    /// Hits that could not be put in order, because the event has no time.
    pub fn without_time(&self) -> u64 {
        self.stages.iter().map(|stage| stage.without_time).sum()
    }

    /// Hits that were left out because of [`crate::correlate::TooManyKeys`].
    pub fn too_many_keys(&self) -> u64 {
        self.stages.iter().map(|stage| stage.too_many_keys).sum()
    }

    /// Rules that had to forget something because of [`HuntOptions::limits`], by their place, and how often. Their alerts may
    /// be wanting.
    pub fn dropped(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.stages.iter().flat_map(|stage| stage.dropped.iter().map(|(rule, dropped)| (rule.0, *dropped)))
    }

    /// Rules that could not be run to the end, by their place, and why. Their alerts are wanting.
    pub fn failed(&self) -> BTreeMap<usize, &TableError> {
        let failed = self.stages.iter().flat_map(|stage| &stage.failed);
        failed.map(|(rule, failure)| (rule.0, failure)).collect()
    }

    /// Facts about processes that were forgotten because there were too many, so that questions about ancestors may lack an
    /// answer. At the least.
    pub fn processes_dropped(&self) -> u64 {
        self.stages.iter().map(|stage| stage.processes_dropped).sum()
    }

    /// Detections that were folded into others that are alike, because their rules say so.
    pub fn suppressed(&self) -> u64 {
        self.stages.iter().map(|stage| stage.suppressed).sum()
    }

    /// Rules that gave more in one interval than their `max_signals`. The alerts are given all the same.
    pub fn overflows(&self) -> Vec<Overflow> {
        self.stages
            .iter()
            .flat_map(|stage| overflow::overflows(self.rules, &stage.found, &stage.store))
            .collect()
    }
}

/// Makes the alerts of a detection; of a sequence the shell first.
fn alerts_of(builder: &AlertBuilder<'_>, found: &Found, store: &EventStore) -> io::Result<Vec<Alert>> {
    let mut alerts = match &found.events {
        FoundEvents::Single(event) => vec![builder.event_alert(store.read(*event)?)],
        FoundEvents::Correlated(events) => {
            let events = events.iter().map(|event| store.read(*event));
            builder.sequence_alerts(events.collect::<io::Result<_>>()?)
        }
        FoundEvents::NewTerms(event, terms) => vec![builder.new_terms_alert(store.read(*event)?, terms)],
        FoundEvents::Enriched(event, indicators) => {
            let indicators =
                indicators.iter().map(|(event, mapping)| Ok((store.read(*event)?, *mapping as usize)));
            let indicators: Vec<_> = indicators.collect::<io::Result<_>>()?;
            vec![builder.enriched_alert(store.read(*event)?, &indicators)]
        }
        FoundEvents::Row(event, row) => {
            let event = row.of_event.then(|| store.read(*event)).transpose()?;
            vec![builder.row_alert(event, row)]
        }
        FoundEvents::Group(group) => {
            builder.group_alert(&group.key, &group.bucket, group.bucket.last).into_iter().collect()
        }
    };
    if let (Some(folded), Some(alert)) = (&found.folded, alerts.first_mut()) {
        builder.suppress(alert, &folded.terms, (folded.start, folded.end), folded.count);
    }
    Ok(alerts)
}
