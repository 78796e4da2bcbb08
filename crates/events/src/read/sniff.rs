//! What a file holds, told by its first bytes and never by its name.

use super::scanner::Scanner;

/// How much of a file is looked at.
pub(super) const SNIFF_BYTES: usize = 64 << 10;

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing, or nothing but whitespace.
    Empty,
    Gzip,
    Zstd,
    Zip,
    EventLog,
    /// UTF-16 text, by its byte order mark.
    Utf16 {
        big_endian: bool,
    },
    /// JSON, a record a line.
    Lines,
    /// The body of a `_bulk` request.
    Bulk,
    /// JSON documents and arrays of them, over as many lines as they like.
    Documents,
    /// JSON documents, each an object around an array of records.
    WrappedDocuments,
    /// Nothing that holds events.
    Unknown,
}

/// Tells a file by its first bytes.
pub(super) fn sniff(head: &[u8]) -> Format {
    match head {
        [0x1f, 0x8b, ..] => Format::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Format::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Format::Zip,
        [b'E', b'l', b'f', b'F', b'i', b'l', b'e', 0, ..] => Format::EventLog,
        [0xff, 0xfe, ..] => Format::Utf16 { big_endian: false },
        [0xfe, 0xff, ..] => Format::Utf16 { big_endian: true },
        _ => sniff_json(head.strip_prefix(UTF8_MARK).unwrap_or(head)),
    }
}

/// The byte order mark of UTF-8.
pub(super) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

fn sniff_json(head: &[u8]) -> Format {
    let text = skip_blanks(head);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    match text.first() {
        None if head.len() < SNIFF_BYTES => Format::Empty,
        // There may be something after all.
        None => Format::Lines,
        Some(b'{') if wrapped_array(text).is_some() => Format::WrappedDocuments,
        Some(b'{') => {
            let first = lines.next().unwrap_or_default();
            match value_length(first).map(|length| first[length..].trim_ascii_start().first()) {
                Some(None) if bulk_action(first).is_some() => Format::Bulk,
                Some(Some(b'{' | b'[' | b',')) => Format::Documents,
                Some(_) => Format::Lines,
                // A broken first line must not hide the lines after it.
                None if first.len() == text.len() || lines.next().is_some_and(is_object) => Format::Lines,
                None => Format::Documents,
            }
        }
        Some(b'[') if matches!(skip_blanks(&text[1..]).first(), None | Some(b'{' | b'[' | b']')) => {
            Format::Documents
        }
        Some(_) if lines.any(is_object) => Format::Lines,
        Some(_) => Format::Unknown,
    }
}

/// Passes over whitespace and `//` comments.
pub(super) fn skip_blanks(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    match text.starts_with(b"//") {
        true => skip_blanks(memchr::memchr(b'\n', text).map_or(&[], |newline| &text[newline..])),
        false => text,
    }
}

/// Whether a line is one whole object, by its brackets.
fn is_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && value_length(line) == Some(line.len())
}

/// Length of the value at the start, by its brackets and quotes; `None` if it does not end.
fn value_length(text: &[u8]) -> Option<usize> {
    Scanner::default().advance(text)
}

/// The action of a line of a `_bulk` request.
pub(super) fn bulk_action(line: &[u8]) -> Option<&'static str> {
    const ACTIONS: [&str; 4] = ["index", "create", "update", "delete"];
    let serde_json::Value::Object(line) = serde_json::from_slice(line).ok()? else { return None };
    let (action, parameters) = line.iter().next().filter(|_| line.len() == 1)?;
    let parameters = parameters.as_object()?;
    let are_parameters = parameters.keys().all(|key| {
        key.starts_with('_')
            || matches!(
                &**key,
                "routing"
                    | "version"
                    | "version_type"
                    | "if_seq_no"
                    | "if_primary_term"
                    | "pipeline"
                    | "require_alias"
                    | "require_data_stream"
                    | "retry_on_conflict"
                    | "dynamic_templates"
                    | "list_executed_pipelines"
            )
    });
    ACTIONS.into_iter().find(|known| are_parameters && known == action)
}

/// Where, in an object around an array of records, the array begins, and how many objects are open there:
/// `{"events":[`, `{"Records":[`, and the response of an Elasticsearch search, `{"hits":{"hits":[`.
pub(super) fn wrapped_array(text: &[u8]) -> Option<(usize, usize)> {
    let mut rest = text.strip_prefix(b"{")?.trim_ascii_start();
    let mut depth = 1;
    loop {
        let key_length = value_length(rest).filter(|_| rest.starts_with(b"\""))?;
        let (key, after) = rest.split_at(key_length);
        let value = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let holds_records = match depth {
            1 => matches!(key, b"\"events\"" | b"\"Events\"" | b"\"Records\"" | b"\"records\""),
            _ => key == b"\"hits\"",
        };
        if let Some(items) = value.strip_prefix(b"[").filter(|_| holds_records) {
            let of_objects = matches!(items.trim_ascii_start().first(), Some(b'{' | b']'));
            return of_objects.then_some((text.len() - value.len(), depth));
        }
        if depth == 1 && key == b"\"hits\"" && value.starts_with(b"{") {
            depth = 2;
            rest = value[1..].trim_ascii_start();
            continue;
        }
        // An event may well hold an array of such a name; it has a time, too.
        if key == b"\"@timestamp\"" {
            return None;
        }
        rest = value[value_length(value)?..].trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    }
}
