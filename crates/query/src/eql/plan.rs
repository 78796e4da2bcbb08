//! From a syntax tree to a [`Query`]: the shape of sequences and samples, their keys, pipes.

use std::time::Duration;

use super::Options;
use super::ast::{self, Node, Sample, Sequence, Span, Spanned, Statement, Term};
use super::check::Checker;
use super::check::endpoint::Names;
use super::problem::{Problem, Problems};
use super::types::Type;
use crate::{Filter, JoinKey, Pipe, Plan, Query, SampleFilter, SamplePlan, SequencePlan, Step};

/// Samples have this many filters at most, in Elasticsearch too.
const MOST_SAMPLE_FILTERS: usize = 5;

/// Joins have this many filters at most.
const MOST_JOIN_FILTERS: usize = 32;

/// Checks and lowers a query. `None` after an error.
pub(super) fn plan(statement: &Statement, options: Options<'_>, problems: &mut Problems) -> Option<Query> {
    let mut planner = Planner { checker: Checker::new(statement, options, problems) };
    let plan = match &statement.query {
        ast::Query::Event(event) => {
            planner.checker.names.descendants = true;
            planner.checker.event(event).map(Plan::Event)
        }
        ast::Query::Sequence(sequence) => planner.sequence(sequence).map(Plan::Sequence),
        ast::Query::Sample(sample) => planner.sample(sample, &statement.pipes).map(Plan::Sample),
        ast::Query::Join(join) => planner.join(join).map(Plan::Sample),
    };
    let pipes: Vec<Option<Pipe>> = statement.pipes.iter().map(|pipe| planner.pipe(pipe)).collect();
    Some(Query { plan: plan?, pipes: pipes.into_iter().collect::<Option<_>>()? })
}

struct Planner<'a> {
    checker: Checker<'a>,
}

/// The keys of one step, with their types, names and places.
type Keys = Vec<(JoinKey, Type, String, Span)>;

impl Planner<'_> {
    fn fail<T>(&mut self, span: &Span, problem: Problem) -> Option<T> {
        self.checker.problems.add(span.clone(), problem);
        None
    }

    fn sequence(&mut self, sequence: &Sequence) -> Option<SequencePlan> {
        let terms = || sequence.terms.iter();
        let steps: usize = terms().map(|term| term.runs as usize).sum();
        if steps < 2 {
            self.fail::<()>(&sequence.span, Problem::TooFewSteps { found: steps });
        }
        if let Some(missing) = terms().find(|term| term.missing) {
            if sequence.maxspan.is_none() {
                self.fail::<()>(&missing.span, Problem::MissingWithoutMaxspan);
            }
            if terms().all(|term| term.missing) {
                self.fail::<()>(&sequence.span, Problem::OnlyMissing);
            }
        }
        if let Some(until) = &sequence.until {
            if until.missing {
                self.fail::<()>(&until.span, Problem::MissingUntil);
            }
            if until.runs != 1 {
                self.fail::<()>(&until.span, Problem::RunsOnUntil);
            }
        }
        let all: Vec<&Term> = terms().chain(&sequence.until).collect();
        let keys = self.keys(&sequence.keys, &all);
        let filters = self.steps(sequence);
        let host = self.checker.machine();
        let mut steps = Vec::new();
        for ((term, keys), filter) in all.into_iter().zip(keys?).zip(filters) {
            let keys = host.iter().cloned().chain(keys).collect();
            let step = Step { filter: filter?, keys, missing: term.missing };
            steps.extend(std::iter::repeat_n(step, term.runs as usize));
        }
        let until = if sequence.until.is_some() { steps.pop() } else { None };
        Some(SequencePlan { steps, maxspan: sequence.maxspan.map(Duration::from_millis), until })
    }

    /// The filters of the steps and of `until`. What an event is called, the steps after it know; `until` and events that
    /// must be missing are no part of a match, and know none.
    fn steps(&mut self, sequence: &Sequence) -> Vec<Option<Filter>> {
        let mut events: Vec<(String, usize)> = Vec::new();
        let mut filters = Vec::new();
        let mut place = 0;
        let until = sequence.until.iter().map(|term| (term, true));
        for (term, is_until) in sequence.terms.iter().map(|term| (term, false)).chain(until) {
            self.checker.names.descendants = true;
            self.checker.names.events = if term.missing || is_until { Vec::new() } else { events.clone() };
            filters.push(self.checker.event(&term.filter));
            if let Some(Spanned { value: name, span }) = &term.alias {
                let problem = match events.iter().any(|(other, _)| other == name) {
                    true => Some(Problem::NameTwice { name: name.clone() }),
                    false if term.missing => Some(Problem::NamedMissing),
                    false => (term.runs != 1).then_some(Problem::NamedRuns),
                };
                problem.into_iter().for_each(|problem| self.checker.problems.add(span.clone(), problem));
                events.push((name.clone(), place));
            }
            place += term.runs as usize;
        }
        self.checker.names = Names::default();
        filters
    }

    fn sample(&mut self, sample: &Sample, pipes: &[ast::Pipe]) -> Option<SamplePlan> {
        if let Some(pipe) = pipes.first() {
            self.fail::<()>(&pipe.span, Problem::SamplePipe);
        }
        let plan = self.unordered(sample, "sample", MOST_SAMPLE_FILTERS)?;
        if plan.filters.first().is_some_and(|filter| filter.keys.is_empty()) {
            return self.fail(&sample.span, Problem::SampleWithoutKeys);
        }
        Some(plan)
    }

    /// A join is a sample that needs no keys and may have pipes. Whatever its order, `until` cannot end it.
    fn join(&mut self, join: &Sample) -> Option<SamplePlan> {
        self.checker.refuse(&join.span, Problem::Join)?;
        if let Some(until) = &join.until {
            self.checker.problems.add(until.span.clone(), Problem::JoinUntil);
        }
        self.unordered(join, "join", MOST_JOIN_FILTERS)
    }

    fn unordered(&mut self, sample: &Sample, kind: &'static str, most: usize) -> Option<SamplePlan> {
        if !(2..=most).contains(&sample.terms.len()) {
            self.fail::<()>(&sample.span, Problem::SampleSize { kind, most, found: sample.terms.len() });
        }
        let all: Vec<&Term> = sample.terms.iter().chain(&sample.until).collect();
        for term in &all {
            if term.missing {
                self.fail::<()>(&term.span, Problem::SampleMissing { kind });
            }
            if term.runs != 1 {
                self.fail::<()>(&term.span, Problem::SampleRuns { kind });
            }
        }
        for alias in all.iter().filter_map(|term| term.alias.as_ref()) {
            self.fail::<()>(&alias.span, Problem::NameWithoutSequence);
        }
        let keys = self.keys(&sample.keys, &all);
        let filters: Vec<Option<Filter>> = all.iter().map(|term| self.checker.event(&term.filter)).collect();
        let filters =
            keys?.into_iter().zip(filters).map(|(keys, filter)| Some(SampleFilter { filter: filter?, keys }));
        let mut filters: Vec<SampleFilter> = filters.collect::<Option<_>>()?;
        filters.truncate(sample.terms.len());
        Some(SamplePlan { filters })
    }

    /// The keys of each step: those of the whole query, then its own; as many of each step, and of types that compare.
    fn keys(&mut self, shared: &[Node], terms: &[&Term]) -> Option<Vec<Vec<JoinKey>>> {
        let shared_keys = self.key_list(shared);
        let own: Vec<Option<Keys>> = terms.iter().map(|term| self.key_list(&term.keys)).collect();
        let (shared_keys, own) = (shared_keys?, own.into_iter().collect::<Option<Vec<Keys>>>()?);
        let Some(first) = own.first() else { return Some(Vec::new()) };
        let mut sound = true;
        for (term, keys) in terms.iter().zip(&own) {
            if keys.len() != first.len() {
                let span = match (term.keys.first(), term.keys.last()) {
                    (Some(first), Some(last)) => first.span.start..last.span.end,
                    _ => term.span.clone(),
                };
                let problem = Problem::KeyCount { expected: first.len(), found: keys.len() };
                sound = self.fail::<()>(&span, problem).is_some();
            }
            for ((_, expected, other, _), (_, found, name, span)) in first.iter().zip(keys) {
                let null = *expected == Type::Null || *found == Type::Null;
                if !null && expected != found && !(expected.is_number() && found.is_number()) {
                    let problem = Problem::KeyTypes {
                        name: name.clone(),
                        found: found.name().into(),
                        other: other.clone(),
                        expected: expected.name().into(),
                    };
                    sound = self.fail::<()>(span, problem).is_some();
                }
            }
        }
        let join = |keys: &Keys| shared_keys.iter().chain(keys).map(|(key, ..)| key.clone()).collect();
        sound.then(|| own.iter().map(join).collect())
    }

    fn key_list(&mut self, nodes: &[Node]) -> Option<Keys> {
        let keys: Vec<_> = nodes.iter().map(|node| (self.checker.key(node), node)).collect();
        keys.into_iter()
            .map(|(key, node)| {
                let (field, optional, ty) = key?;
                let name = match &node.kind {
                    ast::Kind::Field { name, .. } => name.clone(),
                    _ => String::new(),
                };
                Some((JoinKey { field, optional, as_text: false }, ty, name, node.span.clone()))
            })
            .collect()
    }

    fn pipe(&mut self, pipe: &ast::Pipe) -> Option<Pipe> {
        let name = pipe.name.value.clone();
        let [argument] = pipe.args.as_slice() else {
            return self.fail(&pipe.span, Problem::PipeArguments { name, found: pipe.args.len() });
        };
        match self.checker.limit(argument) {
            Some(limit) if name == "head" => Some(Pipe::Head(limit)),
            Some(limit) => Some(Pipe::Tail(limit)),
            None => self.fail(&argument.span, Problem::PipeLimit { name }),
        }
    }
}
