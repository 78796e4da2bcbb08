//! Expressions.

use super::super::ast::{self, BinaryOp, Name, Span, Spanned};
use super::super::functions::{self, Argument, Function};
use super::super::interval::interval;
use super::super::plan::{Column, Expr, ExprKind, Literal};
use super::super::problem::Problem;
use super::super::types::Type;
use super::{Analyzer, constant};
use crate::{Pattern, PatternMatcher};

impl Analyzer<'_> {
    /// An expression with its type. Where something is wrong it is null, and that was told.
    pub(super) fn expression(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span.clone();
        match &expr.kind {
            ast::ExprKind::Null => null(span),
            ast::ExprKind::Boolean(value) => literal(Literal::Boolean(*value), span),
            ast::ExprKind::Integer(value) => literal(constant::integer(*value), span),
            ast::ExprKind::Decimal(value) => literal(Literal::Double(*value), span),
            ast::ExprKind::String(text) => literal(Literal::Keyword(text.as_str().into()), span),
            ast::ExprKind::List(items) => self.list(items, span),
            ast::ExprKind::Interval(amount, unit) => match interval(*amount, unit) {
                Some(interval) => literal(interval, span),
                None => self.wrong(span, Problem::BadInterval { unit: unit.clone() }),
            },
            ast::ExprKind::Column(name) => self.column_of(name),
            ast::ExprKind::Call { function, args, star, options } => {
                self.call(function, args, *star, options, span)
            }
            ast::ExprKind::Not(inner) => self.operator("not", &[inner], span),
            ast::ExprKind::Negate(inner) => self.operator("neg", &[inner], span),
            ast::ExprKind::Binary(op, left, right) => self.operator(name_of(*op), &[left, right], span),
            ast::ExprKind::Cast(inner, ty) => self.cast(inner, ty, span),
            ast::ExprKind::In { value, list, negated } => {
                let args: Vec<&ast::Expr> = std::iter::once(&**value).chain(list).collect();
                let holds = self.operator("in", &args, span);
                self.negated(holds, *negated)
            }
            ast::ExprKind::Like { value, patterns, regex, negated } => {
                let mut args = vec![self.expression(value)];
                for pattern in patterns {
                    if *regex {
                        self.check_regex(pattern);
                    }
                    let text = Literal::Keyword(pattern.value.as_str().into());
                    args.push(literal(text, pattern.span.clone()));
                }
                let holds = self.apply(if *regex { "rlike" } else { "like" }, args, span);
                self.negated(holds, *negated)
            }
            ast::ExprKind::IsNull { value, negated } => {
                self.operator(if *negated { "is_not_null" } else { "is_null" }, &[value], span)
            }
            ast::ExprKind::Match { field, query } => self.match_operator(field, query, span),
        }
    }

    fn check_regex(&mut self, pattern: &Spanned<String>) {
        let regex = Pattern::Regex { source: pattern.value.as_str().into(), case_insensitive: false };
        if let Err(error) = PatternMatcher::new(&regex) {
            self.problems.add(pattern.span.clone(), Problem::BadPattern { reason: error.to_string() });
        }
    }

    fn negated(&mut self, holds: Expr, negated: bool) -> Expr {
        let span = holds.span.clone();
        if negated { self.apply("not", vec![holds], span) } else { holds }
    }

    /// Several constants of one type.
    fn list(&mut self, items: &[ast::Expr], span: Span) -> Expr {
        let items: Vec<Expr> = items.iter().map(|item| self.expression(item)).collect();
        let common = items.iter().try_fold(Type::Null, |common, item| common.common(item.ty));
        let literals = common.and_then(|common| {
            let of_item = |item: &Expr| match &item.kind {
                ExprKind::Literal(value) => constant::convert(value, common),
                _ => None,
            };
            items.iter().map(of_item).collect::<Option<Vec<_>>>()
        });
        match literals.as_deref() {
            Some([only]) => literal(only.clone(), span),
            Some(several) => literal(Literal::List(several.to_vec()), span),
            None => self.wrong(span, Problem::MixedList),
        }
    }

    fn column_of(&mut self, name: &Name) -> Expr {
        let column = match self.grouped(name) {
            Some(column) => column,
            None => self.resolve(name),
        };
        column.map_or_else(|| null(name.span.clone()), |column| read(&column, name.span.clone()))
    }

    fn operator(&mut self, name: &'static str, args: &[&ast::Expr], span: Span) -> Expr {
        let args = args.iter().map(|arg| self.expression(arg)).collect();
        self.apply(name, args, span)
    }

    /// A call of a function that there is.
    pub(super) fn apply(&mut self, name: &'static str, args: Vec<Expr>, span: Span) -> Expr {
        match functions::scalar(name) {
            Some(function) => self.apply_function(function, args, span),
            None => self.wrong(span, Problem::UnknownFunction { name: name.to_owned(), similar: Vec::new() }),
        }
    }

    /// A call, once its arguments fit.
    pub(super) fn apply_function(&mut self, function: Function, args: Vec<Expr>, span: Span) -> Expr {
        let Some((args, returns)) = self.check(function.0, args, &span) else { return null(span) };
        Expr { kind: ExprKind::Call(function, args), ty: returns, span }
    }

    /// The arguments as a signature wants them, and the type of the result.
    pub(super) fn check(
        &mut self,
        signature: &'static functions::Signature,
        args: Vec<Expr>,
        span: &Span,
    ) -> Option<(Vec<Expr>, Type)> {
        let seen: Vec<Argument<'_>> = args.iter().map(argument).collect();
        let checked = match signature.check(&seen) {
            Ok(checked) => checked,
            Err(_) if args.iter().any(|arg| self.is_unmapped(arg)) => {
                return self.check_unmapped(signature, args, span);
            }
            Err(error) => {
                let place = error.place().and_then(|place| args.get(place));
                let span = place.map_or(span, |arg| &arg.span).clone();
                self.problems.add(span, Problem::Arguments { error });
                return None;
            }
        };
        let args = args.into_iter().zip(checked.args).map(|(arg, ty)| self.convert(arg, ty)).collect();
        Some((args, checked.returns))
    }

    /// Whether it is a field that nobody knows.
    pub(super) fn is_unmapped(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Column(column) if self.unmapped.contains(column))
    }

    /// As [`Self::check`], with the fields that nobody knows as the first of some types that fits.
    fn check_unmapped(
        &mut self,
        signature: &'static functions::Signature,
        args: Vec<Expr>,
        span: &Span,
    ) -> Option<(Vec<Expr>, Type)> {
        let fitting =
            [Type::Long, Type::Double, Type::Boolean, Type::Ip, Type::Date].into_iter().find(|ty| {
                let seen = args.iter().map(|arg| match self.is_unmapped(arg) {
                    true => Argument { ty: *ty, is_constant: false, text: None },
                    false => argument(arg),
                });
                signature.check(&seen.collect::<Vec<_>>()).is_ok()
            });
        let mut typed = Vec::new();
        for arg in args {
            typed.push(match fitting {
                Some(ty) if self.is_unmapped(&arg) => self.as_type(arg, ty),
                // It does not fit, whatever it is: that is told of the field itself.
                None if self.is_unmapped(&arg) => Expr { kind: ExprKind::Literal(Literal::Null), ..arg },
                _ => arg,
            });
        }
        self.check(signature, typed, span)
    }

    /// A value converted to a type.
    pub(super) fn as_type(&mut self, expr: Expr, ty: Type) -> Expr {
        let span = expr.span.clone();
        match conversion(ty) {
            Some(function) => self.apply(function, vec![expr], span),
            None => expr,
        }
    }

    /// An expression as another type, which its own fits.
    fn convert(&mut self, expr: Expr, to: Type) -> Expr {
        let span = expr.span.clone();
        let is_same = expr.ty == to || to == Type::Null || (expr.ty.is_string() && to.is_string());
        if is_same {
            return expr;
        }
        if expr.ty == Type::Null {
            return Expr { kind: ExprKind::Literal(Literal::Null), ty: to, span };
        }
        if let ExprKind::Literal(value) = &expr.kind {
            return match constant::convert(value, to) {
                Some(value) => literal(value, span),
                None => self.wrong(span, Problem::NotAValue { ty: to }),
            };
        }
        match conversion(to).and_then(functions::scalar) {
            Some(function) => Expr { kind: ExprKind::Call(function, vec![expr]), ty: to, span },
            None => self.wrong(span, Problem::NoConversion { from: expr.ty, to }),
        }
    }

    fn cast(&mut self, inner: &ast::Expr, ty: &Name, span: Span) -> Expr {
        let value = self.expression(inner);
        let wanted = ty.value.to_ascii_lowercase();
        let known = CASTS.iter().find(|(name, _)| *name == wanted);
        match known.and_then(|(_, ty)| conversion(*ty)) {
            Some(function) => self.apply(function, vec![value], span),
            None => {
                let similar = crate::suggest::similar(&wanted, CASTS.iter().map(|(name, _)| *name), 2);
                self.wrong(ty.span.clone(), Problem::UnknownType { name: ty.value.clone(), similar })
            }
        }
    }

    /// Tells of a problem; gives null.
    pub(super) fn wrong(&mut self, span: Span, problem: Problem) -> Expr {
        self.problems.add(span.clone(), problem);
        null(span)
    }
}

/// What a signature looks at.
fn argument(expr: &Expr) -> Argument<'_> {
    let text = match &expr.kind {
        ExprKind::Literal(Literal::Keyword(text)) => Some(&**text),
        _ => None,
    };
    Argument { ty: expr.ty, is_constant: expr.is_constant(), text }
}

pub(super) fn null(span: Span) -> Expr {
    literal(Literal::Null, span)
}

pub(super) fn literal(value: Literal, span: Span) -> Expr {
    Expr { ty: constant::type_of(&value), kind: ExprKind::Literal(value), span }
}

pub(super) fn read(column: &Column, span: Span) -> Expr {
    Expr { kind: ExprKind::Column(column.id), ty: column.ty, span }
}

/// The function that an operator stands for.
fn name_of(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "equals",
        BinaryOp::NotEqual => "not_equals",
        BinaryOp::Less => "less_than",
        BinaryOp::LessOrEqual => "less_than_or_equal",
        BinaryOp::Greater => "greater_than",
        BinaryOp::GreaterOrEqual => "greater_than_or_equal",
        BinaryOp::Add => "add",
        BinaryOp::Subtract => "sub",
        BinaryOp::Multiply => "mul",
        BinaryOp::Divide => "div",
        BinaryOp::Modulo => "mod",
    }
}

/// The function that converts to a type.
fn conversion(to: Type) -> Option<&'static str> {
    Some(match to {
        Type::Boolean => "to_boolean",
        Type::Integer => "to_integer",
        Type::Long => "to_long",
        Type::UnsignedLong => "to_unsigned_long",
        Type::Double => "to_double",
        Type::Keyword | Type::Text => "to_string",
        Type::Date => "to_datetime",
        Type::DateNanos => "to_date_nanos",
        Type::DatePeriod => "to_dateperiod",
        Type::TimeDuration => "to_timeduration",
        Type::Ip => "to_ip",
        Type::Version => "to_version",
        Type::GeoPoint => "to_geopoint",
        Type::CartesianPoint => "to_cartesianpoint",
        Type::Null | Type::Source | Type::Unsupported => return None,
    })
}

/// The types that `::` converts to, by all their names. After `DataType.fromNameOrAlias`.
const CASTS: &[(&str, Type)] = &[
    ("bool", Type::Boolean),
    ("boolean", Type::Boolean),
    ("cartesian_point", Type::CartesianPoint),
    ("date", Type::Date),
    ("date_nanos", Type::DateNanos),
    ("date_period", Type::DatePeriod),
    ("datetime", Type::Date),
    ("double", Type::Double),
    ("geo_point", Type::GeoPoint),
    ("int", Type::Integer),
    ("integer", Type::Integer),
    ("ip", Type::Ip),
    ("keyword", Type::Keyword),
    ("long", Type::Long),
    ("string", Type::Keyword),
    ("text", Type::Keyword),
    ("time_duration", Type::TimeDuration),
    ("ul", Type::UnsignedLong),
    ("ulong", Type::UnsignedLong),
    ("unsigned_long", Type::UnsignedLong),
    ("version", Type::Version),
];
