//! `STATS` and `INLINE STATS`.

use super::super::ast::{self, Name, Span};
use super::super::functions::Aggregation;
use super::super::plan::{AggregateCall, AggregateStep, Column, Expr, ExprKind, TableStep};
use super::super::problem::Problem;
use super::Analyzer;
use super::expression::{null, read};
use super::scope::Scope;

/// What is known while the aggregates of a command are read.
#[derive(Debug, Default)]
pub(super) struct Aggregating {
    /// The groups, as they are after the command.
    groups: Vec<Column>,
    /// The aggregates so far.
    calls: Vec<(Column, AggregateCall)>,
    /// Whether it is an argument of one that is read: that is about the rows of a group.
    inside: bool,
}

/// What came of the parts of a command.
struct Parts {
    step: AggregateStep,
    /// The columns of the result that are aggregates, or computed of them.
    results: Vec<Column>,
    /// How the latter are computed.
    computed: Vec<(Column, Expr)>,
}

impl Analyzer<'_> {
    pub(super) fn stats(&mut self, aggregates: &[ast::Aggregate], by: &[ast::Assignment]) {
        let groups = self.groups(by);
        // After the command a group is a column of its own: it has one value a row.
        let groups: Vec<(Column, Expr)> = groups
            .into_iter()
            .map(|(group, span)| (self.column(&group.name, group.ty), read(&group, span)))
            .collect();
        let Parts { step, results, computed } = self.parts(aggregates, groups);
        let groups: Vec<Column> = step.groups.iter().map(|(column, _)| column.clone()).collect();
        self.scope = Scope::closed(Vec::new());
        results.into_iter().chain(groups).for_each(|column| self.scope.set(column));
        self.sees_events = false;
        self.steps.push(TableStep::Aggregate(step));
        computed.into_iter().for_each(|(column, value)| self.extend(column, value));
    }

    pub(super) fn inline_stats(&mut self, aggregates: &[ast::Aggregate], by: &[ast::Assignment]) {
        let groups = self.groups(by);
        let groups: Vec<(Column, Expr)> =
            groups.into_iter().map(|(group, span)| (group.clone(), read(&group, span))).collect();
        let Parts { step, results, computed } = self.parts(aggregates, groups);
        let groups: Vec<Column> = step.groups.iter().map(|(column, _)| column.clone()).collect();
        results.into_iter().chain(groups).for_each(|column| self.scope.set(column));
        self.sees_events = false;
        self.steps.push(TableStep::InlineAggregate(step));
        computed.into_iter().for_each(|(column, value)| self.extend(column, value));
    }

    /// The columns that make the groups; what is computed becomes a column first.
    fn groups(&mut self, by: &[ast::Assignment]) -> Vec<(Column, Span)> {
        let mut groups: Vec<(Column, Span)> = Vec::new();
        for assignment in by {
            let value = self.expression(&assignment.value);
            let name = self.name_of(assignment);
            let known = self.scope.get(&name).filter(|column| value.kind == ExprKind::Column(column.id));
            let column = match known {
                Some(column) => column.clone(),
                None => {
                    let column = self.column(&name, value.ty);
                    self.scope.set(column.clone());
                    self.extend(column.clone(), value);
                    column
                }
            };
            groups.retain(|(other, _)| other.name != column.name);
            groups.push((column, assignment.span.clone()));
        }
        groups
    }

    fn parts(&mut self, aggregates: &[ast::Aggregate], groups: Vec<(Column, Expr)>) -> Parts {
        let of_groups = groups.iter().map(|(column, _)| column.clone()).collect();
        self.aggregating = Some(Aggregating { groups: of_groups, ..Aggregating::default() });
        let (mut results, mut computed) = (Vec::new(), Vec::new());
        for aggregate in aggregates {
            let name = self.name_of(&aggregate.assignment);
            let before = self.aggregating.as_ref().map_or(0, |state| state.calls.len());
            let value = self.expression(&aggregate.assignment.value);
            if let Some(filter) = &aggregate.filter {
                let filter = self.inside(|analyzer| analyzer.condition(filter));
                let calls = self.aggregating.iter_mut().flat_map(|state| state.calls.iter_mut().skip(before));
                calls.for_each(|(_, call)| call.filter = Some(filter.clone()));
            }
            let call = self.aggregating.as_mut().and_then(|state| state.calls.last_mut());
            match call.filter(|(column, _)| value.kind == ExprKind::Column(column.id)) {
                // Nothing but an aggregate.
                Some((column, _)) => {
                    column.name = name.as_str().into();
                    results.push(column.clone());
                }
                None => {
                    let column = self.column(&name, value.ty);
                    results.push(column.clone());
                    computed.push((column, value));
                }
            }
        }
        let aggregates = self.aggregating.take().unwrap_or_default().calls;
        Parts { step: AggregateStep { groups, aggregates }, results, computed }
    }

    /// What a name stands for where aggregates are put together: a group, or else nothing, which is told. `None` where
    /// names are those of rows.
    pub(super) fn grouped(&mut self, name: &Name) -> Option<Option<Column>> {
        let state = self.aggregating.as_ref().filter(|state| !state.inside)?;
        let group = state.groups.iter().find(|column| *column.name == *name.value).cloned();
        if group.is_none() {
            self.problems.add(name.span.clone(), Problem::NotGrouped { name: name.value.clone() });
        }
        Some(group)
    }

    /// Reads what is about the rows of a group.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let set = |analyzer: &mut Self, inside| {
            analyzer.aggregating.iter_mut().for_each(|state| state.inside = inside);
        };
        set(self, true);
        let result = read(self);
        set(self, false);
        result
    }

    /// An aggregate: a column that comes of the command.
    pub(super) fn aggregate_call(
        &mut self,
        aggregation: Aggregation,
        args: &[ast::Expr],
        star: bool,
        span: Span,
    ) -> Expr {
        match &self.aggregating {
            None => return self.wrong(span, Problem::AggregateOutside { name: aggregation.name() }),
            Some(state) if state.inside => {
                return self.wrong(span, Problem::AggregateInside { name: aggregation.name() });
            }
            Some(_) => {}
        }
        if star && aggregation.name() != "count" {
            return self.wrong(span, Problem::StarArgument { name: aggregation.name().to_owned() });
        }
        let args: Vec<Expr> =
            self.inside(|analyzer| args.iter().map(|arg| analyzer.expression(arg)).collect());
        let Some((args, returns)) = self.check(aggregation.0, args, &span) else { return null(span) };
        let text = self.text.get(span.clone()).unwrap_or_default().to_owned();
        let column = self.column(&text, returns);
        let call = AggregateCall { function: aggregation, args, filter: None };
        let value = read(&column, span);
        self.aggregating.iter_mut().for_each(|state| state.calls.push((column.clone(), call.clone())));
        value
    }
}
