//! The functions of ES|QL: their names and what they take and give. One file a family, here as where they are
//! computed. Operators are functions too: `a + b` is `add(a, b)`.

mod aggregates;
mod arithmetic;
mod conditional;
mod conversions;
mod dates;
mod encoding;
mod geo;
mod ip;
mod logic;
mod math;
mod multivalue;
mod patterns;
mod signature;
mod strings;

use super::types::Type;

pub use signature::{Aggregation, Argument, Checked, Function, Param, Returns, Signature, SignatureError};

/// What strings are.
const STRINGS: &[Type] = &[Type::Keyword, Type::Text];

/// What a column may have values of.
const VALUES: &[Type] = &[
    Type::Boolean,
    Type::Integer,
    Type::Long,
    Type::UnsignedLong,
    Type::Double,
    Type::Keyword,
    Type::Text,
    Type::Date,
    Type::DateNanos,
    Type::Ip,
    Type::Version,
    Type::GeoPoint,
    Type::CartesianPoint,
];

/// The families of scalar functions.
const SCALARS: &[&[Signature]] = &[
    arithmetic::FUNCTIONS,
    conditional::FUNCTIONS,
    conversions::FUNCTIONS,
    dates::FUNCTIONS,
    encoding::FUNCTIONS,
    geo::FUNCTIONS,
    ip::FUNCTIONS,
    logic::FUNCTIONS,
    math::FUNCTIONS,
    multivalue::FUNCTIONS,
    patterns::FUNCTIONS,
    strings::FUNCTIONS,
];

/// The families of aggregates.
const AGGREGATES: &[&[Signature]] = &[aggregates::FUNCTIONS];

/// The scalar function of a name, in lower case.
pub fn scalar(name: &str) -> Option<Function> {
    SCALARS.iter().copied().flatten().find(|one| one.has_name(name)).map(Function)
}

/// The aggregate of a name, in lower case.
pub fn aggregation(name: &str) -> Option<Aggregation> {
    AGGREGATES.iter().copied().flatten().find(|one| one.has_name(name)).map(Aggregation)
}

/// All scalar functions that a query may call by name, then those that stand for operators.
pub fn scalars() -> impl Iterator<Item = Function> {
    SCALARS.iter().copied().flatten().map(Function)
}

/// All aggregates.
pub fn aggregations() -> impl Iterator<Item = Aggregation> {
    AGGREGATES.iter().copied().flatten().map(Aggregation)
}

/// Whether a function only stands for an operator.
pub fn is_operator(function: Function) -> bool {
    let operators = [arithmetic::FUNCTIONS, logic::FUNCTIONS, patterns::FUNCTIONS];
    operators.into_iter().flatten().any(|operator| operator.name == function.name())
}
