//! What the endpoint's dialect has over Elasticsearch's. After the grammar and the engine of `endgameinc/eql`
//! (`eql.g`, `engine.py`), from which the endpoint's own language comes, and the published behaviour rules.

use std::collections::HashMap;

use rulehound_schema::{Field, FieldType};

use super::{Checker, Problem, negate};
use crate::eql::ast::{Comparison, EventFilter, Kind, Node, Query, Span, Statement};
use crate::eql::lower;
use crate::{Element, Expr, Filter, JoinKey};

/// What the dialect's names stand for at some place of a query.
#[derive(Clone, Debug, Default)]
pub(in crate::eql) struct Names {
    /// The events of earlier steps, with the place of each among the steps.
    pub(in crate::eql) events: Vec<(String, usize)>,
    /// Whether `descendant of` may stand here.
    pub(in crate::eql) descendants: bool,
    /// The variables of the array searches that this place is in, with the path of each array.
    elements: Vec<(String, String)>,
}

impl Checker<'_> {
    /// What keeps the events of different machines apart, which an endpoint never sees together. Events that name no
    /// machine count as of one.
    pub(in crate::eql) fn machine(&self) -> Option<JoinKey> {
        let field = self.schema.field("host.id");
        self.is_endpoint().then_some(JoinKey { field, optional: true, as_text: false })
    }

    /// Whether a function is `_arraysearch`, in any case.
    pub(super) fn is_array_search(&self, name: &str) -> bool {
        self.is_endpoint() && name.trim_start_matches('_').eq_ignore_ascii_case("arraysearch")
    }

    /// `_arraysearch(array, $element, condition)`: whether the condition holds for one object of the array. Never null:
    /// python-eql's `ArraySearch` is false where there is no array.
    pub(super) fn array_search(&mut self, args: &[Node], span: &Span) -> Option<Expr> {
        let [Node { kind: Kind::Field { name: array, .. }, .. }, variable, condition] = args else {
            return self.fail(span, Problem::ArraySearch);
        };
        let variable = match &variable.kind {
            Kind::Field { name, .. } if name.starts_with('$') && !name.contains('.') => name.clone(),
            _ => return self.fail(&variable.span, Problem::ArraySearch),
        };
        let (None, array) = self.own_name(array, span)? else {
            return self.fail(span, Problem::ArraySearchEarlier);
        };
        let descendants = std::mem::replace(&mut self.names.descendants, false);
        self.names.elements.push((variable, array.clone()));
        let filter = self.condition(condition).map(lower::filter);
        self.names.elements.pop();
        self.names.descendants = descendants;
        Some(Expr::Filter(Box::new(Filter::Element(Box::new(Element {
            array: array.into(),
            filter: filter?,
        })))))
    }

    /// `object == null`, `object != null`: whether there is no object at a path that is none of a field.
    pub(super) fn object_presence(&mut self, op: Comparison, left: &Node, right: &Node) -> Option<Expr> {
        let (Kind::Field { name, .. }, Kind::Null) = (&left.kind, &right.kind) else { return None };
        let (None, name) = self.own_name(name, &left.span)? else { return None };
        let field_type = self.schema.field_type(&name)?;
        if !self.is_endpoint() || !matches!(field_type, FieldType::Object | FieldType::Nested) {
            return None;
        }
        let element = Element { array: name.into(), filter: Filter::Constant(true) };
        let exists = Expr::Filter(Box::new(Filter::Element(Box::new(element))));
        match op {
            Comparison::Equal => Some(negate(exists)),
            Comparison::NotEqual => Some(exists),
            _ => None,
        }
    }

    /// `descendant of [ancestor]`.
    pub(super) fn descendant(&mut self, ancestor: &EventFilter, span: &Span) -> Option<Expr> {
        if !self.names.descendants {
            return self.fail(span, Problem::MisplacedDescendant);
        }
        // The ancestor's event is another: it knows no event of the sequence.
        let outer = std::mem::take(&mut self.names);
        let filter = self.event(ancestor);
        self.names = outer;
        Some(Expr::Filter(Box::new(Filter::Descendant(Box::new(filter?)))))
    }

    /// The step whose event a name reads, if not the event itself, and the name of the field there.
    pub(super) fn own_name(&mut self, name: &str, span: &Span) -> Option<(Option<usize>, String)> {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        if first.starts_with('$') {
            let array = self.names.elements.iter().rev().find(|(variable, _)| variable == first);
            return match array {
                Some((_, array)) if !rest.is_empty() => Some((None, format!("{array}.{rest}"))),
                Some(_) => self.fail(span, Problem::WholeElement { name: first.into() }),
                None => self.fail(span, Problem::UnknownVariable { name: first.into() }),
            };
        }
        match self.names.events.iter().find(|(event, _)| event == first) {
            Some((_, step)) if !rest.is_empty() => Some((Some(*step), rest.into())),
            Some(_) => self.fail(span, Problem::WholeEvent { name: first.into() }),
            None if self.is_endpoint() && names_event(first) => {
                self.fail(span, Problem::UnknownEvent { name: first.into() })
            }
            None => Some((None, name.into())),
        }
    }

    /// A field that the schema lacks.
    pub(super) fn field_by_use(&self, name: &str) -> Field {
        Field::new(name, self.types_in_use.get(name).copied().unwrap_or(FieldType::Keyword))
    }
}

/// Whether a name can only be meant for an event of a sequence: `event0`. No field begins so.
fn names_event(name: &str) -> bool {
    name.strip_prefix("event")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The types of the fields that a statement compares with constants, by their names less `event0.` and `$element.`:
/// that of a number, of a boolean. All others are strings.
pub(in crate::eql) fn types_in_use(statement: &Statement) -> HashMap<String, FieldType> {
    let mut types = HashMap::new();
    match &statement.query {
        Query::Event(event) => visit(&event.condition, &[], &mut types),
        Query::Sequence(sequence) => {
            let terms = sequence.terms.iter().chain(&sequence.until);
            terms.for_each(|term| visit(&term.filter.condition, &[], &mut types));
        }
        Query::Sample(sample) | Query::Join(sample) => {
            sample.terms.iter().for_each(|term| visit(&term.filter.condition, &[], &mut types));
        }
    }
    types
}

/// The variables in scope, each with the path of its array.
type Scope<'a> = [(&'a str, String)];

fn visit(node: &Node, scope: &Scope<'_>, types: &mut HashMap<String, FieldType>) {
    let mut all = |nodes: &[Node]| nodes.iter().for_each(|node| visit(node, scope, types));
    match &node.kind {
        Kind::Null | Kind::Boolean(_) | Kind::Integer(_) | Kind::Float(_) | Kind::String(_) => {}
        Kind::Field { .. } => {}
        Kind::Call { args, .. } => match args.as_slice() {
            [Node { kind: Kind::Field { name: array, .. }, .. }, variable, condition] => {
                let Kind::Field { name: variable, .. } = &variable.kind else { return all(args) };
                let mut inner = scope.to_vec();
                inner.push((variable, full_name(array, scope)));
                visit(condition, &inner, types);
            }
            _ => all(args),
        },
        Kind::And(parts) | Kind::Or(parts) => all(parts),
        Kind::Negate(inner) | Kind::Not(inner) => visit(inner, scope, types),
        Kind::Descendant(ancestor) => visit(&ancestor.condition, &[], types),
        Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
            note(left, right, scope, types);
            note(right, left, scope, types);
            visit(left, scope, types);
            visit(right, scope, types);
        }
        Kind::In { value, list: others, .. } | Kind::Match { value, patterns: others, .. } => {
            others.iter().for_each(|other| note(value, other, scope, types));
            visit(value, scope, types);
        }
    }
}

/// Notes what a field is compared with.
fn note(field: &Node, other: &Node, scope: &Scope<'_>, types: &mut HashMap<String, FieldType>) {
    let Kind::Field { name, .. } = &field.kind else { return };
    let field_type = match &other.kind {
        Kind::Boolean(_) => FieldType::Boolean,
        Kind::Integer(_) => FieldType::Long,
        Kind::Float(_) => FieldType::Double,
        _ => return,
    };
    types.entry(full_name(name, scope)).or_insert(field_type);
}

fn full_name(name: &str, scope: &Scope<'_>) -> String {
    let Some((first, rest)) = name.split_once('.') else { return name.to_owned() };
    match scope.iter().rev().find(|(variable, _)| *variable == first) {
        Some((_, array)) => format!("{array}.{rest}"),
        None if names_event(first) => rest.to_owned(),
        None => name.to_owned(),
    }
}
