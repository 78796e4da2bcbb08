#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Pattern, PatternMatcher, WildcardPart};

fn matches(pattern: &str, case_insensitive: bool, text: &str) -> bool {
    PatternMatcher::new(&Pattern::wildcard(pattern, case_insensitive)).unwrap().is_match(text)
}

#[test]
fn wildcards() {
    for (pattern, yes, no) in [
        ("abc", &["abc"][..], &["", "abcd", "ABC"][..]),
        ("*", &["", "a", "é\n"], &[]),
        ("?", &["a", "é", "😀", "\n"], &["", "ab"]),
        ("a*", &["a", "abc"], &["", "ba"]),
        ("*a", &["a", "bca"], &["ab"]),
        ("*a*", &["a", "bac"], &["b"]),
        ("a*b*c", &["abc", "aXbYc", "abbcc"], &["acb", "ab"]),
        ("*ab?", &["abc", "ababx"], &["ab", "abcd"]),
        ("?*?", &["ab", "abc"], &["a", ""]),
        ("**a**", &["a"], &[""]),
        (r"C:\*\x?.exe", &[r"C:\a\b\x1.exe"], &[r"C:\x1.exe"]),
        ("*\u{e9}?", &["aéb", "éé"], &["é"]),
    ] {
        for text in yes {
            assert!(matches(pattern, false, text), "{pattern} must match {text:?}");
        }
        for text in no {
            assert!(!matches(pattern, false, text), "{pattern} must not match {text:?}");
        }
    }
}

#[test]
fn case_is_that_of_ascii() {
    assert!(matches("C:\\Win*\\cmd.EXE", true, "c:\\WINDOWS\\CMD.exe"));
    assert!(matches("*B?d*", true, "abcD"));
    assert!(!matches("é*", true, "É"));
    assert!(!matches("K", true, "\u{212a}")); // the sign of the kelvin
    let exact = Pattern::Exact { text: "a*".into(), case_insensitive: true };
    assert!(PatternMatcher::new(&exact).unwrap().is_match("A*"));
    assert!(!PatternMatcher::new(&exact).unwrap().is_match("Ab"));
}

#[test]
fn parts_are_as_documented() {
    let Pattern::Wildcard { parts, .. } = Pattern::wildcard("ab**?*c", false) else { panic!("no wildcard") };
    let (ab, c) = (WildcardPart::Literal("ab".into()), WildcardPart::Literal("c".into()));
    assert_eq!(parts, [ab, WildcardPart::AnyRun, WildcardPart::AnyChar, WildcardPart::AnyRun, c]);
}

#[test]
fn stars_do_not_multiply() {
    let text = "a".repeat(100_000);
    assert!(!matches(&"*a".repeat(50).replace('a', "aaaaaaaaab"), false, &text));
    assert!(!matches("*a*a*a*a*a*a*a*a*a*b", true, &text));
    assert!(!matches(&format!("*{}b?*", "a?".repeat(100)), true, &text));
    let letters: String = ('a'..='z').map(|c| format!("*{c}")).collect();
    assert!(matches(&format!("{letters}*"), true, &"ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(40_000)));
    assert!(!matches(&format!("{letters}*1*"), true, &"zyxwvutsrqponmlkjihgfedcba".repeat(40_000)));
}

/// The definition, at exponential cost.
fn by_definition(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => by_definition(rest, text),
        (Some(('*', rest)), Some((_, behind))) => by_definition(rest, text) || by_definition(pattern, behind),
        (Some(('?', rest)), Some((_, behind))) => by_definition(rest, behind),
        (Some((p, rest)), Some((t, behind))) => p.eq_ignore_ascii_case(t) && by_definition(rest, behind),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matches_as_defined(pattern in "[ab*?é]{0,8}", text in "[abABé]{0,10}") {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches(&pattern, true, &text), by_definition(&p, &t));
    }

    #[test]
    fn regular_expressions_never_panic(source in "[a-c()|&~@#<>0-9{},?*+.\\[\\]\\^\\-\"\\\\ds]{0,20}", text in "[a-c0-9]{0,10}") {
        if let Ok(matcher) = PatternMatcher::new(&Pattern::Regex { source: source.into(), case_insensitive: false }) {
            matcher.is_match(&text);
        }
    }
}
