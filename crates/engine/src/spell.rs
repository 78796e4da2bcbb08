//! Predicates and expressions in EQL's spelling, for people. What EQL cannot say exactly is spelled as near as
//! it can.

use std::net::Ipv6Addr;

use rulehound_query::{CompareOp, Expr, Filter, Pattern, Phrase, Predicate, Test, WildcardPart};
use rulehound_schema::Value;

/// A whole filter. What asks about the objects of an array or about ancestors is spelled as the endpoint's dialect does.
pub(crate) fn filter(asked: &Filter) -> String {
    let operand = |part: &Filter| match part {
        Filter::And(_) | Filter::Or(_) | Filter::Shared(_) => format!("({})", filter(part)),
        _ => filter(part),
    };
    let joined = |parts: &[Filter], word: &str| parts.iter().map(operand).collect::<Vec<_>>().join(word);
    match asked {
        Filter::Constant(answer) => answer.to_string(),
        Filter::And(parts) => joined(parts, " and "),
        Filter::Or(parts) => joined(parts, " or "),
        Filter::Not(inner) => format!("not {}", operand(inner)),
        Filter::Predicate(asked) => predicate(asked),
        Filter::Computed(asked) => expr(asked),
        Filter::Shared(inner) => filter(inner),
        Filter::Element(element) => {
            format!("_arraysearch({}, $element, {})", element.array, filter(&element.filter))
        }
        Filter::Descendant(ancestor) => format!("descendant of [any where {}]", filter(ancestor)),
    }
}

/// A predicate, such as `process.name : ("cmd.exe", "*.bat")`.
pub(crate) fn predicate(Predicate { field, test }: &Predicate) -> String {
    let name = &field.name;
    match test {
        Test::Exists => format!("{name} != null"),
        Test::Compare(op, constant) => format!("{name} {} {}", operator(*op), literal(constant)),
        Test::Between(least, most) => {
            format!("{name} >= {} and {name} <= {}", literal(least), literal(most))
        }
        Test::In(constants) => alternatives(name, "==", "in", constants.iter().map(literal)),
        Test::Among(set) => format!("{name} is among the {} values of `{}`", set.len(), set.name()),
        Test::Matches(patterns) => matches(name, patterns),
        Test::Cidr(networks) => {
            let networks: Vec<String> = networks.iter().map(network).collect();
            format!("cidrMatch({name}, {})", networks.join(", "))
        }
        Test::Phrases(found) => phrases(name, found),
        Test::Index(_) => format!("{name} is among the index patterns"),
    }
}

/// An expression, such as `length(process.name) > 10`.
pub(crate) fn expr(expr: &Expr) -> String {
    match expr {
        Expr::Literal(None) => "null".to_owned(),
        Expr::Literal(Some(value)) => literal(value),
        Expr::Field(field) => field.name.to_string(),
        Expr::Earlier { step, field } => format!("event{step}.{}", field.name),
        Expr::Filter(asked) => filter(asked),
        Expr::Call { function, case_insensitive, args } => {
            let tilde = if *case_insensitive { "~" } else { "" };
            format!("{}{tilde}({})", function.name(), list(args, ", "))
        }
        Expr::Arithmetic(op, left, right) => binary(left, op.symbol(), right),
        Expr::Negate(inner) => format!("-{}", operand(inner)),
        Expr::Equal { left, right, case_insensitive } => {
            binary(left, if *case_insensitive { ":" } else { "==" }, right)
        }
        Expr::NotEqual { left, right } => binary(left, "!=", right),
        Expr::Compare(op, left, right) => binary(left, operator(*op), right),
        Expr::DateMath { from, steps, .. } => format!("{}{steps}", operand(from)),
        Expr::Matches(inner, patterns) => matches(&operand(inner), patterns.patterns()),
        Expr::IsNull(inner) => format!("{} == null", operand(inner)),
        Expr::And(parts) => list(parts, " and "),
        Expr::Or(parts) => list(parts, " or "),
        Expr::Not(inner) => format!("not {}", operand(inner)),
    }
}

fn binary(left: &Expr, operator: &str, right: &Expr) -> String {
    format!("{} {operator} {}", operand(left), operand(right))
}

fn list(parts: &[Expr], separator: &str) -> String {
    let is_call = separator == ", ";
    let parts = parts.iter().map(|part| if is_call { expr(part) } else { operand(part) });
    parts.collect::<Vec<_>>().join(separator)
}

/// An expression in brackets unless it stands for itself.
fn operand(inner: &Expr) -> String {
    match inner {
        Expr::Literal(_) | Expr::Field(_) | Expr::Earlier { .. } | Expr::Call { .. } => expr(inner),
        _ => format!("({})", expr(inner)),
    }
}

fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "<",
        CompareOp::Lte => "<=",
        CompareOp::Gt => ">",
        CompareOp::Gte => ">=",
    }
}

/// `subject one x`, or `subject many (x, y)`.
fn alternatives(subject: &str, one: &str, many: &str, constants: impl Iterator<Item = String>) -> String {
    let constants: Vec<String> = constants.collect();
    match constants.as_slice() {
        [only] => format!("{subject} {one} {only}"),
        several => format!("{subject} {many} ({})", several.join(", ")),
    }
}

/// Patterns of one operator together; those of different ones joined by `or`.
fn matches(subject: &str, patterns: &[Pattern]) -> String {
    let groups = patterns.chunk_by(|a, b| pattern_operators(a) == pattern_operators(b));
    let groups = groups.filter_map(|group| {
        let (one, many) = pattern_operators(group.first()?);
        Some(alternatives(subject, one, many, group.iter().map(pattern)))
    });
    groups.collect::<Vec<_>>().join(" or ")
}

/// Phrases, in the spelling of Lucene, for EQL knows no words: `message has ("access denied"~2, foo*)`.
fn phrases(subject: &str, phrases: &[Phrase]) -> String {
    let phrases = phrases.iter().map(|Phrase { words, slop }| {
        let words: Vec<String> = words.iter().map(word).collect();
        match (words.as_slice(), slop) {
            ([only], _) => only.clone(),
            (several, 0) => format!("\"{}\"", several.join(" ")),
            (several, slop) => format!("\"{}\"~{slop}", several.join(" ")),
        }
    });
    alternatives(subject, "has", "has", phrases)
}

fn word(word: &Pattern) -> String {
    match word {
        Pattern::Exact { text, .. } => text.to_string(),
        Pattern::Fuzzy { text, distance, .. } => format!("{text}~{distance}"),
        Pattern::Regex { source, .. } => format!("/{source}/"),
        Pattern::Wildcard { parts, .. } => wildcard(parts),
    }
}

/// The operator for one pattern, and that for several.
fn pattern_operators(pattern: &Pattern) -> (&'static str, &'static str) {
    match pattern {
        // `:` would take these stars for wildcards.
        Pattern::Exact { text, case_insensitive: true } if text.contains(['*', '?']) => ("in~", "in~"),
        Pattern::Exact { case_insensitive: false, .. } => ("==", "in"),
        Pattern::Exact { .. } | Pattern::Wildcard { case_insensitive: true, .. } => (":", ":"),
        Pattern::Wildcard { .. } => ("like", "like"),
        Pattern::Fuzzy { .. } => ("is nearly", "is nearly one of"),
        Pattern::Regex { case_insensitive: true, .. } => ("regex~", "regex~"),
        Pattern::Regex { .. } => ("regex", "regex"),
    }
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Exact { text, .. } => quoted(text),
        Pattern::Fuzzy { text, .. } => quoted(text),
        Pattern::Regex { source, .. } => quoted(source),
        Pattern::Wildcard { parts, .. } => quoted(&wildcard(parts)),
    }
}

fn wildcard(parts: &[WildcardPart]) -> String {
    let part = |part: &WildcardPart| match part {
        WildcardPart::Literal(text) => text.to_string(),
        WildcardPart::AnyRun => "*".to_owned(),
        WildcardPart::AnyChar => "?".to_owned(),
    };
    parts.iter().map(part).collect()
}

fn literal(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Long(_) | Value::UnsignedLong(_) | Value::Double(_) | Value::Boolean(_) => value.to_string(),
        Value::Date(_) | Value::DateNanos(_) | Value::Ip(_) => quoted(&value.to_string()),
    }
}

fn network((address, prefix): &(Ipv6Addr, u8)) -> String {
    match address.to_ipv4_mapped().zip(prefix.checked_sub(96)) {
        Some((address, prefix)) => format!("\"{address}/{prefix}\""),
        None => format!("\"{address}/{prefix}\""),
    }
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
