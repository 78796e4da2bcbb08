//! Elasticsearch's own suite: constant expressions and their values, and which queries are accepted and refused.
//! How the queries match events is tested where there are events.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::fs;

use rulehound_query::{Filter, Plan, Severity, eql};
use rulehound_schema::Schema;
use toml::{Table, Value};

fn compile(query: &str) -> Result<Filter, String> {
    let options = eql::Options { schema: Schema::catalogue(), event_category_field: "event.category" };
    let compiled = eql::compile(query, options);
    match compiled.query.map(|query| query.plan) {
        Some(Plan::Event(filter)) => Ok(filter),
        Some(other) => panic!("{other:?}"),
        None => Err(format!("{:?}", compiled.diagnostics)),
    }
}

/// The tests below a table, and whether they are for the mode without regard to case, which is gone.
fn collect(table: &Table, folds: &mut Vec<(String, Option<Value>)>, failures: &mut Vec<String>) {
    if table.get("case_insensitive") == Some(&Value::Boolean(true)) {
        return;
    }
    for (name, value) in table {
        match (name.as_str(), value) {
            ("tests", Value::Array(tests)) => {
                for test in tests {
                    folds.push((
                        test["expression"].as_str().unwrap().to_owned(),
                        test.get("expected").cloned(),
                    ));
                }
            }
            ("failures", Value::Array(tests)) => {
                failures.extend(tests.iter().map(|test| test["expression"].as_str().unwrap().to_owned()));
            }
            ("loop", Value::Array(loops)) => {
                for one in loops {
                    let mut templates = Vec::new();
                    collect(one.as_table().unwrap(), &mut templates, failures);
                    for kind in one["param"]["type"].as_array().unwrap() {
                        let value = match kind.as_str().unwrap() {
                            "bool" => "true",
                            "int" => "1234",
                            "float" => "10.5",
                            "string" => "\"hello\"",
                            "null" => "null",
                            other => panic!("{other}"),
                        };
                        folds.extend(
                            templates
                                .iter()
                                .map(|(text, expected)| (text.replace("$value", value), expected.clone())),
                        );
                    }
                }
            }
            (_, Value::Table(inner)) => collect(inner, folds, failures),
            _ => {}
        }
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(value) => value.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn constants_fold() {
    let (mut folds, mut failures) = (Vec::new(), Vec::new());
    for file in ["test_folding.toml", "test_string_functions.toml"] {
        let Some(path) = common::corpus(&format!("es-eql/{file}")) else { return };
        let table: Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        collect(&table, &mut folds, &mut failures);
    }
    // The method syntax is gone, as `test_unsupported.toml` says.
    folds.retain(|(expression, _)| !expression.contains(":length()"));
    let mut wrong = Vec::new();
    for (expression, expected) in &folds {
        let expected = expected.as_ref().map_or("null".into(), literal);
        let query = format!("any where ({expression}) == {expected}");
        let found = compile(&query);
        if found != Ok(Filter::Constant(true)) {
            wrong.push((query, found));
        }
    }
    for expression in &failures {
        if let Ok(found) = compile(&format!("any where {expression} == null")) {
            wrong.push((expression.clone(), Ok(found)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), folds.len() + failures.len());
    assert!(folds.len() > 150 && failures.len() > 5, "{} and {}", folds.len(), failures.len());
}

/// The statements of a file; each ends in `;` at the end of a line.
fn statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut statement = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        // A comment may follow the end of a statement.
        let end = line.split("//").next().filter(|line| line.trim_end().ends_with(';')).or(Some(line));
        let line = end.unwrap().trim_end();
        statement.push_str(line.strip_suffix(';').unwrap_or(line));
        statement.push('\n');
        if line.ends_with(';') && !statement.trim().is_empty() {
            found.push(std::mem::take(&mut statement));
        }
    }
    found
}

#[test]
fn supported_queries_parse() {
    let Some(path) = common::corpus("es-eql/queries-supported.eql") else { return };
    let statements = statements(&fs::read_to_string(path).unwrap());
    for query in &statements {
        assert_eq!(eql::check_syntax(query), [], "{query}");
    }
    assert!(statements.len() > 150, "{}", statements.len());
}

#[test]
fn unsupported_queries_are_refused() {
    let Some(path) = common::corpus("es-eql/queries-unsupported.eql") else { return };
    let statements = statements(&fs::read_to_string(path).unwrap());
    let options = eql::Options { schema: Schema::catalogue(), event_category_field: "event.category" };
    for query in &statements {
        let compiled = eql::compile(query, options);
        let error = compiled.diagnostics.iter().any(|d| d.severity == Severity::Error);
        assert!(compiled.query.is_none() && error, "{query}");
    }
    assert!(statements.len() > 80, "{}", statements.len());
}

/// Of `test_unsupported.toml` the expressions whose form was withdrawn. The others are good queries whose expected
/// value was that of the mode without regard to case.
#[test]
fn withdrawn_forms_are_refused() {
    let Some(path) = common::corpus("es-eql/test_unsupported.toml") else { return };
    let text = fs::read_to_string(path).unwrap().replace("case_insensitive = true", "");
    let (mut folds, mut failures) = (Vec::new(), Vec::new());
    collect(&toml::from_str(&text).unwrap(), &mut folds, &mut failures);
    for (expression, expected) in folds {
        let withdrawn = [":length()", "wildcard(", "'"].iter().any(|form| expression.contains(form));
        let query =
            format!("any where ({expression}) == {}", expected.as_ref().map_or("null".into(), literal));
        assert_eq!(compile(&query).is_err(), withdrawn, "{query}");
    }
}

/// The queries that parse and are refused by the checks, as Elasticsearch's verifier refuses them: joins, conditions
/// that are no booleans, wrong arguments, `:` on what is no string.
#[test]
fn supported_queries_that_the_checks_refuse() {
    let Some(path) = common::corpus("es-eql/queries-supported.eql") else { return };
    let options = eql::Options { schema: Schema::catalogue(), event_category_field: "event.category" };
    let mut codes = std::collections::BTreeMap::<&str, usize>::new();
    for query in statements(&fs::read_to_string(path).unwrap()) {
        let compiled = eql::compile(&query, options);
        let error = compiled.diagnostics.iter().find(|d| d.severity == Severity::Error);
        *codes.entry(error.map_or("accepted", |d| d.code)).or_default() += 1;
    }
    let refused: Vec<(&str, usize)> = codes.into_iter().filter(|(code, _)| *code != "accepted").collect();
    let expected = [
        ("eql::argument-count", 3),
        ("eql::argument-type", 1),
        ("eql::join-unsupported", 14),
        ("eql::not-boolean", 10),
        ("eql::string-operator", 14),
    ];
    assert_eq!(refused, expected);
}
