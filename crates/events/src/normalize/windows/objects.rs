//! What the security log says of objects: rights, account flags, audit policy, names of the directory, shares,
//! registry keys.

use std::borrow::Cow;

use super::event::{WindowsEvent, number};
use super::{paths, security_data as data};
use crate::normalize::value::Arena;

/// The message that `%%1234` stands for.
pub(super) fn message<'t>(arena: &'t Arena, code: &'t str) -> Option<&'t str> {
    match data::message(without_percents(arena, code.trim()).parse().ok()?)? {
        Cow::Borrowed(message) => Some(message),
        Cow::Owned(message) => Some(arena.copy(&message)),
    }
}

/// The message that `%%1234` stands for, else the code itself.
fn message_or_code<'t>(arena: &'t Arena, code: &'t str) -> &'t str {
    message(arena, code).unwrap_or_else(|| without_percents(arena, code))
}

fn without_percents<'t>(arena: &'t Arena, code: &'t str) -> &'t str {
    // Most codes have them before them, and nowhere else.
    let bare = code.strip_prefix("%%").unwrap_or(code);
    if bare.contains("%%") { arena.copy(&code.replace("%%", "")) } else { bare }
}

/// Sets descriptions beside the codes of event data.
pub(super) fn describe(event: &mut WindowsEvent<'_, '_>) {
    account_control(event);
    audit_policy(event);
    access(event);
    for (key, description) in [("Direction", "DirectionDescription"), ("LayerName", "LayerNameDescription")] {
        let arena = event.doc.arena;
        if let Some(message) = event.text(key).and_then(|code| message(arena, code)) {
            event.insert(description, message);
        }
    }
}

fn account_control(event: &mut WindowsEvent<'_, '_>) {
    let Some(mask) = event.number("NewUacValue") else { return };
    let flags = data::flags(data::ACCOUNT_CONTROL, mask);
    if flags.is_empty() {
        return;
    }
    event.insert_list("NewUACList", flags);
    if let Some(changes) = event.text("UserAccountControl") {
        let arena = event.doc.arena;
        let changes = changes.lines().map(|line| without_percents(arena, line).trim());
        event.insert_list("UserAccountControl", changes.filter(|change| !change.is_empty()));
    }
}

fn audit_policy(event: &mut WindowsEvent<'_, '_>) {
    if let Some((name, category)) = event.text("SubcategoryGuid").and_then(data::subcategory) {
        event.insert("Category", category);
        event.insert("SubCategory", name);
    }
    if let Some(changes) = event.text("AuditPolicyChanges") {
        let arena = event.doc.arena;
        let changes = changes.split(',').map(|change| message_or_code(arena, change.trim()));
        event.insert_list("AuditPolicyChangesDescription", changes);
    }
}

/// Rights asked for, as a list of messages or as a mask.
fn access(event: &mut WindowsEvent<'_, '_>) {
    let arena = event.doc.arena;
    if let Some(list) = event.text("AccessList") {
        let codes: Vec<_> = list.split_whitespace().map(|code| without_percents(arena, code)).collect();
        event.insert_list("AccessListDescription", codes.iter().map(|code| message_or_code(arena, code)));
        event.insert_list("AccessList", codes);
    }
    if let Some(masks) = event.text("AccessMask") {
        let masks: Vec<_> = masks.split_whitespace().map(|mask| message_or_code(arena, mask)).collect();
        let mask = masks.iter().filter_map(|mask| number(mask)).fold(0, |all, mask| all | mask);
        event.insert_list("AccessMask", masks);
        let rights = data::flags(data::ACCESS_RIGHTS, mask);
        if !rights.is_empty() {
            event.insert_list("AccessMaskDescription", rights);
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
pub(super) fn share(event: &mut WindowsEvent<'_, '_>) {
    let mut text = |key| event.text(key).unwrap_or_default();
    let local = text("ShareLocalPath");
    let local = local.strip_prefix(r"\??\").or_else(|| local.strip_prefix(r"\?\")).unwrap_or(local);
    let local = local.strip_suffix('\\').unwrap_or(local);
    let relative = text("RelativeTargetName");
    let relative = relative.strip_prefix('\\').unwrap_or(relative);
    let share = text("ShareName");
    if relative.is_empty() {
        if !local.is_empty() {
            event.doc.set("file.directory", local);
        }
        return;
    }
    let arena = event.doc.arena;
    if !share.is_empty() && event.code != 5142 {
        event.doc.set("file.target_path", arena.concat([share, r"\", relative]));
    }
    let path = arena.concat([local, r"\", relative]);
    if let Some(name) = paths::file_name(path) {
        event.doc.set("file.name", name);
    }
    event.doc.set("file.path", path);
    event.complete_file();
}

/// The key that is the object.
pub(super) fn registry(event: &mut WindowsEvent<'_, '_>) {
    let Some(object) = event.text("ObjectName") else { return };
    let is_key = event.text("ObjectType") == Some("Key")
        || object.get(..10).is_some_and(|head| head.eq_ignore_ascii_case(r"\REGISTRY\"));
    if event.code == 4657 || (is_key && matches!(event.code, 4656 | 4658 | 4660..=4663)) {
        event.doc.set("registry.path", object);
    }
}
