//! How alike a value is to what a test asks for. Only for putting near misses in order.

use std::sync::Arc;

use rulehound_query::{Pattern, Phrase, Test, WildcardPart};
use rulehound_schema::Value;

/// From 0, nothing alike (or no value), to 1000, nothing missing. The best of all values and alternatives.
pub(super) fn nearness(test: &Test, values: &[Value<'_>]) -> u32 {
    let texts = values.iter().filter_map(|value| match value {
        Value::String(text) => Some(text.to_lowercase()),
        _ => None,
    });
    let best = texts.map(|text| match test {
        Test::In(constants) => {
            let constants = constants.iter().filter_map(|constant| match constant {
                Value::String(constant) => Some(part_found(&text, [constant.as_ref()])),
                _ => None,
            });
            constants.max().unwrap_or(0)
        }
        Test::Matches(patterns) => {
            patterns.iter().map(|pattern| pattern_nearness(pattern, &text)).max().unwrap_or(0)
        }
        Test::Phrases(phrases) => {
            let nearest = |phrase: &Phrase| {
                let words = phrase.words.iter().map(|word| pattern_nearness(word, &text));
                words.sum::<u32>() / u32::try_from(phrase.words.len()).unwrap_or(u32::MAX).max(1)
            };
            phrases.iter().map(nearest).max().unwrap_or(0)
        }
        Test::Exists
        | Test::Compare(..)
        | Test::Between(..)
        | Test::Among(_)
        | Test::Cidr(_)
        | Test::Index(_) => 0,
    });
    best.max().unwrap_or(0)
}

fn pattern_nearness(pattern: &Pattern, text: &str) -> u32 {
    match pattern {
        Pattern::Exact { text: whole, .. } | Pattern::Fuzzy { text: whole, .. } => {
            part_found(text, [whole.as_ref()])
        }
        Pattern::Wildcard { parts, .. } => {
            let literals = parts.iter().filter_map(|part| match part {
                WildcardPart::Literal(literal) => Some(Arc::as_ref(literal)),
                WildcardPart::AnyRun | WildcardPart::AnyChar => None,
            });
            part_found(text, literals)
        }
        Pattern::Regex { .. } => 0,
    }
}

/// Which part of the literals, by bytes and in thousandths, stands in a lower-case text, in order. Of a literal
/// that does not, its longest beginning that does counts.
fn part_found<'l>(text: &str, literals: impl IntoIterator<Item = &'l str>) -> u32 {
    let (mut rest, mut found, mut total) = (text, 0, 0);
    for literal in literals {
        let literal = literal.to_lowercase();
        total += literal.len();
        let beginnings = literal.char_indices().map(|(at, c)| &literal[..at + c.len_utf8()]);
        let longest = beginnings.map_while(|part| Some((part.len(), rest.find(part)?))).last();
        if let Some((length, at)) = longest {
            found += length;
            rest = rest.get(at + length..).unwrap_or_default();
        }
    }
    u32::try_from((found * 1000).checked_div(total).unwrap_or(0)).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::part_found;

    #[test]
    fn the_more_of_the_literals_in_order_the_nearer() {
        let literals = ["HKLM\\SYSTEM\\ControlSet", "\\Services\\", "\\ImagePath"];
        let near = |text: &str| part_found(&text.to_lowercase(), literals);
        let texts = [
            "",
            "HKLM\\SOFTWARE\\Run",
            "HKLM\\SYSTEM\\Setup",
            "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\ImagePath",
            "HKLM\\SYSTEM\\ControlSet001\\Services\\x\\ImagePath",
        ];
        assert!(texts.map(near).is_sorted(), "{:?}", texts.map(near));
        assert_eq!(near(texts[0]), 0);
        assert_eq!(near(texts[4]), 1000);
        assert_eq!(part_found("anything", []), 0);
    }
}
