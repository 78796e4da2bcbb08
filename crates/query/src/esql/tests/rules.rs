//! All ES|QL rules of Elastic's repository.

#[path = "../../../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;

use super::parsed;

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
    for (name, query) in &found {
        let (tree, diagnostics) = parsed(query);
        assert!(tree.is_some() && diagnostics.is_empty(), "{name}: {diagnostics:#?}\n{query}");
    }
    assert_eq!(found.len(), 209);
}
