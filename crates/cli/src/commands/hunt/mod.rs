//! `rulehound hunt`: rules over events, to alerts.

mod profile;
mod summary;
mod table;
pub(super) mod telling;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rulehound_engine::alert::Alert;
use rulehound_engine::correlate::Limits;
use rulehound_engine::hunt::{HuntOptions, TimeRange, hunt};
use rulehound_engine::tables::TableEngine;
use rulehound_events::read::ScanOptions;
use rulehound_query::Query;
use rulehound_rules::{Bound, Problem, Rule, RuleSet};
use rulehound_tables::{RuleTables, RunOptions};

use super::{Exit, Failure};
use crate::args::{HuntArgs, HuntOutput};
use crate::moment;
use crate::output::Output;
use crate::reading::{self, Threads};

use summary::{Counts, Summary};
use table::Groups;

pub(crate) fn run(args: &HuntArgs, output: &Output) -> Result<Exit, Failure> {
    let started = Instant::now();
    let created = Timestamp::now();
    let range = TimeRange {
        from: args.from.as_deref().map(|text| moment::parse(text, created, Bound::From)).transpose()?,
        to: args.to.as_deref().map(|text| moment::parse(text, created, Bound::To)).transpose()?,
    };
    let set = load(args, output)?;
    let rules: Vec<(&Rule, &Query)> = set.compiled().collect();
    let tables = RunOptions { inference: args.inference.read(), ..RunOptions::new(0) };
    let tables: Arc<dyn TableEngine> = Arc::new(RuleTables::new(tables));

    let (mut found, read) = reading::scan_with(&args.inputs, Threads::Many, output, |inputs, scan| {
        let (scan, profile) = (args.scan_options(scan), args.profile_rules);
        let limits = Limits { per_key: args.state_limit, ..Limits::default() };
        let options = HuntOptions { range, created, scan, limits, tables: tables.clone(), profile };
        let found = hunt(&rules, inputs, &options)?;
        let read = found.scan.clone();
        Ok((found, read))
    })?;

    let mut counts = Counts::default();
    let mut groups = Groups::default();
    let mut out: Box<dyn Write> = match args.output {
        HuntOutput::Table => Box::new(output.stdout()),
        HuntOutput::Ndjson | HuntOutput::Json => Box::new(output.json()),
    };
    let mut separator = "[\n";
    found.alerts::<Failure>(|rule, alert| {
        counts.add(&alert);
        match args.output {
            HuntOutput::Table => groups.add(rule, &alert),
            HuntOutput::Ndjson => write_alert(&mut out, &alert, "", "\n")?,
            HuntOutput::Json => write_alert(&mut out, &alert, std::mem::replace(&mut separator, ",\n"), "")?,
        }
        Ok(())
    })?;
    let only_rules: Vec<&Rule> = rules.iter().map(|(rule, _)| *rule).collect();
    match args.output {
        HuntOutput::Table if groups.is_empty() => {}
        HuntOutput::Table => writeln!(out, "{}", groups.table(&only_rules, output).trim_end())?,
        HuntOutput::Json if separator == "[\n" => writeln!(out, "[]")?,
        HuntOutput::Json => writeln!(out, "\n]")?,
        HuntOutput::Ndjson => {}
    }
    out.flush()?;

    let summary =
        Summary { set: &set, rules: &only_rules, hunt: &found, counts: &counts, took: started.elapsed() };
    summary.write(&mut output.stderr())?;
    if let Some(profile) = &found.profile {
        profile::write(profile, &only_rules, output)?;
    }
    let clean =
        read.problems.is_empty() && found.failed().is_empty() && !set.problems.iter().any(Problem::is_error);
    Ok(if clean { Exit::Ran } else { Exit::FoundProblem })
}

impl HuntArgs {
    fn scan_options(&self, scan: ScanOptions) -> ScanOptions {
        ScanOptions { batch_rows: self.batch_rows.map_or(scan.batch_rows, usize::from), ..scan }
    }
}

/// Loads the rules and says what is wrong with them.
fn load(args: &HuntArgs, output: &Output) -> Result<RuleSet, Failure> {
    let set = RuleSet::load(&args.rules);
    set.problems.iter().filter(|problem| problem.is_error()).for_each(|problem| output.problem(problem));
    if set.rules.is_empty() { Err(Failure::NoRules(args.rules.clone())) } else { Ok(set) }
}

fn write_alert(out: &mut dyn Write, alert: &Alert, before: &str, after: &str) -> Result<(), Failure> {
    out.write_all(before.as_bytes())?;
    serde_json::to_writer(&mut *out, alert).map_err(std::io::Error::from)?;
    out.write_all(after.as_bytes())?;
    Ok(())
}
