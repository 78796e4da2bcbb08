//! One line that tells a person what happened in an event.

use rulehound_engine::alert::field;
use rulehound_events::Document;
use serde_json::Value;

/// What happened, in one line: who did what to whom. `None` if the event says too little.
pub(in crate::commands) fn telling(event: &Document) -> Option<String> {
    let text = |name: &str| field(event, name).and_then(text);
    let actor = text("process.name").or_else(|| text("process.executable"));
    let by = |deed: String| match &actor {
        Some(actor) => format!("{actor} {deed}"),
        None => deed,
    };
    if let Some(name) = text("dns.question.name") {
        Some(by(format!("looked up {name}")))
    } else if let Some(path) = text("registry.path") {
        let data = text("registry.data.strings").map_or_else(String::new, |data| format!(" = {data}"));
        Some(by(format!("set {path}{data}")))
    } else if has_category(event, "network")
        && let Some(address) = text("destination.ip").or_else(|| text("destination.address"))
    {
        let port = text("destination.port").map_or_else(String::new, |port| format!(":{port}"));
        Some(by(format!("connected to {address}{port}")))
    } else if let Some(target) = text("winlog.event_data.TargetImage") {
        Some(by(format!("opened {target}")))
    } else if let Some(path) = text("dll.path") {
        Some(by(format!("loaded {path}")))
    } else if let Some(path) = text("file.path").filter(|_| has_category(event, "file")) {
        Some(by(format!("{} {path}", text("event.action").unwrap_or_else(|| "touched".to_owned()))))
    } else if let Some(command) = text("process.command_line").or_else(|| text("process.executable")) {
        let parent =
            text("process.parent.name").map_or_else(String::new, |parent| format!("{parent} started "));
        Some(format!("{parent}{command}"))
    } else if let Some(script) = text("powershell.file.script_block_text") {
        Some(format!("PowerShell ran {script}"))
    } else if let Some(user) = text("user.target.name").or_else(|| text("user.name")) {
        let from = text("source.ip").map_or_else(String::new, |address| format!(" from {address}"));
        text("event.action").map(|action| format!("{action}: {user}{from}"))
    } else {
        text("message").or_else(|| text("event.action"))
    }
}

fn has_category(event: &Document, category: &str) -> bool {
    let of_original = || field(event, "kibana.alert.original_event.category");
    match field(event, "event.category").or_else(of_original) {
        Some(Value::Array(categories)) => categories.iter().any(|value| value == category),
        Some(value) => value == category,
        None => false,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => items.first().and_then(text),
        _ => None,
    }
}

/// On one line and of no more than so many characters.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(longest) {
        Some((cut, _)) => format!("{}…", words.get(..cut).unwrap_or_default()),
        None => words,
    }
}
