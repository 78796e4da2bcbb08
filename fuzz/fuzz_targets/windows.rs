//! The normaliser of Windows records takes anything, also what it has made itself, and makes of the same record
//! the same document.
//!
//! The input is a record in JSON, or, because random JSON seldom is a Windows event, event data as lines
//! `Key=value` behind four bytes that say which event it is, and in which shape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulehound_events::Document;
use rulehound_events::normalize::normalize;
use serde_json::{Value, json};

const CHANNELS: &[&str] = &[
    "Microsoft-Windows-Sysmon/Operational",
    "Security",
    "Windows PowerShell",
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-Windows Defender/Operational",
    "System",
];

fuzz_target!(|input: &[u8]| {
    let made = event(input).and_then(|record| serde_json::to_vec(&record).ok());
    for record in [Some(input), made.as_deref()].into_iter().flatten() {
        let Ok(document) = normalize(record) else { continue };
        assert_eq!(normalize(record).as_ref(), Ok(&document));
        let json = serde_json::to_vec(&document).unwrap_or_default();
        assert!(normalize(&json).is_ok() || !json.starts_with(b"{"));
    }
});

fn event(input: &[u8]) -> Option<Document> {
    let ([shape, channel, high, low], rest) = input.split_first_chunk::<4>()?;
    let channel = CHANNELS[usize::from(*channel) % CHANNELS.len()];
    let event_id = u16::from_be_bytes([*high, *low]);
    let text = String::from_utf8_lossy(rest);
    let pairs = text.split('\u{1}').filter_map(|line| line.split_once('='));
    let mut data: Document = pairs.map(|(key, value)| (key.to_owned(), value.into())).collect();
    let record = match shape % 3 {
        0 => json!({"Event": {"System": {"Channel": channel, "EventID": event_id}, "EventData": data}}),
        1 => json!({"winlog": {"channel": channel, "event_id": event_id, "event_data": data}}),
        _ => {
            data.insert("Channel".to_owned(), channel.into());
            data.insert("EventID".to_owned(), event_id.into());
            Value::Object(data)
        }
    };
    match record {
        Value::Object(record) => Some(record),
        _ => None,
    }
}
