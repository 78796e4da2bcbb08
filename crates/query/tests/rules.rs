//! All EQL rules of Elastic's repositories compile against the catalogue.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use rulehound_query::{Severity, eql};
use rulehound_schema::Schema;

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "_deprecated") {
            toml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

/// Compiles the queries of all rules that `is_wanted`, given their `[rule]` table. Gives how many there are.
fn compile_all(
    files: Vec<PathBuf>,
    dialect: eql::Dialect,
    is_wanted: impl Fn(&toml::Value) -> bool,
) -> usize {
    let options =
        eql::Options { schema: Schema::catalogue(), event_category_field: "event.category", dialect };
    let (mut compiled, mut failed) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let rule: toml::Table = toml::from_str(&text).unwrap();
        let rule = &rule["rule"];
        if !is_wanted(rule) {
            continue;
        }
        let result = eql::compile(rule["query"].as_str().unwrap(), options);
        let errors = result.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        match result.query {
            Some(_) => compiled += 1,
            None => {
                failed.push((file, errors.map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>()))
            }
        }
    }
    assert!(failed.is_empty(), "{compiled} compiled, {} failed: {failed:#?}", failed.len());
    compiled
}

#[test]
fn detection_rules_compile() {
    let Some(root) = common::corpus("detection-rules") else { return };
    let mut files = Vec::new();
    for folder in ["rules", "rules_building_block"] {
        toml_files(&root.join(folder), &mut files);
    }
    let is_eql = |rule: &toml::Value| rule.get("type").and_then(toml::Value::as_str) == Some("eql");
    assert_eq!(compile_all(files, eql::Dialect::Elasticsearch, is_eql), 1_024);
}

#[test]
fn behavior_rules_compile() {
    let Some(root) = common::corpus("behavior-rules") else { return };
    let mut files = Vec::new();
    toml_files(&root.join("rules"), &mut files);
    assert_eq!(compile_all(files, eql::Dialect::Endpoint, |_| true), 1_314);
}
