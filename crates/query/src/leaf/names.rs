//! Names of fields in queries: patterns of names, objects, all fields, and fields that nobody knows.

use std::collections::BTreeSet;

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::ask;
use crate::{Element, Filter, PatternMatcher, Test};

/// The known fields whose names match.
pub(crate) fn expand(schema: &Schema, name: &PatternMatcher) -> BTreeSet<Field> {
    schema.names().filter(|known| name.is_match(known)).filter_map(|known| schema.field(known)).collect()
}

/// The fields that a query without a field is put to: all that hold values, and of a value several times only once.
pub(crate) fn searched(schema: &Schema) -> BTreeSet<Field> {
    let fields = schema.names().filter_map(|known| schema.field(known));
    fields.filter(|field| field.field_type.data_type().is_some() && !field.name.starts_with('_')).collect()
}

/// A field that is not known. Elasticsearch maps it when the first event with it comes: texts as keywords, and what is
/// compared with a number is one.
pub(crate) fn guess(name: &str, compared_with: Option<&Value<'_>>) -> Field {
    let is_number = match compared_with {
        Some(Value::String(text)) => text.parse::<f64>().is_ok_and(f64::is_finite),
        Some(Value::Long(_) | Value::UnsignedLong(_) | Value::Double(_)) => true,
        _ => false,
    };
    Field::new(name, if is_number { FieldType::Double } else { FieldType::Keyword })
}

/// `exists`: there is a value; of an object, any field below has one.
pub(crate) fn exists(schema: &Schema, field: &Field) -> Filter {
    match field.field_type {
        FieldType::Object | FieldType::Nested => {
            let prefix = format!("{}.", field.name);
            let below = schema.names().filter(|name| name.starts_with(&prefix));
            let below: BTreeSet<Field> = below.filter_map(|name| schema.field(name)).collect();
            let values = below.iter().filter(|field| field.field_type.data_type().is_some());
            Filter::any(values.map(|field| ask(field, Test::Exists)))
        }
        field_type if field_type.data_type().is_none() => Filter::Constant(false),
        _ => ask(field, Test::Exists),
    }
}

/// `nested`: one object of the array at a path passes.
pub(crate) fn nested(path: &str, filter: Filter) -> Filter {
    match filter {
        Filter::Constant(false) => filter,
        filter => Filter::Element(Box::new(Element { array: path.into(), filter })),
    }
}
