//! What the security log says of objects: rights, account flags, audit policy, names of the directory, shares,
//! registry keys.

use serde_json::Value;

use super::event::{WindowsEvent, number};
use super::{paths, security_data as data};

/// The message that `%%1234` stands for.
pub(super) fn message(code: &str) -> Option<String> {
    data::message(code.trim().replace("%%", "").parse().ok()?)
}

/// The message that `%%1234` stands for, else the code itself.
fn message_or_code(code: &str) -> String {
    message(code).unwrap_or_else(|| code.replace("%%", ""))
}

/// Sets descriptions beside the codes of event data.
pub(super) fn describe(event: &mut WindowsEvent) {
    account_control(event);
    audit_policy(event);
    access(event);
    for (key, description) in [("Direction", "DirectionDescription"), ("LayerName", "LayerNameDescription")] {
        if let Some(message) = event.text(key).and_then(message) {
            event.data.insert(description.to_owned(), message.into());
        }
    }
}

fn account_control(event: &mut WindowsEvent) {
    let Some(mask) = event.number("NewUacValue") else { return };
    let flags = data::flags(data::ACCOUNT_CONTROL, mask);
    if flags.is_empty() {
        return;
    }
    event.data.insert("NewUACList".to_owned(), flags.into());
    if let Some(changes) = event.text("UserAccountControl") {
        let changes: Vec<_> = changes.lines().map(|line| line.replace("%%", "").trim().to_owned()).collect();
        let changes: Vec<_> = changes.into_iter().filter(|change| !change.is_empty()).collect();
        event.data.insert("UserAccountControl".to_owned(), changes.into());
    }
}

fn audit_policy(event: &mut WindowsEvent) {
    if let Some((name, category)) = event.text("SubcategoryGuid").and_then(data::subcategory) {
        event.data.insert("Category".to_owned(), category.into());
        event.data.insert("SubCategory".to_owned(), name.into());
    }
    if let Some(changes) = event.text("AuditPolicyChanges") {
        let changes: Vec<_> = changes.split(',').map(|change| message_or_code(change.trim())).collect();
        event.data.insert("AuditPolicyChangesDescription".to_owned(), changes.into());
    }
}

/// Rights asked for, as a list of messages or as a mask.
fn access(event: &mut WindowsEvent) {
    if let Some(list) = event.text("AccessList") {
        let codes: Vec<_> = list.split_whitespace().map(|code| code.replace("%%", "")).collect();
        let descriptions: Vec<_> = codes.iter().map(|code| message_or_code(code)).collect();
        event.data.insert("AccessList".to_owned(), codes.into());
        event.data.insert("AccessListDescription".to_owned(), descriptions.into());
    }
    if let Some(masks) = event.text("AccessMask") {
        let masks: Vec<_> = masks.split_whitespace().map(message_or_code).collect();
        let mask = masks.iter().filter_map(|mask| number(mask)).fold(0, |all, mask| all | mask);
        event.data.insert("AccessMask".to_owned(), masks.into());
        let rights = data::flags(data::ACCESS_RIGHTS, mask);
        if !rights.is_empty() {
            event.data.insert("AccessMaskDescription".to_owned(), rights.into());
        }
    }
}

/// The parts of a distinguished name, unescaped: `CN=Doe\, Jane,OU=Users` is `(CN, Doe, Jane)`, `(OU, Users)`.
pub(super) fn distinguished_name(name: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match character {
            ',' => parts.push(String::new()),
            '\\' => {
                let mut after = characters.clone();
                let digits =
                    (after.next().and_then(|c| c.to_digit(16)), after.next().and_then(|c| c.to_digit(16)));
                let unescaped = match digits {
                    (Some(high), Some(low)) => {
                        characters = after;
                        char::from_u32(high * 16 + low)
                    }
                    _ => characters.next(),
                };
                if let Some(part) = parts.last_mut() {
                    part.extend(unescaped);
                }
            }
            character => {
                if let Some(part) = parts.last_mut() {
                    part.push(character);
                }
            }
        }
    }
    let split = |part: String| match part.split_once('=') {
        Some((key, value)) => (key.trim().to_owned(), value.trim().to_owned()),
        None => (String::new(), part),
    };
    parts.into_iter().map(split).collect()
}

/// A file reached through a share.
pub(super) fn share(event: &mut WindowsEvent) {
    let text = |key| event.text(key).unwrap_or_default();
    let local = text("ShareLocalPath");
    let local = local.strip_prefix(r"\??\").or_else(|| local.strip_prefix(r"\?\")).unwrap_or(local);
    let local = local.strip_suffix('\\').unwrap_or(local).to_owned();
    let relative = text("RelativeTargetName");
    let relative = relative.strip_prefix('\\').unwrap_or(relative).to_owned();
    let share = text("ShareName").to_owned();
    if relative.is_empty() {
        if !local.is_empty() {
            event.doc.set("file.directory", local);
        }
        return;
    }
    if !share.is_empty() && event.code != 5142 {
        event.doc.set("file.target_path", format!(r"{share}\{relative}"));
    }
    let path = format!(r"{local}\{relative}");
    if let Some(name) = paths::file_name(&path) {
        event.doc.set("file.name", name);
    }
    event.doc.set("file.path", path);
    event.complete_file();
}

/// The key that is the object.
pub(super) fn registry(event: &mut WindowsEvent) {
    let Some(object) = event.text("ObjectName") else { return };
    let is_key = event.text("ObjectType") == Some("Key")
        || object.get(..10).is_some_and(|head| head.eq_ignore_ascii_case(r"\REGISTRY\"));
    if event.code == 4657 || (is_key && matches!(event.code, 4656 | 4658 | 4660..=4663)) {
        let path = Value::from(object);
        event.doc.set("registry.path", path);
    }
}
