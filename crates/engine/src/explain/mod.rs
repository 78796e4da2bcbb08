//! Why a condition holds or stays silent: predicate by predicate on the events that come closest, and for
//! sequences and samples key by key.
//!
//! What is here is data; whoever shows it renders it.

mod closest;
mod distance;
mod join;
mod nearness;
mod rule;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rulehound_events::{EventBatch, Origin};
use rulehound_query::{EventOrder, Filter, JoinKey, Plan};
use rulehound_schema::Field;
use serde::Serialize;

use crate::correlate::{Key, StepId, capture, keys_of, late, steps};
use crate::order::Place;
use crate::{FilterId, Matcher, MatcherError, spell};
use closest::Closest;
use join::{StepHit, explain_joins};

pub use join::{JoinExplanation, KeyProgress, Stop};
pub use tree::{Alternative, Deciding, Explanation, Seen, Term, TermKind, explain};

/// Why a plan was found in some events, or was not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanExplanation {
    /// Events looked at.
    pub events: u64,
    /// The filters of the plan, in order.
    pub steps: Vec<StepExplanation>,
    /// For a sequence or a sample: how far its keys came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joins: Option<JoinExplanation>,
}

/// What became of one filter of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepExplanation {
    /// What it is in the plan.
    pub role: Role,
    /// Events that matched it.
    pub matched: u64,
    /// Of them, those that are not searched: their index is not among the rule's.
    pub out_of_scope: u64,
    /// Of the others, those that cannot join: a key of theirs is null, or they have no time.
    pub unjoined: u64,
    /// What it asks about other events, in the query's language. What is asked about ancestors is not looked at here, and
    /// counts as holding; what is asked about earlier events of a sequence is a matter of [`PlanExplanation::joins`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asks_others: Vec<String>,
    /// The events that come closest to it, the closest first.
    pub closest: Vec<ExplainedEvent>,
}

/// What a filter is in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The whole condition.
    Event,
    /// A step of a sequence.
    Step,
    /// A step of a sequence whose event must be missing.
    Missing,
    /// What ends a sequence.
    Until,
    /// A filter of a sample.
    Sample,
    /// Which events are counted, or whose values are looked at.
    Counted,
    /// Which events are matched with indicators.
    Matched,
    /// Which indicators.
    Indicator,
    /// Which events are rows of the table: what else is asked is decided over the table.
    Row,
}

/// An event and what a filter says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedEvent {
    /// Its `_id`.
    pub id: String,
    /// Its `_index`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Whether it is among the events that are searched at all.
    pub in_scope: bool,
    /// The file it is from.
    pub file: String,
    /// Line, element or record of that file.
    pub position: u64,
    /// The filter on the event.
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// Takes events in batches, in any order and from several threads, and explains a plan over them.
#[derive(Debug)]
pub struct Explainer {
    plan: Plan,
    order: EventOrder,
    only_id: Option<String>,
    limit: usize,
    matcher: Matcher,
    steps: Vec<StepState>,
    events: AtomicU64,
    hits: Mutex<BTreeMap<Key, Vec<StepHit>>>,
}

/// A step and what is known of it so far.
#[derive(Debug)]
struct StepState {
    keys: Vec<JoinKey>,
    captures: Vec<Field>,
    role: Role,
    asks_others: Vec<String>,
    matched: AtomicU64,
    out_of_scope: AtomicU64,
    unjoined: AtomicU64,
    closest: Closest,
}

impl Explainer {
    /// Explains `plan`, with at most `limit` events a filter and keys. With `only_id` only events with that
    /// `_id` are looked at. `scope` says which events are searched at all; the others are explained too, and
    /// marked.
    ///
    /// # Errors
    ///
    /// If a pattern of the plan cannot be compiled; the filters are numbered as in [`steps`].
    pub fn new(
        plan: &Plan,
        order: &EventOrder,
        scope: &Filter,
        limit: usize,
        only_id: Option<String>,
    ) -> Result<Self, MatcherError> {
        let (plan, asked) = &late::without_ancestors(plan);
        let queries = steps(plan);
        let asked = asked.iter().cloned().chain(std::iter::repeat(Vec::new()));
        let filters = queries.iter().map(|step| &*step.filter).chain([scope]);
        let matcher = Matcher::new(filters.cloned().collect())?;
        let states = queries.iter().zip(roles(plan)).zip(asked).map(|((step, role), asked)| {
            Ok(StepState {
                keys: step.keys.to_vec(),
                captures: step.captures.clone(),
                role,
                asks_others: (asked.iter().chain(late::conjuncts_on_others(step.whole)))
                    .map(spell::filter)
                    .collect(),
                matched: AtomicU64::new(0),
                out_of_scope: AtomicU64::new(0),
                unjoined: AtomicU64::new(0),
                closest: Closest::new(&step.filter, scope, limit)?,
            })
        });
        Ok(Self {
            steps: states.collect::<Result<_, _>>()?,
            plan: plan.clone(),
            order: order.clone(),
            only_id,
            limit,
            matcher,
            events: AtomicU64::new(0),
            hits: Mutex::default(),
        })
    }

    /// The fields that it reads, each once.
    pub fn fields(&self) -> BTreeSet<Field> {
        let keys = self.steps.iter().flat_map(|step| &step.keys).filter_map(|key| key.field.as_ref());
        let captures = self.steps.iter().flat_map(|step| &step.captures);
        let order =
            std::iter::once(&self.order.timestamp).chain(&self.order.fallback).chain(&self.order.tiebreaker);
        self.matcher.fields().chain(keys).chain(captures).chain(order).cloned().collect()
    }

    /// Looks at the events of a batch, whose layout should have [`Self::fields`].
    pub fn observe(&self, batch: &EventBatch) {
        let wanted = |row: usize| self.only_id.as_ref().is_none_or(|id| batch.id(row) == id.as_str());
        let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| wanted(*row)).collect();
        self.events.fetch_add(rows.len() as u64, Ordering::Relaxed);
        for step in &self.steps {
            step.closest.observe(batch, &rows);
        }
        let mut answers = self.matcher.evaluate(batch);
        // The scope comes after the steps.
        let searched = answers.pop_if(|(id, _)| id.0 as usize == self.steps.len());
        let in_scope = |row| searched.as_ref().is_some_and(|(_, rows)| rows.value(row));
        let wanted: BTreeSet<usize> = rows.into_iter().collect();
        for (FilterId(id), hits) in answers {
            for row in hits.set_indices().filter(|row| wanted.contains(row)) {
                self.hit(StepId(id), batch, row, in_scope(row));
            }
        }
    }

    /// What was found out.
    pub fn finish(self) -> PlanExplanation {
        let hits = self.hits.into_inner().unwrap_or_else(PoisonError::into_inner);
        let joins = explain_joins(&self.plan, hits, self.limit);
        let steps = self.steps.into_iter().map(|step| StepExplanation {
            role: step.role,
            matched: step.matched.into_inner(),
            out_of_scope: step.out_of_scope.into_inner(),
            unjoined: step.unjoined.into_inner(),
            asks_others: step.asks_others,
            closest: step.closest.finish(),
        });
        PlanExplanation { events: self.events.into_inner(), steps: steps.collect(), joins }
    }

    /// Notes an event that matched a step.
    fn hit(&self, id: StepId, batch: &EventBatch, row: usize, in_scope: bool) {
        let Some(step) = self.steps.get(id.0 as usize) else { return };
        step.matched.fetch_add(1, Ordering::Relaxed);
        let in_scope = in_scope || step.role == Role::Indicator;
        if !in_scope {
            step.out_of_scope.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(step.role, Role::Event | Role::Row) || !in_scope {
            return;
        }
        let event = batch.row(row);
        let Place { time, tiebreaker } = Place::of(&event, &self.order);
        let keys = keys_of(&step.keys, &event).unwrap_or_default();
        let (Some(time), false) = (time, keys.is_empty()) else {
            step.unjoined.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let captured = capture(&step.captures, &[], &event);
        let origin: Origin = batch.origin(row);
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let (tiebreaker, origin, captured) = (tiebreaker.clone(), origin.clone(), captured.clone());
            let hit = StepHit { step: id, time, tiebreaker, origin, captured };
            hits.entry(key).or_default().push(hit);
        }
    }
}

/// What each of [`steps`] is.
fn roles(plan: &Plan) -> Vec<Role> {
    match plan {
        Plan::Event(_) => vec![Role::Event],
        Plan::Sequence(plan) => {
            let steps = plan.steps.iter().map(|step| if step.missing { Role::Missing } else { Role::Step });
            steps.chain(plan.until.iter().map(|_| Role::Until)).collect()
        }
        Plan::Sample(plan) => plan.filters.iter().map(|_| Role::Sample).collect(),
        Plan::Threshold(_) | Plan::NewTerms(_) => vec![Role::Counted],
        Plan::Table(_) => vec![Role::Row],
        Plan::ThreatMatch(plan) => {
            plan.mappings.iter().flat_map(|_| [Role::Matched, Role::Indicator]).collect()
        }
    }
}
