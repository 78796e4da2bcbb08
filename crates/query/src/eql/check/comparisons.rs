//! Comparisons with constants, and lists of them.

use rulehound_schema::Value;

use super::{Checker, Typed, fold, negate, text};
use crate::constant;
use crate::eql::ast::{Comparison, Node};
use crate::eql::problem::Problem;
use crate::eql::types::Type;
use crate::functions::render;
use crate::{CompareOp, Expr};

impl Checker<'_> {
    pub(super) fn compare(&mut self, op: Comparison, left: &Node, right: &Node) -> Option<Expr> {
        if let Some(presence) = self.object_presence(op, left, right) {
            return Some(presence);
        }
        let (left, right) = self.both(left, right)?;
        let operator = op.text();
        let right = if op == Comparison::Colon { self.former_colon(&left, right)? } else { right };
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        // Null asks for presence; a field that is missing and so null satisfies no comparison with a value.
        let tests_null =
            |null: &Typed, other: &Typed| null.is_null() && !(null.is_unknown_field() && other.is_value());
        if equality && (tests_null(&left, &right) || tests_null(&right, &left)) {
            let tested = if right.is_null() { left.expr } else { right.expr };
            let is_null = Expr::IsNull(Box::new(tested));
            return Some(if op == Comparison::Equal { is_null } else { negate(fold(is_null)) });
        }
        let swap = left.is_constant() && !right.is_constant();
        let (op, left, right) = if swap { (mirrored(op), right, left) } else { (op, left, right) };
        if !right.is_constant() && !right.is_unknown_field() && !self.is_endpoint() {
            let field = first_field(&right.expr).unwrap_or_default();
            return self.fail(&right.span, Problem::FieldComparison { operator, field });
        }
        if let Some(condition) = boolean_test(op, &left, &right) {
            return Some(condition);
        }
        self.comparable(operator, &left, &right)?;
        let case_insensitive = op == Comparison::Colon && left.ty.is_text();
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Some(match op {
            Comparison::Equal | Comparison::Colon => Expr::Equal { left, right, case_insensitive },
            Comparison::NotEqual if self.is_endpoint() => different_value(left, right),
            Comparison::NotEqual => Expr::NotEqual { left, right },
            Comparison::Less => Expr::Compare(CompareOp::Lt, left, right),
            Comparison::LessEqual => Expr::Compare(CompareOp::Lte, left, right),
            Comparison::Greater => Expr::Compare(CompareOp::Gt, left, right),
            Comparison::GreaterEqual => Expr::Compare(CompareOp::Gte, left, right),
        })
    }

    /// `:` before what is no string, which compares by value: the right side, as the left side takes it.
    fn former_colon(&mut self, left: &Typed, right: Typed) -> Option<Typed> {
        if left.is_unknown_field() && !self.schema.is_strict() {
            return Some(right);
        }
        let operator = Comparison::Colon.text();
        if !left.ty.is_text() {
            let problem = Problem::StringOperator { operator, found: left.found(), instead: "==" };
            self.refuse(&left.span, problem)?;
            return Some(right);
        }
        let problem = Problem::OperandType { operator, expected: "strings", found: right.found() };
        self.refuse(&right.span, problem)?;
        Some(match &right.expr {
            Expr::Literal(Some(value)) => Typed { expr: text(&render(value)), ty: Type::String, ..right },
            _ => right,
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

    pub(super) fn in_list(&mut self, value: &Node, list: &[Node], case_insensitive: bool) -> Option<Expr> {
        let operator = if case_insensitive { "in~" } else { "in" };
        let value = if case_insensitive { self.string(operator, value, "in") } else { self.value(value) };
        let items = self.values(list);
        let (value, items) = (value?, items?);
        for item in &items {
            let is_null = value.ty == Type::Null || item.is_null();
            if item.is_constant() && !is_null && !value.ty.lists_with(item.ty) && !self.is_endpoint() {
                let problem = Problem::Incomparable { operator, left: value.found(), right: item.found() };
                return self.fail(&item.span, problem);
            }
        }
        self.equals_any(operator, &value, items, case_insensitive)
    }

    /// `value == item or ...`.
    pub(super) fn equals_any(
        &mut self,
        operator: &'static str,
        value: &Typed,
        items: Vec<Typed>,
        case_insensitive: bool,
    ) -> Option<Expr> {
        let mut tests = Vec::new();
        for item in items {
            if !item.is_constant() && !item.is_unknown_field() && !self.is_endpoint() {
                let field = first_field(&item.expr).unwrap_or_default();
                return self.fail(&item.span, Problem::FieldComparison { operator, field });
            }
            if item.is_null() {
                continue; // null equals nothing
            }
            self.comparable(operator, value, &item)?;
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
        Comparison::Equal | Comparison::Colon => Some(if *wanted { condition } else { negate(condition) }),
        Comparison::NotEqual => Some(if *wanted { negate(condition) } else { condition }),
        _ => None,
    }
}

/// The name of a field in an expression.
fn first_field(expr: &Expr) -> Option<String> {
    let mut name = None;
    expr.for_each_field(&mut |field| {
        name.get_or_insert_with(|| field.name.to_string());
    });
    name
}

/// `!=` of the endpoint, where a missing field satisfies no comparison.
fn different_value(left: Box<Expr>, right: Box<Expr>) -> Expr {
    match (&*left, &*right) {
        (Expr::Field(_), Expr::Literal(_)) => {
            Expr::And(vec![negate(Expr::IsNull(left.clone())), Expr::NotEqual { left, right }])
        }
        _ => Expr::NotEqual { left, right },
    }
}
