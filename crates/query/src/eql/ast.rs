//! The syntax tree. Every node knows the bytes it was read from.

use std::ops::Range;

use crate::ArithmeticOp;

pub(super) type Span = Range<usize>;

/// A value with the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) query: Query,
    pub(super) pipes: Vec<Pipe>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Query {
    Event(EventFilter),
    Sequence(Sequence),
    Sample(Sample),
    /// `join`, which Elasticsearch parses and does not run.
    Join(Sample),
}

/// `category where condition`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EventFilter {
    /// `None` for `any`.
    pub(super) category: Option<Spanned<String>>,
    pub(super) condition: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sequence {
    /// The word `sequence`.
    pub(super) span: Span,
    pub(super) keys: Vec<Node>,
    /// Milliseconds.
    pub(super) maxspan: Option<u64>,
    pub(super) terms: Vec<Term>,
    pub(super) until: Option<Term>,
}

/// `sample`, or `join`, which alone has an `until`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// The word that it begins with.
    pub(super) span: Span,
    pub(super) keys: Vec<Node>,
    pub(super) terms: Vec<Term>,
    pub(super) until: Option<Term>,
}

/// `[ category where condition ] by keys with runs=n as name`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) filter: EventFilter,
    pub(super) keys: Vec<Node>,
    pub(super) runs: u32,
    pub(super) missing: bool,
    /// `as name`: what later steps call its event.
    pub(super) alias: Option<Spanned<String>>,
    pub(super) span: Span,
}

/// `| name arguments`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pipe {
    pub(super) name: Spanned<String>,
    pub(super) args: Vec<Node>,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

impl Node {
    /// Whether it reads a field, and so asks about the event.
    pub(super) fn reads_field(&self) -> bool {
        let any = |nodes: &[Node]| nodes.iter().any(Self::reads_field);
        match &self.kind {
            Kind::Field { .. } | Kind::Descendant(_) => true,
            Kind::Null | Kind::Boolean(_) | Kind::Integer(_) | Kind::Float(_) | Kind::String(_) => false,
            Kind::Call { args: nodes, .. } | Kind::And(nodes) | Kind::Or(nodes) => any(nodes),
            Kind::Negate(inner) | Kind::Not(inner) => inner.reads_field(),
            Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
                left.reads_field() || right.reads_field()
            }
            Kind::In { value, list, .. } => value.reads_field() || any(list),
            Kind::Match { value, .. } => value.reads_field(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(String),
    /// `name`, or `?name` if optional.
    Field {
        name: String,
        optional: bool,
    },
    Call {
        name: Spanned<String>,
        case_insensitive: bool,
        args: Vec<Node>,
    },
    Negate(Box<Node>),
    Arithmetic(ArithmeticOp, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// `value in (list)`, `value in~ (list)`.
    In {
        value: Box<Node>,
        list: Vec<Node>,
        case_insensitive: bool,
    },
    /// `value : "pattern"`, `value like ("a", "b")`, ...
    Match {
        value: Box<Node>,
        matching: Matching,
        patterns: Vec<Node>,
    },
    Not(Box<Node>),
    /// `descendant of [ancestor]`.
    Descendant(Box<EventFilter>),
    /// At least two.
    And(Vec<Node>),
    /// At least two.
    Or(Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `:` before a number or a boolean: in the grammar of former times a comparison like the others.
    Colon,
}

impl Comparison {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Colon => ":",
        }
    }
}

/// The operators that match a string with patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// `:`
    Colon,
    /// `like`, `like~`
    Like { case_insensitive: bool },
    /// `regex`, `regex~`
    Regex { case_insensitive: bool },
}

impl Matching {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Like { case_insensitive: false } => "like",
            Self::Like { case_insensitive: true } => "like~",
            Self::Regex { case_insensitive: false } => "regex",
            Self::Regex { case_insensitive: true } => "regex~",
        }
    }
}
