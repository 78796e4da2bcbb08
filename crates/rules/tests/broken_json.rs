//! Broken exports: each fault is a diagnostic that points at the place, and costs only itself.

#![allow(clippy::unwrap_used, clippy::panic)]

mod loading;

use rulehound_rules::{Problem, RuleSet, Status};

use loading::{load, show};

/// A sound rule, a line by itself.
const RULE: &str = r#"{"rule_id":"5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01","name":"A thing","description":"Finds a thing.","severity":"low","risk_score":21,"type":"eql","language":"eql","query":"process where process.name == \"a.exe\"","index":["logs-*"],"author":["Rulehound"]}"#;

fn other() -> String {
    RULE.replace("5b1f0ea0", "00000000")
}

/// Loads one file and compares its problems.
fn check(name: &str, bytes: &[u8], expected: &[&str]) -> RuleSet {
    let (_folder, set) = load(&[(name, bytes)]);
    assert_eq!(set.problems.iter().map(show).collect::<Vec<_>>(), expected, "{}", bytes.escape_ascii());
    set
}

fn compiled(set: &RuleSet) -> usize {
    set.rules.iter().filter(|loaded| matches!(loaded.status, Status::Compiled(_))).count()
}

#[test]
fn a_broken_line_costs_only_itself() {
    let text = format!("{RULE}\n{{\"rule_id\": \n{}\n", other());
    let set = check("a.ndjson", text.as_bytes(), &["json::syntax 2:12 "]);
    assert_eq!((compiled(&set), set.counts().total.failed), (2, 1));
    assert_eq!(set.counts().by_type["unknown"].failed, 1);

    // The last line was cut off.
    let cut = &other()[..60];
    let set = check("a.ndjson", format!("{RULE}\n{cut}").as_bytes(), &["json::syntax 2:58 \"A"]);
    assert_eq!((compiled(&set), set.counts().total.failed), (1, 1));

    let mut bytes = format!("{RULE}\n{{\"rule_id\": \"").into_bytes();
    bytes.extend(b"\xff\xfe\"}\n");
    bytes.extend(other().as_bytes());
    let set = check("a.ndjson", &bytes, &["file::not-utf-8 2:14 \u{fffd}"]);
    assert_eq!((compiled(&set), set.counts().total.failed), (2, 1));
}

#[test]
fn a_broken_object_costs_only_itself() {
    let broken = other().replace("21", "\"21\"");
    let faults = &["rule::wrong-type 2:129 \"21\""];
    for text in [
        format!("{RULE}\n{broken}\n"),
        format!("[{RULE},\n{broken}]"),
        format!("{{\"data\":[{RULE},\n{broken}]}}"),
    ] {
        let set = check("a.json", text.as_bytes(), faults);
        assert_eq!((compiled(&set), set.counts().by_type["eql"].failed), (1, 1), "{text}");
        assert_eq!(
            set.problems[0].rule_id.as_ref().unwrap().as_str(),
            "00000000-5d06-4d0e-9a57-6a2b8f3b1d01"
        );
    }
}

#[test]
fn queries_and_fields_are_diagnosed_where_they_stand() {
    let at = |text: &str, needle: &str| text.find(needle).unwrap() + 1;
    for (from, to, code, needle) in [
        (r#"process.name == "#, r#"process.nam\u0065 = "#, "eql::syntax::assignment", r#"= \"a.exe"#),
        (r#"where process"#, r#"where \ud83d\ude00 process"#, "eql::syntax::unexpected-character", r"\ud83d"),
        (r#""severity":"low""#, r#""severity":"mild""#, "rule::unknown-value", r#""mild""#),
        (r#""risk_score":21"#, r#""risk_score":101"#, "rule::out-of-range", "101"),
        (r#""author""#, r#""autor""#, "rule::unknown-field", r#""autor""#),
    ] {
        assert!(RULE.contains(from), "{from}");
        let text = RULE.replacen(from, to, 1);
        let (_folder, set) = load(&[("a.json", text.as_bytes())]);
        let problem = set.problems.iter().find(|problem| problem.diagnostic.code == code);
        let problem = problem.unwrap_or_else(|| panic!("{code}: {:?}", set.problems));
        let position = problem.position().unwrap();
        assert_eq!((position.line, position.column), (1, at(&text, needle)), "{}", show(problem));
    }
    let missing = RULE.replace("\"severity\":\"low\",", "");
    check("a.json", missing.as_bytes(), &[&format!("rule::missing-field 1:1 {missing}")]);
}

#[test]
fn new_terms_need_both_of_their_fields() {
    let rule = RULE.replace("\"type\":\"eql\",\"language\":\"eql\"", "\"type\":\"new_terms\"");
    let rule = rule.replace(r#"process where process.name == \"a.exe\""#, "process.name: a.exe");
    let with = |fields: &str| rule.replace("\"index\"", &format!("{fields},\"index\""));
    let problems = |text: &str| {
        let (_folder, set) = load(&[("a.json", text.as_bytes())]);
        let errors = set.problems.iter().filter(|problem| problem.is_error());
        errors.map(|problem| problem.diagnostic.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        problems(&with(r#""new_terms_fields":["host.name"]"#)),
        ["`rule` has no `history_window_start`"]
    );
    assert_eq!(problems(&with(r#""history_window_start":"now-7d""#)), ["`rule` has no `new_terms_fields`"]);
    assert_eq!(
        problems(&with(r#""new_terms_fields":[],"history_window_start":"now-7d""#)),
        ["`rule.new_terms_fields` must name one to three fields, not 0"]
    );
}

#[test]
fn json_is_read_strictly() {
    let fault = |text: &str| {
        let set = named("a.json", text);
        let [problem] = &set.problems[..] else { panic!("{text}: {:?}", set.problems) };
        let position = problem.position().unwrap();
        format!("{} {}:{}", problem.diagnostic.code, position.line, position.column)
    };
    assert_eq!(fault("{\"rule_id\": \"a\",}"), "json::syntax 1:16");
    assert_eq!(fault("{\n'rule_id': \"a\"}"), "json::syntax 2:1");
    assert_eq!(fault("{\"rule_id\": 0x1}"), "json::syntax 1:13");
    assert_eq!(fault("{\"rule_id\": \"\\ud83d\"}"), "json::syntax 1:14");
    assert!(
        fault(&format!("{{\"rule_id\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000)))
            .starts_with("json::syntax 1:")
    );
}

/// Loads a file that is named by itself.
fn named(name: &str, text: &str) -> RuleSet {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    RuleSet::load([file])
}

#[test]
fn what_is_no_rule_is_told_or_passed_over() {
    let event = r#"{"@timestamp":"2026-01-01T00:00:00Z","process":{"name":"a.exe"}}"#;
    // By its name: one error, however many events there are.
    let events = format!("{event}\n").repeat(1000);
    for (name, text) in
        [("a.ndjson", events.as_str()), ("events", &events), ("a.json", event), ("a.ndjson", "")]
    {
        let set = named(name, text);
        let [problem] = &set.problems[..] else { panic!("{:?}", set.problems) };
        assert!(show(problem).starts_with("file::no-rules 1:1 "), "{}", show(problem));
    }
    // Among rules: a warning at the first.
    let mixed = named("a.ndjson", &format!("{RULE}\n{event}\n{event}\n"));
    assert_eq!(
        mixed.problems.iter().map(show).collect::<Vec<_>>(),
        [format!("file::unknown-object 2:1 {event}")]
    );
    assert!(!mixed.problems.iter().any(Problem::is_error));
    // In a folder: passed over, even with the names of a rule's fields in them.
    let alert = r#"{"kibana":{"alert":{"rule":{"rule_id":"a","type":"eql","name":"n"}}}}"#;
    let alerts = format!("{alert}\n").repeat(1000);
    let (_folder, set) = load(&[
        ("a.ndjson", RULE.as_bytes()),
        ("events.ndjson", events.as_bytes()),
        ("alerts.ndjson", alerts.as_bytes()),
        ("one.json", alert.as_bytes()),
        ("package.json", b"{\"name\": \"x\"}"),
        ("torn.json", b"{\"name\": "),
    ]);
    assert_eq!((set.problems.len(), set.rules.len(), set.other_files), (0, 1, 5), "{:?}", set.problems);
}

#[test]
fn a_count_that_does_not_fit_is_a_warning() {
    let summary =
        r#"{"exported_count":2,"exported_rules_count":2,"missing_rules":[],"missing_rules_count":0}"#;
    check("a.ndjson", format!("{RULE}\n{}\n{summary}\n", other()).as_bytes(), &[]);
    let set = check("a.ndjson", format!("{RULE}\n{summary}\n").as_bytes(), &["file::incomplete 2:44 2"]);
    assert!(!set.problems.iter().any(Problem::is_error));
}

#[test]
fn an_id_is_taken_once_whatever_the_format() {
    let set = check(
        "a.ndjson",
        format!("{RULE}\n{RULE}\n").as_bytes(),
        &["rule::duplicate-id 2:12 \"5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01\""],
    );
    assert_eq!(compiled(&set), 1);
}
