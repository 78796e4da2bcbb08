//! `LOOKUP JOIN` and `ENRICH`: what comes in of tables, from Elastic's documentation of the two commands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use serde_json::{Value, json};

use common::{folder_of, rulehound};

/// Two rows of `b`; one that has two names; one whose key is two values; one without a key.
const ROLES: &str = r#"{"user_name":"a","role":"admin","site":1}
{"user_name":"b","role":"guest","site":1}
{"user_name":"b","role":"author","site":2}
{"user_name":"c","role":["x","y"],"site":3}
{"user_name":["d","e"],"role":"both","site":4}
{"role":"nobody","site":5}
"#;

/// The names of columns, rows and standard error of a query.
fn run(query: &str) -> (Vec<String>, Value, String) {
    let folder = folder_of(&[("roles.ndjson", ROLES), ("events.ndjson", "")]);
    let lookups = ["--lookup", "roles=roles.ndjson", "--lookup", "users:user_name=roles.ndjson"];
    let args = [&["query", "--language", "esql"], &lookups[..], &[query, "events.ndjson"]].concat();
    let run = rulehound(folder.path(), &args);
    let response: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{query}: {run:?}"));
    let columns = response["columns"].as_array().unwrap().iter();
    let names = columns.map(|column| column["name"].as_str().unwrap().to_owned()).collect();
    (names, response["values"].clone(), run.stderr)
}

#[track_caller]
fn check(query: &str, names: &[&str], rows: Value) {
    let (found, values, stderr) = run(query);
    assert_eq!(found, names, "{query}: {stderr}");
    assert_eq!(values, rows, "{query}: {stderr}");
}

#[test]
fn a_join_gives_a_row_a_match() {
    check(
        r#"ROW user_name = ["b", "z", "a"] | MV_EXPAND user_name | LOOKUP JOIN roles ON user_name"#,
        &["user_name", "role", "site"],
        json!([["b", "guest", 1], ["b", "author", 2], ["z", null, null], ["a", "admin", 1]]),
    );
    check(
        r#"ROW user_name = "c" | LOOKUP JOIN roles ON user_name"#,
        &["user_name", "role", "site"],
        json!([["c", ["x", "y"], 3]]),
    );
}

#[test]
fn nothing_joins_several_values_or_none() {
    for user in [r#"["a", "b"]"#, r#""d""#, "null"] {
        let (_, rows, stderr) =
            run(&format!("ROW user_name = {user} | LOOKUP JOIN roles ON user_name | KEEP role"));
        assert_eq!(rows, json!([[null]]), "{user}");
        assert_eq!(stderr.contains("LOOKUP JOIN encountered multi-value"), user.starts_with('['), "{stderr}");
    }
}

#[test]
fn a_join_may_be_by_several_fields() {
    check(
        r#"ROW user_name = "b", site = 2 | LOOKUP JOIN roles ON user_name, site"#,
        &["user_name", "site", "role"],
        json!([["b", 2, "author"]]),
    );
    check(
        r#"ROW user_name = "b", site = 3 | LOOKUP JOIN roles ON user_name, site"#,
        &["user_name", "site", "role"],
        json!([["b", 3, null]]),
    );
}

#[test]
fn joined_columns_hide_those_of_their_names() {
    check(
        r#"ROW role = "old", user_name = "a", right = 1 | LOOKUP JOIN roles ON user_name"#,
        &["user_name", "right", "role", "site"],
        json!([["a", 1, "admin", 1]]),
    );
    // A condition brings in the field that is compared as well.
    for condition in ["who == user_name", "user_name == who"] {
        check(
            &format!(r#"ROW who = "a", site = 7 | LOOKUP JOIN roles ON {condition}"#),
            &["who", "role", "site", "user_name"],
            json!([["a", "admin", 1, "a"]]),
        );
    }
}

#[test]
fn enriching_takes_all_matches_together() {
    check(
        r#"ROW user_name = "a" | ENRICH users"#,
        &["user_name", "role", "site"],
        json!([["a", "admin", 1]]),
    );
    check(
        r#"ROW who = ["b", "c"] | ENRICH users ON who WITH is = role"#,
        &["who", "is"],
        json!([[["b", "c"], ["guest", "author", "x", "y"]]]),
    );
    // Any of several values there will do, and once.
    check(
        r#"ROW who = ["d", "e"] | ENRICH users ON who WITH role"#,
        &["who", "role"],
        json!([[["d", "e"], "both"]]),
    );
    check(r#"ROW who = "z" | ENRICH users ON who WITH role"#, &["who", "role"], json!([["z", null]]));
    check(r#"ROW who = null | ENRICH users ON who WITH role"#, &["who", "role"], json!([[null, null]]));
}

#[test]
fn enriched_columns_hide_those_of_their_names() {
    check(
        r#"ROW left = 1, who = "a", role = "old", right = 2 | ENRICH users ON who WITH role"#,
        &["left", "who", "right", "role"],
        json!([[1, "a", 2, "admin"]]),
    );
    check(
        r#"ROW who = "a", right = 2 | ENRICH users ON who WITH who = role, who = site"#,
        &["right", "who"],
        json!([[2, 1]]),
    );
}
