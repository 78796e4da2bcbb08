//! Single events whose condition asks about other events.

use rulehound_query::Plan;

use super::late::LatePlan;
use super::{Correlator, Details, Detection, EventTime, Hit, State, StateMismatch};

/// Finds the events for which what the matcher could not decide holds. Remembers nothing.
#[derive(Debug)]
pub struct EventCorrelator {
    late: LatePlan,
}

impl EventCorrelator {
    /// A correlator for a plan of single events.
    pub fn new(plan: &Plan) -> Self {
        Self { late: LatePlan::new(plan) }
    }
}

impl Correlator for EventCorrelator {
    fn push(&mut self, hit: Hit, detections: &mut Vec<Detection>) {
        let Hit { event, ordinal, matches } = hit;
        let holds = matches.into_iter().find(|found| self.late.holds(0, &found.captured, &[]));
        detections.extend(holds.map(|found| Detection {
            key: found.key,
            events: vec![Some(event)],
            ordinal,
            details: Details::Single,
        }));
    }

    fn advance(&mut self, _time: EventTime, _detections: &mut Vec<Detection>) {}

    fn finish(&mut self, _detections: &mut Vec<Detection>) {}

    fn save(&self) -> State {
        State::Event
    }

    fn restore(&mut self, state: State) -> Result<(), StateMismatch> {
        if state == State::Event { Ok(()) } else { Err(StateMismatch) }
    }
}
