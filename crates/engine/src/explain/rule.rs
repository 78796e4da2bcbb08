//! An explainer for a rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use rulehound_query::{EventOrder, Query};
use rulehound_rules::{Rule, RuleKind};
use rulehound_schema::{Field, FieldType, IndexPatterns, Schema};

use super::Explainer;
use crate::MatcherError;
use crate::correlate::steps;
use crate::scope::scope;

impl Explainer {
    /// Explains a rule, as [`Explainer::new`] does its query: over the indices that the rule sees, in the order
    /// of the time and tiebreaker that it names.
    ///
    /// # Errors
    ///
    /// If a pattern of the query cannot be compiled.
    pub fn of_rule(
        rule: &Rule,
        query: &Query,
        limit: usize,
        only_id: Option<String>,
    ) -> Result<Self, MatcherError> {
        let mut reads: BTreeSet<Arc<str>> = BTreeSet::new();
        for step in steps(&query.plan) {
            step.filter.for_each_field(&mut |field| _ = reads.insert(field.name.clone()));
            reads.extend(step.keys.iter().filter_map(|key| Some(key.field.as_ref()?.name.clone())));
        }
        let scope = scope(&IndexPatterns::new(rule.index()), &reads);
        Self::new(&query.plan, &order(rule), &scope, limit, only_id)
    }
}

fn order(rule: &Rule) -> EventOrder {
    let (timestamp, tiebreaker) = match &rule.kind {
        RuleKind::Eql(eql) => (eql.timestamp_field.as_deref(), eql.tiebreaker_field.as_deref()),
        _ => (None, None),
    };
    let schema = Schema::catalogue();
    let timestamp = timestamp.unwrap_or("@timestamp");
    EventOrder {
        timestamp: schema.field(timestamp).unwrap_or_else(|| Field::new(timestamp, FieldType::Date)),
        tiebreaker: schema.field(tiebreaker.unwrap_or("event.sequence")),
    }
}
