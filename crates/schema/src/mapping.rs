//! Reads Elasticsearch index mappings.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::schema::Entry;
use crate::{DateFormat, FieldType, Parameters, UnknownDateFormat};

/// A mapping that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not JSON.
    #[error("mapping is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but neither a mapping nor the response that holds some.
    #[error("no mapping found: expected `properties`, `mappings`, or index names with `mappings` below")]
    NoMapping,
    /// Something in the mapping has the wrong shape.
    #[error("field [{field}]: expected {expected}")]
    Shape {
        /// The field it is about; empty for the mapping itself.
        field: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// No type of Elasticsearch.
    #[error("field [{field}] has unknown type [{field_type}]")]
    UnknownType {
        /// The field.
        field: String,
        /// Its type as written.
        field_type: String,
    },
    /// A `format` that is not understood.
    #[error("field [{field}]: {source}")]
    Format {
        /// The field.
        field: String,
        /// The format.
        source: UnknownDateFormat,
    },
    /// An alias for a field that is not there, or that is an alias or an object itself.
    #[error("field [{field}] is an alias of [{path}], which is not a field")]
    Alias {
        /// The alias.
        field: String,
        /// What it stands for.
        path: String,
    },
}

type Object = Map<String, Value>;

/// Gives every field of a mapping to `add`: its full name and what it stands for.
pub(crate) fn read(text: &str, add: &mut dyn FnMut(String, Entry)) -> Result<(), MappingError> {
    let mut json = String::with_capacity(text.len());
    for line in text.lines() {
        // A comment leaves its line, so that errors point at the right one.
        json.push_str(if line.trim_start().starts_with('#') { "" } else { line });
        json.push('\n');
    }
    let json: Value = serde_json::from_str(&json)?;
    let root = json.as_object().ok_or(MappingError::NoMapping)?;
    for mapping in mappings(root)? {
        if let Some(properties) = mapping.get("properties") {
            read_properties("", object("", properties)?, add)?;
        }
        if let Some(runtime) = mapping.get("runtime") {
            read_properties("", object("", runtime)?, add)?;
        }
    }
    Ok(())
}

/// The mappings in what may be one, or hold one, or hold one for each index.
fn mappings(root: &Object) -> Result<Vec<&Object>, MappingError> {
    if let Some(mapping) = root.get("mappings") {
        return Ok(vec![object("", mapping)?]);
    }
    let is_mapping = ["properties", "runtime", "dynamic", "dynamic_templates", "_source", "_meta"];
    if root.is_empty() || is_mapping.iter().any(|key| root.contains_key(*key)) {
        return Ok(vec![root]);
    }
    root.values().map(|index| of_index(index).ok_or(MappingError::NoMapping)).collect()
}

fn of_index(index: &Value) -> Option<&Object> {
    index.get("mappings")?.as_object()
}

fn read_properties(
    prefix: &str,
    properties: &Object,
    add: &mut dyn FnMut(String, Entry),
) -> Result<(), MappingError> {
    for (name, spec) in properties {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        read_field(name, spec, add)?;
    }
    Ok(())
}

fn read_field(name: String, spec: &Value, add: &mut dyn FnMut(String, Entry)) -> Result<(), MappingError> {
    let spec = object(&name, spec)?;
    match text(&name, spec, "type")?.unwrap_or("object") {
        "alias" => {
            let path = text(&name, spec, "path")?;
            let path = path.ok_or_else(|| shape(&name, "a `path` with its type `alias`"))?.to_owned();
            add(name, Entry::Alias(path));
        }
        // These are objects that other fields stand in; `composite` has typed fields of a script.
        type_name @ ("object" | "nested" | "passthrough" | "composite") => {
            let field_type = if type_name == "nested" { FieldType::Nested } else { FieldType::Object };
            let below = spec.get(if type_name == "composite" { "fields" } else { "properties" });
            if let Some(properties) = below {
                read_properties(&name, object(&name, properties)?, add)?;
            }
            add(name, Entry::Field(field_type, None));
        }
        type_name => {
            let field_type = field_type(&name, type_name)?;
            let parameters = parameters(&name, spec)?;
            if let Some(fields) = spec.get("fields") {
                for (suffix, spec) in object(&name, fields)? {
                    let multi_field = format!("{name}.{suffix}");
                    let spec = object(&multi_field, spec)?;
                    let type_name = text(&multi_field, spec, "type")?;
                    let type_name = type_name.ok_or_else(|| shape(&multi_field, "a `type`"))?;
                    let entry = Entry::MultiField(
                        self::field_type(&multi_field, type_name)?,
                        self::parameters(&multi_field, spec)?,
                    );
                    add(multi_field, entry);
                }
            }
            add(name, Entry::Field(field_type, parameters));
        }
    }
    Ok(())
}

fn field_type(field: &str, type_name: &str) -> Result<FieldType, MappingError> {
    // Test suites leave the choice of a keyword type open so.
    if type_name.starts_with('[') && type_name.ends_with(']') {
        return Ok(FieldType::Keyword);
    }
    FieldType::from_mapping(type_name).ok_or_else(|| MappingError::UnknownType {
        field: field.to_owned(),
        field_type: type_name.to_owned(),
    })
}

fn parameters(field: &str, spec: &Object) -> Result<Option<Arc<Parameters>>, MappingError> {
    let formats = match text(field, spec, "format")? {
        Some(formats) => DateFormat::parse_list(formats)
            .map_err(|source| MappingError::Format { field: field.to_owned(), source })?,
        None => Vec::new(),
    };
    let null_value = spec.get("null_value").and_then(|value| match value {
        Value::String(text) => Some(Arc::from(text.as_str())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        scalar => Some(Arc::from(scalar.to_string())),
    });
    let caseless = text(field, spec, "normalizer")? == Some("lowercase");
    let parameters = Parameters { formats, null_value, caseless };
    Ok((parameters != Parameters::default()).then(|| Arc::new(parameters)))
}

fn object<'a>(field: &str, value: &'a Value) -> Result<&'a Object, MappingError> {
    value.as_object().ok_or_else(|| shape(field, "an object"))
}

fn text<'a>(field: &str, spec: &'a Object, key: &'static str) -> Result<Option<&'a str>, MappingError> {
    match spec.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(shape(field, "text as its `type`, `path`, `format` and `normalizer`")),
    }
}

fn shape(field: &str, expected: &'static str) -> MappingError {
    MappingError::Shape { field: field.to_owned(), expected }
}
