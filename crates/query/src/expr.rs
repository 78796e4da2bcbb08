//! Computed expressions: functions, arithmetic, and comparisons of their results. Three-valued: null
//! in, null out, unless a function says otherwise.

use rulehound_schema::{Field, FieldSource, Value};

use crate::{CompareOp, Pattern};

/// An expression over one event. `None` stands for null.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant; `None` is null.
    Literal(Option<Value<'static>>),
    /// The value of a field.
    Field(Field),
    /// A function call.
    Call {
        /// Which function.
        function: Function,
        /// Called with `~`: letters of either case are equal.
        case_insensitive: bool,
        /// Arguments, of a number and of types that were checked.
        args: Vec<Expr>,
    },
    /// `+ - * / %`.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// Equality; of strings without regard to case if `case_insensitive`.
    Equal {
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
        /// Whether letters of either case are equal.
        case_insensitive: bool,
    },
    /// Ordered comparison.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// Whether a string matches one of the patterns.
    Matches(Box<Expr>, Vec<Pattern>),
    /// Whether the inner expression is null; never null itself.
    IsNull(Box<Expr>),
    /// Three-valued conjunction.
    And(Vec<Expr>),
    /// Three-valued disjunction.
    Or(Vec<Expr>),
    /// Three-valued negation.
    Not(Box<Expr>),
}

/// Arithmetic operators. Integers divide to integers and overflow to null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// The functions of the EQL function reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `add(a, b)`
    Add,
    /// `between(source, left, right[, greedy])`
    Between,
    /// `cidrMatch(ip, network...)`
    CidrMatch,
    /// `concat(value...)`
    Concat,
    /// `divide(a, b)`
    Divide,
    /// `endsWith(source, suffix)`
    EndsWith,
    /// `indexOf(source, substring[, start])`
    IndexOf,
    /// `length(string)`
    Length,
    /// `modulo(a, b)`
    Modulo,
    /// `multiply(a, b)`
    Multiply,
    /// `number(string[, base])`
    Number,
    /// `startsWith(source, prefix)`
    StartsWith,
    /// `string(value)`
    String,
    /// `stringContains(source, substring)`
    StringContains,
    /// `substring(source, start[, end])`
    Substring,
    /// `subtract(a, b)`
    Subtract,
}

impl Expr {
    /// The value of the expression on one event; `None` is null.
    pub fn evaluate(&self, _event: &dyn FieldSource) -> Option<Value<'static>> {
        None
    }
}
