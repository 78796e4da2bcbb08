//! `rulehound events`: what it prints, in which order, and how it ends.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Run, rulehound_with_input};

/// Runs `rulehound events` over some input; gives the exit code, standard output and standard error.
fn run(arguments: &[&str], folder: &Path, input: &[u8]) -> (i32, String, String) {
    let arguments: Vec<&str> = ["events"].iter().chain(arguments).copied().collect();
    let Run { code, stdout, stderr } = rulehound_with_input(folder, &arguments, input);
    (code, stdout, stderr)
}

#[test]
fn documents_come_in_order_and_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n: usize| format!("{{\"n\":{n},\"a.b\":[1,{{\"c\":null}}]}}\n");
    let lines = |range: std::ops::Range<usize>| range.map(line).collect::<String>();
    std::fs::write(folder.path().join("b"), lines(0..3000)).unwrap();
    std::fs::write(folder.path().join("a"), lines(3000..5000)).unwrap();
    let (code, out, err) = run(&["b", "-", "a"], folder.path(), b"[{\"n\": -1}]");
    let expected = lines(0..3000) + "{\"n\":-1}\n" + &lines(3000..5000);
    assert!(out == expected, "order or content differs");
    assert_eq!((code, &*err), (0, ""));
}

#[test]
fn what_is_printed_is_the_same_event_when_it_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let export = r#"{"_index":"logs-x","_id":"7","_source":{"message":"m"}}
{"message":"m","data_stream":{"type":"logs","dataset":"d","namespace":"default"}}
"#;
    let expected = r#"{"_index":"logs-x","_id":"7","message":"m"}
{"message":"m","data_stream":{"type":"logs","dataset":"d","namespace":"default"}}
"#;
    let (_, once, _) = run(&["-"], folder.path(), export.as_bytes());
    assert_eq!(once, expected);
    let (_, twice, _) = run(&["-"], folder.path(), once.as_bytes());
    assert_eq!(twice, once);
    let (_, named, _) = run(&["--index", "named", "-"], folder.path(), b"{\"message\":\"m\"}");
    assert_eq!(named, "{\"_index\":\"named\",\"message\":\"m\"}\n");
}

#[test]
fn problems_are_told_and_decide_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], input: &str, code: i32, told: &[&str]| {
        let (found, _, err) = run(arguments, folder.path(), input.as_bytes());
        assert_eq!(found, code, "{arguments:?}: {err}");
        told.iter().for_each(|text| assert!(err.contains(text), "{err:?} should say {text:?}"));
    };
    std::fs::write(folder.path().join("notes.txt"), "no events here").unwrap();
    check(&["-"], "", 0, &["skipped 1 file: 1 empty"]);
    check(&["-"], "{}\n{\n", 1, &["warning: -:2: not valid JSON"]);
    check(&["notes.txt"], "", 1, &["notes.txt: holds no events"]);
    check(&["."], "", 0, &["skipped 1 file: 1 not events"]);
    check(&["none.json"], "", 2, &["none.json: no such file", "cannot open none.json"]);
    check(&["none.json", "-"], "{}", 1, &["none.json: no such file"]);
    check(&["-"], &format!("{{}}\n{}", "x\n".repeat(30)), 1, &["30 problems in all: 30 invalid-json"]);
}

#[test]
fn the_table_is_a_line_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let event = r#"{"@timestamp":"2026-01-01T00:00:00Z","host":{"name":"h"},"event":{"category":"process"},"process":{"command_line":"a\nb"}}"#;
    let (_, out, _) = run(&["--output", "table", "-"], folder.path(), event.as_bytes());
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], ["2026-01-01T00:00:00Z", "h", "process", "a", "b"]);
}
