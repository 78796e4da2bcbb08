//! What Windows says of every event, and how an agent ships it.

use super::event::{iso_time, number};
use crate::normalize::ecs::Ecs;

/// The `System` part of an event, as text.
#[derive(Debug, Default)]
pub(super) struct System<'t> {
    pub(super) provider: Option<&'t str>,
    pub(super) provider_guid: Option<&'t str>,
    pub(super) event_id: u32,
    pub(super) version: Option<&'t str>,
    /// A number.
    pub(super) level: Option<&'t str>,
    /// A number.
    pub(super) task: Option<&'t str>,
    /// The name of the task, where the source has rendered it.
    pub(super) task_name: Option<&'t str>,
    /// A number.
    pub(super) opcode: Option<&'t str>,
    /// A bit mask.
    pub(super) keywords: Option<&'t str>,
    pub(super) time: Option<&'t str>,
    pub(super) record_id: Option<&'t str>,
    pub(super) activity_id: Option<&'t str>,
    pub(super) related_activity_id: Option<&'t str>,
    pub(super) process_id: Option<&'t str>,
    pub(super) thread_id: Option<&'t str>,
    pub(super) channel: Option<&'t str>,
    pub(super) computer: Option<&'t str>,
    pub(super) user_id: Option<&'t str>,
    pub(super) user_name: Option<&'t str>,
    pub(super) user_domain: Option<&'t str>,
    pub(super) user_type: Option<&'t str>,
    pub(super) message: Option<&'t str>,
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

impl<'t> System<'t> {
    /// Sets it in the document, as an agent would ship it.
    pub(super) fn set_in(&self, doc: &mut Ecs<'t>) {
        let time = self.time.map(|time| iso_time(doc.arena, time).unwrap_or(time));
        let mask = self.keywords.map(bit_mask).unwrap_or_default();
        let task = self.task_name.or_else(|| {
            let task = self.task?.parse().ok()?;
            super::system_data::task(self.provider?, task)
        });
        let texts = [
            ("@timestamp", time),
            ("message", self.message),
            ("event.created", time),
            ("event.outcome", outcome(mask)),
            ("log.level", Some(level(self.level))),
            ("winlog.activity_id", self.activity_id),
            ("winlog.api", Some("wineventlog")),
            ("winlog.channel", self.channel),
            ("winlog.computer_name", self.computer),
            ("winlog.opcode", self.opcode.and_then(opcode)),
            ("winlog.provider_guid", self.provider_guid),
            ("winlog.provider_name", self.provider),
            ("winlog.record_id", self.record_id),
            ("winlog.related_activity_id", self.related_activity_id),
            ("winlog.task", task.or(self.task.filter(|task| *task != "0"))),
            ("winlog.user.domain", self.user_domain),
            ("winlog.user.identifier", self.user_id),
            ("winlog.user.name", self.user_name),
            ("winlog.user.type", self.user_type),
        ];
        for (field, text) in texts {
            if let Some(text) = text {
                doc.set(field, text);
            }
        }
        let numbers = [
            ("winlog.process.pid", self.process_id),
            ("winlog.process.thread.id", self.thread_id),
            ("winlog.version", self.version),
        ];
        for (field, text) in numbers {
            if doc.keeps(field)
                && let Some(number) = text.and_then(number)
            {
                doc.set(field, number);
            }
        }
        let mut keywords =
            KEYWORDS.iter().filter(|(bit, _)| mask & bit != 0).map(|&(_, name)| name).peekable();
        if keywords.peek().is_some() {
            let keywords = doc.arena.list(keywords);
            doc.set("winlog.keywords", keywords);
        }
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
