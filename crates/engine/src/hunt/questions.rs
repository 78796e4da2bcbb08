//! What a hunt asks of every event: one filter for each step of each rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use rulehound_events::Layout;
use rulehound_query::{EventOrder, Filter, JoinKey, Plan, Query};
use rulehound_rules::Rule;
use rulehound_schema::{Field, FieldType, Schema};
use serde::{Deserialize, Serialize};

use crate::correlate::late::{LatePlan, PARENT, PROCESS};
use crate::correlate::{StepId, steps};
use crate::order::TIMESTAMP;
use crate::{FilterId, Matcher, MatcherError, order, scope};

use super::lineage::{self, AncestorId};
use super::{HuntOptions, TimeRange};

/// A rule of a hunt, by its place in the list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct RuleIndex(pub(super) usize);

/// What a filter of the matcher stands for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) rule: RuleIndex,
    pub(super) purpose: Purpose,
    pub(super) step: StepId,
    /// The join keys of the step; none for single events.
    pub(super) keys: Vec<JoinKey>,
    /// Fields whose values the correlator must know.
    pub(super) captures: Vec<Field>,
}

/// What the hits of a question are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Each event stands for itself.
    Event,
    /// They are correlated.
    Step,
    /// They tell which processes had such an event.
    Ancestor(AncestorId),
    /// They tell who started which process.
    Start,
}

impl Purpose {
    /// Whether the events that are hit are kept.
    pub(super) fn keeps_events(self) -> bool {
        matches!(self, Self::Event | Self::Step)
    }
}

/// What a rule asks of the ancestors of the events of its steps.
#[derive(Debug)]
pub(super) struct AsksAncestors {
    pub(super) late: LatePlan,
    /// By step, the questions in their order.
    pub(super) asked: Vec<Vec<AncestorId>>,
}

/// What each rule asks of ancestors, if it does.
pub(super) type Ancestors = BTreeMap<RuleIndex, AsksAncestors>;

/// All questions of a hunt, compiled.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) matcher: Matcher,
    pub(super) layout: Arc<Layout>,
    /// The timestamp and tiebreaker fields of each rule that names its own.
    pub(super) orders: Vec<Option<EventOrder>>,
    /// Whether each rule sees alerts.
    read_alerts: Vec<bool>,
    /// The rules that ask about ancestors.
    pub(super) ancestors: Arc<Ancestors>,
    questions: Vec<Question>,
}

impl Question {
    /// A question whose answer is about the event's process.
    fn of_process(rule: RuleIndex, purpose: Purpose) -> Self {
        let process = [PROCESS, PARENT].map(|name| Field::new(name, FieldType::Keyword));
        Self { rule, purpose, step: StepId(0), keys: Vec::new(), captures: process.into() }
    }
}

impl Questions {
    pub(super) fn new(rules: &[(&Rule, &Query)], options: &HuntOptions) -> Result<Self, MatcherError> {
        let schema = Schema::catalogue();
        let mut questions = Vec::new();
        let mut filters = Vec::new();
        let mut ancestors = Ancestors::new();
        let mut next_ancestor: AncestorId = 0;
        for (index, (rule, query)) in rules.iter().enumerate() {
            let plan_steps = steps(&query.plan);
            let is_event = matches!(query.plan, Plan::Event(_)) && !query.plan.asks_others();
            let purpose = if is_event { Purpose::Event } else { Purpose::Step };
            let TimeRange { from, to } = options.range;
            let time = scope::time_filter(schema, order::searched_by(rule), from, to);
            let scope = scope::of_rule(rule, &query.plan);
            let sees = Filter::And(vec![scope.clone(), time]);
            for (step, asked) in plan_steps.iter().enumerate() {
                let step = StepId(u32::try_from(step).unwrap_or(u32::MAX));
                let sees = scope::of_indicators(&query.plan, step).unwrap_or_else(|| sees.clone());
                filters.push(Filter::And(vec![asked.filter.clone().into_owned(), sees]));
                questions.push(Question {
                    rule: RuleIndex(index),
                    purpose,
                    step,
                    keys: asked.keys.to_vec(),
                    captures: asked.captures.clone(),
                });
            }
            let late = LatePlan::new(&query.plan);
            let mut asked: Vec<Vec<AncestorId>> = Vec::new();
            for late in (0..plan_steps.len()).map_while(|step| late.step(step)) {
                let mut of_step = Vec::new();
                // An ancestor may have been there before the time that is asked for.
                for ancestor in late.ancestors() {
                    filters.push(Filter::And(vec![ancestor.clone(), scope.clone()]));
                    questions.push(Question::of_process(RuleIndex(index), Purpose::Ancestor(next_ancestor)));
                    of_step.push(next_ancestor);
                    next_ancestor += 1;
                }
                asked.push(of_step);
            }
            if asked.iter().any(|of_step| !of_step.is_empty()) {
                if ancestors.is_empty() {
                    filters.push(lineage::starts());
                    questions.push(Question::of_process(RuleIndex(index), Purpose::Start));
                }
                ancestors.insert(RuleIndex(index), AsksAncestors { late, asked });
            }
        }
        let matcher = Matcher::new(filters)?;
        let matcher = if options.profile { matcher.measured() } else { matcher };
        let orders: Vec<_> =
            rules.iter().map(|(rule, _)| Some(order::of_rule(rule, schema)).filter(order::is_own)).collect();
        let order_fields = orders.iter().flatten();
        let order_fields =
            order_fields.flat_map(|o| o.tiebreaker.iter().chain(&o.fallback).chain([&o.timestamp]));
        let key_fields = questions.iter().flat_map(|q| q.keys.iter().filter_map(|key| key.field.as_ref()));
        let captures = questions.iter().flat_map(|q| &q.captures);
        let captures = captures.filter(|field| field.field_type != FieldType::Object);
        let layout = Layout::new(
            matcher
                .fields()
                .chain(order_fields)
                .chain(key_fields)
                .chain(captures)
                .cloned()
                .chain(usual_order(schema)),
        );
        let read_alerts = rules.iter().map(|(rule, _)| scope::reads_alerts(rule)).collect();
        let (layout, ancestors) = (Arc::new(layout), Arc::new(ancestors));
        Ok(Self { matcher, layout, orders, read_alerts, ancestors, questions })
    }

    /// Whether a rule sees alerts.
    pub(super) fn reads_alerts(&self, rule: RuleIndex) -> bool {
        self.read_alerts.get(rule.0).is_some_and(|reads| *reads)
    }

    /// All of them, in the order of their filters.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter()
    }

    pub(super) fn get(&self, filter: FilterId) -> Option<&Question> {
        self.questions.get(filter.0 as usize)
    }
}

/// The fields that put events in order unless a rule names its own.
fn usual_order(schema: &Schema) -> impl Iterator<Item = Field> {
    [TIMESTAMP, "event.sequence", "winlog.record_id"].into_iter().filter_map(|name| schema.field(name))
}
