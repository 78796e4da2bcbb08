//! PowerShell: data streams `windows.powershell` (the engine's log) and `windows.powershell_operational`.

use super::event::{PROCESS, WindowsEvent};
use super::script_block;
use crate::normalize::value::{Arena, Value};

/// Where details go; the engine's log and the operational one spell some differently.
const FIELDS: &[(&str, &str)] = &[
    ("HostId", "process.entity_id"),
    ("HostID", "process.entity_id"),
    ("HostApplication", "process.command_line"),
    ("HostName", "process.title"),
    ("HostVersion", "powershell.process.executable_version"),
    ("NewEngineState", "powershell.engine.new_state"),
    ("PreviousEngineState", "powershell.engine.previous_state"),
    ("EngineVersion", "powershell.engine.version"),
    ("NewProviderState", "powershell.provider.new_state"),
    ("ProviderName", "powershell.provider.name"),
    ("ShellID", "powershell.id"),
    ("PipelineId", "powershell.pipeline_id"),
    ("PipelineID", "powershell.pipeline_id"),
    ("RunspaceId", "powershell.runspace_id"),
    ("RunspaceID", "powershell.runspace_id"),
    ("CommandLine", "powershell.command.value"),
    ("CommandPath", "powershell.command.path"),
    ("CommandName", "powershell.command.name"),
    ("CommandType", "powershell.command.type"),
    ("ScriptBlockId", "powershell.file.script_block_id"),
    ("ScriptBlockText", "powershell.file.script_block_text"),
    ("ScriptName", "file.path"),
    ("Path", "file.path"),
];

const NUMBERS: &[(&str, &str)] = &[
    ("SequenceNumber", "event.sequence"),
    ("DetailSequence", "powershell.sequence"),
    ("MessageNumber", "powershell.sequence"),
    ("DetailTotal", "powershell.total"),
    ("MessageTotal", "powershell.total"),
];

/// The log of the engine: events 400, 403, 600, 800.
pub(super) fn map_engine(event: &mut WindowsEvent<'_, '_>) {
    let details = if event.code == 800 { "param2" } else { "param3" };
    match event.text(details) {
        Some(text) => take_details(event, text),
        // Records that have lost their unnamed data still have the message made of it.
        None => details_from_message(event),
    }
    classify(event, 400, 403);
    move_fields(event);
    if let Some(user) = event.text("UserId") {
        user_of(event, user, ["user.domain", "user.name"]);
    }
    if event.code == 800
        && let Some(text) = event.text("param3")
    {
        invocation_details(event, text);
    }
    for key in ["param1", "param2", "param3", "UserId"] {
        event.discard(key);
    }
    finish(event);
}

/// The operational log: events 4103 to 4106.
pub(super) fn map_operational(event: &mut WindowsEvent<'_, '_>) {
    if let Some(context) = event.text("ContextInfo") {
        for (key, value) in context.lines().filter_map(|line| line.split_once(['=', ':'])) {
            let key: String = key.chars().filter(|c| !c.is_whitespace()).collect();
            event.put(&key, value.trim());
        }
    }
    classify(event, 4105, 4106);
    move_fields(event);
    event.doc.copy("winlog.process.pid", "process.pid");
    users(event);
    if event.code == 4103
        && let Some(text) = event.text("Payload")
    {
        invocation_details(event, text);
    }
    script_block::describe(event.doc);
    for key in ["User", "ConnectedUser", "ContextInfo", "Severity", "Payload"] {
        event.discard(key);
    }
    finish(event);
}

fn classify(event: &mut WindowsEvent<'_, '_>, start: u32, end: u32) {
    let kind = match event.code {
        code if code == start => "start",
        code if code == end => "end",
        _ => "info",
    };
    event.set_list("event.category", &["process"]);
    event.set_list("event.type", &[kind]);
}

fn move_fields(event: &mut WindowsEvent<'_, '_>) {
    for &(key, field) in FIELDS {
        event.rename(key, field);
    }
    for &(key, field) in NUMBERS {
        event.rename_number(key, field);
    }
    event.complete_process(&PROCESS);
    event.complete_file();
}

fn finish(event: &mut WindowsEvent<'_, '_>) {
    event.drop_empty();
    event.set_time_from_log();
    event.doc.discard("winlog.time_created");
    if let Some(level) = event.doc.remove("winlog.level") {
        event.doc.set_default("log.level", level);
    }
}

/// Details as lines of `Key=value` after a tab; what follows a line up to the next is of its value.
fn take_details<'t>(event: &mut WindowsEvent<'_, 't>, text: &'t str) {
    let mut current: Option<(&str, String)> = None;
    let mut keep = |found: Option<(&str, String)>| {
        if let Some((key, value)) = found {
            event.put(key, event.doc.arena.copy(value.trim()));
        }
    };
    for line in text.lines() {
        let detail = line.strip_prefix('\t').and_then(|line| line.split_once('=')).filter(|(key, _)| {
            !key.is_empty() && key.chars().all(|character| character.is_alphanumeric() || character == '_')
        });
        match (detail, &mut current) {
            (Some((key, value)), _) => keep(current.replace((key, value.to_owned()))),
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line);
            }
            (None, None) => {}
        }
    }
    keep(current);
}

/// The message ends with `Details:` or `Context Information:` and the details; that of event 800 has the
/// details of its command after them.
fn details_from_message(event: &mut WindowsEvent<'_, '_>) {
    let Some(message) = event.doc.message() else { return };
    let message = match message.contains('\r') {
        true => event.doc.arena.text(message.replace('\r', "")),
        false => message,
    };
    let after = |heading: &str| message.split_once(heading).map(|(_, rest)| rest);
    if event.code != 800 {
        if let Some(details) = after("Details: ").or_else(|| after("Details:")) {
            take_details(event, details);
        }
        return;
    }
    let Some(context) = after("Context Information:") else { return };
    let (context, details) = context.split_once("Details:").unwrap_or((context, ""));
    take_details(event, context);
    if !details.trim().is_empty() {
        event.insert("param3", details.trim());
    }
}

/// The command of a pipeline and its parameters, a line each: `CommandInvocation(Out-Null): "Out-Null"`,
/// `ParameterBinding(Out-Null): name="InputObject"; value="x"`.
fn invocation_details<'t>(event: &mut WindowsEvent<'_, 't>, text: &'t str) {
    let field = "powershell.command.invocation_details";
    if event.doc.wants(field) {
        let arena = event.doc.arena;
        let details = arena.list(text.split('\n').map(|line| invocation_detail(arena, line)));
        event.doc.set(field, details);
    }
}

fn invocation_detail<'t>(arena: &'t Arena, line: &'t str) -> Value<'t> {
    let line = line.trim_end_matches('\r');
    let parsed = line.split_once('(').and_then(|(kind, rest)| {
        let (command, value) = rest.split_once("):")?;
        (!kind.is_empty() && !kind.contains(':') && !command.is_empty() && !command.contains(')'))
            .then(|| (kind, command, value.trim_start()))
    });
    let Some((kind, command, value)) = parsed else {
        return arena.members([("value", line.into())]).into();
    };
    let binding = value.strip_prefix("name=").and_then(|rest| {
        let at = rest.rfind("; value=")?;
        Some((rest.get(..at)?, rest.get(at + "; value=".len()..)?))
    });
    let (name, value) = match binding.filter(|_| kind == "ParameterBinding") {
        Some((name, value)) => (Some(name), Some(value)),
        None => (None, Some(value).filter(|value| !value.is_empty())),
    };
    let parts = [("type", Some(kind)), ("related_command", Some(command)), ("name", name), ("value", value)];
    arena.members(parts.into_iter().filter_map(|(key, text)| Some((key, text?.into())))).into()
}

/// `DOMAIN\name` as a user.
fn user_of<'t>(
    event: &mut WindowsEvent<'_, 't>,
    text: &'t str,
    [domain_field, name_field]: [&'static str; 2],
) {
    if let Some((domain, name)) = text.split_once('\\').filter(|(_, name)| !name.contains('\\')) {
        event.doc.set(domain_field, domain);
        event.doc.set(name_field, name);
        event.relate_user(name);
    }
}

/// The user that the event is of; where another is connected, that one is the source and the user.
fn users(event: &mut WindowsEvent<'_, '_>) {
    for (from, to) in [
        ("winlog.user.identifier", "user.id"),
        ("winlog.user.domain", "user.domain"),
        ("winlog.user.name", "user.name"),
    ] {
        event.doc.copy(from, to);
    }
    if let Some(name) = event.doc.text("user.name") {
        event.relate_user(name);
    }
    if let Some(domain) = event.doc.text("user.domain") {
        event.doc.append("related.hosts", domain);
    }
    let Some(connected) = event.text("ConnectedUser") else { return };
    for (user, destination) in
        [("user.domain", "destination.user.domain"), ("user.name", "destination.user.name")]
    {
        if let Some(value) = event.doc.remove(user) {
            event.doc.set(destination, value);
        }
    }
    user_of(event, connected, ["source.user.domain", "source.user.name"]);
    event.doc.copy("source.user.domain", "user.domain");
    event.doc.copy("source.user.name", "user.name");
}
