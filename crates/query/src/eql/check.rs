//! Names and types: from the syntax tree to a resolved expression, as Elasticsearch's analyzer and verifier do it.
//! Whatever has no known field in it is computed here and now.

mod calls;
mod comparisons;
pub(super) mod endpoint;
mod patterns;

use std::collections::{HashMap, HashSet};

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::ast::{EventFilter, Kind, Node, Span, Spanned, Statement};
use super::endpoint::in_words_of_documents;
use super::problem::{Problem, Problems};
use super::types::{Type, type_of_field};
use super::{Dialect, Options, lower};
use crate::{Expr, Filter};
use endpoint::Names;

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

    /// A constant that is not null.
    fn is_value(&self) -> bool {
        matches!(self.expr, Expr::Literal(Some(_)))
    }

    fn found(&self) -> String {
        self.ty.name().into()
    }
}

/// Whether a field stands for one that does not exist.
pub(super) fn is_unknown(field: &Field) -> bool {
    field.field_type == UNKNOWN
}

/// What there is to know of the condition that is being checked.
#[derive(Clone, Copy, Debug, Default)]
struct Condition {
    /// It reads a field. One that does not is wholly known, and a wrong argument in it an error for sure.
    reads_field: bool,
    /// It has a mistake that a lenient reading lets pass and that leaves it without an answer.
    is_void: bool,
}

/// Resolves the expressions of one query. Methods give `None` after reporting a problem.
pub(super) struct Checker<'a> {
    schema: &'a Schema,
    event_category_field: &'a str,
    dialect: Dialect,
    pub(super) names: Names,
    /// See [`endpoint::types_in_use`].
    types_in_use: HashMap<String, FieldType>,
    pub(super) problems: &'a mut Problems,
    condition: Condition,
    /// Unknown fields that were reported already.
    reported: HashSet<String>,
    /// How often near misses were looked for.
    suggested: usize,
}

impl<'a> Checker<'a> {
    pub(super) fn new(statement: &Statement, options: Options<'a>, problems: &'a mut Problems) -> Self {
        let Options { schema, event_category_field, dialect } = options;
        let types_in_use = match dialect {
            Dialect::Endpoint => endpoint::types_in_use(statement),
            Dialect::Elasticsearch | Dialect::Lenient => HashMap::new(),
        };
        Self {
            schema,
            event_category_field,
            dialect,
            names: Names::default(),
            types_in_use,
            problems,
            condition: Condition::default(),
            reported: HashSet::new(),
            suggested: 0,
        }
    }

    fn fail<T>(&mut self, span: &Span, problem: Problem) -> Option<T> {
        self.problems.add(span.clone(), problem);
        None
    }

    fn is_lenient(&self) -> bool {
        self.dialect == Dialect::Lenient
    }

    pub(super) fn is_endpoint(&self) -> bool {
        self.dialect == Dialect::Endpoint
    }

    /// `category where condition`.
    pub(super) fn event(&mut self, event: &EventFilter) -> Option<Filter> {
        let category = match &event.category {
            Some(category) => self.category(self.event_category_field, category),
            None => Some(Expr::And(Vec::new())),
        };
        let condition = self.condition(&event.condition);
        let filter = Filter::all([lower::filter(category?), lower::filter(condition?)]);
        Some(if self.is_endpoint() { in_words_of_documents(filter) } else { filter })
    }

    /// Reports what Elasticsearch parses and then refuses. Goes on if the query is read leniently.
    pub(super) fn refuse(&mut self, span: &Span, problem: Problem) -> Option<()> {
        if self.is_lenient() && self.problems.tolerate(span.clone(), &problem) {
            return Some(());
        }
        self.fail(span, problem)
    }

    /// A condition: boolean, or null.
    pub(super) fn condition(&mut self, node: &Node) -> Option<Expr> {
        let is_junction = matches!(node.kind, Kind::Not(_) | Kind::And(_) | Kind::Or(_));
        let own = Condition { reads_field: !is_junction && node.reads_field(), is_void: false };
        let outer = std::mem::replace(&mut self.condition, own);
        let typed = self.value(node);
        let own = std::mem::replace(&mut self.condition, outer);
        let typed = typed?;
        if own.is_void {
            return Some(Expr::Literal(None));
        }
        if !matches!(typed.ty, Type::Boolean | Type::Null) {
            self.refuse(&node.span, Problem::NotBoolean { found: typed.found() })?;
            return Some(Expr::Literal(None));
        }
        Some(typed.expr)
    }

    /// The event category field compared with a category.
    fn category(&mut self, field: &str, category: &Spanned<String>) -> Option<Expr> {
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
                    Expr::Field(field) | Expr::Earlier { field, .. } if !is_unknown(field) => {
                        type_of_field(field.field_type)
                    }
                    _ => Type::Null,
                };
                (expr, ty)
            }
            Kind::Call { name, args, .. } if self.is_array_search(&name.value) => {
                (self.array_search(args, &node.span)?, Type::Boolean)
            }
            Kind::Descendant(ancestor) => (self.descendant(ancestor, &node.span)?, Type::Boolean),
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

    fn values(&mut self, nodes: &[Node]) -> Option<Vec<Typed>> {
        let checked: Vec<Option<Typed>> = nodes.iter().map(|node| self.value(node)).collect();
        checked.into_iter().collect()
    }

    fn both(&mut self, left: &Node, right: &Node) -> Option<(Typed, Typed)> {
        let (left, right) = (self.value(left), self.value(right));
        Some((left?, right?))
    }

    // Fields

    fn field(&mut self, name: &str, optional: bool, span: &Span) -> Option<Expr> {
        let (step, name) = self.own_name(name, span)?;
        Some(match (step, self.field_of_event(&name, optional, span)?) {
            (Some(step), Expr::Field(field)) => Expr::Earlier { step, field },
            (_, expr) => expr,
        })
    }

    fn field_of_event(&mut self, name: &str, optional: bool, span: &Span) -> Option<Expr> {
        // The endpoint reads its events before Elasticsearch puts the objects of an array apart.
        if !self.is_endpoint()
            && let Some(parent) = self.schema.nested_parent(name)
        {
            let problem = Problem::NestedField { name: name.into(), parent: parent.into() };
            return self.fail(span, problem);
        }
        let Some(field) = self.schema.field(name) else {
            let known = self.unknown_field(name, optional, span)?;
            return Some(if self.is_endpoint() { Expr::Field(self.field_by_use(name)) } else { known });
        };
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
}

fn literal(value: Value<'static>) -> Expr {
    Expr::Literal(Some(value))
}

fn text(text: &str) -> Expr {
    literal(Value::String(text.to_owned().into()))
}

fn negate(expr: Expr) -> Expr {
    match expr {
        Expr::Not(inner) => *inner,
        other => Expr::Not(Box::new(other)),
    }
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
        Expr::Earlier { .. } | Expr::Filter(_) => true,
        Expr::Not(inner) => !is_literal(inner),
        Expr::And(parts) | Expr::Or(parts) => !parts.iter().all(is_literal),
        Expr::Call { .. } | Expr::Arithmetic(..) | Expr::Negate(_) | Expr::DateMath { .. } => false,
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
