//! A document under construction.

use std::collections::HashSet;

use serde_json::Value;

use crate::Document;

/// The value at a path, whether its keys are nested or dotted.
pub(super) fn get<'a>(document: &'a Document, path: &str) -> Option<&'a Value> {
    if let Some(value) = document.get(path) {
        return Some(value);
    }
    // Longest dotted prefix last: `a.b.c` may stand as `a` > `b.c`, or as `a.b` > `c`.
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = document.get(path.get(..dot)?)?.as_object()?;
        get(inner, path.get(dot + 1..)?)
    })
}

/// Most dots of a key that become levels of objects, as an index allows by default. A key with more stays as
/// it is: no field lies so deep, and depth costs stack.
const MOST_DOTS: usize = 20;

/// A document under construction, its fields named by their full path.
#[derive(Debug, Default)]
pub(super) struct Ecs(Document);

impl Ecs {
    /// Goes on from a document; dotted keys at its top become nested ones.
    pub(super) fn new(document: Document) -> Self {
        if !document.keys().any(|key| key.contains('.')) {
            return Self(document);
        }
        let mut nested = Self::default();
        for (key, value) in document {
            nested.merge(&key, value);
        }
        nested
    }

    /// The document.
    pub(super) fn into_document(self) -> Document {
        self.0
    }

    /// The value of a field.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let mut value = self.0.get(keys.next()?)?;
        for key in keys {
            match value {
                Value::Object(inner) => value = inner.get(key)?,
                // What stood in the way of an object left a dotted key behind.
                _ => return get(&self.0, path),
            }
        }
        Some(value)
    }

    /// The value of a field, if it is a string and not empty.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether a field is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.get(path).is_some_and(|value| !value.is_null())
    }

    /// Gives a field a value, whatever it was.
    pub(super) fn set(&mut self, path: &str, value: impl Into<Value>) {
        insert(&mut self.0, path, value.into());
    }

    /// Gives a field a value unless it has one.
    pub(super) fn set_default(&mut self, path: &str, value: impl Into<Value>) {
        if !self.has(path) {
            self.set(path, value);
        }
    }

    /// Copies a field to another, if it is there and the other is not.
    pub(super) fn copy(&mut self, from: &str, to: &str) {
        if let Some(value) = self.get(from).filter(|value| !value.is_null()).cloned() {
            self.set_default(to, value);
        }
    }

    /// Adds a value to those of a field, each once.
    pub(super) fn append(&mut self, path: &str, value: impl Into<Value>) {
        let value = value.into();
        let values = match self.get_mut(path) {
            Some(Value::Array(values)) => {
                if !values.contains(&value) {
                    values.push(value);
                }
                return;
            }
            Some(Value::Null) | None => vec![value],
            Some(single) if *single == value => vec![value],
            Some(single) => vec![single.take(), value],
        };
        self.set(path, values);
    }

    /// Adds texts to those of a field, each once.
    pub(super) fn append_all(&mut self, path: &str, texts: Vec<String>) {
        let mut values = match self.remove(path) {
            Some(Value::Array(values)) => values,
            Some(Value::Null) | None => Vec::new(),
            Some(single) => vec![single],
        };
        let mut known: HashSet<String> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        values.extend(texts.into_iter().filter(|text| known.insert(text.clone())).map(Value::from));
        if !values.is_empty() {
            self.set(path, values);
        }
    }

    fn get_mut(&mut self, path: &str) -> Option<&mut Value> {
        let mut keys = path.split('.');
        let first = self.0.get_mut(keys.next()?)?;
        keys.try_fold(first, |value, key| value.as_object_mut()?.get_mut(key))
    }

    /// Takes a field out. Objects that become empty by it go too.
    pub(super) fn remove(&mut self, path: &str) -> Option<Value> {
        remove(&mut self.0, path)
    }

    /// Puts a value at a path; objects of the same path become one.
    fn merge(&mut self, path: &str, value: Value) {
        if path.matches('.').count() > MOST_DOTS {
            self.0.insert(path.to_owned(), value);
            return;
        }
        match value {
            Value::Object(fields) if self.get(path).is_some_and(Value::is_object) => {
                for (key, value) in fields {
                    self.merge(&format!("{path}.{key}"), value);
                }
            }
            value => self.set(path, value),
        }
    }
}

/// Where a scalar stands in the way of an object, the rest of the path stays a dotted key: both survive.
fn insert(document: &mut Document, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('.') else {
        document.insert(path.to_owned(), value);
        return;
    };
    match document.get_mut(head) {
        Some(Value::Object(inner)) => insert(inner, rest, value),
        Some(Value::Null) | None => {
            let mut inner = Document::new();
            insert(&mut inner, rest, value);
            document.insert(head.to_owned(), Value::Object(inner));
        }
        Some(_) => {
            document.insert(path.to_owned(), value);
        }
    }
}

fn remove(document: &mut Document, path: &str) -> Option<Value> {
    if let Some(value) = document.remove(path) {
        return Some(value);
    }
    let (head, rest) = path.split_once('.')?;
    let inner = document.get_mut(head)?.as_object_mut()?;
    let value = remove(inner, rest)?;
    if inner.is_empty() {
        document.remove(head);
    }
    Some(value)
}
