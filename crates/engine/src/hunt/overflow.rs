//! Where Elastic would have cut: rules that gave more in one interval than their `max_signals`.

use std::collections::BTreeMap;

use rulehound_query::Query;
use rulehound_rules::Rule;

use super::detect::Found;
use super::store::EventStore;

/// A rule that gave more detections in an interval of its schedule than its `max_signals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The rule, by its place among the rules of the hunt.
    pub rule: usize,
    /// Intervals with more than `max_signals`.
    pub intervals: u64,
    /// Detections over `max_signals`, in all of them.
    pub over: u64,
}

/// Counts detections by rule and by interval of the events' own time.
pub(super) fn overflows(rules: &[(&Rule, &Query)], found: &[Found], store: &EventStore) -> Vec<Overflow> {
    let mut counts: BTreeMap<(usize, i64), u64> = BTreeMap::new();
    for detection in found {
        let Some((rule, _)) = rules.get(detection.rule.0) else { continue };
        let time = detection.events().last().and_then(|&event| store.time(event));
        let Some((milliseconds, _)) = time.map(|time| time.parts()) else { continue };
        let interval =
            i64::try_from(rule.schedule.interval.duration().as_millis()).unwrap_or(i64::MAX).max(1);
        *counts.entry((detection.rule.0, milliseconds.div_euclid(interval))).or_default() += 1;
    }
    let mut overflows: Vec<Overflow> = Vec::new();
    for ((rule, _), count) in counts {
        let most = rules.get(rule).map_or(u64::MAX, |(rule, _)| rule.schedule.max_signals);
        let over = count.saturating_sub(most);
        if over == 0 {
            continue;
        }
        match overflows.last_mut() {
            Some(last) if last.rule == rule => {
                last.intervals += 1;
                last.over += over;
            }
            _ => overflows.push(Overflow { rule, intervals: 1, over }),
        }
    }
    overflows
}
