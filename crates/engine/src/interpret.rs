//! The plain interpreter: one filter on one event. Small and obviously right: it serves `explain` and is the
//! oracle that the columnar matcher is held to.

use rulehound_query::{CompareOp, Filter, Pattern, PatternMatcher, Phrase, PhraseMatcher, Predicate, Test};
use rulehound_schema::{FieldSource, FieldType, Value, compare_versions};

use crate::element;

/// Whether the filter holds on the event.
///
/// A pattern over the limits of [`PatternMatcher`] matches nothing here; [`crate::Matcher::new`] refuses it.
pub fn matches(filter: &Filter, event: &dyn FieldSource) -> bool {
    match filter {
        Filter::Constant(answer) => *answer,
        Filter::And(filters) => filters.iter().all(|filter| matches(filter, event)),
        Filter::Or(filters) => filters.iter().any(|filter| matches(filter, event)),
        Filter::Not(filter) => !matches(filter, event),
        Filter::Predicate(predicate) => predicate_holds(predicate, event),
        Filter::Computed(expr) => expr.evaluate(event) == Some(Value::Boolean(true)),
        Filter::Shared(filter) => matches(filter, event),
        Filter::Element(element) => element::any_passes(element, event),
        // Of one event alone it cannot be said.
        Filter::Descendant(_) => false,
    }
}

/// Whether any value of the predicate's field passes its test.
pub(crate) fn predicate_holds(predicate: &Predicate, event: &dyn FieldSource) -> bool {
    let Predicate { field, test } = predicate;
    event.values(field).iter().any(|value| test_holds(test, field.field_type, value))
}

/// Whether one value of a field of some type passes a test. A value of another kind than the test's constants
/// passes none but [`Test::Exists`].
pub(crate) fn test_holds(test: &Test, field_type: FieldType, value: &Value<'_>) -> bool {
    match test {
        Test::Exists => true,
        Test::Compare(op, constant) => stands(*op, field_type, value, constant),
        Test::Between(least, most) => {
            stands(CompareOp::Gte, field_type, value, least)
                && stands(CompareOp::Lte, field_type, value, most)
        }
        Test::In(constants) => constants.iter().any(|constant| value.equals(constant)),
        Test::Among(set) => set.contains(value),
        Test::Matches(patterns) => match value {
            Value::String(text) => patterns.iter().any(|pattern| pattern_matches(pattern, text)),
            _ => false,
        },
        Test::Phrases(phrases) => match value {
            Value::String(text) => phrases.iter().any(|phrase| has_phrase(phrase, text)),
            _ => false,
        },
        Test::Index(patterns) => matches!(value, Value::String(name) if patterns.matches(name)),
        Test::Cidr(networks) => match value {
            Value::Ip(address) => networks.iter().any(|(network, prefix)| {
                let host_bits = 128 - u32::from(*prefix).min(128);
                // A shift by all 128 bits (`::/0`) leaves nothing to differ.
                let difference = address.to_bits() ^ network.to_bits();
                difference.checked_shr(host_bits).unwrap_or(0) == 0
            }),
            _ => false,
        },
    }
}

/// Whether a string matches a pattern.
fn pattern_matches(pattern: &Pattern, text: &str) -> bool {
    PatternMatcher::new(pattern).is_ok_and(|matcher| matcher.is_match(text))
}

/// Whether a text has a phrase.
fn has_phrase(phrase: &Phrase, text: &str) -> bool {
    PhraseMatcher::new(phrase).is_ok_and(|matcher| matcher.is_match(text))
}

/// Whether a value stands to a constant as `op` says.
fn stands(op: CompareOp, field_type: FieldType, value: &Value<'_>, constant: &Value<'_>) -> bool {
    let order = match (value, constant) {
        (Value::String(value), Value::String(constant)) if field_type == FieldType::Version => {
            Some(compare_versions(value, constant))
        }
        _ => value.compare(constant),
    };
    order.is_some_and(|order| match op {
        CompareOp::Lt => order.is_lt(),
        CompareOp::Lte => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Gte => order.is_ge(),
    })
}
