//! The endpoint's dialect: what it takes over Elasticsearch's, and what comes of it. Its constructs are those of
//! `endgameinc/eql` and of Elastic's published behaviour rules (`elastic/protections-artifacts`).

use rulehound_schema::{Field, FieldType, Schema, Value};

use super::codes;
use crate::eql::{Compiled, Dialect, Options, compile};
use crate::{Element, Expr, Filter, Function, JoinKey, Plan, Predicate, SequencePlan, Test};

pub(super) fn endpoint(query: &str) -> Compiled {
    let dialect = Dialect::Endpoint;
    compile(query, Options { schema: Schema::catalogue(), event_category_field: "event.category", dialect })
}

fn plan(query: &str) -> Plan {
    let compiled = endpoint(query);
    assert!(codes(&compiled).iter().all(|code| *code == "eql::unknown-field"), "{query}: {compiled:?}");
    compiled.query.unwrap().plan
}

/// The filter of a condition on any event.
fn filter(condition: &str) -> Filter {
    match plan(&format!("any where {condition}")) {
        Plan::Event(filter) => filter,
        other => panic!("{other:?}"),
    }
}

fn sequence(query: &str) -> SequencePlan {
    match plan(query) {
        Plan::Sequence(plan) => plan,
        other => panic!("{other:?}"),
    }
}

fn keyword(name: &str) -> Field {
    Field::new(name, FieldType::Keyword)
}

fn is(name: &str, text: &'static str) -> Filter {
    let test = Test::In(vec![Value::String(text.into())]);
    Filter::Predicate(Predicate { field: keyword(name), test })
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

#[test]
fn fields_are_compared_with_fields() {
    let field = |name: &str| Box::new(Expr::Field(Schema::catalogue().field(name).unwrap()));
    let (left, right) = (field("process.name"), field("process.parent.name"));
    let equal = Expr::Equal { left: left.clone(), right: right.clone(), case_insensitive: false };
    assert_eq!(filter("process.name == process.parent.name"), Filter::Computed(equal.clone()));
    assert_eq!(filter("process.name in (process.parent.name)"), Filter::Computed(equal));
    assert_eq!(
        filter("process.name != process.parent.name"),
        Filter::Computed(Expr::NotEqual { left, right })
    );
    assert_eq!(codes(&endpoint("any where process.name == process.pid")), ["eql::incomparable"]);
}

#[test]
fn later_steps_read_the_fields_of_named_events() {
    let plan = sequence(
        "sequence [any where true] with runs=2 [file where true] as event0 \
         [process where stringContains~(process.command_line, event0.file.name)] as other \
         [any where other.process.pid == process.pid and event0.file.size > 1]",
    );
    let earlier = |step, name: &str| Expr::Earlier { step, field: Schema::catalogue().field(name).unwrap() };
    let command_line = Expr::Field(Schema::catalogue().field("process.command_line").unwrap());
    let call = Expr::Call {
        function: Function::StringContains,
        case_insensitive: true,
        args: vec![command_line, earlier(2, "file.name")],
    };
    let category = Filter::Predicate(Predicate {
        field: Schema::catalogue().field("event.category").unwrap(),
        test: Test::In(vec![Value::String("process".into())]),
    });
    assert_eq!(plan.steps[3].filter, Filter::And(vec![category, Filter::Computed(call)]));
    let mut read = Vec::new();
    plan.steps[4].filter.for_each_earlier(&mut |step, field| read.push((step, field.name.to_string())));
    assert_eq!(read, [(3, "process.pid".to_owned()), (2, "file.size".to_owned())]);
}

#[test]
fn a_name_may_stand_before_or_after_the_keys() {
    for step in ["by process.pid as event0", "as event0 by process.pid"] {
        let plan = sequence(&format!("sequence [any where true] {step} [any where true] by process.pid"));
        assert_eq!(plan.steps[0].keys.len(), 2, "{step}");
    }
}

/// An endpoint sees no machine but its own.
#[test]
fn events_of_different_machines_never_join() {
    let host = JoinKey { optional: true, ..JoinKey::required(keyword("host.id")) };
    let plan =
        sequence("sequence by process.entity_id [any where true] [any where true] until [any where true]");
    for step in plan.steps.iter().chain(&plan.until) {
        let entity = JoinKey::required(keyword("process.entity_id"));
        assert_eq!(step.keys, [host.clone(), entity]);
    }
    assert_eq!(sequence("sequence [any where true] [any where true]").steps[0].keys, [host]);
}

#[test]
fn an_array_is_searched_object_by_object() {
    let element = |array: &str, filter| Filter::Element(Box::new(Element { array: array.into(), filter }));
    let found = filter("_arraysearch(a.b, $entry, $entry.x == \"1\" and not $entry.y.z == \"2\")");
    let both = Filter::And(vec![is("a.b.x", "1"), not(is("a.b.y.z", "2"))]);
    assert_eq!(found, element("a.b", both));
    let negated = filter("not _arraysearch(a.b, $e, $e.x == d)");
    let same = Expr::Equal {
        left: Box::new(Expr::Field(keyword("a.b.x"))),
        right: Box::new(Expr::Field(keyword("d"))),
        case_insensitive: false,
    };
    assert_eq!(negated, not(element("a.b", Filter::Computed(same))));
    let nested = filter("_arraysearch(a, $x, _arraysearch($x.b, $y, $y.c == \"1\" and $x.d == \"2\"))");
    let inner = element("a.b", Filter::And(vec![is("a.b.c", "1"), is("a.d", "2")]));
    assert_eq!(nested, element("a", inner));
}

/// As in `process.code_signature != null`: what is asked for is the object itself.
#[test]
fn objects_are_there_or_not() {
    let object = || {
        let filter = Filter::Constant(true);
        Filter::Element(Box::new(Element { array: "process.code_signature".into(), filter }))
    };
    assert_eq!(filter("process.code_signature != null"), object());
    assert_eq!(filter("process.code_signature == null"), not(object()));
}

#[test]
fn descendants_are_asked_for_with_any_operator() {
    let office = "descendant of [any where process.name == \"a\"]";
    let ancestor = |name| Filter::Descendant(Box::new(is("process.name", name)));
    assert_eq!(filter(office), ancestor("a"));
    assert_eq!(
        filter(&format!("not {office} and x == \"1\"")),
        Filter::And(vec![not(ancestor("a")), is("x", "1")])
    );
    assert_eq!(
        filter(&format!("{office} or descendant of [any where process.name == \"b\"]")),
        Filter::Or(vec![ancestor("a"), ancestor("b")])
    );
}

/// The documents of Elastic Defend say `network` and name the protocol.
#[test]
fn dns_is_a_category() {
    let category = |text| {
        let test = Test::In(vec![Value::String(text)]);
        Filter::Predicate(Predicate { field: Schema::catalogue().field("event.category").unwrap(), test })
    };
    let dns = || {
        let shipped = Filter::And(vec![category("network".into()), is("network.protocol", "dns")]);
        Filter::Or(vec![category("dns".into()), shipped])
    };
    assert_eq!(plan("dns where true"), Plan::Event(dns()));
    assert_eq!(plan("any where not event.category == \"dns\""), Plan::Event(not(dns())));
    assert_eq!(plan("network where true"), Plan::Event(category("network".into())));
}

/// Elastic's Sysmon integration puts sentences where Elastic Defend has a word.
#[test]
fn actions_are_found_in_the_words_of_sysmon() {
    let field = |name: &str| Schema::catalogue().field(name).unwrap();
    let words = |name: &str, words: &[&'static str]| {
        let test = Test::In(words.iter().map(|word| Value::String((*word).into())).collect());
        Filter::Predicate(Predicate { field: field(name), test })
    };
    let sysmon = |code| {
        let of = [is("event.provider", "Microsoft-Windows-Sysmon"), is("event.code", code)];
        of.into_iter()
    };
    let start = Filter::And(sysmon("1").collect());
    let expected = Filter::Or(vec![words("event.action", &["exec", "start"]), start]);
    assert_eq!(filter("event.action in (\"exec\", \"start\")"), expected);
    let accepted = Filter::And(sysmon("3").chain([is("network.direction", "ingress")]).collect());
    let Filter::Not(found) = filter("not event.action : \"connection_acc*\"") else { panic!() };
    let Filter::Or(parts) = *found else { panic!() };
    assert_eq!(parts[1..], [accepted]);
    assert_eq!(filter("event.action == \"fork\""), words("event.action", &["fork"]));
}

/// A missing field satisfies no comparison, where Elasticsearch's `!=` holds.
#[test]
fn inequality_needs_a_value() {
    let filter = |query: &str| match endpoint(query).query.expect(query).plan {
        Plan::Event(filter) => filter,
        plan => panic!("{plan:?}"),
    };
    assert_eq!(
        filter("any where process.name != \"a\""),
        filter("any where process.name != null and not process.name == \"a\"")
    );
    assert_eq!(
        filter("any where not (process.pid != 4)"),
        filter("any where not (process.pid != null and not process.pid == 4)")
    );
}

/// Fields that no catalogue has, each once, with a warning.
#[test]
fn unknown_fields_have_the_type_that_they_are_used_with() {
    let types = |condition: &str| {
        let compiled = endpoint(&format!("any where {condition}"));
        assert!(codes(&compiled).iter().all(|code| *code == "eql::unknown-field"), "{compiled:?}");
        let Plan::Event(filter) = compiled.query.unwrap().plan else { panic!("{condition}") };
        let mut types = Vec::new();
        filter.for_each_field(&mut |field| types.push((field.name.to_string(), field.field_type)));
        types
    };
    let expected = |name: &str, field_type| (name.to_owned(), field_type);
    assert_eq!(
        types("x.a != null and x.a >= 5"),
        [expected("x.a", FieldType::Long), expected("x.a", FieldType::Long)]
    );
    assert_eq!(types("x.a == true"), [expected("x.a", FieldType::Boolean)]);
    assert_eq!(types("x.a > 0.5"), [expected("x.a", FieldType::Double)]);
    assert_eq!(types("x.a like \"b*\""), [expected("x.a", FieldType::Keyword)]);
    assert_eq!(types("_arraysearch(x, $e, $e.a in (1, 2))"), [expected("x.a", FieldType::Long)]);
}

/// What is wrong in the dialect, with the code and the text that it points at.
pub(super) const CASES: &[(&str, &str, &str)] = &[
    ("any where _arraysearch(a.b, $x)", "eql::array-search", "_arraysearch(a.b, $x)"),
    ("any where _arraysearch(a.b, c, true)", "eql::array-search", "c"),
    (
        "sequence [any where true] as event0 [any where _arraysearch(event0.a, $x, $x.b == \"1\")]",
        "eql::array-search-earlier",
        "_arraysearch(event0.a, $x, $x.b == \"1\")",
    ),
    ("any where $x.a == \"1\"", "eql::unknown-variable", "$x.a"),
    ("any where _arraysearch(a.b, $x, $x == \"1\")", "eql::whole-element", "$x"),
    (
        "sequence [any where true] [any where event0.process.pid == 1]",
        "eql::unknown-event",
        "event0.process.pid",
    ),
    (
        "sequence [any where event0.process.pid == 1] as event0 [any where true]",
        "eql::unknown-event",
        "event0.process.pid",
    ),
    ("sequence [any where true] as event0 [any where event0 == \"1\"]", "eql::whole-event", "event0"),
    ("sequence [any where true] as event0 [any where true] as event0", "eql::name-twice", "event0"),
    (
        "sequence with maxspan=1m ![any where true] as event0 [any where true] [any where true]",
        "eql::named-missing",
        "event0",
    ),
    ("sequence [any where true] with runs=2 as event0", "eql::named-runs", "event0"),
    ("sample by host.id [any where true] as event0 [any where true]", "eql::name-without-sequence", "event0"),
    (
        "any where descendant of [any where descendant of [any where true]]",
        "eql::misplaced-descendant",
        "descendant of [any where true]",
    ),
    (
        "any where _arraysearch(a.b, $x, descendant of [any where true])",
        "eql::misplaced-descendant",
        "descendant of [any where true]",
    ),
    ("any where child of [any where true]", "eql::syntax::process-relationship", "child"),
];

#[test]
fn problems_point_at_the_text() {
    for (query, code, at) in CASES {
        let compiled = endpoint(query);
        let errors = compiled.diagnostics.iter().filter(|d| d.code != "eql::unknown-field");
        let found: Vec<(&str, &str)> = errors.map(|d| (d.code, query.get(d.span.clone()).unwrap())).collect();
        assert_eq!(found, [(*code, *at)], "{query}");
        assert!(compiled.query.is_none(), "{query}");
    }
}

#[test]
fn elasticsearch_knows_none_of_it() {
    for query in [
        "any where process.name == process.parent.name",
        "any where descendant of [any where true]",
        "any where _arraysearch(process.args, $x, $x.y == \"1\")",
        "sequence [any where true] as event0 [any where true]",
    ] {
        assert!(super::compiled(query).query.is_none(), "{query}");
    }
}
