//! Constants against fields: how a mapper of Elasticsearch reads the constant of a query, and what question about
//! the field's values comes of it. The same for every language.

use std::sync::Arc;

use rulehound_schema::{Field, FieldType, Scalar, Value, coerce, date_span, parse_ip};

use crate::functions::parse_network;
use crate::{CompareOp, Filter, Pattern, Predicate, Test};

/// A constant that the field's type cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadConstant;

type Answer = Result<Filter, BadConstant>;

fn ask(field: &Field, test: Test) -> Filter {
    Filter::Predicate(Predicate { field: field.clone(), test })
}

/// `field == constant`.
pub(crate) fn equal(field: &Field, constant: &Value<'static>) -> Answer {
    let value = match field.field_type {
        FieldType::Integer | FieldType::Long | FieldType::UnsignedLong => match integer(field, constant)? {
            Integer::Exact(value) => value,
            Integer::Between(_) | Integer::Below | Integer::Above => return Ok(Filter::Constant(false)),
        },
        FieldType::Ip => {
            let Value::String(text) = constant else { return Err(BadConstant) };
            if text.contains('/') {
                let network = parse_network(text).ok_or(BadConstant)?;
                return Ok(ask(field, Test::Cidr(vec![network])));
            }
            Value::Ip(parse_ip(text).ok_or(BadConstant)?)
        }
        FieldType::Date | FieldType::DateNanos => {
            let (from, to) = date_range(field, constant)?;
            if from != to {
                return Ok(ask(field, Test::Between(from, to)));
            }
            from
        }
        _ => plain(field, constant)?,
    };
    if let Value::String(text) = &value
        && field.is_caseless()
    {
        let exact = Pattern::Exact { text: Arc::from(&**text), case_insensitive: true };
        return Ok(ask(field, Test::Matches(vec![exact])));
    }
    Ok(ask(field, Test::In(vec![value])))
}

/// `field < constant` and its like.
pub(crate) fn order(field: &Field, op: CompareOp, constant: &Value<'static>) -> Answer {
    let lower = matches!(op, CompareOp::Gt | CompareOp::Gte);
    let (op, value) = match field.field_type {
        FieldType::Integer | FieldType::Long | FieldType::UnsignedLong => match integer(field, constant)? {
            Integer::Exact(value) => (op, value),
            // No integer lies between `floor` and the constant, nor is one equal to the constant.
            Integer::Between(floor) => (if lower { CompareOp::Gt } else { CompareOp::Lte }, floor),
            Integer::Below | Integer::Above => {
                let all = matches!(integer(field, constant)?, Integer::Below) == lower;
                return Ok(if all { ask(field, Test::Exists) } else { Filter::Constant(false) });
            }
        },
        FieldType::Date | FieldType::DateNanos => {
            let (from, to) = date_range(field, constant)?;
            (op, if matches!(op, CompareOp::Gt | CompareOp::Lte) { to } else { from })
        }
        FieldType::Ip => {
            let Value::String(text) = constant else { return Err(BadConstant) };
            (op, Value::Ip(parse_ip(text).ok_or(BadConstant)?))
        }
        _ => (op, plain(field, constant)?),
    };
    Ok(ask(field, Test::Compare(op, value)))
}

/// A constant read as the field reads values of documents.
fn plain(field: &Field, constant: &Value<'static>) -> Result<Value<'static>, BadConstant> {
    let rendered;
    let scalar = match constant {
        // Keywords take numbers as Java prints them.
        Value::Double(_) if field.field_type != FieldType::Double => {
            rendered = crate::functions::render(constant);
            Scalar::Str(&rendered)
        }
        other => scalar(other).ok_or(BadConstant)?,
    };
    let value = coerce(field, scalar).map_err(|_| BadConstant)?;
    value.map(Value::into_owned).ok_or(BadConstant)
}

fn scalar<'a>(constant: &'a Value<'static>) -> Option<Scalar<'a>> {
    Some(match constant {
        Value::String(text) => Scalar::Str(text),
        Value::Long(number) => Scalar::I64(*number),
        Value::UnsignedLong(number) => Scalar::U64(*number),
        Value::Double(number) => Scalar::F64(*number),
        Value::Boolean(value) => Scalar::Bool(*value),
        _ => return None,
    })
}

/// Where a constant stands among the integers of a field's type.
enum Integer {
    Exact(Value<'static>),
    /// Not whole; the next smaller integer.
    Between(Value<'static>),
    /// Less than all of them.
    Below,
    /// Greater than all of them.
    Above,
}

fn integer(field: &Field, constant: &Value<'static>) -> Result<Integer, BadConstant> {
    let (floor, whole) = match constant {
        Value::Long(number) => (i128::from(*number), true),
        Value::UnsignedLong(number) => (i128::from(*number), true),
        Value::Double(number) => whole_part(*number)?,
        Value::String(text) => match text.trim().parse::<i128>() {
            Ok(number) => (number, true),
            Err(_) => whole_part(text.trim().parse().map_err(|_| BadConstant)?)?,
        },
        _ => return Err(BadConstant),
    };
    let value = match field.field_type {
        FieldType::UnsignedLong => u64::try_from(floor).map(Value::UnsignedLong),
        _ => i64::try_from(floor).map(Value::Long),
    };
    Ok(match value {
        Ok(value) if whole => Integer::Exact(value),
        Ok(value) => Integer::Between(value),
        Err(_) if floor < 0 => Integer::Below,
        Err(_) => Integer::Above,
    })
}

/// The next smaller integer, and whether it is the number itself. Infinities saturate.
fn whole_part(number: f64) -> Result<(i128, bool), BadConstant> {
    if number.is_nan() {
        return Err(BadConstant);
    }
    #[expect(clippy::cast_possible_truncation, reason = "saturates far outside of all integer types")]
    let floor = number.floor() as i128;
    Ok((floor, number.fract() == 0.0))
}

/// The first and the last instant that a date constant stands for: `2020-01-02` is a whole day. The missing parts
/// are filled up as Elasticsearch rounds dates in range queries.
fn date_range(
    field: &Field,
    constant: &Value<'static>,
) -> Result<(Value<'static>, Value<'static>), BadConstant> {
    let from = match constant {
        // Dates as numbers are milliseconds, whatever the format for strings.
        Value::Long(ms) => match field.field_type {
            FieldType::DateNanos => Value::DateNanos(ms.checked_mul(1_000_000).ok_or(BadConstant)?),
            _ => Value::Date(*ms),
        },
        other => plain(field, other)?,
    };
    let Value::String(text) = constant else { return Ok((from.clone(), from)) };
    let formats = field.parameters.as_deref().map_or(&[][..], |parameters| &parameters.formats);
    let Some((first, last)) = date_span(text, formats) else { return Ok((from.clone(), from)) };
    let nanoseconds = i64::try_from(last - first).unwrap_or(i64::MAX);
    let to = match from {
        Value::Date(ms) => Value::Date(ms.saturating_add(nanoseconds / 1_000_000)),
        Value::DateNanos(ns) => Value::DateNanos(ns.saturating_add(nanoseconds)),
        _ => return Err(BadConstant),
    };
    Ok((from, to))
}
