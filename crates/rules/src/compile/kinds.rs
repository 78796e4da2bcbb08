//! Plans of the types of rule that are more than a query.

use std::collections::BTreeMap;

use rulehound_query::{
    CompareOp, Expr, Filter, NewTermsPlan, Plan, Predicate, Query, TablePlan, Test, ThreatEntry,
    ThreatMatchPlan, ThresholdPlan, Window, esql,
};
use rulehound_schema::{Field, FieldType, IndexPatterns, Schema, Value};

use super::{Compilation, Status};
use crate::kind::{MachineLearningRule, NewTermsRule, QuerySource, ThreatMatchRule, ThresholdRule};
use crate::source::{compile_filters, compile_search, compile_source};

pub(super) fn threshold(rule: &ThresholdRule, window: Window) -> Compilation {
    let threshold = &rule.threshold;
    let cardinality = threshold.cardinality.iter().map(|one| (field(&one.field), one.value));
    Compilation::of_source(compile_source(&rule.source), |filter| {
        Plan::Threshold(ThresholdPlan {
            filter,
            group_by: threshold.field.iter().map(|name| field(name)).collect(),
            count: threshold.value,
            cardinality: cardinality.collect(),
            window,
        })
    })
}

pub(super) fn new_terms(rule: &NewTermsRule, window: Window) -> Compilation {
    Compilation::of_source(compile_source(&rule.source), |filter| {
        Plan::NewTerms(NewTermsPlan {
            filter,
            fields: rule.new_terms_fields.iter().map(|name| field(name)).collect(),
            history: rule.history_window_start.before_now().max(window.look_back),
            window,
        })
    })
}

pub(super) fn threat_match(rule: &ThreatMatchRule, window: Window) -> Compilation {
    let indicators = compile_search(&rule.threat_query, rule.threat_language, &rule.threat_filters);
    let events = compile_source(&rule.source);
    let mut compilation = match indicators.filter {
        Ok(indicators) => Compilation::of_source(events, |events| {
            Plan::ThreatMatch(Box::new(threat_match_plan(rule, events, indicators, window)))
        }),
        Err(reason) => {
            let status = reason.map_or(Status::Failed, Status::NotRun);
            Compilation {
                filter_problems: events.filter_problems,
                ..Compilation::new(status, events.diagnostics)
            }
        }
    };
    compilation.threat_diagnostics = indicators.diagnostics;
    compilation.filter_problems.extend(indicators.filter_problems);
    compilation
}

fn threat_match_plan(
    rule: &ThreatMatchRule,
    events: Filter,
    indicators: Filter,
    window: Window,
) -> ThreatMatchPlan {
    let entries = rule.threat_mapping.iter().map(|mapping| {
        let entry = |entry: &crate::ThreatMappingEntry| ThreatEntry {
            field: field(&entry.field),
            indicator_field: field(&entry.value),
            negate: entry.negate,
        };
        mapping.entries.iter().map(entry).collect()
    });
    ThreatMatchPlan {
        events,
        oldest: oldest(&indicators).cloned(),
        indicators,
        indicator_index: IndexPatterns::new(&rule.threat_index),
        mappings: entries.collect(),
        window,
    }
}

/// How old an indicator may be: what a query such as `@timestamp >= "now-30d/d"` compares its time with.
fn oldest(indicators: &Filter) -> Option<&Expr> {
    match indicators {
        Filter::And(parts) => parts.iter().find_map(oldest),
        Filter::Computed(Expr::Compare(CompareOp::Gte | CompareOp::Gt, time, moment)) => {
            let is_time = matches!(&**time, Expr::Field(field) if *field.name == *"@timestamp");
            (is_time && matches!(&**moment, Expr::DateMath { .. })).then_some(&**moment)
        }
        _ => None,
    }
}

/// The anomaly records of a job (Kibana's `getAnomalies`).
pub(super) fn machine_learning(rule: &MachineLearningRule) -> Compilation {
    let ask = |name: &str, field_type, test| {
        Filter::Predicate(Predicate { field: Field::new(name, field_type), test })
    };
    let text = |text: &str| Value::String(text.to_owned().into());
    let jobs = rule.machine_learning_job_id.iter().map(|job| text(job)).collect();
    let least = Value::Double(rule.anomaly_threshold as f64);
    let filter = Filter::all([
        ask("result_type", FieldType::Keyword, Test::In(vec![text("record")])),
        ask("is_interim", FieldType::Boolean, Test::In(vec![Value::Boolean(false)])),
        ask("job_id", FieldType::Keyword, Test::In(jobs)),
        ask("record_score", FieldType::Double, Test::Compare(CompareOp::Gte, least)),
    ]);
    let query = Query { plan: Plan::Event(filter), pipes: Vec::new() };
    Compilation::new(Status::Compiled(Box::new(query)), Vec::new())
}

/// A query in ES|QL. There are no tables to look values up in.
pub(super) fn esql(source: &QuerySource, window: Window) -> Compilation {
    let lookups = BTreeMap::new();
    let options = esql::Options {
        schema: Schema::catalogue(),
        fields: &[],
        knows_all: false,
        lookups: &lookups,
        limit: None,
    };
    let esql::Compiled { query, diagnostics } = esql::compile(&source.query, options);
    let (filters, filter_problems) = compile_filters(&source.filters);
    let status = match query {
        Some(query) if filter_problems.is_empty() => {
            let filter = Filter::all([query.filter.clone(), filters]);
            let plan = Plan::Table(Box::new(TablePlan { filter, query, window }));
            Status::Compiled(Box::new(Query { plan, pipes: Vec::new() }))
        }
        _ => Status::Failed,
    };
    Compilation { filter_problems, ..Compilation::new(status, diagnostics) }
}

/// A field by its name; of one that nobody knows the values are keywords.
fn field(name: &str) -> Field {
    Schema::catalogue().exact_field(name).unwrap_or_else(|| Field::new(name, FieldType::Keyword))
}
