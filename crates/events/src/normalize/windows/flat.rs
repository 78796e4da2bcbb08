//! Events as one flat object: NXLog's, and those of scripts that write like it.

use serde_json::Value;

use super::event::{self, WindowsEvent};
use super::system::System;
use super::winlog;
use crate::Document;

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
pub(in crate::normalize) fn is_flat(record: &Document) -> bool {
    record.get("EventID").and_then(winlog::code).is_some()
        && MARKS.iter().any(|mark| record.get(*mark).is_some_and(Value::is_string))
}

/// Takes a record that [`is_flat`].
pub(super) fn read(mut record: Document) -> WindowsEvent {
    let time =
        ["@timestamp", "TimeCreated", "EventTime"].into_iter().find_map(|name| text(record.get(name)?));
    let level = match record.get("Severity").and_then(Value::as_str) {
        // Of an audit event it is the result.
        _ if record.get("EventType").and_then(Value::as_str).is_some_and(|t| t.starts_with("AUDIT_")) => None,
        Some("CRITICAL") => Some("1"),
        Some("ERROR") => Some("2"),
        Some("WARNING") => Some("3"),
        Some("DEBUG") => Some("5"),
        _ => None,
    };
    for name in OF_THE_SHIPPER {
        record.remove(*name);
    }
    if record.get("EventType").and_then(Value::as_str).is_some_and(|kind| EVENT_TYPES.contains(&kind)) {
        record.remove("EventType");
    }
    let event_id = record.remove("EventID").as_ref().and_then(winlog::code).unwrap_or_default();
    let tags = record.remove("tags");
    let mut doc = system(&mut record, event_id, time, level).into_ecs();
    if let Some(tags) = tags {
        doc.set("tags", tags);
    }
    event::scalars_to_text(&mut record);
    WindowsEvent { doc, data: record, code: event_id }
}

/// Takes what is of the system out of the record; what it leaves is the event data.
fn system(record: &mut Document, event_id: u32, time: Option<String>, level: Option<&str>) -> System {
    // Names that are also those of event data are the system's only where their companions are there.
    let has_user = record.contains_key("AccountType");
    let has_execution = record.contains_key("ExecutionProcessID");
    let has_numeric_version = record.get("Version").is_some_and(Value::is_number);
    let mut take = |name: &str| {
        let value = record.get(name).and_then(text)?;
        record.remove(name);
        Some(value)
    };
    take("EventTime");
    take("TimeCreated");
    let channel = take("Channel");
    let provider = take("SourceName").or_else(|| take("ProviderName"));
    let mut header = System {
        provider: provider.or_else(|| provider_of(channel.as_deref()?, event_id).map(str::to_owned)),
        provider_guid: take("ProviderGuid").map(|guid| guid.to_ascii_lowercase()),
        event_id,
        level: take("Level").or_else(|| level.map(str::to_owned)),
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

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
