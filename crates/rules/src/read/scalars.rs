//! Reading the small types: ids, scores, words of a vocabulary, times.

use std::ops::Range;
use std::str::FromStr;

use super::decode::{Findings, FromNode, NonEmpty, near_miss};
use super::node::{Kind, Node};
use rulehound_schema::DateMath;

use crate::interval::Interval;
use crate::kind::{Language, OperatingSystem, RuleType};
use crate::values::{
    BuildingBlockType, MappingOperator, Maturity, MissingFieldsStrategy, RiskScore, RuleId, RuleVersion,
    Severity, TimeUnit,
};

impl FromNode for RuleId {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        RuleId::new(NonEmpty::from_node(node, field, findings)?.0)
    }
}

impl FromNode for RuleVersion {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        match node.kind {
            Kind::String(_) => NonEmpty::from_node(node, field, findings).map(|text| Self::Text(text.0)),
            _ => u64::from_node(node, field, findings).map(Self::Number),
        }
    }
}

impl FromNode for RiskScore {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        let span = node.span.clone();
        let number = i64::from_node(node, field, findings)?;
        let score = RiskScore::new(number);
        if score.is_none() {
            let message = format!("`{field}` must be from 0 to 100, not {number}");
            findings.error("rule::out-of-range", span, message, None);
        }
        score
    }
}

/// Reads one of the words that stand for a type's values.
macro_rules! from_word {
    ($($name:ident),+) => {$(
        impl $crate::read::decode::FromNode for $name {
            fn from_node(
                node: $crate::read::node::Node,
                field: &str,
                findings: &mut $crate::read::decode::Findings,
            ) -> Option<Self> {
                let span = node.span.clone();
                let word = String::from_node(node, field, findings)?;
                let value = $name::from_word(&word);
                if value.is_none() {
                    let words = $name::ALL.iter().map(|value| value.as_str());
                    $crate::read::scalars::unknown_word(&word, field, span, words, findings);
                }
                value
            }
        }
    )+};
}
pub(super) use from_word;

from_word!(
    BuildingBlockType,
    Language,
    MappingOperator,
    Maturity,
    MissingFieldsStrategy,
    OperatingSystem,
    RuleType,
    Severity,
    TimeUnit
);

/// A word that is none of a vocabulary's.
pub(super) fn unknown_word<'a>(
    word: &str,
    field: &str,
    span: Range<usize>,
    words: impl Iterator<Item = &'a str> + Clone,
    findings: &mut Findings,
) {
    let message = format!("`{field}` cannot be `{word}`");
    let help = near_miss(word, words.clone()).unwrap_or_else(|| one_of(words));
    findings.error("rule::unknown-value", span, message, Some(help));
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    if words.len() == 1 {
        format!("it can only be {}", words.concat())
    } else {
        format!("it is one of {}", words.join(", "))
    }
}

impl FromNode for DateMath {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        parse(node, field, "rule::date-math", "such as `now-9m`", findings)
    }
}

impl FromNode for Interval {
    fn from_node(node: Node, field: &str, findings: &mut Findings) -> Option<Self> {
        parse(node, field, "rule::interval", "such as `5m`", findings)
    }
}

fn parse<T: FromStr<Err: std::fmt::Display>>(
    node: Node,
    field: &str,
    code: &'static str,
    example: &str,
    findings: &mut Findings,
) -> Option<T> {
    let span = node.span.clone();
    let text = String::from_node(node, field, findings)?;
    text.parse()
        .map_err(|error: T::Err| {
            let message = format!("`{field}` cannot be `{text}`: {error}");
            findings.error(code, span, message, Some(format!("write a time {example}")));
        })
        .ok()
}
