//! The filter never excludes an event that the query lets pass: held against a plain evaluator of three values.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rulehound_schema::{FieldType, IndexPatterns};

use super::*;
use crate::esql::Type;
use crate::esql::functions::{Function, Returns, Signature};
use crate::esql::plan::Column;
use crate::{CompareOp, PatternMatcher};

const fn signature(name: &'static str) -> Signature {
    Signature { name, aliases: &[], params: &[], variadic: true, returns: Returns::Fixed(Type::Boolean) }
}

static FUNCTIONS: [Signature; 21] = [
    signature("and"),
    signature("or"),
    signature("not"),
    signature("equals"),
    signature("not_equals"),
    signature("less_than"),
    signature("less_than_or_equal"),
    signature("greater_than"),
    signature("greater_than_or_equal"),
    signature("in"),
    signature("like"),
    signature("rlike"),
    signature("starts_with"),
    signature("ends_with"),
    signature("contains"),
    signature("is_null"),
    signature("is_not_null"),
    signature("to_lower"),
    signature("to_double"),
    signature("coalesce"),
    signature("case"),
];

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: 0..0 }
}

fn call_of(name: &str, args: Vec<Expr>, ty: Type) -> Expr {
    let function = Function(FUNCTIONS.iter().find(|one| one.name == name).unwrap());
    expr(ExprKind::Call(function, args), ty)
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    call_of(name, args, Type::Boolean)
}

fn text(text: &str) -> Expr {
    expr(ExprKind::Literal(Literal::Keyword(text.into())), Type::Keyword)
}

fn null() -> Expr {
    expr(ExprKind::Literal(Literal::Null), Type::Null)
}

const KEYWORD: ColumnId = ColumnId(0);
const LONG: ColumnId = ColumnId(1);
const FLAG: ColumnId = ColumnId(2);
const TESTED: ColumnId = ColumnId(3);
const ONE_KEYWORD: ColumnId = ColumnId(4);
const ONE_LONG: ColumnId = ColumnId(5);
const LOWER: ColumnId = ColumnId(6);
const COMPUTED: ColumnId = ColumnId(7);

fn read(id: ColumnId, ty: Type) -> Expr {
    expr(ExprKind::Column(id), ty)
}

fn column(id: ColumnId, ty: Type) -> Column {
    Column { id, name: format!("c{}", id.0).into(), ty }
}

fn source() -> TableSource {
    let field = |id, ty, name, field_type| (column(id, ty), Field::new(name, field_type));
    let long = Field::new("n", FieldType::Long);
    TableSource::Events {
        patterns: IndexPatterns::new(["*"]),
        fields: vec![
            field(KEYWORD, Type::Keyword, "k", FieldType::Keyword),
            field(LONG, Type::Long, "n", FieldType::Long),
            field(FLAG, Type::Boolean, "b", FieldType::Boolean),
        ],
        tests: vec![(column(TESTED, Type::Boolean), ask(&long, Test::In(vec![Value::Long(1)])))],
    }
}

// The events

type Event = BTreeMap<&'static str, Vec<Value<'static>>>;

const TEXTS: [&str; 10] = ["a", "A", "ab", "aB", "\u{212a}", "k", "\u{130}x", "ix", "\u{c9}a", ""];
const BIG: i64 = 9_007_199_254_740_993;

fn event() -> impl Strategy<Value = Event> {
    let texts = prop::collection::vec(prop::sample::select(&TEXTS[..]), 0..3);
    let numbers = prop::collection::vec(prop_oneof![-2..3_i64, Just(BIG), Just(BIG - 1)], 0..3);
    let flags = prop::collection::vec(any::<bool>(), 0..3);
    (texts, numbers, flags).prop_map(|(texts, numbers, flags)| {
        BTreeMap::from([
            ("k", texts.into_iter().map(|text| Value::String(text.into())).collect()),
            ("n", numbers.into_iter().map(Value::Long).collect()),
            ("b", flags.into_iter().map(Value::Boolean).collect()),
        ])
    })
}

/// What the matcher says.
fn passes(filter: &Filter, event: &Event) -> bool {
    match filter {
        Filter::Constant(answer) => *answer,
        Filter::And(parts) => parts.iter().all(|part| passes(part, event)),
        Filter::Or(parts) => parts.iter().any(|part| passes(part, event)),
        Filter::Not(inner) => !passes(inner, event),
        Filter::Predicate(Predicate { field, test }) => {
            event[&*field.name].iter().any(|value| holds(test, value))
        }
        other => panic!("{other:?}"),
    }
}

fn holds(test: &Test, value: &Value<'_>) -> bool {
    match test {
        Test::Exists => true,
        Test::Compare(op, constant) => value.compare(constant).is_some_and(|order| match op {
            CompareOp::Lt => order.is_lt(),
            CompareOp::Lte => order.is_le(),
            CompareOp::Gt => order.is_gt(),
            CompareOp::Gte => order.is_ge(),
        }),
        Test::In(constants) => {
            constants.iter().any(|constant| value.compare(constant).is_some_and(|o| o.is_eq()))
        }
        Test::Matches(patterns) => match value {
            Value::String(text) => {
                patterns.iter().any(|one| PatternMatcher::new(one).unwrap().is_match(text))
            }
            _ => false,
        },
        other => panic!("{other:?}"),
    }
}

// The rows

/// A value of a row: none, one, or several, which most functions take for none.
type Values = Vec<Value<'static>>;
type Row = BTreeMap<ColumnId, Values>;

/// The rows of an event behind `MV_EXPAND k | MV_EXPAND n`.
fn rows(event: &Event, computed: &Expr) -> Vec<Row> {
    let expanded = |values: &Values| match values.len() {
        0 => vec![Vec::new()],
        _ => values.iter().map(|value| vec![value.clone()]).collect(),
    };
    let mut rows = Vec::new();
    for keyword in expanded(&event["k"]) {
        for number in expanded(&event["n"]) {
            let tested = event["n"].contains(&Value::Long(1));
            let mut row = BTreeMap::from([
                (KEYWORD, event["k"].clone()),
                (LONG, event["n"].clone()),
                (FLAG, event["b"].clone()),
                (TESTED, vec![Value::Boolean(tested)]),
                (ONE_KEYWORD, keyword.clone()),
                (ONE_LONG, number),
            ]);
            row.insert(LOWER, evaluate(&lower(read(KEYWORD, Type::Keyword)), &row));
            row.insert(COMPUTED, evaluate(computed, &row));
            rows.push(row);
        }
    }
    rows
}

fn boolean(value: Option<bool>) -> Values {
    value.map(Value::Boolean).into_iter().collect()
}

fn as_bool(values: &Values) -> Option<bool> {
    match values.as_slice() {
        [Value::Boolean(value)] => Some(*value),
        _ => None,
    }
}

fn evaluate(expr: &Expr, row: &Row) -> Values {
    match &expr.kind {
        ExprKind::Literal(literal) => match literal {
            Literal::Keyword(text) => vec![Value::String(text.to_string().into())],
            Literal::Long(value) => vec![Value::Long(*value)],
            Literal::Double(value) => vec![Value::Double(*value)],
            Literal::Boolean(value) => vec![Value::Boolean(*value)],
            _ => Vec::new(),
        },
        ExprKind::Column(id) => row[id].clone(),
        ExprKind::Call(function, args) => {
            let args: Vec<Values> = args.iter().map(|arg| evaluate(arg, row)).collect();
            apply(function.name(), &args)
        }
        ExprKind::Now => Vec::new(),
    }
}

fn apply(name: &str, args: &[Values]) -> Values {
    let answers = || args.iter().map(as_bool);
    let single = |place: usize| match args[place].as_slice() {
        [value] => Some(value.clone()),
        _ => None,
    };
    match name {
        "and" if answers().any(|answer| answer == Some(false)) => boolean(Some(false)),
        "or" if answers().any(|answer| answer == Some(true)) => boolean(Some(true)),
        "and" | "or" => boolean(answers().collect::<Option<Vec<_>>>().map(|_| name == "and")),
        "not" => boolean(as_bool(&args[0]).map(|answer| !answer)),
        "is_null" | "is_not_null" => boolean(Some(args[0].is_empty() == (name == "is_null"))),
        "coalesce" => args.iter().find(|arg| !arg.is_empty()).cloned().unwrap_or_default(),
        "case" => {
            let mut branches = args.chunks(2);
            let chosen = branches.find(|branch| branch.len() == 1 || as_bool(&branch[0]) == Some(true));
            chosen.and_then(|branch| branch.last()).cloned().unwrap_or_default()
        }
        "to_double" => match single(0) {
            Some(Value::Long(value)) => vec![Value::Double(value as f64)],
            _ => Vec::new(),
        },
        "to_lower" => match single(0) {
            Some(Value::String(text)) => vec![Value::String(text.to_lowercase().into())],
            _ => Vec::new(),
        },
        "in" => {
            let Some(value) = single(0) else { return Vec::new() };
            let found = (1..args.len())
                .filter_map(single)
                .any(|item| value.compare(&item).is_some_and(|o| o.is_eq()));
            boolean(if !found && args.iter().any(Vec::is_empty) { None } else { Some(found) })
        }
        "like" | "rlike" | "starts_with" | "ends_with" | "contains" => {
            let Some(Value::String(value)) = single(0) else { return Vec::new() };
            let found = (1..args.len()).any(|place| match single(place) {
                Some(Value::String(pattern)) => matches(name, &value, &pattern),
                _ => false,
            });
            boolean(Some(found))
        }
        comparison => {
            let order = match (single(0), single(1)) {
                (Some(a), Some(b)) => a.compare(&b),
                _ => None,
            };
            boolean(order.map(|order| match comparison {
                "equals" => order.is_eq(),
                "not_equals" => order.is_ne(),
                "less_than" => order.is_lt(),
                "less_than_or_equal" => order.is_le(),
                "greater_than" => order.is_gt(),
                "greater_than_or_equal" => order.is_ge(),
                other => panic!("{other}"),
            }))
        }
    }
}

/// The patterns of the generator have stars at their ends only; the expressions are spelled out.
fn matches(name: &str, value: &str, pattern: &str) -> bool {
    match name {
        "starts_with" => value.starts_with(pattern),
        "ends_with" => value.ends_with(pattern),
        "contains" => value.contains(pattern),
        "like" => match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(_), Some(_)) => value.contains(pattern.trim_matches('*')),
            (Some(end), None) => value.ends_with(end),
            (None, Some(start)) => value.starts_with(start),
            (None, None) => value == pattern,
        },
        _ => match pattern {
            "[ak].*" => value.starts_with(['a', 'k']),
            "[^A]" => value.chars().count() == 1 && value != "A",
            ".x" => value.ends_with('x') && value.chars().count() == 2,
            other => panic!("{other}"),
        },
    }
}

// The conditions

fn lower(value: Expr) -> Expr {
    call_of("to_lower", vec![value], Type::Keyword)
}

fn string() -> impl Strategy<Value = Expr> {
    let columns = prop::sample::select(vec![KEYWORD, ONE_KEYWORD, LOWER]);
    (columns, any::<bool>()).prop_map(|(id, fold)| {
        let value = read(id, Type::Keyword);
        if fold { lower(value) } else { value }
    })
}

fn about_strings() -> impl Strategy<Value = Expr> {
    let literal = || prop_oneof![9 => prop::sample::select(&TEXTS[..]).prop_map(text), 1 => Just(null())];
    let name = prop::sample::select(vec!["equals", "not_equals", "less_than", "greater_than_or_equal", "in"]);
    let plain =
        (name, string(), literal(), literal(), any::<bool>()).prop_map(|(name, value, one, two, flip)| {
            call(
                name,
                match (name, flip) {
                    ("in", _) => vec![value, one, two],
                    (_, true) => vec![one, value],
                    _ => vec![value, one],
                },
            )
        });
    let function = prop::sample::select(vec!["like", "starts_with", "ends_with", "contains"]);
    let patterns = vec!["a*", "*a*", "*x", "k", "i*", "*b", "A*", "\u{e9}a", "*"];
    let like = (function, string(), prop::sample::select(patterns)).prop_map(|(name, value, pattern)| {
        let pattern = if name == "like" { pattern } else { pattern.trim_matches('*') };
        call(name, vec![value, text(pattern)])
    });
    let regexes = prop::sample::select(vec!["[ak].*", "[^A]", ".x"]);
    let rlike = (string(), regexes).prop_map(|(value, pattern)| call("rlike", vec![value, text(pattern)]));
    prop_oneof![plain, like, rlike]
}

fn about_numbers() -> impl Strategy<Value = Expr> {
    let names = vec![
        "equals",
        "not_equals",
        "less_than",
        "less_than_or_equal",
        "greater_than",
        "greater_than_or_equal",
        "in",
    ];
    let column = prop::sample::select(vec![LONG, ONE_LONG]);
    let constant = prop_oneof![-2..3_i64, Just(BIG), Just(BIG - 1)];
    (prop::sample::select(names), column, constant, any::<[bool; 3]>()).prop_map(
        |(name, id, constant, [double, flip, with_null])| {
            let long = read(id, Type::Long);
            let (value, literal, ty) = match double {
                true => {
                    let value = call_of("to_double", vec![long], Type::Double);
                    (value, Literal::Double(constant as f64), Type::Double)
                }
                false => (long, Literal::Long(constant), Type::Long),
            };
            let literal = expr(ExprKind::Literal(literal), ty);
            call(
                name,
                match (name, flip) {
                    ("in", _) if with_null => vec![value, null(), literal],
                    ("in", _) => vec![value, literal],
                    (_, true) => vec![literal, value],
                    _ => vec![value, literal],
                },
            )
        },
    )
}

fn condition(columns: Vec<ColumnId>) -> impl Strategy<Value = Expr> {
    let constants = prop_oneof![
        any::<bool>().prop_map(|value| expr(ExprKind::Literal(Literal::Boolean(value)), Type::Boolean)),
        Just(null()),
    ];
    let flags = prop::sample::select(columns).prop_map(|id| read(id, Type::Boolean));
    let nulls = prop::sample::select(vec![KEYWORD, LONG, FLAG, ONE_KEYWORD, LOWER])
        .prop_map(|id| call("is_null", vec![read(id, Type::Keyword)]));
    let leaf =
        prop_oneof![4 => about_strings(), 4 => about_numbers(), 1 => constants, 2 => flags, 2 => nulls];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let many = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            (prop::sample::select(vec!["and", "or"]), many()).prop_map(|(name, args)| call(name, args)),
            inner.clone().prop_map(|arg| call("not", vec![arg])),
            (prop::sample::select(vec!["is_null", "is_not_null"]), inner.clone())
                .prop_map(|(name, arg)| call(name, vec![arg])),
            many().prop_map(|args| call("coalesce", args)),
            many().prop_map(|args| call("case", args)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_event_that_passes_is_excluded(
        computed in condition(vec![FLAG, TESTED]),
        condition in condition(vec![FLAG, TESTED, COMPUTED]),
        events in prop::collection::vec(event(), 1..8),
    ) {
        let steps = [
            TableStep::MvExpand { from: KEYWORD, to: column(ONE_KEYWORD, Type::Keyword) },
            TableStep::MvExpand { from: LONG, to: column(ONE_LONG, Type::Long) },
            TableStep::Extend(vec![
                (column(LOWER, Type::Keyword), lower(read(KEYWORD, Type::Keyword))),
                (column(COMPUTED, Type::Boolean), computed.clone()),
            ]),
            TableStep::Filter(condition.clone()),
        ];
        let filter = necessary(&source(), &steps);
        for event in &events {
            let is_needed =
                rows(event, &computed).iter().any(|row| as_bool(&evaluate(&condition, row)) == Some(true));
            prop_assert!(!is_needed || passes(&filter, event), "{event:?} {filter:#?}");
        }
    }
}

fn keyword(test: Test) -> Filter {
    ask(&Field::new("k", FieldType::Keyword), test)
}

/// What is asked exactly.
#[test]
fn conditions_on_fields_are_asked_as_they_are() {
    let k = || read(KEYWORD, Type::Keyword);
    let is = |value: &str| keyword(Test::In(vec![Value::String(value.to_owned().into())]));
    for (condition, expected) in [
        (call("equals", vec![k(), text("a")]), is("a")),
        (call("equals", vec![text("a"), k()]), is("a")),
        (
            call("not", vec![call("equals", vec![k(), text("a")])]),
            Filter::all([keyword(Test::Exists), is("a").negated()]),
        ),
        (call("is_null", vec![k()]), keyword(Test::Exists).negated()),
        (call("not", vec![call("is_null", vec![k()])]), keyword(Test::Exists)),
        (call("equals", vec![k(), null()]), Filter::Constant(false)),
        (
            call("or", vec![call("equals", vec![k(), text("a")]), call("equals", vec![k(), text("b")])]),
            keyword(Test::In(vec![Value::String("a".into()), Value::String("b".into())])),
        ),
        (read(TESTED, Type::Boolean), ask(&Field::new("n", FieldType::Long), Test::In(vec![Value::Long(1)]))),
    ] {
        assert_eq!(necessary(&source(), &[TableStep::Filter(condition.clone())]), expected, "{condition:?}");
    }
}

#[test]
fn what_follows_a_limit_is_not_asked() {
    let condition = TableStep::Filter(call("equals", vec![read(KEYWORD, Type::Keyword), text("a")]));
    let sort = TableStep::Sort(Vec::new());
    assert_eq!(necessary(&source(), &[TableStep::Limit(5), condition.clone()]), Filter::Constant(true));
    assert_ne!(necessary(&source(), &[sort, condition]), Filter::Constant(true));
}

#[test]
fn columns_of_columns_do_not_blow_up() {
    let mut steps = Vec::new();
    for id in 10..110 {
        let before = || read(if id == 10 { FLAG } else { ColumnId(id - 1) }, Type::Boolean);
        steps.push(TableStep::Extend(vec![(
            column(ColumnId(id), Type::Boolean),
            call("and", vec![before(), before()]),
        )]));
    }
    steps.push(TableStep::Filter(read(ColumnId(109), Type::Boolean)));
    // Told to answer in time, whatever it is.
    let _ = necessary(&source(), &steps);
    let few = [steps.remove(0), TableStep::Filter(read(ColumnId(10), Type::Boolean))];
    let flag = ask(&Field::new("b", FieldType::Boolean), Test::In(vec![Value::Boolean(true)]));
    assert_eq!(necessary(&source(), &few), Filter::all([flag.clone(), flag]));
}
