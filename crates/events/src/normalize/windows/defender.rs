//! Microsoft Defender: data stream `windows.windows_defender`.
//!
//! The names of its event data have blanks (`Threat Name`); an agent makes them underscores.

use super::event::{EVENT_DATA, PROCESS, WindowsEvent};
use super::paths;

pub(super) fn map(event: &mut WindowsEvent<'_, '_>) {
    let data = event.doc.object(EVENT_DATA);
    for name in event.doc.spaced_keys(data) {
        if let Some(value) = event.pull(name) {
            let name = event.doc.arena.text(name.replace(' ', "_"));
            event.put(name, value);
        }
    }
    classify(event);
    if event
        .text("Error_Description")
        .is_some_and(|text| text.starts_with("The operation completed successfully"))
    {
        event.doc.set("event.outcome", "success");
    }
    event.copy("FWLink", "event.reference");
    event.copy("Destination", "destination.domain");
    for key in ["User", "Detection_User"] {
        if let Some((domain, name)) = event.text(key).and_then(|user| user.split_once('\\')) {
            event.doc.set_default("user.domain", domain);
            event.doc.set_default("user.name", name);
        }
    }
    file(event);
    event.rename("Target_Commandline", "process.command_line");
    event.rename("Parent_Commandline", "process.parent.command_line");
    let process = if event.code == 1126 { "process.name" } else { "process.executable" };
    event.rename("Process_Name", process);
    event.complete_process(&PROCESS);
    event.set_time_from_log();
}

fn classify(event: &mut WindowsEvent<'_, '_>) {
    let quarantined = event.text("Action_Name") == Some("Quarantine");
    let (action, category, kind) = match event.code {
        5007 => (Some("antivirus-configuration-changed"), "configuration", "change"),
        2000 => (Some("antivirus-updated"), "process", "info"),
        2050 => (Some("file-uploaded"), "file", "info"),
        1117 if quarantined => (Some("malware-quarantined"), "malware", "info"),
        1116 | 1117 => (Some("malware-detected"), "malware", "info"),
        _ => (None, "process", "info"),
    };
    if let Some(action) = action {
        event.doc.set("event.action", action);
    }
    event.set_list("event.category", &[category]);
    event.set_list("event.type", &[kind]);
}

/// Paths come with what they are in before them: `file:_C:\x.exe`.
fn file(event: &mut WindowsEvent<'_, '_>) {
    let path = ["Path", "FileName", "Filename"].into_iter().find_map(|key| event.text(key));
    if let Some(path) = path {
        let path = path.rsplit_once(":_").map_or(path, |(_, path)| path);
        if let Some(name) = paths::file_name(path) {
            event.doc.set_default("file.name", name);
        }
        if let Some(extension) = paths::extension(path) {
            event.doc.set_default("file.extension", extension);
        }
        event.doc.set_default("file.path", path);
    }
    event.copy("Sha256", "file.hash.sha256");
}
