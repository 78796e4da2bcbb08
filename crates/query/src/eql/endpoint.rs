//! What an event of the endpoint is called in the documents that Elastic Defend ships.

use std::borrow::Cow;

use rulehound_schema::{Field, FieldType, Value};

use crate::{Filter, PatternMatcher, Predicate, Test};

const CATEGORY: &str = "event.category";

/// Lets questions for events of the category `dns` find them. The endpoint has that category; its documents, like
/// normalised Sysmon events, say `network` there and `dns` in `network.protocol` (Elastic Defend's data stream
/// `endpoint.events.network`).
pub(super) fn with_dns(filter: Filter) -> Filter {
    match filter {
        Filter::And(parts) => Filter::And(parts.into_iter().map(with_dns).collect()),
        Filter::Or(parts) => Filter::Or(parts.into_iter().map(with_dns).collect()),
        Filter::Not(inner) => Filter::Not(Box::new(with_dns(*inner))),
        Filter::Predicate(asked) if &*asked.field.name == CATEGORY && asks_for_dns(&asked.test) => {
            let is = |name: &str, text: &'static str| {
                let field = Field::new(name, FieldType::Keyword);
                let test = Test::In(vec![Value::String(Cow::Borrowed(text))]);
                Filter::Predicate(Predicate { field, test })
            };
            let shipped = Filter::And(vec![is(CATEGORY, "network"), is("network.protocol", "dns")]);
            Filter::Or(vec![Filter::Predicate(asked), shipped])
        }
        other => other,
    }
}

fn asks_for_dns(test: &Test) -> bool {
    match test {
        Test::In(values) => values.iter().any(|value| value.equals(&Value::String(Cow::Borrowed("dns")))),
        Test::Matches(patterns) => patterns
            .iter()
            .any(|pattern| PatternMatcher::new(pattern).is_ok_and(|matcher| matcher.is_match("dns"))),
        _ => false,
    }
}
