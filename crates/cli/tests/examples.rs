//! The rules of `rules/` over the events of `examples/`: each rule finds what the story has for it, and
//! nothing else.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::rulehound;
use serde_json::Value;

/// Alerts by rule, each with how often it is told; what is not here stays silent.
const STORY: [(&str, usize); 31] = [
    ("Account Created or Enabled", 2),
    ("Alerts of Several Tactics on One Host", 3),
    ("Archive Packed with a Password", 1),
    ("Archive Uploaded from the Command Line", 2),
    ("Audit Daemon Left Stopped", 1),
    ("Burst of Account and Domain Discovery", 1),
    ("Command Line Dumps the Memory of LSASS", 1),
    ("Connection to a Known Indicator", 5),
    ("Directory Database Copied from a Domain Controller", 1),
    ("Full Account Details Asked for with Whoami", 1),
    ("Hidden PowerShell with an Encoded Command", 1),
    ("Interpreter Connects Out and Writes a Program", 1),
    ("LSASS Opened by a Program in a User Folder", 1),
    ("Network Logon Installs a Service", 1),
    ("New Account Made an Administrator at Once", 1),
    ("New Program Calls from Memory without a File", 1),
    ("Office Application Starts a Command Interpreter", 1),
    ("PowerShell Command in Base64", 1),
    ("Program of a User Folder below an Office Application", 1),
    ("Programs of Several Hosts Call One Address", 2),
    ("Rare Process for a Host", 1),
    ("Run Key Points into a User Folder", 1),
    ("Run of Very Long DNS Names", 1),
    ("Script Host Fetches over Plain HTTP", 1),
    ("Unsigned Program Calls One Address Again and Again", 1),
    ("Unsigned Program First Seen on a Host", 2),
    ("Unsigned Program in a User Folder Calls Out", 2),
    ("Unusual Persistence via Services Registry", 2),
    ("Web Server Starts a Shell", 3),
    ("Windows Event Log Cleared", 3),
    ("Windows Host Program Loads a Library from a User Folder", 1),
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The alerts over some of the examples, by rule; the building blocks of sequences left out.
fn alerts(events: &str) -> BTreeMap<String, Vec<Value>> {
    let run = rulehound(root(), &["hunt", "--rules", "rules", "--output", "ndjson", events]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut by_rule: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in run.stdout.lines() {
        let alert: Value = serde_json::from_str(line).unwrap();
        if field(&alert, "kibana.alert.building_block_type").is_none() {
            let rule = field(&alert, "kibana.alert.rule.name").and_then(Value::as_str).unwrap();
            by_rule.entry(rule.to_owned()).or_default().push(alert);
        }
    }
    by_rule
}

/// A field of a document, whether its name is written as one key or as nested objects.
fn field<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    let object = document.as_object()?;
    let whole = object.get(name).or_else(|| object.get("_source")?.get(name));
    whole.or_else(|| name.split('.').try_fold(document, |value, key| value.get(key)))
}

#[test]
fn every_rule_tells_its_part_of_the_story() {
    let found: Vec<(String, usize)> =
        alerts("examples").into_iter().map(|(rule, alerts)| (rule, alerts.len())).collect();
    let expected: Vec<(String, usize)> = STORY.into_iter().map(|(rule, n)| (rule.to_owned(), n)).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_rule_is_without_a_part() {
    let folders = std::fs::read_dir(root().join("rules")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    assert_eq!(files.count(), STORY.len());
}

#[test]
fn the_services_registry_is_watched_by_either_sensor() {
    for (file, executable) in [
        ("examples/endpoint.ndjson", r"C:\Users\m.okafor\AppData\Roaming\NvCache\nvsync.exe"),
        ("examples/windows-sysmon.ndjson", r"C:\ProgramData\BkSync\bksvc.exe"),
    ] {
        let found = alerts(file).remove("Unusual Persistence via Services Registry").unwrap_or_default();
        let executables: Vec<_> = found.iter().map(|alert| field(alert, "process.executable")).collect();
        assert_eq!(executables, [Some(&Value::from(executable))], "{file}");
    }
}
