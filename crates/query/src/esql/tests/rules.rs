//! All ES|QL rules of Elastic's repository.

#[path = "../../../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;

use super::parsed;
use crate::esql::ast::Command;
use crate::esql::{Dissect, Grok};

/// The name and the query of each rule below a folder.
fn queries(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "_deprecated") {
            queries(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let rule: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let rule = &rule["rule"];
            if rule.get("type").and_then(toml::Value::as_str) == Some("esql") {
                let query = rule["query"].as_str().unwrap().to_owned();
                found.push((path.file_name().unwrap().to_string_lossy().into_owned(), query));
            }
        }
    }
}

#[test]
fn all_rules_parse() {
    let Some(root) = common::corpus("detection-rules") else { return };
    let mut found = Vec::new();
    for folder in ["rules", "rules_building_block"] {
        queries(&root.join(folder), &mut found);
    }
    let (mut groks, mut dissects) = (0, 0);
    for (name, query) in &found {
        let (tree, diagnostics) = parsed(query);
        assert!(tree.is_some() && diagnostics.is_empty(), "{name}: {diagnostics:#?}\n{query}");
        for command in tree.unwrap().commands {
            match command.value {
                Command::Grok { patterns, .. } => {
                    groks += 1;
                    let patterns: Vec<String> = patterns.into_iter().map(|pattern| pattern.value).collect();
                    let grok = Grok::new(&patterns);
                    assert!(grok.as_ref().is_ok_and(|grok| !grok.outputs().is_empty()), "{name}: {grok:?}");
                }
                Command::Dissect { pattern, .. } => {
                    dissects += 1;
                    let dissect = Dissect::new(&pattern.value, "");
                    assert!(dissect.is_ok(), "{name}: {dissect:?}");
                }
                _ => {}
            }
        }
    }
    assert_eq!((found.len(), groks, dissects), (209, 31, 15));
}
