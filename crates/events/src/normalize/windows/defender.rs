//! Microsoft Defender: data stream `windows.windows_defender`.
//!
//! The names of its event data have blanks (`Threat Name`); an agent makes them underscores.

use super::event::{PROCESS, WindowsEvent};
use super::paths;

pub(super) fn map(event: &mut WindowsEvent) {
    let names: Vec<_> = event.data.keys().filter(|name| name.contains(' ')).cloned().collect();
    for name in names {
        if let Some(value) = event.data.remove(&name) {
            event.data.insert(name.replace(' ', "_"), value);
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
        let user = event.owned(key);
        if let Some((domain, name)) = user.as_deref().and_then(|user| user.split_once('\\')) {
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

fn classify(event: &mut WindowsEvent) {
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
    event.doc.set("event.category", vec![category]);
    event.doc.set("event.type", vec![kind]);
}

/// Paths come with what they are in before them: `file:_C:\x.exe`.
fn file(event: &mut WindowsEvent) {
    let path = ["Path", "FileName", "Filename"].into_iter().find_map(|key| event.owned(key));
    if let Some(path) = path {
        let path = path.rsplit_once(":_").map_or(path.as_str(), |(_, path)| path);
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
