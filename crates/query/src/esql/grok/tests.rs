//! Tests of the patterns.

#![allow(clippy::unwrap_used)]

use super::*;

/// The columns that come out of a text, each with its values.
fn extracted(patterns: &[&str], text: &str) -> Option<Vec<(String, Vec<String>)>> {
    let grok = Grok::new(patterns).unwrap();
    let mut found: Vec<(String, Vec<String>)> =
        grok.outputs().iter().map(|output| (output.name.to_string(), Vec::new())).collect();
    let matches = grok.values(text, |output, value| found[output].1.push(value.to_owned())).unwrap();
    matches.then_some(found)
}

fn check(pattern: &str, text: &str, expected: Option<&[(&str, &[&str])]>) {
    let found = extracted(&[pattern], text);
    let found: Option<Vec<(&str, Vec<&str>)>> = found.as_ref().map(|found| {
        found.iter().map(|(name, values)| (&**name, values.iter().map(|value| &**value).collect())).collect()
    });
    let expected = expected
        .map(|expected| expected.iter().map(|(name, values)| (*name, values.to_vec())).collect::<Vec<_>>());
    assert_eq!(found, expected, "{pattern} {text}");
}

#[test]
fn known_patterns() {
    for (pattern, text, expected) in [
        ("%{IP:ip} %{WORD:verb}", "10.1.2.3 GET", Some(&[("ip", &["10.1.2.3"][..]), ("verb", &["GET"])][..])),
        ("%{IP:ip}", "::1", Some(&[("ip", &["::1"])])),
        ("%{NUMBER:n:int}", "a 12 b", Some(&[("n", &["12"])])),
        ("%{WORD:a} %{WORD:a}", "x y", Some(&[("a", &["x", "y"])])),
        ("%{WORD:a} %{INT:a}", "x 1", Some(&[("a", &["x", "1"])])),
        ("(?:%{INT:n}|%{WORD:w})", "abc", Some(&[("n", &[]), ("w", &["abc"])])),
        ("^%{WORD}$", "two words", None),
        (
            "%{URIPROTO:p}://%{URIHOST:h}",
            "x https://a.example:8080/b",
            Some(&[("h", &["a.example:8080"]), ("p", &["https"])]),
        ),
        ("%{TIMESTAMP_ISO8601:t}", "at 2024-01-02T03:04:05Z.", Some(&[("t", &["2024-01-02T03:04:05Z"])])),
        ("%{EMAILADDRESS:e}", "to: a.b@c.example", Some(&[("e", &["a.b@c.example"])])),
        (
            "%{UUID:u}",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            Some(&[("u", &["6ba7b810-9dad-11d1-80b4-00c04fd430c8"])]),
        ),
        ("%{MAC:m}", "00:1b:44:11:3a:b7", Some(&[("m", &["00:1b:44:11:3a:b7"])])),
        ("%{UNIXPATH:p}", "in /usr/bin/x", Some(&[("p", &["/usr/bin/x"])])),
        ("%{WINPATH:p}", r"C:\Windows\x.exe", Some(&[("p", &[r"C:\Windows\x.exe"])])),
        ("%{QUOTEDSTRING:q}", "say \"a b\" now", Some(&[("q", &["\"a b\""])])),
        ("%{URI:u}", "https://u@a.example/b?c=d", Some(&[("u", &["https://u@a.example/b?c=d"])])),
    ] {
        check(pattern, text, expected);
    }
}

#[test]
fn groups_and_flags_are_those_of_ruby() {
    for (pattern, text, expected) in [
        ("(?<a.b>[0-9]+)", "x12", Some(&[("a.b", &["12"][..])][..])),
        (r"x=(?<v>[^,}\]]+)", "{x=1], y", Some(&[("v", &["1"])])),
        ("^(?<v>b.)$", "a\nbc\nd", Some(&[("v", &["bc"])])),
        ("(?<v>a.)", "a\nab", Some(&[("v", &["ab"])])),
        ("(?m)(?<v>a.)", "a\nab", Some(&[("v", &["a\n"])])),
        ("(?im)^K[ \\t]*:(?<v>[^\\r\\n]+)\\r?$", "x\r\nk :v\r\nz", Some(&[("v", &["v"])])),
        ("(?i:A)(?<v>b)", "ab", Some(&[("v", &["b"])])),
        (r"(?<=x)(?<v>\d)(?<!y)", "1x2", Some(&[("v", &["2"])])),
        (r"\((?<v>[(?<]+)\)", "((?<)", Some(&[("v", &["(?<"])])),
        (r"\[(?<v>[^\]]*)\]", "a [b] c", Some(&[("v", &["b"])])),
    ] {
        check(pattern, text, expected);
    }
}

#[test]
fn several_patterns_are_alternatives() {
    let patterns = ["%{INT:n:int}$", "^%{WORD:w}"];
    assert_eq!(
        extracted(&patterns, "a 1").unwrap(),
        [("n".into(), vec![]), ("w".into(), vec!["a".to_owned()])]
    );
    assert_eq!(
        extracted(&patterns, "- 1").unwrap(),
        [("n".into(), vec!["1".to_owned()]), ("w".into(), vec![])]
    );
    assert_eq!(extracted(&patterns, "- -"), None);
}

/// After the reference: `int`, `long`, `float`, `double` and `boolean`; others are strings.
#[test]
fn types_of_columns() {
    let grok = Grok::new(&["%{INT:e:int} %{INT:d:long} %{NUMBER:c:float} %{NUMBER:b:double} %{WORD:a:boolean} %{WORD:f:x} %{WORD:g} %{WORD:g}"]).unwrap();
    let found: Vec<(&str, Type, bool)> =
        grok.outputs().iter().map(|output| (&*output.name, output.ty, output.is_multiple)).collect();
    assert_eq!(
        found,
        [
            ("a", Type::Boolean, false),
            ("b", Type::Double, false),
            ("c", Type::Double, false),
            ("d", Type::Long, false),
            ("e", Type::Integer, false),
            ("f", Type::Keyword, false),
            ("g", Type::Keyword, true),
        ]
    );
}

#[test]
fn columns_of_known_patterns_are_those_of_ecs() {
    let text = r#"10.0.0.1 - ann [02/Jan/2024:03:04:05 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl""#;
    let found = extracted(&["%{COMBINEDAPACHELOG}"], text).unwrap();
    let values: Vec<(&str, &str)> =
        found.iter().filter_map(|(name, values)| Some((name.as_str(), values.first()?.as_str()))).collect();
    assert_eq!(
        values,
        [
            ("http.request.method", "GET"),
            ("http.response.body.bytes", "12"),
            ("http.response.status_code", "200"),
            ("http.version", "1.1"),
            ("source.address", "10.0.0.1"),
            ("timestamp", "02/Jan/2024:03:04:05 +0000"),
            ("url.original", "/x"),
            ("user.name", "ann"),
            ("user_agent.original", "curl"),
        ]
    );
}

/// Each can be used, and captures only what ECS has a name for.
#[test]
fn all_known_patterns_compile() {
    let mut names: Vec<&str> = patterns::names().collect();
    names.sort_unstable();
    assert!(names.len() > 100, "{}", names.len());
    for name in names {
        let grok = Grok::new(&[format!("%{{{name}:x}}")]);
        assert!(grok.is_ok(), "{name}: {grok:?}");
    }
}

#[test]
fn what_is_refused() {
    for (pattern, error) in [
        ("%{NUMBR:a}", GrokError::UnknownPattern { name: "NUMBR".into(), similar: vec!["NUMBER".into()] }),
        ("%{NAGIOSLOGLINE}", GrokError::NotSupported { name: "NAGIOSLOGLINE".into() }),
        (
            "%{INT:a:int} %{WORD:a}",
            GrokError::Types { name: "a".into(), first: Type::Integer, second: Type::Keyword },
        ),
    ] {
        assert_eq!(Grok::new(&[pattern]).unwrap_err(), error, "{pattern}");
    }
    assert!(matches!(Grok::new(&["(?<a>b"]).unwrap_err(), GrokError::Regex { .. }));
    assert!(matches!(
        Grok::new(&["%{COMBINEDAPACHELOG}".repeat(1_000)]).unwrap_err(),
        GrokError::TooLarge | GrokError::Regex { .. }
    ));
}

#[test]
fn matching_ends() {
    let grok = Grok::new(&[r"(?<a>(x+x+)+y\b(?=z))"]).unwrap();
    assert_eq!(grok.values(&"x".repeat(40), |_, _| ()), Err(TooManySteps));
}
