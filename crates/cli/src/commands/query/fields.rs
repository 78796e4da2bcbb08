//! The fields that a query may read, and those that put events in order.

use rulehound_engine::search::discover;
use rulehound_events::read::Input;
use rulehound_query::{Diagnostic, EventOrder, Plan, Query};
use rulehound_schema::{Field, FieldType, Schema};

use super::{QueryText, read};
use crate::args::QueryArgs;
use crate::commands::Failure;

/// The fields of the events by the mappings that were given; `None` if none were.
pub(super) fn mapped(args: &QueryArgs, query: &QueryText) -> Result<Option<Schema>, Failure> {
    if args.mapping.is_empty() {
        return Ok(None);
    }
    let mut texts = args.mapping.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let schema = Schema::from_mappings(texts.iter().map(String::as_str))?;
    if !may_read_unmapped(args, query, &schema) {
        return Ok(Some(schema));
    }
    match discover(&schema, &inputs(args)).mapping {
        Some(text) => texts.push(text),
        None => return Ok(Some(schema)),
    }
    Ok(Some(Schema::from_mappings(texts.iter().map(String::as_str))?))
}

fn inputs(args: &QueryArgs) -> Vec<Input> {
    args.inputs.events.iter().map(Input::from_argument).collect()
}

/// Whether the query reads a field that is not mapped: then it is worth a look whether the events have it.
fn may_read_unmapped(args: &QueryArgs, query: &QueryText, schema: &Schema) -> bool {
    let has_optional = query.text.contains('?');
    let options = [Some(&args.timestamp_field), args.tiebreaker_field.as_ref()];
    let is_unknown = |diagnostic: &Diagnostic| diagnostic.code.ends_with("::unknown-field");
    has_optional
        || options.into_iter().flatten().any(|name| schema.field_type(name).is_none())
        || query.compile(args, schema).1.iter().any(is_unknown)
}

/// The fields that put events in order. A sample needs no time.
pub(super) fn order(args: &QueryArgs, schema: &Schema, query: &Query) -> Result<EventOrder, Failure> {
    let needs_time = !matches!(query.plan, Plan::Sample(_));
    let unknown = |name: &str| Failure::UnknownField(name.to_owned());
    let timestamp = match schema.field(&args.timestamp_field) {
        Some(field) => field,
        None if needs_time && schema.is_strict() => return Err(unknown(&args.timestamp_field)),
        None => Field::new(args.timestamp_field.as_str(), FieldType::Date),
    };
    if !matches!(timestamp.field_type, FieldType::Date | FieldType::DateNanos) {
        return Err(Failure::NoDate(args.timestamp_field.clone()));
    }
    let tiebreaker = |name: &String| match schema.field(name) {
        Some(field) => Ok(field),
        None if schema.is_strict() => Err(unknown(name)),
        None => Ok(unmapped(name, schema, &inputs(args))),
    };
    Ok(EventOrder {
        timestamp,
        fallback: None,
        tiebreaker: args.tiebreaker_field.as_ref().map(tiebreaker).transpose()?,
    })
}

/// A field that the catalogue does not know, of the type that its first value tells, else a keyword.
fn unmapped(name: &str, schema: &Schema, inputs: &[Input]) -> Field {
    let mapping = discover(schema, inputs).mapping;
    let mapped = mapping.and_then(|mapping| Schema::from_mappings([mapping.as_str()]).ok());
    mapped.and_then(|schema| schema.field(name)).unwrap_or_else(|| Field::new(name, FieldType::Keyword))
}
