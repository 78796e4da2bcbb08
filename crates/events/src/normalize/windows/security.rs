//! The security log: data stream `system.security`.
//!
//! Event data stays where it is but for what has a field of its own in ECS: rules ask for both.

use super::event::{PARENT, PROCESS, WindowsEvent, number};
use super::{objects, security_data as data};

pub(super) fn map(event: &mut WindowsEvent<'_, '_>) {
    classify(event);
    if let Some(number) = event.number("LogonType") {
        name(event, "winlog.logon.type", data::name(data::LOGON_TYPES, number));
    }
    kerberos(event);
    service(event);
    objects::describe(event);
    failure(event);
    trust(event);
    session(event);
    users(event);
    process_and_source(event);
    let is_file = event.code == 4659 && event.text("ObjectType") == Some("File");
    match event.code {
        4688 => created_process(event),
        5136 => directory_change(event),
        5140 | 5142 | 5145 => objects::share(event),
        5152 | 5156 | 5157 | 5158 => connection(event),
        4659 if is_file => file(event, "ObjectName"),
        4664 => file(event, "FileName"),
        4698..=4702 => event.copy("TaskName", "winlog.scheduled_task.name"),
        _ => {}
    }
    objects::registry(event);
    event.complete_network();
    event.set_time_from_log();
}

fn classify(event: &mut WindowsEvent<'_, '_>) {
    if let Some(class) = data::class_of(event.code) {
        event.doc.set("event.action", class.action);
        event.set_list("event.category", class.category);
        event.set_list("event.type", class.kind);
    }
    // The result is in the keywords; these two say it by what they are.
    match event.code {
        4624 => event.doc.set_default("event.outcome", "success"),
        4625 => event.doc.set_default("event.outcome", "failure"),
        _ => {}
    }
}

/// Gives a field the name of a code, if it has one.
fn name(event: &mut WindowsEvent<'_, '_>, field: &'static str, name: Option<&'static str>) {
    if let Some(name) = name {
        event.doc.set(field, name);
    }
}

/// Gives event data the name of a code, if it has one.
fn describe(event: &mut WindowsEvent<'_, '_>, key: &'static str, name: Option<&'static str>) {
    if let Some(name) = name {
        event.insert(key, name);
    }
}

fn kerberos(event: &mut WindowsEvent<'_, '_>) {
    if let Some(options) = event.number("TicketOptions") {
        let options = data::flags(data::TICKET_OPTIONS, options);
        if !options.is_empty() {
            event.insert_list("TicketOptionsDescription", options);
        }
    }
    if let Some(encryption) = event.number("TicketEncryptionType") {
        let encryption = data::name(data::TICKET_ENCRYPTION, encryption);
        describe(event, "TicketEncryptionTypeDescription", encryption);
    }
    if matches!(event.code, 4768..=4771)
        && let Some(status) = event.number("Status")
    {
        describe(event, "StatusDescription", data::name(data::KERBEROS_STATUS, status));
    }
}

fn service(event: &mut WindowsEvent<'_, '_>) {
    event.copy("ServiceName", "service.name");
    if let Some(kind) = event.number("ServiceType") {
        name(event, "service.type", data::name(data::SERVICE_TYPES, kind));
    }
}

/// Why a logon failed.
fn failure(event: &mut WindowsEvent<'_, '_>) {
    if let Some(reason) = event.text("FailureReason") {
        let reason = objects::message(event.doc.arena, reason).unwrap_or(reason);
        event.doc.set("winlog.logon.failure.reason", reason);
    }
    if matches!(event.code, 4625 | 4776) {
        for (key, field) in
            [("Status", "winlog.logon.failure.status"), ("SubStatus", "winlog.logon.failure.sub_status")]
        {
            let status = event.number(key).and_then(|status| data::name(data::LOGON_STATUS, status));
            name(event, field, status);
        }
    }
}

fn trust(event: &mut WindowsEvent<'_, '_>) {
    for (key, field, names) in [
        ("TdoType", "winlog.trustType", data::TRUST_TYPES),
        ("TdoDirection", "winlog.trustDirection", data::TRUST_DIRECTIONS),
        ("TdoAttributes", "winlog.trustAttribute", data::TRUST_ATTRIBUTES),
    ] {
        let code = event.number(key).and_then(|code| data::name(names, code));
        name(event, field, code);
    }
}

/// A session of a terminal server, taken up again or left.
fn session(event: &mut WindowsEvent<'_, '_>) {
    if !matches!(event.code, 4778 | 4779) {
        return;
    }
    if let Some(name) = event.text("AccountName") {
        event.relate_user(name);
        event.doc.set("user.name", name);
    }
    event.copy("AccountDomain", "user.domain");
    event.copy("ClientName", "source.domain");
    event.copy("LogonID", "winlog.logon.id");
    client_address(event);
}

/// `ClientAddress` is `LOCAL` where the client is the host itself.
fn client_address(event: &mut WindowsEvent<'_, '_>) {
    if event.text("ClientAddress") == Some("LOCAL") {
        event.insert("ClientAddress", "127.0.0.1");
    }
    if let Some(address) = event.address("ClientAddress") {
        event.doc.append("related.ip", address);
        event.doc.set("source.ip", address);
    }
}

/// Who did it to whom: subject, target, group and member by the kind of event.
fn users(event: &mut WindowsEvent<'_, '_>) {
    if is_logon(event.code) {
        target_is_user(event);
    }
    if is_about_group(event.code) {
        member_and_group(event);
    }
    if matches!(event.code, 4741..=4743) {
        event.copy("TargetSid", "winlog.computerObject.id");
        event.copy("TargetUserName", "winlog.computerObject.name");
        event.copy("TargetDomainName", "winlog.computerObject.domain");
    }
    if matches!(event.code, 4634 | 4647 | 4964) {
        event.copy("TargetLogonId", "winlog.logon.id");
    }
    if has_subject(event.code) {
        event.overwrite("SubjectUserSid", "user.id");
        event.overwrite("SubjectDomainName", "user.domain");
        event.overwrite("SubjectUserName", "user.name");
        relate(event, "SubjectUserName");
    }
    if matches!(
        event.code,
        4670 | 4704 | 4705 | 4720 | 4722..=4726 | 4738 | 4740 | 4767 | 4797 | 4798 | 4817 | 4907
    ) {
        other_user(event, "TargetSid", ["user.target.id", "user.target.domain", "user.target.name"]);
    }
    if matches!(event.code, 4648 | 4688) {
        other_user(
            event,
            "TargetUserSid",
            ["user.effective.id", "user.effective.domain", "user.effective.name"],
        );
    }
    if event.code == 1102 {
        who_cleared_the_log(event);
    }
    event.overwrite("SubjectLogonId", "winlog.logon.id");
    if matches!(event.code, 4624 | 4648) {
        relate(event, "SubjectUserName");
    }
    renamed(event);
}

fn is_logon(code: u32) -> bool {
    matches!(code, 4624 | 4625 | 4634 | 4647 | 4648 | 4768..=4771 | 4776 | 4964)
}

fn is_about_group(code: u32) -> bool {
    matches!(code, 4727..=4735 | 4737 | 4744..=4764 | 4799)
}

fn has_subject(code: u32) -> bool {
    matches!(
        code,
        4648 | 4657..=4660 | 4662 | 4664 | 4670 | 4672..=4674 | 4688..=4690 | 4692 | 4697..=4702 | 4704..=4707 | 4713
            | 4716..=4720 | 4722..=4735 | 4737..=4764 | 4767 | 4781 | 4793 | 4797..=4799 | 4817 | 4904 | 4905
            | 4907 | 4912 | 5136 | 5140 | 5145 | 5379..=5382
    )
}

/// A user name as the directory has it is `name@REALM`: the name.
fn account(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

fn relate(event: &mut WindowsEvent<'_, '_>, key: &'static str) {
    if let Some(name) = event.text(key) {
        event.relate_user(name);
    }
}

/// Of a logon the target is the user.
fn target_is_user(event: &mut WindowsEvent<'_, '_>) {
    if let Some(sid) = event.text("TargetUserSid").or_else(|| event.text("TargetSid")) {
        event.doc.set_default("user.id", sid);
    }
    if let Some(name) = event.text("TargetUserName") {
        let name = account(name);
        event.doc.set_default("user.name", name);
        event.relate_user(name);
    }
    event.copy("TargetDomainName", "user.domain");
}

/// The target is a group; the member that came or went is `user.target`.
fn member_and_group(event: &mut WindowsEvent<'_, '_>) {
    for (key, field) in [
        ("TargetUserSid", "group.id"),
        ("TargetSid", "group.id"),
        ("TargetUserName", "group.name"),
        ("TargetDomainName", "group.domain"),
    ] {
        event.overwrite(key, field);
    }
    let Some(member) = event.text("MemberName") else { return };
    let parts = objects::distinguished_name(member);
    if let Some((_, name)) = parts.first() {
        let name = event.doc.arena.copy(name);
        event.relate_user(name);
        event.doc.set("user.target.name", name);
    }
    if let Some((_, domain)) = parts.get(3) {
        event.doc.set("user.target.domain", event.doc.arena.copy(domain));
    }
    event.doc.copy("group.id", "user.target.group.id");
    event.doc.copy("group.name", "user.target.group.name");
    event.doc.copy("group.domain", "user.target.group.domain");
}

/// The target as another user beside the one who acts.
fn other_user(
    event: &mut WindowsEvent<'_, '_>,
    sid: &'static str,
    [id_field, domain_field, name_field]: [&'static str; 3],
) {
    event.copy(sid, id_field);
    event.copy("TargetDomainName", domain_field);
    if let Some(name) = event.text("TargetUserName") {
        let name = account(name);
        event.doc.set_default(name_field, name);
        event.relate_user(name);
    }
}

fn who_cleared_the_log(event: &mut WindowsEvent<'_, '_>) {
    for (key, field) in [
        ("winlog.user_data.SubjectUserSid", "user.id"),
        ("winlog.user_data.SubjectUserName", "user.name"),
        ("winlog.user_data.SubjectDomainName", "user.domain"),
        ("winlog.user_data.SubjectLogonId", "winlog.logon.id"),
    ] {
        event.doc.copy(key, field);
    }
    if let Some(name) = event.doc.text("user.name") {
        event.relate_user(name);
    }
}

fn renamed(event: &mut WindowsEvent<'_, '_>) {
    for (key, field) in
        [("OldTargetUserName", "user.target.name"), ("NewTargetUserName", "user.changes.name")]
    {
        event.overwrite(key, field);
        relate(event, key);
    }
}

/// The process that acted, and where the request came from.
fn process_and_source(event: &mut WindowsEvent<'_, '_>) {
    if matches!(event.code, 4672..=4674 | 4704 | 4705 | 4741..=4743)
        && let Some(list) = event.text("PrivilegeList")
    {
        event.insert_list("PrivilegeList", list.split_whitespace());
    }
    let moves = matches!(
        event.code,
        1100 | 1102 | 1104 | 1105 | 1108 | 4624 | 4625 | 4648 | 4658..=4660 | 4670 | 4673 | 4674 | 4689 | 4697 | 4719
            | 4720 | 4722..=4735 | 4737 | 4738 | 4740..=4764 | 4767..=4771 | 4798 | 4799 | 4817 | 4904 | 4905
            | 4907 | 4912 | 5140 | 5145
    );
    if !moves {
        return;
    }
    event.rename_number("ProcessId", "process.pid");
    event.rename("ProcessName", "process.executable");
    event.complete_process(&PROCESS);
    event.rename_address("IpAddress", "source.ip");
    event.rename_number("IpPort", "source.port");
    event.rename("WorkstationName", "source.domain");
    client_address(event);
}

fn file(event: &mut WindowsEvent<'_, '_>, key: &'static str) {
    event.copy(key, "file.path");
    event.complete_file();
}

fn created_process(event: &mut WindowsEvent<'_, '_>) {
    event.rename_number("NewProcessId", "process.pid");
    event.rename("NewProcessName", "process.executable");
    event.rename("ParentProcessName", "process.parent.executable");
    if let Some(pid) = event.number("ProcessId") {
        event.doc.set("process.parent.pid", pid);
    }
    if let Some(command_line) = event.text("CommandLine") {
        // Not as Windows splits: this event's mapping leaves the quotes where they are.
        let arguments = event.doc.arena.list(split_at_blanks(command_line));
        event.doc.set("process.args_count", arguments.len());
        event.doc.set("process.args", arguments);
        event.doc.set("process.command_line", command_line);
    }
    event.complete_process(&PROCESS);
    event.complete_process(&PARENT);
}

/// The parts of a text between blanks outside of quotes, empty ones among them.
fn split_at_blanks(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut parts: Vec<_> = text
        .split(|character: char| {
            quoted ^= character == '"';
            character.is_whitespace() && !quoted
        })
        .collect();
    if text.ends_with(char::is_whitespace) {
        // The last blank stands for itself.
        parts.pop();
        parts.push(text.get(text.len() - 1..).unwrap_or_default());
    }
    parts
}

/// An object of the directory changed: who or what it is says its common name.
fn directory_change(event: &mut WindowsEvent<'_, '_>) {
    event.copy("OperationType", "event.reason");
    let Some(object) = event.text("ObjectDN") else { return };
    let parts = objects::distinguished_name(object);
    let Some((_, name)) = parts.iter().find(|(key, name)| key.eq_ignore_ascii_case("cn") && !name.is_empty())
    else {
        return;
    };
    let class = event.text("ObjectClass").unwrap_or_default().to_ascii_lowercase();
    let field = match class {
        class if class.contains("user") => "user.target.name",
        class if class.contains("group") => "group.name",
        _ => return,
    };
    let name = event.doc.arena.copy(name);
    event.doc.set(field, name);
    event.relate_user(name);
}

/// A connection that the filtering platform saw.
fn connection(event: &mut WindowsEvent<'_, '_>) {
    event.rename_address("DestAddress", "destination.ip");
    event.rename_address("SourceAddress", "source.ip");
    event.rename_number("DestPort", "destination.port");
    event.rename_number("SourcePort", "source.port");
    event.rename("Application", "process.executable");
    event.complete_process(&PROCESS);
    if let Some(protocol) = event.text("Protocol") {
        let transport = number(protocol).and_then(|number| data::name(data::PROTOCOLS, number));
        event.doc.set("network.iana_number", protocol);
        name(event, "network.transport", transport);
    }
    if let Some(direction) = event.take_text("DirectionDescription") {
        event.doc.set("network.direction", event.doc.arena.lower(direction));
    }
}
