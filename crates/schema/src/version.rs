//! The order of software versions, as fields of type `version` have it.

use std::cmp::Ordering;

/// Compares two values of a `version` field: by Semantic Versioning with any number of parts
/// (`1.2 < 1.10 < 1.10.0`), a pre-release before its release, a build suffix after. What is no version comes
/// after all that are, by its bytes.
///
/// A range of versions in a query uses this order; equality is that of the strings.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    match (version_key(a), version_key(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.as_bytes().cmp(b.as_bytes()),
    }
}

const NUMBER: u8 = 1;
const PRE_RELEASE: u8 = 2;
const RELEASE: u8 = 3;

/// Bytes that sort as the version does; `None` if it is none. They are its own characters but for `-` before a
/// pre-release, which is 2; 3 stands behind the numbers where there is no pre-release, and each number is led by 1 and the
/// number of its digits.
pub fn version_key(version: &str) -> Option<Vec<u8>> {
    let (rest, build) = split_at_separator(version, '+');
    let (numbers, pre_release) = split_at_separator(rest, '-');
    let mut key = Vec::with_capacity(version.len() * 2);
    push_parts(&mut key, numbers, |part| is_number(part).then_some(true))?;
    match pre_release {
        Some(parts) => {
            key.push(PRE_RELEASE);
            let is_word = |part: &str| is_identifier(part) && !part.bytes().all(|b| b.is_ascii_digit());
            push_parts(&mut key, parts, |part| match part {
                _ if is_number(part) => Some(true),
                _ => is_word(part).then_some(false),
            })?;
        }
        None => key.push(RELEASE),
    }
    if let Some(parts) = build {
        key.push(b'+');
        push_parts(&mut key, parts, |part| is_identifier(part).then_some(false))?;
    }
    Some(key)
}

/// Adds parts between dots to a key, those that `is_number` so that they sort by value.
fn push_parts(key: &mut Vec<u8>, parts: &str, is_number: impl Fn(&str) -> Option<bool>) -> Option<()> {
    const MOST_PARTS: usize = 32;
    for (i, part) in parts.split('.').enumerate() {
        if i == MOST_PARTS {
            return None;
        }
        if i > 0 {
            key.push(b'.');
        }
        if is_number(part)? {
            // A longer number is greater.
            key.extend([NUMBER, u8::try_from(part.len()).ok()?]);
        }
        key.extend(part.bytes());
    }
    Some(())
}

/// What is before the first separator, and what is after it. A version does not begin with one.
fn split_at_separator(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) if !before.is_empty() => (before, Some(after)),
        _ => (text, None),
    }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::{Ordering, compare_versions};

    #[test]
    fn versions_are_in_order() {
        let ordered = [
            "0",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-11",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta",
            "1.0.0",
            "1.0.0+build.1",
            "1.0.0.1",
            "1.2.4",
            "1.11.3",
            "2",
            "2.0",
            "10.0.19045.1",
            // No versions: by their bytes.
            "",
            "01.2",
            "1..2",
            "1.02",
            "bad",
            "v1",
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(compare_versions(a, b), i.cmp(&j), "{a} with {b}");
            }
        }
        assert_eq!(compare_versions("1.2.4", "1.2.4"), Ordering::Equal);
    }
}
