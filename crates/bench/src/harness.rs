//! The harness: the bare parse and the hunt by turns over the same lines, round by round.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rulehound_engine::correlate::Limits;
use rulehound_engine::hunt::{HuntError, HuntOptions, TimeRange, hunt};
use rulehound_engine::tables::NoTables;
use rulehound_events::read::{Input, ScanOptions};
use rulehound_query::Query;
use rulehound_rules::{Rule, RuleSet};

use crate::event_logs;
use crate::parse::{self, Parsed};
use crate::records::Records;
use crate::report::{EventLogs, Events, HuntRuns, Loading, Machine, ParseRuns, Report, Stages};
use crate::statistics::Spread;
use crate::usage::{Usage, measure};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Files and folders of rules.
    pub rules: Vec<PathBuf>,
    /// Events of any kind that the readers take.
    pub events: Vec<Input>,
    /// How often everything is run; what is told is the median.
    pub rounds: NonZeroUsize,
    /// Numbers of threads.
    pub threads: Vec<NonZeroUsize>,
    /// Numbers of rules to hunt with on one thread, beside all of them.
    pub rule_counts: Vec<usize>,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// No rule that can be run.
    #[error("no rule below the paths given can be run")]
    NoRules,
    /// No event.
    #[error("no event in the inputs given could be read")]
    NoEvents,
    /// The parse found other records than the reader did.
    #[error("the bare parse took {parsed} of {events} records: the two would not do the same work")]
    OtherRecords {
        /// Records that the bare parse took.
        parsed: u64,
        /// Events that were read.
        events: u64,
    },
    /// Files could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A hunt failed.
    #[error(transparent)]
    Hunt(#[from] HuntError),
}

/// Rules that run, with their queries.
type Rules<'r> = Vec<(&'r Rule, &'r Query)>;

/// One hunt.
struct HuntRun {
    usage: Usage,
    stages: Stages,
    compile: Duration,
    events_hit: u64,
    alerts: u64,
}

/// A hunt to be done in each round.
struct HuntCase<'r> {
    rules: Rules<'r>,
    threads: NonZeroUsize,
    runs: Vec<HuntRun>,
}

/// A parse to be done in each round.
struct ParseCase {
    threads: NonZeroUsize,
    runs: Vec<Usage>,
}

/// Measures, and says on the way what it does.
///
/// # Errors
///
/// [`BenchError`] if there is nothing to measure or a run fails.
pub fn run(plan: &Plan, tell: &mut dyn FnMut(&str)) -> Result<Report, BenchError> {
    let (set, loading) = load(plan);
    let rules: Rules<'_> = set.compiled().collect();
    if rules.is_empty() {
        return Err(BenchError::NoRules);
    }
    tell("writing the records to a file of lines");
    let records = Records::of(&plan.events)?;
    if records.report.events == 0 {
        return Err(BenchError::NoEvents);
    }
    let lines = [Input::Path(records.file.path().to_owned())];

    let mut parses: Vec<ParseCase> =
        plan.threads.iter().map(|&threads| ParseCase { threads, runs: Vec::new() }).collect();
    let mut hunts: Vec<HuntCase<'_>> = plan
        .threads
        .iter()
        .map(|&threads| HuntCase { rules: rules.clone(), threads, runs: Vec::new() })
        .collect();
    let counts = plan.rule_counts.iter().filter(|count| **count < rules.len());
    hunts.extend(counts.map(|&count| HuntCase {
        rules: spread_evenly(&rules, count),
        threads: NonZeroUsize::MIN,
        runs: Vec::new(),
    }));
    let logs = event_logs::find(&plan.events);
    let log_inputs: Vec<Input> = logs.iter().cloned().map(Input::Path).collect();
    let mut renderings = Vec::new();
    let mut log_hunt = HuntCase { rules: rules.clone(), threads: NonZeroUsize::MIN, runs: Vec::new() };

    // The first round warms caches and the allocator, and is not counted.
    for round in 0..=plan.rounds.get() {
        let is_warm_up = round == 0;
        tell(&if is_warm_up { "warming up".to_owned() } else { format!("round {round} of {}", plan.rounds) });
        for case in 0..parses.len().max(hunts.len()) {
            if let Some(case) = parses.get_mut(case) {
                let (parsed, usage) = measure(|| parse::parse(records.file.path(), case.threads.get()));
                check(parsed?, records.report.events)?;
                case.runs.extend((!is_warm_up).then_some(usage));
            }
            if let Some(case) = hunts.get_mut(case) {
                let run = hunt_once(&case.rules, &lines, case.threads)?;
                case.runs.extend((!is_warm_up).then_some(run));
            }
        }
        if !logs.is_empty() {
            let (rendered, usage) = measure(|| event_logs::render(&logs));
            let run = hunt_once(&log_hunt.rules, &log_inputs, log_hunt.threads)?;
            if !is_warm_up {
                renderings.push((rendered?, usage));
                log_hunt.runs.push(run);
            }
        }
    }

    let events = Events::new(&records.report, records.bytes);
    let parse_runs = parses.iter().map(|case| ParseRuns::new(case.threads, &case.runs, &events)).collect();
    Ok(Report {
        machine: Machine::this(),
        rounds: plan.rounds,
        loading: Loading { matcher_seconds: compile_seconds(&hunts), ..loading },
        parse: parse_runs,
        hunt: hunts.iter().filter_map(|case| hunt_runs(case, &parses, &events)).collect(),
        event_logs: event_log_runs(&logs, &renderings, &log_hunt),
        events,
    })
}

/// Loads the rules as often as there are rounds.
fn load(plan: &Plan) -> (RuleSet, Loading) {
    let mut seconds = Vec::new();
    let mut set = RuleSet::default();
    for _ in 0..plan.rounds.get() {
        let (loaded, usage) = measure(|| RuleSet::load(&plan.rules));
        seconds.push(usage.seconds);
        set = loaded;
    }
    let compiled = set.compiled().count();
    let loading = Loading {
        files: set.rules.len() + set.unread.len(),
        rules: set.rules.len(),
        compiled,
        load_seconds: Spread::of(seconds).unwrap_or_default(),
        matcher_seconds: Spread::default(),
    };
    (set, loading)
}

/// So many of all rules, evenly spread over them.
fn spread_evenly<'r>(rules: &Rules<'r>, count: usize) -> Rules<'r> {
    (0..count).filter_map(|pick| rules.get(pick * rules.len() / count).copied()).collect()
}

/// The two sides must do the same work. A record that the parser refuses and the reader mends is one of both.
fn check(parsed: Parsed, events: u64) -> Result<(), BenchError> {
    let parsed = parsed.records;
    if parsed == events { Ok(()) } else { Err(BenchError::OtherRecords { parsed, events }) }
}

/// A whole hunt: filters compiled, events read and matched, alerts made and dropped.
fn hunt_once(rules: &Rules<'_>, inputs: &[Input], threads: NonZeroUsize) -> Result<HuntRun, BenchError> {
    let scan = ScanOptions { threads: threads.get(), ..ScanOptions::default() };
    let (range, created) = (TimeRange::default(), Timestamp::UNIX_EPOCH);
    let options = HuntOptions {
        range,
        scan,
        created,
        limits: Limits::default(),
        tables: Arc::new(NoTables),
        profile: false,
    };
    let (result, usage) = measure(|| {
        let mut found = hunt(rules, inputs, &options)?;
        let mut alerts = 0;
        let ((), making) = {
            let started = std::time::Instant::now();
            found.alerts::<HuntError>(|_, alert| {
                std::hint::black_box(&alert);
                alerts += 1;
                Ok(())
            })?;
            ((), started.elapsed())
        };
        Ok::<_, HuntError>((found.scan.times, found.times, found.events_hit, alerts, making))
    });
    let (scan, times, events_hit, alerts, making) = result?;
    let stages = Stages::new(&scan, &times, making, usage.seconds * threads.get() as f64);
    Ok(HuntRun { usage, stages, compile: times.compile, events_hit, alerts })
}

/// Time to compile the filters of all rules, over all hunts that had all of them.
fn compile_seconds(hunts: &[HuntCase<'_>]) -> Spread {
    let most = hunts.iter().map(|case| case.rules.len()).max().unwrap_or_default();
    let runs = hunts.iter().filter(|case| case.rules.len() == most).flat_map(|case| &case.runs);
    Spread::of(runs.map(|run| run.compile.as_secs_f64())).unwrap_or_default()
}

fn hunt_runs(case: &HuntCase<'_>, parses: &[ParseCase], events: &Events) -> Option<HuntRuns> {
    let usages: Vec<Usage> = case.runs.iter().map(|run| run.usage).collect();
    let parse = parses.iter().find(|parse| parse.threads == case.threads);
    let pairs = || parse.into_iter().flat_map(|parse| parse.runs.iter().zip(&usages));
    let cpu = |usage: &Usage| usage.cpu_seconds.filter(|seconds| *seconds > 0.0);
    Some(HuntRuns {
        rules: case.rules.len(),
        threads: case.threads,
        seconds: Spread::of(usages.iter().map(|usage| usage.seconds))?,
        cpu_seconds: Spread::of(usages.iter().filter_map(cpu)),
        share_of_parse: Spread::of(pairs().map(|(parse, hunt)| parse.seconds / hunt.seconds)),
        share_of_parse_cpu: Spread::of(pairs().filter_map(|(parse, hunt)| Some(cpu(parse)? / cpu(hunt)?))),
        nanoseconds_per_event: Spread::of(case.runs.iter().map(|run| {
            let seconds = run.usage.seconds - run.compile.as_secs_f64();
            seconds * 1e9 / events.events as f64
        }))?,
        peak_bytes: usages.iter().filter_map(|usage| usage.peak_bytes).max(),
        stages: Stages::sum(case.runs.iter().map(|run| run.stages)),
        events_hit: case.runs.first()?.events_hit,
        alerts: case.runs.first()?.alerts,
    })
}

fn event_log_runs(
    logs: &[PathBuf],
    renderings: &[((u64, u64), Usage)],
    hunt: &HuntCase<'_>,
) -> Option<EventLogs> {
    let (records, json_bytes) = renderings.first()?.0;
    let seconds = |usage: &Usage| usage.seconds;
    let pairs = renderings.iter().map(|(_, usage)| usage).zip(hunt.runs.iter().map(|run| &run.usage));
    Some(EventLogs {
        files: logs.len(),
        records,
        json_bytes,
        render_seconds: Spread::of(renderings.iter().map(|(_, usage)| seconds(usage)))?,
        hunt_seconds: Spread::of(hunt.runs.iter().map(|run| seconds(&run.usage)))?,
        times_of_render: Spread::of(pairs.map(|(render, hunt)| hunt.seconds / render.seconds))?,
        stages: Stages::sum(hunt.runs.iter().map(|run| run.stages)),
    })
}
