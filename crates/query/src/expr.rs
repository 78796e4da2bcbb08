//! Computed expressions: functions, arithmetic, and comparisons of their results. Three-valued: null
//! in, null out, unless a function says otherwise.
//!
//! Fields of several values: Elasticsearch runs the script of an expression for each value of each field it names,
//! every mention of a field on its own, and asks whether any run is true. Here every expression has a *set* of
//! values, which comes to the same: the set of `f(a, b)` is `f` of every pair.

mod evaluate;

use rulehound_schema::{Bound, DateSteps, Field, FieldSource, Value};

use crate::{CompareOp, Filter, Patterns};

/// An expression over one event. `None` stands for null.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant; `None` is null.
    Literal(Option<Value<'static>>),
    /// The value of a field.
    Field(Field),
    /// The value of a field of an earlier event of the same sequence.
    Earlier {
        /// Which step's event, by its place in [`crate::SequencePlan::steps`].
        step: usize,
        /// The field.
        field: Field,
    },
    /// A question that is a filter, and so never null. None is left in an expression of a [`Filter`].
    Filter(Box<Filter>),
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
    /// Inequality. Null if a side is null, like all comparisons; other than [`Expr::Not`] over [`Expr::Equal`] it
    /// holds if any of several values differs.
    NotEqual {
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// Ordered comparison.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// The moment that steps of date math lead to from a date: `now-30d/d`, where now is the time of the event.
    DateMath {
        /// Where they start.
        from: Box<Expr>,
        /// The steps.
        steps: DateSteps,
        /// Which end of a unit a step such as `/d` leads to.
        bound: Bound,
    },
    /// Whether a string matches one of the patterns.
    Matches(Box<Expr>, Patterns),
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

impl ArithmeticOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

impl Expr {
    /// The value of the expression on one event; `None` is null. If fields have several values: true if it is true
    /// for any of them (under [`Expr::Not`]: for all), else any value that is not null.
    pub fn evaluate(&self, event: &dyn FieldSource) -> Option<Value<'static>> {
        let mut values = self.values(event);
        let chosen = values
            .iter()
            .position(|value| matches!(value, Some(Value::Boolean(true))))
            .or_else(|| values.iter().position(Option::is_some));
        values.swap_remove(chosen?)
    }

    /// Calls `f` with every field that the expression names.
    pub fn for_each_field(&self, f: &mut dyn FnMut(&Field)) {
        if let Self::Field(field) = self {
            f(field);
        }
        self.for_each_child(&mut |child| child.for_each_field(f));
    }

    /// Calls `f` with every field of an earlier event that the expression names, and its step.
    pub fn for_each_earlier(&self, f: &mut dyn FnMut(usize, &Field)) {
        if let Self::Earlier { step, field } = self {
            f(*step, field);
        }
        self.for_each_child(&mut |child| child.for_each_earlier(f));
    }

    /// Whether all it asks about is constant.
    pub(crate) fn is_constant(&self, constant: &dyn Fn(&Field) -> bool) -> bool {
        let mut all = match self {
            Self::Field(field) => constant(field),
            Self::Earlier { .. } | Self::Filter(_) => false,
            _ => true,
        };
        self.for_each_child(&mut |child| all &= child.is_constant(constant));
        all
    }

    /// Calls `f` with the direct parts.
    fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Literal(_) | Self::Field(_) | Self::Earlier { .. } | Self::Filter(_) => {}
            Self::Negate(inner)
            | Self::DateMath { from: inner, .. }
            | Self::Matches(inner, _)
            | Self::IsNull(inner)
            | Self::Not(inner) => f(inner),
            Self::Arithmetic(_, left, right)
            | Self::Equal { left, right, .. }
            | Self::NotEqual { left, right }
            | Self::Compare(_, left, right) => {
                f(left);
                f(right);
            }
            Self::Call { args: parts, .. } | Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(f);
            }
        }
    }

    /// The same expression with other expressions in the place of fields.
    #[must_use]
    pub(crate) fn map_fields(self, f: &dyn Fn(Field) -> Expr) -> Expr {
        let boxed = |inner: Box<Expr>| Box::new(inner.map_fields(f));
        let all = |parts: Vec<Expr>| parts.into_iter().map(|part| part.map_fields(f)).collect();
        match self {
            Self::Literal(_) | Self::Earlier { .. } | Self::Filter(_) => self,
            Self::Field(field) => f(field),
            Self::Call { function, case_insensitive, args } => {
                Self::Call { function, case_insensitive, args: all(args) }
            }
            Self::Arithmetic(op, left, right) => Self::Arithmetic(op, boxed(left), boxed(right)),
            Self::Negate(inner) => Self::Negate(boxed(inner)),
            Self::Equal { left, right, case_insensitive } => {
                Self::Equal { left: boxed(left), right: boxed(right), case_insensitive }
            }
            Self::NotEqual { left, right } => Self::NotEqual { left: boxed(left), right: boxed(right) },
            Self::Compare(op, left, right) => Self::Compare(op, boxed(left), boxed(right)),
            Self::DateMath { from, steps, bound } => Self::DateMath { from: boxed(from), steps, bound },
            Self::Matches(inner, patterns) => Self::Matches(boxed(inner), patterns),
            Self::IsNull(inner) => Self::IsNull(boxed(inner)),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(inner) => Self::Not(boxed(inner)),
        }
    }
}
