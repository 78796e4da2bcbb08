//! Names and types: from the syntax tree to a resolved expression, as Elasticsearch's analyzer and verifier do it.
//! Whatever has no known field in it is computed here and now.

use std::collections::HashSet;

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::ast::{Comparison, Kind, Matching, Node, Span, Spanned};
use super::constant;
use super::problem::{Problem, Problems};
use super::suggest;
use super::types::{Type, type_of_field};
use crate::functions::{ArgumentType, Signature};
use crate::pattern::{PatternMatcher, Patterns};
use crate::{ArithmeticOp, CompareOp, Expr, Function, Pattern};

/// The type of fields that a query names and no event has: their value is null.
const UNKNOWN: FieldType = FieldType::Unsupported("unknown");

/// For so many unknown fields of a query near misses are looked for.
const MOST_SUGGESTIONS: usize = 20;

/// A resolved expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: Type,
    span: Span,
}

impl Typed {
    /// Null whatever the event.
    fn is_null(&self) -> bool {
        matches!(self.expr, Expr::Literal(None)) || self.is_unknown_field()
    }

    fn is_unknown_field(&self) -> bool {
        matches!(&self.expr, Expr::Field(field) if is_unknown(field))
    }

    /// The same whatever the event, and not just because a field is unknown.
    fn is_constant(&self) -> bool {
        matches!(self.expr, Expr::Literal(_))
    }

    fn found(&self) -> String {
        self.ty.name().into()
    }
}

/// Whether a field stands for one that does not exist.
pub(super) fn is_unknown(field: &Field) -> bool {
    field.field_type == UNKNOWN
}

/// Resolves the expressions of one query. Methods give `None` after reporting a problem.
pub(super) struct Checker<'a> {
    schema: &'a Schema,
    pub(super) problems: &'a mut Problems,
    /// Unknown fields that were reported already.
    reported: HashSet<String>,
    /// How often near misses were looked for.
    suggested: usize,
}

impl<'a> Checker<'a> {
    pub(super) fn new(schema: &'a Schema, problems: &'a mut Problems) -> Self {
        Self { schema, problems, reported: HashSet::new(), suggested: 0 }
    }

    fn fail<T>(&mut self, span: &Span, problem: Problem) -> Option<T> {
        self.problems.add(span.clone(), problem);
        None
    }

    /// A condition: boolean, or null.
    pub(super) fn condition(&mut self, node: &Node) -> Option<Expr> {
        let typed = self.value(node)?;
        match typed.ty {
            Type::Boolean | Type::Null => Some(typed.expr),
            _ => self.fail(&node.span, Problem::NotBoolean { found: typed.found() }),
        }
    }

    /// The event category field compared with a category.
    pub(super) fn category(&mut self, field: &str, category: &Spanned<String>) -> Option<Expr> {
        let resolved = match self.schema.field_type(field) {
            Some(known) if known != FieldType::Object => self.field(field, false, &category.span)?,
            _ if self.schema.is_strict() => {
                return self.fail(&category.span, Problem::NoCategoryField { name: field.into() });
            }
            _ => Expr::Field(Field::new(field, FieldType::Keyword)),
        };
        Some(Expr::Equal {
            left: Box::new(resolved),
            right: Box::new(text(&category.value)),
            case_insensitive: false,
        })
    }

    /// A join key: the field and its type; no field if there is none of this name.
    pub(super) fn key(&mut self, node: &Node) -> Option<(Option<Field>, bool, Type)> {
        let Kind::Field { name, optional } = &node.kind else {
            return self.fail(&node.span, Problem::KeyNotField);
        };
        match self.field(name, *optional, &node.span)? {
            Expr::Field(field) if !is_unknown(&field) => {
                let ty = type_of_field(field.field_type);
                Some((Some(field), *optional, ty))
            }
            _ => Some((None, *optional, Type::Null)),
        }
    }

    /// The limit of a pipe: a constant integer.
    pub(super) fn limit(&mut self, node: &Node) -> Option<u64> {
        match self.value(node)?.expr {
            Expr::Literal(Some(Value::Long(n))) if n <= i64::from(i32::MAX) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    fn value(&mut self, node: &Node) -> Option<Typed> {
        let (expr, ty) = match &node.kind {
            Kind::Null => (Expr::Literal(None), Type::Null),
            Kind::Boolean(value) => (literal(Value::Boolean(*value)), Type::Boolean),
            Kind::Integer(value) => (literal(Value::Long(*value)), Type::Integer),
            Kind::Float(value) => (literal(Value::Double(*value)), Type::Float),
            Kind::String(value) => (text(value), Type::String),
            Kind::Field { name, optional } => {
                let expr = self.field(name, *optional, &node.span)?;
                let ty = match &expr {
                    Expr::Field(field) if !is_unknown(field) => type_of_field(field.field_type),
                    _ => Type::Null,
                };
                (expr, ty)
            }
            Kind::Call { name, case_insensitive, args } => {
                self.call(name, *case_insensitive, args, &node.span)?
            }
            Kind::Negate(inner) => {
                let inner = self.number("-", inner)?;
                (Expr::Negate(Box::new(inner.expr)), inner.ty)
            }
            Kind::Arithmetic(op, left, right) => self.arithmetic(*op, left, right)?,
            Kind::Compare(op, left, right) => (self.compare(*op, left, right)?, Type::Boolean),
            Kind::In { value, list, case_insensitive } => {
                (self.in_list(value, list, *case_insensitive)?, Type::Boolean)
            }
            Kind::Match { value, matching, patterns } => {
                (self.matches(value, *matching, patterns)?, Type::Boolean)
            }
            Kind::Not(inner) => (negate(self.condition(inner)?), Type::Boolean),
            Kind::And(parts) => (Expr::And(self.conditions(parts)?), Type::Boolean),
            Kind::Or(parts) => (Expr::Or(self.conditions(parts)?), Type::Boolean),
        };
        let ty = if matches!(expr, Expr::Literal(None)) { Type::Null } else { ty };
        Some(Typed { expr: fold(expr), ty, span: node.span.clone() })
    }

    /// All conditions, so that the problems of all are reported.
    fn conditions(&mut self, parts: &[Node]) -> Option<Vec<Expr>> {
        let checked: Vec<Option<Expr>> = parts.iter().map(|part| self.condition(part)).collect();
        checked.into_iter().collect()
    }

    fn both(&mut self, left: &Node, right: &Node) -> Option<(Typed, Typed)> {
        let (left, right) = (self.value(left), self.value(right));
        Some((left?, right?))
    }

    // Fields

    fn field(&mut self, name: &str, optional: bool, span: &Span) -> Option<Expr> {
        if let Some(parent) = self.schema.nested_parent(name) {
            let problem = Problem::NestedField { name: name.into(), parent: parent.into() };
            return self.fail(span, problem);
        }
        let Some(field) = self.schema.field(name) else { return self.unknown_field(name, optional, span) };
        match field.field_type {
            FieldType::Text | FieldType::MatchOnlyText => match self.schema.exact_field(name) {
                Some(exact) => Some(Expr::Field(exact)),
                None => self.fail(span, Problem::TextField { name: name.into() }),
            },
            FieldType::Object if self.schema.is_strict() => {
                self.fail(span, Problem::ObjectField { name: name.into() })
            }
            FieldType::Object => self.unknown_field(name, optional, span),
            other if other.data_type().is_none() => {
                let field_type = other.name().into();
                self.fail(span, Problem::UnusableField { name: name.into(), field_type })
            }
            _ => Some(Expr::Field(field)),
        }
    }

    fn unknown_field(&mut self, name: &str, optional: bool, span: &Span) -> Option<Expr> {
        let strict = self.schema.is_strict();
        if !optional && (strict || self.reported.insert(name.into())) {
            // The search goes over thousands of names: it is for a slip or two.
            let search = self.suggested < MOST_SUGGESTIONS;
            self.suggested += usize::from(search);
            let similar = if search { self.schema.suggest(name) } else { Vec::new() };
            let similar = similar.into_iter().map(str::to_owned).collect();
            self.problems.add(span.clone(), Problem::UnknownField { name: name.into(), similar, strict });
        }
        (optional || !strict).then(|| Expr::Field(Field::new(name, UNKNOWN)))
    }

    // Arithmetic and functions

    fn number(&mut self, operator: &'static str, node: &Node) -> Option<Typed> {
        let typed = self.value(node)?;
        if typed.ty.is_number() || typed.ty == Type::Null {
            return Some(typed);
        }
        self.fail(&node.span, Problem::OperandType { operator, expected: "a number", found: typed.found() })
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Node, right: &Node) -> Option<(Expr, Type)> {
        let (left, right) = (self.number(op.symbol(), left), self.number(op.symbol(), right));
        let (left, right) = (left?, right?);
        let ty = left.ty.combine(right.ty);
        Some((Expr::Arithmetic(op, Box::new(left.expr), Box::new(right.expr)), ty))
    }

    fn call(
        &mut self,
        name: &Spanned<String>,
        case_insensitive: bool,
        args: &[Node],
        span: &Span,
    ) -> Option<(Expr, Type)> {
        let Some(function) = Function::from_name(&name.value) else {
            let similar = removed_function(&name.value)
                .or_else(|| suggest::similar(&name.value, Function::names(), 1).pop());
            return self.fail(&name.span, Problem::UnknownFunction { name: name.value.clone(), similar });
        };
        let signature = function.signature();
        if case_insensitive && !signature.case_aware {
            return self.fail(&name.span, Problem::NotCaseAware { function: signature.name });
        }
        if !signature.accepts(args.len()) {
            let expected = signature.expected();
            let problem = Problem::ArgumentCount { function: signature.name, expected, found: args.len() };
            return self.fail(span, problem);
        }
        let checked: Vec<Option<Typed>> =
            args.iter().enumerate().map(|(i, arg)| self.argument(signature, i, arg)).collect();
        let args: Vec<Typed> = checked.into_iter().collect::<Option<_>>()?;
        let ty = match function.arithmetic() {
            Some(_) => args.iter().fold(Type::Integer, |ty, arg| ty.combine(arg.ty)),
            None => Type::of_data(signature.returns),
        };
        let args = args.into_iter().map(|arg| arg.expr).collect();
        Some((Expr::Call { function, case_insensitive, args }, ty))
    }

    fn argument(&mut self, signature: &Signature, index: usize, node: &Node) -> Option<Typed> {
        let typed = self.value(node)?;
        let (function, position) = (signature.name, index + 1);
        let expected = signature.argument(index);
        if typed.ty != Type::Null && !expected.accepts(typed.ty) {
            let problem =
                Problem::ArgumentType { function, position, expected: expected.name(), found: typed.found() };
            return self.fail(&node.span, problem);
        }
        if expected == ArgumentType::Network {
            match &typed.expr {
                Expr::Literal(Some(Value::String(network))) => {
                    if crate::functions::parse_network(network).is_none() {
                        return self.fail(&node.span, Problem::BadNetwork { text: network.to_string() });
                    }
                }
                Expr::Literal(_) => {}
                _ => return self.fail(&node.span, Problem::ArgumentNotConstant { function, position }),
            }
        }
        Some(typed)
    }

    // Comparisons

    fn compare(&mut self, op: Comparison, left: &Node, right: &Node) -> Option<Expr> {
        let (left, right) = self.both(left, right)?;
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if equality && (left.is_null() || right.is_null()) {
            let tested = if right.is_null() { left.expr } else { right.expr };
            let is_null = Expr::IsNull(Box::new(tested));
            return Some(if op == Comparison::Equal { is_null } else { negate(fold(is_null)) });
        }
        let swap = left.is_constant() && !right.is_constant();
        let (op, left, right) = if swap { (mirrored(op), right, left) } else { (op, left, right) };
        if !right.is_constant() && !right.is_unknown_field() {
            let field = first_field(&right.expr).unwrap_or_default();
            return self.fail(&right.span, Problem::FieldComparison { operator: op.text(), field });
        }
        if let Some(condition) = boolean_test(op, &left, &right) {
            return Some(condition);
        }
        self.comparable(op.text(), &left, &right)?;
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Some(match op {
            Comparison::Equal => Expr::Equal { left, right, case_insensitive: false },
            Comparison::NotEqual => Expr::NotEqual { left, right },
            Comparison::Less => Expr::Compare(CompareOp::Lt, left, right),
            Comparison::LessEqual => Expr::Compare(CompareOp::Lte, left, right),
            Comparison::Greater => Expr::Compare(CompareOp::Gt, left, right),
            Comparison::GreaterEqual => Expr::Compare(CompareOp::Gte, left, right),
        })
    }

    /// Whether a value can be compared with a constant: a field takes what its mapper reads as a value of its
    /// type, anything else only its like.
    fn comparable(&mut self, operator: &'static str, value: &Typed, constant: &Typed) -> Option<()> {
        if value.ty == Type::Null || constant.ty == Type::Null {
            return Some(());
        }
        match (&value.expr, &constant.expr) {
            (Expr::Field(field), Expr::Literal(Some(literal))) => {
                if constant::equal(field, literal).is_ok() {
                    return Some(());
                }
                let strict = self.schema.is_strict();
                let field_type = field.field_type.name().into();
                let problem = Problem::BadConstant { field: field.name.to_string(), field_type, strict };
                self.problems.add(constant.span.clone(), problem);
                (!strict).then_some(())
            }
            _ if value.ty.compares_with(constant.ty) => Some(()),
            _ => {
                let problem =
                    Problem::Incomparable { operator, left: value.found(), right: constant.found() };
                self.fail(&constant.span, problem)
            }
        }
    }

    fn in_list(&mut self, value: &Node, list: &[Node], case_insensitive: bool) -> Option<Expr> {
        let operator = if case_insensitive { "in~" } else { "in" };
        let value = if case_insensitive { self.string(operator, value, "in") } else { self.value(value) };
        let items: Vec<Option<Typed>> = list.iter().map(|item| self.value(item)).collect();
        let (value, items) = (value?, items.into_iter().collect::<Option<Vec<Typed>>>()?);
        let mut tests = Vec::new();
        for item in items {
            if !item.is_constant() && !item.is_unknown_field() {
                let field = first_field(&item.expr).unwrap_or_default();
                return self.fail(&item.span, Problem::FieldComparison { operator, field });
            }
            if item.is_null() {
                continue; // null equals nothing
            }
            if value.ty != Type::Null && !value.ty.lists_with(item.ty) {
                let problem = Problem::Incomparable { operator, left: value.found(), right: item.found() };
                return self.fail(&item.span, problem);
            }
            self.comparable(operator, &value, &item)?;
            tests.push(Expr::Equal {
                left: Box::new(value.expr.clone()),
                right: Box::new(item.expr),
                case_insensitive,
            });
        }
        Some(match tests.len() {
            0 => Expr::Literal(None),
            1 => tests.remove(0),
            _ => Expr::Or(tests.into_iter().map(fold).collect()),
        })
    }

    // Patterns

    /// A value that must be a string.
    fn string(&mut self, operator: &'static str, node: &Node, instead: &'static str) -> Option<Typed> {
        let typed = self.value(node)?;
        if matches!(typed.ty, Type::String | Type::Version | Type::Null) {
            return Some(typed);
        }
        self.fail(&node.span, Problem::StringOperator { operator, found: typed.found(), instead })
    }

    fn matches(&mut self, value: &Node, matching: Matching, patterns: &[Node]) -> Option<Expr> {
        let instead = if matching == Matching::Colon { "==" } else { "string(...)" };
        let value = self.string(matching.text(), value, instead)?;
        // Constants of the wrong type are no error where nobody knows the type of the field.
        let any_type = value.is_unknown_field() && !self.schema.is_strict();
        let made: Vec<Option<Option<Pattern>>> =
            patterns.iter().map(|node| self.pattern(matching, node, any_type)).collect();
        let made: Vec<Option<Pattern>> = made.into_iter().collect::<Option<_>>()?;
        let patterns: Vec<Pattern> = made.into_iter().flatten().collect();
        if patterns.is_empty() && !value.is_unknown_field() {
            return Some(Expr::Literal(None));
        }
        // They were compiled one by one already.
        let patterns = Patterns::new(patterns).ok()?;
        Some(Expr::Matches(Box::new(value.expr), patterns))
    }

    /// `Some(None)` for null, which nothing matches.
    fn pattern(&mut self, matching: Matching, node: &Node, any_type: bool) -> Option<Option<Pattern>> {
        let text = match &node.kind {
            Kind::String(text) => text,
            Kind::Null if matching == Matching::Colon => return Some(None),
            _ if any_type => return Some(None),
            _ => {
                let found = self.value(node).map(|typed| typed.found()).unwrap_or_default();
                let operator = matching.text();
                return self.fail(&node.span, Problem::OperandType { operator, expected: "strings", found });
            }
        };
        let pattern = match matching {
            Matching::Colon => Pattern::wildcard(text, true),
            Matching::Like { case_insensitive } => Pattern::wildcard(text, case_insensitive),
            Matching::Regex { case_insensitive } => {
                Pattern::Regex { source: text.as_str().into(), case_insensitive }
            }
        };
        match PatternMatcher::new(&pattern) {
            Ok(_) => Some(Some(pattern)),
            Err(error) => self.fail(&node.span, Problem::BadRegex { reason: error.to_string() }),
        }
    }
}

fn literal(value: Value<'static>) -> Expr {
    Expr::Literal(Some(value))
}

fn text(text: &str) -> Expr {
    literal(Value::String(text.to_owned().into()))
}

fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessEqual => Comparison::GreaterEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEqual => Comparison::LessEqual,
        other => other,
    }
}

/// `condition == true` is the condition, `condition == false` its negation. Not so for a field.
fn boolean_test(op: Comparison, left: &Typed, right: &Typed) -> Option<Expr> {
    let (Type::Boolean, Expr::Literal(Some(Value::Boolean(wanted)))) = (left.ty, &right.expr) else {
        return None;
    };
    if matches!(left.expr, Expr::Field(_) | Expr::Literal(_)) {
        return None;
    }
    let condition = left.expr.clone();
    match op {
        Comparison::Equal => Some(if *wanted { condition } else { negate(condition) }),
        Comparison::NotEqual => Some(if *wanted { negate(condition) } else { condition }),
        _ => None,
    }
}

fn negate(expr: Expr) -> Expr {
    match expr {
        Expr::Not(inner) => *inner,
        other => Expr::Not(Box::new(other)),
    }
}

/// Functions of former times, and what replaced them.
fn removed_function(name: &str) -> Option<String> {
    let instead = match name.to_ascii_lowercase().as_str() {
        "wildcard" => "like",
        "match" => "regex",
        _ => return None,
    };
    Some(instead.into())
}

/// The name of a field in an expression.
fn first_field(expr: &Expr) -> Option<String> {
    let mut name = None;
    expr.for_each_field(&mut |field| {
        name.get_or_insert_with(|| field.name.to_string());
    });
    name
}

/// Computes what no event can change. A question about an unknown field stays, since its negation holds.
fn fold(expr: Expr) -> Expr {
    let is_literal = |part: &Expr| matches!(part, Expr::Literal(_));
    let keep = match &expr {
        Expr::Literal(_) | Expr::Field(_) => true,
        Expr::Equal { left: value, .. }
        | Expr::NotEqual { left: value, .. }
        | Expr::Compare(_, value, _)
        | Expr::Matches(value, _)
        | Expr::IsNull(value) => matches!(**value, Expr::Field(_)),
        Expr::Not(inner) => !is_literal(inner),
        Expr::And(parts) | Expr::Or(parts) => !parts.iter().all(is_literal),
        Expr::Call { .. } | Expr::Arithmetic(..) | Expr::Negate(_) => false,
    };
    if keep || !expr.is_constant(&is_unknown) {
        return expr;
    }
    Expr::Literal(expr.evaluate(&NoFields))
}

/// An event with nothing in it.
struct NoFields;

impl rulehound_schema::FieldSource for NoFields {
    fn values<'a>(&'a self, _field: &Field) -> Vec<Value<'a>> {
        Vec::new()
    }
}
