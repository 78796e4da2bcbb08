//! Events as one flat object: NXLog's, and those of scripts that write like it.

use rulehound_schema::Scalar;

use super::event::{EVENT_DATA, WindowsEvent};
use super::system::System;
use super::winlog;
use crate::normalize::ecs::Ecs;
use crate::normalize::names::NameId;
use crate::normalize::value::{Object, Value};

/// Fields of which one, beside `EventID`, shows that a flat object is a Windows event.
const MARKS: &[&str] = &["Channel", "SourceName", "ProviderName", "ProviderGuid"];

/// What a shipper adds for itself, and says nothing of the event.
const OF_THE_SHIPPER: &[&str] = &[
    "@timestamp",
    "@version",
    "ERROR_EVT_UNRESOLVED",
    "EventReceivedTime",
    "EventTypeOrignal",
    "Opcode",
    "Severity",
    "SeverityValue",
    "SourceModuleName",
    "SourceModuleType",
    "host",
    "port",
];

/// What NXLog makes of the level and the audit result, and calls like a field that Sysmon has too.
const EVENT_TYPES: &[&str] =
    &["AUDIT_FAILURE", "AUDIT_SUCCESS", "CRITICAL", "DEBUG", "ERROR", "INFO", "VERBOSE", "WARNING"];

/// Whether a record is a Windows event in one flat object.
pub(in crate::normalize) fn is_flat<'t>(record: &impl Object<'t>) -> bool {
    record.member("EventID").and_then(winlog::code).is_some()
        && MARKS.iter().any(|mark| record.member(mark).and_then(Value::as_str).is_some())
}

/// Takes a record that [`is_flat`]: all of it is event data at first.
pub(super) fn read<'e, 't>(doc: &'e mut Ecs<'t>, record: impl Object<'t>) -> WindowsEvent<'e, 't> {
    let data = doc.object(EVENT_DATA);
    doc.add_members(data, record);
    let time = ["@timestamp", "TimeCreated", "EventTime"]
        .into_iter()
        .find_map(|name| doc.member(data, name)?.plain_text(doc.arena));
    let event_type = doc.member(data, "EventType").and_then(Value::as_str).unwrap_or_default();
    let level = match doc.member(data, "Severity").and_then(Value::as_str) {
        // Of an audit event it is the result.
        _ if event_type.starts_with("AUDIT_") => None,
        Some("CRITICAL") => Some("1"),
        Some("ERROR") => Some("2"),
        Some("WARNING") => Some("3"),
        Some("DEBUG") => Some("5"),
        _ => None,
    };
    for name in OF_THE_SHIPPER {
        doc.take_member(data, name, Some);
    }
    if EVENT_TYPES.contains(&event_type) {
        doc.take_member(data, "EventType", Some);
    }
    let event_id = doc.take_member(data, "EventID", Some).and_then(winlog::code).unwrap_or_default();
    let tags = doc.take_member(data, "tags", Some);
    system(doc, data, event_id, time, level).set_in(doc);
    if let Some(tags) = tags {
        doc.set("tags", tags);
    }
    WindowsEvent::new(doc, event_id)
}

/// Takes what is of the system out of the data; what it leaves is the event data.
fn system<'t>(
    doc: &mut Ecs<'t>,
    data: NameId,
    event_id: u32,
    time: Option<&'t str>,
    level: Option<&'t str>,
) -> System<'t> {
    // Names that are also those of event data are the system's only where their companions are there.
    let has_user = doc.member(data, "AccountType").is_some();
    let has_execution = doc.member(data, "ExecutionProcessID").is_some();
    let has_numeric_version = matches!(
        doc.member(data, "Version"),
        Some(Value::Scalar(Scalar::I64(_) | Scalar::U64(_) | Scalar::F64(_)))
    );
    let arena = doc.arena;
    let mut take = |name| doc.take_member(data, name, |value| value.plain_text(arena));
    take("EventTime");
    take("TimeCreated");
    let channel = take("Channel");
    let provider = take("SourceName").or_else(|| take("ProviderName"));
    let mut header = System {
        provider: provider.or_else(|| provider_of(channel?, event_id)),
        provider_guid: take("ProviderGuid"),
        event_id,
        level: take("Level").or(level),
        task: take("Task"),
        task_name: take("Category"),
        opcode: take("OpcodeValue"),
        keywords: take("Keywords"),
        time,
        record_id: take("RecordNumber").or_else(|| take("EventRecordID")),
        activity_id: take("ActivityID"),
        related_activity_id: take("RelatedActivityID"),
        process_id: take("ExecutionProcessID"),
        channel,
        computer: take("Hostname").or_else(|| take("Computer")),
        message: take("Message"),
        ..System::default()
    };
    if has_execution {
        header.thread_id = take("ThreadID");
    }
    if has_numeric_version {
        header.version = take("Version");
    }
    if has_user {
        header.user_id = take("UserID");
        header.user_name = take("AccountName");
        header.user_domain = take("Domain");
        header.user_type = take("AccountType");
    }
    header.provider_guid = header.provider_guid.map(|guid| arena.lower(guid));
    header
}

/// The provider of an event, where the shipper has left it out and the channel has but one.
fn provider_of(channel: &str, event_id: u32) -> Option<&'static str> {
    let providers = [
        (
            "Security",
            if event_id < 4000 {
                "Microsoft-Windows-Eventlog"
            } else {
                "Microsoft-Windows-Security-Auditing"
            },
        ),
        ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"),
        ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell"),
        ("Windows PowerShell", "PowerShell"),
    ];
    providers.into_iter().find(|(name, _)| channel.eq_ignore_ascii_case(name)).map(|(_, provider)| provider)
}
