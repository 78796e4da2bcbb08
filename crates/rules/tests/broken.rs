//! Broken rules: each is a diagnostic that points at the place, and costs only itself.

#![allow(clippy::unwrap_used, clippy::panic)]

mod loading;

use std::path::Path;

use rulehound_rules::{Problem, RuleSet, RuleVersion, Status};

use loading::{load, show};

/// A sound rule, to be broken.
const RULE: &str = r#"[metadata]
creation_date = "2024/05/01"
maturity = "production"

[rule]
author = ["Rulehound"]
description = "Finds a thing."
from = "now-9m"
index = ["logs-endpoint.events.*"]
interval = "5m"
language = "eql"
license = "Apache-2.0"
name = "A thing"
risk_score = 21
rule_id = "5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01"
severity = "low"
type = "eql"
query = '''
process where process.name == "a.exe"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
"#;

/// Loads `text` beside a sound rule, and compares its problems.
fn check(text: &str, expected: &[&str]) {
    let sound = RULE.replace("5b1f0ea0", "00000000");
    let (_folder, set) = load(&[("a.toml", text.as_bytes()), ("b.toml", sound.as_bytes())]);
    let problems: Vec<String> = set.problems.iter().map(show).collect();
    assert_eq!(problems, expected, "{text}");
    assert!(set.problems.iter().all(|problem| problem.file.ends_with("a.toml")));
    let sound = set.rules.iter().find(|loaded| loaded.file.ends_with("b.toml")).unwrap();
    assert!(matches!(sound.status, Status::Compiled(_)), "a broken rule costs only itself");
    let broken = set.problems.iter().any(Problem::is_error);
    assert_eq!(set.counts().total.failed, usize::from(broken));
}

/// Breaks the sound rule by replacing a piece of it.
fn check_edit(from: &str, to: &str, expected: &[&str]) {
    assert!(RULE.contains(from), "{from}");
    check(&RULE.replacen(from, to, 1), expected);
}

#[test]
fn the_rule_to_be_broken_is_sound() {
    check(RULE, &[]);
}

#[test]
fn missing_fields_point_at_the_table() {
    for field in ["description", "name", "risk_score", "rule_id", "severity", "type"] {
        let line = RULE.lines().find(|line| line.starts_with(&format!("{field} = "))).unwrap();
        check_edit(&format!("{line}\n"), "", &["rule::missing-field 5:1 [rule]"]);
    }
    let query = "query = '''\nprocess where process.name == \"a.exe\"\n'''\n";
    check_edit(query, "", &["rule::missing-field 5:1 [rule]"]);
    check_edit("name = \"Execution\"\n", "", &["rule::missing-field 25:1 [rule.threat.tactic]"]);
    check("[metadata]\nmaturity = \"production\"\n", &["rule::missing-table 1:1 "]);
    check("", &["rule::missing-table 1:1 "]);
    check("[tool.x]\na = 1\n", &["rule::missing-table 1:1 "]);
    // Kibana can do without: a warning.
    check_edit("author = [\"Rulehound\"]\n", "", &["rule::missing-field 5:1 [rule]"]);
}

#[test]
fn every_faulty_field_is_found_at_once() {
    let text = RULE.replace("risk_score = 21", "risk_score = 101").replace("name = \"A thing\"\n", "");
    let text = text.replace("now-9m", "yesterday").replace("process.name ==", "process.name =");
    check(
        &text,
        &[
            "rule::missing-field 5:1 [rule]",
            "rule::date-math 8:8 \"yesterday\"",
            "rule::out-of-range 13:14 101",
            "eql::syntax::assignment 18:28 =",
        ],
    );
}

#[test]
fn wrong_types_and_values_point_at_the_value() {
    for (from, to, expected) in [
        ("risk_score = 21", "risk_score = \"21\"", "rule::wrong-type 14:14 \"21\""),
        ("risk_score = 21", "risk_score = 21.5", "rule::wrong-type 14:14 21.5"),
        ("risk_score = 21", "risk_score = -1", "rule::out-of-range 14:14 -1"),
        (
            "risk_score = 21",
            "risk_score = 99999999999999999999",
            "rule::wrong-type 14:14 99999999999999999999",
        ),
        ("name = \"A thing\"", "name = 5", "rule::wrong-type 13:8 5"),
        ("name = \"A thing\"", "name = \" \"", "rule::empty 13:8 \" \""),
        ("index = [\"logs-endpoint.events.*\"]", "index = \"logs-*\"", "rule::wrong-type 9:9 \"logs-*\""),
        ("author = [\"Rulehound\"]", "author = [\"a\", 5]", "rule::wrong-type 6:16 5"),
        ("author = [\"Rulehound\"]", "author = {a = 5}", "rule::wrong-type 6:10 {a = 5}"),
        ("severity = \"low\"", "severity = \"mild\"", "rule::unknown-value 16:12 \"mild\""),
        ("type = \"eql\"", "type = \"eqll\"", "rule::unknown-value 17:8 \"eqll\""),
        ("maturity = \"production\"", "maturity = \"old\"", "rule::unknown-value 3:12 \"old\""),
        ("language = \"eql\"", "language = \"kuery\"", "rule::language 11:12 \"kuery\""),
        ("language = \"eql\"", "language = \"sql\"", "rule::unknown-value 11:12 \"sql\""),
        ("from = \"now-9m\"", "from = \"now-9\"", "rule::date-math 8:8 \"now-9\""),
        ("interval = \"5m\"", "interval = \"often\"", "rule::interval 10:12 \"often\""),
        ("interval = \"5m\"", "max_signals = 0", "rule::out-of-range 10:15 0"),
        ("rule_id = \"5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01\"", "rule_id = \"\"", "rule::empty 15:11 \"\""),
    ] {
        check_edit(from, to, &[expected]);
    }
    check("rule = 5\n", &["rule::wrong-type 1:8 5"]);
}

#[test]
fn filters_that_are_no_queries_point_at_the_filters() {
    let filter = "\n[[rule.filters]]\n[rule.filters.query.wildcrd]\n\"process.name\" = \"a*\"\n";
    check(&format!("{RULE}{filter}"), &["rule::filter 35:1 [[rule.filters]]"]);
}

#[test]
fn each_type_checks_its_own_fields() {
    let eql = "language = \"eql\"";
    for (from, to, expected) in [
        ("type = \"eql\"", "type = \"threshold\"", "rule::missing-field 5:1 [rule]"),
        (
            "type = \"eql\"",
            "type = \"threshold\"\nthreshold = {field = [], value = 0}",
            "rule::out-of-range 18:34 0",
        ),
        ("type = \"eql\"", "type = \"new_terms\"", "rule::missing-field 5:1 [rule]"),
        (
            "type = \"eql\"",
            "type = \"new_terms\"\nnew_terms = {value = [], history_window_start = [{value = \"now-7d\"}]}",
            "rule::out-of-range 18:13 {value = [], history_window_start = [{value = \"now-7d\"}]}",
        ),
        (
            "type = \"eql\"",
            "type = \"new_terms\"\nnew_terms = {value = [\"a\"], history_window_start = []}",
            "rule::out-of-range 18:13 {value = [\"a\"], history_window_start = []}",
        ),
        (
            "type = \"eql\"",
            "type = \"threat_match\"\nthreat_index = [\"a\"]\nthreat_mapping = [{entries = []}]",
            "rule::empty 19:19 {entries = []}",
        ),
        ("type = \"eql\"", "type = \"saved_query\"", "rule::missing-field 5:1 [rule]"),
    ] {
        assert!(RULE.contains(from));
        let query = "process where process.name == \"a.exe\"";
        let text = RULE.replacen(query, "process.name: a.exe", 1).replacen(eql, "language = \"kuery\"", 1);
        check(&text.replacen(from, to, 1), &[expected]);
    }
    let learning = "type = \"machine_learning\"\nanomaly_threshold = 101\nmachine_learning_job_id = \"a\"";
    check_edit("type = \"eql\"", learning, &["rule::out-of-range 18:21 101"]);
}

#[test]
fn what_is_odd_is_a_warning() {
    for (from, to, expected) in [
        ("license =", "licence =", "rule::unknown-field 12:1 licence"),
        ("[metadata]", "[metadatum]", "rule::unknown-field 1:2 metadatum"),
        (
            "interval = \"5m\"",
            "exceptions_list = [{id = \"a\", list_id = \"a\", type = \"b\", namespace_type = \"c\"}]",
            "rule::missing-exception-list 10:19 [{id = \"a\", list_id = \"a\", type = \"b\", namespace_type = \"c\"}]",
        ),
        ("id = \"TA0002\"", "id = \"T0002\"", "rule::attack-id 26:6 \"T0002\""),
        ("name = \"Execution\"", "name = \"Executing\"", "rule::attack-name 27:8 \"Executing\""),
        (
            "techniques/T1059/",
            "techniques/T1060/",
            "rule::attack-reference 33:13 \"https://attack.mitre.org/techniques/T1060/\"",
        ),
    ] {
        check_edit(from, to, &[expected]);
    }
}

#[test]
fn syntax_errors_keep_the_rule_id_that_can_still_be_read() {
    let text = RULE.replace("severity = \"low\"", "severity = low");
    let (_folder, set) = load(&[("a.toml", text.as_bytes())]);
    let [problem] = &set.problems[..] else { panic!("{:?}", set.problems) };
    assert_eq!(show(problem), "toml::syntax 16:12 low");
    assert_eq!(problem.rule_id.as_ref().unwrap().as_str(), "5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01");
    assert_eq!(set.counts().by_type["eql"].failed, 1);
}

#[test]
fn queries_are_diagnosed_where_they_stand() {
    let (_folder, set) = load(&[("a.toml", RULE.replace("process.name ==", "process.name =").as_bytes())]);
    let problem = set.problems.iter().find(|problem| problem.is_error()).unwrap();
    assert_eq!(problem.position().unwrap().line, 19, "{problem:?}");
    assert!(problem.diagnostic.code.starts_with("eql::"));
    assert_eq!(set.counts().total.loaded, 1, "the rule itself could be read");
    assert_eq!(set.counts().total.failed, 1);
}

#[test]
fn rules_that_cannot_be_run_yet_say_why() {
    let status = |from: &str, to: &str| {
        let (_folder, set) = load(&[("a.toml", RULE.replacen(from, to, 1).as_bytes())]);
        match set.rules[0].status {
            Status::NotRun(reason) => reason.to_string(),
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(status("\"production\"", "\"deprecated\""), "deprecated");
}

#[test]
fn an_id_is_taken_once() {
    let first = ("a/x.toml", RULE.as_bytes());
    let (_folder, set) = load(&[first, ("b/y.toml", RULE.as_bytes())]);
    let [problem] = &set.problems[..] else { panic!("{:?}", set.problems) };
    assert_eq!(show(problem), "rule::duplicate-id 15:11 \"5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01\"");
    assert!(problem.file.ends_with("b/y.toml"));
    assert!(problem.diagnostic.help.as_deref().unwrap().contains("x.toml"));
    let failed: Vec<bool> = set.rules.iter().map(|loaded| loaded.status == Status::Failed).collect();
    assert_eq!(failed, [false, true]);
}

#[test]
fn a_file_named_twice_is_loaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    std::fs::write(&file, RULE).unwrap();
    let set = RuleSet::load([folder.path(), file.as_path()]);
    assert_eq!((set.rules.len(), set.problems.len()), (1, 0));
}

#[test]
fn files_that_cannot_be_read_are_problems() {
    let (_folder, set) =
        load(&[("a.toml", b"[rule]\nname = \"\xff\"\n"), ("b.txt", b"no rule"), (".git/c.toml", b"")]);
    assert_eq!(set.problems.iter().map(show).collect::<Vec<_>>(), ["file::not-utf-8 2:9 \u{fffd}"]);
    assert_eq!(set.other_files, 2, "b.txt and the hidden folder");
    assert_eq!(set.counts().by_type["unknown"].failed, 1);

    let set = RuleSet::load([Path::new("/no/such/folder")]);
    assert_eq!(set.problems.iter().map(show).collect::<Vec<_>>(), ["file::not-found - "]);
    assert!(set.is_unreadable());
}

#[test]
fn versions_are_the_rules_own_or_the_nearest_lock_files() {
    let lock = br#"{"5b1f0ea0-5d06-4d0e-9a57-6a2b8f3b1d01": {"rule_name": "A thing", "version": 7}}"#;
    let own = RULE.replace("5b1f", "0000").replace("type = ", "version = 3\ntype = ");
    let unknown = RULE.replace("5b1f", "1111");
    let (_folder, set) = load(&[
        ("version.lock.json", lock),
        ("rules/deep/a.toml", RULE.as_bytes()),
        ("rules/b.toml", own.as_bytes()),
        ("rules/c.toml", unknown.as_bytes()),
    ]);
    let mut versions: Vec<String> = set.rules.iter().map(|loaded| loaded.rule.version.to_string()).collect();
    versions.sort_unstable();
    assert_eq!(versions, ["1", "3", "7"]);

    let (_folder, set) = load(&[("version.lock.json", b"{\n  \"a\": 5\n}"), ("a.toml", RULE.as_bytes())]);
    assert_eq!(set.problems.iter().map(show).collect::<Vec<_>>(), ["rules::version-lock 2:8 "]);
    assert_eq!(set.rules[0].rule.version, RuleVersion::Number(1));
}

#[cfg(unix)]
#[test]
fn a_link_to_itself_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("a.toml", folder.path().join("a.toml")).unwrap();
    let set = RuleSet::load([folder.path()]);
    assert_eq!(set.problems.iter().map(show).collect::<Vec<_>>(), ["file::unreadable - "]);
    assert!(set.is_unreadable());
}

/// Each code that the crate can give is in this file or one of those beside it, so each is given once at least.
#[test]
fn every_code_is_tested() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = ["tests/broken.rs", "tests/broken_json.rs", "tests/broken_lists.rs"];
    let tests = tests.map(|file| std::fs::read_to_string(folder.join(file)).unwrap()).concat();
    let mut codes = 0;
    for entry in walkdir::WalkDir::new(folder.join("src")) {
        let Ok(source) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        for word in source.split('"').filter(|word| !word.contains(char::is_whitespace)) {
            if ["rule::", "rules::", "toml::", "json::", "file::", "exception::"]
                .iter()
                .any(|prefix| word.starts_with(prefix))
            {
                // In quotes with its place behind, as the tests expect it.
                assert!(tests.contains(&format!("\"{word} ")), "{word} has no test");
                codes += 1;
            }
        }
    }
    assert!(codes > 20, "{codes} codes found");
}
