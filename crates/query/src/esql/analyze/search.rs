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
use crate::leaf::{self, DateReading, Fuzziness, Operator};
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
                let options = self.match_options(options);
                self.match_query(field, query, options, span.clone())
            }
            ("match_phrase", [field, query]) => {
                let options = MatchOptions { is_phrase: true, ..MatchOptions::default() };
                self.match_query(field, query, options, span.clone())
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
        self.match_query(field, query, MatchOptions::default(), span)
    }

    fn match_options(&mut self, options: &[(Spanned<String>, ast::Expr)]) -> MatchOptions {
        let mut read = MatchOptions::default();
        for (name, value) in options {
            let number = match &value.kind {
                ast::ExprKind::Integer(number) => u32::try_from(*number).ok(),
                ast::ExprKind::String(text) => text.parse().ok(),
                _ => None,
            };
            match (name.value.as_str(), &value.kind) {
                ("operator", ast::ExprKind::String(text)) if text.eq_ignore_ascii_case("and") => {
                    read.operator = Operator::All;
                }
                ("operator", ast::ExprKind::String(text)) if text.eq_ignore_ascii_case("or") => {}
                ("fuzziness", ast::ExprKind::String(text)) if text.eq_ignore_ascii_case("auto") => {
                    read.fuzziness.get_or_insert_default().edits = None;
                }
                ("fuzziness", _) if number.is_some() => {
                    read.fuzziness.get_or_insert_default().edits = number.and_then(|n| u8::try_from(n).ok());
                }
                ("prefix_length", _) if number.is_some() => {
                    read.fuzziness.get_or_insert_default().prefix = number.unwrap_or(0);
                }
                // These change the score alone, or are limits that nothing here needs.
                ("boost" | "lenient" | "max_expansions" | "fuzzy_rewrite" | "fuzzy_transpositions", _) => {}
                (other, _) => {
                    let problem = Problem::UnknownFunctionOption { name: other.to_owned() };
                    self.problems.add(name.span.clone(), problem);
                }
            }
        }
        read
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
        options: MatchOptions,
        span: Span,
    ) -> Expr {
        let column = self.expression(field);
        // `MATCH(field::string, ...)` asks the field itself.
        let asked = match &column.kind {
            ExprKind::Call(conversion, args) if conversion.name().starts_with("to_") => {
                args.first().map_or(&column.kind, |arg| &arg.kind)
            }
            other => other,
        };
        let of_source = self.fields.iter().find(|(known, _)| *asked == ExprKind::Column(known.id));
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
        match ask(&field, &value, options) {
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

/// How a field is searched.
#[derive(Clone, Copy, Debug)]
struct MatchOptions {
    operator: Operator,
    fuzziness: Option<Fuzziness>,
    is_phrase: bool,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self { operator: Operator::Any, fuzziness: None, is_phrase: false }
    }
}

/// The question that `MATCH` or `MATCH_PHRASE` puts to a field.
fn ask(field: &Field, value: &Value<'static>, options: MatchOptions) -> Result<Filter, leaf::LeafError> {
    let dates = DateReading::default();
    match options {
        MatchOptions { is_phrase: true, .. } => leaf::phrase(field, value, 0, false, &dates),
        MatchOptions { fuzziness: Some(fuzziness), operator, .. } => {
            let words = leaf::fuzzy_words(field, value, fuzziness)?;
            Ok(if operator == Operator::All { Filter::all(words) } else { Filter::any(words) })
        }
        MatchOptions { operator, .. } => leaf::matching(field, value, operator, &dates),
    }
}
