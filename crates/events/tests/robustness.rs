//! Broken input: what is whole is read, what is not is counted, and nothing panics.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write;

use common::{Folder, corpora, gzip, read, read_bytes, zip, zstd};
use rulehound_events::read::{ProblemKind, ScanOptions};

/// Reads a file of this content; expects these messages, and problems of these kinds at these positions.
#[track_caller]
fn check(content: impl AsRef<[u8]>, messages: &[&str], problems: &[(ProblemKind, u64)]) {
    let (seen, found, report) = read_bytes(content);
    assert_eq!(found, problems, "{:?}", report.problems);
    assert_eq!(seen, messages);
}

const A: &str = r#"{"message":"a"}"#;
const B: &str = r#"{"message":"b"}"#;

#[test]
fn broken_lines_cost_themselves() {
    use ProblemKind::{InvalidJson, NotAnObject};
    check(format!("{A}\n{{\"message\":\n{B}\n"), &["a", "b"], &[(InvalidJson, 2)]);
    check(format!("{{\"message\":\n{A}\n{B}\n"), &["a", "b"], &[(InvalidJson, 1)]);
    check(format!("no json\n{A}\n{A} x\n{B}\n"), &["a", "b"], &[(InvalidJson, 1), (InvalidJson, 3)]);
    check(
        format!("{A}\n[1]\n7\n\"x\"\nnull\n{B}"),
        &["a", "b"],
        &[2, 3, 4, 5].map(|line| (NotAnObject, line)),
    );
    check(format!("{A}\n{{\"message\":\"\\ud80\"}}\n{B}"), &["a", "b"], &[(InvalidJson, 2)]);
    check(format!("{A}\n\0\0\0\n{B}"), &["a", "b"], &[(InvalidJson, 2)]);
}

#[test]
fn broken_elements_cost_themselves() {
    use ProblemKind::{InvalidJson, NotAnObject, Truncated};
    check(format!("[{A},{{\"message\":}},{B}]"), &["a", "b"], &[(InvalidJson, 2)]);
    check(format!("[{A},3,\"x\",[{A}],{B}]"), &["a", "b"], &[2, 3, 4].map(|element| (NotAnObject, element)));
    check(format!("[{A},{B}"), &["a", "b"], &[(Truncated, 2)]);
    check(format!("[{A},{{\"message\":\"b"), &["a"], &[(Truncated, 2)]);
    check(format!("{{\"events\":[{A},{B}]"), &["a", "b"], &[(Truncated, 2)]);
    check(format!("[{A},\n{{\"message\":\"x\n}},\n{B}]"), &["a", "b"], &[(InvalidJson, 2)]);
}

#[test]
fn invalid_utf8_is_refused() {
    let bytes = [A.as_bytes(), b"\n{\"message\":\"\xff\"}\n", B.as_bytes()].concat();
    check(bytes, &["a", "b"], &[(ProblemKind::InvalidUtf8, 2)]);
}

#[test]
fn long_records_are_passed_over() {
    let long = format!("{{\"message\":\"{}\"}}", "x".repeat(100 << 20));
    check(format!("{A}\n{long}\n{B}\n"), &["a", "b"], &[(ProblemKind::RecordTooLong, 2)]);
    check(
        format!("{long}\n{B}\n{long}"),
        &["b"],
        &[(ProblemKind::RecordTooLong, 1), (ProblemKind::RecordTooLong, 3)],
    );
    check(format!("[{A},{long},{B}]"), &["a", "b"], &[(ProblemKind::RecordTooLong, 2)]);
    check(gzip(format!("{A}\n{long}\n{B}\n").as_bytes()), &["a", "b"], &[(ProblemKind::RecordTooLong, 2)]);
    // Just above the limit, so that it comes whole in one block.
    let long = format!("{{\"message\":\"{}\"}}", "x".repeat(1 << 20));
    check(format!("{A}\n{long}\n{B}\n"), &["a", "b"], &[(ProblemKind::RecordTooLong, 2)]);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"x\":", "}"), ("{\"message\":[", "]}")] {
        for depth in [100, 10_000, 50_000] {
            let deep = format!("{{\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            let levels = depth * open.matches(['[', '{']).count();
            let (messages, problems): (&[&str], &[_]) = match levels > 127 {
                true => (&["a", "b"], &[(ProblemKind::TooDeep, 2)]),
                false => (&["a", "", "b"], &[]),
            };
            check(format!("{A}\n{deep}\n{B}\n"), messages, problems);
            check(format!("[{A},{deep},{B}]"), messages, problems);
            check(
                format!("{A}\n{}\n{B}\n", open.repeat(depth)),
                &["a", "b"],
                &[(if levels > 127 { ProblemKind::TooDeep } else { ProblemKind::InvalidJson }, 2)],
            );
        }
    }
}

#[test]
fn numbers_beyond_machine_types_are_kept() {
    let json = r#"{"message":123456789012345678901234567890,"x":1e999}"#;
    check(json, &["123456789012345678901234567890"], &[]);
    check(r#"{"message":18446744073709551615}"#, &["18446744073709551615"], &[]);
    check(r#"{"message":-9223372036854775808}"#, &["-9223372036854775808"], &[]);
    check(r#"{"message":012}"#, &[], &[(ProblemKind::InvalidJson, 1)]);
}

#[test]
fn truncated_compression() {
    use ProblemKind::{Corrupt, Truncated};
    let mut text = String::new();
    for n in 0..20_000 {
        writeln!(text, "{{\"message\":\"{n}\",\"x\":{}}}", n * 7919 % 10007).unwrap();
    }
    let expect = |content: &[u8], kinds: &[ProblemKind]| {
        let (messages, problems, report) = read_bytes(content);
        assert!((1..20_000).contains(&messages.len()), "{}", messages.len());
        assert!(problems.iter().any(|(kind, position)| kinds.contains(kind) && *position == 0), "{report:?}");
    };
    let gz = gzip(text.as_bytes());
    expect(&gz[..gz.len() / 2], &[Truncated]);
    let zst = zstd(text.as_bytes());
    expect(&zst[..zst.len() / 2], &[Truncated]);
    let archive = zip(&[("a.json", text.as_bytes())]);
    expect(&archive[..archive.len() / 2], &[Truncated]);

    let mut corrupt = gz.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 64].fill(0xff);
    expect(&corrupt, &[Corrupt, Truncated]);
    // A header and nothing more.
    for head in [&gz[..12], &zst[..6], &archive[..20]] {
        let (messages, problems, _) = read_bytes(head);
        assert_eq!(messages.len(), 0);
        assert_eq!(problems.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [Truncated]);
    }
}

#[test]
fn archives_of_archives_are_named() {
    let inner = zip(&[("a.json", A.as_bytes())]);
    let outer = zip(&[("inner.zip", &inner), ("b.json", B.as_bytes())]);
    check(outer, &["b"], &[(ProblemKind::Unsupported, 0)]);
}

#[test]
fn a_lone_surrogate_costs_itself() {
    let lone = r#"{"message":"x\ud800","n":1e999}"#;
    check(format!("{A}\n{lone}\n{B}"), &["a", "x\u{fffd}", "b"], &[]);
}

#[test]
fn bombs_end() {
    // Two gigabytes of blanks.
    let blank = vec![b' '; 64 << 20];
    let mut bomb = Vec::new();
    for _ in 0..32 {
        bomb.extend(gzip(&blank));
    }
    let archive = zip(&[("a.ndjson.gz", &gzip(&bomb))]);
    let bomb = gzip(&bomb);
    assert!(bomb.len() < 1 << 20);
    let (_, problems, _) = read_bytes(archive);
    assert!(problems.contains(&(ProblemKind::Expansion, 0)), "{problems:?}");
    let (_, problems, _) = read_bytes([gzip(A.as_bytes()), gzip(b"\n")].concat());
    assert_eq!(problems, []);
    let (messages, problems, _) = read_bytes(bomb);
    assert_eq!(messages.len(), 0);
    assert!(problems.contains(&(ProblemKind::Expansion, 0)), "{problems:?}");
}

#[test]
fn empty_input() {
    for content in ["", "\n\n", " \r\n", "\u{feff}", "[]", "// nothing"] {
        let (messages, problems, _) = read_bytes(content);
        assert_eq!((messages.len(), problems.len()), (0, 0), "{content:?}");
    }
    let (_, problems, _) = read_bytes(gzip(b""));
    assert_eq!(problems, []);
}

#[cfg(unix)]
#[test]
fn unreadable_files() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let locked = folder.write("locked.json", A);
    folder.write("open.json", B);
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    symlink(folder.0.path().join("nowhere"), folder.0.path().join("dangling")).unwrap();
    let (events, report) = read(&[folder.0.path()], ScanOptions::default());
    // Root reads everything.
    let is_root = std::fs::File::open(&locked).is_ok();
    assert_eq!(events.len(), if is_root { 2 } else { 1 });
    let unreadable = report.problems.counts().get(&ProblemKind::Unreadable).copied();
    assert_eq!(unreadable, Some(if is_root { 1 } else { 2 }), "{report:?}");
}

/// A log that holds a header and blank chunks.
fn blank_log(chunks: usize) -> Vec<u8> {
    let mut log = vec![0; 4096 + chunks * 65536];
    log[..8].copy_from_slice(b"ElfFile\0");
    log
}

#[test]
fn logs_without_records() {
    check(blank_log(0), &[], &[]);
    check(blank_log(3), &[], &[]);
    check(&blank_log(0)[..100], &[], &[(ProblemKind::Truncated, 0)]);
    check(&blank_log(1)[..5000], &[], &[(ProblemKind::Truncated, 0)]);
    let mut damaged = blank_log(2);
    damaged[4096 + 100] = 1;
    check(damaged, &[], &[(ProblemKind::Corrupt, 0)]);
}

#[test]
fn damaged_logs_give_what_is_whole() {
    let Some(corpora) = corpora() else { return };
    let (events, _) = read(&[&corpora.join("evtx")], ScanOptions::default());
    let mut by_file = std::collections::BTreeMap::<_, u64>::new();
    events.iter().for_each(|event| *by_file.entry(&event.file).or_default() += 1);
    let fullest = by_file.iter().max_by_key(|(_, events)| **events).unwrap().0;
    let log = std::fs::read(fullest).unwrap();
    let records = |bytes: &[u8]| {
        let (_, _, report) = read_bytes(bytes);
        (report.events, report.problems)
    };
    let (all, problems) = records(&log);
    assert!(all > 100 && problems.is_empty(), "{all} {problems:?}");

    // Cut in the middle of a chunk: the whole records before the cut are read.
    let chunks = (log.len() - 4096) / 65536;
    let (events, problems) = records(&log[..4096 + (chunks / 2) * 65536 + 40_000]);
    assert!(events > 0 && events < all);
    assert_eq!(problems.counts().get(&ProblemKind::Truncated), Some(&1));

    // A chunk overwritten: the others are read.
    let mut damaged = log.clone();
    damaged[4096..4096 + 65536].fill(0xaa);
    let (events, problems) = records(&damaged);
    assert!(events > 0 && events < all);
    assert_eq!(problems.counts().get(&ProblemKind::Corrupt), Some(&1));

    // Bytes overwritten all over: whatever comes of it, nothing panics.
    for seed in 0..20_usize {
        let mut damaged = log.clone();
        for n in 0..500 {
            let at = (seed * 7_368_787 + n * 104_729) % damaged.len();
            damaged[at] = damaged[at].wrapping_add(u8::try_from(n % 251).unwrap());
        }
        let (events, _) = records(&damaged);
        assert!(events <= all + 10);
    }
}
