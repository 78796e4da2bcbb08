//! The one form that every shape of Windows record becomes.

use std::net::IpAddr;

use super::paths;
use crate::normalize::community_id::community_id;
use crate::normalize::ecs::Ecs;
use crate::normalize::names::NameId;
use crate::normalize::value::{Arena, Value};

/// Where the event data is.
pub(in crate::normalize) const EVENT_DATA: &str = "winlog.event_data";

/// A Windows event as an agent would ship it.
pub(super) struct WindowsEvent<'e, 't> {
    /// The document. Its event data is what no mapping has taken yet; scalars in it are strings, as the event
    /// log's XML has them.
    pub(super) doc: &'e mut Ecs<'t>,
    data: NameId,
    /// Whether the event data is an open object, and nothing stands in its way.
    is_open: bool,
    /// The event id.
    pub(super) code: u32,
    pub(super) source: Source,
}

/// Which mapping an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Sysmon.
    Sysmon,
    /// The security log.
    Security,
    /// Windows PowerShell: the engine's own log.
    PowerShell,
    /// PowerShell's operational log.
    PowerShellOperational,
    /// Microsoft Defender.
    Defender,
    /// Anything else: its data set.
    Other(&'static str),
}

impl Source {
    /// The module of that integration.
    fn module(self) -> &'static str {
        match self {
            Self::Security => "system",
            Self::Sysmon | Self::PowerShell | Self::PowerShellOperational | Self::Defender => "windows",
            Self::Other(dataset) => dataset.split('.').next().unwrap_or(dataset),
        }
    }

    /// The data set of the integration that reads this channel.
    fn dataset(self) -> &'static str {
        match self {
            Self::Sysmon => "windows.sysmon_operational",
            Self::Security => "system.security",
            Self::PowerShell => "windows.powershell",
            Self::PowerShellOperational => "windows.powershell_operational",
            Self::Defender => "windows.windows_defender",
            Self::Other(dataset) => dataset,
        }
    }
}

/// Channels whose data set has no mapping beyond the common fields. Of the channels of no integration's own
/// the custom Windows event log integration makes `winlog.winlog`.
const DATASETS: &[(&str, &str)] = &[
    ("Application", "system.application"),
    ("System", "system.system"),
    ("ForwardedEvents", "windows.forwarded"),
    ("Microsoft-Windows-AppLocker/EXE and DLL", "windows.applocker_exe_and_dll"),
    ("Microsoft-Windows-AppLocker/MSI and Script", "windows.applocker_msi_and_script"),
    ("Microsoft-Windows-AppLocker/Packaged app-Deployment", "windows.applocker_packaged_app_deployment"),
    ("Microsoft-Windows-AppLocker/Packaged app-Execution", "windows.applocker_packaged_app_execution"),
];

/// Channels with a mapping of their own.
const SOURCES: &[(&str, Source)] = &[
    ("Security", Source::Security),
    ("Windows PowerShell", Source::PowerShell),
    ("Microsoft-Windows-PowerShell/Operational", Source::PowerShellOperational),
    ("PowerShellCore/Operational", Source::PowerShellOperational),
    ("Microsoft-Windows-Windows Defender/Operational", Source::Defender),
];

/// Fields of a process that follow from others.
pub(super) struct ProcessFields {
    executable: &'static str,
    name: &'static str,
    command_line: &'static str,
    args: &'static str,
    args_count: &'static str,
}

/// The process of the event.
pub(super) const PROCESS: ProcessFields = ProcessFields {
    executable: "process.executable",
    name: "process.name",
    command_line: "process.command_line",
    args: "process.args",
    args_count: "process.args_count",
};

/// The process that started it.
pub(super) const PARENT: ProcessFields = ProcessFields {
    executable: "process.parent.executable",
    name: "process.parent.name",
    command_line: "process.parent.command_line",
    args: "process.parent.args",
    args_count: "process.parent.args_count",
};

/// Which mapping an event is for, by its provider, else its channel.
fn source_of(provider: &str, channel: &str) -> Source {
    let is_channel = |name: &str| channel.eq_ignore_ascii_case(name);
    if provider.eq_ignore_ascii_case("Microsoft-Windows-Sysmon")
        || is_channel("Microsoft-Windows-Sysmon/Operational")
    {
        return Source::Sysmon;
    }
    if let Some(&(_, source)) = SOURCES.iter().find(|(channel, _)| is_channel(channel)) {
        return source;
    }
    let dataset = DATASETS.iter().find(|(channel, _)| is_channel(channel));
    Source::Other(dataset.map_or("winlog.winlog", |&(_, dataset)| dataset))
}

impl<'e, 't> WindowsEvent<'e, 't> {
    /// The event of a document.
    pub(super) fn new(doc: &'e mut Ecs<'t>, code: u32) -> Self {
        let provider = doc.text("winlog.provider_name").unwrap_or_default();
        let channel = doc.text("winlog.channel").unwrap_or_default();
        let source = source_of(provider, channel);
        let data = doc.object(EVENT_DATA);
        let arena = doc.arena;
        doc.update_members(data, |value| Some(value.to_text(arena).map_or(value, Value::from)));
        let is_open = doc.is_open(data);
        Self { doc, data, is_open, code, source }
    }

    /// Whether the event data certainly lacks a value.
    #[inline]
    fn lacks(&mut self, key: &'static str) -> bool {
        let key = self.doc.member_name(self.data, key);
        self.is_open && self.doc.lacks(key)
    }

    /// A value of the event data.
    #[inline]
    pub(super) fn value(&mut self, key: &'static str) -> Option<Value<'t>> {
        if self.lacks(key) {
            return None;
        }
        self.doc.member(self.data, key)
    }

    /// Gives the event data a value, whatever it was.
    pub(super) fn insert(&mut self, key: &'static str, value: impl Into<Value<'t>>) {
        self.doc.set_member(self.data, key, value);
    }

    /// As [`Self::insert`], by a key that the record has.
    pub(super) fn put(&mut self, key: &str, value: impl Into<Value<'t>>) {
        self.doc.put_member(self.data, key, value);
    }

    /// Takes a value out of the event data.
    pub(super) fn remove(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.doc.take_member(self.data, key, Some)
    }

    /// Takes a value out of the event data, and does not say what it was.
    pub(super) fn discard(&mut self, key: &'static str) {
        if self.lacks(key) {
            return;
        }
        self.doc.discard_member(self.data, key);
    }

    /// The names of event data and the field that it is to be moved to; none if it makes no difference to move it.
    #[inline]
    fn names_to_move(&mut self, key: &'static str, field: &'static str) -> Option<(NameId, NameId)> {
        if self.lacks(key) { None } else { self.doc.names_to_move(self.data, key, field) }
    }

    /// As [`Self::remove`], by a key with a blank.
    pub(super) fn pull(&mut self, key: &str) -> Option<Value<'t>> {
        self.doc.pull_member(self.data, key)
    }

    /// A value of the event data, if it is a string that says something.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'t str> {
        self.value(key).and_then(text_of)
    }

    /// A value of the event data, if it is a whole number, decimal or `0x` hexadecimal.
    pub(super) fn number(&mut self, key: &'static str) -> Option<i64> {
        self.text(key).and_then(number)
    }

    /// Takes a value out of the event data, if it says something.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'t>> {
        if self.lacks(key) {
            return None;
        }
        self.doc.take_member(self.data, key, |value| says(value).then_some(value))
    }

    /// As [`Self::take`], of a string; what is none is taken all the same.
    pub(super) fn take_text(&mut self, key: &'static str) -> Option<&'t str> {
        self.take(key).and_then(Value::as_str)
    }

    /// Moves a value of the event data to a field that has none yet.
    pub(super) fn rename(&mut self, key: &'static str, field: &'static str) {
        if let Some((key, field)) = self.names_to_move(key, field)
            && self.doc.value(key).is_some_and(says)
            && !self.doc.has_value(field)
            && let Some(value) = self.doc.take(key, Some)
        {
            self.doc.put(field, value);
        }
    }

    /// Moves a whole number, decimal or `0x` hexadecimal. What is no number stays in the event data.
    pub(super) fn rename_number(&mut self, key: &'static str, field: &'static str) {
        if let Some((key, field)) = self.names_to_move(key, field)
            && let Some(number) = self.doc.value(key).and_then(text_of).and_then(number)
        {
            self.doc.put_default(field, number.into());
            self.doc.drop_value(key);
        }
    }

    /// Moves an IP address; one of IPv4 within IPv6 becomes IPv4. What is none stays in the event data.
    pub(super) fn rename_address(&mut self, key: &'static str, field: &'static str) {
        if !self.lacks(key)
            && (self.names_to_move(key, field).is_some() || self.doc.keeps("related.ip"))
            && let Some(address) = self.address(key)
        {
            self.doc.append("related.ip", address);
            self.doc.set_default(field, address);
            self.discard(key);
        }
    }

    /// Moves a truth value. What is none stays in the event data.
    pub(super) fn rename_bool(&mut self, key: &'static str, field: &'static str) {
        if let Some((key, field)) = self.names_to_move(key, field)
            && let Some(value) =
                self.doc.value(key).and_then(text_of).and_then(|text| text.parse::<bool>().ok())
        {
            self.doc.put_default(field, value.into());
            self.doc.drop_value(key);
        }
    }

    /// A value of the event data, if it is an IP address.
    pub(super) fn address(&mut self, key: &'static str) -> Option<&'t str> {
        let text = self.text(key)?;
        address(self.doc.arena, text)
    }

    /// Copies a value of the event data to a field that has none yet.
    pub(super) fn copy(&mut self, key: &'static str, field: &'static str) {
        if !self.lacks(key)
            && self.doc.keeps(field)
            && let Some(text) = self.text(key)
        {
            self.doc.set_default(field, text);
        }
    }

    /// Copies a value of the event data to a field, whatever it was.
    pub(super) fn overwrite(&mut self, key: &'static str, field: &'static str) {
        if !self.lacks(key)
            && self.doc.keeps(field)
            && let Some(text) = self.text(key)
        {
            self.doc.set(field, text);
        }
    }

    /// Gives a field a list of texts, whatever it was.
    pub(super) fn set_list(&mut self, field: &'static str, texts: &[&'static str]) {
        if !self.doc.keeps(field) {
            return;
        }
        let texts = self.doc.arena.list(texts.iter().copied());
        self.doc.set(field, texts);
    }

    /// As [`Self::set_list`], in the event data.
    pub(super) fn insert_list<T: Into<Value<'t>>>(
        &mut self,
        key: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        let values = self.doc.arena.list(values);
        self.insert(key, values);
    }

    /// Adds a user to those that have to do with the event.
    pub(super) fn relate_user(&mut self, name: &'t str) {
        self.doc.append("related.user", name);
    }

    /// Sets the Community ID of the connection, if all its ends are known.
    pub(super) fn complete_network(&mut self) {
        if self.doc.wants("network.community_id")
            && let Some(source) = self.end("source.ip", "source.port")
            && let Some(destination) = self.end("destination.ip", "destination.port")
            && let Some(transport) = self.doc.text("network.transport")
            && let Some(id) = community_id(transport, source, destination)
        {
            self.doc.set("network.community_id", self.doc.arena.text(id));
        }
    }

    fn end(&mut self, ip: &'static str, port: &'static str) -> Option<(IpAddr, u16)> {
        let port = self.doc.get(port)?.as_u64()?.try_into().ok()?;
        Some((self.doc.text(ip)?.parse().ok()?, port))
    }

    /// Drops the event data that says nothing.
    pub(super) fn drop_empty(&mut self) {
        self.doc
            .update_members(self.data, |value| value.as_str().is_none_or(says_something).then_some(value));
    }

    /// Sets a process's name by its executable, and its arguments by its command line.
    pub(super) fn complete_process(&mut self, process: &ProcessFields) {
        if let Some(name) = self.doc.text(process.executable).and_then(paths::file_name) {
            self.doc.set_default(process.name, name);
        }
        if (self.doc.wants(process.args) || self.doc.wants(process.args_count))
            && let Some(command_line) = self.doc.text(process.command_line)
        {
            let arguments = self.doc.arena.list(super::command_line::split(self.doc.arena, command_line));
            self.doc.set_default(process.args_count, arguments.len());
            self.doc.set_default(process.args, arguments);
        }
    }

    /// Sets a file's name, directory and extension by its path.
    pub(super) fn complete_file(&mut self) {
        let Some(path) = self.doc.text("file.path") else { return };
        let parts = [
            ("file.name", paths::file_name(path)),
            ("file.directory", paths::directory(path)),
            ("file.extension", paths::directory(path).and_then(|_| paths::extension(path))),
        ];
        for (field, value) in parts {
            if let Some(value) = value {
                self.doc.set_default(field, value);
            }
        }
    }

    /// Sets the time of the event to the log's own, where an agent kept it aside.
    pub(super) fn set_time_from_log(&mut self) {
        let arena = self.doc.arena;
        if let Some(time) = self.doc.text("winlog.time_created").and_then(|time| iso_time(arena, time)) {
            self.doc.set("@timestamp", time);
        }
    }

    /// Completes the document by the fields that all events have.
    pub(super) fn finish(self) {
        let Self { doc, data, code, source, .. } = self;
        doc.update_members(data, |value| (!value.is_null()).then_some(value));
        let record_id = doc.get("winlog.record_id").filter(|id| id.as_str().is_none());
        if let Some(record_id) = record_id.and_then(|id| id.plain_text(doc.arena)) {
            doc.set("winlog.record_id", record_id);
        }
        let code = doc.arena.integer(code.into());
        doc.set("winlog.event_id", code);
        doc.set("event.code", code);
        doc.set("ecs.version", "8.17.0");
        doc.set_default("event.kind", "event");
        doc.copy("winlog.provider_name", "event.provider");
        doc.copy("winlog.level", "log.level");
        if doc.text("winlog.task").is_some_and(|task| number(task).is_none()) {
            doc.copy("winlog.task", "event.action");
        }
        complete_host(doc);
        complete_data_stream(doc, source);
    }
}

/// Fields of the host that an agent adds on the host itself. Rules ask for them: `host.os.type` chooses the
/// platform, and sequences join on `host.id`, for which the name stands in.
fn complete_host(doc: &mut Ecs<'_>) {
    doc.copy("winlog.computer_name", "host.name");
    doc.copy("host.name", "host.hostname");
    if let Some(name) = doc.text("host.name") {
        doc.set_default("host.id", doc.arena.lower(name));
    }
    doc.set_default("host.os.type", "windows");
    doc.set_default("host.os.family", "windows");
}

/// Where the event would be stored. What came through Winlogbeat lies in an index of its Beat, and no data
/// stream of an integration.
fn complete_data_stream(doc: &mut Ecs<'_>, source: Source) {
    let dataset = source.dataset();
    if doc.text("agent.type") == Some("winlogbeat") {
        return;
    }
    doc.set_default("event.module", source.module());
    doc.set_default("event.dataset", dataset);
    if !doc.has("data_stream.dataset") {
        doc.discard("data_stream");
        doc.set("data_stream.type", "logs");
        doc.set("data_stream.dataset", dataset);
        doc.set("data_stream.namespace", "default");
    }
}

/// Whether a value of the event data says something.
fn says(value: Value<'_>) -> bool {
    !value.is_null() && value.as_str().is_none_or(says_something)
}

/// The text of a value of the event data, if it is a string that says something.
fn text_of(value: Value<'_>) -> Option<&str> {
    value.as_str().filter(|text| says_something(text))
}

/// Providers write `-` and the zero GUID where they have nothing to say.
fn says_something(text: &str) -> bool {
    !matches!(text, "" | "-" | "{00000000-0000-0000-0000-000000000000}")
}

/// A whole number, decimal or `0x` hexadecimal.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// An IP address as it stands; one of IPv4 within IPv6 as IPv4.
pub(super) fn address<'t>(arena: &'t Arena, text: &'t str) -> Option<&'t str> {
    let bare = text.strip_prefix('[').and_then(|text| text.split(']').next()).unwrap_or(text);
    match bare.parse::<IpAddr>().ok()? {
        IpAddr::V6(address) => Some(address.to_ipv4_mapped().map_or(bare, |inner| arena.text(inner))),
        IpAddr::V4(_) => Some(bare),
    }
}

/// A time as ISO 8601 in UTC with milliseconds, from `yyyy-mm-dd`, `T` or blank, `hh:mm:ss`, perhaps a
/// fraction, perhaps `Z`. None for anything else, a month 13 among it.
pub(super) fn iso_time<'t>(arena: &'t Arena, text: &str) -> Option<&'t str> {
    let text = text.trim();
    let (head, rest) = text.split_at_checked(19)?;
    let fits = head.bytes().zip(b"0000-00-00T00:00:00").all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b' '),
        sign => byte == *sign,
    });
    let two = |at: usize| match head.as_bytes().get(at..at + 2) {
        Some(&[tens, ones]) => tens.wrapping_mul(10).wrapping_add(ones).wrapping_sub(b'0'.wrapping_mul(11)),
        _ => u8::MAX,
    };
    let rest = rest.strip_suffix('Z').unwrap_or(rest);
    let fraction = if rest.is_empty() { "0" } else { rest.strip_prefix('.')? };
    let valid = fits
        && (1..=12).contains(&two(5))
        && (1..=31).contains(&two(8))
        && two(11) <= 23
        && two(14) <= 59
        && two(17) <= 59
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let (date, clock) = (head.get(..10)?, head.get(11..)?);
    let millis = fraction.get(..3).unwrap_or(fraction);
    let zeros = "00".get(..3_usize.saturating_sub(millis.len()))?;
    valid.then(|| arena.concat([date, "T", clock, ".", millis, zeros, "Z"]))
}
