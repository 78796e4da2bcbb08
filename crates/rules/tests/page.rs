//! Documentation pages. That of the rule the project starts from must say what Elastic's page of it says.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::path::{Path, PathBuf};

use rulehound_rules::{Page, Rule, RuleSet};

use common::corpus;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load(file: &Path) -> Rule {
    let mut set = RuleSet::load([file]);
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    set.rules.remove(0).rule
}

fn load_text(text: &str) -> Rule {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.toml");
    std::fs::write(&file, text).unwrap();
    load(&file)
}

/// The lines of Elastic's page as they were copied out of a browser, without what the browser added: the
/// banner, the word of the edit links, bullets on lines of their own, a bracket after a link's icon.
fn lines_of_copied_page(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().skip(1) {
        let line = line.strip_prefix("edit").unwrap_or(line);
        let line = line.strip_prefix("- ").unwrap_or(line).trim();
        match (line, lines.last_mut()) {
            ("-" | "", _) => {}
            (")", Some(last)) => last.push(')'),
            // The title stands twice: in the navigation and over the text.
            (line, Some(last)) if last == line => {}
            (line, _) => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The lines of a Markdown page without its marks.
fn lines_of_markdown(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .map(|line| line.trim_start_matches(['#', ' ']).replace("<sup>", "").replace("</sup>", ""))
        .map(|line| line.strip_prefix("- ").map(str::to_owned).unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect()
}

/// The lines of the body of an HTML page without its tags.
fn lines_of_html(text: &str) -> Vec<String> {
    let mut body = text.split_once("<body>").unwrap().1;
    let mut plain = String::new();
    while let Some((before, tag)) = body.split_once('<') {
        plain.push_str(before);
        body = tag.split_once('>').unwrap().1;
    }
    let plain = plain.replace("&quot;", "\"").replace("&amp;", "&");
    plain.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_first_rules_page_says_what_elastics_page_says() {
    let Some(folder) = corpus("seed") else { return };
    let page = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "txt"));
    let expected = lines_of_copied_page(&std::fs::read_to_string(page.unwrap()).unwrap());
    assert!(expected.len() > 35, "{expected:#?}");

    let page = Page::of(&load(&workspace().join("rules/windows/persistence_services_registry.toml")));
    assert_eq!(lines_of_markdown(&page.to_markdown()), expected);
    assert_eq!(lines_of_html(&page.to_html()), expected);
}

const RULE: &str = r#"[rule]
author = ["A <b>"]
description = "Finds `a` & <i>b</i>."
false_positives = ["Backups."]
index = ["apm-*-transaction*"]
language = "kuery"
name = "One *two* three"
note = """
## Investigation guide

Look at <script>alert(1)</script>.
"""
query = "host.id:``` and tags:*"
references = ["https://example.org/a_b_", "javascript:alert(1)"]
risk_score = 73
rule_id = "r"
setup = '## Setup'
severity = "high"
tags = []
type = "threshold"
threshold = {field = ["host.name"], value = 9, cardinality = [{field = "user.name", value = 2}]}
"#;

#[test]
fn markdown_says_it_with_few_marks() {
    let expected = r"# One \*two\* three

Finds `a` & \<i>b\</i>.

Rule type: threshold

Rule indices:

- apm-\*-transaction\*

Threshold: 9

Counted by:

- host.name

Different values:

- user.name: 2

Severity: high

Risk score: 73

Runs every: 5m

Searches indices from: now-6m (Date Math format, see also Additional look-back time)

Maximum alerts per execution: 100

References:

- https://example.org/a_b_
- javascript:alert(1)

Tags: None

Version: 1

Rule authors:

- A \<b>

Rule license: None

## Potential false positives

Backups.

## Investigation guide

Look at <script>alert(1)</script>.

## Rule query

````kuery
host.id:``` and tags:*
````
";
    assert_eq!(Page::of(&load_text(RULE)).to_markdown(), expected.replace("Finds `a`", r"Finds \`a\`"));
}

#[test]
fn html_trusts_no_rule() {
    let html = Page::of(&load_text(RULE)).to_html();
    assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("<i>"), "{html}");
    assert!(html.contains("&lt;script&gt;") && html.contains("<li>javascript:alert(1)</li>"), "{html}");
}

#[test]
fn each_type_has_its_facts() {
    let rule = |rule_type: &str, more: &str| {
        let head =
            "[rule]\nauthor = []\ndescription = \"d\"\nname = \"n\"\nrisk_score = 5\nrule_id = \"r\"\n";
        load_text(&format!("{head}severity = \"high\"\ntype = \"{rule_type}\"\n{more}\n"))
    };
    let check = |rule_type: &str, more: &str, expected: &[&str]| {
        let lines = lines_of_markdown(&Page::of(&rule(rule_type, more)).to_markdown());
        let start = lines.iter().position(|line| line.starts_with("Rule indices")).unwrap();
        let end = lines.iter().position(|line| line.starts_with("Severity")).unwrap();
        assert_eq!(lines[start..end], *expected, "{rule_type}");
    };
    check("esql", "query = \"from a\"", &["Rule indices: None"]);
    let jobs = "anomaly_threshold = 50\nmachine_learning_job_id = [\"a\", \"b\"]";
    check(
        "machine_learning",
        jobs,
        &["Rule indices: None", "Machine learning jobs:", "a", "b", "Anomaly threshold: 50"],
    );
    let terms = "query = \"q\"\nnew_terms = {value = [\"a\"], history_window_start = [{value = \"now-7d\"}]}";
    check("new_terms", terms, &["Rule indices: None", "New terms fields:", "a", "History window: now-7d"]);
    let mapping = "[{entries = [{field = \"a\", value = \"b\"}]}]";
    let threat = format!("query = \"q\"\nthreat_index = [\"i-x\"]\nthreat_mapping = {mapping}");
    let facts = ["Rule indices: None", "Indicator indices:", "i-x", "Indicator mapping:", "a matches b"];
    check("threat_match", &threat, &facts);
}
