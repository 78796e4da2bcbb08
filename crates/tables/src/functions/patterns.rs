//! `LIKE` and `RLIKE`: whether a whole string matches one of some patterns.
//!
//! The patterns of `LIKE` are those of Elasticsearch's `wildcard` query, those of `RLIKE` are Lucene's
//! regular expressions with all their operators; both regard case. Null gives null, several values give null
//! and a warning. After `WildcardLike` and `RLike` of Elasticsearch.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use rulehound_query::{Pattern, Patterns};

use super::rows::map1;
use super::{Call, Implementation};

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("like", |call| matches(call, Pattern::escaped_wildcard)),
    Implementation::of_values("rlike", |call| {
        matches(call, |text| Pattern::Regex { source: text.into(), case_insensitive: false })
    }),
];

fn matches(call: &Call<'_>, pattern: fn(&str) -> Pattern) -> Result<ArrayRef> {
    let texts = (1..call.args.len()).filter_map(|place| match call.constant(place) {
        Some(ScalarValue::Utf8View(Some(text))) => Some(text.as_str()),
        _ => None,
    });
    let patterns = Patterns::new(texts.map(pattern).collect());
    let patterns = patterns.map_err(|error| exec_datafusion_err!("`{}`: {error}", call.name))?;
    call.booleans_of(map1(&call.strings(0)?, |text| Ok(Some(patterns.is_match(text)))))
}

#[cfg(test)]
mod tests {
    use rulehound_query::esql::Type::*;
    use rulehound_query::esql::functions::SignatureError;

    use crate::functions::testing::{NULL, column, refused, rows, run, text, values};

    /// After "ES|QL operators": `LIKE` filters by wildcards, `*` for zero or more characters and `?` for one;
    /// what is escaped with `\` stands for itself. One of a list is enough.
    #[test]
    fn like() {
        let names = column(Keyword, values!["Anna", "anna", "A*", "", NULL]);
        let like = |patterns: &[&str]| {
            let args: Vec<_> =
                [names.clone()].into_iter().chain(patterns.iter().copied().map(text)).collect();
            rows("like", &args)
        };
        assert_eq!(like(&["A?n*"]), values![true, false, false, false, NULL]);
        assert_eq!(like(&[r"A\*"]), values![false, false, true, false, NULL]);
        assert_eq!(like(&["*"]), values![true, true, true, true, NULL]);
        assert_eq!(like(&[""]), values![false, false, false, true, NULL]);
        assert_eq!(like(&["x*", "anna"]), values![false, true, false, false, NULL]);
    }

    /// After "ES|QL operators" and Lucene's `RegExp`: the whole string must match.
    #[test]
    fn rlike() {
        let names = column(Text, values!["C:\\Temp\\a.exe", "a.exe", "abc", NULL]);
        let like = |pattern: &str| rows("rlike", &[names.clone(), text(pattern)]);
        assert_eq!(like(r".+\.exe"), values![true, true, false, NULL]);
        assert_eq!(like("a"), values![false, false, false, NULL]);
        assert_eq!(like("~(.*exe)&[a-z]{3}"), values![false, false, true, NULL]);
        let either = rows("rlike", &[names.clone(), text("b.*"), text("[a-c]+")]);
        assert_eq!(either, values![false, false, true, NULL]);
    }

    #[test]
    fn several_values_are_null() {
        let outcome = run("like", &[column(Keyword, values![["a", "b"], "a"]), text("a")]);
        assert_eq!(outcome.rows, values![NULL, true]);
        assert_eq!(outcome.warnings[0].0, "like");
    }

    #[test]
    fn patterns_are_constants() {
        let error = refused("like", &[text("a"), column(Keyword, values!["a"])]);
        assert!(matches!(error, SignatureError::NotConstant { place: 1, .. }));
        let error = refused("rlike", &[column(Integer, values![1]), text("1")]);
        assert!(matches!(error, SignatureError::Type { place: 0, .. }));
    }
}
