//! What Windows says of every event, and how an agent ships it.

use serde_json::Value;

use super::event::{iso_time, number};
use crate::normalize::ecs::Ecs;

/// The `System` part of an event, as text.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) provider: Option<String>,
    pub(super) provider_guid: Option<String>,
    pub(super) event_id: u32,
    pub(super) version: Option<String>,
    /// A number.
    pub(super) level: Option<String>,
    /// A number.
    pub(super) task: Option<String>,
    /// The name of the task, where the source has rendered it.
    pub(super) task_name: Option<String>,
    /// A number.
    pub(super) opcode: Option<String>,
    /// A bit mask.
    pub(super) keywords: Option<String>,
    pub(super) time: Option<String>,
    pub(super) record_id: Option<String>,
    pub(super) activity_id: Option<String>,
    pub(super) related_activity_id: Option<String>,
    pub(super) process_id: Option<String>,
    pub(super) thread_id: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) computer: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) user_name: Option<String>,
    pub(super) user_domain: Option<String>,
    pub(super) user_type: Option<String>,
    pub(super) message: Option<String>,
}

/// Names of keywords by their bit. Those of the low bits are the provider's own.
const KEYWORDS: &[(u64, &str)] = &[
    (0x0001_0000_0000_0000, "Response Time"),
    (0x0002_0000_0000_0000, "WDI Context"),
    (0x0004_0000_0000_0000, "WDI Diag"),
    (0x0008_0000_0000_0000, "SQM"),
    (AUDIT_FAILURE, "Audit Failure"),
    (AUDIT_SUCCESS, "Audit Success"),
    (0x0040_0000_0000_0000, "Correlation Hint"),
    (0x0080_0000_0000_0000, "Classic"),
];
const AUDIT_FAILURE: u64 = 0x0010_0000_0000_0000;
const AUDIT_SUCCESS: u64 = 0x0020_0000_0000_0000;

impl System {
    /// The document that an agent would ship, without the event data.
    pub(super) fn into_ecs(self) -> Ecs {
        let mut doc = Ecs::default();
        let time = self.time.map(|time| iso_time(&time).unwrap_or(time));
        let number = |text: Option<String>| text.as_deref().and_then(number).map(Value::from);
        let text = |text: Option<String>| text.map(Value::from);
        let mask = self.keywords.as_deref().map(bit_mask).unwrap_or_default();
        let task = self.task_name.or_else(|| {
            let task = self.task.as_deref()?.parse().ok()?;
            super::system_data::task(self.provider.as_deref()?, task).map(str::to_owned)
        });
        let opcode = self.opcode.as_deref().and_then(opcode);
        let fields = [
            ("@timestamp", text(time.clone())),
            ("message", text(self.message)),
            ("event.created", text(time)),
            ("event.outcome", outcome(mask).map(Value::from)),
            ("log.level", Some(level(self.level.as_deref()).into())),
            ("winlog.activity_id", text(self.activity_id)),
            ("winlog.api", Some("wineventlog".into())),
            ("winlog.channel", text(self.channel)),
            ("winlog.computer_name", text(self.computer)),
            ("winlog.keywords", keyword_names(mask)),
            ("winlog.opcode", text(opcode.map(str::to_owned))),
            ("winlog.process.pid", number(self.process_id)),
            ("winlog.process.thread.id", number(self.thread_id)),
            ("winlog.provider_guid", text(self.provider_guid)),
            ("winlog.provider_name", text(self.provider)),
            ("winlog.record_id", text(self.record_id)),
            ("winlog.related_activity_id", text(self.related_activity_id)),
            ("winlog.task", text(task.or(self.task.filter(|task| task != "0")))),
            ("winlog.user.domain", text(self.user_domain)),
            ("winlog.user.identifier", text(self.user_id)),
            ("winlog.user.name", text(self.user_name)),
            ("winlog.user.type", text(self.user_type)),
            ("winlog.version", number(self.version)),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                doc.set(field, value);
            }
        }
        doc
    }
}

/// A bit mask: hexadecimal, or decimal and perhaps with a sign, as NXLog has it.
fn bit_mask(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap_or_default(),
        None => text.parse::<i64>().map(i64::cast_unsigned).or_else(|_| text.parse()).unwrap_or_default(),
    }
}

fn outcome(mask: u64) -> Option<&'static str> {
    match mask {
        mask if mask & AUDIT_SUCCESS != 0 => Some("success"),
        mask if mask & AUDIT_FAILURE != 0 => Some("failure"),
        _ => None,
    }
}

fn keyword_names(mask: u64) -> Option<Value> {
    let names: Vec<_> = KEYWORDS.iter().filter(|(bit, _)| mask & bit != 0).map(|&(_, name)| name).collect();
    (!names.is_empty()).then(|| names.into())
}

fn level(level: Option<&str>) -> &'static str {
    match level {
        Some("1") => "critical",
        Some("2") => "error",
        Some("3") => "warning",
        Some("5") => "verbose",
        _ => "information",
    }
}

fn opcode(opcode: &str) -> Option<&'static str> {
    Some(match opcode {
        "0" => "Info",
        "1" => "Start",
        "2" => "Stop",
        "3" => "DCStart",
        "4" => "DCStop",
        "5" => "Extension",
        "6" => "Reply",
        "7" => "Resume",
        "8" => "Suspend",
        "9" => "Send",
        _ => return None,
    })
}
