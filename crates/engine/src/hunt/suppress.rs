//! Detections that are alike are folded into one, where a rule asks for that.

use std::collections::HashMap;
use std::io;

use rulehound_events::Document;
use rulehound_query::Query;
use rulehound_rules::{AlertSuppression, MissingFieldsStrategy, Rule, RuleKind};
use serde_json::Value;

use crate::alert;
use crate::correlate::{KeyValue, Limits, Suppressor};

use super::detect::{Found, FoundEvents};
use super::store::EventStore;

/// What a detection stands for beside itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folded {
    /// The fields that are alike, with their values; null where there is none.
    pub(super) terms: Vec<(String, Value)>,
    /// The time of the first, in milliseconds since the epoch.
    pub(super) start: i64,
    /// The time of the last.
    pub(super) end: i64,
    /// How many were folded into it.
    pub(super) count: u64,
}

/// Folds the detections of the rules that say so. Gives how many are no alerts of their own.
pub(super) fn suppress(
    rules: &[(&Rule, &Query)],
    found: &mut Vec<Found>,
    store: &EventStore,
) -> io::Result<u64> {
    let mut of_rule: HashMap<usize, OfRule<'_>> = HashMap::new();
    let before = found.len();
    let mut kept: Vec<Found> = Vec::with_capacity(before);
    for mut detection in found.drain(..) {
        let Some((rule, _)) = rules.get(detection.rule.0) else { continue };
        let Some(suppression) = &rule.alert_suppression else {
            kept.push(detection);
            continue;
        };
        let of_rule = of_rule.entry(detection.rule.0).or_insert_with(|| OfRule::new(rule, suppression));
        let Some(seen) = of_rule.look_at(&detection, store)? else {
            kept.push(detection);
            continue;
        };
        let group = Value::from_iter(seen.terms.iter().map(|(_, value)| value.clone())).to_string();
        if of_rule.suppressor.is_new(&group, seen.end) {
            of_rule.last.insert(group, kept.len());
            detection.folded = Some(Box::new(seen));
            kept.push(detection);
            continue;
        }
        let last = of_rule.last.get(&group).and_then(|place| kept.get_mut(*place));
        if let Some(folded) = last.and_then(|last| last.folded.as_mut()) {
            folded.end = folded.end.max(seen.end);
            folded.count += seen.count + 1;
        }
    }
    let gone = (before - kept.len()) as u64;
    *found = kept;
    Ok(gone)
}

/// The suppression of one rule.
struct OfRule<'a> {
    rule: &'a Rule,
    suppression: &'a AlertSuppression,
    suppressor: Suppressor,
    /// The last alert of each group.
    last: HashMap<String, usize>,
}

impl<'a> OfRule<'a> {
    fn new(rule: &'a Rule, suppression: &'a AlertSuppression) -> Self {
        let duration = suppression.duration.map(|duration| duration.span());
        let suppressor = Suppressor::new(rule.schedule.window(), duration, Limits::default());
        Self { rule, suppression, suppressor, last: HashMap::new() }
    }

    /// What a detection is alike in. `None`: it is not to be suppressed.
    fn look_at(&self, found: &Found, store: &EventStore) -> io::Result<Option<Folded>> {
        // A threshold is suppressed by what groups it.
        if let (FoundEvents::Group(group), RuleKind::Threshold(threshold)) = (&found.events, &self.rule.kind)
        {
            let values = group.key.0.iter().map(KeyValue::to_json);
            let (start, end) = (group.bucket.first.parts().0, group.bucket.last.parts().0);
            let terms = threshold.threshold.field.iter().cloned().zip(values).collect();
            return Ok(Some(Folded { terms, start, end, count: group.bucket.count.saturating_sub(1) }));
        }
        let mut events = found.events().iter().map(|event| Ok(store.read(*event)?.document));
        let documents: Vec<Document> = match &found.events {
            FoundEvents::Row(_, row) => {
                let event = events.next().filter(|_| row.of_event).transpose()?;
                vec![alert::merged(event, &row.values)]
            }
            _ => events.collect::<io::Result<_>>()?,
        };
        // What stands for no event is of the time of the run.
        let run = match &found.events {
            FoundEvents::Row(_, row) if !row.of_event => Some(row.run),
            _ => None,
        };
        let times =
            documents.iter().filter_map(|document| run.or_else(|| alert::time_of(document, self.rule)));
        let Some((start, end)) = times.fold(None, |range: Option<(i64, i64)>, time| {
            Some(range.map_or((time, time), |(start, end)| (start.min(time), end.max(time))))
        }) else {
            return Ok(None);
        };
        let common = alert::in_common(&documents);
        let value = |name: &String| (name.clone(), self.value(alert::field(&common, name)));
        let terms: Vec<(String, Value)> = self.suppression.group_by.iter().map(value).collect();
        let incomplete = terms.iter().any(|(_, value)| value.is_null());
        if incomplete && self.suppression.missing_fields_strategy == MissingFieldsStrategy::DoNotSuppress {
            return Ok(None);
        }
        Ok(Some(Folded { terms, start, end, count: 0 }))
    }

    /// The values of a field as Kibana tells them: in order, each once; the one of a query rule on its own.
    fn value(&self, value: Option<&Value>) -> Value {
        let mut values = match value {
            None | Some(Value::Null) => return Value::Null,
            Some(Value::Array(items)) => items.clone(),
            Some(value) => vec![value.clone()],
        };
        values.sort_by_cached_key(Value::to_string);
        values.dedup();
        let is_query = matches!(self.rule.kind, RuleKind::Query(_) | RuleKind::SavedQuery(_));
        match values.len() {
            0 => Value::Null,
            1 if is_query => values.remove(0),
            _ => values.into(),
        }
    }
}
