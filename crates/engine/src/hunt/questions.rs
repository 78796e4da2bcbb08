//! What a hunt asks of every event: one filter for each step of each rule.

use std::sync::Arc;

use rulehound_events::Layout;
use rulehound_query::{EventOrder, Filter, JoinKey, Plan, Query};
use rulehound_rules::Rule;
use rulehound_schema::{Field, Schema};
use serde::{Deserialize, Serialize};

use crate::correlate::{StepId, steps};
use crate::order::TIMESTAMP;
use crate::{FilterId, Matcher, MatcherError, order, scope};

use super::{HuntOptions, TimeRange};

/// A rule of a hunt, by its place in the list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct RuleIndex(pub(super) usize);

/// What a filter of the matcher stands for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) rule: RuleIndex,
    /// Whether its hits are correlated; else each event stands for itself.
    pub(super) is_step: bool,
    pub(super) step: StepId,
    /// The join keys of the step; none for single events.
    pub(super) keys: Vec<JoinKey>,
    /// Fields whose values the correlator must know.
    pub(super) captures: Vec<Field>,
}

/// All questions of a hunt, compiled.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) matcher: Matcher,
    pub(super) layout: Arc<Layout>,
    /// The timestamp and tiebreaker fields of each rule that names its own.
    pub(super) orders: Vec<Option<EventOrder>>,
    /// Whether each rule sees alerts.
    read_alerts: Vec<bool>,
    questions: Vec<Question>,
}

impl Questions {
    pub(super) fn new(rules: &[(&Rule, &Query)], options: &HuntOptions) -> Result<Self, MatcherError> {
        let schema = Schema::catalogue();
        let mut questions = Vec::new();
        let mut filters = Vec::new();
        for (index, (rule, query)) in rules.iter().enumerate() {
            let plan_steps = steps(&query.plan);
            let is_step = !matches!(query.plan, Plan::Event(_));
            let TimeRange { from, to } = options.range;
            let time = scope::time_filter(schema, order::searched_by(rule), from, to);
            let sees = Filter::And(vec![scope::of_rule(rule, &query.plan), time]);
            for (step, asked) in plan_steps.iter().enumerate() {
                let step = StepId(u32::try_from(step).unwrap_or(u32::MAX));
                let sees = scope::of_indicators(&query.plan, step).unwrap_or_else(|| sees.clone());
                filters.push(Filter::And(vec![asked.filter.clone(), sees]));
                questions.push(Question {
                    rule: RuleIndex(index),
                    is_step,
                    step,
                    keys: asked.keys.to_vec(),
                    captures: asked.captures.iter().copied().cloned().collect(),
                });
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
        Ok(Self { matcher, layout: Arc::new(layout), orders, read_alerts, questions })
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
