//! Windows records of every shape, to ECS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use rulehound_events::normalize::{Shape, normalize, shape};
use serde_json::{Value, json};

/// The value of a field by its path; null if it is not there.
fn field<'a>(document: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(document, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

/// Normalises a record and looks at some of its fields; null means that the field is not there.
#[track_caller]
fn check(record: Value, expected: &[(&str, Value)]) {
    let document = to_ecs(record);
    for (path, value) in expected {
        assert_eq!(field(&document, path), value, "{path} of {document:#}");
    }
}

fn to_ecs(record: Value) -> Value {
    Value::Object(normalize(record.to_string().as_bytes()).unwrap())
}

/// A record of an EVTX file.
fn evtx(provider: &str, channel: &str, event_id: u32, data: Value) -> Value {
    json!({"Event": {
        "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
        "System": {
            "Provider": {"#attributes": {"Name": provider, "Guid": "{00000000-0000-0000-0000-000000000001}"}},
            "EventID": event_id, "Version": 2, "Level": 0, "Task": 12544, "Opcode": 0,
            "Keywords": "0x8020000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": "2024-03-01T10:20:30.1234567Z"}},
            "EventRecordID": 77, "Correlation": null,
            "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
            "Channel": channel, "Computer": "PC1.Example.com",
            "Security": {"#attributes": {"UserID": "S-1-5-18"}},
        },
        "EventData": data,
    }})
}

fn sysmon(event_id: u32, data: Value) -> Value {
    evtx("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", event_id, data)
}

fn security(event_id: u32, data: Value) -> Value {
    evtx("Microsoft-Windows-Security-Auditing", "Security", event_id, data)
}

#[test]
fn what_every_event_has() {
    let record = security(4634, json!({"TargetLogonId": "0x1"}));
    assert_eq!(shape(record.to_string().as_bytes()).unwrap(), Shape::Evtx);
    check(
        record,
        &[
            ("@timestamp", json!("2024-03-01T10:20:30.123Z")),
            ("data_stream", json!({"type": "logs", "dataset": "system.security", "namespace": "default"})),
            ("ecs.version", json!("8.17.0")),
            ("event.action", json!("logged-out")),
            ("event.code", json!("4634")),
            ("event.dataset", json!("system.security")),
            ("event.kind", json!("event")),
            ("event.module", json!("system")),
            ("event.outcome", json!("success")),
            ("event.provider", json!("Microsoft-Windows-Security-Auditing")),
            ("host.hostname", json!("PC1.Example.com")),
            ("host.id", json!("pc1.example.com")),
            ("host.name", json!("PC1.Example.com")),
            ("host.os", json!({"type": "windows", "family": "windows"})),
            ("log.level", json!("information")),
            ("winlog.channel", json!("Security")),
            ("winlog.computer_name", json!("PC1.Example.com")),
            ("winlog.event_id", json!("4634")),
            ("winlog.keywords", json!(["Audit Success"])),
            ("winlog.logon.id", json!("0x1")),
            ("winlog.opcode", json!("Info")),
            ("winlog.process", json!({"pid": 4, "thread": {"id": 8}})),
            ("winlog.record_id", json!("77")),
            ("winlog.task", json!("Logon")),
            ("winlog.user.identifier", json!("S-1-5-18")),
            ("winlog.version", json!(2)),
        ],
    );
}

#[test]
fn one_event_in_every_shape_is_one_document() {
    let data = json!({
        "EventType": "SetValue", "UtcTime": "2024-03-01 10:20:30.001", "ProcessGuid": "{p}", "ProcessId": 12,
        "Image": r"C:\Tools\set.exe", "TargetObject": r"HKLM\System\ControlSet001\Services\x\ImagePath",
        "Details": r"C:\x.exe", "User": r"CORP\ann", "RuleName": "-",
    });
    let mut flat = data.clone();
    for (key, value) in [
        ("EventID", json!(13)),
        ("Channel", json!("Microsoft-Windows-Sysmon/Operational")),
        ("SourceName", json!("Microsoft-Windows-Sysmon")),
        ("Hostname", json!("PC1.Example.com")),
        ("@timestamp", json!("2024-03-01T10:20:30.123Z")),
        ("EventTypeOrignal", json!("INFO")),
        ("Keywords", json!(-9223372036854775808_i64)),
        ("AccountType", json!("User")),
        ("AccountName", json!("SYSTEM")),
        ("UserID", json!("S-1-5-18")),
    ] {
        flat[key] = value;
    }
    let winlog = json!({
        "@timestamp": "2024-03-01T10:20:30.123Z", "event.code": 13, "host": {"name": "PC1.Example.com"},
        "winlog.event_id": 13, "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
        "winlog.provider_name": "Microsoft-Windows-Sysmon", "winlog.computer_name": "PC1.Example.com",
        "winlog.user": {"identifier": "S-1-5-18"}, "winlog.event_data": data,
    });
    assert_eq!(shape(flat.to_string().as_bytes()).unwrap(), Shape::Flat);
    assert_eq!(shape(winlog.to_string().as_bytes()).unwrap(), Shape::Winlog);
    for record in [sysmon(13, data), flat, winlog] {
        check(
            record,
            &[
                ("@timestamp", json!("2024-03-01T10:20:30.001Z")),
                ("data_stream.dataset", json!("windows.sysmon_operational")),
                ("event.action", json!("RegistryEvent (Value Set)")),
                ("event.category", json!(["configuration", "registry"])),
                ("event.code", json!("13")),
                ("event.provider", json!("Microsoft-Windows-Sysmon")),
                ("event.type", json!(["change"])),
                ("host.id", json!("pc1.example.com")),
                ("process.entity_id", json!("{p}")),
                ("process.executable", json!(r"C:\Tools\set.exe")),
                ("process.name", json!("set.exe")),
                ("process.pid", json!(12)),
                ("registry.data", json!({"type": "REG_SZ", "strings": [r"C:\x.exe"]})),
                ("registry.hive", json!("HKLM")),
                ("registry.key", json!(r"System\ControlSet001\Services\x\ImagePath")),
                ("registry.path", json!(r"HKLM\System\ControlSet001\Services\x\ImagePath")),
                ("registry.value", json!("ImagePath")),
                ("related.user", json!(["ann"])),
                ("rule.name", json!(null)),
                ("user", json!({"id": "S-1-5-18", "domain": "CORP", "name": "ann"})),
                ("winlog.event_data", json!({"EventType": "SetValue"})),
            ],
        );
    }
}

#[test]
fn registry_values_by_their_type() {
    for (details, kind, text) in [
        ("DWORD (0x0000000a)", "SZ_DWORD", "10"),
        ("QWORD (0x00000001-0x00000002)", "SZ_QWORD", "4294967298"),
        ("Binary Data", "REG_BINARY", "Binary Data"),
        ("DWORD (0x0a)", "REG_SZ", "DWORD (0x0a)"),
        ("(Empty)", "REG_SZ", "(Empty)"),
    ] {
        let record = sysmon(13, json!({"TargetObject": "HKCR\\x", "Details": details}));
        check(record, &[("registry.data", json!({"type": kind, "strings": [text]}))]);
    }
}

#[test]
fn processes_of_sysmon() {
    let record = sysmon(
        1,
        json!({
            "Image": r"C:\Windows\System32\cmd.exe", "CommandLine": r#""C:\a b\cmd.exe" /c "echo \"x\"""#,
            "ParentImage": r"C:\p.exe", "ParentCommandLine": "p.exe -k", "ParentProcessId": "7",
            "OriginalFileName": "Cmd.Exe", "IntegrityLevel": "High", "LogonGuid": "-",
            "Hashes": "MD5=AB,IMPHASH=CD,SHA256=00",
        }),
    );
    check(
        record,
        &[
            ("event.type", json!(["start"])),
            ("process.args", json!([r"C:\a b\cmd.exe", "/c", "echo \"x\""])),
            ("process.args_count", json!(3)),
            ("process.hash", json!({"md5": "ab"})),
            ("process.parent.args", json!(["p.exe", "-k"])),
            ("process.parent.name", json!("p.exe")),
            ("process.parent.pid", json!(7)),
            ("process.pe", json!({"imphash": "cd", "original_file_name": "Cmd.Exe"})),
            ("related.hash", json!(["ab", "cd"])),
            ("winlog.event_data", json!({"IntegrityLevel": "High"})),
        ],
    );
    let access = json!({"SourceImage": r"C:\s.exe", "SourceProcessGUID": "{s}", "SourceProcessId": 3,
        "TargetImage": r"C:\t.exe", "TargetProcessGuid": "{t}", "GrantedAccess": "0x1010"});
    check(
        sysmon(10, access),
        &[
            ("process", json!({"executable": r"C:\s.exe", "name": "s.exe", "entity_id": "{s}", "pid": 3})),
            (
                "winlog.event_data",
                json!({"TargetImage": r"C:\t.exe", "TargetProcessGUID": "{t}", "GrantedAccess": "0x1010"}),
            ),
        ],
    );
}

#[test]
fn images_of_sysmon() {
    let image = |signed: &str, status: &str| {
        sysmon(
            7,
            json!({"ImageLoaded": r"C:\d\x.dll", "Signed": signed, "Signature": "Acme", "SignatureStatus": status,
                "OriginalFileName": "x", "Hashes": "SHA1=AA"}),
        )
    };
    check(
        image("true", "Valid"),
        &[
            ("event.action", json!(["Image loaded", "load"])),
            ("event.category", json!(["process", "library"])),
            ("dll.code_signature", json!({"subject_name": "Acme", "trusted": true, "status": "trusted"})),
            ("dll.hash", json!({"sha1": "aa"})),
            ("dll.name", json!("x.dll")),
            ("dll.path", json!(r"C:\d\x.dll")),
            ("dll.pe.original_file_name", json!("x")),
            ("file.code_signature.trusted", json!(true)),
            ("file.code_signature.valid", json!(true)),
            ("file.directory", json!(r"C:\d")),
            ("file.extension", json!("dll")),
        ],
    );
    check(
        image("false", "Unavailable"),
        &[
            (
                "dll.code_signature",
                json!({"subject_name": "Acme", "trusted": false, "status": "Unavailable"}),
            ),
            ("file.code_signature.trusted", json!(false)),
            ("file.code_signature.valid", json!(null)),
        ],
    );
}

#[test]
fn the_network_of_sysmon() {
    check(
        sysmon(
            3,
            json!({"Protocol": "tcp", "Initiated": true, "SourceIsIpv6": false, "SourceIp": "192.0.2.1",
                "SourcePort": 1000, "DestinationIp": "198.51.100.2", "DestinationPort": 443,
                "DestinationPortName": "https", "SourcePortName": "-", "DestinationHostname": "h"}),
        ),
        &[
            ("destination", json!({"ip": "198.51.100.2", "port": 443, "domain": "h"})),
            ("network.direction", json!("egress")),
            ("network.protocol", json!("https")),
            ("network.transport", json!("tcp")),
            ("network.type", json!("ipv4")),
            ("network.community_id", json!("1:rzhL5kwp2jqyCd1xrOEjG7VzGvQ=")),
            ("related.ip", json!(["192.0.2.1", "198.51.100.2"])),
            ("winlog.event_data", json!(null)),
        ],
    );
    check(
        sysmon(
            22,
            json!({"QueryName": "www.Example.co.uk", "QueryStatus": 9003,
                "QueryResults": "type:  5 a.example.net;::ffff:192.0.2.9;2001:db8::1;nonsense;"}),
        ),
        &[
            ("dns.question.name", json!("www.Example.co.uk")),
            ("dns.question.registered_domain", json!("example.co.uk")),
            ("dns.question.subdomain", json!("www")),
            ("dns.question.top_level_domain", json!("co.uk")),
            ("dns.resolved_ip", json!(["192.0.2.9", "2001:db8::1"])),
            (
                "dns.answers",
                json!([{"type": "CNAME", "data": "a.example.net"}, {"type": "A", "data": "192.0.2.9"},
                    {"type": "AAAA", "data": "2001:db8::1"}]),
            ),
            ("network.protocol", json!("dns")),
            ("sysmon.dns.status", json!("DNS_ERROR_RCODE_NAME_ERROR")),
        ],
    );
}

#[test]
fn logons() {
    let logon = json!({"TargetUserSid": "S-1-5-21-1", "TargetUserName": "ann@CORP.TEST", "TargetDomainName": "CORP",
        "SubjectUserName": "PC1$", "SubjectUserSid": "S-1-5-18", "SubjectLogonId": "0x3e7", "LogonType": 10,
        "IpAddress": "::ffff:192.0.2.7", "IpPort": "50000", "WorkstationName": "WS", "ProcessId": "0x10",
        "ProcessName": r"C:\w.exe", "LogonProcessName": "User32 "});
    check(
        security(4624, logon),
        &[
            ("event.action", json!("logged-in")),
            ("event.category", json!(["authentication"])),
            ("process", json!({"pid": 16, "executable": r"C:\w.exe", "name": "w.exe"})),
            ("related.user", json!(["ann", "PC1$"])),
            ("source", json!({"ip": "192.0.2.7", "port": 50000, "domain": "WS"})),
            ("user", json!({"id": "S-1-5-21-1", "name": "ann", "domain": "CORP"})),
            ("winlog.event_data.LogonType", json!("10")),
            ("winlog.event_data.IpAddress", json!(null)),
            ("winlog.logon", json!({"type": "RemoteInteractive", "id": "0x3e7"})),
        ],
    );
    let failed = json!({"TargetUserName": "bob", "Status": "0xc000006d", "SubStatus": "0xC0000064",
        "FailureReason": "%%2313", "IpAddress": "-", "LogonType": "3"});
    check(
        security(4625, failed),
        &[
            ("source", json!(null)),
            ("winlog.event_data.IpAddress", json!("-")),
            (
                "winlog.logon.failure",
                json!({"reason": "Unknown user name or bad password.", "status": "STATUS_LOGON_FAILURE",
                    "sub_status": "STATUS_NO_SUCH_USER"}),
            ),
        ],
    );
    check(
        security(
            4768,
            json!({"TargetUserName": "ann", "Status": "0x6", "TicketOptions": "0x40810010",
            "TicketEncryptionType": "0x17", "ServiceName": "krbtgt"}),
        ),
        &[
            ("service.name", json!("krbtgt")),
            ("winlog.event_data.StatusDescription", json!("KDC_ERR_C_PRINCIPAL_UNKNOWN")),
            ("winlog.event_data.TicketEncryptionTypeDescription", json!("RC4-HMAC")),
            (
                "winlog.event_data.TicketOptionsDescription",
                json!(["Renewable-ok", "Name-canonicalize", "Renewable", "Forwardable"]),
            ),
        ],
    );
}

#[test]
fn accounts_and_groups() {
    let subject = |mut data: Value| {
        data["SubjectUserName"] = json!("admin");
        data["SubjectUserSid"] = json!("S-1-5-21-500");
        data["SubjectDomainName"] = json!("CORP");
        data
    };
    check(
        security(
            4728,
            subject(
                json!({"MemberName": r"CN=Doe\, Jane,OU=Users,OU=All,DC=corp,DC=test", "TargetUserName": "Admins",
                "TargetSid": "S-1-5-21-512", "TargetDomainName": "CORP"}),
            ),
        ),
        &[
            ("event.type", json!(["group", "change"])),
            ("group", json!({"id": "S-1-5-21-512", "name": "Admins", "domain": "CORP"})),
            ("related.user", json!(["Doe, Jane", "admin"])),
            ("user.name", json!("admin")),
            ("user.target.domain", json!("corp")),
            ("user.target.group.name", json!("Admins")),
            ("user.target.name", json!("Doe, Jane")),
        ],
    );
    check(
        security(
            4738,
            subject(json!({"TargetUserName": "svc", "TargetSid": "S-1-5-21-7", "NewUacValue": "0x10210",
                "UserAccountControl": "\r\n\t\t%%2089\r\n\t\t%%2096"})),
        ),
        &[
            ("user.target", json!({"id": "S-1-5-21-7", "name": "svc"})),
            (
                "winlog.event_data.NewUACList",
                json!(["USER_NORMAL_ACCOUNT", "USER_DONT_EXPIRE_PASSWORD", "USER_DONT_REQUIRE_PREAUTH"]),
            ),
            ("winlog.event_data.UserAccountControl", json!(["2089", "2096"])),
        ],
    );
    check(
        security(4781, subject(json!({"OldTargetUserName": "a", "NewTargetUserName": "b"}))),
        &[("user.target.name", json!("a")), ("user.changes.name", json!("b"))],
    );
    check(
        security(4672, subject(json!({"PrivilegeList": "SeDebugPrivilege\r\n\t\t\tSeTcbPrivilege"}))),
        &[("winlog.event_data.PrivilegeList", json!(["SeDebugPrivilege", "SeTcbPrivilege"]))],
    );
}

#[test]
fn objects() {
    check(
        security(
            4656,
            json!({"AccessMask": "0x20010", "AccessList": "%%1538\r\n\t\t\t\t%%4484\r\n\t\t\t\t%%4492"}),
        ),
        &[
            ("winlog.event_data.AccessList", json!(["1538", "4484", "4492"])),
            (
                "winlog.event_data.AccessListDescription",
                json!(["READ_CONTROL", "Read from process memory", "Undefined Access (no effect) Bit 12"]),
            ),
            ("winlog.event_data.AccessMask", json!(["0x20010"])),
            ("winlog.event_data.AccessMaskDescription", json!(["Read Property", "READ_CONTROL"])),
        ],
    );
    check(
        security(
            4719,
            json!({"SubcategoryGuid": "{0cce922b-69ae-11d9-bed3-505054503030}", "AuditPolicyChanges": "%%8448, %%8450"}),
        ),
        &[
            (
                "winlog.event_data.AuditPolicyChangesDescription",
                json!(["Success removed", "Failure removed"]),
            ),
            ("winlog.event_data.Category", json!("Detailed Tracking")),
            ("winlog.event_data.SubCategory", json!("Process Creation")),
        ],
    );
    check(
        security(
            5136,
            json!({"ObjectDN": r"CN=Doe\2C Jane,OU=Users", "ObjectClass": "user", "OperationType": "%%14674"}),
        ),
        &[("user.target.name", json!("Doe, Jane")), ("event.reason", json!("%%14674"))],
    );
    check(
        security(
            5145,
            json!({"ShareName": r"\\*\C$", "ShareLocalPath": r"\??\C:\", "RelativeTargetName": r"Temp\x.exe"}),
        ),
        &[(
            "file",
            json!({"path": r"C:\Temp\x.exe", "name": "x.exe", "directory": r"C:\Temp", "extension": "exe",
                "target_path": r"\\*\C$\Temp\x.exe"}),
        )],
    );
    check(
        security(
            5156,
            json!({"Application": r"\device\v1\a.exe", "Direction": "%%14593", "SourceAddress": "192.0.2.1",
                "SourcePort": "1", "DestAddress": "192.0.2.2", "DestPort": "2", "Protocol": "17"}),
        ),
        &[
            ("destination", json!({"ip": "192.0.2.2", "port": 2})),
            ("network.direction", json!("outbound")),
            ("network.transport", json!("udp")),
            ("process.name", json!("a.exe")),
        ],
    );
}

#[test]
fn created_processes() {
    check(
        security(
            4688,
            json!({"NewProcessId": "0x20", "NewProcessName": r"C:\n.exe", "ProcessId": "0x10",
                "ParentProcessName": r"C:\p.exe", "CommandLine": r#""C:\a b\n.exe"  -x"#,
                "SubjectUserName": "ann", "TargetUserName": "-", "TargetUserSid": "S-1-0-0"}),
        ),
        &[
            ("process.args", json!([r#""C:\a b\n.exe""#, "", "-x"])),
            ("process.args_count", json!(3)),
            ("process.name", json!("n.exe")),
            ("process.parent", json!({"executable": r"C:\p.exe", "name": "p.exe", "pid": 16})),
            ("process.pid", json!(32)),
            ("user.effective", json!({"id": "S-1-0-0"})),
            ("winlog.event_data.CommandLine", json!(r#""C:\a b\n.exe"  -x"#)),
        ],
    );
}

#[test]
fn who_cleared_the_log() {
    let mut record = evtx("Microsoft-Windows-Eventlog", "Security", 1102, json!(null));
    record["Event"]["UserData"] = json!({"LogFileCleared": {
        "#attributes": {"xmlns": "x"}, "SubjectUserSid": "S-1-5-21-9", "SubjectUserName": "ann",
        "SubjectDomainName": "CORP", "SubjectLogonId": "0x9"}});
    check(
        record,
        &[
            ("event.action", json!("audit-log-cleared")),
            ("user", json!({"id": "S-1-5-21-9", "name": "ann", "domain": "CORP"})),
            ("winlog.logon.id", json!("0x9")),
            ("winlog.user_data.xml_name", json!("LogFileCleared")),
        ],
    );
}

#[test]
fn powershell() {
    let operational = |event_id, data| {
        evtx("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", event_id, data)
    };
    check(
        operational(
            4104,
            json!({"MessageNumber": 2, "MessageTotal": 3, "ScriptBlockId": "b", "ScriptBlockText": " aabb ",
                "Path": r"C:\s\a.ps1"}),
        ),
        &[
            ("data_stream.dataset", json!("windows.powershell_operational")),
            ("event.category", json!(["process"])),
            (
                "file",
                json!({"path": r"C:\s\a.ps1", "name": "a.ps1", "directory": r"C:\s", "extension": "ps1"}),
            ),
            (
                "powershell.file",
                json!({"script_block_id": "b", "script_block_text": "aabb", "script_block_length": 4,
                    "script_block_unique_symbols": 2, "script_block_entropy_bits": 1.0,
                    "script_block_entropy_normalized": 0.5, "script_block_surprisal_stdev": 0.0}),
            ),
            ("powershell.sequence", json!(2)),
            ("powershell.total", json!(3)),
            ("process.pid", json!(4)),
            ("user.id", json!("S-1-5-18")),
            ("winlog.event_data", json!(null)),
        ],
    );
    check(
        operational(
            4103,
            json!({
                "ContextInfo": "        Severity = Informational\r\n        Host Application = p.exe -x\r\n\
                    \x20       Command Name = Get-Item\r\n        Connected User = CORP\\ann\r\n        Sequence Number = 5",
                "Payload": "CommandInvocation(Get-Item): \"Get-Item\"\r\nParameterBinding(Get-Item): name=\"Path\"; value=\"a; b\"",
            }),
        ),
        &[
            ("event.sequence", json!(5)),
            ("powershell.command.name", json!("Get-Item")),
            (
                "powershell.command.invocation_details",
                json!([
                    {"type": "CommandInvocation", "related_command": "Get-Item", "value": "\"Get-Item\""},
                    {"type": "ParameterBinding", "related_command": "Get-Item", "name": "\"Path\"", "value": "\"a; b\""},
                ]),
            ),
            ("process.args", json!(["p.exe", "-x"])),
            ("source.user", json!({"domain": "CORP", "name": "ann"})),
            ("user.name", json!("ann")),
        ],
    );
    let details =
        "\tNewEngineState=Stopped\r\n\r\n\tHostApplication=p.exe -c first\r\nsecond=x\r\n\tCommandLine=";
    let unnamed = json!({"Data": {"#text": ["Stopped", "Available", details]}});
    let mut from_message = json!({"EventID": "403", "Channel": "Windows PowerShell", "SourceName": "PowerShell",
        "Hostname": "PC1"});
    from_message["Message"] = json!(format!("Engine state is changed. \r\n\r\nDetails: \r\n{details}"));
    for record in [evtx("PowerShell", "Windows PowerShell", 403, unnamed), from_message] {
        check(
            record,
            &[
                ("data_stream.dataset", json!("windows.powershell")),
                ("event.type", json!(["end"])),
                ("powershell.engine.new_state", json!("Stopped")),
                ("process.command_line", json!("p.exe -c first\nsecond=x")),
            ],
        );
    }
}

#[test]
fn other_channels() {
    check(
        evtx(
            "Service Control Manager",
            "System",
            7045,
            json!({"ServiceName": "s", "ImagePath": r"C:\s.exe"}),
        ),
        &[
            ("data_stream.dataset", json!("system.system")),
            ("event.category", json!(null)),
            ("winlog.event_data", json!({"ServiceName": "s", "ImagePath": r"C:\s.exe"})),
        ],
    );
    check(
        evtx("MsiInstaller", "Application", 1040, json!({"Data": {"#text": ["a", 2]}, "Binary": "00"})),
        &[("winlog.event_data", json!({"param1": "a", "param2": "2", "Binary": "00"}))],
    );
    check(
        evtx(
            "Microsoft-Windows-Windows Defender",
            "Microsoft-Windows-Windows Defender/Operational",
            1117,
            json!({"Threat Name": "T", "Action Name": "Quarantine", "Path": r"file:_C:\t\x.exe", "Detection User": r"C\ann"}),
        ),
        &[
            ("event.action", json!("malware-quarantined")),
            ("event.category", json!(["malware"])),
            ("file.path", json!(r"C:\t\x.exe")),
            ("file.name", json!("x.exe")),
            ("user.name", json!("ann")),
            ("winlog.event_data.Threat_Name", json!("T")),
        ],
    );
    check(
        evtx("A", "Microsoft-Windows-TaskScheduler/Operational", 106, json!({"TaskName": "t"})),
        &[("data_stream.dataset", json!("winlog.winlog")), ("winlog.event_data.TaskName", json!("t"))],
    );
}

#[test]
fn evtx_with_attributes_beside_the_elements() {
    check(
        json!({"Event": {"System": {
            "Provider_attributes": {"Name": "Microsoft-Windows-Sysmon"},
            "EventID_attributes": {"Qualifiers": 0}, "EventID": 5,
            "TimeCreated_attributes": {"SystemTime": "2024-01-02T03:04:05Z"},
            "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "c"},
            "EventData": {"Image": r"C:\x.exe"}}}),
        &[("@timestamp", json!("2024-01-02T03:04:05.000Z")), ("process.name", json!("x.exe"))],
    );
    let mut qualified = evtx("MsiInstaller", "Application", 1, json!({}));
    qualified["Event"]["System"]["EventID"] = json!({"#attributes": {"Qualifiers": 16384}, "#text": 1034});
    check(qualified, &[("event.code", json!("1034"))]);
}

#[test]
fn what_is_no_raw_windows_record_passes_unchanged() {
    for record in [
        json!({}),
        json!({"a": 1, "EventID": 4}),
        json!({"Event": "x", "message": "y"}),
        json!({"EventID": "x", "Channel": "Security"}),
        json!({"process": {"name": "a"}, "event": {"category": "process"}}),
        json!({"winlog": {"event_id": 1}, "event": {"category": ["process"]}}),
        json!({"winlog.event_id": 1, "event.type": "start"}),
        json!({"winlog": {"event_id": 1}, "event": {"ingested": "2024-01-01T00:00:00Z"}}),
    ] {
        assert_eq!(shape(record.to_string().as_bytes()).unwrap(), Shape::Ecs, "{record}");
        assert_eq!(to_ecs(record.clone()), record);
    }
}

#[test]
fn what_came_through_winlogbeat_is_in_no_data_stream() {
    check(
        json!({"agent": {"type": "winlogbeat", "version": "8.12.0"}, "winlog": {"channel": "Security", "event_id": 4624}}),
        &[("data_stream", json!(null)), ("event.category", json!(["authentication"]))],
    );
}

#[test]
fn odd_values_are_kept_and_harm_nothing() {
    check(
        json!({"winlog": {"channel": "Security", "event_id": 4688, "event_data": "text"}, "host": "h", "user": 5}),
        &[("winlog.event_data", json!("text")), ("host", json!("h")), ("user", json!(5))],
    );
    let document = to_ecs(json!({"winlog": "w", "event": [1], "@timestamp": 5}));
    assert_eq!((field(&document, "winlog"), field(&document, "event")), (&json!("w"), &json!([1])));
    check(
        sysmon(
            3,
            json!({"SourceIp": "no address", "SourcePort": "http", "Initiated": ["x"], "User": {"a": 1}}),
        ),
        &[
            ("source", json!(null)),
            ("winlog.event_data.SourceIp", json!("no address")),
            ("winlog.event_data.SourcePort", json!("http")),
        ],
    );
    check(
        json!({"Event": {"System": {}}}),
        &[("event.code", json!("0")), ("host.os.type", json!("windows"))],
    );
}
