//! From syntax tree to [`Filter`]: what `kbn-es-query` makes of each node (`is.ts`, `range.ts`, `exists.ts`).

use std::collections::BTreeSet;

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::ast::{Literal, Node};
use crate::leaf::{self, DateReading, LeafError, Operator};
use crate::lucene;
use crate::problem::{Language, Problem, Problems};
use crate::{Filter, Pattern, PatternMatcher, WildcardPart};

/// The filter that holds where the query does. Problems are reported.
pub(super) fn lower(query: &Node, schema: &Schema, problems: &mut Problems) -> Filter {
    Lowering { schema, problems, nested: Vec::new(), dates: DateReading::default() }.node(query)
}

struct Lowering<'a> {
    schema: &'a Schema,
    problems: &'a mut Problems,
    /// The objects that the node stands in, outermost first.
    nested: Vec<String>,
    dates: DateReading,
}

/// The fields that a name stands for.
struct Named {
    fields: BTreeSet<Field>,
    /// Whether the name was a pattern: what one of many fields cannot answer is no error.
    is_pattern: bool,
}

impl Lowering<'_> {
    fn node(&mut self, node: &Node) -> Filter {
        match node {
            Node::All => Filter::Constant(true),
            Node::Or(parts) => Filter::any(parts.iter().map(|part| self.node(part)).collect::<Vec<_>>()),
            Node::And(parts) => Filter::all(parts.iter().map(|part| self.node(part)).collect::<Vec<_>>()),
            Node::Not(inner) => self.node(inner).negated(),
            Node::Nested(path, inner) => {
                self.nested.push(path.text());
                let filter = self.node(inner);
                let array = self.nested.join(".");
                self.nested.pop();
                leaf::nested(&array, filter)
            }
            Node::Is(None, value) => self.anywhere(value),
            Node::Is(Some(field), value) if field.is_lone_star() && value.is_lone_star() => {
                Filter::Constant(true)
            }
            Node::Is(Some(field), value) if field.is_lone_star() && self.nested.is_empty() => {
                self.anywhere(value)
            }
            Node::Is(Some(field), value) => self.is(field, value),
            Node::Range(field, op, value) => {
                let constant = Value::String(value.text().into());
                let named = self.fields(field, Some(&constant));
                self.any(named, value, |field, dates| leaf::range(field, *op, &constant, dates))
            }
        }
    }

    fn is(&mut self, name: &Literal, value: &Literal) -> Filter {
        if value.is_lone_star() {
            let fields = self.fields(name, None).fields;
            return Filter::any(fields.iter().map(|field| leaf::exists(self.schema, field)));
        }
        let (named, schema) = (self.fields(name, None), self.schema);
        if value.is_pattern() {
            return self.any(named, value, |field, _| pattern(schema, field, value));
        }
        let Some(constant) = self.constant(value, Some(name)) else { return Filter::Constant(false) };
        self.any(named, value, |field, dates| question(field, &constant, value.is_quoted, dates))
    }

    /// A value that any field may have: a `multi_match` over all of them, which passes over those that cannot.
    fn anywhere(&mut self, value: &Literal) -> Filter {
        if value.is_lone_star() {
            return Filter::Constant(true);
        }
        let fields = leaf::searched(self.schema);
        if value.is_pattern() {
            return Filter::any(fields.iter().filter_map(|field| pattern(self.schema, field, value).ok()));
        }
        let Some(constant) = self.constant(value, None) else { return Filter::Constant(false) };
        let asked = fields.iter().map(|field| question(field, &constant, value.is_quoted, &self.dates));
        Filter::any(asked.filter_map(Result::ok).collect::<Vec<_>>())
    }

    /// Puts a question to each of the fields: one must answer yes.
    fn any(
        &mut self,
        named: Named,
        value: &Literal,
        question: impl Fn(&Field, &DateReading) -> Result<Filter, LeafError>,
    ) -> Filter {
        let mut parts = Vec::new();
        for field in &named.fields {
            if !named.is_pattern && field.field_type.data_type().is_none() {
                self.problems.add(value.span.clone(), Problem::NoValues { field: field.clone() });
            }
            match question(field, &self.dates) {
                Ok(filter) => parts.push(filter),
                Err(_) if named.is_pattern => {}
                Err(error) => self.problems.add(value.span.clone(), Problem::Leaf(error)),
            }
        }
        Filter::any(parts)
    }

    fn fields(&mut self, name: &Literal, compared_with: Option<&Value<'_>>) -> Named {
        let mut full = self.nested.join(".");
        if !full.is_empty() {
            full.push('.');
        }
        let in_object = full.len();
        full.push_str(&name.text());
        let mut fields = BTreeSet::new();
        if name.is_pattern() {
            let prefix = WildcardPart::Literal(full.get(..in_object).unwrap_or_default().into());
            let mut parts = name.parts.clone();
            if in_object > 0 {
                match parts.first_mut() {
                    Some(WildcardPart::Literal(text)) => {
                        *text = full.get(..in_object + text.len()).unwrap_or_default().into();
                    }
                    _ => parts.insert(0, prefix),
                }
            }
            let pattern = Pattern::Wildcard { parts, case_insensitive: false };
            if let Ok(matcher) = PatternMatcher::new(&pattern) {
                fields = leaf::expand(self.schema, &matcher);
            }
            if fields.is_empty() {
                self.problems.add(name.span.clone(), Problem::NoFieldLike { name: full });
            }
            return Named { fields, is_pattern: true };
        }
        match self.schema.field(&full) {
            Some(field) => _ = fields.insert(field),
            None => {
                self.problems.unknown_field(name.span.clone(), &full, self.schema);
                if !self.schema.is_strict() {
                    fields.insert(leaf::guess(&full, compared_with));
                }
            }
        }
        Named { fields, is_pattern: false }
    }

    /// The value of a literal without wildcards; `None` after reporting a problem.
    fn constant(&mut self, value: &Literal, field: Option<&Literal>) -> Option<Value<'static>> {
        if value.is_word("null") {
            let field = field.map(Literal::text);
            self.problems.add(value.span.clone(), Problem::Null { field });
            return None;
        }
        Some(if value.is_word("true") {
            Value::Boolean(true)
        } else if value.is_word("false") {
            Value::Boolean(false)
        } else {
            Value::String(value.text().into())
        })
    }
}

/// `match`, or in quotes `match_phrase`.
fn question(
    field: &Field,
    value: &Value<'static>,
    is_phrase: bool,
    dates: &DateReading,
) -> Result<Filter, LeafError> {
    match is_phrase {
        true => leaf::phrase(field, value, 0, false, dates),
        false => leaf::matching(field, value, Operator::Any, dates),
    }
}

/// A keyword is put a `wildcard` query. Other fields are put a `query_string`, for which blanks part one question from
/// the next.
fn pattern(schema: &Schema, field: &Field, value: &Literal) -> Result<Filter, LeafError> {
    if matches!(field.field_type, FieldType::Keyword | FieldType::ConstantKeyword) {
        let parts = value.parts.clone();
        return leaf::pattern(field, Pattern::Wildcard { parts, case_insensitive: false });
    }
    let text: String = (value.parts.iter())
        .map(|part| match part {
            WildcardPart::Literal(text) => lucene::escaped(text),
            WildcardPart::AnyRun | WildcardPart::AnyChar => "*".to_owned(),
        })
        .collect();
    let reading = lucene::Reading { fields: Some(vec![field.clone()]), ..lucene::Reading::new(schema) };
    let mut problems = Problems::new(Language::Lucene);
    let filter = lucene::query_string(&text, &reading, &mut problems);
    match problems.into_error() {
        Some(Problem::Leaf(error)) => Err(error),
        Some(problem) => Err(LeafError::QueryString(problem.message())),
        None => Ok(filter.unwrap_or(Filter::Constant(false))),
    }
}
