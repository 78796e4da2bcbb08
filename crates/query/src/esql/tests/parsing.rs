//! What each construct becomes, written as a list: `(== a 1)`.

use super::parsed;
use crate::esql::ast::{Aggregate, Assignment, BinaryOp, Command, Expr, ExprKind, Name, Source, Spanned};

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(|item| format!(" {}", show(item))).collect()
}

fn options(options: &[(Spanned<String>, Expr)]) -> String {
    list(options, |(name, value)| format!("{}:{}", name.value, expr(value)))
}

fn patterns(patterns: &[Spanned<String>]) -> String {
    list(patterns, |pattern| format!("{:?}", pattern.value))
}

fn expr(expr: &Expr) -> String {
    let show = |expr: &Expr| self::expr(expr);
    match &expr.kind {
        ExprKind::Null => "null".into(),
        ExprKind::Boolean(value) => value.to_string(),
        ExprKind::Integer(value) => value.to_string(),
        ExprKind::Decimal(value) => format!("{value:?}"),
        ExprKind::String(value) => format!("{value:?}"),
        ExprKind::List(items) => format!("[{}]", list(items, show).trim_start()),
        ExprKind::Interval(count, unit) => format!("{count}'{unit}"),
        ExprKind::Column(name) => name.value.clone(),
        ExprKind::Call { function, args, star, options } => {
            let star = if *star { " *" } else { "" };
            format!("({}{star}{}{})", function.value, list(args, show), self::options(options))
        }
        ExprKind::Not(inner) => format!("(not {})", show(inner)),
        ExprKind::Negate(inner) => format!("(neg {})", show(inner)),
        ExprKind::Binary(op, left, right) => format!("({} {} {})", spelled(*op), show(left), show(right)),
        ExprKind::Cast(inner, ty) => format!("(::{} {})", ty.value, show(inner)),
        ExprKind::In { value, list: items, negated } => {
            format!("({}in {}{})", not(*negated), show(value), list(items, show))
        }
        ExprKind::Like { value, patterns, regex, negated } => {
            let name = if *regex { "rlike" } else { "like" };
            format!("({}{name} {}{})", not(*negated), show(value), self::patterns(patterns))
        }
        ExprKind::IsNull { value, negated } => format!("({}null {})", not(*negated), show(value)),
        ExprKind::Match { field, query } => format!("(: {} {})", show(field), show(query)),
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "not-" } else { "" }
}

fn spelled(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
    }
}

fn assignment(assignment: &Assignment) -> String {
    let name = assignment.name.as_ref().map(|name| format!("{}=", name.value)).unwrap_or_default();
    format!("{name}{}", expr(&assignment.value))
}

fn stats(name: &str, aggregates: &[Aggregate], by: &[Assignment]) -> String {
    let aggregates = list(aggregates, |aggregate| {
        let filter = aggregate.filter.as_ref().map(|filter| format!(" where {}", expr(filter)));
        format!("{}{}", assignment(&aggregate.assignment), filter.unwrap_or_default())
    });
    format!("{name}{aggregates} by{}", list(by, assignment))
}

fn maybe(name: Option<&Name>) -> &str {
    name.map_or("-", |name| &name.value)
}

fn command(command: &Command) -> String {
    let show = |one: &Expr| expr(one);
    match command {
        Command::Where(condition) => format!("where {}", show(condition)),
        Command::Eval(columns) => format!("eval{}", list(columns, assignment)),
        Command::Keep(names) => format!("keep{}", list(names, |name| name.parts.join("*"))),
        Command::Drop(names) => format!("drop{}", list(names, |name| format!("{:?}", name.parts))),
        Command::Rename(names) => {
            format!("rename{}", list(names, |(from, to)| format!("{}>{}", from.value, to.value)))
        }
        Command::Stats { aggregates, by } => stats("stats", aggregates, by),
        Command::InlineStats { aggregates, by } => stats("inline", aggregates, by),
        Command::Sort(orders) => {
            format!(
                "sort{}",
                list(orders, |order| {
                    let direction = if order.descending { "desc" } else { "asc" };
                    format!("{} {direction} {:?}", show(&order.value), order.nulls_first)
                })
            )
        }
        Command::Limit(count) => format!("limit {}", show(count)),
        Command::MvExpand(name) => format!("mv_expand {}", name.value),
        Command::Dissect { input, pattern, append_separator } => {
            format!("dissect {} {:?} {append_separator:?}", show(input), pattern.value)
        }
        Command::Grok { input, patterns } => format!("grok {}{}", show(input), self::patterns(patterns)),
        Command::Enrich { policy, on, with } => format!(
            "enrich {} {}{}",
            policy.value,
            maybe(on.as_ref()),
            list(with, |(new, field)| format!("{}={}", maybe(new.as_ref()), field.value))
        ),
        Command::LookupJoin { index, on } => format!("join {}{}", index.value, list(on, show)),
        Command::ChangePoint { value, key, output } => {
            let (kind, pvalue) = output.as_ref().map(|(kind, pvalue)| (kind, pvalue)).unzip();
            format!("change {} {} {} {}", value.value, maybe(key.as_ref()), maybe(kind), maybe(pvalue))
        }
        Command::Completion { target, prompt, options } => {
            format!("complete {} {}{}", maybe(target.as_ref()), show(prompt), self::options(options))
        }
        Command::Sample(probability) => format!("sample {}", show(probability)),
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::From { patterns, metadata } => {
            let name = |name: &Spanned<String>| name.value.clone();
            format!("from{} metadata{}", list(patterns, name), list(metadata, name))
        }
        Source::Row(columns) => format!("row{}", list(columns, assignment)),
    }
}

fn shown(text: &str) -> String {
    let (query, diagnostics) = parsed(text);
    let Some(query) = query else { panic!("{text}: {diagnostics:#?}") };
    let commands = query.commands.iter().map(|one| command(&one.value));
    let parts: Vec<String> = std::iter::once(source(&query.source.value)).chain(commands).collect();
    parts.join(" | ")
}

fn check_expression(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shown(&format!("ROW {text}")), format!("row {expected}"), "{text}");
    }
}

#[test]
fn sources() {
    for (text, expected) in [
        ("FROM logs-*", "from logs-* metadata"),
        ("from a, b-2024.01.01 ,-c* ", "from a b-2024.01.01 -c* metadata"),
        ("FROM a METADATA _id, _index", "from a metadata _id _index"),
        ("FROM a metadata _id", "from a metadata _id"),
        ("FROM a [METADATA _id, _version]", "from a metadata _id _version"),
        (r#"FROM "a b", """c""""#, "from a b c metadata"),
        (r#"FROM "a, b*",c"#, "from a b* c metadata"),
        (r#"FROM one:a, *:b*, "two:c", three:"d""#, "from one:a *:b* two:c three:d metadata"),
        ("FROM a::failures", "from a::failures metadata"),
        ("FROM <logs-{now/d}>, .alerts-security.*", "from <logs-{now/d}> .alerts-security.* metadata"),
        ("FROM a/*,b*/,c // d", "from a c metadata"),
        ("ROW a = 1, b = \"x\", 2", "row a=1 b=\"x\" 2"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn commands() {
    for (text, expected) in [
        ("where a.b", "where a.b"),
        ("EVAL a = 1, b.c = a + 1, UPPER(d)", "eval a=1 b.c=(+ a 1) (UPPER d)"),
        ("KEEP a, b.*, *c, d*e*, `f*`, *", "keep a b.* *c d*e* f* *"),
        ("KEEP `a``b`.c, @timestamp, _id, x.`y z`*", "keep a`b.c @timestamp _id x.y z*"),
        ("DROP a*b, `c*`, d", r#"drop ["a", "b"] ["c*"] ["d"]"#),
        ("RENAME a AS b, c.d as e, f = g", "rename a>b c.d>e g>f"),
        ("STATS COUNT(*)", "stats (COUNT *) by"),
        (
            "STATS c = COUNT(a) WHERE b > 1, MAX(d) BY e, f = BUCKET(g, 1 hour), g",
            "stats c=(COUNT a) where (> b 1) (MAX d) by e f=(BUCKET g 1'hour) g",
        ),
        ("STATS BY a", "stats by a"),
        ("INLINE STATS a = MAX(b) BY c", "inline a=(MAX b) by c"),
        ("INLINESTATS MAX(b)", "inline (MAX b) by"),
        (
            "SORT a, b DESC, c ASC NULLS FIRST, LENGTH(d) DESC NULLS LAST",
            "sort a asc None b desc None c asc Some(true) (LENGTH d) desc Some(false)",
        ),
        ("LIMIT 10", "limit 10"),
        ("MV_EXPAND a.b", "mv_expand a.b"),
        (r#"DISSECT a "%{b} %{c}""#, r#"dissect a "%{b} %{c}" None"#),
        (r#"DISSECT a "%{b}" APPEND_SEPARATOR=" , ""#, r#"dissect a "%{b}" Some(" , ")"#),
        (r#"GROK CONCAT(a, "x") """%{IP:b}\d""", "c""#, r#"grok (CONCAT a "x") "%{IP:b}\\d" "c""#),
        ("ENRICH policy", "enrich policy -"),
        (r#"ENRICH _any:languages-policy ON a.b WITH c = d, e"#, "enrich _any:languages-policy a.b c=d -=e"),
        (r#"ENRICH "policy" WITH c"#, "enrich policy - -=c"),
        ("LOOKUP JOIN a-b ON c, d.e", "join a-b c d.e"),
        ("lookup join a on b == c AND d > 1", "join a (and (== b c) (> d 1))"),
        ("CHANGE_POINT a", "change a - - -"),
        ("CHANGE_POINT a ON b AS c, d.e", "change a b c d.e"),
        (r#"COMPLETION a WITH { "inference_id": "b" }"#, r#"complete - a inference_id:"b""#),
        (
            r#"COMPLETION a = CONCAT(b, "c") WITH {"inference_id": "d", "n": 1}"#,
            r#"complete a (CONCAT b "c") inference_id:"d" n:1"#,
        ),
        ("SAMPLE 0.25", "sample 0.25"),
    ] {
        assert_eq!(
            shown(&format!("FROM x\n| {text} | LIMIT 1")),
            format!("from x metadata | {expected} | limit 1")
        );
    }
}

#[test]
fn constants() {
    check_expression(&[
        ("1", "1"),
        ("-1", "-1"),
        ("+1", "1"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("1e3", "1000.0"),
        ("-2.5E-1", "-0.25"),
        ("9223372036854775808", "9223372036854775808"),
        ("9999999999999999999999999999999999999999", "1e40"),
        ("true", "true"),
        ("FALSE", "false"),
        ("Null", "null"),
        (r#""""#, r#""""#),
        (r#""a\t\n\r\"\\b""#, r#""a\t\n\r\"\\b""#),
        (r#""""a "b" \d""""#, r#""a \"b\" \\d""#),
        (r#""""a"""""#, r#""a\"""#),
        ("[1, -2, 3.5]", "[1 -2 3.5]"),
        (r#"["a", "b"]"#, r#"["a" "b"]"#),
        ("[true]", "[true]"),
        ("1 day", "1'day"),
        ("5 Minutes", "5'minutes"),
        ("-2weeks", "-2'weeks"),
    ]);
}

/// After the precedence of the grammar (`Expression.g4`).
#[test]
fn operators() {
    check_expression(&[
        ("a OR b AND c", "(or a (and b c))"),
        ("a AND b OR c AND d", "(or (and a b) (and c d))"),
        ("(a OR b) AND c", "(and (or a b) c)"),
        ("a AND b AND c", "(and (and a b) c)"),
        ("NOT a AND b", "(and (not a) b)"),
        ("NOT a == 1 OR b", "(or (not (== a 1)) b)"),
        ("NOT NOT a", "(not (not a))"),
        ("NOT NOT NOT a", "(not a)"),
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("a / b % c", "(% (/ a b) c)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a -1", "(- a 1)"),
        ("a - -1", "(- a -1)"),
        ("-a + 1", "(+ (neg a) 1)"),
        ("- -a", "(neg (neg a))"),
        ("-a::long", "(neg (::long a))"),
        ("-1::long", "(::long -1)"),
        ("a::long::STRING", "(::STRING (::long a))"),
        ("a + 1 >= b * 2", "(>= (+ a 1) (* b 2))"),
        ("a != 1", "(!= a 1)"),
        ("a IN (1, b + 2, \"c\")", r#"(in a 1 (+ b 2) "c")"#),
        ("a NOT IN (1)", "(not-in a 1)"),
        ("NOT a IN (1)", "(not (in a 1))"),
        ("a LIKE \"b*\"", r#"(like a "b*")"#),
        ("a not rlike (\"b.*\", \"c\")", r#"(not-rlike a "b.*" "c")"#),
        ("a + b IS NULL", "(null (+ a b))"),
        ("a IS NOT NULL AND b", "(and (not-null a) b)"),
        ("a.b : \"c d\"", r#"(: a.b "c d")"#),
        ("a::keyword : 1", "(: (::keyword a) 1)"),
        ("(a) == (((b)))", "(== a b)"),
    ]);
}

#[test]
fn names_and_calls() {
    check_expression(&[
        ("@timestamp", "@timestamp"),
        ("_id", "_id"),
        ("a.`b c`.d", "a.b c.d"),
        ("`a.b*```", "a.b*`"),
        ("a . b", "a.b"),
        ("`and`", "and"),
        ("NOW()", "(NOW)"),
        ("f(a, 1 + 2, g(b))", "(f a (+ 1 2) (g b))"),
        ("COUNT(*)", "(COUNT *)"),
        ("FIRST(a, b) + last(c, d)", "(+ (FIRST a b) (last c d))"),
        ("match(a, \"b\", {\"x\": 1, \"y\": [true, false]})", r#"(match a "b" x:1 y:[true false])"#),
        ("f(a, {})", "(f a)"),
        ("f(a AND b)", "(f (and a b))"),
    ]);
}

#[test]
fn comments_are_blanks() {
    let text = "// first\nFROM a /* b /* nested */ c */ | /**/ WHERE d // e\n == 1 //";
    assert_eq!(shown(text), "from a metadata | where (== d 1)");
}

/// The text of an expression names its column.
#[test]
fn places() {
    let text = "ROW (a + b) * 2 , f( x ),  -y::long , \"\u{e9}\" == `z`";
    let (query, _) = parsed(text);
    let Source::Row(columns) = query.unwrap().source.value else { panic!() };
    let texts: Vec<&str> = columns.iter().map(|column| &text[column.span.clone()]).collect();
    assert_eq!(texts, ["(a + b) * 2", "f( x )", "-y::long", "\"\u{e9}\" == `z`"]);
}
