//! `rulehound hunt`: what must never change what comes out, what must be told, and what each exclusion of the
//! first rule silences.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{folder_of, rulehound, rulehound_with_input};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn example(name: &str) -> String {
    std::fs::read_to_string(root().join("examples").join(name)).unwrap()
}

/// Alerts without the moment of their making.
fn timeless(ndjson: &str) -> Vec<String> {
    ndjson
        .lines()
        .map(|line| {
            let mut alert: Value = serde_json::from_str(line).unwrap();
            let fields = alert.as_object_mut().unwrap();
            fields.remove("@timestamp").unwrap();
            fields.remove("kibana.alert.intended_timestamp").unwrap();
            alert.to_string()
        })
        .collect()
}

fn hunt(folder: &Path, args: &[&str]) -> Vec<String> {
    let rules = root().join("rules");
    let mut all = vec!["hunt", "--rules", rules.to_str().unwrap(), "--output", "ndjson"];
    all.extend(args);
    let run = rulehound(folder, &all);
    assert_eq!(run.code, 0, "{}", run.stderr);
    timeless(&run.stdout)
}

/// Another order of the same lines, the same every time.
fn shuffled(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let step = (lines.len() / 2..).find(|step| gcd(*step, lines.len()) == 1).unwrap();
    (0..lines.len()).fold(String::new(), |mut shuffled, at| {
        writeln!(shuffled, "{}", lines[at * step % lines.len()]).unwrap();
        shuffled
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn threads_batches_and_order_change_no_alert() {
    let files = ["endpoint.ndjson", "windows-sysmon.ndjson", "winlogbeat.ndjson"];
    let texts: Vec<String> = files.iter().map(|name| example(name)).collect();
    let contents: Vec<(&str, &str)> = files.into_iter().zip(texts.iter().map(String::as_str)).collect();
    let straight = folder_of(&contents);
    let expected = hunt(straight.path(), &files);
    assert!(expected.len() > 20, "{} alerts", expected.len());

    let check = |name: &str, folder: &Path, args: &[&str]| assert!(hunt(folder, args) == expected, "{name}");
    check("one thread", straight.path(), &["--threads", "1", "."]);
    check("three threads", straight.path(), &["--threads", "3", "."]);
    check("batches of one", straight.path(), &["--batch-rows", "1", "."]);
    check("batches of seven", straight.path(), &["--batch-rows", "7", "--threads", "2", "."]);
    check("files in another order", straight.path(), &[files[2], files[0], files[1]]);
    check("a file named twice", straight.path(), &[files[2], files[0], files[1], files[0]]);

    let lines: Vec<String> = texts.iter().map(|text| shuffled(text)).collect();
    let lines: Vec<(&str, &str)> = files.into_iter().zip(lines.iter().map(String::as_str)).collect();
    check("lines in another order", folder_of(&lines).path(), &["."]);
    let copies = [("a/copy.ndjson", texts[0].as_str()), ("b/copy.ndjson", texts[0].as_str())];
    let copies = folder_of(&[contents.as_slice(), &copies].concat());
    check("the same events three times", copies.path(), &["."]);
    check("all in one file", folder_of(&[("all.ndjson", &texts.concat())]).path(), &["all.ndjson"]);

    let rules = root().join("rules");
    let args = ["hunt", "--rules", rules.to_str().unwrap(), "--output", "ndjson", "-"];
    let piped = rulehound_with_input(root(), &args, texts.concat().as_bytes());
    assert!(timeless(&piped.stdout) == expected, "standard input");
}

/// A registry event of Elastic Defend.
fn registry_event(path: &str, data: &str, process: &str) -> Value {
    let name = process.rsplit('\\').next().unwrap();
    serde_json::json!({
        "@timestamp": "2026-10-01T10:00:00.000Z",
        "data_stream": {"type": "logs", "dataset": "endpoint.events.registry", "namespace": "default"},
        "event": {"category": ["registry"], "type": ["change"], "kind": "event"},
        "host": {"name": "ws1", "os": {"type": "windows"}},
        "process": {"name": name, "executable": process},
        "registry": {"path": path, "data": {"strings": [data]}},
    })
}

/// A Sysmon event 13 as NXLog ships it.
fn sysmon_event(path: &str, data: &str, process: &str) -> Value {
    serde_json::json!({
        "@timestamp": "2026-10-01T10:00:00.000Z", "EventID": 13, "Channel": "Microsoft-Windows-Sysmon/Operational",
        "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "ws1", "EventType": "SetValue",
        "UtcTime": "2026-10-01 10:00:00.000", "ProcessGuid": "{00000000-0000-0000-0000-000000000001}",
        "ProcessId": "4242", "Image": process, "TargetObject": path, "Details": data,
    })
}

/// How often the first rule fires on one event.
fn first_rule_fires(event: &Value) -> usize {
    let folder = folder_of(&[("event.json", &event.to_string())]);
    let rule = root().join("rules/windows/persistence_services_registry.toml");
    let args = ["hunt", "--rules", rule.to_str().unwrap(), "--output", "ndjson", "event.json"];
    let run = rulehound(folder.path(), &args);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout.lines().count()
}

#[test]
fn the_first_rule_fires_on_what_it_describes_and_on_none_of_its_exclusions() {
    const KEY: &str = r"HKLM\SYSTEM\ControlSet001\Services\Updater\ImagePath";
    const DATA: &str = r"C:\Users\Public\updater.exe";
    const PROCESS: &str = r"C:\Users\Public\setup.exe";
    let cases: &[(&str, &str, &str, usize)] = &[
        (KEY, DATA, PROCESS, 1),
        (r"hklm\system\controlset002\services\x\ServiceDll", DATA, PROCESS, 1),
        (r"HKLM\SYSTEM\CurrentControlSet\Services\Updater\ImagePath", DATA, PROCESS, 0),
        (r"HKLM\SYSTEM\ControlSet001\Services\Updater\Start", DATA, PROCESS, 0),
        (r"HKLM\SYSTEM\ControlSet001\Control\Updater\ImagePath", DATA, PROCESS, 0),
        // Data that is a driver's.
        (KEY, r"C:\Windows\System32\Drivers\new.sys", PROCESS, 0),
        (KEY, r"\SystemRoot\System32\drivers\new.sys", PROCESS, 0),
        (KEY, r"\??\C:\Windows\system32\Drivers\new.SYS", PROCESS, 0),
        (KEY, r"system32\DRIVERS\USBSTOR", PROCESS, 0),
        (KEY, r"C:\Windows\System32\Drivers\new.exe", PROCESS, 1),
        // Process Explorer's driver, and only with it.
        (KEY, r"C:\Temp\procexp152.sys", r"C:\Tools\procexp64.exe", 0),
        (KEY, r"C:\Temp\procexp152.sys", PROCESS, 1),
        (KEY, DATA, r"C:\Tools\procexp64.exe", 1),
        // Processes that may.
        (KEY, DATA, r"C:\Program Files\Vendor\setup.exe", 0),
        (KEY, DATA, r"C:\Program Files (x86)\Vendor\setup.exe", 0),
        (KEY, DATA, r"C:\Windows\System32\svchost.exe", 0),
        (KEY, DATA, r"C:\Windows\winsxs\amd64_x\TiWorker.exe", 0),
        (KEY, DATA, r"C:\Windows\System32\drvinst.exe", 0),
        (KEY, DATA, r"C:\Windows\System32\services.exe", 0),
        (KEY, DATA, r"C:\Windows\System32\msiexec.exe", 0),
        (KEY, DATA, r"C:\Windows\System32\regsvr32.exe", 0),
        (KEY, DATA, r"C:\Windows\Temp\services.exe", 1),
    ];
    for (path, data, process, expected) in cases {
        assert_eq!(
            first_rule_fires(&registry_event(path, data, process)),
            *expected,
            "{path} {data} {process}"
        );
        assert_eq!(
            first_rule_fires(&sysmon_event(path, data, process)),
            *expected,
            "Sysmon {path} {data} {process}"
        );
    }
}

#[test]
fn index_patterns_decide_what_a_rule_sees() {
    let event = registry_event(r"HKLM\SYSTEM\ControlSet001\Services\x\ImagePath", "x.exe", r"C:\x.exe");
    let with_stream = |dataset: &str| {
        let mut event = event.clone();
        event["data_stream"]["dataset"] = dataset.into();
        event
    };
    let mut without = event.clone();
    without.as_object_mut().unwrap().remove("data_stream");
    let export = |index: &str| serde_json::json!({"_index": index, "_id": "1", "_source": without});
    for (event, expected) in [
        (event.clone(), 1),
        (without.clone(), 1),
        (with_stream("endpoint.alerts"), 0),
        (export(".ds-logs-endpoint.events.registry-default-2026.10.01-000001"), 1),
        (export("logs-system.security-default"), 0),
    ] {
        assert_eq!(first_rule_fires(&event), expected, "{event}");
    }

    let folder = folder_of(&[("event.json", &without.to_string())]);
    let rule = root().join("rules/windows/persistence_services_registry.toml");
    for (index, expected) in [("logs-endpoint.events.registry-default", 1), ("winlogbeat-8.0.0", 0)] {
        let rule = rule.to_str().unwrap();
        let args = ["hunt", "--rules", rule, "--output", "ndjson", "--index", index, "event.json"];
        assert_eq!(rulehound(folder.path(), &args).stdout.lines().count(), expected, "{index}");
    }
}

#[test]
fn times_narrow_a_hunt() {
    let all = hunt(root(), &["examples"]).len();
    // What is counted over hours is another count where hours are missing.
    let of_eql = |args: &[&str]| {
        let is_eql = |alert: &&String| alert.contains(r#""kibana.alert.rule.type":"eql""#);
        hunt(root(), args).iter().filter(is_eql).count()
    };
    let morning = of_eql(&["--to", "2026-10-14T10:00:00Z", "examples"]);
    let rest = of_eql(&["--from", "2026-10-14T10:00:00Z", "examples"]);
    assert!(morning > 0 && rest > 0);
    assert_eq!(morning + rest, of_eql(&["examples"]), "no sequence of the examples spans ten o'clock");
    assert_eq!(hunt(root(), &["--from", "2026-10-15", "examples"]).len(), 0);
    assert_eq!(
        hunt(root(), &["--to", "2026-10-14", "examples"]).len(),
        all,
        "a day ends with its last moment"
    );

    // Both ends belong to the range.
    let moment = "2026-10-14T23:59:59.999Z";
    let mut events = String::new();
    for line in example("endpoint.ndjson").lines() {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event["@timestamp"] = moment.into();
        writeln!(events, "{event}").unwrap();
    }
    let folder = folder_of(&[("events.ndjson", &events)]);
    let all = hunt(folder.path(), &["events.ndjson"]).len();
    assert!(all > 0);
    for (range, expected) in [
        (["--from", moment, "--to", moment], all),
        (["--from", "2026-10-14", "--to", "2026-10-14"], all),
        (["--from", "2026-10-14", "--to", "2026-10-14T23:59:59.998Z"], 0),
    ] {
        let args: Vec<&str> = range.into_iter().chain(["events.ndjson"]).collect();
        assert_eq!(hunt(folder.path(), &args).len(), expected, "{range:?}");
    }

    let run = rulehound(root(), &["hunt", "--rules", "rules", "--from", "yesterday", "examples"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`yesterday` is no moment"), "{}", run.stderr);
}

#[test]
fn what_is_wrong_is_told_and_costs_only_itself() {
    let good = example("endpoint.ndjson");
    let broken_rule = "[rule]\nname = \"Broken\"\nrule_id = \"1\"\ntype = \"eql\"\nlanguage = \"eql\"\nquery = \"process where\"\n";
    let folder = folder_of(&[
        ("rules/broken.toml", broken_rule),
        ("events/good.ndjson", &good),
        ("events/bad.ndjson", &format!("{{\"broken\": \n{good}not json\n")),
        ("events/empty.ndjson", ""),
    ]);
    let rules = root().join("rules");
    let args =
        ["hunt", "--rules", rules.to_str().unwrap(), "--rules", "rules", "--output", "ndjson", "events"];
    let run = rulehound(folder.path(), &args);
    assert_eq!(run.code, 1);
    assert_eq!(timeless(&run.stdout), hunt(root(), &["examples/endpoint.ndjson"]));
    for told in ["broken.toml", "bad.ndjson:1", "1 failed"] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
    assert_eq!(rulehound(folder.path(), &["hunt", "--rules", "rules", "no-such-file"]).code, 2);
    assert_eq!(rulehound(folder.path(), &["hunt", "--rules", "no-such-rules", "events"]).code, 2);
}

#[test]
fn a_rule_with_a_pattern_over_the_limits_is_refused_by_name() {
    let rule = |query: &str| {
        format!(
            "[rule]\nname = \"Over the limits\"\nrule_id = \"1\"\ntype = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''\n"
        )
    };
    for pattern in ["((a{1,100}){1,100}){1,100}", &format!("a{}", "{2}".repeat(10_000)), "~(.*a.{40})"] {
        let query = format!("process where process.name regex~ \"{pattern}\"");
        let folder =
            folder_of(&[("rules/large.toml", &rule(&query)), ("events.ndjson", &example("endpoint.ndjson"))]);
        let check = rulehound(folder.path(), &["rules", "check", "rules"]);
        assert_eq!(check.code, 1);
        assert!(
            check.stdout.contains("large.toml") && check.stdout.contains("eql::bad-regex"),
            "{}",
            check.stdout
        );
        let rules = root().join("rules");
        let args = [
            "hunt",
            "--rules",
            rules.to_str().unwrap(),
            "--rules",
            "rules",
            "--output",
            "ndjson",
            "events.ndjson",
        ];
        let run = rulehound(folder.path(), &args);
        assert_eq!(run.code, 1);
        assert_eq!(timeless(&run.stdout), hunt(root(), &["examples/endpoint.ndjson"]));
        assert!(run.stderr.contains("large.toml"), "{}", run.stderr);
    }
}

#[test]
fn json_is_one_array_and_the_table_names_each_rule_once() {
    let run = rulehound(root(), &["hunt", "--rules", "rules", "--output", "json", "examples"]);
    let alerts: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(alerts.len(), hunt(root(), &["examples"]).len());
    let none =
        rulehound_with_input(root(), &["hunt", "--rules", "rules", "--output", "json", "-"], b"{\"a\": 1}");
    assert_eq!(serde_json::from_str::<Vec<Value>>(&none.stdout).unwrap().len(), 0);

    let table = rulehound(root(), &["hunt", "--rules", "rules", "examples"]).stdout;
    assert_eq!(table.matches("Unusual Persistence via Services Registry").count(), 1, "{table}");
    assert!(!table.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn the_profile_tells_what_each_rule_hit_and_changes_no_alert() {
    let root = root().to_str().unwrap();
    let args = ["hunt", "--rules", "rules", "--output", "ndjson", "examples"];
    let plain = rulehound(Path::new(root), &args);
    let profiled = rulehound(Path::new(root), &[&args[..], &["--profile-rules"]].concat());
    assert_eq!(timeless(&profiled.stdout), timeless(&plain.stdout));
    assert!(!plain.stderr.contains("Dearest"), "{}", plain.stderr);

    let files = walkdir::WalkDir::new(Path::new(root).join("rules")).into_iter().map(Result::unwrap);
    // Each has one rule.
    let rules = files.filter(|file| file.file_type().is_file()).count();
    let listed: Vec<Vec<&str>> = profiled
        .stderr
        .lines()
        .skip_while(|line| !line.contains("Correlating"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(listed.len(), rules, "{}", profiled.stderr);
    // Share, `%`, matching, correlating, hits, and the rule's name.
    let seed = listed.iter().find(|line| line.ends_with(&["via", "Services", "Registry"])).unwrap();
    assert_eq!(seed[4], "2", "{}", profiled.stderr);
    assert!(profiled.stderr.contains("process.args == \"stop\""), "{}", profiled.stderr);
}

#[test]
fn an_event_without_a_time_is_counted_once_however_many_keys_it_joins_by() {
    let rule = example("../rules/windows/discovery_burst_of_account_commands.toml");
    let (before, rest) = rule.split_once("query = '''").unwrap();
    let after = rest.split_once("'''").unwrap().1;
    let query = "sequence by user.name [process where true] [process where true]";
    let users: Vec<String> = (0..40).map(|n| format!("u{n}")).collect();
    let event = json!({"event": {"category": "process"}, "user": {"name": users}});
    let folder = folder_of(&[
        ("rules/joins.toml", &format!("{before}query = '''{query}'''{after}")),
        ("events.ndjson", &format!("{event}\n")),
    ]);
    let run = rulehound(folder.path(), &["hunt", "--rules", "rules", "events.ndjson"]);
    assert!(run.stderr.contains("1 event without a time could not be put in order"), "{}", run.stderr);
}

#[test]
fn what_a_limit_of_state_drops_is_told_by_rule() {
    let rule = json!({
        "rule_id": "t", "name": "Many users", "description": "Finds many.", "severity": "low", "risk_score": 21,
        "author": ["Rulehound"], "type": "threshold", "language": "kuery", "query": "event.code: 4625",
        "threshold": {"field": ["host.name"], "value": 1, "cardinality": [{"field": "user.name", "value": 3}]},
    });
    let mut events = String::new();
    for user in 0..5 {
        let event = json!({
            "@timestamp": format!("2026-03-01T10:00:0{user}Z"), "event": {"code": "4625"}, "host": {"name": "a"},
            "user": {"name": format!("u{user}")},
        });
        writeln!(events, "{event}").unwrap();
    }
    let folder = folder_of(&[("rule.json", &rule.to_string()), ("events.ndjson", &events)]);
    let run = |limit: &str| {
        let args =
            ["hunt", "--rules", "rule.json", "--output", "ndjson", "--state-limit", limit, "events.ndjson"];
        rulehound(folder.path(), &args)
    };
    let (narrow, wide) = (run("2"), run("5"));
    assert_eq!((narrow.stdout.lines().count(), wide.stdout.lines().count()), (0, 1));
    assert!(narrow.stderr.contains("`Many users` forgot something 3 times for a limit"), "{}", narrow.stderr);
    assert!(!wide.stderr.contains("limit"), "{}", wide.stderr);
}
