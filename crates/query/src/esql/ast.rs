//! The syntax tree of ES|QL: what the text says, names and types not yet looked up. Every node knows its place.

use std::ops::Range;

/// Bytes of the text.
pub(crate) type Span = Range<usize>;

/// A value with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The name of a column, function, type, ...: dotted, without backquotes.
pub(crate) type Name = Spanned<String>;

/// A whole query: `source | command | command`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) source: Spanned<Source>,
    pub(crate) commands: Vec<Spanned<Command>>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// `FROM a*, b METADATA _id`.
    From { patterns: Vec<Spanned<String>>, metadata: Vec<Name> },
    /// `ROW a = 1, b = [1, 2]`: one row.
    Row(Vec<Assignment>),
}

/// What is done with the rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Where(Expr),
    Eval(Vec<Assignment>),
    Keep(Vec<NamePattern>),
    Drop(Vec<NamePattern>),
    /// `RENAME a AS b` or `RENAME b = a`: from, to.
    Rename(Vec<(Name, Name)>),
    Stats {
        aggregates: Vec<Aggregate>,
        by: Vec<Assignment>,
    },
    /// `INLINE STATS` (also `INLINESTATS`).
    InlineStats {
        aggregates: Vec<Aggregate>,
        by: Vec<Assignment>,
    },
    Sort(Vec<Order>),
    Limit(Expr),
    MvExpand(Name),
    Dissect {
        input: Expr,
        pattern: Spanned<String>,
        append_separator: Option<String>,
    },
    Grok {
        input: Expr,
        patterns: Vec<Spanned<String>>,
    },
    /// `ENRICH policy ON field WITH new = field, ...`: `with` are new name and field of the policy.
    Enrich {
        policy: Spanned<String>,
        on: Option<Name>,
        with: Vec<(Option<Name>, Name)>,
    },
    /// `LOOKUP JOIN index ON ...`: names of columns that both have, or conditions.
    LookupJoin {
        index: Spanned<String>,
        on: Vec<Expr>,
    },
    /// `CHANGE_POINT value ON key AS type, pvalue`.
    ChangePoint {
        value: Name,
        key: Option<Name>,
        output: Option<(Name, Name)>,
    },
    /// `COMPLETION target = prompt WITH { "inference_id": "..." }`; options in their order.
    Completion {
        target: Option<Name>,
        prompt: Expr,
        options: Vec<(Spanned<String>, Expr)>,
    },
    /// `SAMPLE probability`.
    Sample(Expr),
}

/// `name = value`, or `value`, whose text is its name then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) name: Option<Name>,
    pub(crate) value: Expr,
    pub(crate) span: Span,
}

/// `name = value WHERE filter`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) assignment: Assignment,
    pub(crate) filter: Option<Expr>,
}

/// A name with stars that stand for any run of characters (not those in backquotes): the parts between the stars.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamePattern {
    /// One part: no star.
    pub(crate) parts: Vec<String>,
    pub(crate) span: Span,
}

/// `expression ASC NULLS LAST`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) value: Expr,
    pub(crate) descending: bool,
    /// What the text says; otherwise last in ascending order, first in descending order.
    pub(crate) nulls_first: Option<bool>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExprKind {
    Null,
    Boolean(bool),
    /// A whole number that fits 128 bits; the sign is part of it.
    Integer(i128),
    Decimal(f64),
    String(String),
    /// `[1, 2]`: constants.
    List(Vec<Expr>),
    /// `5 minutes`: number and unit, the unit as written in lower case.
    Interval(i64, String),
    Column(Name),
    /// `f(a, b)`; `COUNT(*)` has `star`. Options are `{"name": value}` as the last argument.
    Call {
        function: Name,
        args: Vec<Expr>,
        star: bool,
        options: Vec<(Spanned<String>, Expr)>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `value::type`.
    Cast(Box<Expr>, Name),
    In {
        value: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// `LIKE "a*"`, `RLIKE ("a.*", "b")`.
    Like {
        value: Box<Expr>,
        patterns: Vec<Spanned<String>>,
        regex: bool,
        negated: bool,
    },
    IsNull {
        value: Box<Expr>,
        negated: bool,
    },
    /// `field : "words"`.
    Match {
        field: Box<Expr>,
        query: Box<Expr>,
    },
}

/// Operators between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}
