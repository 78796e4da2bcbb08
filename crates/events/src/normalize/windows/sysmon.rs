//! Sysmon, all events: data stream `windows.sysmon_operational`.

use super::event::{PARENT, PROCESS, WindowsEvent, address, iso_time};
use super::{paths, sysmon_data as data};
use crate::normalize::value::{Arena, Value};

/// What kind of field a value of the event data becomes.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Address,
    Bool,
}

/// Where event data goes. The first of two for one field wins.
const FIELDS: &[(&str, &str, Kind)] = &[
    ("RuleName", "rule.name", Kind::Text),
    ("ProcessGuid", "process.entity_id", Kind::Text),
    ("ProcessId", "process.pid", Kind::Number),
    ("Image", "process.executable", Kind::Text),
    ("SourceProcessGuid", "process.entity_id", Kind::Text),
    ("SourceProcessGUID", "process.entity_id", Kind::Text),
    ("SourceProcessId", "process.pid", Kind::Number),
    ("SourceThreadId", "process.thread.id", Kind::Number),
    ("SourceImage", "process.executable", Kind::Text),
    ("Destination", "process.executable", Kind::Text),
    ("CommandLine", "process.command_line", Kind::Text),
    ("CurrentDirectory", "process.working_directory", Kind::Text),
    ("ParentProcessGuid", "process.parent.entity_id", Kind::Text),
    ("ParentProcessId", "process.parent.pid", Kind::Number),
    ("ParentImage", "process.parent.executable", Kind::Text),
    ("ParentCommandLine", "process.parent.command_line", Kind::Text),
    ("TargetFilename", "file.path", Kind::Text),
    ("Device", "file.path", Kind::Text),
    ("PipeName", "file.name", Kind::Text),
    ("ImageLoaded", "file.path", Kind::Text),
    ("Protocol", "network.transport", Kind::Text),
    ("DestinationPortName", "network.protocol", Kind::Text),
    ("SourcePortName", "network.protocol", Kind::Text),
    ("SourceIp", "source.ip", Kind::Address),
    ("SourceHostname", "source.domain", Kind::Text),
    ("SourcePort", "source.port", Kind::Number),
    ("DestinationIp", "destination.ip", Kind::Address),
    ("DestinationHostname", "destination.domain", Kind::Text),
    ("DestinationPort", "destination.port", Kind::Number),
    ("QueryName", "dns.question.name", Kind::Text),
    ("QueryStatus", "sysmon.dns.status", Kind::Text),
    ("Archived", "sysmon.file.archived", Kind::Bool),
    ("IsExecutable", "sysmon.file.is_executable", Kind::Bool),
];

/// Event data that has been used up, or says again what a field says.
const USED_UP: &[&str] = &[
    "DestinationIsIpv6",
    "DestinationPortName",
    "Initiated",
    "RuleName",
    "SourceIsIpv6",
    "SourcePortName",
    "UtcTime",
];

/// Event data that describes the image of the event, and stays: its fields of the process, and of the file.
const IMAGE: &[(&str, [&str; 2])] = &[
    ("Company", ["process.pe.company", "file.pe.company"]),
    ("Description", ["process.pe.description", "file.pe.description"]),
    ("FileVersion", ["process.pe.file_version", "file.pe.file_version"]),
    ("Product", ["process.pe.product", "file.pe.product"]),
];

pub(super) fn map(event: &mut WindowsEvent<'_, '_>) {
    times(event);
    classify(event);
    if event.code == 25 {
        event.rename("Type", "message");
    }
    if event.code == 255 {
        event.rename("ID", "error.code");
    }
    hashes(event);
    for &(key, field, kind) in FIELDS {
        match kind {
            Kind::Text => event.rename(key, field),
            Kind::Number => event.rename_number(key, field),
            Kind::Address => event.rename_address(key, field),
            Kind::Bool => event.rename_bool(key, field),
        }
    }
    image(event);
    event.complete_process(&PROCESS);
    event.complete_process(&PARENT);
    event.complete_file();
    network(event);
    dns(event);
    user(event);
    registry(event);
    if event.code == 7 {
        library(event);
    }
    if let Some(guid) = event.remove("TargetProcessGuid") {
        event.insert("TargetProcessGUID", guid);
    }
    for key in USED_UP {
        event.discard(key);
    }
    event.drop_empty();
}

/// Sysmon's own clock reading is the time of the event; the log's is when it was written down.
fn times(event: &mut WindowsEvent<'_, '_>) {
    let arena = event.doc.arena;
    if let Some(written) = event.doc.text("winlog.time_created").and_then(|time| iso_time(arena, time)) {
        event.doc.set_default("@timestamp", written);
        event.doc.set("event.created", written);
        event.doc.discard("winlog.time_created");
    }
    if let Some(level) = event.doc.remove("winlog.level") {
        event.doc.set_default("log.level", level);
    }
    let happened = event.text("UtcTime").filter(|time| time.as_bytes().get(10) == Some(&b' '));
    if let Some(time) = happened.and_then(|time| iso_time(arena, time)) {
        event.doc.set("@timestamp", time);
    }
}

fn classify(event: &mut WindowsEvent<'_, '_>) {
    let Some(class) = data::class_of(event.code) else { return };
    match class.action {
        [one] => event.doc.set_default("event.action", *one),
        several => {
            let several = event.doc.arena.list(several.iter().copied());
            event.doc.set_default("event.action", several);
        }
    }
    if !class.category.is_empty() {
        event.set_list("event.category", class.category);
    }
    if !class.kind.is_empty() {
        event.set_list("event.type", class.kind);
    }
    if class.failure {
        event.doc.set("event.outcome", "failure");
    }
}

/// `SHA1=..,MD5=..,SHA256=..,IMPHASH=..`, of the process or of the file, whichever the event is about.
fn hashes(event: &mut WindowsEvent<'_, '_>) {
    // Old versions name one hash; no event has both.
    let found = [event.take_text("Hashes"), event.take_text("Hash")].into_iter().flatten().next();
    let Some(text) = found else { return };
    let owner = match event.code {
        1 | 23..=26 => Some((event.doc.object("process.hash"), "process.pe.imphash")),
        6 | 7 | 15 | 29 => Some((event.doc.object("file.hash"), "file.pe.imphash")),
        _ => None,
    };
    let mut related = Vec::new();
    for (algorithm, hash) in text.split(',').filter_map(|pair| pair.split_once('=')) {
        let (algorithm, hash) = (event.doc.arena.lower(algorithm.trim()), event.doc.arena.lower(hash.trim()));
        if algorithm.is_empty() || hash.bytes().all(|digit| digit == b'0') {
            continue;
        }
        related.push(hash);
        match owner {
            Some((_, imphash)) if algorithm == "imphash" => event.doc.set(imphash, hash),
            Some((hashes, _)) if !algorithm.contains('.') => event.doc.put_member(hashes, algorithm, hash),
            _ => {}
        }
    }
    event.doc.append_all("related.hash", &related);
}

/// The resources of the executable: of the loaded image in event 7, else of the process.
fn image(event: &mut WindowsEvent<'_, '_>) {
    let is_file = event.code == 7;
    let name = if is_file { "file.pe.original_file_name" } else { "process.pe.original_file_name" };
    event.rename("OriginalFileName", name);
    for (key, [process, file]) in IMAGE {
        event.copy(key, if is_file { file } else { process });
    }
    event.copy("Signature", "file.code_signature.subject_name");
    event.copy("SignatureStatus", "file.code_signature.status");
    if let Some(trusted) = event.text("Signed").map(|signed| signed == "true") {
        event.doc.set_default("file.code_signature.trusted", trusted);
    }
    if event.text("SignatureStatus") == Some("Valid") {
        event.doc.set_default("file.code_signature.valid", true);
    }
}

/// A loaded library has, beside its file, the fields under which other sources report it.
fn library(event: &mut WindowsEvent<'_, '_>) {
    let doc = &mut *event.doc;
    for (file, dll) in [
        ("file.path", "dll.path"),
        ("file.name", "dll.name"),
        ("file.hash", "dll.hash"),
        ("file.pe.imphash", "dll.pe.imphash"),
        ("file.pe.original_file_name", "dll.pe.original_file_name"),
        ("file.code_signature.subject_name", "dll.code_signature.subject_name"),
    ] {
        doc.copy(file, dll);
    }
    // The states of Elastic Defend: `trusted`, or why not.
    match event.text("Signed") {
        Some("true") => {
            event.doc.set("dll.code_signature.trusted", true);
            event.doc.set("dll.code_signature.status", "trusted");
        }
        Some("false") => {
            event.doc.set("dll.code_signature.trusted", false);
            if event.text("SignatureStatus") == Some("Unavailable") {
                event.copy("SignatureStatus", "dll.code_signature.status");
            }
        }
        Some(failed) if failed.starts_with("failed:") => event.copy("Signed", "dll.code_signature.status"),
        _ => {}
    }
}

fn network(event: &mut WindowsEvent<'_, '_>) {
    match event.text("Initiated") {
        Some("true") => event.doc.set("network.direction", "egress"),
        Some("false") => event.doc.set("network.direction", "ingress"),
        _ => {}
    }
    match event.text("SourceIsIpv6") {
        Some("true") => event.doc.set("network.type", "ipv6"),
        Some("false") => event.doc.set("network.type", "ipv4"),
        _ => {}
    }
    event.complete_network();
}

fn dns(event: &mut WindowsEvent<'_, '_>) {
    if event.code == 22 {
        event.doc.set("network.protocol", "dns");
    }
    if let Some(results) = event.take_text("QueryResults") {
        answers(event, results);
    }
    if let Some(name) = event.doc.text("dns.question.name") {
        registered_domain(event, name);
        event.doc.append("related.hosts", name);
    }
    if let Some(status) = event.doc.text("sysmon.dns.status").and_then(data::dns_status) {
        event.doc.set("sysmon.dns.status", status);
    }
}

/// The results of a query: `type:  5 alias.example.com;::ffff:192.0.2.1;`.
fn answers<'t>(event: &mut WindowsEvent<'_, 't>, results: &'t str) {
    let arena = event.doc.arena;
    let mut answers: Vec<Value<'t>> = Vec::new();
    let mut addresses = Vec::new();
    let mut hosts = Vec::new();
    for result in results.split(';') {
        if let Some(record) = result.trim().strip_prefix("type:") {
            let mut words = record.split_whitespace();
            let (kind, host) = (words.next().and_then(data::dns_type), words.next());
            hosts.extend(host);
            answers.push(answer(arena, kind, host));
        } else if let Some(address) = address(arena, result.trim()) {
            addresses.push(address);
        }
    }
    for address in &addresses {
        let kind = if address.contains(':') { "AAAA" } else { "A" };
        answers.push(answer(arena, Some(kind), Some(address)));
    }
    event.doc.append_all("related.hosts", &hosts);
    event.doc.append_all("related.ip", &addresses);
    if !answers.is_empty() {
        event.doc.set("dns.answers", arena.list(answers));
    }
    if !addresses.is_empty() {
        event.doc.set("dns.resolved_ip", arena.list(addresses));
    }
}

fn answer<'t>(arena: &'t Arena, kind: Option<&'t str>, data: Option<&'t str>) -> Value<'t> {
    let parts = [("type", kind), ("data", data)];
    arena.members(parts.into_iter().filter_map(|(key, text)| Some((key, text?.into())))).into()
}

/// The fields of a name's parts by the public suffix list.
const DOMAIN: [&str; 3] =
    ["dns.question.registered_domain", "dns.question.top_level_domain", "dns.question.subdomain"];

/// The parts of a name by the public suffix list.
fn registered_domain<'t>(event: &mut WindowsEvent<'_, 't>, name: &'t str) {
    if !DOMAIN.iter().any(|field| event.doc.wants(field)) {
        return;
    }
    let lower = event.doc.arena.lower(name);
    let Some(domain) = psl::domain_str(lower) else { return };
    let Some(suffix) = psl::suffix_str(lower) else { return };
    let subdomain = lower.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    for (field, part) in DOMAIN.into_iter().zip([Some(domain), Some(suffix), subdomain]) {
        if let Some(part) = part {
            event.doc.set(field, part);
        }
    }
}

fn user(event: &mut WindowsEvent<'_, '_>) {
    event.doc.copy("winlog.user.identifier", "user.id");
    let Some(user) = event.take_text("User") else { return };
    if let Some((domain, name)) = user.split_once('\\').filter(|(_, name)| !name.contains('\\')) {
        event.doc.set("user.domain", domain);
        event.doc.set("user.name", name);
        event.doc.append("related.user", name);
    }
}

fn registry(event: &mut WindowsEvent<'_, '_>) {
    if !matches!(event.code, 12..=14) {
        return;
    }
    if let Some(path) = event.take_text("TargetObject") {
        if let Some((root, key)) = path.split_once('\\')
            && let Some(hive) = data::hive(root)
        {
            event.doc.set("registry.hive", hive);
            event.doc.set("registry.key", key);
        }
        event.doc.set("registry.value", paths::file_name(path).unwrap_or(path));
        event.doc.set("registry.path", path);
    }
    if let Some(details) = event.take_text("Details") {
        let (kind, text) = registry_data(event.doc.arena, details);
        event.doc.discard("registry.data");
        event.doc.set("registry.data.type", kind);
        event.doc.set("registry.data.strings", event.doc.arena.list([text]));
    }
}

/// Type and text of a value: Sysmon writes `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`,
/// `Binary Data`, and strings as they are.
fn registry_data<'t>(arena: &'t Arena, details: &'t str) -> (&'static str, &'t str) {
    let inside = |kind: &str| {
        let (head, rest) = details.split_once(" (")?;
        head.eq_ignore_ascii_case(kind).then_some(rest.strip_suffix(')')?)
    };
    let half = |text: &str| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        (digits.len() == 8).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    if let Some(number) = inside("DWORD").and_then(half) {
        return ("SZ_DWORD", arena.text(number));
    }
    if let Some((high, low)) = inside("QWORD").and_then(|halves| halves.split_once('-'))
        && let (Some(high), Some(low)) = (half(high), half(low))
    {
        return ("SZ_QWORD", arena.text(u64::from(high) << 32 | u64::from(low)));
    }
    if details == "Binary Data" { ("REG_BINARY", details) } else { ("REG_SZ", details) }
}
