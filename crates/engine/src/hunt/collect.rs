//! The stateless half of a hunt: batches in, hits out, from several threads at once.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow_buffer::BooleanBuffer;
use rulehound_events::{EventBatch, EventRow};
use rulehound_query::EventOrder;
use rulehound_schema::{Field, FieldSource, Value};

use crate::FilterId;
use crate::correlate::{capture, keys_of};
use crate::order::{self, Place, TIMESTAMP};

use super::lineage::Lineage;
use super::questions::{Ancestors, Purpose, Question, Questions};
use super::steps::{More, OwnPlace, PartFiles, StepHits, parts};
use super::store::{About, EventRef, EventStore, Moment, Places, Shelf, identity, prefix, sketches};

/// All that a scan leaves behind.
#[derive(Debug)]
pub(super) struct Hits {
    pub(super) store: EventStore,
    /// By rule, the hits of those over single events, in order.
    pub(super) events: Vec<Vec<EventRef>>,
    /// The hits of sequences and samples.
    pub(super) steps: Vec<PartFiles>,
    /// What the events of those have become.
    pub(super) places: Places,
    /// Events that rules over alerts may join with them.
    pub(super) with_alerts: Vec<EventRef>,
    /// What is known of processes, if a rule asks about ancestors, and what is asked.
    pub(super) lineage: Lineage,
    pub(super) ancestors: Arc<Ancestors>,
    /// Hits that join under too many keys.
    pub(super) too_many_keys: u64,
}

/// Takes batches and keeps their hits.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    questions: &'a Questions,
    usual: [Option<Field>; 3],
    rules: usize,
    /// Parts the hits of all threads in the same way.
    hasher: ahash::RandomState,
    /// What no thread is using; each batch takes one.
    idle: Mutex<Vec<ThreadHits>>,
    failure: Mutex<Option<io::Error>>,
    /// Nanoseconds that all threads spent in the matcher.
    matching: AtomicU64,
}

/// The hits that a thread has found.
#[derive(Debug)]
struct ThreadHits {
    shelf: Shelf,
    events: Vec<Vec<EventRef>>,
    steps: StepHits,
    with_alerts: Vec<EventRef>,
    lineage: Lineage,
    too_many_keys: u64,
}

impl<'a> Collector<'a> {
    pub(super) fn new(questions: &'a Questions, rules: usize) -> Self {
        let field = |name| {
            let column = questions.layout.column(name)?;
            questions.layout.fields().get(column).cloned()
        };
        let usual = [field(TIMESTAMP), field("event.sequence"), field("winlog.record_id")];
        let (hasher, idle, failure) = (ahash::RandomState::new(), Mutex::default(), Mutex::default());
        Self { questions, usual, rules, hasher, idle, failure, matching: AtomicU64::new(0) }
    }

    /// Time that all threads spent in the matcher.
    pub(super) fn matching(&self) -> Duration {
        Duration::from_nanos(self.matching.load(Ordering::Relaxed))
    }

    /// Matches a batch and keeps the events that were hit. Breaks off if they cannot be kept.
    pub(super) fn take(&self, batch: &EventBatch) -> ControlFlow<()> {
        let started = Instant::now();
        let found = self.questions.matcher.evaluate(batch);
        let took = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.matching.fetch_add(took, Ordering::Relaxed);
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = idle().pop();
        let mut hits = hits.unwrap_or_else(|| ThreadHits::new(self.rules, self.hasher.clone()));
        let kept = self.keep(batch, &found, &mut hits);
        idle().push(hits);
        match kept {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }

    fn keep(
        &self,
        batch: &EventBatch,
        found: &[(FilterId, BooleanBuffer)],
        hits: &mut ThreadHits,
    ) -> io::Result<()> {
        let events = self.keep_events(batch, found, &mut hits.shelf)?;
        for (filter, rows) in found {
            let Some(question) = self.questions.get(*filter) else { continue };
            let Question { rule, purpose, step, keys, captures, tests, .. } = question;
            let own_order = self.questions.orders.get(rule.0).and_then(Option::as_ref);
            if self.questions.reads_alerts(*rule) {
                hits.with_alerts.extend(rows.set_indices().filter_map(|row| *events.get(row)?));
            }
            let hit = rows.set_indices().filter_map(|row| Some((row, (*events.get(row)?)?)));
            match purpose {
                Purpose::Event => {
                    if let Some(of_rule) = hits.events.get_mut(rule.0) {
                        of_rule.extend(hit.map(|(_, event)| event));
                    }
                    continue;
                }
                Purpose::Ancestor(_) | Purpose::Start => {
                    for row in rows.set_indices() {
                        self.learn(*purpose, batch.row(row), &mut hits.lineage);
                    }
                    continue;
                }
                Purpose::Step => {}
            }
            for (row, event) in hit {
                let source = batch.row(row);
                let Ok(keys) = keys_of(keys, &source) else {
                    hits.too_many_keys += 1;
                    continue;
                };
                if keys.is_empty() {
                    continue;
                }
                let more = More {
                    place: own_order.and_then(|order| own_place(&source, order)),
                    captured: capture(captures, tests, &source),
                };
                for key in keys {
                    hits.steps.put(*rule, event, *step, &key, &more)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps the events that are hit. Gives for each row the event that was kept.
    fn keep_events(
        &self,
        batch: &EventBatch,
        found: &[(FilterId, BooleanBuffer)],
        shelf: &mut Shelf,
    ) -> io::Result<Vec<Option<EventRef>>> {
        let hit = |asked: fn(&Question) -> bool| {
            let is_asked = |filter: FilterId| self.questions.get(filter).is_some_and(asked);
            let rows = found.iter().filter(|(filter, _)| is_asked(*filter)).map(|(_, rows)| rows.clone());
            rows.reduce(|all, rows| &all | &rows)
        };
        let mut events = vec![None; batch.num_rows()];
        let Some(kept) = hit(|question| question.purpose.keeps_events()) else { return Ok(events) };
        let ordered = hit(|question| question.ordered);
        let rows: Vec<usize> = kept.set_indices().collect();
        for (&row, sketch) in rows.iter().zip(sketches(batch, &rows)) {
            let ordered = ordered.as_ref().is_some_and(|ordered| ordered.value(row));
            let about = About { moment: self.moment(batch.row(row)), sketch, ordered };
            let event = shelf.put(batch, row, about)?;
            events.get_mut(row).into_iter().for_each(|of_row| *of_row = Some(event));
        }
        Ok(events)
    }

    /// Learns what an event tells of its process.
    fn learn(&self, purpose: Purpose, event: EventRow<'_>, lineage: &mut Lineage) {
        match purpose {
            Purpose::Ancestor(asked) => lineage.add_answer(asked, &event, self.moment(event).time),
            Purpose::Start => lineage.add_start(&event),
            Purpose::Event | Purpose::Step => {}
        }
    }

    fn moment(&self, event: EventRow<'_>) -> Moment {
        let [timestamp, sequence, record] = &self.usual;
        let first = |field: &Option<Field>| {
            let field = field.as_ref()?;
            match event.values(field).into_iter().next()? {
                Value::Long(number) => Some(u64::try_from(number).ok()),
                Value::UnsignedLong(number) => Some(Some(number)),
                Value::String(text) => Some(text.parse().ok()),
                _ => Some(None),
            }
        };
        Moment {
            time: timestamp.as_ref().and_then(|timestamp| order::time(&event, timestamp)),
            sequence: first(sequence).or_else(|| first(record)).flatten().unwrap_or(0),
        }
    }

    /// What was kept, put in order on so many threads.
    ///
    /// # Errors
    /// If something could not be kept.
    pub(super) fn finish(self, threads: usize) -> io::Result<Hits> {
        if let Some(failure) = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        let of_threads = self.idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut shelves, mut others) = (Vec::new(), Vec::new());
        let mut lineage = Lineage::default();
        for of_thread in of_threads {
            let ThreadHits { shelf, events, steps, with_alerts, lineage: its_lineage, too_many_keys } =
                of_thread;
            lineage.merge(its_lineage);
            shelves.push(shelf);
            others.push((events, steps, with_alerts, too_many_keys));
        }
        let (store, places) = EventStore::new(shelves, threads)?;
        let mut events = vec![Vec::new(); self.rules];
        let mut steps = Vec::new();
        let mut too_many_keys = 0;
        let mut with_alerts = Vec::new();
        for (shelf, (of_thread, its_steps, its_with_alerts, its_too_many)) in others.into_iter().enumerate() {
            for (all, hit) in events.iter_mut().zip(of_thread) {
                for event in hit {
                    all.push(places.of(shelf, event)?);
                }
            }
            for event in its_with_alerts {
                with_alerts.push(places.of(shelf, event)?);
            }
            steps.push(its_steps);
            too_many_keys += its_too_many;
        }
        for events in events.iter_mut().chain([&mut with_alerts]) {
            events.sort_unstable();
            events.dedup();
        }
        let ancestors = self.questions.ancestors.clone();
        let steps = parts(steps);
        Ok(Hits { store, events, steps, places, with_alerts, lineage, ancestors, too_many_keys })
    }
}

impl ThreadHits {
    fn new(rules: usize, hasher: ahash::RandomState) -> Self {
        Self {
            shelf: Shelf::new(),
            events: vec![Vec::new(); rules],
            steps: StepHits::new(hasher),
            with_alerts: Vec::new(),
            lineage: Lineage::default(),
            too_many_keys: 0,
        }
    }
}

/// Where an event stands for a rule that names fields of its own; `None` where that is its usual place.
fn own_place(event: &EventRow<'_>, order: &EventOrder) -> Option<OwnPlace> {
    if order.fallback.is_some() && order::time(event, &order.timestamp).is_none() {
        return None;
    }
    let place = Place::of(event, order);
    let identity = identity(event.index(), &event.id());
    Some(OwnPlace { place, identity: u64::from_be_bytes(prefix(&identity)) })
}
