//! Strings that match patterns: `:`, `like`, `regex`.

use super::{Checker, Typed};
use crate::eql::ast::{Kind, Matching, Node};
use crate::eql::problem::Problem;
use crate::eql::types::Type;
use crate::functions::render;
use crate::pattern::{PatternMatcher, Patterns};
use crate::{Expr, Pattern};

impl Checker<'_> {
    /// A value that must be a string.
    pub(super) fn string(
        &mut self,
        operator: &'static str,
        node: &Node,
        instead: &'static str,
    ) -> Option<Typed> {
        let typed = self.value(node)?;
        if typed.ty.is_text() || typed.ty == Type::Null {
            return Some(typed);
        }
        self.fail(&node.span, Problem::StringOperator { operator, found: typed.found(), instead })
    }

    pub(super) fn matches(&mut self, value: &Node, matching: Matching, patterns: &[Node]) -> Option<Expr> {
        let operator = matching.text();
        let value = if matching == Matching::Colon {
            let value = self.value(value)?;
            if !value.ty.is_text() && value.ty != Type::Null {
                let problem = Problem::StringOperator { operator, found: value.found(), instead: "==" };
                self.refuse(&value.span, problem)?;
                let items = self.values(patterns)?;
                return self.equals_any(operator, &value, items, false);
            }
            value
        } else {
            self.string(operator, value, "string(...)")?
        };
        // Constants of the wrong type are no error where nobody knows the type of the field.
        let any_type = value.is_unknown_field() && !self.schema.is_strict();
        let caseless = matches!(&value.expr, Expr::Field(field) if field.is_caseless());
        let made: Vec<Option<Option<Pattern>>> =
            patterns.iter().map(|node| self.pattern(matching, node, any_type, caseless)).collect();
        let made: Vec<Option<Pattern>> = made.into_iter().collect::<Option<_>>()?;
        let patterns: Vec<Pattern> = made.into_iter().flatten().collect();
        if patterns.is_empty() && !value.is_unknown_field() {
            return Some(Expr::Literal(None));
        }
        // They were compiled one by one already.
        let patterns = Patterns::new(patterns).ok()?;
        Some(Expr::Matches(Box::new(value.expr), patterns))
    }

    /// `Some(None)` for null, which nothing matches. A caseless field is asked for the pattern without regard to case,
    /// which may be too large if the pattern itself is not.
    fn pattern(
        &mut self,
        matching: Matching,
        node: &Node,
        any_type: bool,
        caseless: bool,
    ) -> Option<Option<Pattern>> {
        let text = match &node.kind {
            Kind::String(text) => text,
            Kind::Null if matching == Matching::Colon => return Some(None),
            _ if any_type => return Some(None),
            _ => {
                let constant = self.value(node)?;
                let (operator, found) = (matching.text(), constant.found());
                self.refuse(&node.span, Problem::OperandType { operator, expected: "strings", found })?;
                let Expr::Literal(Some(constant)) = constant.expr else { return Some(None) };
                let text = render(&constant).into();
                return Some(Some(Pattern::Exact { text, case_insensitive: true }));
            }
        };
        let pattern = match matching {
            Matching::Colon => Pattern::wildcard(text, true),
            Matching::Like { case_insensitive } => Pattern::wildcard(text, case_insensitive),
            Matching::Regex { case_insensitive } => {
                Pattern::Regex { source: text.as_str().into(), case_insensitive }
            }
        };
        let mut compiled = PatternMatcher::new(&pattern);
        if compiled.is_ok() && caseless {
            compiled = PatternMatcher::new(&pattern.clone().ignoring_case());
        }
        match compiled {
            Ok(_) => Some(Some(pattern)),
            Err(error) => self.fail(&node.span, Problem::BadRegex { reason: error.to_string() }),
        }
    }
}
