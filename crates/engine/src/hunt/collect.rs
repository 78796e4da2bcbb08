//! The stateless half of a hunt: batches in, hits out, from several threads at once.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use rulehound_events::{EventBatch, EventRow};
use rulehound_schema::{Field, FieldSource, Value};

use crate::correlate::{Key, keys_of};
use crate::order::{self, Place, TIMESTAMP};

use super::questions::{Question, Questions, RuleIndex};
use super::steps::StepHits;
use super::store::{EventRef, EventStore, Moment, Prepared};

/// All that a scan leaves behind.
#[derive(Debug)]
pub(super) struct Hits {
    pub(super) store: EventStore,
    /// By rule, the hits of those over single events.
    pub(super) events: Vec<Vec<EventRef>>,
    /// The hits of sequences and samples.
    pub(super) steps: StepHits,
    /// Where events stand for rules that name a timestamp or tiebreaker field of their own.
    pub(super) own_places: HashMap<(RuleIndex, EventRef), Place>,
    /// Hits that join under too many keys.
    pub(super) too_many_keys: u64,
    /// Writing to the event store failed: the hunt cannot go on.
    pub(super) failure: Option<io::Error>,
}

/// Takes batches and keeps their hits.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    questions: &'a Questions,
    usual: [Option<Field>; 3],
    hits: Mutex<Hits>,
}

/// A question that holds on an event.
struct Answer<'a> {
    row: usize,
    question: &'a Question,
    /// The join keys of the event.
    keys: Vec<Key>,
    /// Where the event stands, if the rule has an order of its own.
    place: Option<Place>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(questions: &'a Questions, rules: usize) -> Self {
        let field = |name| {
            let column = questions.layout.column(name)?;
            questions.layout.fields().get(column).cloned()
        };
        let usual = [field(TIMESTAMP), field("event.sequence"), field("winlog.record_id")];
        let hits = Hits {
            store: EventStore::new(),
            events: vec![Vec::new(); rules],
            steps: StepHits::new(),
            own_places: HashMap::new(),
            too_many_keys: 0,
            failure: None,
        };
        Self { questions, usual, hits: Mutex::new(hits) }
    }

    /// Matches a batch and keeps the events that were hit. Breaks off if they cannot be kept.
    pub(super) fn take(&self, batch: &EventBatch) -> ControlFlow<()> {
        let (answers, too_many_keys) = self.answers(batch);
        let events: Vec<_> = answers
            .chunk_by(|a, b| a.row == b.row)
            .filter_map(|answers| {
                let row = answers.first()?.row;
                Some((Prepared::new(batch, row, self.moment(batch.row(row))), answers))
            })
            .collect();
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        hits.too_many_keys += too_many_keys;
        for (event, answers) in &events {
            if let Err(error) = hits.add(event, answers) {
                hits.failure.get_or_insert(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// All questions that hold on a row, row by row; and how many join under too many keys.
    fn answers(&self, batch: &EventBatch) -> (Vec<Answer<'a>>, u64) {
        let mut answers = Vec::new();
        let mut too_many_keys = 0;
        for (filter, rows) in self.questions.matcher.evaluate(batch) {
            let Some(question) = self.questions.get(filter) else { continue };
            let own_order = self.questions.orders.get(question.rule.0).and_then(Option::as_ref);
            for row in rows.set_indices() {
                let event = batch.row(row);
                let Ok(keys) = keys_of(&question.keys, &event) else {
                    too_many_keys += 1;
                    continue;
                };
                let place = own_order.map(|order| Place::of(&event, order));
                answers.push(Answer { row, question, keys, place });
            }
        }
        answers.sort_by_key(|answer| answer.row);
        (answers, too_many_keys)
    }

    fn moment(&self, event: EventRow<'_>) -> Moment {
        let [timestamp, sequence, record] = &self.usual;
        let first = |field: &Option<Field>| {
            let field = field.as_ref()?;
            event.values(field).into_iter().next().map(Value::into_owned)
        };
        let sequence = first(sequence).or_else(|| first(record)).and_then(|number| match number {
            Value::Long(number) => u64::try_from(number).ok(),
            Value::UnsignedLong(number) => Some(number),
            Value::String(text) => text.parse().ok(),
            _ => None,
        });
        Moment {
            time: timestamp.as_ref().and_then(|timestamp| order::time(&event, timestamp)),
            sequence: sequence.unwrap_or(0),
        }
    }

    /// What was kept.
    pub(super) fn finish(self) -> Hits {
        self.hits.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hits {
    fn add(&mut self, event: &Prepared<'_>, answers: &[Answer<'_>]) -> io::Result<()> {
        let event = self.store.insert(event)?;
        for Answer { question, keys, place, .. } in answers {
            let rule = question.rule;
            if !question.is_step {
                self.events.get_mut(rule.0).into_iter().for_each(|events| events.push(event));
                continue;
            }
            for key in keys {
                self.steps.put(rule, event, question.step, key)?;
            }
            if let Some(own) = place {
                // Two records that are one event may differ: the least, whichever came first.
                let least = self.own_places.entry((rule, event)).or_insert_with(|| own.clone());
                *least = own.clone().min(least.clone());
            }
        }
        Ok(())
    }
}
