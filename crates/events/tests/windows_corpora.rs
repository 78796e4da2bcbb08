//! Event logs of attacks, as EVTX and as flat JSON, through the normaliser: nothing panics, nothing is lost,
//! and what the integrations classify is classified.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use rulehound_events::Document;
use rulehound_events::normalize::{Shape, normalize, shape};
use serde_json::Value;

use common::corpora;

/// Events by channel, and how many of them have a category.
#[derive(Default)]
struct Channels(BTreeMap<String, (usize, usize)>);

impl Channels {
    fn check(&mut self, record: Document, expected: Shape) {
        let record = serde_json::to_vec(&record).unwrap();
        assert_eq!(shape(&record), Ok(expected), "{}", String::from_utf8_lossy(&record));
        let document = normalize(&record).unwrap();
        let text = |path: &str| {
            let mut value = &Value::Null;
            for (i, key) in path.split('.').enumerate() {
                value = if i == 0 { document.get(key)? } else { value.get(key)? };
            }
            value.as_str()
        };
        for field in ["@timestamp", "event.code", "event.kind", "host.name", "host.id", "winlog.channel"] {
            assert!(text(field).is_some(), "{field}: {document:?}");
        }
        assert_eq!(text("host.os.type"), Some("windows"));
        assert_eq!(text("data_stream.type"), Some("logs"));
        assert_eq!(normalize(&serde_json::to_vec(&document).unwrap()).as_ref(), Ok(&document));
        let channel = text("winlog.channel").unwrap().to_ascii_lowercase();
        let figure = self.0.entry(channel).or_default();
        figure.0 += 1;
        figure.1 += usize::from(document["event"].get("category").is_some());
    }

    fn report(&self, what: &str) {
        eprintln!("{what}: events, with a category, channel:");
        for (channel, (events, with_category)) in &self.0 {
            eprintln!("  {events:7} {with_category:7}  {channel}");
        }
    }
}

#[test]
fn evtx_files() {
    let Some(corpora) = corpora() else { return };
    let mut channels = Channels::default();
    for entry in walkdir::WalkDir::new(corpora.join("evtx")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|extension| extension != "evtx") {
            continue;
        }
        let mut parser = evtx::EvtxParser::from_path(&path).unwrap();
        for record in parser.records_json_value().flatten() {
            let Value::Object(record) = record.data else { panic!("{}", path.display()) };
            if record["Event"]["System"].get("Channel").is_some_and(Value::is_string) {
                channels.check(record, Shape::Evtx);
            }
        }
    }
    channels.report("evtx");
    let (events, with_category) = channels.0["microsoft-windows-sysmon/operational"];
    assert!(events > 700 && events == with_category, "{with_category} of {events}");
}

#[test]
fn flat_json() {
    let Some(corpora) = corpora() else { return };
    let mut channels = Channels::default();
    for entry in fs::read_dir(corpora.join("mordor")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "zip") {
            continue;
        }
        let mut archive = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
        for i in 0..archive.len() {
            let member = archive.by_index(i).unwrap();
            if !member.is_file() || member.name().unwrap().starts_with("__MACOSX") {
                continue;
            }
            // One line in seven: the whole takes minutes without optimisation.
            for line in BufReader::new(member).split(b'\n').step_by(7) {
                if let Ok(Value::Object(record)) = serde_json::from_slice(&line.unwrap()) {
                    channels.check(record, Shape::Flat);
                }
            }
        }
    }
    channels.report("flat");
    let (events, with_category) = channels.0["microsoft-windows-sysmon/operational"];
    // An event of the clipboard (24) has none.
    assert!(events > 30_000 && with_category * 1000 > events * 999, "{with_category} of {events}");
}
