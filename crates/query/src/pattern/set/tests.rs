#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::select;

use super::{PatternScratch, PatternSet};
use crate::{Pattern, PatternMatcher};

/// The set finds what each pattern by itself matches, with scratch that other texts and sets have used.
fn check(patterns: &[Pattern], texts: &[String], scratch: &mut PatternScratch) {
    let set = PatternSet::new(&patterns.iter().collect::<Vec<_>>()).unwrap();
    let matchers: Vec<_> = patterns.iter().map(|pattern| PatternMatcher::new(pattern).unwrap()).collect();
    for text in texts {
        let mut found = Vec::new();
        set.matches(text, scratch, &mut found);
        found.sort_unstable();
        let expected: Vec<u32> =
            (0..).zip(&matchers).filter(|(_, m)| m.is_match(text)).map(|(id, _)| id).collect();
        assert_eq!(found, expected, "{patterns:?}\non {text:?}");
    }
}

fn wildcard(text: &str) -> Pattern {
    Pattern::wildcard(text, true)
}

fn regex(source: &str) -> Pattern {
    Pattern::Regex { source: source.into(), case_insensitive: false }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Pieces of strings and patterns, near each other.
const PIECES: &[&str] =
    &["a", "A", "b", "ab", "aba", ".exe", ".EXE", "C:\\", "c:\\win", "é", "É", "😀", "*", " "];
/// Pieces of regular expressions.
const PARTS: &[&str] = &[
    "a",
    "B",
    "ab",
    "[ab]",
    "[^a]",
    "[a-z]",
    ".",
    ".*",
    "(ab|ba)",
    "(a|.*b)",
    "(abc)?",
    "(ab){2}",
    "(a[ab]){1,2}",
    "a+",
    "@",
    "#?",
    "(a|#)",
    "é",
    "\\.exe",
    "~(ab)",
    "(a.*&.*b)",
    "<1-3>",
    "(|a)",
    "\"C:\\\"",
    "(ab.*|b.*a)",
    "((a|b)c){2,}",
    "()",
];

fn pattern() -> impl Strategy<Value = Pattern> {
    let text = |pieces: &'static [&str]| {
        prop::collection::vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat())
    };
    let with_wildcards: &[_] = &["a", "b", "ab", "aba", ".exe", "C:\\", "é", "?", "*", "*", "?"];
    prop_oneof![
        2 => (text(PIECES), any::<bool>())
            .prop_map(|(text, case_insensitive)| Pattern::Exact { text: text.into(), case_insensitive }),
        4 => (text(with_wildcards), any::<bool>())
            .prop_map(|(text, case_insensitive)| Pattern::wildcard(&text, case_insensitive)),
        4 => (text(PARTS), any::<bool>())
            .prop_map(|(source, case_insensitive)| Pattern::Regex { source: source.into(), case_insensitive }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_set_finds_what_its_patterns_match(
        sets in prop::collection::vec(prop::collection::vec(pattern(), 0..30), 1..3),
        texts in prop::collection::vec(prop::collection::vec(select(PIECES), 0..6), 1..20),
    ) {
        let texts: Vec<String> = texts.iter().map(|pieces| pieces.concat()).collect();
        let mut scratch = PatternScratch::default();
        for patterns in &sets {
            check(patterns, &texts, &mut scratch);
        }
    }
}

#[test]
fn every_place_of_a_literal() {
    let patterns = [
        "cmd.exe",
        "?md.exe",
        "???.exe",
        "c*",
        "?m*",
        "???.*",
        "*.exe",
        "*.ex?",
        "*.e??",
        "*.???",
        "*md.e*",
        "*m*d*",
        "c?d*",
        "*",
        "?*",
        "*?",
        "",
        "c*e",
        "*a*",
        "*cmd.exe*",
        "*exe*",
        "*e*",
    ];
    let texts = strings(&[
        "cmd.exe",
        "CMD.EXE",
        "md.exe",
        "éMD.exé",
        "c",
        "",
        ".exe",
        "xcmd.exex",
        "eee",
        "日本語.exe",
    ]);
    check(&patterns.map(wildcard), &texts, &mut PatternScratch::default());
}

#[test]
fn literals_that_contain_each_other_are_all_found() {
    let nested: Vec<Pattern> = (1..60).map(|length| wildcard(&format!("*{}*", "a".repeat(length)))).collect();
    let texts = strings(&["a", "aa", "baaab"]).into_iter().chain(["a".repeat(30), "a".repeat(100)]);
    check(&nested, &texts.collect::<Vec<_>>(), &mut PatternScratch::default());
    let starts: Vec<Pattern> = (0..60).map(|length| wildcard(&format!("{}*", "ab".repeat(length)))).collect();
    check(&starts, &strings(&["", "a", "abababx", "b", "abb", "zz"]), &mut PatternScratch::default());
}

#[test]
fn regular_expressions_run_together_where_literals_tell_nothing() {
    let together = ["[a-z]+", "[0-9]{3}", ".*[0-9]", ".?", "[^x]*", "(a|[0-9])+"].map(regex);
    let alone = ["[a-z]+\\.exe", "evil[0-9]+", "~(.*evil.*)", ".*(bad|worse).*"].map(regex);
    let set = PatternSet::new(&together.iter().chain(&alone).collect::<Vec<_>>()).unwrap();
    let matchers: Vec<bool> = set.matchers.iter().map(Option::is_some).collect();
    assert_eq!(matchers, [vec![false; 6], vec![true; 4]].concat());
    assert_eq!(set.unfiltered, [8]);
    let texts = strings(&["abc", "123", "abc.exe", "x9", "evil1", "", "a1", "this is bad.", "worse"]);
    check(&[together.to_vec(), alone.to_vec()].concat(), &texts, &mut PatternScratch::default());
}

#[test]
fn a_literal_that_few_have_is_chosen() {
    let many = (0..20).map(|n| format!("C:\\Windows\\*\\{n}a.exe"));
    let shared: Vec<Pattern> =
        many.chain((0..20).map(|n| format!("{n}b:*long but frequent"))).map(|p| wildcard(&p)).collect();
    let set = PatternSet::new(&shared.iter().collect::<Vec<_>>()).unwrap();
    assert!(set.chosen_by.iter().all(|patterns| patterns.len() == 1), "{:?}", set.chosen_by);
}

#[test]
fn the_pattern_that_cannot_be_compiled_is_named() {
    let large = ".*[0-9]((a{1,100}){1,100}){1,100}";
    for bad in ["(", "(((a{1,100}){1,100}){1,100}){1,100}", large, "~(.*a.{40})"] {
        let patterns = [wildcard("a*"), regex("[0-9]"), regex(bad), regex("b")];
        let error = PatternSet::new(&patterns.iter().collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.pattern, 2, "{bad}");
        assert_eq!(Err(error.source), PatternMatcher::new(&patterns[2]).map(drop), "{bad}");
    }
}
