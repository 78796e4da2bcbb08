//! Ids of alerts: hashes of what they are about, by the scheme of Kibana's detection engine, so that the same
//! detection has the same id whenever and wherever it is made.

use std::fmt::Write as _;

use rulehound_events::Document;
use sha2::{Digest, Sha256};

use super::Ancestor;

/// The Kibana space that alerts belong to.
pub(super) const SPACE: &str = "default";

/// The id of an alert about one event: event index, event id, event version, and `space:rule`
/// (Kibana's `wrapHits`).
pub(super) fn event_alert_id(index: &str, id: &str, version: &str, rule_uuid: &str) -> String {
    sha256([index, id, version, SPACE, ":", rule_uuid])
}

/// The id of an alert about values of an event, its new terms or those of one of its rows in a table: as of one about the
/// event, and the values. (Kibana's `wrapNewTermsAlerts` and `generateAlertId` hash the same with a hash of objects.)
pub(super) fn values_alert_id(
    index: &str,
    id: &str,
    version: &str,
    rule_uuid: &str,
    values: &serde_json::Value,
) -> String {
    sha256([index, id, version, SPACE, ":", rule_uuid, &values.to_string()])
}

/// The id of an alert about a row that stands for no event: a hash of the run, the rule and the row. (Kibana's
/// `generateAlertId` takes the number of the row in the result instead of the row, so that order would matter.)
pub(super) fn row_alert_id(run: i64, row: &Document, rule_uuid: &str) -> String {
    let row = serde_json::Value::Object(row.clone()).to_string();
    sha256([&*run.to_string(), SPACE, ":", rule_uuid, &row])
}

/// What alerts that are alike have in common: a hash of what they are alike in, and of the rule (as Kibana's
/// `kibana.alert.instance.id`).
pub(super) fn instance_id(terms: &[(String, serde_json::Value)], rule_uuid: &str) -> String {
    let terms =
        terms.iter().map(|(field, value)| serde_json::json!([field, value])).collect::<serde_json::Value>();
    sha256([&*terms.to_string(), rule_uuid, SPACE])
}

/// The ids of the building blocks of a sequence (Kibana's `generateBuildingBlockIds`). Each depends on all
/// events of the sequence, so that an event that is part of two sequences gives two building blocks.
pub(super) fn building_block_ids(blocks: &[Vec<Ancestor>], rule_uuid: &str) -> Vec<String> {
    let mut base = String::new();
    for ancestors in blocks {
        push_ancestors(&mut base, ancestors);
        base.push_str(rule_uuid);
    }
    (0..blocks.len()).map(|position| sha256([base.as_str(), &position.to_string()])).collect()
}

/// The id of the shell alert of a sequence, from all its ancestors (Kibana's `generateAlertId`).
pub(super) fn shell_alert_id(ancestors: &[Ancestor], rule_uuid: &str) -> String {
    let mut text = String::new();
    push_ancestors(&mut text, ancestors);
    sha256([text.as_str(), rule_uuid])
}

fn push_ancestors(text: &mut String, ancestors: &[Ancestor]) {
    for ancestor in ancestors {
        text.push_str(&ancestor.id);
        text.push_str(&ancestor.index);
    }
}

fn sha256<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
