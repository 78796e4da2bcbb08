//! Sequences, samples, keys and pipes.

use std::time::Duration;

use rulehound_schema::{Field, FieldType, Value};

use super::compiled;
use crate::{Filter, JoinKey, Pipe, Plan, Predicate, Query, SequencePlan, Test};

fn query(text: &str) -> Query {
    let compiled = compiled(text);
    assert!(compiled.diagnostics.is_empty(), "{text}: {:?}", compiled.diagnostics);
    compiled.query.unwrap()
}

fn sequence(text: &str) -> SequencePlan {
    match query(text).plan {
        Plan::Sequence(plan) => plan,
        other => panic!("{other:?}"),
    }
}

fn key(name: &str, field_type: FieldType, optional: bool) -> JoinKey {
    JoinKey { field: Some(Field::new(name, field_type)), optional, as_text: false }
}

fn category(value: &str) -> Filter {
    let field = Field::new("event.category", FieldType::Keyword);
    let test = Test::In(vec![Value::String(value.to_owned().into())]);
    Filter::Predicate(Predicate { field, test })
}

#[test]
fn categories() {
    for (text, expected) in [
        ("any where true", Filter::Constant(true)),
        ("process where true", category("process")),
        ("\"my \\\"own\\\"\" where true", category("my \"own\"")),
        ("\"\"\"raw\\\"\"\" where true", category("raw\\")),
        ("\"any\" where true", category("any")),
        ("process where false", Filter::Constant(false)),
    ] {
        assert_eq!(query(text).plan, Plan::Event(expected), "{text}");
    }
}

#[test]
fn keys_come_shared_first() {
    let plan = sequence(
        "sequence by process.pid, ?gone [process where true] by ?process.name [any where true] by process.args \
         until [any where false] by ?process.name",
    );
    let shared =
        [key("process.pid", FieldType::Long, false), JoinKey { field: None, optional: true, as_text: false }];
    let name = key("process.name", FieldType::Keyword, true);
    let args = key("process.args", FieldType::Wildcard, false);
    let keys: Vec<Vec<JoinKey>> =
        plan.steps.iter().chain(&plan.until).map(|step| step.keys.clone()).collect();
    let expected = [&name, &args, &name].map(|own| [&shared[0], &shared[1], own].map(Clone::clone).to_vec());
    assert_eq!(keys, expected);
    assert_eq!(plan.steps[0].filter, category("process"));
}

#[test]
fn by_and_with_stand_in_either_order() {
    let (a, b) = ("[any where true]", "[any where process.ok]");
    let expected = sequence(&format!("sequence by process.pid with maxspan=5m {a} {b}"));
    assert_eq!(expected.maxspan, Some(Duration::from_secs(300)));
    assert_eq!(sequence(&format!("sequence with maxspan=300 s by process.pid {a} {b}")), expected);
    let expected = sequence(&format!("sequence {a} by process.pid with runs=3 {b} by process.pid"));
    assert_eq!(expected.steps.len(), 4);
    assert_eq!(sequence(&format!("sequence {a} with runs=3 by process.pid {b} by process.pid")), expected);
}

#[test]
fn units_of_time() {
    for (text, milliseconds) in
        [("7ms", 7), ("7s", 7_000), ("7m", 420_000), ("7h", 25_200_000), ("7d", 604_800_000)]
    {
        let plan = sequence(&format!("sequence with maxspan={text} [any where true] [any where true]"));
        assert_eq!(plan.maxspan, Some(Duration::from_millis(milliseconds)), "{text}");
    }
}

#[test]
fn missing_events_and_repetition() {
    let plan = sequence("sequence with maxspan=1s ![any where true] with runs=2 [process where true]");
    assert_eq!(plan.steps.iter().map(|step| step.missing).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(sequence("sequence [any where true] with runs=2").steps.len(), 2);
}

#[test]
fn samples() {
    let Plan::Sample(plan) =
        query("sample by process.pid [process where true] by process.name [any where true] by title").plan
    else {
        panic!("no sample");
    };
    let title = key("title", FieldType::Keyword, false);
    assert_eq!(plan.filters[1].keys, [key("process.pid", FieldType::Long, false), title]);
    assert_eq!(plan.filters[0].filter, category("process"));
}

#[test]
fn pipes() {
    let pipes = query("any where true | head 10 | tail 2147483648 - 2147483646 | head 0").pipes;
    assert_eq!(pipes, [Pipe::Head(10), Pipe::Tail(2), Pipe::Head(0)]);
}
