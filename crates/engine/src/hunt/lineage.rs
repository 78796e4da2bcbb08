//! Which process was started by which, and which processes had an event that some rule asks of ancestors.

use std::collections::{BTreeMap, BTreeSet};

use rulehound_query::{Filter, Predicate, Test};
use rulehound_schema::{Field, FieldSource, FieldType, Value};
use sha2::{Digest, Sha256};

use crate::correlate::late::{ANCESTRY, LateStep, PARENT, PROCESS};
use crate::correlate::{Captured, EventTime, KeyValue};

use super::store::prefix;

/// Most processes whose parent is remembered, and most answers about processes. Of more those with the greatest hashes
/// go, so that what is left depends on the events alone.
const MOST: usize = 1 << 22;

/// A process, by a hash of its entity id.
type ProcessId = [u8; 16];

/// A question that rules ask of ancestors.
pub(super) type AncestorId = u32;

/// What is known of processes.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    parents: BTreeMap<ProcessId, ProcessId>,
    /// When a process first had an event that answers a question; none is the earliest: the event had no time.
    answers: BTreeMap<(ProcessId, AncestorId), Option<EventTime>>,
    dropped: u64,
}

/// The events that tell who started a process.
pub(super) fn starts() -> Filter {
    let keyword = |name: &str| Field::new(name, FieldType::Keyword);
    let ask = |name: &str, test| Filter::Predicate(Predicate { field: keyword(name), test });
    let process = Test::In(vec![Value::String("process".into())]);
    Filter::And(vec![ask("event.category", process), ask(PROCESS, Test::Exists), ask(PARENT, Test::Exists)])
}

impl Lineage {
    /// Takes an event that tells who started its process.
    pub(super) fn add_start(&mut self, event: &dyn FieldSource) {
        for process in ids(event, PROCESS) {
            for parent in ids(event, PARENT) {
                self.insert_parent(process, parent);
            }
        }
    }

    /// Takes an event that answers a question about its process.
    pub(super) fn add_answer(&mut self, asked: AncestorId, event: &dyn FieldSource, time: Option<EventTime>) {
        for process in ids(event, PROCESS) {
            self.insert_answer((process, asked), time);
        }
    }

    /// Takes what another thread has learnt.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { parents, answers, dropped } = other;
        parents.into_iter().for_each(|(process, parent)| self.insert_parent(process, parent));
        answers.into_iter().for_each(|(answer, time)| self.insert_answer(answer, time));
        self.dropped += dropped;
    }

    /// How much did not fit, at the least.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn insert_parent(&mut self, process: ProcessId, parent: ProcessId) {
        let known = self.parents.entry(process).or_insert(parent);
        *known = parent.min(*known);
        if self.parents.len() > MOST {
            self.parents.pop_last();
            self.dropped += 1;
        }
    }

    fn insert_answer(&mut self, answer: (ProcessId, AncestorId), time: Option<EventTime>) {
        let first = self.answers.entry(answer).or_insert(time);
        *first = time.min(*first);
        if self.answers.len() > MOST {
            self.answers.pop_last();
            self.dropped += 1;
        }
    }

    /// The ancestors of an event's process: those it lists, its parent, and theirs.
    fn ancestors(&self, late: &LateStep, captured: &Captured) -> BTreeSet<ProcessId> {
        let named = |name| {
            late.values_of(name, captured).iter().filter_map(|value| match value {
                KeyValue::String(text) => Some(id_of(text)),
                _ => None,
            })
        };
        let started_by = named(PROCESS).filter_map(|process| self.parents.get(&process).copied());
        let mut next: Vec<ProcessId> = named(ANCESTRY).chain(named(PARENT)).chain(started_by).collect();
        let mut found = BTreeSet::new();
        while let Some(process) = next.pop() {
            if found.insert(process) {
                next.extend(self.parents.get(&process));
            }
        }
        found
    }

    /// The captured values of an event with the answers to what its step asks of ancestors, which are numbered so.
    pub(super) fn answer(
        &self,
        late: &LateStep,
        asked: &[AncestorId],
        captured: &Captured,
        time: Option<EventTime>,
    ) -> Captured {
        let ancestors = self.ancestors(late, captured);
        late.answer(captured, |number| {
            let Some(asked) = asked.get(number) else { return false };
            ancestors.iter().any(|ancestor| match self.answers.get(&(*ancestor, *asked)) {
                Some(first) => time.is_none() || *first <= time,
                None => false,
            })
        })
    }
}

fn ids(event: &dyn FieldSource, name: &str) -> Vec<ProcessId> {
    let values = event.values(&Field::new(name, FieldType::Keyword)).into_iter();
    let id = |value| match value {
        Value::String(text) => Some(id_of(&text)),
        _ => None,
    };
    values.filter_map(id).collect()
}

fn id_of(entity: &str) -> ProcessId {
    prefix(&Sha256::digest(entity.as_bytes()))
}

#[cfg(test)]
mod tests;
