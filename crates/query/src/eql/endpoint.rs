//! What the endpoint calls an event, in the words of the documents at hand. Rules of the endpoint are about what it sees
//! itself, before anything is shipped; here they are put to documents that Elastic Defend ships, and to Sysmon's events as
//! Elastic's integration normalises them.

use std::borrow::Cow;

use rulehound_schema::{Field, FieldType, Value};

use crate::{Filter, PatternMatcher, Predicate, Test};

const CATEGORY: &str = "event.category";
const ACTION: &str = "event.action";

/// An action of the endpoint, the ids of the Sysmon events that report it, and in which direction, where it has one.
/// Where Sysmon has one id for several happenings (the creation and deletion of registry keys) there is no such word.
const SYSMON_ACTIONS: &[(&str, &[&str], Option<&str>)] = &[
    ("start", &["1"], None),
    ("end", &["5"], None),
    ("creation", &["11", "29"], None),
    ("deletion", &["23", "26"], None),
    ("modification", &["13"], None),
    ("connection_attempted", &["3"], Some("egress")),
    ("connection_accepted", &["3"], Some("ingress")),
    ("lookup_requested", &["22"], None),
    ("lookup_result", &["22"], None),
];

/// Lets questions about the category or the action of an event find what documents call otherwise:
///
/// - The endpoint has a category `dns`. Documents say `network` there, and `dns` in `network.protocol` (Elastic Defend's
///   data stream `endpoint.events.network`, Sysmon's event 22).
/// - Sysmon has sentences for actions (`Process creation`).
pub(super) fn in_words_of_documents(filter: Filter) -> Filter {
    match filter {
        Filter::And(parts) => Filter::And(parts.into_iter().map(in_words_of_documents).collect()),
        Filter::Or(parts) => Filter::Or(parts.into_iter().map(in_words_of_documents).collect()),
        Filter::Not(inner) => Filter::Not(Box::new(in_words_of_documents(*inner))),
        Filter::Predicate(asked) => {
            let others: Vec<Filter> = match &*asked.field.name {
                CATEGORY if asks_for(&asked.test, "dns") => vec![shipped_dns()],
                ACTION => {
                    let asked_for =
                        SYSMON_ACTIONS.iter().filter(|(action, ..)| asks_for(&asked.test, action));
                    asked_for.map(|(_, codes, direction)| sysmon(codes, *direction)).collect()
                }
                _ => Vec::new(),
            };
            Filter::any([Filter::Predicate(asked)].into_iter().chain(others))
        }
        other => other,
    }
}

fn is(name: &str, texts: &[&'static str]) -> Filter {
    let field = Field::new(name, FieldType::Keyword);
    let test = Test::In(texts.iter().map(|text| Value::String(Cow::Borrowed(text))).collect());
    Filter::Predicate(Predicate { field, test })
}

fn shipped_dns() -> Filter {
    Filter::And(vec![is(CATEGORY, &["network"]), is("network.protocol", &["dns"])])
}

fn sysmon(codes: &[&'static str], direction: Option<&'static str>) -> Filter {
    let direction = direction.map(|direction| is("network.direction", &[direction]));
    let named = [is("event.provider", &["Microsoft-Windows-Sysmon"]), is("event.code", codes)];
    Filter::all(named.into_iter().chain(direction))
}

/// Whether a test is one that a word passes. Presence is not asked of a word.
fn asks_for(test: &Test, word: &'static str) -> bool {
    match test {
        Test::In(values) => values.iter().any(|value| value.equals(&Value::String(Cow::Borrowed(word)))),
        Test::Matches(patterns) => patterns
            .iter()
            .any(|pattern| PatternMatcher::new(pattern).is_ok_and(|matcher| matcher.is_match(word))),
        _ => false,
    }
}
