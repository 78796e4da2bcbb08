#![allow(clippy::unwrap_used)]

use super::{Regex, RegexError};

fn check(regex: &str, yes: &[&str], no: &[&str]) {
    check_case(regex, false, yes, no);
}

fn check_case(source: &str, case_insensitive: bool, yes: &[&str], no: &[&str]) {
    let regex = Regex::new(source, case_insensitive).unwrap();
    for text in yes {
        assert!(regex.is_match(text), "{source} must match {text:?}");
    }
    for text in no {
        assert!(!regex.is_match(text), "{source} must not match {text:?}");
    }
}

#[test]
fn common_operators() {
    check("abc", &["abc"], &["", "ab", "xabc", "abcd", "ABC"]);
    check("a|bc", &["a", "bc"], &["ac", "abc"]);
    check("a.c", &["abc", "a\nc", "aéc"], &["ac", "abbc"]);
    check("ab?c+d*", &["ac", "abccdd"], &["abd", "abbc"]);
    check("a{2}b{1,}c{0,2}", &["aab", "aabbcc"], &["ab", "aabccc"]);
    check(".*?net1.*?", &["net1", "x net1 y"], &["net2"]);
    check("(ab)*", &["", "abab"], &["aba"]);
    check("()a", &["a"], &[""]);
    check("", &[""], &["a"]);
}

#[test]
fn classes() {
    check("[a-c0]x", &["ax", "0x"], &["dx"]);
    check("[^a-c]", &["d", "é", "\n"], &["a", ""]);
    check(r"[\-\]\\]", &["-", "]", "\\"], &["a"]);
    check(r"\d+\s\w", &["12 a", "1\t_"], &["a b", "1-a", "١ a"]);
    check(r"\D\S\W", &["ab-"], &["1b-", "a -"]);
    check(r"[\w.]+", &["a.b_1"], &["a b"]);
}

#[test]
fn what_other_dialects_treat_otherwise() {
    check("^a$", &["^a$"], &["a"]);
    check(r"a\.b", &["a.b"], &["axb"]);
    check(r"a\/b", &["a/b"], &[]);
    check("\"a.b*\"c", &["a.b*c"], &["axbc"]);
    check("*a", &["*a"], &["a"]);
}

#[test]
fn operators_of_lucene() {
    check("~(abc)", &["", "ab", "abcd"], &["abc"]);
    check("~(.*evil.*)", &["good"], &["an evil one", "evil"]);
    check("a~bc", &["ac", "axxc", "abbc"], &["abc"]);
    check(".*a.*&.*b.*", &["ab", "xbya"], &["a", "b"]);
    check("[a-z]+&~(root|admin)", &["user", "rooty"], &["root", "admin", "Root"]);
    check("a&b|c", &["c"], &["a", "b"]);
    let path = "C:\\\\Program Files( \\(x86\\))?\\\\Some Vendor\\\\[^\\\\]+\\\\agent.exe";
    check(&format!("~({path})"), &[r"C:\a.exe"], &[r"C:\Program Files (x86)\Some Vendor\x y\agent.exe"]);
    check("@x", &["x", "aax"], &["xa"]);
    check("a#|b", &["b"], &["a", "a#"]);
}

#[test]
fn intervals() {
    check("<1-100>", &["1", "42", "100", "007"], &["0", "101", "", "1a"]);
    check("<01-20>", &["01", "19", "20"], &["1", "21", "001"]);
    check("v<9-11>", &["v9", "v10", "v11", "v0010"], &["v8", "v12"]);
    check("<0-2147483647>", &["0", "2147483647"], &["2147483648"]);
    check("<20-1>", &["1", "20"], &["21"]);
    for number in 0..=1234_u32 {
        let inside = (17..=1203).contains(&number);
        let text = number.to_string();
        let (yes, no): (&[&str], &[&str]) = if inside { (&[&text], &[]) } else { (&[], &[&text]) };
        check("<17-1203>", yes, no);
    }
}

#[test]
fn case_is_ascii() {
    check_case("net[a-c]x", true, &["netax", "NETBX", "NeTcX"], &["netdx"]);
    check_case("[^a]", true, &["b"], &["a", "A"]);
    check_case("é", true, &["é"], &["É"]);
    check_case("~(root)", true, &["user"], &["ROOT", "root"]);
}

#[test]
fn mistakes() {
    for (source, position) in [
        ("a)", 2),
        ("(a", 3),
        ("[a", 3),
        ("[z-a]", 5),
        ("a{x}", 3),
        ("a{2,1}", 7),
        ("\"a", 3),
        ("<a-b>", 2),
        ("<1-2", 5),
        ("a\\", 3),
        (r"\q", 1),
        ("a|", 3),
    ] {
        match Regex::new(source, false) {
            Err(RegexError::Syntax { position: found, .. }) => assert_eq!(found, position, "{source}"),
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn sizes_are_limited() {
    let spaces = format!(".*@net[1?]{}~ {}local.*?", " ".repeat(60), " ".repeat(60));
    for source in
        ["((a{1000}){1000}){1000}", "~((a{1000}){1000})", "~(.*a.{40})", &spaces, &"(".repeat(100_000)]
    {
        assert!(Regex::new(source, false).is_err(), "{}", &source[..source.len().min(30)]);
    }
    let sources = [
        "((a{1,100}){1,100}){1,100}".to_owned(),
        "#{2147483647}".to_owned(),
        "(a?){2147483647}".to_owned(),
        "~((a?){2147483647})".to_owned(),
        format!("a{}", "{2}".repeat(100_000)),
        format!("a{}", "{1,2}?".repeat(50_000)),
        format!("~(a{})", "{1,2}".repeat(30)),
        // Each state may be the square of the one before.
        format!("~({})", "a?".repeat(50_000)),
        format!("({})&b", "(a*b*c*)*".repeat(5_000)),
    ];
    for source in sources {
        assert!(Regex::new(&source, false).is_err(), "{}", &source[..30]);
    }
    // A pattern that makes backtracking matchers slow.
    check("(a*)*b", &["aab"], &[&"a".repeat(10_000)]);
    check(&format!(".*{}b", "[ac]?".repeat(1_000)), &["b", "acb"], &[&"ac".repeat(10_000)]);
    check("(){2147483647}", &[""], &["a"]);
}

/// Both ways to match agree where both can.
#[test]
fn derivatives_agree_with_the_translation() {
    for source in ["a*b|c", "(ab|c){2,3}", "[a-c]+d?", "a.c|.*b", "(a|b)*abb", "<3-17>|x", "(a?b?){3}", "@b"]
    {
        let ast = super::parse::parse(source, false).unwrap();
        let automaton = super::Automaton::new(&ast).unwrap();
        let regex = super::translate::compile(&ast).unwrap();
        let mut texts = vec![String::new()];
        for length in 0..5 {
            let longest: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts
                .extend(longest.iter().flat_map(|text| "abcd17x".chars().map(move |c| format!("{text}{c}"))));
        }
        for text in &texts {
            assert_eq!(automaton.is_match(text), regex.is_match(text), "{source} on {text:?}");
        }
    }
}

#[test]
fn impossible_alternatives_cost_nothing() {
    // Large enough that its automaton would be too large, but that `>&1` is no string.
    let many =
        ["a.*b", "c.*d", "e.*f", "g.*h", "i.*j", "k.*l", "m.*n", "o.*p", "q.*r", "s.*t", "u.*v"].join("|");
    let regex = Regex::new(&format!(".*({many}|>&1).*"), false).unwrap();
    assert!(matches!(regex, Regex::Meta(_)));
    assert!(regex.is_match("x a y b z") && !regex.is_match(">&1"));
    // What is possible stays.
    let both = Regex::new("(ab.*&.*ba|>&1)", false).unwrap();
    assert!(both.is_match("abba") && !both.is_match("abb"));
}

#[test]
fn escapes_in_classes_begin_no_range() {
    let regex = Regex::new(r"[a_\\-]+", false).unwrap();
    assert!(regex.is_match(r"a_\-") && !regex.is_match("b"));
}
