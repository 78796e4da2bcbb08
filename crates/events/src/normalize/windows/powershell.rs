//! PowerShell: data streams `windows.powershell` (the engine's log) and `windows.powershell_operational`.

use serde_json::{Value, json};

use super::event::{PROCESS, WindowsEvent};
use super::script_block;
use crate::Document;

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
pub(super) fn map_engine(event: &mut WindowsEvent) {
    let details = if event.code == 800 { "param2" } else { "param3" };
    match event.owned(details) {
        Some(text) => take_details(event, &text),
        // Records that have lost their unnamed data still have the message made of it.
        None => details_from_message(event),
    }
    classify(event, 400, 403);
    move_fields(event);
    if let Some(user) = event.owned("UserId") {
        user_of(event, &user, "user");
    }
    if event.code == 800
        && let Some(text) = event.owned("param3")
    {
        invocation_details(event, &text);
    }
    for key in ["param1", "param2", "param3", "UserId"] {
        event.data.remove(key);
    }
    finish(event);
}

/// The operational log: events 4103 to 4106.
pub(super) fn map_operational(event: &mut WindowsEvent) {
    if let Some(context) = event.owned("ContextInfo") {
        for (key, value) in context.lines().filter_map(|line| line.split_once(['=', ':'])) {
            let key: String = key.chars().filter(|c| !c.is_whitespace()).collect();
            event.data.insert(key, value.trim().into());
        }
    }
    classify(event, 4105, 4106);
    move_fields(event);
    event.doc.copy("winlog.process.pid", "process.pid");
    users(event);
    if let Some(text) = event.owned("Payload").filter(|_| event.code == 4103) {
        invocation_details(event, &text);
    }
    script_block::describe(&mut event.doc);
    for key in ["User", "ConnectedUser", "ContextInfo", "Severity", "Payload"] {
        event.data.remove(key);
    }
    finish(event);
}

fn classify(event: &mut WindowsEvent, start: u32, end: u32) {
    let kind = match event.code {
        code if code == start => "start",
        code if code == end => "end",
        _ => "info",
    };
    event.doc.set("event.category", vec!["process"]);
    event.doc.set("event.type", vec![kind]);
}

fn move_fields(event: &mut WindowsEvent) {
    for &(key, field) in FIELDS {
        event.rename(key, field);
    }
    for &(key, field) in NUMBERS {
        event.rename_number(key, field);
    }
    event.complete_process(&PROCESS);
    event.complete_file();
}

fn finish(event: &mut WindowsEvent) {
    event.drop_empty();
    event.set_time_from_log();
    event.doc.remove("winlog.time_created");
    if let Some(level) = event.doc.remove("winlog.level") {
        event.doc.set_default("log.level", level);
    }
}

/// Details as lines of `Key=value` after a tab; what follows a line up to the next is of its value.
fn take_details(event: &mut WindowsEvent, text: &str) {
    let mut current: Option<(&str, String)> = None;
    let mut keep = |found: Option<(&str, String)>| {
        if let Some((key, value)) = found {
            event.data.insert(key.to_owned(), value.trim().into());
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
fn details_from_message(event: &mut WindowsEvent) {
    let Some(message) = event.doc.text("message").map(|message| message.replace('\r', "")) else { return };
    let after = |heading: &str| message.split_once(heading).map(|(_, rest)| rest.to_owned());
    if event.code != 800 {
        if let Some(details) = after("Details: ").or_else(|| after("Details:")) {
            take_details(event, &details);
        }
        return;
    }
    let Some(context) = after("Context Information:") else { return };
    let (context, details) = context.split_once("Details:").unwrap_or((&context, ""));
    take_details(event, context);
    if !details.trim().is_empty() {
        event.data.insert("param3".to_owned(), details.trim().into());
    }
}

/// The command of a pipeline and its parameters, a line each: `CommandInvocation(Out-Null): "Out-Null"`,
/// `ParameterBinding(Out-Null): name="InputObject"; value="x"`.
fn invocation_details(event: &mut WindowsEvent, text: &str) {
    let details: Vec<Value> = text.split('\n').map(invocation_detail).collect();
    if !details.is_empty() {
        event.doc.set("powershell.command.invocation_details", details);
    }
}

fn invocation_detail(line: &str) -> Value {
    let line = line.trim_end_matches('\r');
    let parsed = line.split_once('(').and_then(|(kind, rest)| {
        let (command, value) = rest.split_once("):")?;
        (!kind.is_empty() && !kind.contains(':') && !command.is_empty() && !command.contains(')'))
            .then(|| (kind, command, value.trim_start()))
    });
    let Some((kind, command, value)) = parsed else {
        return json!({"value": line});
    };
    let mut detail = Document::new();
    detail.insert("type".to_owned(), kind.into());
    detail.insert("related_command".to_owned(), command.into());
    let binding = value.strip_prefix("name=").and_then(|rest| {
        let at = rest.rfind("; value=")?;
        Some((rest.get(..at)?, rest.get(at + "; value=".len()..)?))
    });
    match binding.filter(|_| kind == "ParameterBinding") {
        Some((name, value)) => {
            detail.insert("name".to_owned(), name.into());
            detail.insert("value".to_owned(), value.into());
        }
        None if value.is_empty() => {}
        None => {
            detail.insert("value".to_owned(), value.into());
        }
    }
    Value::Object(detail)
}

/// `DOMAIN\name` as a user.
fn user_of(event: &mut WindowsEvent, text: &str, user: &str) {
    if let Some((domain, name)) = text.split_once('\\').filter(|(_, name)| !name.contains('\\')) {
        event.doc.set(&format!("{user}.domain"), domain);
        event.doc.set(&format!("{user}.name"), name);
        event.relate_user(name);
    }
}

/// The user that the event is of; where another is connected, that one is the source and the user.
fn users(event: &mut WindowsEvent) {
    for (from, to) in [("identifier", "id"), ("domain", "domain"), ("name", "name")] {
        event.doc.copy(&format!("winlog.user.{from}"), &format!("user.{to}"));
    }
    if let Some(name) = event.doc.text("user.name").map(str::to_owned) {
        event.relate_user(&name);
    }
    if let Some(domain) = event.doc.text("user.domain").map(str::to_owned) {
        event.doc.append("related.hosts", domain);
    }
    let Some(connected) = event.owned("ConnectedUser") else { return };
    for part in ["domain", "name"] {
        if let Some(value) = event.doc.remove(&format!("user.{part}")) {
            event.doc.set(&format!("destination.user.{part}"), value);
        }
    }
    user_of(event, &connected, "source.user");
    event.doc.copy("source.user.domain", "user.domain");
    event.doc.copy("source.user.name", "user.name");
}
