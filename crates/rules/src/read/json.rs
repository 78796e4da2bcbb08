//! JSON as a tree of nodes, with the place of every value.

use std::ops::Range;

use indexmap::IndexMap;
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use rulehound_query::{Diagnostic, Severity};

use super::node::{Entry, Kind, Node};

/// JSON as RFC 8259 has it, and nothing more.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads the JSON value that stands in a part of a text; places are those in the whole text.
pub(super) fn parse(text: &str, part: Range<usize>) -> Result<Node, Diagnostic> {
    let json = text.get(part.clone()).unwrap_or_default();
    let parsed = parse_to_ast(json, &CollectOptions::default(), &STRICT);
    match parsed.map(|parsed| parsed.value) {
        Ok(Some(value)) => Ok(to_node(value, part.start)),
        Ok(None) => Err(broken(part, "nothing is there")),
        Err(error) => {
            let range = error.range();
            Err(broken(part.start + range.start..part.start + range.end, &error.kind().to_string()))
        }
    }
}

fn broken(span: Range<usize>, what: &str) -> Diagnostic {
    Diagnostic {
        code: "json::syntax",
        severity: Severity::Error,
        message: format!("not valid JSON: {}", lower_first(what)),
        span,
        label: None,
        help: None,
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// `base`: where the parsed text begins in the whole.
fn to_node(value: Value<'_>, base: usize) -> Node {
    let range = value.range();
    let kind = match value {
        Value::StringLit(text) => Kind::String(text.value.into_owned()),
        Value::NumberLit(number) => match number.value.parse() {
            Ok(number) => Kind::Integer(number),
            Err(_) => Kind::Float(number.value.parse().unwrap_or(f64::NAN)),
        },
        Value::BooleanLit(truth) => Kind::Boolean(truth.value),
        Value::NullKeyword(_) => Kind::Null,
        Value::Array(array) => {
            Kind::Array(array.elements.into_iter().map(|element| to_node(element, base)).collect())
        }
        Value::Object(object) => {
            let mut entries = IndexMap::with_capacity(object.properties.len());
            for property in object.properties {
                let range = property.name.range();
                let key_span = base + range.start..base + range.end;
                let key = match property.name {
                    ObjectPropName::String(name) => name.value.into_owned(),
                    ObjectPropName::Word(name) => name.value.to_owned(),
                };
                // Of a key that is given twice the last counts, as for Kibana.
                entries.insert(key, Entry { key_span, node: to_node(property.value, base) });
            }
            Kind::Table(entries)
        }
    };
    Node { span: base + range.start..base + range.end, kind }
}
