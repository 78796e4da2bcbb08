//! From a resolved expression to a [`Filter`]. What Elasticsearch answers from its indexes becomes predicates,
//! which are two-valued; what it runs as a script becomes [`Filter::Computed`].

use std::sync::Arc;

use rulehound_schema::{Field, FieldType, Value};

use super::check::is_unknown;
use crate::constant;
use crate::{Expr, Filter, Function, Pattern, Predicate, Test, WildcardPart};

/// The filter that holds where the expression is true.
pub(super) fn filter(expr: Expr) -> Filter {
    match expr {
        Expr::Literal(Some(Value::Boolean(value))) => Filter::Constant(value),
        Expr::Literal(_) => Filter::Constant(false),
        Expr::And(parts) => Filter::all(parts.into_iter().map(filter)),
        Expr::Or(parts) => Filter::any(parts.into_iter().map(filter)),
        Expr::Not(inner) => negated(*inner),
        Expr::Filter(filter) => *filter,
        other => predicate(&other).unwrap_or_else(|| Filter::Computed(without_unknown(other))),
    }
}

/// `not` is two-valued, but null where it stands directly over a computed value that is null.
fn negated(inner: Expr) -> Filter {
    if matches!(inner, Expr::Literal(None)) {
        return Filter::Constant(false);
    }
    match filter(inner) {
        Filter::Constant(value) => Filter::Constant(!value),
        Filter::Not(inner) => *inner,
        Filter::Computed(expr) => Filter::Computed(Expr::Not(Box::new(expr))),
        other => Filter::Not(Box::new(other)),
    }
}

/// The questions that are answered by looking at the values of one field.
fn predicate(expr: &Expr) -> Option<Filter> {
    match expr {
        Expr::Field(field) => {
            let is_true = Test::In(vec![Value::Boolean(true)]);
            Some(if is_unknown(field) { Filter::Constant(false) } else { ask(field, is_true) })
        }
        Expr::Equal { left, right, case_insensitive } => {
            let (field, value) = field_and_constant(left, right)?;
            Some(if *case_insensitive { equal_ignoring_case(field, value) } else { equal(field, value) })
        }
        Expr::NotEqual { left, right } => {
            let (field, value) = field_and_constant(left, right)?;
            Some(different(field, value))
        }
        Expr::Compare(op, left, right) => {
            let (field, value) = field_and_constant(left, right)?;
            if is_unknown(field) {
                return Some(Filter::Constant(false));
            }
            Some(constant::order(field, *op, value?).unwrap_or(Filter::Constant(false)))
        }
        Expr::Matches(value, patterns) => match &**value {
            Expr::Field(field) => Some(matches(field, patterns.patterns().to_vec())),
            _ => None,
        },
        Expr::IsNull(value) => match &**value {
            Expr::Field(field) if is_unknown(field) => Some(Filter::Constant(true)),
            Expr::Field(field) => Some(Filter::Not(Box::new(ask(field, Test::Exists)))),
            _ => None,
        },
        Expr::Call { function, case_insensitive, args } => call(*function, *case_insensitive, args),
        _ => None,
    }
}

fn ask(field: &Field, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: field.clone(), test })
}

fn field_and_constant<'a>(
    left: &'a Expr,
    right: &'a Expr,
) -> Option<(&'a Field, Option<&'a Value<'static>>)> {
    match (left, right) {
        (Expr::Field(field), Expr::Literal(value)) => Some((field, value.as_ref())),
        _ => None,
    }
}

fn equal(field: &Field, value: Option<&Value<'static>>) -> Filter {
    match value {
        Some(value) if !is_unknown(field) => constant::equal(field, value).unwrap_or(Filter::Constant(false)),
        _ => Filter::Constant(false),
    }
}

/// No value is equal, as where there is none: Elasticsearch asks with `must_not`. An unknown field is null, and so is
/// the comparison.
fn different(field: &Field, value: Option<&Value<'static>>) -> Filter {
    if is_unknown(field) || value.is_none() {
        return Filter::Constant(false);
    }
    match equal(field, value) {
        Filter::Constant(equal) => Filter::Constant(!equal),
        equal => Filter::Not(Box::new(equal)),
    }
}

fn equal_ignoring_case(field: &Field, value: Option<&Value<'static>>) -> Filter {
    match value {
        Some(Value::String(text)) => {
            matches(field, vec![Pattern::Exact { text: Arc::from(&**text), case_insensitive: true }])
        }
        other => equal(field, other),
    }
}

/// A caseless field ignores case whatever the pattern says.
fn matches(field: &Field, patterns: Vec<Pattern>) -> Filter {
    if is_unknown(field) {
        return Filter::Constant(false);
    }
    let patterns = if field.is_caseless() {
        patterns.into_iter().map(Pattern::ignoring_case).collect()
    } else {
        patterns
    };
    ask(field, Test::Matches(patterns))
}

/// Functions over a plain field with constants that Elasticsearch answers with a prefix, wildcard or terms
/// query.
fn call(function: Function, case_insensitive: bool, args: &[Expr]) -> Option<Filter> {
    let (Expr::Field(field), rest) = args.split_first()? else { return None };
    if is_unknown(field) {
        return None;
    }
    if function == Function::CidrMatch && field.field_type == FieldType::Ip {
        let networks = rest.iter().map(|arg| match arg {
            Expr::Literal(Some(Value::String(text))) => crate::functions::parse_network(text),
            _ => None,
        });
        return Some(ask(field, Test::Cidr(networks.collect::<Option<Vec<_>>>()?)));
    }
    let [Expr::Literal(Some(Value::String(text)))] = rest else { return None };
    let (before, after) = match function {
        Function::StartsWith => (false, true),
        Function::EndsWith => (true, false),
        Function::StringContains => (true, true),
        _ => return None,
    };
    let mut parts = Vec::new();
    if before {
        parts.push(WildcardPart::AnyRun);
    }
    if !text.is_empty() {
        parts.push(WildcardPart::Literal(Arc::from(&**text)));
    }
    if after && parts.last() != Some(&WildcardPart::AnyRun) {
        parts.push(WildcardPart::AnyRun);
    }
    Some(matches(field, vec![Pattern::Wildcard { parts, case_insensitive }]))
}

/// Unknown fields are null: none of them reaches the engine.
fn without_unknown(expr: Expr) -> Expr {
    expr.map_fields(&|field| if is_unknown(&field) { Expr::Literal(None) } else { Expr::Field(field) })
}
