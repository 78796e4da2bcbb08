//! Versions as bytes that sort as Elasticsearch's do, and from which the version can be had back.
//!
//! After `VersionEncoder`: each number is led by a mark and its length, a mark tells whether there is a
//! pre-release. What is no version comes after all that are: it is led by a mark that is greater.

use std::borrow::Cow;

const NUMBER: u8 = 1;
const PRE_RELEASE: u8 = 2;
const RELEASE: u8 = 3;
const NO_VERSION: u8 = 0xff;

/// The bytes of a version.
pub(crate) fn encode(version: &str) -> Vec<u8> {
    rulehound_schema::version_key(version).unwrap_or_else(|| {
        let mut bytes = Vec::with_capacity(version.len() + 1);
        bytes.push(NO_VERSION);
        bytes.extend(version.bytes());
        bytes
    })
}

/// The version of these bytes.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let [NO_VERSION, version @ ..] = bytes {
        return String::from_utf8_lossy(version);
    }
    let mut version = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match *byte {
            // Its length.
            NUMBER => _ = rest.next(),
            RELEASE => {}
            PRE_RELEASE => version.push(b'-'),
            byte => version.push(byte),
        }
    }
    String::from_utf8_lossy(&version).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_back_and_sort() {
        // In the order of the documentation of the `version` field type.
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1-x",
            "1.0.0",
            "1.0.0+build-7.a",
            "1.2",
            "1.10.0",
            "20",
            "123456789.1",
            "",
            "\u{1}v",
            "1..2",
            "no version",
            "ü",
        ];
        for (i, version) in ordered.iter().enumerate() {
            assert_eq!(decode(&encode(version)), *version);
            for other in &ordered[i + 1..] {
                assert!(encode(version) < encode(other), "{version} < {other}");
            }
        }
    }
}
