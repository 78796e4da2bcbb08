//! Questions to one field: which predicate an operator or function over a field and constants comes to.

use std::sync::Arc;

use rulehound_schema::{FieldType, Value};

use super::{Read, ask as test};
use crate::esql::Type;
use crate::esql::plan::{Expr, ExprKind, Literal};
use crate::functions::parse_network;
use crate::leaf::escaped_wildcard;
use crate::{CompareOp, Filter, Pattern, PatternMatcher, Test, WildcardPart, constant};

/// The values of a field, as an expression has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    read: Read<'a>,
    /// In lower case.
    lower: bool,
    /// As doubles.
    rounded: bool,
}

/// Integers up to here are doubles exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Characters beyond ASCII whose lower case has a letter of ASCII: the Kelvin sign and the dotted I. A text with one of
/// them may have any text in lower case.
const FOLD_TO_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

impl<'a> Subject<'a> {
    pub(super) fn new(read: Read<'a>) -> Self {
        Self { read, lower: false, rounded: false }
    }

    /// The same behind a function; `None` if its values are others then.
    pub(super) fn through(self, function: &str, from: Type, to: Type) -> Option<Self> {
        match (function, from, to) {
            ("to_lower", ..) => Some(Self { lower: true, ..self }),
            // Names are the same whether a string is analysed or not.
            ("to_string" | "to_keyword" | "to_text", from, to) if from.is_string() && to.is_string() => {
                Some(self)
            }
            ("to_long", Type::Integer, Type::Long) => Some(self),
            ("to_double", from, Type::Double) if from.is_number() => Some(Self { rounded: true, ..self }),
            (
                "to_boolean" | "to_date_nanos" | "to_datetime" | "to_double" | "to_integer" | "to_ip"
                | "to_long" | "to_unsigned_long",
                from,
                to,
            ) if from == to => Some(self),
            _ => None,
        }
    }

    fn ask(self, asked: Test) -> Filter {
        test(self.read.field, asked)
    }

    fn exists(self) -> Filter {
        self.ask(Test::Exists)
    }

    /// What holds if the answer to a question that a value passes is no: a value, and where that is all there are, no
    /// value that passes. `None`: it is not known which pass.
    fn denied(self, passes: Option<Filter>) -> Filter {
        match passes.filter(|_| !self.read.expanded && !self.lower) {
            Some(passes) => Filter::all([self.exists(), passes.negated()]),
            None => self.exists(),
        }
    }
}

/// `value == constant` and its like. `None` if it cannot be asked.
pub(super) fn compare(name: &str, subject: Subject<'_>, constant: &Expr, answer: bool) -> Option<Filter> {
    let ExprKind::Literal(literal) = &constant.kind else { return None };
    match (name, literal) {
        (_, Literal::Null) => Some(Filter::Constant(false)),
        ("equals", Literal::Keyword(text)) => Some(matches(subject, vec![exact(text)], answer)),
        ("equals", literal) => {
            let passes = one_of(subject, &[literal])?;
            Some(if answer { passes } else { subject.denied(Some(passes)) })
        }
        (_, literal) => order(operator(name, answer)?, subject, literal),
    }
}

/// The comparison that holds of a single value if the answer is so.
fn operator(name: &str, answer: bool) -> Option<CompareOp> {
    Some(match (name, answer) {
        ("less_than", true) | ("greater_than_or_equal", false) => CompareOp::Lt,
        ("less_than_or_equal", true) | ("greater_than", false) => CompareOp::Lte,
        ("greater_than", true) | ("less_than_or_equal", false) => CompareOp::Gt,
        ("greater_than_or_equal", true) | ("less_than", false) => CompareOp::Gte,
        _ => return None,
    })
}

fn order(op: CompareOp, subject: Subject<'_>, literal: &Literal) -> Option<Filter> {
    let field = subject.read.field;
    match (field.field_type, literal) {
        (FieldType::Date, Literal::Date(at)) => Some(subject.ask(Test::Compare(op, Value::Date(*at)))),
        (FieldType::DateNanos, Literal::DateNanos(at)) => {
            Some(subject.ask(Test::Compare(op, Value::DateNanos(*at))))
        }
        (FieldType::Ip, Literal::Ip(address)) => Some(subject.ask(Test::Compare(op, Value::Ip(*address)))),
        (_, literal) => constant::order(field, op, &number(subject, literal)?).ok(),
    }
}

/// A constant number, put to a field of numbers.
fn number(subject: Subject<'_>, literal: &Literal) -> Option<Value<'static>> {
    let value = match literal {
        Literal::Integer(value) => Value::Long((*value).into()),
        Literal::Long(value) => Value::Long(*value),
        Literal::UnsignedLong(value) => Value::UnsignedLong(*value),
        Literal::Double(value) => Value::Double(*value),
        _ => return None,
    };
    let is_exact = !subject.rounded || matches!(value, Value::Double(value) if value.abs() < EXACT);
    let takes = matches!(
        subject.read.field.field_type,
        FieldType::Integer | FieldType::Long | FieldType::UnsignedLong | FieldType::Double
    );
    (is_exact && takes).then_some(value)
}

/// Some value is one of the constants; those are no strings.
fn one_of(subject: Subject<'_>, literals: &[&Literal]) -> Option<Filter> {
    let field = subject.read.field;
    let asked = literals.iter().map(|literal| match (field.field_type, *literal) {
        (FieldType::Boolean, Literal::Boolean(value)) => {
            Some(subject.ask(Test::In(vec![Value::Boolean(*value)])))
        }
        (FieldType::Date, Literal::Date(at)) => Some(subject.ask(Test::In(vec![Value::Date(*at)]))),
        (FieldType::DateNanos, Literal::DateNanos(at)) => {
            Some(subject.ask(Test::In(vec![Value::DateNanos(*at)])))
        }
        (FieldType::Ip, Literal::Ip(address)) => Some(subject.ask(Test::In(vec![Value::Ip(*address)]))),
        (_, literal) => constant::equal(field, &number(subject, literal)?).ok(),
    });
    Some(Filter::any(asked.collect::<Option<Vec<_>>>()?))
}

/// A function or operator of a value and constants. `None` if it cannot be asked.
pub(super) fn ask(name: &str, subject: Subject<'_>, others: &[Expr], answer: bool) -> Option<Filter> {
    let literals: Vec<&Literal> = others
        .iter()
        .map(|other| match &other.kind {
            ExprKind::Literal(literal) => Some(literal),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if name == "in" {
        return is_in(subject, &literals, answer);
    }
    let texts: Vec<&Arc<str>> = literals
        .iter()
        .map(|literal| match literal {
            Literal::Keyword(text) => Some(text),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if name == "cidr_match" {
        let networks = texts.iter().map(|text| parse_network(text)).collect::<Option<Vec<_>>>()?;
        let is_ip = subject.read.field.field_type == FieldType::Ip && !networks.is_empty();
        let passes = is_ip.then(|| subject.ask(Test::Cidr(networks)))?;
        return Some(if answer { passes } else { subject.denied(Some(passes)) });
    }
    let patterns = texts.iter().map(|text| pattern(name, text)).collect::<Option<Vec<_>>>()?;
    (!patterns.is_empty()).then(|| matches(subject, patterns, answer))
}

/// `value IN (...)`. A null among the constants leaves it null where it would be false.
fn is_in(subject: Subject<'_>, literals: &[&Literal], answer: bool) -> Option<Filter> {
    let values: Vec<&Literal> =
        literals.iter().copied().filter(|literal| **literal != Literal::Null).collect();
    if !answer && values.len() < literals.len() {
        return Some(Filter::Constant(false));
    }
    let texts = values.iter().map(|value| match value {
        Literal::Keyword(text) => Some(exact(text)),
        _ => None,
    });
    if let Some(patterns) = texts.collect::<Option<Vec<_>>>().filter(|patterns| !patterns.is_empty()) {
        return Some(matches(subject, patterns, answer));
    }
    let passes = one_of(subject, &values)?;
    Some(if answer { passes } else { subject.denied(Some(passes)) })
}

fn exact(text: &Arc<str>) -> Pattern {
    Pattern::Exact { text: text.clone(), case_insensitive: false }
}

fn pattern(name: &str, text: &Arc<str>) -> Option<Pattern> {
    let literal = || (!text.is_empty()).then(|| WildcardPart::Literal(text.clone()));
    let parts = match name {
        "like" => escaped_wildcard(text),
        "rlike" => {
            let pattern = Pattern::Regex { source: text.clone(), case_insensitive: false };
            return PatternMatcher::new(&pattern).is_ok().then_some(pattern);
        }
        "starts_with" => literal().into_iter().chain([WildcardPart::AnyRun]).collect(),
        "ends_with" => [WildcardPart::AnyRun].into_iter().chain(literal()).collect(),
        "contains" => match literal() {
            Some(literal) => vec![WildcardPart::AnyRun, literal, WildcardPart::AnyRun],
            None => vec![WildcardPart::AnyRun],
        },
        _ => return None,
    };
    Some(Pattern::Wildcard { parts, case_insensitive: false })
}

/// A string matches one of the patterns, or none.
fn matches(subject: Subject<'_>, patterns: Vec<Pattern>, answer: bool) -> Filter {
    let field = subject.read.field;
    let is_string = matches!(
        field.field_type,
        FieldType::Keyword
            | FieldType::ConstantKeyword
            | FieldType::Wildcard
            | FieldType::Text
            | FieldType::MatchOnlyText
    );
    // Other strings are written in other ways.
    if !is_string {
        return subject.exists();
    }
    if !subject.lower && !field.is_caseless() {
        let texts = patterns.iter().map(|pattern| match pattern {
            Pattern::Exact { text, .. } => Some(Value::String(text.to_string().into())),
            _ => None,
        });
        let asked = match texts.collect::<Option<Vec<_>>>() {
            Some(texts) => Test::In(texts),
            None => Test::Matches(patterns),
        };
        let passes = subject.ask(asked);
        return if answer { passes } else { subject.denied(Some(passes)) };
    }
    let folded: Option<Vec<Pattern>> = patterns.into_iter().map(folded).collect();
    match folded.filter(|_| answer) {
        Some(mut patterns) => {
            let strange = FOLD_TO_ASCII.map(|letter| Pattern::Wildcard {
                parts: vec![WildcardPart::AnyRun, WildcardPart::Literal(letter.into()), WildcardPart::AnyRun],
                case_insensitive: false,
            });
            patterns.extend(strange);
            subject.ask(Test::Matches(patterns))
        }
        None => subject.exists(),
    }
}

/// A pattern that all match whose lower case matches a pattern, if they have no letter that folds to ASCII. `None` for
/// patterns with other letters than those of ASCII, which are not folded, and expressions of what is *not* there.
fn folded(pattern: Pattern) -> Option<Pattern> {
    let is_foldable = match &pattern {
        Pattern::Exact { text, .. } => text.is_ascii(),
        Pattern::Wildcard { parts, .. } => parts.iter().all(|part| match part {
            WildcardPart::Literal(text) => text.is_ascii(),
            WildcardPart::AnyRun | WildcardPart::AnyChar => true,
        }),
        Pattern::Regex { source, .. } => source.is_ascii() && !source.contains(['^', '~']),
        Pattern::Fuzzy { .. } => false,
    };
    let folded = is_foldable.then(|| pattern.ignoring_case())?;
    PatternMatcher::new(&folded).is_ok().then_some(folded)
}
