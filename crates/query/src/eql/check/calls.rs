//! Arithmetic and function calls.

use rulehound_schema::Value;

use super::{Checker, Typed};
use crate::eql::ast::{Kind, Node, Span, Spanned};
use crate::eql::problem::Problem;
use crate::eql::types::Type;
use crate::functions::{ArgumentType, Signature};
use crate::suggest;
use crate::{ArithmeticOp, Expr, Function};

impl Checker<'_> {
    pub(super) fn number(&mut self, operator: &'static str, node: &Node) -> Option<Typed> {
        let typed = self.value(node)?;
        if typed.ty.is_number() || typed.ty == Type::Null {
            return Some(typed);
        }
        self.fail(&node.span, Problem::OperandType { operator, expected: "a number", found: typed.found() })
    }

    pub(super) fn arithmetic(&mut self, op: ArithmeticOp, left: &Node, right: &Node) -> Option<(Expr, Type)> {
        let (left, right) = (self.number(op.symbol(), left), self.number(op.symbol(), right));
        let (left, right) = (left?, right?);
        let ty = left.ty.combine(right.ty);
        Some((Expr::Arithmetic(op, Box::new(left.expr), Box::new(right.expr)), ty))
    }

    pub(super) fn call(
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
        let (args, case_insensitive) = match args {
            [args @ .., Node { kind: Kind::Boolean(case_sensitive), span }]
                if self.is_lenient()
                    && function == Function::Between
                    && args.len() == 4
                    && !case_insensitive =>
            {
                self.problems.add(span.clone(), Problem::CaseArgument);
                (args, !case_sensitive)
            }
            _ => (args, case_insensitive),
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
            if !self.condition.reads_field {
                return self.fail(&node.span, problem);
            }
            self.refuse(&node.span, problem)?;
            self.condition.is_void = true;
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
