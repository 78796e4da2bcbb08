//! What a hunt asks of every event: one filter for each step of each rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use rulehound_events::Layout;
use rulehound_query::{EventOrder, Filter, JoinKey, Plan, Query};
use rulehound_rules::Rule;
use rulehound_schema::{Field, FieldType, Schema};
use serde::{Deserialize, Serialize};

use crate::correlate::late::{LatePlan, PARENT, PROCESS};
use crate::correlate::{StepId, order_matters, steps};
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
    /// Fields whose values the correlator must know, and questions whose answers.
    pub(super) captures: Vec<Field>,
    pub(super) tests: Vec<Filter>,
    /// Whether it means something in which order events of the same moment come.
    pub(super) ordered: bool,
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
        let (keys, tests, captures) = (Vec::new(), Vec::new(), process.into());
        Self { rule, purpose, step: StepId(0), keys, captures, tests, ordered: false }
    }
}

/// Questions being gathered, each with its filter.
#[derive(Default)]
struct Asked {
    questions: Vec<Question>,
    filters: Vec<Filter>,
    ancestors: Ancestors,
    next_ancestor: AncestorId,
}

impl Asked {
    /// Asks what a rule asks, of events of a part of time.
    fn ask(&mut self, rule_index: RuleIndex, rule: &Rule, query: &Query, TimeRange { from, to }: TimeRange) {
        let is_event = matches!(query.plan, Plan::Event(_)) && !query.plan.asks_others();
        let purpose = if is_event { Purpose::Event } else { Purpose::Step };
        let time = scope::time_filter(Schema::catalogue(), order::searched_by(rule), from, to);
        let scope = scope::of_rule(rule, &query.plan);
        let sees = Filter::And(vec![scope.clone(), time]);
        let plan_steps = steps(&query.plan);
        let number_of_steps = plan_steps.len();
        for (step, asked) in (0..).map(StepId).zip(plan_steps) {
            let sees = scope::of_indicators(&query.plan, step).unwrap_or_else(|| sees.clone());
            let (keys, captures, tests) = (asked.keys.into_owned(), asked.captures, asked.tests);
            let ordered = order_matters(&query.plan, step);
            let question = Question { rule: rule_index, purpose, step, keys, captures, tests, ordered };
            self.push(question, Filter::And(vec![asked.filter.into_owned(), sees]));
        }
        self.ask_of_ancestors(rule_index, &query.plan, number_of_steps, &scope);
    }

    /// Asks what the steps of a plan ask of ancestors. These may have been there before the time that is asked for.
    fn ask_of_ancestors(&mut self, rule: RuleIndex, plan: &Plan, steps: usize, scope: &Filter) {
        let late = LatePlan::new(plan);
        let mut asked: Vec<Vec<AncestorId>> = Vec::new();
        for late in (0..steps).map_while(|step| late.step(step)) {
            let mut of_step = Vec::new();
            for ancestor in late.ancestors() {
                let question = Question::of_process(rule, Purpose::Ancestor(self.next_ancestor));
                self.push(question, Filter::And(vec![ancestor.clone(), scope.clone()]));
                of_step.push(self.next_ancestor);
                self.next_ancestor += 1;
            }
            asked.push(of_step);
        }
        if asked.iter().any(|of_step| !of_step.is_empty()) {
            if self.ancestors.is_empty() {
                self.push(Question::of_process(rule, Purpose::Start), lineage::starts());
            }
            self.ancestors.insert(rule, AsksAncestors { late, asked });
        }
    }

    fn push(&mut self, question: Question, filter: Filter) {
        self.questions.push(question);
        self.filters.push(filter);
    }
}

impl Questions {
    pub(super) fn new(rules: &[(&Rule, &Query)], options: &HuntOptions) -> Result<Self, MatcherError> {
        let schema = Schema::catalogue();
        let mut asked = Asked::default();
        for (index, (rule, query)) in rules.iter().enumerate() {
            asked.ask(RuleIndex(index), rule, query, options.range);
        }
        let Asked { questions, filters, ancestors, .. } = asked;
        let matcher = Matcher::new(filters)?;
        let matcher = if options.profile { matcher.measured() } else { matcher };
        let orders: Vec<_> =
            rules.iter().map(|(rule, _)| Some(order::of_rule(rule, schema)).filter(order::is_own)).collect();
        let order_fields = orders.iter().flatten();
        let order_fields =
            order_fields.flat_map(|o| o.tiebreaker.iter().chain(&o.fallback).chain([&o.timestamp]));
        let key_fields = questions.iter().flat_map(|q| q.keys.iter().filter_map(|key| key.field.as_ref()));
        let captures = questions.iter().flat_map(|q| &q.captures);
        // What stands for objects is not in a column.
        let captures = captures.filter(|f| !matches!(f.field_type, FieldType::Object | FieldType::GeoPoint));
        let mut of_tests = Vec::new();
        let tests = questions.iter().flat_map(|question| &question.tests);
        tests.for_each(|test| test.for_each_field(&mut |field| of_tests.push(field.clone())));
        let layout = Layout::new(
            matcher
                .fields()
                .chain(order_fields)
                .chain(key_fields)
                .chain(captures)
                .cloned()
                .chain(of_tests)
                .chain(usual_order(schema)),
        );
        let read_alerts = rules.iter().map(|(rule, query)| scope::reads_alerts(rule, &query.plan)).collect();
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
