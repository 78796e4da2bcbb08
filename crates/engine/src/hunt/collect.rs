//! The stateless half of a hunt: batches in, hits out, from several threads at once.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;
use rulehound_events::{EventBatch, EventRow};
use rulehound_query::{Plan, Query};
use rulehound_schema::{Field, FieldSource, Value};

use crate::correlate::{Key, StepId, keys_of};
use crate::order::{self, Place, TIMESTAMP};

use super::questions::{Question, Questions, RuleIndex};
use super::store::{EventRef, EventStore, Moment, Prepared};

/// A hit of a step of a sequence or sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct StepHit {
    pub(super) event: EventRef,
    pub(super) step: StepId,
    /// The join key, by its place in [`Hits::keys`].
    pub(super) key: u32,
}

/// The hits of one rule.
#[derive(Debug)]
pub(super) enum RuleHits {
    /// Of a rule over single events.
    Events(Vec<EventRef>),
    /// Of a sequence or sample.
    Steps {
        hits: Vec<StepHit>,
        /// Filled only for a rule that names its own timestamp or tiebreaker field.
        places: HashMap<EventRef, Place>,
    },
}

/// All that a scan leaves behind.
#[derive(Debug)]
pub(super) struct Hits {
    pub(super) store: EventStore,
    pub(super) rules: Vec<RuleHits>,
    pub(super) keys: KeyTable,
    /// Hits that join under too many keys.
    pub(super) too_many_keys: u64,
    /// Writing to the event store failed: the hunt cannot go on.
    pub(super) failure: Option<io::Error>,
}

/// Join keys, each once.
#[derive(Debug, Default)]
pub(super) struct KeyTable(IndexSet<Key>);

impl KeyTable {
    fn intern(&mut self, key: &Key) -> io::Result<u32> {
        let place = match self.0.get_index_of(key) {
            Some(place) => place,
            None => self.0.insert_full(key.clone()).0,
        };
        u32::try_from(place).map_err(|_| io::Error::other("more than 4,294,967,296 different join keys"))
    }

    pub(super) fn get(&self, place: u32) -> Option<&Key> {
        self.0.get_index(place as usize)
    }
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
    pub(super) fn new(questions: &'a Questions, queries: &[&Query]) -> Self {
        let rules = queries
            .iter()
            .map(|query| match query.plan {
                Plan::Event(_) => RuleHits::Events(Vec::new()),
                Plan::Sequence(_) | Plan::Sample(_) => {
                    RuleHits::Steps { hits: Vec::new(), places: HashMap::new() }
                }
            })
            .collect();
        let field = |name| {
            let column = questions.layout.column(name)?;
            questions.layout.fields().get(column).cloned()
        };
        let usual = [field(TIMESTAMP), field("event.sequence"), field("winlog.record_id")];
        let hits = Hits {
            store: EventStore::new(),
            rules,
            keys: KeyTable::default(),
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
            let RuleIndex(rule) = question.rule;
            match self.rules.get_mut(rule) {
                Some(RuleHits::Events(events)) => events.push(event),
                Some(RuleHits::Steps { hits, places }) => {
                    for key in keys {
                        hits.push(StepHit { event, step: question.step, key: self.keys.intern(key)? });
                    }
                    if let Some(own) = place {
                        // Two records that are one event may differ: the least, whichever came first.
                        let least = places.entry(event).or_insert_with(|| own.clone());
                        *least = own.clone().min(least.clone());
                    }
                }
                None => {}
            }
        }
        Ok(())
    }
}
