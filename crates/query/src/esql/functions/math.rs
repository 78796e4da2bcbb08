//! Mathematical functions. After Elastic's "ES|QL mathematical functions".

use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const NUMBERS: &[Type] = &[Double, Integer, Long, UnsignedLong];
const POINTS: &[Type] = &[Double, Integer, Long, Date, DateNanos];

const NUMBER: &[Param] = &[Param::new("number", NUMBERS)];
/// Any number, as a double.
const DOUBLE: &[Param] = &[Param::new("number", &[Double])];

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("abs", NUMBER, Returns::Argument(0)),
    double("acos", DOUBLE),
    double("asin", DOUBLE),
    double("atan", DOUBLE),
    double("atan2", &[Param::new("y_coordinate", &[Double]), Param::new("x_coordinate", &[Double])]),
    double("cbrt", DOUBLE),
    Signature::new("ceil", NUMBER, Returns::Argument(0)),
    Signature::new(
        "copy_sign",
        &[Param::new("magnitude", &[Double, Integer, Long]), Param::new("sign", &[Double])],
        Returns::Argument(0),
    ),
    double("cos", DOUBLE),
    double("cosh", DOUBLE),
    double("e", &[]),
    double("exp", DOUBLE),
    Signature::new("floor", NUMBER, Returns::Argument(0)),
    double("hypot", &[Param::new("number1", &[Double]), Param::new("number2", &[Double])]),
    // Of a base, if two are given.
    double("log", &[Param::new("base", &[Double]), Param::new("number", &[Double]).optional()]),
    double("log10", DOUBLE),
    double("pi", &[]),
    double("pow", &[Param::new("base", &[Double]), Param::new("exponent", &[Double])]),
    Signature::new(
        "round",
        &[Param::new("number", NUMBERS), Param::new("decimals", &[Long]).optional()],
        Returns::Argument(0),
    ),
    Signature::new(
        "round_to",
        &[Param::new("field", POINTS).common(), Param::new("points", POINTS).constant().common()],
        Returns::Common,
    )
    .variadic(),
    double("scalb", &[Param::new("d", &[Double]), Param::new("scaleFactor", &[Long])]),
    double("signum", DOUBLE),
    double("sin", DOUBLE),
    double("sinh", DOUBLE),
    double("sqrt", DOUBLE),
    double("tan", DOUBLE),
    double("tanh", DOUBLE),
    double("tau", &[]),
    double("to_degrees", DOUBLE),
    double("to_radians", DOUBLE),
];

const fn double(name: &'static str, params: &'static [Param]) -> Signature {
    Signature::new(name, params, Returns::Fixed(Double))
}
