//! The functions of ES|QL: their names and what they take and give. One file a family, here as where they are
//! computed. Operators are functions too: `a + b` is `add(a, b)`.

mod signature;

pub use signature::{Aggregation, Argument, Checked, Function, Param, Returns, Signature, SignatureError};

/// The families of scalar functions.
const SCALARS: &[&[Signature]] = &[];

/// The families of aggregates.
const AGGREGATES: &[&[Signature]] = &[];

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
    let _ = function;
    false
}
