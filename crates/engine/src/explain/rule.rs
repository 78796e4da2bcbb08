//! An explainer for a rule.

use rulehound_query::{EventOrder, Query};
use rulehound_rules::Rule;
use rulehound_schema::Schema;

use super::Explainer;
use crate::{MatcherError, order, scope};

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
        let schema = Schema::catalogue();
        let named = order::of_rule(rule, schema);
        let tiebreaker = named.tiebreaker.or_else(|| schema.field("event.sequence"));
        let order = EventOrder { tiebreaker, ..named };
        Self::new(&query.plan, &order, &scope::of_rule(rule, &query.plan), limit, only_id)
    }
}
