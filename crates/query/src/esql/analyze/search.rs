//! Full-text questions, which only the index of an event can answer: `KQL`, `QSTR`, `MATCH`, `MATCH_PHRASE`, `:`.
//!
//! Each becomes a column of booleans that comes with the events: whether the event passes a filter. So it is answered
//! by what answers all other questions about events.

use rulehound_schema::{Field, Value};

use super::super::ast::{self, Span, Spanned};
use super::super::plan::{Column, Expr, ExprKind, Literal};
use super::super::problem::Problem;
use super::super::types::Type;
use super::Analyzer;
use super::expression::read;
use crate::leaf::{self, DateReading, Operator};
use crate::{CompiledFilter, Filter, Severity, kuery, lucene};

impl Analyzer<'_> {
    /// A full-text function; `None` if the name is none.
    pub(super) fn search_function(
        &mut self,
        name: &str,
        args: &[ast::Expr],
        options: &[(Spanned<String>, ast::Expr)],
        span: &Span,
    ) -> Option<Expr> {
        Some(match (name, args) {
            ("kql" | "qstr", [text]) => self.query_string(name, text, span.clone()),
            ("match", [field, query]) => {
                let operator = self.operator_option(options);
                self.match_query(field, query, operator, false, span.clone())
            }
            ("match_phrase", [field, query]) => {
                self.match_query(field, query, Operator::Any, true, span.clone())
            }
            ("kql" | "qstr", _) => self.count("1", args.len(), name, span),
            ("match" | "match_phrase", _) => self.count("2", args.len(), name, span),
            _ => return None,
        })
    }

    fn count(&mut self, wanted: &'static str, given: usize, name: &str, span: &Span) -> Expr {
        self.wrong(span.clone(), Problem::ArgumentCount { name: name.to_owned(), wanted, given })
    }

    /// `field : "words"`.
    pub(super) fn match_operator(&mut self, field: &ast::Expr, query: &ast::Expr, span: Span) -> Expr {
        self.match_query(field, query, Operator::Any, false, span)
    }

    fn operator_option(&mut self, options: &[(Spanned<String>, ast::Expr)]) -> Operator {
        let mut operator = Operator::Any;
        for (name, value) in options {
            match (name.value.as_str(), &value.kind) {
                ("operator", ast::ExprKind::String(text)) if text.eq_ignore_ascii_case("and") => {
                    operator = Operator::All;
                }
                ("operator", ast::ExprKind::String(text)) if text.eq_ignore_ascii_case("or") => {}
                // These change the score alone.
                ("boost" | "lenient", _) => {}
                (other, _) => {
                    let problem = Problem::UnknownFunctionOption { name: other.to_owned() };
                    self.problems.add(name.span.clone(), problem);
                }
            }
        }
        operator
    }

    /// `KQL("...")` and `QSTR("...")`: a query of another language.
    fn query_string(&mut self, name: &str, text: &ast::Expr, span: Span) -> Expr {
        let Some(text) = self.constant_string(text) else { return self.not_a_string(text.span.clone()) };
        let schema = self.options.schema;
        let CompiledFilter { filter, diagnostics } = match name {
            "kql" => kuery::compile(&text, kuery::Options { schema }),
            _ => lucene::compile(&text, lucene::Options { schema }),
        };
        for diagnostic in diagnostics {
            let is_error = diagnostic.severity == Severity::Error;
            self.problems.add(span.clone(), Problem::Inner { message: diagnostic.message, is_error });
        }
        self.test(filter.unwrap_or(Filter::Constant(false)), span)
    }

    fn match_query(
        &mut self,
        field: &ast::Expr,
        query: &ast::Expr,
        operator: Operator,
        is_phrase: bool,
        span: Span,
    ) -> Expr {
        let column = self.expression(field);
        let of_source = self.fields.iter().find(|(known, _)| column.kind == ExprKind::Column(known.id));
        let Some(field) = of_source.map(|(_, field)| field.clone()) else {
            return match column.ty {
                // That it is unknown was told.
                Type::Null => column,
                _ => self.wrong(field.span.clone(), Problem::NotAField),
            };
        };
        let value = match self.expression(query).kind {
            ExprKind::Literal(Literal::Keyword(text)) => Value::String(text.to_string().into()),
            ExprKind::Literal(Literal::Boolean(value)) => Value::Boolean(value),
            ExprKind::Literal(Literal::Integer(value)) => Value::Long(value.into()),
            ExprKind::Literal(Literal::Long(value)) => Value::Long(value),
            ExprKind::Literal(Literal::UnsignedLong(value)) => Value::UnsignedLong(value),
            ExprKind::Literal(Literal::Double(value)) => Value::Double(value),
            ExprKind::Literal(Literal::Date(value)) => Value::Date(value),
            _ => return self.not_a_string(query.span.clone()),
        };
        match ask(&field, &value, operator, is_phrase) {
            Ok(filter) => self.test(filter, span),
            Err(error) => {
                let problem = Problem::Inner { message: error.to_string(), is_error: true };
                self.wrong(query.span.clone(), problem)
            }
        }
    }

    /// A column that tells whether an event passes a filter.
    fn test(&mut self, filter: Filter, span: Span) -> Expr {
        if !self.sees_events {
            return self.wrong(span, Problem::SearchTooLate);
        }
        let text = self.text.get(span.clone()).unwrap_or_default().to_owned();
        let column: Column = self.column(&text, Type::Boolean);
        self.tests.push((column.clone(), filter));
        read(&column, span)
    }

    fn constant_string(&mut self, expr: &ast::Expr) -> Option<std::sync::Arc<str>> {
        match self.expression(expr).kind {
            ExprKind::Literal(Literal::Keyword(text)) => Some(text),
            _ => None,
        }
    }

    fn not_a_string(&mut self, span: Span) -> Expr {
        self.wrong(span, Problem::NotAString { what: "the query" })
    }
}

/// The question that `MATCH` or `MATCH_PHRASE` puts to a field.
fn ask(
    field: &Field,
    value: &Value<'static>,
    operator: Operator,
    is_phrase: bool,
) -> Result<Filter, leaf::LeafError> {
    let dates = DateReading::default();
    match is_phrase {
        true => leaf::phrase(field, value, 0, false, &dates),
        false => leaf::matching(field, value, operator, &dates),
    }
}
