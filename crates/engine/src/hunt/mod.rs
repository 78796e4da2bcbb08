//! A hunt: all rules over all events of some files, to alerts.
//!
//! Threads read, normalise and match (`collect`); when all is read, hits are put in the order of the events'
//! own time and correlated (`detect`); alerts are made one by one as they are asked for. So
//! what comes out depends on the rules and the events alone, and memory holds a few
//! dozen bytes for each event that was hit.

mod collect;
mod detect;
mod overflow;
mod profile;
mod questions;
mod steps;
mod store;

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rulehound_events::read::{Input, ScanOptions, ScanReport, scan};
use rulehound_query::Query;
use rulehound_rules::Rule;

use crate::MatcherError;
use crate::alert::{Alert, AlertBuilder};

use collect::Collector;
use detect::{Detections, Found, FoundEvents, detect};
use questions::Questions;
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
    /// Hits of sequences and samples that could not be put in order, because the event has no time.
    pub without_time: u64,
    /// Hits of sequences and samples that were left out because of [`crate::correlate::TooManyKeys`].
    pub too_many_keys: u64,
    /// Rules that gave more in one interval than their `max_signals`. The alerts are given all the same.
    pub overflows: Vec<Overflow>,
    /// What each rule cost, if that was asked for.
    pub profile: Option<HuntProfile>,
    /// Where the time after the scan's own stages went.
    pub times: HuntTimes,
    rules: &'a [(&'a Rule, &'a Query)],
    detections: Detections,
    store: EventStore,
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
    let queries: Vec<&Query> = rules.iter().map(|(_, query)| *query).collect();
    let collector = Collector::new(&questions, rules.len());
    let scan_options = ScanOptions { layout: questions.layout.clone(), ..options.scan.clone() };
    let scan = scan(inputs, &scan_options, &|batch| collector.take(&batch));
    let matching = collector.matching();
    let keeping = scan.times.sink.saturating_sub(matching);
    let started = Instant::now();
    let mut hits = collector.finish(options.scan.threads)?;
    let detections = detect(&queries, &mut hits, options.scan.threads)?;
    let profile = options.profile.then(|| HuntProfile::new(&questions, rules.len(), &detections.correlating));
    let overflows = overflow::overflows(rules, &detections.found, &hits.store);
    let times = HuntTimes { compile, matching, keeping, correlating: started.elapsed() };
    Ok(Hunt {
        scan,
        events_hit: hits.store.len() as u64,
        duplicates: hits.store.duplicates(),
        without_time: detections.without_time,
        too_many_keys: hits.too_many_keys,
        overflows,
        profile,
        times,
        rules,
        detections,
        store: hits.store,
        created: options.created,
    })
}

impl Hunt<'_> {
    /// Makes the alerts, in the order of the time of their first event, and gives each to `sink` with
    /// the place of its rule among the rules of the hunt. The alerts of a sequence come together, the shell first.
    ///
    /// # Errors
    ///
    /// [`HuntError::Store`] if an event cannot be read back, or what `sink` says.
    pub fn alerts<E: From<HuntError>>(
        &mut self,
        mut sink: impl FnMut(usize, Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        // Few of the rules find anything.
        let mut builders: HashMap<usize, AlertBuilder<'_>> = HashMap::new();
        for found in &self.detections.found {
            let Some((rule, _)) = self.rules.get(found.rule.0) else { continue };
            let builder =
                builders.entry(found.rule.0).or_insert_with(|| AlertBuilder::new(rule, self.created));
            for alert in alerts_of(builder, found, &self.store).map_err(HuntError::from)? {
                sink(found.rule.0, alert)?;
            }
        }
        Ok(())
    }
}

/// Makes the alerts of a detection; of a sequence the shell first.
fn alerts_of(builder: &AlertBuilder<'_>, found: &Found, store: &EventStore) -> io::Result<Vec<Alert>> {
    Ok(match &found.events {
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
        FoundEvents::Group(group) => {
            builder.group_alert(&group.key, &group.bucket, group.bucket.last).into_iter().collect()
        }
    })
}
