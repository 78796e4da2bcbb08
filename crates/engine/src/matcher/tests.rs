//! Both evaluators give the same answer, on generated filters and events.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arrow_buffer::BooleanBuffer;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use rulehound_events::{Document, DocumentRow, EventBatch, Layout, Origin, Shredder};
use rulehound_query::{
    ArithmeticOp, CompareOp, Element, Expr, Filter, Function, Pattern, Patterns, Phrase, Predicate, Test,
    ValueSet, WildcardPart,
};
use rulehound_schema::{Bound, DateMath, Field, FieldSource, FieldType, IndexPatterns, Value};
use serde_json::{Value as Json, json};

use super::{FilterId, Matcher, MatcherError};
use crate::interpret;

/// One field of each type that holds values, a second string, and one that no event has.
const FIELDS: &[(&str, FieldType)] = &[
    ("process.name", FieldType::Keyword),
    ("file.path", FieldType::Wildcard),
    ("process.pid", FieldType::Long),
    ("counter", FieldType::UnsignedLong),
    ("score", FieldType::Double),
    ("process.elevated", FieldType::Boolean),
    ("event.created", FieldType::Date),
    ("event.ingested", FieldType::DateNanos),
    ("source.ip", FieldType::Ip),
    ("agent.version", FieldType::Version),
    ("message", FieldType::MatchOnlyText),
    ("nobody.has.it", FieldType::Keyword),
];

/// Strings that are near each other: case within and beyond ASCII, wildcards as letters, prefixes, nothing.
const STRINGS: &[&str] = &[
    "",
    "a",
    "A",
    "k",
    "K",
    "\u{212a}",
    "s",
    "\u{17f}",
    "ß",
    "SS",
    "İ",
    "cmd.exe",
    "CMD.EXE",
    "cmd",
    "a*b",
    "a?b",
    "axxb",
    "C:\\Windows\\System32\\cmd.exe",
    "cmd ran cmd.exe, a K and an S",
    "c:\\windows\\cmd.exe",
    "日本語",
    "日本",
    "\u{1f600}",
    "\u{e9}",
    "e\u{301}",
    "\u{c9}",
];

fn field(name: &str) -> Field {
    let (name, field_type) = FIELDS.iter().find(|(known, _)| *known == name).expect("a field of the test");
    Field { name: Arc::from(*name), field_type: *field_type, parameters: None }
}

fn value(field_type: FieldType) -> BoxedStrategy<Value<'static>> {
    match field_type {
        FieldType::Long => {
            select(vec![i64::MIN, -1, 0, 1, 2, 4, 1 << 53, i64::MAX]).prop_map(Value::Long).boxed()
        }
        FieldType::UnsignedLong => {
            select(vec![0, 1, 1 << 53, u64::MAX - 1, u64::MAX]).prop_map(Value::UnsignedLong).boxed()
        }
        FieldType::Double => select(vec![f64::MIN, -1.5, -0.0, 0.0, 1e-300, 0.1, 2.0, f64::MAX])
            .prop_map(Value::Double)
            .boxed(),
        FieldType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        FieldType::Date => {
            select(vec![-1_000, 0, 1_600_000_000_000, 1_600_000_000_001]).prop_map(Value::Date).boxed()
        }
        FieldType::DateNanos => select(vec![0, 1_600_000_000_000_000_000, 1_600_000_000_000_000_001])
            .prop_map(Value::DateNanos)
            .boxed(),
        FieldType::Ip => address().prop_map(Value::Ip).boxed(),
        _ => select(STRINGS).prop_map(|text| Value::String(text.into())).boxed(),
    }
}

fn address() -> impl Strategy<Value = Ipv6Addr> {
    let v4 = select(vec![[10, 0, 0, 1], [10, 0, 1, 1], [127, 0, 0, 1], [0, 0, 0, 0], [255, 255, 255, 255]]);
    prop_oneof![
        v4.prop_map(|octets| Ipv4Addr::from(octets).to_ipv6_mapped()),
        select(vec![Ipv6Addr::UNSPECIFIED, Ipv6Addr::LOCALHOST, Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)]),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let literal = select(STRINGS).prop_filter("parts are never empty", |text| !text.is_empty());
    let part = prop_oneof![
        literal.prop_map(|text| WildcardPart::Literal(Arc::from(text))),
        Just(WildcardPart::AnyRun),
        Just(WildcardPart::AnyChar),
    ];
    let parts = prop::collection::vec(part, 0..5).prop_map(|mut parts| {
        use WildcardPart::{AnyRun, Literal};
        parts.dedup_by(|a, b| matches!((a, b), (Literal(_), Literal(_)) | (AnyRun, AnyRun)));
        parts
    });
    prop_oneof![
        (select(STRINGS), any::<bool>())
            .prop_map(|(text, case_insensitive)| Pattern::Exact { text: Arc::from(text), case_insensitive }),
        (parts, any::<bool>())
            .prop_map(|(parts, case_insensitive)| Pattern::Wildcard { parts, case_insensitive }),
        (select(STRINGS), 0_u8..3, 0_u32..3, any::<bool>()).prop_map(
            |(text, distance, prefix, case_insensitive)| Pattern::Fuzzy {
                text: Arc::from(text),
                distance,
                prefix,
                case_insensitive
            }
        ),
        (
            select(&["", ".*", "a.b", "[a-k]+", "c.*(exe|dll)", "(日|e).*", "s|k", "~(cmd.*)", "cmd@"][..]),
            any::<bool>()
        )
            .prop_map(|(source, case_insensitive)| Pattern::Regex {
                source: Arc::from(source),
                case_insensitive
            }),
    ]
}

/// Words that the strings have, and any pattern.
fn phrase() -> impl Strategy<Value = Phrase> {
    let known = select(&["cmd", "cmd.exe", "windows", "a", "k", "c", "ran", "日"][..])
        .prop_map(|text| Pattern::Exact { text: Arc::from(text), case_insensitive: false });
    let word = prop_oneof![3 => known, 1 => pattern()];
    (prop::collection::vec(word, 1..4), select(vec![0, 0, 1, 2, 9, u32::MAX]))
        .prop_map(|(words, slop)| Phrase { words, slop })
}

/// `now-1d/d` and its like, from a date of the event.
fn moment() -> impl Strategy<Value = Expr> {
    let steps = select(&["now", "now-1d", "now/M", "now+1y/w", "now-3h/h"][..]);
    (select(&["event.created", "event.ingested"][..]), steps, any::<bool>()).prop_map(|(name, text, end)| {
        let math: DateMath = text.parse().unwrap();
        Expr::DateMath {
            from: Box::new(Expr::Field(field(name))),
            steps: math.from_now().unwrap().clone(),
            bound: if end { Bound::To } else { Bound::From },
        }
    })
}

fn compare_op() -> impl Strategy<Value = CompareOp> {
    select(vec![CompareOp::Lt, CompareOp::Lte, CompareOp::Gt, CompareOp::Gte])
}

fn predicate() -> impl Strategy<Value = Predicate> {
    select(FIELDS).prop_flat_map(|(name, field_type)| {
        let of_field = move |test: BoxedStrategy<Test>| {
            test.prop_map(move |test| Predicate { field: field(name), test }).boxed()
        };
        let mut tests = vec![
            of_field(Just(Test::Exists).boxed()),
            of_field(
                (compare_op(), value(field_type)).prop_map(|(op, value)| Test::Compare(op, value)).boxed(),
            ),
            of_field((value(field_type), value(field_type)).prop_map(|(a, b)| Test::Between(a, b)).boxed()),
            of_field(prop::collection::vec(value(field_type), 1..4).prop_map(Test::In).boxed()),
            of_field(
                prop::collection::vec(value(field_type), 0..4)
                    .prop_map(move |values| among(name, &values))
                    .boxed(),
            ),
        ];
        match field_type {
            FieldType::Keyword | FieldType::Wildcard | FieldType::Version => {
                tests.push(of_field(prop::collection::vec(pattern(), 1..4).prop_map(Test::Matches).boxed()));
                let patterns = select(&["*", "cmd*", "-*.exe", "a*b", ".*", "K,cmd.exe"][..]);
                let patterns = prop::collection::vec(patterns, 1..3).prop_map(IndexPatterns::new);
                tests.push(of_field(patterns.prop_map(Test::Index).boxed()));
            }
            FieldType::MatchOnlyText => {
                tests.push(of_field(prop::collection::vec(phrase(), 1..4).prop_map(Test::Phrases).boxed()));
            }
            FieldType::Ip => {
                let network = (address(), select(vec![0_u8, 96, 104, 120, 127, 128]));
                tests.push(of_field(prop::collection::vec(network, 1..3).prop_map(Test::Cidr).boxed()));
            }
            _ => {}
        }
        Union::new(tests)
    })
}

/// A value list of these values.
fn among(name: &str, values: &[Value<'static>]) -> Test {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    Test::Among(Arc::new(ValueSet::of_field("list", &field(name), texts.iter().map(String::as_str)).0))
}

/// Expressions of every kind over strings, numbers and truth values, null among them.
fn computed() -> impl Strategy<Value = Expr> {
    let text = prop_oneof![
        select(&["process.name", "file.path", "nobody.has.it"][..]).prop_map(|name| Expr::Field(field(name))),
        select(STRINGS).prop_map(|text| Expr::Literal(Some(Value::String(text.into())))),
    ];
    let length = text.clone().prop_map(|text| call(Function::Length, false, vec![text]));
    let number = prop_oneof![
        Just(Expr::Field(field("process.pid"))),
        value(FieldType::Long).prop_map(|value| Expr::Literal(Some(value))),
        length,
    ];
    let op = select(vec![
        ArithmeticOp::Add,
        ArithmeticOp::Subtract,
        ArithmeticOp::Multiply,
        ArithmeticOp::Divide,
        ArithmeticOp::Modulo,
    ]);
    let number = prop_oneof![
        number.clone(),
        (op, number.clone(), number).prop_map(|(op, a, b)| Expr::Arithmetic(op, Box::new(a), Box::new(b))),
    ];
    let function = select(vec![Function::StartsWith, Function::EndsWith, Function::StringContains]);
    let truth = prop_oneof![
        (compare_op(), number.clone(), number).prop_map(|(op, a, b)| Expr::Compare(
            op,
            Box::new(a),
            Box::new(b)
        )),
        (compare_op(), select(&["event.created", "event.ingested"][..]), moment())
            .prop_map(|(op, name, b)| { Expr::Compare(op, Box::new(Expr::Field(field(name))), Box::new(b)) }),
        (function, any::<bool>(), text.clone(), text.clone()).prop_map(|(f, fold, a, b)| call(
            f,
            fold,
            vec![a, b]
        )),
        (text.clone(), prop::collection::vec(pattern(), 1..3))
            .prop_map(|(a, p)| Expr::Matches(Box::new(a), Patterns::new(p).unwrap())),
        (text.clone(), text.clone(), any::<bool>()).prop_map(|(a, b, case_insensitive)| Expr::Equal {
            left: Box::new(a),
            right: Box::new(b),
            case_insensitive
        }),
        text.prop_map(|a| Expr::IsNull(Box::new(a))),
    ];
    truth.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::And),
            prop::collection::vec(inner, 1..3).prop_map(Expr::Or),
        ]
    })
}

fn call(function: Function, case_insensitive: bool, args: Vec<Expr>) -> Expr {
    Expr::Call { function, case_insensitive, args }
}

/// A question about the objects in `parts`.
fn element() -> impl Strategy<Value = Filter> {
    let asks = |name: &'static str| {
        let patterns = prop::collection::vec(pattern(), 1..3);
        patterns.prop_map(move |patterns| {
            let field = Field::new(name, FieldType::Keyword);
            Filter::Predicate(Predicate { field, test: Test::Matches(patterns) })
        })
    };
    let leaf = prop_oneof![
        4 => asks("parts.x"),
        4 => asks("parts.y.z"),
        2 => predicate().prop_map(Filter::Predicate),
        1 => any::<bool>().prop_map(Filter::Constant),
        1 => computed().prop_map(Filter::Computed),
    ];
    let filter = leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Filter::Not(Box::new(inner))),
            inner.clone().prop_map(|inner| Filter::Shared(Arc::new(inner))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
            prop::collection::vec(inner, 1..4).prop_map(Filter::Or),
        ]
    });
    filter.prop_map(|filter| Filter::Element(Box::new(Element { array: "parts".into(), filter })))
}

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Filter::Constant),
        12 => predicate().prop_map(Filter::Predicate),
        3 => computed().prop_map(Filter::Computed),
        2 => element(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Filter::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..5).prop_map(Filter::And),
            prop::collection::vec(inner, 1..5).prop_map(Filter::Or),
        ]
    })
}

/// The values that an event was generated from.
#[derive(Clone, Debug, Default)]
struct Event {
    values: BTreeMap<&'static str, Vec<Value<'static>>>,
    /// The objects in `parts`: what each has for `x` and `y.z`.
    parts: Vec<[Vec<&'static str>; 2]>,
}

impl FieldSource for Event {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        let of_parts = |which: usize| {
            let texts = self.parts.iter().flat_map(|part| &part[which]);
            texts.map(|text| Value::String((*text).into())).collect()
        };
        match &*field.name {
            "parts.x" => of_parts(0),
            "parts.y.z" => of_parts(1),
            name => self.values.get(name).cloned().unwrap_or_default(),
        }
    }

    fn objects(&self, path: &str) -> Vec<Document> {
        assert_eq!(path, "parts");
        let object = |[x, z]: &[Vec<&str>; 2]| json!({"x": x, "y": {"z": z}}).as_object().unwrap().clone();
        self.parts.iter().map(object).collect()
    }
}

impl Event {
    /// The event as a reader gets it: a single value as such or as an array, dotted keys or nested objects.
    fn to_document(&self, nested: bool) -> Document {
        let mut document = Document::new();
        match &self.objects("parts")[..] {
            [] => {}
            [object] if nested => _ = document.insert("parts".to_owned(), json!(object)),
            objects => _ = document.insert("parts".to_owned(), json!(objects)),
        }
        for (name, values) in &self.values {
            let mut values: Vec<Json> = values.iter().map(to_json).collect();
            let json = match values.len() {
                0 => Json::Null,
                1 if nested => values.remove(0),
                _ => Json::Array(values),
            };
            match name.split_once('.') {
                Some((parent, child)) if nested => {
                    let object = document.entry(parent).or_insert_with(|| json!({}));
                    object.as_object_mut().unwrap().insert(child.to_owned(), json);
                }
                _ => _ = document.insert((*name).to_owned(), json),
            }
        }
        document
    }
}

fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::String(text) => json!(text),
        Value::Long(number) | Value::Date(number) => json!(number),
        Value::UnsignedLong(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Boolean(truth) => json!(truth),
        Value::DateNanos(nanos) => {
            json!(jiff::Timestamp::from_nanosecond(i128::from(*nanos)).unwrap().to_string())
        }
        Value::Ip(address) => match address.to_ipv4_mapped() {
            Some(address) => json!(address.to_string()),
            None => json!(address.to_string()),
        },
    }
}

fn event() -> impl Strategy<Value = Event> {
    let fields = FIELDS.iter().filter(|(name, _)| *name != "nobody.has.it");
    let columns = fields.map(|(name, field_type)| {
        let values = prop_oneof![
            1 => prop::collection::vec(value(*field_type), 0..4),
            4 => prop::collection::vec(value(*field_type), 1),
        ];
        prop::option::weighted(0.8, values).prop_map(|values| (*name, values))
    });
    let texts = || prop::collection::vec(select(STRINGS), 0..3);
    let parts = prop::collection::vec([texts(), texts()], 0..4);
    (columns.collect::<Vec<_>>(), parts).prop_map(|(columns, parts)| {
        let values = columns.into_iter().filter_map(|(name, values)| Some((name, values?))).collect();
        Event { values, parts }
    })
}

fn batch(events: &[Event], layout: &Arc<Layout>) -> EventBatch {
    let mut shredder = Shredder::new(layout.clone());
    for (position, event) in (1..).zip(events) {
        let document = event.to_document(position % 2 == 0);
        let origin = Origin { file: Arc::from("-"), position };
        shredder.push(serde_json::to_string(&document).unwrap().as_bytes(), origin).unwrap();
    }
    shredder.finish()
}

/// Both evaluators on one batch, and the interpreter on the documents and on what they were made of.
fn check(filters: &[Filter], matcher: &Matcher, events: &[Event], layout: &Arc<Layout>) {
    let batch = batch(events, layout);
    assert_eq!(batch.num_rows(), events.len());
    let hits: BTreeMap<FilterId, BooleanBuffer> = matcher.evaluate(&batch).into_iter().collect();
    for (id, filter) in (0..).map(FilterId).zip(filters) {
        assert!(hits.get(&id).is_none_or(|rows| rows.count_set_bits() > 0), "hits are sparse");
        for (row, event) in events.iter().enumerate() {
            let expected = interpret::matches(filter, &batch.row(row));
            let found = hits.get(&id).is_some_and(|rows| rows.value(row));
            assert_eq!(found, expected, "{filter:?}\non {event:?}");
            assert_eq!(interpret::matches(filter, event), expected, "{filter:?}\nas generated: {event:?}");
            let document = batch.document(row);
            let as_document = interpret::matches(filter, &DocumentRow::new(&document));
            assert_eq!(as_document, expected, "{filter:?}\nas document: {document:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn evaluators_agree(
        filters in prop::collection::vec(filter(), 1..12),
        events in prop::collection::vec(event(), 0..80),
        // Of few distinct events most columns are cheap to judge.
        distinct in prop_oneof![1_usize..5, Just(80)],
        batch_rows in 1_usize..80,
        absent in prop::option::weighted(0.3, select(FIELDS)),
        // Nothing fits, little, and everything.
        cache_bytes in select(vec![0, 8_000, super::CACHE_BYTES]),
    ) {
        let events: Vec<Event> = (0..events.len()).map(|n| events[n % distinct].clone()).collect();
        let matcher = Matcher { cache_bytes, ..Matcher::new(filters.clone()).unwrap() };
        let columns = matcher.fields().filter(|field| absent.is_none_or(|(name, _)| *name != *field.name));
        let layout = Arc::new(Layout::new(columns.cloned()));
        for events in events.chunks(batch_rows) {
            check(&filters, &matcher, events, &layout);
        }
        check(&filters, &matcher, &[], &layout);
    }
}

#[test]
fn equal_predicates_are_one_atom() {
    let is = |name: &str| {
        Filter::Predicate(Predicate {
            field: field("process.name"),
            test: Test::In(vec![Value::String(name.to_owned().into())]),
        })
    };
    let not = |filter| Filter::Not(Box::new(filter));
    let (program, predicates, roots) = super::program::compile(&[
        Filter::And(vec![is("a"), is("b")]),
        Filter::And(vec![is("b"), is("a"), is("a"), Filter::Constant(true)]),
        not(not(Filter::And(vec![is("a"), Filter::And(vec![is("b")])]))),
        Filter::Or(vec![is("a"), Filter::Constant(true)]),
    ]);
    assert_eq!(predicates.len(), 2);
    assert_eq!(roots[0], roots[1]);
    assert_eq!(roots[0], roots[2]);
    assert_eq!(*program.node(roots[3]), super::program::Node::Constant(true));
}

/// Events that have but a name.
fn named(names: &[&'static str]) -> Vec<Event> {
    let event = |name: &&'static str| Event {
        values: BTreeMap::from([("process.name", vec![Value::String((*name).into())])]),
        parts: Vec::new(),
    };
    names.iter().map(event).collect()
}

fn layout_of(matcher: &Matcher) -> Arc<Layout> {
    Arc::new(Layout::new(matcher.fields().cloned()))
}

#[test]
fn literals_that_overlap_are_all_found() {
    let contains = |literal: &str| {
        let parts =
            vec![WildcardPart::AnyRun, WildcardPart::Literal(Arc::from(literal)), WildcardPart::AnyRun];
        let test = Test::Matches(vec![Pattern::Wildcard { parts, case_insensitive: true }]);
        Filter::Predicate(Predicate { field: field("process.name"), test })
    };
    let filters = ["cmd", "cmd.exe", "MD.E", "d", ".exe"].map(contains);
    let matcher = Matcher::new(filters.to_vec()).unwrap();
    check(&filters, &matcher, &named(&["cmd.exe", "xCMD.EXEx", "cmd", "d"]), &layout_of(&matcher));
}

#[test]
fn a_computed_expression_runs_only_where_it_matters_and_once() {
    let is = |name: &str| {
        let test = Test::In(vec![Value::String(name.to_owned().into())]);
        Filter::Predicate(Predicate { field: field("process.name"), test })
    };
    let length = call(Function::Length, false, vec![Expr::Field(field("process.name"))]);
    let three = Expr::Literal(Some(Value::Long(3)));
    let long =
        || Filter::Computed(Expr::Compare(CompareOp::Gt, Box::new(length.clone()), Box::new(three.clone())));
    let matcher = Matcher::new(vec![
        // Written first, run last.
        Filter::And(vec![long(), is("long")]),
        // Needed only where the name is not `cmd`.
        Filter::And(vec![Filter::Or(vec![long(), is("cmd")]), Filter::Or(vec![is("cmd"), is("other")])]),
    ])
    .unwrap();
    let batch = batch(&named(&["long", "cmd", "other", "far longer"]), &layout_of(&matcher));
    let cache = super::VerdictCache::new(super::CACHE_BYTES);
    let (scratch, places) = Default::default();
    let mut memory = super::Memory { cache, scratch, places, meter: None };
    let mut evaluation = super::Evaluation::new(&matcher.program, &matcher.atoms, &batch, &mut memory);
    let mut judged_after = |root: usize| {
        let rows: Vec<usize> = evaluation.rows(matcher.roots[root]).iter().collect();
        (rows, evaluation.judged().map(|rows| rows.iter().collect()).collect::<Vec<Vec<usize>>>())
    };
    assert_eq!(judged_after(0), (vec![0], vec![vec![0]]));
    assert_eq!(judged_after(1), (vec![1, 2], vec![vec![0, 2]]));
}

#[test]
fn a_pattern_that_cannot_be_compiled_names_its_filter_and_field() {
    let pattern = Pattern::Regex { source: Arc::from("("), case_insensitive: false };
    let broken =
        Filter::Predicate(Predicate { field: field("file.path"), test: Test::Matches(vec![pattern]) });
    let MatcherError::Pattern { filter, field, .. } =
        Matcher::new(vec![Filter::Constant(true), Filter::Not(Box::new(broken))]).unwrap_err();
    assert_eq!((filter, &*field), (FilterId(1), "file.path"));
}
