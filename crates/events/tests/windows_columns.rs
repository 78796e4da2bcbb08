//! Raw Windows events in columns: whatever a layout asks for, and whatever came before, a row holds what the document
//! of its event does. What nobody asks for is left out on the way to columns, and never on the way to documents.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rulehound_events::read::{Input, ScanOptions, scan};
use rulehound_events::{DocumentRow, EventBatch, Layout, Origin, Shredder};
use rulehound_schema::{Field, FieldSource, FieldType, Schema};
use serde_json::{Value, json};

use common::corpora;

const CHANNELS: &[&str] = &[
    "Microsoft-Windows-Sysmon/Operational",
    "Security",
    "Windows PowerShell",
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-Windows Defender/Operational",
    "System",
];

const CODES: &[u32] = &[
    1, 3, 5, 7, 10, 11, 13, 22, 25, 255, 400, 600, 800, 1102, 1116, 4103, 4104, 4624, 4625, 4648, 4656, 4688,
    4697, 4720, 4732, 4768, 4778, 5136, 5140, 5156,
];

/// Keys of event data, and of what NXLog puts beside it.
const KEYS: &str = "@timestamp @version AccountName AccountType ActivityID Category Computer Domain EventTime EventType
    ExecutionProcessID Hostname Keywords Level Message OpcodeValue ProcessID ProviderGuid ProviderName RecordNumber
    Severity SourceName Task ThreadID TimeCreated UserID Version host tags port
    UtcTime ProcessGuid ProcessId Image SourceProcessGuid SourceProcessId SourceImage Destination CommandLine
    CurrentDirectory ParentProcessGuid ParentProcessId ParentImage ParentCommandLine TargetFilename Device PipeName
    ImageLoaded Protocol DestinationPortName SourcePortName SourceIp SourceHostname SourcePort DestinationIp
    DestinationPort QueryName QueryStatus QueryResults Archived IsExecutable Company Description OriginalFileName
    Product Signed Signature SignatureStatus Hashes Initiated SourceIsIpv6 User TargetObject Details RuleName Type ID
    LogonType SubjectUserName SubjectDomainName SubjectUserSid SubjectLogonId TargetUserName TargetDomainName TargetSid
    TargetUserSid NewProcessName NewProcessId ParentProcessName ServiceName ServiceType Status SubStatus IpAddress
    IpPort WorkstationName ObjectName ObjectType AccessMask ShareName RelativeTargetName MemberName ClientAddress
    PrivilegeList ObjectDN ObjectClass param1 param2 param3 Data HostApplication EngineVersion ScriptBlockText Path
    ScriptName ContextInfo Payload UserId ConnectedUser SequenceNumber MessageNumber Process_Name Winlog.x other";

/// Fields that rules ask for, some of which are made of others.
const FIELDS: &str = "@timestamp message tags event.code event.action event.category event.type event.outcome
    event.provider event.module event.dataset event.created event.kind event.sequence host.name host.id host.os.type
    log.level winlog.channel winlog.provider_name winlog.record_id winlog.computer_name winlog.event_id winlog.task
    winlog.opcode winlog.keywords winlog.process.pid winlog.user.name winlog.user.identifier winlog.logon.type
    winlog.logon.id winlog.event_data winlog.event_data.Image winlog.event_data.EventType winlog.event_data.Message
    winlog.event_data.SubjectUserName winlog.event_data.TargetUserName winlog.event_data.Description
    winlog.event_data.ProcessId winlog.event_data.param3 winlog.event_data.AccessMask winlog.event_data.Severity
    winlog.event_data.Version winlog.event_data.ProviderName winlog.event_data.Domain winlog.event_data.host
    winlog.event_data.Process_Name winlog.event_data.other process.executable process.name process.pid
    process.entity_id process.command_line process.args process.args_count process.parent.name process.parent.executable
    process.hash.sha256 process.hash.md5 process.pe.imphash process.pe.original_file_name process.title
    process.code_signature.trusted file.path file.name file.extension file.directory file.hash.sha256
    file.pe.original_file_name file.code_signature.trusted dll.path dll.name dll.hash.sha256 dll.code_signature.status
    registry.path registry.value registry.data.strings registry.hive source.ip source.port source.domain destination.ip
    destination.port network.direction network.transport network.protocol network.community_id dns.question.name
    dns.question.registered_domain dns.answers.data dns.resolved_ip user.name user.domain user.id user.target.name
    group.name related.user related.ip related.hosts related.hash service.name rule.name error.code
    powershell.file.script_block_text powershell.file.script_block_length powershell.engine.version
    powershell.command.name data_stream.dataset data_stream.type _index";

fn words(text: &'static str) -> Vec<&'static str> {
    text.split_whitespace().collect()
}

fn value() -> impl Strategy<Value = Value> {
    let texts = vec![
        "",
        "-",
        "C:\\Windows\\System32\\cmd.exe",
        "4",
        "0x1f",
        "true",
        "false",
        "Valid",
        "127.0.0.1",
        "::ffff:10.0.0.1",
        "SHA1=AB,MD5=CD,SHA256=EF,IMPHASH=01",
        "DOMAIN\\user",
        "HKLM\\System\\x",
        "DWORD (0x00000001)",
        "AUDIT_SUCCESS",
        "INFO",
        "ERROR",
        "2020-01-02 03:04:05.678",
        "2020-01-02T03:04:05Z",
        "type:  5 a.example.com;10.0.0.2;",
        "\tHostName=ConsoleHost\n\tEngineVersion=5.1\n",
        "Details: \n\tHostName=x\n\tUserId=D\\u",
        "Context Information:\r\n\tHostName=y\r\nDetails:\r\nCommandInvocation(A): \"b\"",
        "%%1936",
        "CN=Doe,OU=x,DC=a,DC=b",
        "Mit ä \"quotes\" \u{1F600}",
        "Microsoft-Windows-Sysmon",
        "S-1-5-18",
        "a b \"c d\"",
        "Host Application = x\nUser = D\\u",
    ];
    let scalar = prop_oneof![
        8 => proptest::sample::select(texts).prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => (-9.0..9.0_f64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    prop_oneof![
        20 => scalar.clone(),
        1 => prop::collection::vec(scalar.clone(), 0..3).prop_map(Value::from),
        1 => ("[a-c]{1,2}", scalar).prop_map(|(key, value)| json!({key: value})),
    ]
}

/// A record in one of the shapes, as JSON.
fn record() -> impl Strategy<Value = String> {
    let key =
        proptest::sample::select(words(KEYS)).prop_map(|key| key.replace("Process_Name", "Process Name"));
    let data = prop::collection::vec((key, value()), 0..25);
    let (channel, code) = (proptest::sample::select(CHANNELS), proptest::sample::select(CODES));
    (0..9_u8, channel, code, data).prop_map(|(shape, channel, code, data)| {
        // Put together as text, so that a key may stand twice.
        let text = |value: &Value| serde_json::to_string(value).unwrap();
        let data: Vec<String> = data
            .iter()
            .map(|(key, value)| format!("{}:{}", text(&key.as_str().into()), text(value)))
            .collect();
        let (data, channel) = (data.join(", "), text(&channel.into()));
        match shape {
            0 => format!(
                r#"{{"Event":{{"System":{{"Channel":{channel},"EventID":{code}}},"EventData":{{{data}}}}}}}"#
            ),
            1 => format!(r#"{{"winlog":{{"channel":{channel},"event_id":{code},"event_data":{{{data}}}}}}}"#),
            2 if !data.is_empty() => {
                format!(r#"{{"Channel":{channel},{data},"EventID":{code},"EventID":5}}"#)
            }
            3 if !data.is_empty() => format!(r#"{{{data}}}"#),
            _ if data.is_empty() => format!(r#"{{"EventID":{code},"Channel":{channel}}}"#),
            _ => format!(r#"{{"EventID":"{code}","Channel":{channel}, {data}}}"#),
        }
    })
}

fn field(name: &str) -> Field {
    let known = Schema::catalogue().field(name).filter(|field| field.field_type.data_type().is_some());
    known.unwrap_or_else(|| Field::new(name, FieldType::Keyword))
}

fn sorted(source: &impl FieldSource, field: &Field) -> Vec<String> {
    let mut values: Vec<String> = source.values(field).iter().map(|value| format!("{value:?}")).collect();
    values.sort();
    values
}

/// Expects every row of a batch to hold what the document of the row does.
fn check(batch: &EventBatch) {
    for row in 0..batch.num_rows() {
        let document = batch.document(row);
        let from_document = DocumentRow::new(&document).with_id(batch.id(row)).with_index(batch.index(row));
        for field in batch.layout().fields() {
            let (column, expected) = (sorted(&batch.row(row), field), sorted(&from_document, field));
            let original = String::from_utf8_lossy(batch.original(row));
            assert_eq!(column, expected, "{} of {original} which is {document:?}", field.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn rows_hold_what_documents_do(
        records in prop::collection::vec(record(), 1..12),
        fields in prop::collection::btree_set(proptest::sample::select(words(FIELDS)), 0..12),
    ) {
        let mut shredder = Shredder::new(Arc::new(Layout::new(fields.into_iter().map(field))));
        // Once more when the shredder has learnt which keys and fields there are.
        for _ in 0..2 {
            for record in &records {
                shredder.push(record.as_bytes(), Origin { file: "test".into(), position: 1 }).unwrap();
            }
            check(&shredder.finish());
        }
    }
}

#[test]
fn events_of_many_keys_take_their_time_by_length() {
    let time = |count: usize| {
        let keys: String = (0..count).map(|n| format!(r#""a {n}":"x","b{n}":"y","#)).collect();
        let channel = "Microsoft-Windows-Windows Defender/Operational";
        let record = format!(r#"{{{keys}"Channel":"{channel}","EventID":1116}}"#);
        let mut shredder = Shredder::new(Arc::new(Layout::new(["event.code", "process.name"].map(field))));
        let start = Instant::now();
        for _ in 0..3 {
            shredder.push(record.as_bytes(), Origin { file: "test".into(), position: 1 }).unwrap();
        }
        check(&shredder.finish());
        start.elapsed()
    };
    let (short, long) = (time(1 << 10), time(1 << 14));
    assert!(long < short * 128 + Duration::from_secs(1), "{short:?}, {long:?}");
}

#[test]
fn rows_of_real_events_hold_what_documents_do() {
    let Some(corpora) = corpora() else { return };
    for fields in [words(FIELDS), vec!["process.name", "winlog.event_data.TargetUserName"]] {
        let layout = Arc::new(Layout::new(fields.into_iter().map(field)));
        for file in std::fs::read_dir(corpora.join("mordor")).unwrap().step_by(7) {
            let options = ScanOptions { layout: layout.clone(), batch_rows: 300, ..ScanOptions::default() };
            scan(&[Input::Path(file.unwrap().path())], &options, &|batch| {
                check(&batch);
                std::ops::ControlFlow::Break(())
            });
        }
    }
}
