//! Functions that choose between values. After Elastic's "ES|QL conditional functions and expressions".

use super::VALUES;
use super::signature::{Argument, Checked, Param, Returns, Signature, SignatureError};
use crate::esql::Type::{self, *};

const COMPARABLE: &[Type] =
    &[Boolean, Double, Integer, Long, UnsignedLong, Keyword, Text, Date, DateNanos, Ip, Version];
const FIELD: Param = Param::new("field", COMPARABLE).common();
const MIN: Param = Param::new("min", COMPARABLE).common();
const MAX: Param = Param::new("max", COMPARABLE).common();
const CONDITION: Param = Param::new("condition", &[Boolean]);

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("clamp", &[FIELD, MIN, MAX], Returns::Common),
    Signature::new("clamp_max", &[FIELD, MAX], Returns::Common),
    Signature::new("clamp_min", &[FIELD, MIN], Returns::Common),
    Signature::new("case", &[CONDITION, Param::new("trueValue", VALUES)], Returns::Overloaded(case))
        .variadic(),
    Signature::new("coalesce", &[Param::new("first", VALUES).common()], Returns::Common).variadic(),
    Signature::new("greatest", &[Param::new("first", COMPARABLE).common()], Returns::Common).variadic(),
    Signature::new("least", &[Param::new("first", COMPARABLE).common()], Returns::Common).variadic(),
];

/// Conditions and values by turns; without a condition of its own the last is a value. Values have a type in
/// common.
fn case(signature: &Signature, args: &[Argument<'_>]) -> Result<Checked, SignatureError> {
    let is_condition = |place: usize| place.is_multiple_of(2) && place + 1 < args.len();
    let mut types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
    let mut common = Null;
    // What `join` looks at is values alone.
    let values: Vec<usize> = (0..args.len()).filter(|place| !is_condition(*place)).collect();
    let of_values: Vec<Argument<'_>> = values.iter().filter_map(|place| args.get(*place).copied()).collect();
    for (nth, (arg, place)) in of_values.iter().zip(&values).enumerate() {
        common = signature.join(common, arg.ty, &of_values, nth).map_err(|error| match error {
            SignatureError::NotCommon { name, left, right, .. } => {
                SignatureError::NotCommon { name, place: *place, left, right }
            }
            other => other,
        })?;
    }
    for (place, ty) in types.iter_mut().enumerate() {
        *ty = if is_condition(place) { signature.accept(&CONDITION, args, place)? } else { common };
    }
    Ok(Checked { args: types, returns: common.no_text() })
}
