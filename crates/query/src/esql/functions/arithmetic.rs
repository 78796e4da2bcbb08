//! Arithmetic. After Elastic's "ES|QL operators" and `EsqlArithmeticOperation`,
//! `DateTimeArithmeticOperation`.

use super::signature::{Argument, Checked, Param, Returns, Signature, SignatureError};
use crate::esql::Type::{self, *};

const NUMBERS: &[Type] = &[Integer, Long, UnsignedLong, Double];
const NUMBERS_AND_TIMES: &[Type] =
    &[Integer, Long, UnsignedLong, Double, Date, DateNanos, DatePeriod, TimeDuration];
const TIMES: &[Param] = &[Param::new("lhs", NUMBERS_AND_TIMES), Param::new("rhs", NUMBERS_AND_TIMES)];
const TWO_NUMBERS: &[Param] = &[Param::new("lhs", NUMBERS).common(), Param::new("rhs", NUMBERS).common()];

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("add", TIMES, Returns::Overloaded(add)),
    Signature::new("sub", TIMES, Returns::Overloaded(sub)),
    Signature::new("mul", TWO_NUMBERS, Returns::Common),
    Signature::new("div", TWO_NUMBERS, Returns::Common),
    Signature::new("mod", TWO_NUMBERS, Returns::Common),
    Signature::new(
        "neg",
        &[Param::new("field", &[Integer, Long, Double, DatePeriod, TimeDuration])],
        Returns::Argument(0),
    ),
];

fn add(signature: &Signature, args: &[Argument<'_>]) -> Result<Checked, SignatureError> {
    match types(args) {
        (left @ (DatePeriod | TimeDuration), right) if right.is_date() => {
            Ok(Checked { args: vec![left, right], returns: right })
        }
        _ => sub(signature, args),
    }
}

/// Numbers, amounts of time of one kind, or an amount from a date.
fn sub(signature: &Signature, args: &[Argument<'_>]) -> Result<Checked, SignatureError> {
    let (left, right) = types(args);
    match (left, right) {
        (date, DatePeriod | TimeDuration | Null) | (Null, date) if date.is_date() => {
            return Ok(Checked { args: vec![left, right], returns: date });
        }
        _ => {}
    }
    let common = left.common(right).filter(|common| !common.is_date());
    let not_common = || SignatureError::NotCommon { name: signature.name, place: 1, left, right };
    let common = common.ok_or_else(not_common)?;
    Ok(Checked { args: vec![common; 2], returns: common })
}

/// The types of two operands; a constant string with an amount of time is a date (Elasticsearch's
/// `ImplicitCasting`).
fn types(args: &[Argument<'_>]) -> (Type, Type) {
    let ty = |place: usize| args.get(place).map_or(Null, |arg| arg.ty);
    let is_text = |place: usize| args.get(place).is_some_and(|arg| arg.text.is_some());
    match (ty(0), ty(1)) {
        (_, right @ (DatePeriod | TimeDuration)) if is_text(0) => (Date, right),
        (left @ (DatePeriod | TimeDuration), _) if is_text(1) => (left, Date),
        types => types,
    }
}
