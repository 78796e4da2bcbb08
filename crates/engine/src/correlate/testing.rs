//! What the tests of correlators share: hand-made hits, and ways to run them.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rulehound_query::Window;

use super::{
    Captured, Correlator, Detection, EventHandle, EventTime, Hit, Key, KeyValue, Ordinal, StepId, StepMatch,
};

/// A key of one text.
pub(super) fn key(text: &str) -> Key {
    Key([KeyValue::String(text.into())].into())
}

/// The event number `number`, at a moment, with what it matches.
pub(super) fn hit(number: u64, millis: i64, matches: Vec<StepMatch>) -> Hit {
    let ordinal = Ordinal { time: EventTime::from_millis(millis), tiebreaker: None, tie: (number, 0) };
    Hit { event: EventHandle(number), ordinal, matches }
}

/// A match of a step under a key, with the values of one captured field.
pub(super) fn of_step(step: u32, text: &str, captured: &[&str]) -> StepMatch {
    let values = captured.iter().map(|text| KeyValue::String((*text).into())).collect();
    let captured: Captured = if captured.is_empty() { Captured::default() } else { [values].into() };
    StepMatch { step: StepId(step), key: key(text), captured }
}

/// A window in milliseconds without a delay.
pub(super) fn window(interval: u64, look_back: u64) -> Window {
    Window {
        interval: Duration::from_millis(interval),
        look_back: Duration::from_millis(look_back),
        delay: Duration::ZERO,
    }
}

/// All detections of some hits.
pub(super) fn run(correlator: &mut dyn Correlator, hits: &[Hit]) -> Vec<Detection> {
    let mut detections = Vec::new();
    hits.iter().for_each(|hit| correlator.push(hit.clone(), &mut detections));
    correlator.finish(&mut detections);
    detections
}

/// All detections of some hits, saved and restored after each, and told how time goes on.
pub(super) fn run_with_restarts(fresh: &dyn Fn() -> Box<dyn Correlator>, hits: &[Hit]) -> Vec<Detection> {
    let mut detections = Vec::new();
    let mut correlator = fresh();
    for hit in hits {
        correlator.advance(hit.ordinal.time, &mut detections);
        correlator.push(hit.clone(), &mut detections);
        let state = serde_json::to_string(&correlator.save()).unwrap();
        correlator = fresh();
        correlator.restore(serde_json::from_str(&state).unwrap()).unwrap();
    }
    correlator.finish(&mut detections);
    detections
}
