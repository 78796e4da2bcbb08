//! The one form that every shape of Windows record becomes.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::paths;
use crate::Document;
use crate::normalize::community_id::community_id;
use crate::normalize::ecs::Ecs;

/// A Windows event as an agent would ship it.
#[derive(Debug)]
pub(super) struct WindowsEvent {
    /// The document, without `winlog.event_data`.
    pub(super) doc: Ecs,
    /// The event data that no mapping has taken yet. Scalars are strings, as the event log's XML has them.
    pub(super) data: Document,
    /// The event id.
    pub(super) code: u32,
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

impl WindowsEvent {
    /// Which mapping the event is for, by its provider, else its channel.
    pub(super) fn source(&self) -> Source {
        let is = |path, name: &str| self.doc.text(path).is_some_and(|text| text.eq_ignore_ascii_case(name));
        if is("winlog.provider_name", "Microsoft-Windows-Sysmon")
            || is("winlog.channel", "Microsoft-Windows-Sysmon/Operational")
        {
            return Source::Sysmon;
        }
        if let Some(&(_, source)) = SOURCES.iter().find(|(channel, _)| is("winlog.channel", channel)) {
            return source;
        }
        let channel = |&&(channel, _): &&(&str, _)| is("winlog.channel", channel);
        Source::Other(DATASETS.iter().find(channel).map_or("winlog.winlog", |&(_, dataset)| dataset))
    }

    /// A value of the event data, if it is a string that says something.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Value::as_str).filter(|text| says_something(text))
    }

    /// As [`Self::text`], to keep while the event changes.
    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// A value of the event data, if it is a whole number, decimal or `0x` hexadecimal.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.text(key).and_then(number)
    }

    /// Takes a value out of the event data, if it says something.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        match self.data.get(key)? {
            Value::String(text) if !says_something(text) => None,
            Value::Null => None,
            _ => self.data.remove(key),
        }
    }

    /// Moves a value of the event data to a field that has none yet.
    pub(super) fn rename(&mut self, key: &str, field: &str) {
        if self.data.contains_key(key)
            && !self.doc.has(field)
            && let Some(value) = self.take(key)
        {
            self.doc.set(field, value);
        }
    }

    /// Moves a whole number, decimal or `0x` hexadecimal. What is no number stays in the event data.
    pub(super) fn rename_number(&mut self, key: &str, field: &str) {
        if let Some(number) = self.number(key) {
            self.doc.set_default(field, number);
            self.data.remove(key);
        }
    }

    /// Moves an IP address; one of IPv4 within IPv6 becomes IPv4. What is none stays in the event data.
    pub(super) fn rename_address(&mut self, key: &str, field: &str) {
        if let Some(address) = self.text(key).and_then(address) {
            self.doc.append("related.ip", address.as_str());
            self.doc.set_default(field, address);
            self.data.remove(key);
        }
    }

    /// Moves a truth value. What is none stays in the event data.
    pub(super) fn rename_bool(&mut self, key: &str, field: &str) {
        if let Some(value) = self.text(key).and_then(|text| text.parse::<bool>().ok()) {
            self.doc.set_default(field, value);
            self.data.remove(key);
        }
    }

    /// Copies a value of the event data to a field.
    pub(super) fn copy(&mut self, key: &str, field: &str) {
        if let Some(text) = self.text(key) {
            let text = text.to_owned();
            self.doc.set_default(field, text);
        }
    }

    /// Copies a value of the event data to a field, whatever it was.
    pub(super) fn overwrite(&mut self, key: &str, field: &str) {
        if let Some(text) = self.owned(key) {
            self.doc.set(field, text);
        }
    }

    /// Adds a user to those that have to do with the event.
    pub(super) fn relate_user(&mut self, name: &str) {
        self.doc.append("related.user", name);
    }

    /// Sets the Community ID of the connection, if all its ends are known.
    pub(super) fn complete_network(&mut self) {
        let end = |ip: &str, port: &str| {
            let port = self.doc.get(port)?.as_u64()?.try_into().ok()?;
            Some((self.doc.text(ip)?.parse::<IpAddr>().ok()?, port))
        };
        let ends = end("source.ip", "source.port").zip(end("destination.ip", "destination.port"));
        if let Some((source, destination)) = ends
            && let Some(transport) = self.doc.text("network.transport")
            && let Some(id) = community_id(transport, source, destination)
        {
            self.doc.set("network.community_id", id);
        }
    }

    /// Drops the event data that says nothing.
    pub(super) fn drop_empty(&mut self) {
        self.data.retain(|_, value| value.as_str().is_none_or(says_something));
    }

    /// Sets a process's name by its executable, and its arguments by its command line.
    pub(super) fn complete_process(&mut self, process: &ProcessFields) {
        if let Some(name) = self.doc.text(process.executable).and_then(paths::file_name) {
            let name = name.to_owned();
            self.doc.set_default(process.name, name);
        }
        if let Some(command_line) = self.doc.text(process.command_line) {
            let arguments = super::command_line::split(command_line);
            self.doc.set_default(process.args_count, arguments.len());
            self.doc.set_default(process.args, arguments);
        }
    }

    /// Sets a file's name, directory and extension by its path.
    pub(super) fn complete_file(&mut self) {
        let Some(path) = self.doc.text("file.path").map(str::to_owned) else { return };
        let parts = [
            ("file.name", paths::file_name(&path)),
            ("file.directory", paths::directory(&path)),
            ("file.extension", paths::directory(&path).and_then(|_| paths::extension(&path))),
        ];
        for (field, value) in parts {
            if let Some(value) = value {
                self.doc.set_default(field, value);
            }
        }
    }

    /// Sets the time of the event to the log's own, where an agent kept it aside.
    pub(super) fn set_time_from_log(&mut self) {
        if let Some(time) = self.doc.text("winlog.time_created").and_then(iso_time) {
            self.doc.set("@timestamp", time);
        }
    }

    /// The ECS document: what is left of the event data in its place, and the fields that all events have.
    pub(super) fn finish(mut self) -> Document {
        let dataset = self.source().dataset();
        self.data.retain(|_, value| !value.is_null());
        let doc = &mut self.doc;
        if !self.data.is_empty() {
            doc.set("winlog.event_data", self.data);
        }
        if let Some(record_id) = doc.get("winlog.record_id").filter(|id| id.is_number()) {
            let record_id = record_id.to_string();
            doc.set("winlog.record_id", record_id);
        }
        doc.set("winlog.event_id", self.code.to_string());
        doc.set("event.code", self.code.to_string());
        doc.set("ecs.version", "8.17.0");
        doc.set_default("event.kind", "event");
        doc.copy("winlog.provider_name", "event.provider");
        doc.copy("winlog.level", "log.level");
        if doc.text("winlog.task").is_some_and(|task| number(task).is_none()) {
            doc.copy("winlog.task", "event.action");
        }
        complete_host(doc);
        complete_data_stream(doc, dataset);
        self.doc.into_document()
    }
}

/// Fields of the host that an agent adds on the host itself. Rules ask for them: `host.os.type` chooses the
/// platform, and sequences join on `host.id`, for which the name stands in.
fn complete_host(doc: &mut Ecs) {
    doc.copy("winlog.computer_name", "host.name");
    doc.copy("host.name", "host.hostname");
    if let Some(name) = doc.text("host.name").map(str::to_ascii_lowercase) {
        doc.set_default("host.id", name);
    }
    doc.set_default("host.os.type", "windows");
    doc.set_default("host.os.family", "windows");
}

/// Where the event would be stored. What came through Winlogbeat lies in an index of its Beat, and no data
/// stream of an integration.
fn complete_data_stream(doc: &mut Ecs, dataset: &str) {
    let module = dataset.split('.').next().unwrap_or(dataset);
    if doc.text("agent.type") == Some("winlogbeat") {
        return;
    }
    doc.set_default("event.module", module);
    doc.set_default("event.dataset", dataset);
    if !doc.has("data_stream.dataset") {
        let stream = json!({"type": "logs", "dataset": dataset, "namespace": "default"});
        doc.set("data_stream", stream);
    }
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
pub(super) fn address(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.split(']').next()).unwrap_or(text);
    match bare.parse::<IpAddr>().ok()? {
        IpAddr::V6(address) => {
            let inner = address.to_ipv4_mapped();
            Some(inner.map_or_else(|| bare.to_owned(), |inner| inner.to_string()))
        }
        IpAddr::V4(_) => Some(bare.to_owned()),
    }
}

/// Makes the scalars of event data strings, as the event log's XML has them; other values stay as they are.
pub(super) fn scalars_to_text(data: &mut Document) {
    for value in data.values_mut() {
        match value {
            Value::Number(number) => *value = Value::String(number.to_string()),
            Value::Bool(truth) => *value = Value::String(truth.to_string()),
            _ => {}
        }
    }
}

/// A time as ISO 8601 in UTC with milliseconds, from `yyyy-mm-dd`, `T` or blank, `hh:mm:ss`, perhaps a
/// fraction, perhaps `Z`. None for anything else, a month 13 among it.
pub(super) fn iso_time(text: &str) -> Option<String> {
    let text = text.trim();
    let (date, time) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10)?, b'T' | b' ') {
        return None;
    }
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let fits = |text: &str, separator: char, limits: [std::ops::RangeInclusive<u16>; 3]| {
        let mut parts = text.split(separator);
        let all = limits.into_iter().all(|limit| {
            parts.next().is_some_and(|part| {
                part.bytes().all(|byte| byte.is_ascii_digit())
                    && part.len() >= 2
                    && part.parse().is_ok_and(|number| limit.contains(&number))
            })
        });
        all && parts.next().is_none()
    };
    let valid = fits(date, '-', [0..=9999, 1..=12, 1..=31])
        && clock.len() == 8
        && fits(clock, ':', [0..=23, 0..=59, 0..=59])
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let millis = fraction.get(..3).unwrap_or(fraction);
    valid.then(|| format!("{date}T{clock}.{millis:0<3}Z"))
}
