//! Rules over alerts: the alerts of a hunt are events too, for the rules that ask for them.
//!
//! Such rules see, beside what they saw of the files, the alerts of all rules, their own included, with the moment
//! of the run that made them as their time. What they find may be new alerts, so it is done again until there
//! are no more, or [`MOST_ROUNDS`] times.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use rulehound_events::{Document, Origin, Shredder};
use rulehound_query::Query;
use rulehound_rules::Rule;
use rulehound_schema::Value as FieldValue;
use serde_json::{Value, json};

use super::collect::Collector;
use super::detect::{Found, FoundEvents};
use super::questions::{Questions, RuleIndex};
use super::store::EventRef;
use super::{HuntError, HuntOptions, Stage, TimeRange};
use crate::alert::Alert;
use crate::{FoundEvent, scope};

/// How many generations of alerts about alerts there are at most.
const MOST_ROUNDS: usize = 8;

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
    let (places, of_alerts): (Vec<usize>, Vec<(&Rule, &Query)>) =
        rules.iter().copied().enumerate().filter(|(_, (rule, _))| scope::reads_alerts(rule)).unzip();
    if of_alerts.is_empty() {
        return Ok(None);
    }
    first.found.retain(|found| !places.contains(&found.rule.0));
    // Their time is that of the hunt, whatever that was restricted to.
    let options = HuntOptions { range: TimeRange::default(), profile: false, ..options.clone() };
    let questions = Questions::new(&of_alerts, &options)?;
    let mut stage: Option<Stage> = None;
    let mut known = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let mut feed = Feed::new(&questions, of_alerts.len());
        for event in events {
            feed.event(first.store.read(*event)?)?;
        }
        let before = known.len();
        for of in [Some(&*first), stage.as_ref()].into_iter().flatten() {
            of.alerts(rules, options.created, |found, alert| {
                known.insert(alert.id.clone());
                feed.alert(alert, run_of(rules, found, of))
            })?;
        }
        if stage.is_some() && known.len() == before {
            break;
        }
        let hits = feed.finish()?.finish(options.scan.threads)?;
        let mut next = Stage::new(&of_alerts, hits, &options)?;
        let place = |rule: RuleIndex| RuleIndex(places.get(rule.0).copied().unwrap_or(usize::MAX));
        next.found.iter_mut().for_each(|found| found.rule = place(found.rule));
        next.dropped = next.dropped.into_iter().map(|(rule, dropped)| (place(rule), dropped)).collect();
        stage = Some(next);
    }
    Ok(stage)
}

/// The run that makes an alert of what was found: the first that sees the last of its events.
fn run_of(rules: &[(&Rule, &Query)], found: &Found, stage: &Stage) -> Option<i64> {
    let (rule, _) = rules.get(found.rule.0)?;
    match &found.events {
        FoundEvents::Group(group) => Some(group.bucket.run),
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
    file: Arc<str>,
    taken: u64,
}

impl<'a> Feed<'a> {
    fn new(questions: &'a Questions, rules: usize) -> Self {
        Self {
            collector: Collector::new(questions, rules),
            shredder: Shredder::new(questions.layout.clone()),
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
        let Value::Object(mut document) = serde_json::to_value(alert).map_err(io::Error::other)? else {
            return Ok(());
        };
        if let Some(run) = run {
            document.insert("@timestamp".to_owned(), json!(FieldValue::Date(run).to_string()));
        }
        // The index of alerts has these names too, as aliases.
        let rule = |(name, value): (&String, &Value)| {
            let rest = name.strip_prefix("kibana.alert.rule.")?;
            Some((format!("signal.rule.{rest}"), value.clone()))
        };
        let aliases: Document = document.iter().filter_map(rule).collect();
        document.extend(aliases);
        self.event(FoundEvent { index: Some(scope::ALERTS_INDEX.to_owned()), id, document })
    }

    fn push(&mut self, document: &Document) -> Result<(), HuntError> {
        let json = serde_json::to_vec(document).map_err(io::Error::other)?;
        self.taken += 1;
        let origin = Origin { file: self.file.clone(), position: self.taken };
        // What was an event before is one again.
        self.shredder.push(&json, origin).map_err(io::Error::other)?;
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
