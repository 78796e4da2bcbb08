//! Elasticsearch's own suite: constant expressions, their values and their errors. How queries match events, and which
//! are accepted, is tested through the command.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::fs;

use rulehound_query::{Filter, Plan, eql};
use rulehound_schema::Schema;
use toml::{Table, Value};

fn compile(query: &str) -> Result<Filter, String> {
    let options = eql::Options {
        schema: Schema::catalogue(),
        event_category_field: "event.category",
        dialect: eql::Dialect::Lenient,
    };
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
