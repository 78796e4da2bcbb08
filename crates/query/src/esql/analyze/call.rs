//! Calls by name.

use super::super::ast::{self, Name, Span, Spanned};
use super::super::functions;
use super::super::plan::{Expr, ExprKind};
use super::super::problem::Problem;
use super::super::types::Type;
use super::Analyzer;

impl Analyzer<'_> {
    /// A function or aggregate that a query names.
    pub(super) fn call(
        &mut self,
        function: &Name,
        args: &[ast::Expr],
        star: bool,
        options: &[(Spanned<String>, ast::Expr)],
        span: Span,
    ) -> Expr {
        let name = function.value.to_ascii_lowercase();
        if let Some(aggregation) = functions::aggregation(&name) {
            return self.aggregate_call(aggregation, args, star, span);
        }
        if star {
            return self.wrong(span, Problem::StarArgument { name });
        }
        if let Some(search) = self.search_function(&name, args, options, &span) {
            return search;
        }
        if let Some((option, _)) = options.first() {
            let problem = Problem::UnknownFunctionOption { name: option.value.clone() };
            return self.wrong(option.span.clone(), problem);
        }
        if name == "now" && args.is_empty() {
            return Expr { kind: ExprKind::Now, ty: Type::Date, span };
        }
        match functions::scalar(&name) {
            Some(function) if !functions::is_operator(function) => {
                let args = args.iter().map(|arg| self.expression(arg)).collect();
                self.apply_function(function, args, span)
            }
            _ => {
                let similar = crate::suggest::similar(&name, callable(), 2);
                let problem = Problem::UnknownFunction { name: function.value.clone(), similar };
                self.wrong(function.span.clone(), problem)
            }
        }
    }
}

/// The names of all that can be called.
fn callable() -> impl Iterator<Item = &'static str> {
    let scalars = functions::scalars().filter(|function| !functions::is_operator(*function));
    let scalars = scalars.map(|function| function.name());
    scalars.chain(functions::aggregations().map(|aggregation| aggregation.name())).chain(["now"])
}
