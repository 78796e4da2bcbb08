//! `rulehound rules`, through the real binary.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{folder_of, rulehound};
use serde_json::{Value, json};

const SOUND: &str = r#"[rule]
author = ["Rulehound"]
description = "Finds a shell."
language = "eql"
name = "A Shell"
risk_score = 47
rule_id = "11111111-0000-4000-8000-000000000000"
severity = "medium"
tags = ["Domain: Endpoint", "OS: Linux"]
type = "eql"
query = '''
process where process.name == "sh"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
tactic = {id = "TA0002", name = "Execution", reference = "https://attack.mitre.org/tactics/TA0002/"}
"#;

const NOT_RUN: &str = r#"[metadata]
maturity = "deprecated"

[rule]
author = ["Rulehound"]
description = "Finds what is rare."
language = "esql"
name = "Something Rare"
risk_score = 21
rule_id = "22222222-0000-4000-8000-000000000000"
severity = "low"
type = "esql"
query = "FROM logs-* | LIMIT 1"
"#;

fn broken() -> String {
    let text = SOUND.replace("11111111", "33333333").replace("A Shell", "A Broken Shell");
    text.replace("process.name ==", "process.name =")
}

/// A sound rule, one that is not run, one whose query is broken, one that is no TOML, and a file beside.
fn rules() -> tempfile::TempDir {
    folder_of(&[
        ("a/broken.toml", &broken()),
        ("a/learning.toml", NOT_RUN),
        ("a/shell.toml", SOUND),
        ("b/torn.toml", "[rule"),
        ("b/readme.md", "nothing"),
    ])
}

#[test]
fn check_prints_one_json_object() {
    let folder = rules();
    let run = rulehound(folder.path(), &["rules", "check", "--output", "json", "a", "b"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let counts = |loaded: u64, compiled: u64, not_run: u64, failed: u64| json!({"loaded": loaded, "compiled": compiled, "not_run": not_run, "failed": failed});
    let mut expected = counts(3, 1, 1, 2);
    expected["by_type"] =
        json!({"eql": counts(2, 1, 0, 1), "esql": counts(1, 0, 1, 0), "unknown": counts(0, 0, 0, 1)});
    assert_eq!(report["rules"], expected);

    let problems = report["problems"].as_array().unwrap();
    let place =
        |problem: &Value| json!([problem["file"], problem["line"], problem["column"], problem["severity"]]);
    assert_eq!(
        problems.iter().map(place).collect::<Vec<_>>(),
        [json!(["a/broken.toml", 12, 28, "error"]), json!(["b/torn.toml", 1, 6, "error"])]
    );
    assert_eq!(problems[0]["rule_id"], "33333333-0000-4000-8000-000000000000");
    assert_eq!(problems[1]["rule_id"], Value::Null);
    assert_eq!(problems[1]["code"], "toml::syntax");
    assert!(problems.iter().all(|problem| problem["message"].is_string()));
    assert_eq!(report["not_run"][0]["name"], "Something Rare");
    assert_eq!(report["other_files"], 1);
}

#[test]
fn check_shows_each_problem_and_counts() {
    let folder = rules();
    let run = rulehound(folder.path(), &["rules", "check", "--verbose", "a", "b"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    for expected in [
        "--> a/broken.toml:12:28",
        "12 | process where process.name = \"sh\"",
        "--> b/torn.toml:1:6",
        "not run: Something Rare (a/learning.toml): deprecated",
        "total         3         1        1       2",
        "2 errors, 0 warnings",
        "1 file passed over",
    ] {
        assert!(run.stdout.contains(expected), "{expected:?} not in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'), "no colours where no terminal is");
}

#[test]
fn exit_codes_say_how_it_went() {
    let folder = rules();
    let code = |args: &[&str]| {
        let run = rulehound(folder.path(), args);
        assert!(run.code != 2 || !run.stderr.is_empty(), "{args:?} says why");
        run.code
    };
    assert_eq!(code(&["rules", "check", "a/shell.toml"]), 0);
    assert_eq!(code(&["rules", "check", "a/learning.toml"]), 0);
    assert_eq!(code(&["rules", "check", "a"]), 1);
    assert_eq!(code(&["rules", "check", "a/shell.toml", "gone"]), 1);
    assert_eq!(code(&["rules", "check", "gone"]), 2);
    assert_eq!(code(&["rules", "check", "--output", "json", "gone"]), 2);
    assert_eq!(code(&["rules", "list", "gone"]), 2);
    assert_eq!(code(&["rules", "show", "gone"]), 2);
    assert_eq!(code(&["rules", "show", "a"]), 2, "more than one rule");
    assert_eq!(code(&["rules", "show", "b/torn.toml"]), 1);
    assert_eq!(code(&["rules", "show", "a/broken.toml"]), 1);
    assert_eq!(code(&["rules", "check"]), 2);
    assert_eq!(code(&["rules", "check", "--outputt", "json", "a"]), 2);
    assert_eq!(code(&[]), 2);
    assert_eq!(code(&["--version"]), 0);
    assert_eq!(code(&["--help"]), 0);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(code(&["rules", "check", "empty"]), 2);
}

#[test]
fn list_filters() {
    let folder = rules();
    let names = |args: &[&str]| -> Vec<String> {
        let run = rulehound(folder.path(), &[&["rules", "list", "--output", "ndjson", "a"], args].concat());
        assert_eq!(run.code, 1, "one of them is broken");
        assert!(run.stderr.contains("a/broken.toml:12:28"), "{}", run.stderr);
        let name =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned();
        run.stdout.lines().map(name).collect()
    };
    let (broken, rare, shell) = ("A Broken Shell", "Something Rare", "A Shell");
    assert_eq!(names(&[]), [broken, rare, shell]);
    assert_eq!(names(&["--type", "esql"]), [rare]);
    assert_eq!(names(&["--type", "esql", "--type", "eql"]), [broken, rare, shell]);
    assert_eq!(names(&["--severity", "medium", "--status", "compiled"]), [shell]);
    assert_eq!(names(&["--status", "failed"]), [broken]);
    assert_eq!(names(&["--status", "not_run"]), [rare]);
    assert_eq!(names(&["--tactic", "execution"]), [broken, shell]);
    assert_eq!(names(&["--tactic", "TA0003"]), [""; 0]);
    assert_eq!(names(&["--tag", "os: linux", "--tag", "Domain: Endpoint"]), [broken, shell]);
    assert_eq!(names(&["--tag", "OS: Windows"]), [""; 0]);
    assert_eq!(rulehound(folder.path(), &["rules", "list", "--type", "eqll", "a"]).code, 2);
}

#[test]
fn list_prints_a_table_or_json() {
    let folder = rules();
    let run = rulehound(folder.path(), &["rules", "list", "a/shell.toml"]);
    assert_eq!(run.code, 0);
    let row: Vec<&str> = run.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    let id = "11111111-0000-4000-8000-000000000000";
    assert_eq!(row, ["medium", "47", "eql", "compiled", "A", "Shell", "Execution", id]);

    let run = rulehound(folder.path(), &["rules", "list", "--output", "json", "a/learning.toml"]);
    let rules: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rules[0]["status"], "not_run");
    assert_eq!(rules[0]["reason"], "deprecated");
}

#[test]
fn a_rule_is_named_by_file_id_or_name() {
    let folder = rules();
    for args in [
        ["a/shell.toml", "--rules", "a"],
        ["11111111-0000-4000-8000-000000000000", "--rules", "a"],
        ["a shell", "--rules", "a"],
    ] {
        let run = rulehound(folder.path(), &[&["rules", "show", "--output", "json"], &args[..]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
        let rule: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(rule["name"], "A Shell");
        assert_eq!(rule["max_signals"], 100);
    }
    let run = rulehound(folder.path(), &["rules", "show", "no such rule", "--rules", "a"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no rule has the id or name `no such rule`"), "{}", run.stderr);
}

#[test]
fn show_prints_all_fields() {
    let folder = rules();
    let run = rulehound(folder.path(), &["rules", "show", "a/shell.toml"]);
    assert_eq!(run.code, 0);
    for expected in [
        "file: a/shell.toml\nstatus: compiled\n",
        "query: process where process.name == \"sh\"\n",
        "threat:\n  - framework: MITRE ATT&CK\n    tactic:\n      id: TA0002\n",
        "tags:\n  - Domain: Endpoint\n  - OS: Linux\n",
        "references: none\n",
    ] {
        assert!(run.stdout.contains(expected), "{expected:?} not in\n{}", run.stdout);
    }
}

#[test]
fn pages_are_markdown_or_html() {
    let folder = rules();
    let run = rulehound(folder.path(), &["rules", "page", "a/shell.toml"]);
    assert!(run.stdout.starts_with("# A Shell\n\nFinds a shell.\n\nRule type: eql\n"), "{}", run.stdout);
    let run = rulehound(folder.path(), &["rules", "page", "--format", "html", "a/shell.toml"]);
    assert!(
        run.stdout.starts_with("<!DOCTYPE html>\n") && run.stdout.contains("<h1>A Shell</h1>"),
        "{}",
        run.stdout
    );
}

#[test]
fn what_a_file_says_does_not_reach_the_terminal_raw() {
    let text = SOUND.replace("A Shell", "\\u001b[31mred").replace("OS: Linux", "\\u0007bell");
    let folder = folder_of(&[("rule.toml", &text), ("wrong.toml", &text.replace("medium", "\\u001b[2J"))]);
    for command in
        [&["rules", "list", "rule.toml"][..], &["rules", "show", "rule.toml"], &["rules", "check", "."]]
    {
        let run = rulehound(folder.path(), command);
        assert!(!run.stdout.contains(['\u{1b}', '\u{7}']), "{command:?}: {:?}", run.stdout);
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let many: Vec<(String, String)> =
        (0..2000).map(|n| (format!("{n}.toml"), SOUND.replace("11111111", &format!("{n:08}")))).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder_of(&files);
    let mut child = Command::new(env!("CARGO_BIN_EXE_rulehound"))
        .args(["rules", "list", "."])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(line.contains("Severity"));
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn colours_are_as_asked_for() {
    let folder = rules();
    let styled = |args: &[&str]| rulehound(folder.path(), args).stdout.contains("\u{1b}[");
    assert!(styled(&["--color", "always", "rules", "check", "a"]));
    assert!(styled(&["rules", "list", "--color", "always", "a"]));
    assert!(!styled(&["rules", "list", "a"]));
    assert!(!styled(&["--color", "never", "rules", "check", "a"]));
}

#[test]
fn rules_of_an_export_are_named_by_id() {
    let folder = rules();
    let id = "11111111-0000-4000-8000-000000000000";
    let written = rulehound(folder.path(), &["rules", "show", "--output", "ndjson", "a/shell.toml"]).stdout;
    let torn = written.replace("11111111", "99999999").replace("\"medium\"", "\"mild\"");
    std::fs::write(folder.path().join("all.ndjson"), format!("{written}{torn}{{")).unwrap();
    let run = rulehound(folder.path(), &["rules", "check", "all.ndjson"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("--> all.ndjson:2:"), "{}", run.stdout);
    assert!(run.stdout.contains("--> all.ndjson:3:"), "{}", run.stdout);
    assert!(run.stdout.contains("eql      "), "{}", run.stdout);
    let shown =
        rulehound(folder.path(), &["rules", "show", "--output", "ndjson", "--rules", "all.ndjson", id]);
    assert_eq!((shown.code, shown.stdout), (0, written));
    assert!(!shown.stderr.contains("mild"), "only what is wrong with the rule itself: {}", shown.stderr);
}

#[test]
fn check_counts_what_is_loaded_beside_rules() {
    let folder = rules();
    let lines = [
        json!({"list_id": "used", "type": "detection", "name": "Used"}),
        json!({"list_id": "used", "item_id": "i", "name": "n", "entries": [
            {"field": "user.name", "type": "list", "operator": "included", "list": {"id": "people", "type": "keyword"}}]}),
        json!({"list_id": "unused", "type": "detection", "namespace_type": "agnostic"}),
        json!({"type": "action", "id": "c", "attributes": {}}),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    std::fs::create_dir(folder.path().join("value_lists")).unwrap();
    std::fs::write(folder.path().join("value_lists/people"), "root\nadmin\n").unwrap();
    std::fs::write(folder.path().join("lists.ndjson"), lines).unwrap();
    let list = "[[rule.exceptions_list]]\nid = \"1\"\nlist_id = \"used\"\ntype = \"detection\"\nnamespace_type = \"single\"\n";
    std::fs::write(folder.path().join("rule.toml"), format!("{SOUND}\n{list}")).unwrap();
    let run = rulehound(folder.path(), &["rules", "check", "rule.toml", "lists.ndjson"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    for expected in [
        "\nbeside them: 2 exception lists with 1 item, 1 value list with 2 values, 1 connector\n",
        "no rule that can be run refers to the exception list unused (agnostic)\n",
        "0 errors, 0 warnings\n",
    ] {
        assert!(run.stdout.contains(expected), "{expected:?} not in\n{}", run.stdout);
    }
    let run = rulehound(folder.path(), &["rules", "check", "--output", "json", "rule.toml", "lists.ndjson"]);
    let shared = &serde_json::from_str::<Value>(&run.stdout).unwrap()["shared"];
    let list = |id: &str, namespace: &str, name: Value, items: u64, rules: u64| json!({"list_id": id, "namespace_type": namespace, "name": name, "items": items, "rules": rules});
    assert_eq!(
        shared["exception_lists"],
        json!([list("unused", "agnostic", json!(""), 0, 0), list("used", "single", json!("Used"), 1, 1)])
    );
    assert_eq!((&shared["value_lists"][0]["values"], &shared["connectors"]), (&json!(2), &json!(1)));
}
