//! One object of an array, in place of the whole array.

use rulehound_events::{Document, DocumentRow};
use rulehound_query::{Element, Expr, Filter, Patterns, Predicate, Test};
use rulehound_schema::{Field, FieldSource, Value};

use crate::interpret;

/// Whether one object of the array passes the filter.
pub(crate) fn any_passes(element: &Element, event: &dyn FieldSource) -> bool {
    let objects = event.objects(&element.array);
    objects.iter().any(|object| interpret::matches(&element.filter, &ElementRow { element, object, event }))
}

/// The same filter with its patterns compiled, once for all objects that it is put to. Patterns over the limits stay as they
/// are.
pub(crate) fn prepared(filter: &Filter) -> Filter {
    let all = |parts: &[Filter]| parts.iter().map(prepared).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(inner) => Filter::Not(Box::new(prepared(inner))),
        Filter::Element(element) => {
            let Element { array, filter } = &**element;
            Filter::Element(Box::new(Element { array: array.clone(), filter: prepared(filter) }))
        }
        Filter::Predicate(Predicate { field, test: Test::Matches(patterns) }) => {
            match Patterns::new(patterns.clone()) {
                Ok(patterns) => {
                    Filter::Computed(Expr::Matches(Box::new(Expr::Field(field.clone())), patterns))
                }
                Err(_) => filter.clone(),
            }
        }
        other => other.clone(),
    }
}

/// An event of whose array there is one object only.
struct ElementRow<'a> {
    element: &'a Element,
    object: &'a Document,
    event: &'a dyn FieldSource,
}

impl FieldSource for ElementRow<'_> {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let Some(name) = self.element.inner_name(&field.name) else { return self.event.values(field) };
        let inner = Field { name: name.into(), ..field.clone() };
        let object = DocumentRow::new(self.object);
        object.values(&inner).into_iter().map(Value::into_owned).collect()
    }

    fn earlier<'a>(&'a self, step: usize, field: &Field) -> Vec<Value<'a>> {
        self.event.earlier(step, field)
    }

    fn objects(&self, path: &str) -> Vec<Document> {
        match self.element.inner_name(path) {
            Some(inner) => DocumentRow::new(self.object).objects(inner),
            None => self.event.objects(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use rulehound_schema::FieldType;
    use serde_json::{Value as Json, json};

    use super::*;

    fn asks(name: &str, text: &'static str) -> Filter {
        let test = Test::In(vec![Value::String(text.into())]);
        Filter::Predicate(Predicate { field: Field::new(name, FieldType::Keyword), test })
    }

    fn holds(filter: Filter, document: Json) -> bool {
        let Json::Object(document) = document else { return false };
        let element = Element { array: "a.b".into(), filter };
        any_passes(&element, &DocumentRow::new(&document))
    }

    /// Elastic's `_arraysearch`, as its behaviour rules use it: both halves hold for one and the same entry.
    #[test]
    fn a_condition_holds_within_one_object() {
        let both = || Filter::And(vec![asks("a.b.x", "1"), asks("a.b.y.z", "2")]);
        let apart = json!({"a": {"b": [{"x": "1", "y": {"z": "0"}}, {"x": "0", "y.z": "2"}]}});
        assert!(!holds(both(), apart));
        assert!(holds(both(), json!({"a": {"b": [{"x": "0"}, {"x": "1", "y.z": "2"}]}})));
        assert!(
            holds(both(), json!({"a.b": {"x": "1", "y": {"z": ["0", "2"]}}})),
            "an object is an array of one"
        );
        let no_x = || Filter::Not(Box::new(asks("a.b.x", "1")));
        assert!(holds(no_x(), json!({"a": [{"b": {"x": "1"}}, {"b": [{}]}]})), "an object that has no x");
        assert!(!holds(no_x(), json!({"a": {"b": ["1", null]}})), "no objects");
        assert!(!holds(no_x(), json!({"a": {}})), "no array");
    }

    #[test]
    fn other_fields_are_those_of_the_event() {
        let both = || Filter::And(vec![asks("a.b.x", "1"), asks("a.bc", "2"), asks("d", "3")]);
        assert!(holds(both(), json!({"a": {"b": {"x": "1"}, "bc": "2"}, "d": "3"})));
        assert!(!holds(both(), json!({"a": {"b": {"x": "1", "c": "2", "d": "3"}}})));
    }

    #[test]
    fn arrays_lie_in_arrays() {
        let inner = Element { array: "a.b.c".into(), filter: asks("a.b.c.x", "1") };
        let filter = || Filter::And(vec![asks("a.b.y", "2"), Filter::Element(Box::new(inner.clone()))]);
        assert!(holds(filter(), json!({"a": {"b": [{"y": "2", "c": [{"x": "0"}, {"x": "1"}]}]}})));
        assert!(!holds(
            filter(),
            json!({"a": {"b": [{"y": "2", "c": {"x": "0"}}, {"y": "0", "c": {"x": "1"}}]}})
        ));
    }
}
