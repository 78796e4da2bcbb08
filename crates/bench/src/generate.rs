//! Events made up, for benches that need no files: the same number gives the same event, and values repeat as they
//! do in logs: few programs and hosts, many command lines and paths. Nothing in them is an attack.

use serde_json::{Value, json};

const PROGRAMS: [&str; 12] = [
    "agent.exe",
    "backup.exe",
    "helper.exe",
    "indexer.exe",
    "monitor.exe",
    "printer.exe",
    "reader.exe",
    "scanner.exe",
    "sync.exe",
    "updater.exe",
    "viewer.exe",
    "writer.exe",
];

/// A number that looks like any other: the same for the same seed.
fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

fn pick<'a>(from: &[&'a str], seed: u64) -> &'a str {
    from[(mixed(seed) % from.len() as u64) as usize]
}

/// A moment, some milliseconds after the one before it.
fn time(number: u64) -> String {
    let milliseconds = number * 7;
    let (seconds, minutes, hours) = (milliseconds / 1000, milliseconds / 60_000, milliseconds / 3_600_000);
    format!(
        "2026-01-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        1 + hours / 24 % 28,
        hours % 24,
        minutes % 60,
        seconds % 60,
        milliseconds % 1000
    )
}

/// An ECS event such as Elastic Defend ships: of processes, files, the registry, libraries or the network.
pub fn ecs_event(number: u64) -> String {
    let seed = |salt: u64| mixed(number.wrapping_mul(31).wrapping_add(salt));
    let (program, parent) = (pick(&PROGRAMS, number), "services.exe");
    let (host, user) = (format!("host-{}", number % 50), format!("user{}", number % 200));
    let (category, kind, action) = match seed(1) % 6 {
        0 | 1 => ("process", "start", "start"),
        2 => ("network", "start", "connection_attempted"),
        3 => ("file", "creation", "creation"),
        4 => ("registry", "change", "modification"),
        _ => ("library", "start", "load"),
    };
    let mut event = json!({
        "@timestamp": time(number),
        "agent": {"id": format!("agent-{}", number % 50), "type": "endpoint", "version": "9.0.0"},
        "data_stream": {"type": "logs", "dataset": format!("endpoint.events.{category}"), "namespace": "default"},
        "ecs": {"version": "8.11.0"},
        "event": {"category": [category], "type": [kind], "action": action, "kind": "event", "module": "endpoint",
            "id": format!("{:016x}", seed(2)), "sequence": number, "created": time(number)},
        "host": {"id": host, "name": host, "hostname": host, "os": {"type": "windows", "family": "windows", "name": "Windows"},
            "ip": [format!("10.0.{}.{}", number % 50, number % 200)]},
        "message": format!("Endpoint {category} event"),
        "process": {"name": program, "executable": format!("C:\\Windows\\System32\\{program}"), "pid": number % 65_000,
            "entity_id": format!("{:032x}", seed(3)),
            "command_line": format!("\"C:\\Windows\\System32\\{program}\" -k run --job {} --key {:x}", number % 5000, seed(4)),
            "args": [program, "-k", "run", "--job", (number % 5000).to_string()], "args_count": 5,
            "hash": {"sha256": format!("{:016x}", mixed(number % 12)).repeat(4)},
            "code_signature": {"exists": true, "trusted": true, "subject_name": "Microsoft Windows", "status": "trusted"},
            "parent": {"name": parent, "executable": format!("C:\\Windows\\System32\\{parent}"), "pid": number % 3000,
                "entity_id": format!("{:032x}", mixed(number / 9))}},
        "user": {"name": user, "domain": "EXAMPLE", "id": format!("S-1-5-21-1-2-3-{}", 1000 + number % 200)},
    });
    let more = match category {
        "file" => json!({"file": {"name": format!("f{number}.tmp"), "extension": "tmp",
            "path": format!("C:\\Users\\{user}\\AppData\\Local\\Temp\\f{number}.tmp")}}),
        "registry" => {
            json!({"registry": {"hive": "HKLM", "value": "Start", "data": {"strings": [(number % 5).to_string()]},
            "path": format!("HKLM\\SOFTWARE\\Vendor\\Product{}\\Key{number}\\Start", number % 40)}})
        }
        "library" => {
            json!({"dll": {"name": format!("lib{}.dll", number % 900), "path": format!("C:\\Windows\\System32\\lib{}.dll", number % 900)}})
        }
        "network" => {
            json!({"destination": {"ip": format!("192.0.2.{}", number % 250), "port": 80 + seed(5) % 4 * 121},
            "source": {"ip": format!("10.0.{}.{}", number % 50, number % 200), "port": 49_152 + number % 16_000},
            "network": {"transport": "tcp", "direction": "egress"}})
        }
        _ => Value::Null,
    };
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event.to_string()
}

/// A Sysmon event as a shipper has it in one flat object, before any normalisation.
pub fn flat_windows_event(number: u64) -> String {
    let program = pick(&PROGRAMS, number);
    let image = format!("C:\\Windows\\System32\\{program}");
    let (code, task) = [
        (1, "Process Create"),
        (7, "Image loaded"),
        (10, "Process accessed"),
        (11, "File created"),
        (13, "Registry value set"),
    ][(mixed(number) % 5) as usize];
    let clock = time(number).replace('T', " ").replace('Z', "");
    let mut event = json!({
        "EventTime": clock, "Hostname": format!("host-{}.example.test", number % 50), "Keywords": -9_223_372_036_854_775_808_i64,
        "EventType": "INFO", "SeverityValue": 2, "Severity": "INFO", "EventID": code, "SourceName": "Microsoft-Windows-Sysmon",
        "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "Version": 5, "Task": code, "OpcodeValue": 0, "RecordNumber": number,
        "ProcessID": 3200, "ThreadID": 4100, "Channel": "Microsoft-Windows-Sysmon/Operational", "Domain": "NT AUTHORITY",
        "AccountName": "SYSTEM", "UserID": "S-1-5-18", "AccountType": "User", "Category": format!("{task} (rule: {task})"),
        "Opcode": "Info", "RuleName": "-", "UtcTime": clock, "ProcessGuid": format!("{{{:032x}}}", mixed(number)), "ProcessId": number % 60_000,
        "Image": image, "EventReceivedTime": clock, "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog",
        "Message": format!("{task}:\r\nRuleName: -\r\nUtcTime: {clock}\r\nProcessId: {}\r\nImage: {image}", number % 60_000),
    });
    let more = match code {
        1 => {
            json!({"CommandLine": format!("\"{image}\" /c run --job {}", number % 5000), "ParentImage": "C:\\Windows\\explorer.exe",
            "ParentCommandLine": "C:\\Windows\\explorer.exe", "User": "EXAMPLE\\user", "CurrentDirectory": "C:\\Windows\\",
            "Hashes": format!("SHA1={:040x},MD5={:032x}", mixed(number % 12), mixed(number % 12))})
        }
        7 => {
            json!({"ImageLoaded": format!("C:\\Windows\\System32\\lib{}.dll", number % 900), "Signed": "true", "SignatureStatus": "Valid"})
        }
        10 => {
            json!({"SourceImage": image, "TargetImage": "C:\\Windows\\System32\\lsass.exe", "GrantedAccess": "0x1000",
            "CallTrace": format!("C:\\Windows\\SYSTEM32\\ntdll.dll+{:x}|C:\\Windows\\System32\\KERNELBASE.dll+{:x}", mixed(number % 60) % 999_999, 7)})
        }
        11 => json!({"TargetFilename": format!("C:\\Users\\user\\AppData\\Local\\Temp\\f{number}.tmp")}),
        _ => {
            json!({"TargetObject": format!("HKLM\\SOFTWARE\\Vendor\\Key{number}\\Start"), "Details": "DWORD (0x00000001)"})
        }
    };
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulehound_events::normalize::{Shape, shape};

    #[test]
    fn events_are_what_they_say_and_the_same_each_time() {
        for number in 0..200 {
            assert_eq!(shape(ecs_event(number).as_bytes()), Ok(Shape::Ecs));
            assert_eq!(shape(flat_windows_event(number).as_bytes()), Ok(Shape::Flat));
            assert_eq!(ecs_event(number), ecs_event(number));
        }
        assert_ne!(ecs_event(1), ecs_event(2));
    }
}
