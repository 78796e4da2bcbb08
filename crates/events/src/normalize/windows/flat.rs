//! Events as one flat object: NXLog's, and those of scripts that write like it.

use rulehound_schema::Scalar;

use super::event::{EVENT_DATA, WindowsEvent};
use super::system::System;
use super::winlog;
use crate::normalize::ecs::{Ecs, emptied, once};
use crate::normalize::names::NameId;
use crate::normalize::value::{Arena, Object, Value};
use crate::record;

/// What NXLog makes of the level and the audit result, and calls like a field that Sysmon has too.
const EVENT_TYPES: &[&str] =
    &["AUDIT_FAILURE", "AUDIT_SUCCESS", "CRITICAL", "DEBUG", "ERROR", "INFO", "VERBOSE", "WARNING"];

/// What a key is for, if the record is flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::normalize) enum Role {
    /// Event data.
    Data,
    /// What a shipper adds for itself, and says nothing of the event.
    Shipper,
    /// What may be of the system.
    System(Key),
    /// What may be around an event, or shows that the record is of another shape.
    Foreign,
}

/// A key of what may be of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::normalize) enum Key {
    AccountName,
    AccountType,
    ActivityId,
    Category,
    Channel,
    Computer,
    Domain,
    EventId,
    EventRecordId,
    EventTime,
    EventType,
    ExecutionProcessId,
    Hostname,
    Keywords,
    Level,
    Message,
    OpcodeValue,
    ProviderGuid,
    ProviderName,
    RecordNumber,
    RelatedActivityId,
    Severity,
    SourceName,
    Tags,
    Task,
    ThreadId,
    TimeCreated,
    Timestamp,
    UserId,
    Version,
}

/// How many keys of the system there are.
const KEYS: usize = Key::Version as usize + 1;

/// Keys of which one, beside `EventID`, shows that a flat object is a Windows event.
const MARKS: [Key; 4] = [Key::Channel, Key::SourceName, Key::ProviderName, Key::ProviderGuid];

impl Role {
    /// What a key is for.
    pub(in crate::normalize) fn of(key: &str) -> Self {
        Self::System(match key {
            "AccountName" => Key::AccountName,
            "AccountType" => Key::AccountType,
            "ActivityID" => Key::ActivityId,
            "Category" => Key::Category,
            "Channel" => Key::Channel,
            "Computer" => Key::Computer,
            "Domain" => Key::Domain,
            "EventID" => Key::EventId,
            "EventRecordID" => Key::EventRecordId,
            "EventTime" => Key::EventTime,
            "EventType" => Key::EventType,
            "ExecutionProcessID" => Key::ExecutionProcessId,
            "Hostname" => Key::Hostname,
            "Keywords" => Key::Keywords,
            "Level" => Key::Level,
            "Message" => Key::Message,
            "OpcodeValue" => Key::OpcodeValue,
            "ProviderGuid" => Key::ProviderGuid,
            "ProviderName" => Key::ProviderName,
            "RecordNumber" => Key::RecordNumber,
            "RelatedActivityID" => Key::RelatedActivityId,
            "Severity" => Key::Severity,
            "SourceName" => Key::SourceName,
            "tags" => Key::Tags,
            "Task" => Key::Task,
            "ThreadID" => Key::ThreadId,
            "TimeCreated" => Key::TimeCreated,
            "@timestamp" => Key::Timestamp,
            "UserID" => Key::UserId,
            "Version" => Key::Version,
            "@version"
            | "ERROR_EVT_UNRESOLVED"
            | "EventReceivedTime"
            | "EventTypeOrignal"
            | "Opcode"
            | "SeverityValue"
            | "SourceModuleName"
            | "SourceModuleType"
            | "host"
            | "port" => return Self::Shipper,
            "Event" => return Self::Foreign,
            key if key.starts_with('_') || record::is_raw_key(key) => return Self::Foreign,
            _ => return Self::Data,
        })
    }
}

/// The members of a flat record, but for those of the shipper.
#[derive(Debug)]
pub(in crate::normalize) struct Flat<'t> {
    /// In the order of the record; none where a value was taken.
    members: Vec<(NameId, Option<Value<'t>>)>,
    /// By key, the place of its member.
    system: [Option<u32>; KEYS],
}

impl<'t> Flat<'t> {
    /// No members, in a buffer.
    pub(in crate::normalize) fn new(buffer: Vec<(NameId, Option<Value<'static>>)>) -> Self {
        Self { members: emptied(buffer), system: [None; KEYS] }
    }

    /// The buffer, to be used again.
    pub(in crate::normalize) fn into_buffer(self) -> Vec<(NameId, Option<Value<'static>>)> {
        emptied(self.members)
    }

    /// Adds a member, whose name is not among them.
    #[inline]
    pub(in crate::normalize) fn push(&mut self, name: NameId, role: Role, value: Value<'t>) {
        if let Role::System(key) = role
            && let Some(place) = self.system.get_mut(key as usize)
        {
            *place = u32::try_from(self.members.len()).ok();
        }
        self.members.push((name, Some(value)));
    }

    /// Takes the members of a record, which may have a key more than once.
    fn fill(&mut self, doc: &mut Ecs<'t>, record: impl Object<'t>) {
        if !self.fill_once(doc, record.clone()) {
            *self = Self { members: Vec::new(), system: [None; KEYS] };
            doc.see_anew();
            self.fill_once(doc, once(record, doc.arena));
        }
    }

    /// Takes members up to one whose key stood before. Whether there was none.
    fn fill_once(&mut self, doc: &mut Ecs<'t>, record: impl Iterator<Item = (&'t str, Value<'t>)>) -> bool {
        let data = doc.object(EVENT_DATA);
        let mut previous = None;
        for (key, value) in record {
            let name = doc.names.next_member(data, previous, key);
            previous = Some(name);
            match doc.names.role(name) {
                _ if !doc.names.is_new(name) => return false,
                Role::Shipper => {}
                role => self.push(name, role, value),
            }
        }
        true
    }

    #[inline]
    fn member(&mut self, key: Key) -> Option<&mut Option<Value<'t>>> {
        let place = self.system.get(key as usize).copied().flatten()?;
        self.members.get_mut(place as usize).map(|(_, value)| value)
    }

    #[inline]
    fn value(&mut self, key: Key) -> Option<Value<'t>> {
        *self.member(key)?
    }

    /// Takes a value out.
    #[inline]
    fn take(&mut self, key: Key) -> Option<Value<'t>> {
        self.member(key)?.take()
    }

    /// Takes a value out, if it is a string that is not empty, or a number.
    #[inline]
    fn take_text(&mut self, key: Key, arena: &'t Arena) -> Option<&'t str> {
        let member = self.member(key)?;
        let text = (*member)?.plain_text(arena)?;
        *member = None;
        Some(text)
    }

    /// Whether it is a Windows event.
    pub(in crate::normalize) fn is_event(&mut self) -> bool {
        self.value(Key::EventId).and_then(winlog::code).is_some()
            && MARKS.iter().any(|mark| self.value(*mark).and_then(Value::as_str).is_some())
    }
}

/// Whether a record is a Windows event in one flat object.
pub(in crate::normalize) fn is_flat<'t>(record: &impl Object<'t>) -> bool {
    record.member("EventID").and_then(winlog::code).is_some()
        && ["Channel", "SourceName", "ProviderName", "ProviderGuid"]
            .iter()
            .any(|mark| record.member(mark).and_then(Value::as_str).is_some())
}

/// Takes a record that [`is_flat`].
pub(super) fn read<'e, 't>(
    doc: &'e mut Ecs<'t>,
    record: impl Object<'t>,
    flat: &mut Flat<'t>,
) -> WindowsEvent<'e, 't> {
    flat.fill(doc, record);
    event(doc, flat)
}

/// The event of a flat record: what is not of the system is event data.
pub(super) fn event<'e, 't>(doc: &'e mut Ecs<'t>, flat: &mut Flat<'t>) -> WindowsEvent<'e, 't> {
    let arena = doc.arena;
    let time = [Key::Timestamp, Key::TimeCreated, Key::EventTime]
        .into_iter()
        .find_map(|key| flat.value(key)?.plain_text(arena));
    let event_type = flat.value(Key::EventType).and_then(Value::as_str).unwrap_or_default();
    let level = match flat.value(Key::Severity).and_then(Value::as_str) {
        // Of an audit event it is the result.
        _ if event_type.starts_with("AUDIT_") => None,
        Some("CRITICAL") => Some("1"),
        Some("ERROR") => Some("2"),
        Some("WARNING") => Some("3"),
        Some("DEBUG") => Some("5"),
        _ => None,
    };
    flat.take(Key::Timestamp);
    flat.take(Key::Severity);
    if EVENT_TYPES.contains(&event_type) {
        flat.take(Key::EventType);
    }
    let event_id = flat.take(Key::EventId).and_then(winlog::code).unwrap_or_default();
    let tags = flat.take(Key::Tags);
    let system = system(flat, arena, event_id, time, level);
    let data = doc.object(EVENT_DATA);
    doc.add_named(data, flat.members.iter().filter_map(|&(name, value)| Some((name, value?))));
    system.set_in(doc);
    if let Some(tags) = tags {
        doc.set("tags", tags);
    }
    WindowsEvent::new(doc, event_id)
}

/// Takes what is of the system out of the data; what it leaves is the event data.
fn system<'t>(
    flat: &mut Flat<'t>,
    arena: &'t Arena,
    event_id: u32,
    time: Option<&'t str>,
    level: Option<&'t str>,
) -> System<'t> {
    // Names that are also those of event data are the system's only where their companions are there.
    let has_user = flat.value(Key::AccountType).is_some();
    let has_execution = flat.value(Key::ExecutionProcessId).is_some();
    let has_numeric_version = matches!(
        flat.value(Key::Version),
        Some(Value::Scalar(Scalar::I64(_) | Scalar::U64(_) | Scalar::F64(_)))
    );
    let mut take = |key| flat.take_text(key, arena);
    take(Key::EventTime);
    take(Key::TimeCreated);
    let channel = take(Key::Channel);
    let provider = take(Key::SourceName).or_else(|| take(Key::ProviderName));
    let mut header = System {
        provider: provider.or_else(|| provider_of(channel?, event_id)),
        provider_guid: take(Key::ProviderGuid),
        event_id,
        level: take(Key::Level).or(level),
        task: take(Key::Task),
        task_name: take(Key::Category),
        opcode: take(Key::OpcodeValue),
        keywords: take(Key::Keywords),
        time,
        record_id: take(Key::RecordNumber).or_else(|| take(Key::EventRecordId)),
        activity_id: take(Key::ActivityId),
        related_activity_id: take(Key::RelatedActivityId),
        process_id: take(Key::ExecutionProcessId),
        channel,
        computer: take(Key::Hostname).or_else(|| take(Key::Computer)),
        message: take(Key::Message),
        ..System::default()
    };
    if has_execution {
        header.thread_id = take(Key::ThreadId);
    }
    if has_numeric_version {
        header.version = take(Key::Version);
    }
    if has_user {
        header.user_id = take(Key::UserId);
        header.user_name = take(Key::AccountName);
        header.user_domain = take(Key::Domain);
        header.user_type = take(Key::AccountType);
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
