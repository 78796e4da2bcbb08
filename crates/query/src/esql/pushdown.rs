//! What an event must satisfy to play any part in the result of a query: a [`Filter`] for the matcher.
//!
//! The filter is necessary, not sufficient: the query asks its conditions again. So whatever cannot be put to the
//! matcher is left out, and what is put may be weaker than the condition, never stronger. ES|QL's conditions have three
//! values, and a row passes if its condition is true. Therefore two questions are asked of an expression: when *may* it
//! be true, and when may it be false.
//!
//! - A comparison of a field with several values is null. So "some value satisfies it" is weaker, and will do.
//! - A comparison of a field without values is null: neither is it true, nor is its negation.
//! - Where a field has one value and that is not `x`, no value is `x`. This holds for fields as they come, not behind
//!   `MV_EXPAND`, where other rows have the other values.

mod atoms;

use std::collections::HashMap;

use rulehound_schema::{Field, Value};

use super::plan::{ColumnId, Expr, ExprKind, Literal, TableSource, TableStep};
use crate::{Filter, Predicate, Test};
use atoms::Subject;

/// So many expressions are looked at: a column that is defined by others may stand for very many.
const MOST_EXPRESSIONS: usize = 10_000;

/// What rows of the source must satisfy.
pub(super) fn necessary(source: &TableSource, steps: &[TableStep]) -> Filter {
    let TableSource::Events { fields, tests, .. } = source else { return Filter::Constant(true) };
    let mut reader = Reader { columns: HashMap::new(), left: MOST_EXPRESSIONS };
    // What is said of a document beside its fields is known elsewhere.
    let asked = fields.iter().filter(|(_, field)| !field.name.starts_with('_'));
    reader.columns.extend(asked.map(|(column, field)| (column.id, Known::Field { field, expanded: false })));
    reader.columns.extend(tests.iter().map(|(column, filter)| (column.id, Known::Test(filter))));
    let mut conditions = Vec::new();
    for step in steps {
        match step {
            TableStep::Filter(condition) => conditions.push(reader.may_be(condition, true)),
            TableStep::Extend(columns) => {
                let defined = columns.iter().map(|(column, value)| (column.id, Known::Computed(value)));
                reader.columns.extend(defined);
            }
            TableStep::MvExpand { from, to } => {
                if let Some(Known::Field { field, .. }) = reader.columns.get(from).copied() {
                    reader.columns.insert(to.id, Known::Field { field, expanded: true });
                }
            }
            // Row by row, or in another order.
            TableStep::Dissect { .. }
            | TableStep::Grok { .. }
            | TableStep::Lookup(_)
            | TableStep::Sort(_) => {}
            TableStep::Aggregate(_)
            | TableStep::InlineAggregate(_)
            | TableStep::Limit(_)
            | TableStep::ChangePoint { .. }
            | TableStep::Completion { .. }
            | TableStep::Sample(_) => break,
        }
    }
    Filter::all(conditions)
}

/// What is known of a column.
#[derive(Clone, Copy, Debug)]
enum Known<'a> {
    /// It has the values of a field, or, behind `MV_EXPAND`, one of them.
    Field {
        field: &'a Field,
        expanded: bool,
    },
    /// Whether the event passes a filter; never null.
    Test(&'a Filter),
    Computed(&'a Expr),
}

/// A field, and whether a row has only one of its values.
#[derive(Clone, Copy, Debug)]
struct Read<'a> {
    field: &'a Field,
    expanded: bool,
}

struct Reader<'a> {
    columns: HashMap<ColumnId, Known<'a>>,
    /// How many more expressions are looked at.
    left: usize,
}

impl<'a> Reader<'a> {
    /// What an event satisfies for which the expression is `answer`.
    fn may_be(&mut self, expr: &'a Expr, answer: bool) -> Filter {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Filter::Constant(true);
        }
        match &expr.kind {
            ExprKind::Literal(Literal::Boolean(value)) => Filter::Constant(*value == answer),
            ExprKind::Literal(Literal::Null) => Filter::Constant(false),
            ExprKind::Literal(_) | ExprKind::Now => Filter::Constant(true),
            ExprKind::Column(column) => match self.columns.get(column).copied() {
                Some(Known::Test(filter)) if answer => filter.clone(),
                Some(Known::Test(filter)) => filter.clone().negated(),
                Some(Known::Computed(value)) => self.may_be(value, answer),
                Some(Known::Field { field, .. }) => match has_values(field) {
                    true => ask(field, Test::In(vec![Value::Boolean(answer)])),
                    false => Filter::Constant(true),
                },
                None => Filter::Constant(true),
            },
            ExprKind::Call(function, args) => self.call_may_be(function.name(), args, answer),
        }
    }

    fn call_may_be(&mut self, name: &str, args: &'a [Expr], answer: bool) -> Filter {
        match (name, args) {
            ("not", [inner]) => self.may_be(inner, !answer),
            // Both must be true for `and` to be true, one must be false for it to be false; `or` is its mirror.
            ("and" | "or", args) => {
                let parts: Vec<Filter> = args.iter().map(|arg| self.may_be(arg, answer)).collect();
                if (name == "and") == answer { Filter::all(parts) } else { Filter::any(parts) }
            }
            ("is_null", [value]) => self.may_be_null(value, answer),
            ("is_not_null", [value]) => self.may_be_null(value, !answer),
            // The value of one of them.
            ("coalesce", args) => {
                Filter::any(args.iter().map(|arg| self.may_be(arg, answer)).collect::<Vec<_>>())
            }
            ("case", args) => self.case_may_be(args, answer),
            ("not_equals", [left, right]) => self.comparison("equals", left, right, !answer),
            (
                "equals" | "less_than" | "less_than_or_equal" | "greater_than" | "greater_than_or_equal",
                [left, right],
            ) => self.comparison(name, left, right, answer),
            (
                "in" | "like" | "rlike" | "starts_with" | "ends_with" | "contains" | "cidr_match",
                [value, others @ ..],
            ) => {
                let asked = self.subject(value).and_then(|subject| atoms::ask(name, subject, others, answer));
                asked.unwrap_or_else(|| self.is_value(value))
            }
            _ => Filter::Constant(true),
        }
    }

    /// `CASE(condition, value, ..., otherwise)`.
    fn case_may_be(&mut self, args: &'a [Expr], answer: bool) -> Filter {
        let branches = args.chunks(2).map(|branch| match branch {
            [condition, value] => Filter::all([self.may_be(condition, true), self.may_be(value, answer)]),
            [otherwise] => self.may_be(otherwise, answer),
            _ => Filter::Constant(true),
        });
        Filter::any(branches.collect::<Vec<_>>())
    }

    fn comparison(&mut self, name: &str, left: &'a Expr, right: &'a Expr, answer: bool) -> Filter {
        let asked = match (self.subject(left), self.subject(right)) {
            (Some(subject), None) => atoms::compare(name, subject, right, answer),
            (None, Some(subject)) => atoms::compare(mirrored(name), subject, left, answer),
            _ => None,
        };
        asked.unwrap_or_else(|| Filter::all([self.is_value(left), self.is_value(right)]))
    }

    /// The field whose values an expression has, but for conversions that do not matter.
    fn subject(&mut self, expr: &'a Expr) -> Option<Subject<'a>> {
        self.left = self.left.checked_sub(1)?;
        match &expr.kind {
            ExprKind::Column(column) => match self.columns.get(column).copied()? {
                Known::Field { field, expanded } if has_values(field) => {
                    Some(Subject::new(Read { field, expanded }))
                }
                Known::Computed(value) => self.subject(value),
                _ => None,
            },
            ExprKind::Call(function, args) => match args.as_slice() {
                [inner] => self.subject(inner)?.through(function.name(), inner.ty, expr.ty),
                _ => None,
            },
            _ => None,
        }
    }

    /// What an event satisfies for which the expression is null, or is not.
    fn may_be_null(&mut self, expr: &'a Expr, answer: bool) -> Filter {
        if !answer {
            return self.is_value(expr);
        }
        self.left = self.left.saturating_sub(1);
        match &expr.kind {
            _ if self.left == 0 => Filter::Constant(true),
            ExprKind::Literal(literal) => Filter::Constant(*literal == Literal::Null),
            ExprKind::Now => Filter::Constant(false),
            ExprKind::Column(column) => match self.columns.get(column).copied() {
                Some(Known::Field { field, .. }) if has_values(field) => ask(field, Test::Exists).negated(),
                Some(Known::Test(_)) => Filter::Constant(false),
                Some(Known::Computed(value)) => self.may_be_null(value, true),
                _ => Filter::Constant(true),
            },
            ExprKind::Call(..) => Filter::Constant(true),
        }
    }

    /// What an event satisfies for which the expression is not null.
    fn is_value(&mut self, expr: &'a Expr) -> Filter {
        self.left = self.left.saturating_sub(1);
        match &expr.kind {
            _ if self.left == 0 => Filter::Constant(true),
            ExprKind::Literal(literal) => Filter::Constant(*literal != Literal::Null),
            ExprKind::Now => Filter::Constant(true),
            ExprKind::Column(column) => match self.columns.get(column).copied() {
                Some(Known::Field { field, .. }) if has_values(field) => ask(field, Test::Exists),
                Some(Known::Computed(value)) => self.is_value(value),
                _ => Filter::Constant(true),
            },
            ExprKind::Call(function, args) if STRICT.contains(&function.name()) => {
                Filter::all(args.iter().map(|arg| self.is_value(arg)).collect::<Vec<_>>())
            }
            ExprKind::Call(..) => Filter::Constant(true),
        }
    }
}

/// Functions that are null if an argument is.
const STRICT: &[&str] = &[
    "equals",
    "not_equals",
    "less_than",
    "less_than_or_equal",
    "greater_than",
    "greater_than_or_equal",
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "neg",
    "like",
    "rlike",
    "starts_with",
    "ends_with",
    "contains",
    "to_lower",
    "to_upper",
    "concat",
    "to_string",
    "to_long",
    "to_integer",
    "to_double",
    "to_ip",
    "to_datetime",
    "length",
    "trim",
    "ltrim",
    "rtrim",
    "substring",
    "replace",
    "date_diff",
    "date_extract",
    "date_format",
    "date_trunc",
];

/// The comparison with its sides changed.
fn mirrored(name: &str) -> &str {
    match name {
        "less_than" => "greater_than",
        "less_than_or_equal" => "greater_than_or_equal",
        "greater_than" => "less_than",
        "greater_than_or_equal" => "less_than_or_equal",
        other => other,
    }
}

/// Whether the matcher sees the values of a field.
fn has_values(field: &Field) -> bool {
    field.field_type.data_type().is_some()
}

fn ask(field: &Field, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: field.clone(), test })
}

#[cfg(test)]
mod tests;
