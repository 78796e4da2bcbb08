//! Constants: what the text says, as values of a type.

use std::sync::Arc;

use rulehound_schema::{parse_date, parse_ip};

use super::super::interval::parse_interval;
use super::super::plan::Literal;
use super::super::types::Type;

/// A whole number: of the smallest of `integer`, `long`, `unsigned_long` that has it, else a double.
pub(super) fn integer(value: i128) -> Literal {
    if let Ok(value) = i32::try_from(value) {
        Literal::Integer(value)
    } else if let Ok(value) = i64::try_from(value) {
        Literal::Long(value)
    } else if let Ok(value) = u64::try_from(value) {
        Literal::UnsignedLong(value)
    } else {
        Literal::Double(value as f64)
    }
}

/// The type of a constant.
pub(super) fn type_of(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Boolean(_) => Type::Boolean,
        Literal::Integer(_) => Type::Integer,
        Literal::Long(_) => Type::Long,
        Literal::UnsignedLong(_) => Type::UnsignedLong,
        Literal::Double(_) => Type::Double,
        Literal::Keyword(_) => Type::Keyword,
        Literal::Date(_) => Type::Date,
        Literal::DateNanos(_) => Type::DateNanos,
        Literal::Ip(_) => Type::Ip,
        Literal::Version(_) => Type::Version,
        Literal::DatePeriod { .. } => Type::DatePeriod,
        Literal::TimeDuration(_) => Type::TimeDuration,
        Literal::List(items) => items.first().map_or(Type::Null, type_of),
    }
}

/// A constant as another type, where that is only another way to hold it, or to write it: a string as a date. `None` if
/// it is no such value.
pub(super) fn convert(literal: &Literal, to: Type) -> Option<Literal> {
    Some(match (literal, to) {
        (literal, to) if type_of(literal) == to => literal.clone(),
        (Literal::Null, _) => Literal::Null,
        (Literal::Keyword(_), Type::Text) => literal.clone(),
        (Literal::List(items), to) => {
            Literal::List(items.iter().map(|item| convert(item, to)).collect::<Option<_>>()?)
        }
        (Literal::Integer(value), Type::Long) => Literal::Long((*value).into()),
        (Literal::Integer(value), Type::UnsignedLong) => Literal::UnsignedLong(u64::try_from(*value).ok()?),
        (Literal::Integer(value), Type::Double) => Literal::Double((*value).into()),
        (Literal::Long(value), Type::UnsignedLong) => Literal::UnsignedLong(u64::try_from(*value).ok()?),
        (Literal::Long(value), Type::Double) => Literal::Double(*value as f64),
        (Literal::UnsignedLong(value), Type::Double) => Literal::Double(*value as f64),
        (Literal::Date(value), Type::DateNanos) => Literal::DateNanos(value.checked_mul(1_000_000)?),
        (Literal::Keyword(text), to) => written(text, to)?,
        _ => return None,
    })
}

/// What a string stands for as a value of a type.
fn written(text: &Arc<str>, ty: Type) -> Option<Literal> {
    Some(match ty {
        Type::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            _ => return None,
        },
        Type::Integer => Literal::Integer(text.parse().ok()?),
        Type::Long => Literal::Long(text.parse().ok()?),
        Type::UnsignedLong => Literal::UnsignedLong(text.parse().ok()?),
        Type::Double => Literal::Double(text.parse().ok()?),
        Type::Date => Literal::Date(i64::try_from(parse_date(text)?.div_euclid(1_000_000)).ok()?),
        Type::DateNanos => Literal::DateNanos(i64::try_from(parse_date(text)?).ok()?),
        Type::Ip => Literal::Ip(parse_ip(text)?),
        Type::Version => Literal::Version(text.clone()),
        Type::DatePeriod | Type::TimeDuration => {
            let interval = parse_interval(text)?;
            (type_of(&interval) == ty).then_some(interval)?
        }
        _ => return None,
    })
}
