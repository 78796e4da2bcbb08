//! Rules over alerts: the alerts of a hunt are events too, for the rules that ask for them.
//!
//! Such rules see, beside what they saw of the files, the alerts of all rules, their own included, with the moment
//! of the run that made them as their time. What they find may be new alerts, so it is done again until there
//! are no more, or [`MOST_ROUNDS`] times.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use rulehound_events::{Document, Layout, Origin, Shredder};
use rulehound_query::Query;
use rulehound_rules::Rule;
use rulehound_schema::Value as FieldValue;
use serde_json::json;

use super::collect::Collector;
use super::detect::{Found, FoundEvents};
use super::questions::{Questions, RuleIndex};
use super::store::EventRef;
use super::{HuntError, HuntOptions, Stage, TimeRange};
use crate::alert::Alert;
use crate::{FoundEvent, scope};

/// How many generations of alerts about alerts there are at most.
const MOST_ROUNDS: usize = 8;

/// What an alert about an alert is made of.
const ALWAYS: [&str; 3] = ["kibana.alert.rule.uuid", "kibana.alert.depth", "kibana.alert.ancestors"];

/// How many events are matched at a time.
const BATCH: usize = 1024;

/// Runs the rules over alerts on the alerts of the first stage and those events of it that they hit. What they had
/// found without the alerts is taken out of the first stage. `None` if there are no such rules.
pub(super) fn run(
    rules: &[(&Rule, &Query)],
    first: &mut Stage,
    events: &[EventRef],
    options: &HuntOptions,
) -> Result<Option<Stage>, HuntError> {
    let (places, of_alerts): (Vec<usize>, Vec<(&Rule, &Query)>) = rules
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, (rule, query))| scope::reads_alerts(rule, &query.plan))
        .unzip();
    if of_alerts.is_empty() {
        return Ok(None);
    }
    first.found.retain(|found| !places.contains(&found.rule.0));
    // Their time is that of the hunt, whatever that was restricted to.
    let options = HuntOptions { range: TimeRange::default(), profile: false, ..options.clone() };
    let questions = Questions::new(&of_alerts, &options)?;
    let feed_first = |feed: &mut Feed<'_>| -> Result<(), HuntError> {
        for event in events {
            feed.event(first.store.read(*event)?)?;
        }
        first.alerts(rules, options.created, |found, alert| feed.alert(alert, run_of(rules, found, first)))
    };
    let stage_of = |feed: Feed<'_>| -> Result<Stage, HuntError> {
        let hits = feed.finish()?.finish(options.scan.threads)?;
        let mut stage = Stage::new(&of_alerts, hits, &options)?;
        let place = |rule: RuleIndex| RuleIndex(places.get(rule.0).copied().unwrap_or(usize::MAX));
        stage.found.iter_mut().for_each(|found| found.rule = place(found.rule));
        stage.failed = stage.failed.into_iter().map(|(rule, failure)| (place(rule), failure)).collect();
        stage.dropped = stage.dropped.into_iter().map(|(rule, dropped)| (place(rule), dropped)).collect();
        Ok(stage)
    };
    let mut feed = Feed::new(&questions, of_alerts.len());
    feed_first(&mut feed)?;
    let once = stage_of(feed)?;
    let mut last: Option<Stage> = None;
    let mut known = BTreeSet::new();
    for _ in 1..MOST_ROUNDS {
        let found = last.as_ref().unwrap_or(&once);
        let before = known.len();
        let mut feed = Feed::new(&questions, of_alerts.len());
        found.alerts(rules, options.created, |of, alert| {
            known.insert(alert.id.clone());
            feed.alert(alert, run_of(rules, of, found))
        })?;
        if known.len() == before {
            break;
        }
        if questions.ancestors.is_empty() {
            // What was hit once is hit again, and nothing else.
            for event in once.store.events() {
                feed.record(&once.store.record(event)?)?;
            }
        } else {
            feed_first(&mut feed)?;
        }
        last = Some(stage_of(feed)?);
    }
    Ok(Some(last.unwrap_or(once)))
}

/// The run that makes an alert of what was found: the first that sees the last of its events.
fn run_of(rules: &[(&Rule, &Query)], found: &Found, stage: &Stage) -> Option<i64> {
    let (rule, _) = rules.get(found.rule.0)?;
    match &found.events {
        FoundEvents::Group(group) => Some(group.bucket.run),
        FoundEvents::Row(_, row) if !row.of_event => Some(row.run),
        _ => {
            let times = found.events().iter().filter_map(|event| stage.store.time(*event));
            Some(rule.schedule.window().first_run(times.max()?.parts().0))
        }
    }
}

/// Takes events and alerts, batch by batch, to the collector.
struct Feed<'a> {
    collector: Collector<'a>,
    shredder: Shredder,
    layout: Arc<Layout>,
    /// Which fields of alerts are of use, as far as it was asked.
    wanted: HashMap<String, bool>,
    file: Arc<str>,
    taken: u64,
}

impl<'a> Feed<'a> {
    fn new(questions: &'a Questions, rules: usize) -> Self {
        Self {
            collector: Collector::new(questions, rules),
            shredder: Shredder::new(questions.layout.clone()),
            layout: questions.layout.clone(),
            wanted: HashMap::new(),
            file: Arc::from(""),
            taken: 0,
        }
    }

    fn event(&mut self, event: FoundEvent) -> Result<(), HuntError> {
        let FoundEvent { index, id, mut document } = event;
        document.insert("_id".to_owned(), json!(id));
        document.extend(index.map(|index| ("_index".to_owned(), json!(index))));
        self.push(&document)
    }

    fn alert(&mut self, alert: Alert, run: Option<i64>) -> Result<(), HuntError> {
        let id = alert.id.clone();
        let mut document = Document::new();
        for (name, value) in alert.fields() {
            if self.is_wanted(name) {
                document.insert(name.clone(), value.clone());
            }
            // The index of alerts has these names too, as aliases.
            if let Some(rest) = name.strip_prefix("kibana.alert.rule.") {
                let alias = format!("signal.rule.{rest}");
                if self.is_wanted(&alias) {
                    document.insert(alias, value.clone());
                }
            }
        }
        if let Some(run) = run {
            document.insert("@timestamp".to_owned(), json!(FieldValue::Date(run).to_string()));
        }
        self.event(FoundEvent { index: Some(scope::ALERTS_INDEX.to_owned()), id, document })
    }

    /// Whether a field of an alert is of use: those of the event all are; of what the alert says, what a rule reads, and what
    /// tells an alert from an event.
    fn is_wanted(&mut self, name: &str) -> bool {
        if !name.starts_with("kibana.") && !name.starts_with("signal.") {
            return true;
        }
        if let Some(wanted) = self.wanted.get(name) {
            return *wanted;
        }
        let below = |field: &str| {
            field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let read = self.layout.fields().iter().any(|field| below(&field.name));
        let wanted = read || ALWAYS.contains(&name);
        self.wanted.insert(name.to_owned(), wanted);
        wanted
    }

    fn push(&mut self, document: &Document) -> Result<(), HuntError> {
        self.record(&serde_json::to_vec(document).map_err(io::Error::other)?)
    }

    /// Takes an event or alert as it was written for the first time.
    fn record(&mut self, json: &[u8]) -> Result<(), HuntError> {
        self.taken += 1;
        let origin = Origin { file: self.file.clone(), position: self.taken };
        // What was an event before is one again.
        self.shredder.push(json, origin).map_err(io::Error::other)?;
        if self.shredder.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), HuntError> {
        match self.collector.take(&self.shredder.finish()) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(io::Error::other("alerts could not be kept").into()),
        }
    }

    fn finish(mut self) -> Result<Collector<'a>, HuntError> {
        self.flush()?;
        Ok(self.collector)
    }
}
