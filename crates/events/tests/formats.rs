//! Every format of files, whole: what is read of it, and nothing that is not there.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Folder, gzip, read, read_bytes, skipped, zip, zstd};
use rulehound_events::read::{ProblemKind, ScanOptions, SkipReason};

/// Reads a file of this content and expects these messages, and no problem.
#[track_caller]
fn check(content: impl AsRef<[u8]>, expected: &[&str]) {
    let (messages, problems, report) = read_bytes(content);
    assert_eq!(problems, [], "{:?}", report.problems);
    assert_eq!(messages, expected);
    assert_eq!(report.records, expected.len() as u64);
}

const A: &str = r#"{"message":"a"}"#;
const B: &str = r#"{"message":"b"}"#;
const C: &str = r#"{"message":"c"}"#;
const ABC: &[&str] = &["a", "b", "c"];

#[test]
fn lines() {
    check(format!("{A}\n{B}\n{C}\n"), ABC);
    check(format!("{A}\n{B}\n{C}"), ABC);
    check(format!("{A}\r\n\r\n  {B}\t\r\n\n{C}\r\n"), ABC);
    check(format!("\u{feff}{A}\n{B}\n{C}\n"), ABC);
    check(format!("// events\n{A}\n"), &["a"]);
}

/// A line of exactly this many bytes, its break included.
fn line(name: &str, bytes: usize) -> String {
    let start = format!("{{\"message\":\"{name}\",\"x\":\"");
    format!("{start}{}\"}}\n", "y".repeat(bytes - start.len() - 3))
}

#[test]
fn lines_across_blocks() {
    // Files are read about this many bytes at once.
    const BLOCK: usize = 5 << 18;
    let read_all = |text: &str, max_record_bytes| {
        let folder = Folder::new();
        let path = folder.write("events", text);
        let (events, report) = read(&[&path], ScanOptions { max_record_bytes, ..ScanOptions::default() });
        let events = events.into_iter().map(|event| (event.message, event.position));
        (events.collect::<Vec<_>>(), report.problems.total(), report.bytes)
    };
    for first in [40, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5] {
        for second in [40, BLOCK - 40, BLOCK - 41, 2 * BLOCK] {
            let text = [line("a", first), line("b", second), line("c", 50)].concat();
            let expected = [("a", 1), ("b", 2), ("c", 3)].map(|(message, line)| (message.to_owned(), line));
            for text in [&text, text.trim_end()] {
                let (events, problems, bytes) = read_all(text, 16 << 20);
                assert_eq!((&events[..], problems), (&expected[..], 0), "{first} and {second} bytes");
                assert_eq!(bytes, text.len() as u64);
                // The long ones are lost, and counted; those after them keep their numbers.
                let (events, problems, _) = read_all(text, 1000);
                let short = [first, second, 50].into_iter().zip(&expected).filter(|(bytes, _)| *bytes < 1000);
                let short: Vec<_> = short.map(|(_, event)| event.clone()).collect();
                assert_eq!((problems, events), (3 - short.len() as u64, short), "{first} and {second} bytes");
            }
        }
    }
}

#[test]
fn actions_across_blocks() {
    const BLOCK: usize = 5 << 18;
    let action = "{\"index\":{\"_id\":\"1\"}}\n";
    for before in [BLOCK - action.len() - 1, BLOCK - action.len(), BLOCK - action.len() + 1, BLOCK - 5] {
        check(format!("{action}{}{action}{A}\n", line("x", before / 2)), &["x", "a"]);
        let twice = format!("{action}{}", line("x", before / 2 - action.len()));
        check(format!("{twice}{twice}{action}{B}\n{action}{C}\n"), &["x", "x", "b", "c"]);
    }
}

#[test]
fn utf16() {
    let text = format!("\u{feff}{A}\n{{\"message\":\"b\u{1f98a}\"}}\n");
    check(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), &["a", "b\u{1f98a}"]);
    check(text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(), &["a", "b\u{1f98a}"]);
}

#[test]
fn documents() {
    let pretty = |message: &str| {
        format!("{{\n  \"message\": \"{message}\",\n  \"x\": {{\n    \"y\": [1, 2]\n  }}\n}}\n")
    };
    check(pretty("a"), &["a"]);
    check(["a", "b", "c"].map(pretty).concat(), ABC);
    check(format!("{A}{B} {C}"), ABC);
    check(format!("[{A},{B},{C}]"), ABC);
    check(format!("\n [\n{A},\n\n // the second\n {B}\n,{C}\n]\n"), ABC);
    check(format!("[{A}][{B},{C}]"), ABC);
    check("[]", &[]);
    check(r#"[{"message":"]}\"[{"}, {"message":"\\"}]"#, &["]}\"[{", "\\"]);
}

#[test]
fn wrapped_documents() {
    check(format!("{{\"events\":[{A},{B},{C}]}}"), ABC);
    check(format!("{{\n \"Records\": [\n{A},{B}\n ],\n \"x\": [{{}}] }}\n{{\"Records\":[{C}]}}"), ABC);
    check(
        format!(
            r#"{{"took":1,"_shards":{{"total":1}},"hits":{{"total":{{"value":3}},"hits":[
                {{"_index":"i","_id":"1","_source":{A}}},{{"_index":"i","_id":"2","_source":{B}}}]}},"x":"]"}}"#
        ),
        &["a", "b"],
    );
    // An event that has such an array of its own.
    check(r#"{"@timestamp":1,"message":"a","events":[{"message":"b"}]}"#, &["a"]);
    check(r#"{"message":"a","events":["b"]}"#, &["a"]);
}

#[test]
fn exports_say_id_and_index() {
    let folder = Folder::new();
    let path = folder.write(
        "export",
        concat!(
            r#"{"_index":"logs-a","_id":"1","_score":1.0,"_source":{"message":"a"}}"#,
            "\n",
            r#"{"_id":"2","message":"b","data_stream":{"type":"logs","dataset":"x.y"}}"#,
            "\n",
            r#"{"message":"c"}"#,
            "\n",
            r#"{ "message" : "c" }"#,
        ),
    );
    let (events, _) = read(&[&path], ScanOptions::default());
    let index = |n: usize| events[n].index.as_deref();
    assert_eq!([&*events[0].id, &*events[1].id], ["1", "2"]);
    assert_eq!([index(0), index(1), index(2)], [Some("logs-a"), Some("logs-x.y-default"), None]);
    // The same record has the same id wherever it stands.
    assert_eq!(events[2].id, events[3].id);
    assert_eq!(events[2].id.len(), 40);

    let (events, _) = read(&[&path], ScanOptions { index: Some("named".into()), ..ScanOptions::default() });
    let indices: Vec<_> = events.iter().map(|event| event.index.as_deref().unwrap()).collect();
    assert_eq!(indices, ["logs-a", "named", "named", "named"]);
}

#[test]
fn bulk_bodies() {
    let folder = Folder::new();
    let path = folder.write(
        "bulk",
        [
            r#"{"index":{"_index":"logs-a","_id":"1"}}"#,
            A,
            r#"{"delete":{"_index":"logs-a","_id":"0"}}"#,
            r#"{"create":{}}"#,
            "",
            B,
            r#"{"update":{"_id":"3","_index":"logs-b","retry_on_conflict":3}}"#,
            r#"{"doc":{"message":"c"}}"#,
        ]
        .join("\n"),
    );
    let (events, report) = read(&[&path], ScanOptions::default());
    let seen: Vec<_> = events.iter().map(|e| (&*e.message, e.index.as_deref(), e.position)).collect();
    assert_eq!(seen, [("a", Some("logs-a"), 2), ("b", None, 6), ("c", Some("logs-b"), 8)]);
    assert_eq!([&*events[0].id, &*events[2].id], ["1", "3"]);
    assert!(report.problems.is_empty());
}

#[test]
fn compressed() {
    let text = format!("{A}\n{B}\n{C}\n");
    let (first, second) = text.split_at(A.len() + 4);
    check(gzip(text.as_bytes()), ABC);
    check([gzip(first.as_bytes()), gzip(second.as_bytes())].concat(), ABC);
    check(zstd(text.as_bytes()), ABC);
    check([zstd(first.as_bytes()), zstd(second.as_bytes())].concat(), ABC);
    check(gzip(&zstd(text.as_bytes())), ABC);
    let array = format!("[{C}]");
    check(zip(&[("1.json", format!("{A}\n{B}").as_bytes()), ("2", array.as_bytes())]), ABC);
    check(zip(&[("1.gz", &gzip(A.as_bytes())), ("2.zst", &zstd(B.as_bytes()))]), &["a", "b"]);
    check(zip(&[]), &[]);
}

#[test]
fn folders_and_globs() {
    let folder = Folder::new();
    let a = folder.write("in/a.json", A);
    folder.write("in/deep/b.ndjson", B);
    folder.write("in/deep/c.txt", C);
    folder.write("in/.hidden.json", C);
    folder.write("in/.git/x.json", C);
    folder.write("in/README.md", "# Read me\n\nNothing {in} here.\n");
    folder.write("in/empty", "");
    let root = folder.0.path().join("in");

    let (events, report) = read(&[&root], ScanOptions::default());
    let messages: Vec<_> = events.iter().map(|event| &*event.message).collect();
    assert_eq!(messages, ABC, "in order of names");
    assert_eq!(events[0].file, a.to_string_lossy());
    let reasons = [SkipReason::Hidden, SkipReason::NotEvents, SkipReason::Empty, SkipReason::Duplicate];
    assert_eq!(reasons.map(|reason| skipped(&report, reason)), [1, 1, 1, 0]);
    assert!(report.problems.is_empty());

    let (events, report) = read(&[&root, &a], ScanOptions::default());
    assert_eq!((events.len(), skipped(&report, SkipReason::Duplicate)), (3, 1));

    let (events, _) = read(&[&root.join("**/*.{json,ndjson}")], ScanOptions::default());
    assert_eq!(events.len(), 2);
    let (events, _) = read(&[&root.join("*/?.txt")], ScanOptions::default());
    assert_eq!(events.len(), 1);
    let (events, report) = read(&[&root.join("*.json"), &root.join("[a]*")], ScanOptions::default());
    assert_eq!((events.len(), report.problems.total()), (1, 0), "a file that was read already is no miss");
    for missing in ["*.none", "none.json"] {
        let (_, report) = read(&[&root.join(missing)], ScanOptions::default());
        assert_eq!(report.problems.counts().keys().collect::<Vec<_>>(), [&ProblemKind::NotFound]);
    }
    // A file that was named has to hold events.
    let (_, report) = read(&[&root.join("README.md")], ScanOptions::default());
    assert_eq!(report.problems.counts().keys().collect::<Vec<_>>(), [&ProblemKind::NotEvents]);
}
