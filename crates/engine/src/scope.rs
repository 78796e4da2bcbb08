//! What a rule sees: the events whose index is among its patterns, in the time that is asked for.
//!
//! Both are filters like any other, so that the matcher needs to know nothing of indices or time.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use rulehound_query::esql::TableSource;
use rulehound_query::{CompareOp, Filter, Plan, Predicate, Test};
use rulehound_rules::{Rule, RuleKind};
use rulehound_schema::{Field, FieldType, IndexPatterns, Schema, Value};

use crate::correlate::{StepId, is_indicator, steps};
use crate::order::TIMESTAMP;

/// The metadata field that holds the index of an event.
const INDEX: &str = "_index";

/// The index of the alerts of a hunt.
pub(crate) const ALERTS_INDEX: &str = ".alerts-security.alerts-default";

/// The indices of the anomaly records of machine-learning jobs.
const ANOMALIES: &str = ".ml-anomalies-*";

/// Whether a rule asks for alerts. A pattern that begins with a star stands for no hidden index.
pub(crate) fn reads_alerts(rule: &Rule, plan: &Plan) -> bool {
    let patterns = patterns(rule, plan);
    // No pattern at all stands for everything else.
    !patterns.is_empty() && patterns.matches(ALERTS_INDEX)
}

/// The indices that a rule names: its own, or those of its query.
fn patterns(rule: &Rule, plan: &Plan) -> IndexPatterns {
    match plan {
        Plan::Table(plan) => match &plan.query.source {
            TableSource::Events { patterns, .. } => patterns.clone(),
            TableSource::Row(_) => IndexPatterns::default(),
        },
        _ => IndexPatterns::new(rule.index()),
    }
}

/// Whether an event's index is among the patterns. An event that belongs to no index passes, and so does every
/// event if there are no patterns.
pub fn index_filter(patterns: &IndexPatterns) -> Filter {
    if patterns.is_empty() {
        return Filter::Constant(true);
    }
    let index = Field::new(INDEX, FieldType::Keyword);
    Filter::Or(vec![
        Filter::Not(Box::new(test(&index, Test::Exists))),
        test(&index, Test::Index(patterns.clone())),
    ])
}

/// The indices that a rule sees, as a filter.
pub(crate) fn of_rule(rule: &Rule, plan: &Plan) -> Filter {
    let mut reads = BTreeSet::new();
    for (id, step) in (0..).map(StepId).zip(steps(plan)) {
        if of_indicators(plan, id).is_some() {
            continue;
        }
        step.whole.for_each_field(&mut |field| _ = reads.insert(field.name.clone()));
        step.whole.for_each_earlier(&mut |_, field| _ = reads.insert(field.name.clone()));
        if let Plan::Table(_) = plan {
            let columns = step.captures.iter().map(|field| &field.name);
            reads.extend(columns.filter(|name| !name.starts_with('_')).cloned());
        }
        step.tests.iter().for_each(|test| test.for_each_field(&mut |f| _ = reads.insert(f.name.clone())));
        reads.extend(step.keys.iter().filter_map(|key| Some(key.field.as_ref()?.name.clone())));
    }
    match rule.kind {
        RuleKind::MachineLearning(_) => index_filter(&IndexPatterns::new([ANOMALIES])),
        _ => Filter::all([scope(&patterns(rule, plan), &reads), of_systems(rule)]),
    }
}

/// The systems that a behaviour rule is for, as a filter. An event that does not say where it happened passes.
fn of_systems(rule: &Rule) -> Filter {
    let RuleKind::Behavior(behavior) = &rule.kind else { return Filter::Constant(true) };
    let system = Field::new("host.os.type", FieldType::Keyword);
    let named = behavior.os_list.iter().map(|name| Value::String(Cow::Borrowed(name.as_str())));
    Filter::any([
        Filter::Not(Box::new(test(&system, Test::Exists))),
        test(&system, Test::In(named.collect())),
    ])
}

/// The indices that a step of indicators sees; `None` for other steps. Indicators are of any time.
pub(crate) fn of_indicators(plan: &Plan, step: StepId) -> Option<Filter> {
    match plan {
        Plan::ThreatMatch(plan) if is_indicator(step) => Some(index_filter(&plan.indicator_index)),
        _ => None,
    }
}

/// [`index_filter`] a rule's patterns, and one thing more. Sysmon reports the same happenings
/// as Elastic Defend, and the normaliser gives them the same fields; so a rule whose patterns name one of
/// Defend's event streams sees Sysmon's events of that kind too, provided that it reads no field that
/// Sysmon cannot give: on the others its exclusions would not hold.
fn scope(patterns: &IndexPatterns, reads: &BTreeSet<Arc<str>>) -> Filter {
    let named = index_filter(patterns);
    let categories: Vec<Value<'static>> = SYSMON_STREAMS
        .into_iter()
        .filter(|(stream, _)| !patterns.is_empty() && patterns.matches(stream))
        .map(|(_, category)| Value::String(Cow::Borrowed(category)))
        .collect();
    if categories.is_empty() || !reads.iter().all(|field| sysmon_gives(field)) {
        return named;
    }
    let keyword = |name: &str| Field::new(name, FieldType::Keyword);
    let sysmon = Value::String(Cow::Borrowed("Microsoft-Windows-Sysmon"));
    Filter::Or(vec![
        named,
        Filter::And(vec![
            test(&keyword("event.provider"), Test::In(vec![sysmon])),
            test(&keyword("event.category"), Test::In(categories)),
        ]),
    ])
}

/// Elastic Defend's data streams of events that Sysmon reports as well, with the category that both give
/// them. Facts of the two integrations.
const SYSMON_STREAMS: [(&str, &str); 5] = [
    ("logs-endpoint.events.file-default", "file"),
    ("logs-endpoint.events.library-default", "library"),
    ("logs-endpoint.events.network-default", "network"),
    ("logs-endpoint.events.process-default", "process"),
    ("logs-endpoint.events.registry-default", "registry"),
];

/// Whether a normalised Sysmon event can have a field. It has `code_signature` too, but in words of its own
/// (`Valid` where Defend says `trusted`), which rules for Defend do not know.
fn sysmon_gives(field: &str) -> bool {
    const FAMILIES: &[&str] = &[
        "destination.",
        "dll.hash.",
        "dll.pe.",
        "dns.",
        "event.",
        "file.hash.",
        "file.pe.",
        "network.",
        "process.hash.",
        "process.pe.",
        "registry.",
        "related.",
        "rule.",
        "source.",
        "winlog.",
    ];
    #[rustfmt::skip]
    const FIELDS: &[&str] = &[
        "@timestamp", "_id", "_index", "message", "dll.name", "dll.path",
        "file.directory", "file.extension", "file.name", "file.path",
        // `host.os.name`: exceptions for some systems ask for it or `host.os.type`, of which one is enough.
        "host.hostname", "host.id", "host.name", "host.os.family", "host.os.name", "host.os.type",
        "process.args", "process.args_count", "process.command_line", "process.entity_id", "process.executable",
        "process.name", "process.pid", "process.thread.id", "process.working_directory",
        "process.parent.args", "process.parent.args_count", "process.parent.command_line",
        "process.parent.entity_id", "process.parent.executable", "process.parent.name", "process.parent.pid",
        "user.domain", "user.id", "user.name",
    ];
    FIELDS.contains(&field) || FAMILIES.iter().any(|family| field.starts_with(family))
}

/// Whether an event's time lies between `from` and `to`, both included, in milliseconds since the epoch. As
/// Kibana has it: the time is the rule's `timestamp_override` where the event has it, else `@timestamp`.
pub(crate) fn time_filter(
    schema: &Schema,
    timestamp_override: Option<&str>,
    from: Option<i64>,
    to: Option<i64>,
) -> Filter {
    if from.is_none() && to.is_none() {
        return Filter::Constant(true);
    }
    let date = |name: &str| schema.field(name).unwrap_or(Field::new(name, FieldType::Date));
    let within = |field: &Field| {
        let bounds = [(CompareOp::Gte, from), (CompareOp::Lte, to)];
        Filter::And(
            bounds
                .into_iter()
                .filter_map(|(op, bound)| Some(test(field, Test::Compare(op, Value::Date(bound?)))))
                .collect(),
        )
    };
    let timestamp = within(&date(TIMESTAMP));
    match timestamp_override.filter(|&name| name != TIMESTAMP) {
        None => timestamp,
        Some(name) => {
            let field = date(name);
            let missing = Filter::Not(Box::new(test(&field, Test::Exists)));
            Filter::Or(vec![within(&field), Filter::And(vec![missing, timestamp])])
        }
    }
}

fn test(field: &Field, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: field.clone(), test })
}
