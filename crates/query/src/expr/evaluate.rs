//! Computing the set of values of an expression.

use std::cmp::Ordering;

use rulehound_schema::{FieldSource, FieldType, Value};

use super::{ArithmeticOp, Expr};
use crate::CompareOp;

/// Most values of one expression: pairs of long arrays could make millions. Values beyond are dropped.
const MOST_VALUES: usize = 1024;

type Nullable = Option<Value<'static>>;

impl Expr {
    /// Every value the expression can take on the event, each once, null among them. Never empty.
    pub(super) fn values(&self, event: &dyn FieldSource) -> Vec<Nullable> {
        match self {
            Self::Literal(value) => vec![value.clone()],
            Self::Field(field) => of_field(event.values(field)),
            Self::Earlier { step, field } => of_field(event.earlier(*step, field)),
            Self::Filter(_) => vec![None],
            Self::Call { function, case_insensitive, args } => {
                let sets: Vec<Vec<Nullable>> = args.iter().map(|arg| arg.values(event)).collect();
                distinct(Combinations::of(&sets).map(|args| function.call(&args, *case_insensitive)))
            }
            Self::Arithmetic(op, left, right) => pairs(left, right, event, |a, b| op.apply(a, b)),
            Self::Negate(inner) => map(inner, event, |value| match value {
                Value::Long(number) => number.checked_neg().map(Value::Long),
                Value::UnsignedLong(number) => i64::try_from(*number).ok().map(|n| Value::Long(-n)),
                Value::Double(number) => Some(Value::Double(-number)),
                _ => None,
            }),
            Self::Equal { left, right, case_insensitive } => {
                pairs(left, right, event, |a, b| Some(Value::Boolean(equal(a, b, *case_insensitive))))
            }
            Self::NotEqual { left, right } => {
                pairs(left, right, event, |a, b| Some(Value::Boolean(!equal(a, b, false))))
            }
            Self::Compare(op, left, right) => {
                let versions = is_version(left) || is_version(right);
                pairs(left, right, event, |a, b| {
                    let order = if versions { compare_versions(a, b) } else { compare(a, b) };
                    order.map(|order| Value::Boolean(op.holds(order)))
                })
            }
            Self::DateMath { from, steps, bound } => map(from, event, |value| {
                let nanoseconds = match value {
                    Value::Date(ms) => i128::from(*ms) * 1_000_000,
                    Value::DateNanos(ns) => i128::from(*ns),
                    _ => return None,
                };
                let moment = jiff::Timestamp::from_nanosecond(nanoseconds).ok()?;
                Some(Value::Date(steps.apply(moment, *bound)?.as_millisecond()))
            }),
            Self::Matches(inner, patterns) => map(inner, event, |value| match value {
                Value::String(text) => Some(Value::Boolean(patterns.is_match(text))),
                _ => None,
            }),
            Self::IsNull(inner) => {
                distinct(inner.values(event).into_iter().map(|value| Some(Value::Boolean(value.is_none()))))
            }
            Self::And(parts) => junction(parts, event, false),
            Self::Or(parts) => junction(parts, event, true),
            Self::Not(inner) => {
                let values = inner.values(event);
                let has = |wanted: bool| values.contains(&Some(Value::Boolean(wanted)));
                vec![if has(true) {
                    Some(Value::Boolean(false))
                } else if has(false) {
                    Some(Value::Boolean(true))
                } else {
                    None
                }]
            }
        }
    }
}

fn of_field(values: Vec<Value<'_>>) -> Vec<Nullable> {
    if values.is_empty() {
        return vec![None];
    }
    distinct(values.into_iter().map(|value| Some(value.into_owned())))
}

fn is_version(expr: &Expr) -> bool {
    matches!(expr, Expr::Field(field) if field.field_type == FieldType::Version)
}

fn distinct(values: impl Iterator<Item = Nullable>) -> Vec<Nullable> {
    let mut found: Vec<Nullable> = Vec::new();
    for value in values {
        if found.len() >= MOST_VALUES {
            break;
        }
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

fn map(inner: &Expr, event: &dyn FieldSource, f: impl Fn(&Value<'static>) -> Nullable) -> Vec<Nullable> {
    distinct(inner.values(event).iter().map(|value| f(value.as_ref()?)))
}

fn pairs(
    left: &Expr,
    right: &Expr,
    event: &dyn FieldSource,
    f: impl Fn(&Value<'static>, &Value<'static>) -> Nullable,
) -> Vec<Nullable> {
    let (left, right) = (left.values(event), right.values(event));
    distinct(left.iter().flat_map(|a| right.iter().map(|b| f(a.as_ref()?, b.as_ref()?))))
}

/// Kleene's conjunction (`decisive` false) or disjunction (`decisive` true), of one value of each part.
fn junction(parts: &[Expr], event: &dyn FieldSource, decisive: bool) -> Vec<Nullable> {
    let neutral = vec![Some(Value::Boolean(!decisive))];
    parts.iter().fold(neutral, |so_far, part| {
        let values = part.values(event);
        distinct(so_far.iter().flat_map(|a| {
            values.iter().map(move |b| {
                let decides = |value: &Nullable| *value == Some(Value::Boolean(decisive));
                if decides(a) || decides(b) {
                    Some(Value::Boolean(decisive))
                } else if a.is_none() || b.is_none() {
                    None
                } else {
                    Some(Value::Boolean(!decisive))
                }
            })
        }))
    })
}

/// Every choice of one value from each set, like the digits of a counter.
struct Combinations<'a> {
    sets: &'a [Vec<Nullable>],
    next: Option<Vec<usize>>,
    left: usize,
}

impl<'a> Combinations<'a> {
    fn of(sets: &'a [Vec<Nullable>]) -> Self {
        Self { sets, next: Some(vec![0; sets.len()]), left: MOST_VALUES * 16 }
    }
}

impl Iterator for Combinations<'_> {
    type Item = Vec<Nullable>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut digits = self.next.take()?;
        let values = self.sets.iter().zip(&digits).map(|(set, at)| set.get(*at).cloned().flatten()).collect();
        for (digit, set) in digits.iter_mut().zip(self.sets).rev() {
            *digit += 1;
            if *digit < set.len() {
                self.next = Some(digits);
                break;
            }
            *digit = 0;
        }
        Some(values)
    }
}

/// The kinds of value that compare only after a string is read as the other.
fn read_as(text: &Value<'_>, other: &Value<'_>) -> Nullable {
    let Value::String(text) = text else { return None };
    let field_type = match other {
        Value::Ip(_) => FieldType::Ip,
        Value::Date(_) => FieldType::Date,
        Value::DateNanos(_) => FieldType::DateNanos,
        _ => return None,
    };
    let field = rulehound_schema::Field::new("", field_type);
    let read = rulehound_schema::coerce(&field, rulehound_schema::Scalar::Str(text));
    read.ok().flatten().map(Value::into_owned)
}

fn compare(a: &Value<'static>, b: &Value<'static>) -> Option<Ordering> {
    match (read_as(a, b), read_as(b, a)) {
        (Some(a), _) => a.compare(b),
        (_, Some(b)) => a.compare(&b),
        _ => a.compare(b),
    }
}

fn equal(a: &Value<'static>, b: &Value<'static>, case_insensitive: bool) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) if case_insensitive => {
            a == b || a.to_lowercase() == b.to_lowercase()
        }
        _ => compare(a, b) == Some(Ordering::Equal),
    }
}

fn compare_versions(a: &Value<'static>, b: &Value<'static>) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(rulehound_schema::compare_versions(a, b)),
        _ => None,
    }
}

impl CompareOp {
    /// Whether the operator holds for values in this order.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Lt => order.is_lt(),
            Self::Lte => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Gte => order.is_ge(),
        }
    }
}

impl ArithmeticOp {
    /// The operator on two numbers. Integers stay integers and divide to integers, cut towards zero; a remainder has
    /// the sign of the dividend. Overflow and division of an integer by zero give null.
    pub(crate) fn apply(self, a: &Value<'_>, b: &Value<'_>) -> Nullable {
        if let (Some(a), Some(b)) = (integer(a), integer(b)) {
            return match self {
                Self::Add => a.checked_add(b),
                Self::Subtract => a.checked_sub(b),
                Self::Multiply => a.checked_mul(b),
                Self::Divide => a.checked_div(b),
                Self::Modulo => a.checked_rem(b),
            }
            .map(Value::Long);
        }
        let (a, b) = (double(a)?, double(b)?);
        Some(Value::Double(match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Modulo => a % b,
        }))
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Long(number) => Some(*number),
        Value::UnsignedLong(number) => i64::try_from(*number).ok(),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Java's doubleValue")]
fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Long(number) => Some(*number as f64),
        Value::UnsignedLong(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}
