//! How a hunt went: what was read and what was not, which rules ran, how many alerts of which severity.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount};
use rulehound_engine::alert::Alert;
use rulehound_engine::correlate::TooManyKeys;
use rulehound_engine::hunt::Hunt;
use rulehound_rules::{Rule, RuleSet, Severity, Status};

use crate::output::{counted, printable};

/// Alerts by severity, and building blocks.
#[derive(Debug, Default)]
pub(super) struct Counts {
    by_severity: BTreeMap<Severity, u64>,
    building_blocks: u64,
}

impl Counts {
    pub(super) fn add(&mut self, alert: &Alert) {
        if alert.building_block {
            self.building_blocks += 1;
        } else {
            *self.by_severity.entry(alert.severity).or_default() += 1;
        }
    }
}

/// All that the summary speaks of.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) set: &'a RuleSet,
    pub(super) rules: &'a [&'a Rule],
    pub(super) hunt: &'a Hunt<'a>,
    pub(super) counts: &'a Counts,
    pub(super) took: Duration,
}

impl Summary<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let scan = &self.hunt.scan;
        let (events, files, bytes) =
            (counted(scan.events, "event"), counted(scan.files, "file"), HumanBytes(scan.bytes));
        writeln!(out, "Read {events} from {files} ({bytes})")?;
        self.write_hits(out)?;
        self.write_rules(out)?;
        self.write_overflows(out)?;
        self.write_alerts(out)
    }

    fn write_hits(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.hunt.duplicates > 0 {
            let times = counted(self.hunt.duplicates, "hit");
            writeln!(out, "{times} of records read before: each event counts once")?;
        }
        if self.hunt.without_time() > 0 {
            let hits = counted(self.hunt.without_time(), "event");
            writeln!(out, "{hits} without a time could not be put in order for sequences")?;
        }
        if self.hunt.suppressed() > 0 {
            let alike = counted(self.hunt.suppressed(), "detection");
            writeln!(out, "{alike} folded into alerts that are alike, as their rules say")?;
        }
        if self.hunt.too_many_keys() > 0 {
            let hits = counted(self.hunt.too_many_keys(), "hit");
            writeln!(out, "{hits} of sequences left out: {TooManyKeys}")?;
        }
        for (rule, dropped) in self.hunt.dropped() {
            let Some(rule) = self.rules.get(rule) else { continue };
            let times = counted(dropped, "time");
            writeln!(
                out,
                "`{}` forgot something {times} for a limit, alerts may be wanting: see --state-limit",
                printable(&rule.name)
            )?;
        }
        for (rule, failure) in self.hunt.failed() {
            let Some(rule) = self.rules.get(rule) else { continue };
            writeln!(
                out,
                "`{}` was not run to the end, alerts are wanting: {failure}",
                printable(&rule.name)
            )?;
        }
        if self.hunt.processes_dropped() > 0 {
            let facts = counted(self.hunt.processes_dropped(), "fact");
            writeln!(
                out,
                "at least {facts} about processes forgotten: questions about ancestors may lack an answer"
            )?;
        }
        Ok(())
    }

    fn write_rules(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut not_run: BTreeMap<String, u64> = BTreeMap::new();
        for loaded in &self.set.rules {
            if let Status::NotRun(reason) = &loaded.status {
                *not_run.entry(reason.to_string()).or_default() += 1;
            }
        }
        let total: u64 = not_run.values().sum();
        let failed = self.set.counts().total.failed as u64;
        write!(out, "Ran {}", counted(self.rules.len() as u64, "rule"))?;
        if total > 0 {
            let reasons: Vec<String> =
                not_run.iter().map(|(reason, count)| format!("{} {reason}", HumanCount(*count))).collect();
            write!(out, "; {} not run: {}", HumanCount(total), reasons.join(", "))?;
        }
        if failed > 0 {
            write!(out, "; {} failed", HumanCount(failed))?;
        }
        writeln!(out)
    }

    fn write_overflows(&self, out: &mut dyn Write) -> io::Result<()> {
        for overflow in self.hunt.overflows() {
            let Some(rule) = self.rules.get(overflow.rule) else { continue };
            writeln!(
                out,
                "`{}`: {} over its maximum of {} an execution, in {} of {}; given all the same",
                printable(&rule.name),
                counted(overflow.over, "alert"),
                rule.schedule.max_signals,
                counted(overflow.intervals, "interval"),
                rule.schedule.interval.as_str(),
            )?;
        }
        Ok(())
    }

    fn write_alerts(&self, out: &mut dyn Write) -> io::Result<()> {
        let total: u64 = self.counts.by_severity.values().sum();
        let rate = self.hunt.scan.events as f64 / self.took.as_secs_f64().max(0.001);
        let (seconds, rate) = (self.took.as_secs_f64(), HumanCount(rate as u64));
        write!(out, "{} in {seconds:.2} s ({rate} events/s)", counted(total, "alert"))?;
        if total > 0 {
            let severities: Vec<String> = self
                .counts
                .by_severity
                .iter()
                .rev()
                .map(|(severity, count)| format!("{} {severity}", HumanCount(*count)))
                .collect();
            write!(out, ": {}", severities.join(", "))?;
        }
        if self.counts.building_blocks > 0 {
            write!(out, "; {}", counted(self.counts.building_blocks, "building block"))?;
        }
        writeln!(out)
    }
}
