//! From a rule to a query that an engine can run. The one place that knows which types of rule can be run: a
//! new type is one arm of [`compile_kind`]. What is more than a query is made in `compile/kinds.rs`.

mod kinds;

use std::fmt;
use std::time::Duration;

use rulehound_query::{Diagnostic, Filter, Plan, Query, Severity, Window, eql};
use rulehound_schema::Schema;

use crate::kind::{EqlRule, Language, QuerySource, RuleKind};
use crate::rule::Rule;
use crate::source::{CompiledSource, compile_filters, compile_source};

/// The field that says what kind of event it is, unless the rule says otherwise.
const EVENT_CATEGORY: &str = "event.category";

/// What became of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It can be run.
    Compiled(Box<Query>),
    /// It was read and cannot be run, or not yet.
    NotRun(NotRun),
    /// It is broken; the problems say why.
    Failed,
}

/// Why a sound rule is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotRun {
    /// It was withdrawn.
    Deprecated,
    /// Queries in its language are not run, or not by rules of its type.
    Language(Language),
}

impl Status {
    /// The word for it in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Compiled(_) => "compiled",
            Self::NotRun(_) => "not_run",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deprecated => f.write_str("deprecated"),
            Self::Language(language) => write!(f, "queries in {language} are not run by its type"),
        }
    }
}

/// What came of compiling a rule.
#[derive(Debug)]
pub(crate) struct Compilation {
    pub(crate) status: Status,
    /// Diagnostics that point into the text of the query.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What is wrong with its Kibana filters, a sentence each.
    pub(crate) filter_problems: Vec<String>,
    /// Diagnostics that point into the query for indicators.
    pub(crate) threat_diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Of what is no rule.
    pub(crate) fn failed() -> Self {
        Self::new(Status::Failed, Vec::new())
    }

    fn not_run(reason: NotRun) -> Self {
        Self::new(Status::NotRun(reason), Vec::new())
    }

    /// Of a query in KQL or Lucene and the plan that is made of it.
    fn of_source(source: CompiledSource, plan: impl FnOnce(Filter) -> Plan) -> Self {
        let status = match source.filter {
            Ok(filter) => Status::Compiled(Box::new(Query { plan: plan(filter), pipes: Vec::new() })),
            Err(Some(reason)) => Status::NotRun(reason),
            Err(None) => Status::Failed,
        };
        Self { filter_problems: source.filter_problems, ..Self::new(status, source.diagnostics) }
    }

    fn new(status: Status, diagnostics: Vec<Diagnostic>) -> Self {
        Self { status, diagnostics, filter_problems: Vec::new(), threat_diagnostics: Vec::new() }
    }
}

/// Compiles a rule.
pub(crate) fn compile(rule: &Rule) -> Compilation {
    if rule.is_deprecated() {
        return Compilation::not_run(NotRun::Deprecated);
    }
    let mut compilation = compile_kind(&rule.kind, rule.schedule.window());
    if let (Status::Compiled(query), RuleKind::Eql(_)) = (&mut compilation.status, &rule.kind) {
        within_look_back(&mut query.plan, rule.schedule.look_back());
    }
    compilation
}

/// A run sees its look-back and no more: no sequence is longer.
fn within_look_back(plan: &mut Plan, look_back: Duration) {
    if let Plan::Sequence(sequence) = plan
        && !look_back.is_zero()
    {
        sequence.maxspan = Some(sequence.maxspan.map_or(look_back, |maxspan| maxspan.min(look_back)));
    }
}

/// Compiles what a rule has by its type; it runs so.
pub(crate) fn compile_kind(kind: &RuleKind, window: Window) -> Compilation {
    match kind {
        RuleKind::Behavior(rule) => compile_events(&rule.source, EVENT_CATEGORY, eql::Dialect::Endpoint),
        RuleKind::Eql(eql) => compile_eql(eql),
        RuleKind::Query(source) => compile_search_rule(source),
        RuleKind::SavedQuery(rule) => compile_search_rule(rule.asked()),
        RuleKind::Threshold(rule) => kinds::threshold(rule, window),
        RuleKind::NewTerms(rule) => kinds::new_terms(rule, window),
        RuleKind::ThreatMatch(rule) => kinds::threat_match(rule, window),
        RuleKind::MachineLearning(rule) => kinds::machine_learning(rule),
        RuleKind::Esql(source) => kinds::esql(source, window),
    }
}

fn compile_eql(rule: &EqlRule) -> Compilation {
    let category = rule.event_category_override.as_deref().unwrap_or(EVENT_CATEGORY);
    compile_events(&rule.source, category, eql::Dialect::Elasticsearch)
}

/// A query in a dialect of EQL.
fn compile_events(source: &QuerySource, event_category_field: &str, dialect: eql::Dialect) -> Compilation {
    let options = eql::Options { schema: Schema::catalogue(), event_category_field, dialect };
    let eql::Compiled { query, diagnostics } = eql::compile(&source.query, options);
    let (filters, filter_problems) = compile_filters(&source.filters);
    let is_broken = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let status = match query {
        Some(mut query) if !is_broken && filter_problems.is_empty() => {
            query.plan.restrict(&filters);
            Status::Compiled(Box::new(query))
        }
        _ => Status::Failed,
    };
    Compilation { filter_problems, ..Compilation::new(status, diagnostics) }
}

/// A rule over single events.
fn compile_search_rule(source: &QuerySource) -> Compilation {
    Compilation::of_source(compile_source(source), Plan::Event)
}
