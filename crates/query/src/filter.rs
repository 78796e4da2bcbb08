//! The one filter form that every language lowers to.
//!
//! A [`Filter`] is a two-valued question about one event. [`Predicate`]s are the atoms: each asks about the
//! values of one field and holds if *any* of them satisfies the test. What is not an atom (functions,
//! arithmetic) is a [`Filter::Computed`] expression, which alone may be null.

use std::net::Ipv6Addr;
use std::sync::Arc;

use rulehound_schema::{Field, IndexPatterns, Value};

use crate::{Expr, Phrase, ValueSet};

/// A boolean tree over predicates and computed expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Always the same answer.
    Constant(bool),
    /// Holds if all hold. Never empty.
    And(Vec<Filter>),
    /// Holds if one holds. Never empty.
    Or(Vec<Filter>),
    /// Holds where the inner filter does not, missing fields included.
    Not(Box<Filter>),
    /// A question about the values of one field.
    Predicate(Predicate),
    /// Holds where the expression is true, not where it is false or null. A query's `not` directly over a
    /// computed value is inside the expression, so that null stays no match.
    Computed(Expr),
    /// Holds if one object of an array passes a filter.
    Element(Box<Element>),
    /// Another filter, which is large and has its place in many: that of exceptions for all rules. It asks about its own
    /// event only.
    Shared(Arc<Filter>),
    /// Holds if an ancestor of the event's process had an event that passes the filter, not later than this one. The
    /// event alone does not tell: who asks a filter of one event alone must have taken such questions out.
    Descendant(Box<Filter>),
}

/// A question about one object of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The path of the array, or of a single object.
    pub array: Arc<str>,
    /// What one of its objects must pass. Fields whose path leads through the array are those of the object; the
    /// others are those of the event.
    pub filter: Filter,
}

impl Element {
    /// The name that a field has within an object of the array, if it is one of the object's.
    pub fn inner_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(&*self.array)?.strip_prefix('.')
    }
}

impl Filter {
    /// Holds if all hold, simplified: nested conjunctions are one, constants are gone.
    pub fn all(parts: impl IntoIterator<Item = Filter>) -> Filter {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Filter::Constant(true) => {}
                Filter::Constant(false) => return part,
                Filter::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Filter::Constant(true),
            1 => flat.remove(0),
            _ => Filter::And(flat),
        }
    }

    /// Holds if one holds, simplified: nested disjunctions are one, constants are gone, and questions about equality
    /// or patterns of one field are one question.
    pub fn any(parts: impl IntoIterator<Item = Filter>) -> Filter {
        let mut flat: Vec<Filter> = Vec::new();
        for part in parts {
            match part {
                Filter::Constant(false) => {}
                Filter::Constant(true) => return part,
                Filter::Or(inner) => inner.into_iter().for_each(|part| push_merged(&mut flat, part)),
                other => push_merged(&mut flat, other),
            }
        }
        match flat.len() {
            0 => Filter::Constant(false),
            1 => flat.remove(0),
            _ => Filter::Or(flat),
        }
    }

    /// Holds where the filter does not, simplified.
    #[must_use]
    pub fn negated(self) -> Filter {
        match self {
            Filter::Constant(answer) => Filter::Constant(!answer),
            Filter::Not(inner) => *inner,
            other => Filter::Not(Box::new(other)),
        }
    }

    /// Calls `f` with every field that the filter reads, once a mention, also of other events' processes (but not
    /// of earlier events: see [`Self::for_each_earlier`]).
    pub fn for_each_field(&self, f: &mut dyn FnMut(&Field)) {
        match self {
            Filter::Constant(_) => {}
            Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| part.for_each_field(f)),
            Filter::Not(inner) => inner.for_each_field(f),
            Filter::Predicate(predicate) => f(&predicate.field),
            Filter::Computed(expr) => expr.for_each_field(f),
            Filter::Element(element) => element.filter.for_each_field(f),
            Filter::Shared(inner) => inner.for_each_field(f),
            Filter::Descendant(ancestor) => ancestor.for_each_field(f),
        }
    }

    /// Whether it asks about other events than its own: earlier ones of a sequence, or those of ancestors.
    pub fn asks_others(&self) -> bool {
        match self {
            Filter::Constant(_) | Filter::Predicate(_) | Filter::Shared(_) => false,
            Filter::Descendant(_) => true,
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(Self::asks_others),
            Filter::Not(inner) => inner.asks_others(),
            Filter::Element(element) => element.filter.asks_others(),
            Filter::Computed(expr) => {
                let mut asks = false;
                expr.for_each_earlier(&mut |_, _| asks = true);
                asks
            }
        }
    }

    /// Calls `f` with every field of an earlier event of the same sequence that the filter reads, and its step.
    pub fn for_each_earlier(&self, f: &mut dyn FnMut(usize, &Field)) {
        match self {
            Filter::Constant(_) | Filter::Predicate(_) | Filter::Shared(_) | Filter::Descendant(_) => {}
            Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| part.for_each_earlier(f)),
            Filter::Not(inner) => inner.for_each_earlier(f),
            Filter::Computed(expr) => expr.for_each_earlier(f),
            Filter::Element(element) => element.filter.for_each_earlier(f),
        }
    }
}

/// Adds to a disjunction: a field that equals `a` or equals `b` equals one of the two.
fn push_merged(parts: &mut Vec<Filter>, part: Filter) {
    let Filter::Predicate(Predicate { field, test }) = part else { return parts.push(part) };
    for other in parts.iter_mut() {
        let Filter::Predicate(other) = other else { continue };
        if other.field != field {
            continue;
        }
        match (&mut other.test, &test) {
            (Test::In(values), Test::In(more)) => return values.extend_from_slice(more),
            (Test::Matches(patterns), Test::Matches(more)) => return patterns.extend_from_slice(more),
            (Test::Phrases(phrases), Test::Phrases(more)) => return phrases.extend_from_slice(more),
            (Test::Cidr(networks), Test::Cidr(more)) => return networks.extend_from_slice(more),
            _ => {}
        }
    }
    parts.push(Filter::Predicate(Predicate { field, test }));
}

/// A question about the values of one field: holds if any value of the field passes the test.
/// A field with no value passes none.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Predicate {
    /// The field asked about.
    pub field: Field,
    /// What one of its values must satisfy.
    pub test: Test,
}

/// What one value must satisfy. Values are of the field's own type: a query's literal is converted when
/// it is lowered.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Test {
    /// There is a value.
    Exists,
    /// Ordered comparison with a constant: numbers and dates by value, strings by their bytes, IPs by address;
    /// strings of a field of type `version` as [`rulehound_schema::compare_versions`] orders them.
    Compare(CompareOp, Value<'static>),
    /// From one constant to another, both included: a date such as `2020-01-02` stands for a whole day.
    Between(Value<'static>, Value<'static>),
    /// Equal to one of the constants, exactly and case-sensitively. Never empty.
    In(Vec<Value<'static>>),
    /// Among the values of a list, however many.
    Among(Arc<ValueSet>),
    /// A string matches one of the patterns. Never empty.
    Matches(Vec<Pattern>),
    /// Analysed text has one of the phrases. Never empty.
    Phrases(Vec<Phrase>),
    /// An address lies in one of the networks, given as address and prefix length in IPv6 terms
    /// (IPv4 `10.0.0.0/8` is `::ffff:10.0.0.0/104`). Never empty.
    Cidr(Vec<(Ipv6Addr, u8)>),
    /// The name of an index is among those that the patterns stand for. Asked of `_index`.
    Index(IndexPatterns),
}

/// Ordered comparisons. Equality is [`Test::In`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Less than.
    Lt,
    /// At most.
    Lte,
    /// Greater than.
    Gt,
    /// At least.
    Gte,
}

/// A pattern that a whole string must match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The very string, but for case if `case_insensitive`.
    Exact {
        /// The string.
        text: Arc<str>,
        /// Whether letters of either case are equal.
        case_insensitive: bool,
    },
    /// A pattern in which `*` is any run of characters and `?` is exactly one; `\` escapes where the
    /// language says so, and has been taken out: literal stars and question marks are literals here.
    Wildcard {
        /// The parts, in order.
        parts: Vec<WildcardPart>,
        /// Whether letters of either case are equal.
        case_insensitive: bool,
    },
    /// A text that becomes the string by few edits: a character more, one less, another one, or two neighbours that
    /// change places (Damerau and Levenshtein's distance, as Lucene's `FuzzyQuery` has it).
    Fuzzy {
        /// The text.
        text: Arc<str>,
        /// The most edits.
        distance: u8,
        /// How many characters at the start must be the same.
        prefix: u32,
        /// Whether letters of either case are equal.
        case_insensitive: bool,
    },
    /// A regular expression of Lucene's dialect, anchored at both ends.
    Regex {
        /// The expression as it was written.
        source: Arc<str>,
        /// Whether letters of either case are equal.
        case_insensitive: bool,
    },
}

/// A part of a wildcard pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WildcardPart {
    /// These very characters. Never empty, never two in a row.
    Literal(Arc<str>),
    /// `*`: any run of characters, also none. Never two in a row.
    AnyRun,
    /// `?`: exactly one character.
    AnyChar,
}
