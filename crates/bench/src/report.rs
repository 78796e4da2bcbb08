//! What was measured, as data and as tables.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use rulehound_engine::hunt::HuntTimes;
use rulehound_events::read::{ScanReport, ScanTimes};
use serde::Serialize;

use crate::statistics::Spread;
use crate::usage::Usage;

/// All that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Counted rounds.
    pub rounds: NonZeroUsize,
    /// Over what.
    pub events: Events,
    /// How long the rules took to load and compile.
    pub loading: Loading,
    /// The yardstick.
    pub parse: Vec<ParseRuns>,
    /// The hunts, those with all rules first.
    pub hunt: Vec<HuntRuns>,
    /// Event logs, where there were any.
    pub event_logs: Option<EventLogs>,
}

/// The machine of the run.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Name of the processor, where the system says.
    pub processor: Option<String>,
    /// Threads that it runs at once.
    pub cores: usize,
}

/// The events measured with.
#[derive(Clone, Debug, Serialize)]
pub struct Events {
    /// Number of events.
    pub events: u64,
    /// Size of their records as lines of JSON.
    pub bytes: u64,
    /// Records that could not be read, which are on neither side.
    pub problems: u64,
    /// Events by the shape of their records.
    pub shapes: Vec<(String, u64)>,
}

/// Loading and compiling.
#[derive(Clone, Debug, Serialize)]
pub struct Loading {
    /// Files of rules.
    pub files: usize,
    /// Rules that could be read.
    pub rules: usize,
    /// Rules that run.
    pub compiled: usize,
    /// Reading, checking and compiling each rule.
    pub load_seconds: Spread,
    /// Compiling the filters of all rules together.
    pub matcher_seconds: Spread,
}

/// The bare parse on some threads.
#[derive(Clone, Debug, Serialize)]
pub struct ParseRuns {
    /// Number of threads.
    pub threads: NonZeroUsize,
    /// Time on the clock.
    pub seconds: Spread,
    /// Time that the threads worked.
    pub cpu_seconds: Option<Spread>,
    /// By the median time.
    pub events_per_second: f64,
    /// By the median time; a megabyte is a million bytes.
    pub megabytes_per_second: f64,
}

/// The hunt with some rules on some threads.
#[derive(Clone, Debug, Serialize)]
pub struct HuntRuns {
    /// Number of rules.
    pub rules: usize,
    /// Number of threads.
    pub threads: NonZeroUsize,
    /// Time on the clock, from the compiling of the filters to the last alert.
    pub seconds: Spread,
    /// Time that the threads worked.
    pub cpu_seconds: Option<Spread>,
    /// Speed as a share of the bare parse's on as many threads, round by round.
    pub share_of_parse: Option<Spread>,
    /// The same by the time that the threads worked: steadier where others use the machine.
    pub share_of_parse_cpu: Option<Spread>,
    /// Time for each event on the clock, without the compiling of the filters.
    pub nanoseconds_per_event: Spread,
    /// Most memory of the process in any round.
    pub peak_bytes: Option<u64>,
    /// Where the time of all threads went, over all rounds.
    pub stages: Stages,
    /// Events that were hit.
    pub events_hit: u64,
    /// Alerts made.
    pub alerts: u64,
}

/// The hunt over event logs beside the `evtx` crate.
#[derive(Clone, Debug, Serialize)]
pub struct EventLogs {
    /// Number of files.
    pub files: usize,
    /// Records that the crate rendered.
    pub records: u64,
    /// Size of its JSON.
    pub json_bytes: u64,
    /// The crate reading the files and rendering their records to JSON, on one thread.
    pub render_seconds: Spread,
    /// The hunt over them, on one thread.
    pub hunt_seconds: Spread,
    /// Time of the hunt against that of the crate, round by round.
    pub times_of_render: Spread,
    /// Where the time of the hunt went.
    pub stages: Stages,
}

/// Seconds of all threads by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stages {
    /// Compiling the filters.
    pub compile: f64,
    /// Reading files and finding records.
    pub read: f64,
    /// Rendering event logs.
    pub render: f64,
    /// Parsing, normalising and filling columns.
    pub shred: f64,
    /// Matching.
    pub matching: f64,
    /// Keeping the events that were hit.
    pub keep: f64,
    /// Putting hits in order and through the correlators.
    pub correlate: f64,
    /// Making alerts.
    pub alerts: f64,
    /// The rest: threads that wait, and what lies between.
    pub other: f64,
}

impl Stages {
    /// Of a hunt whose threads had so many seconds together.
    pub(crate) fn new(scan: &ScanTimes, hunt: &HuntTimes, alerts: Duration, seconds: f64) -> Self {
        let stages = Self {
            compile: hunt.compile.as_secs_f64(),
            read: scan.read.as_secs_f64(),
            render: scan.render.as_secs_f64(),
            shred: scan.shred.as_secs_f64(),
            matching: hunt.matching.as_secs_f64(),
            keep: hunt.keeping.as_secs_f64(),
            correlate: hunt.correlating.as_secs_f64(),
            alerts: alerts.as_secs_f64(),
            other: 0.0,
        };
        Self { other: (seconds - stages.total()).max(0.0), ..stages }
    }

    pub(crate) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |a, b| Self {
            compile: a.compile + b.compile,
            read: a.read + b.read,
            render: a.render + b.render,
            shred: a.shred + b.shred,
            matching: a.matching + b.matching,
            keep: a.keep + b.keep,
            correlate: a.correlate + b.correlate,
            alerts: a.alerts + b.alerts,
            other: a.other + b.other,
        })
    }

    fn total(&self) -> f64 {
        self.named().iter().map(|(_, seconds)| seconds).sum()
    }

    fn named(&self) -> [(&'static str, f64); 9] {
        [
            ("compile", self.compile),
            ("read", self.read),
            ("render", self.render),
            ("shred", self.shred),
            ("match", self.matching),
            ("keep hits", self.keep),
            ("correlate", self.correlate),
            ("alerts", self.alerts),
            ("other", self.other),
        ]
    }
}

impl Machine {
    pub(crate) fn this() -> Self {
        let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus.lines().find(|line| line.starts_with("model name"));
        let name = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim().to_owned());
        Self { processor: name, cores: std::thread::available_parallelism().map_or(1, usize::from) }
    }
}

impl Events {
    pub(crate) fn new(report: &ScanReport, bytes: u64) -> Self {
        let shapes = report.shapes.iter().map(|(shape, events)| (format!("{shape:?}"), *events)).collect();
        Self { events: report.events, bytes, problems: report.problems.total(), shapes }
    }
}

impl ParseRuns {
    pub(crate) fn new(threads: NonZeroUsize, runs: &[Usage], events: &Events) -> Self {
        let seconds = Spread::of(runs.iter().map(|run| run.seconds)).unwrap_or_default();
        Self {
            threads,
            seconds,
            cpu_seconds: Spread::of(runs.iter().filter_map(|run| run.cpu_seconds)),
            events_per_second: events.events as f64 / seconds.median,
            megabytes_per_second: events.bytes as f64 / 1e6 / seconds.median,
        }
    }
}

impl Report {
    /// As Markdown.
    pub fn to_markdown(&self) -> String {
        let parts = [
            self.heading(),
            self.speed(),
            self.gain_by_threads(),
            self.cost_by_rules(),
            self.stages(),
            self.event_logs().unwrap_or_default(),
        ];
        parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn heading(&self) -> String {
        let Self { machine, events, loading, .. } = self;
        let shapes = events.shapes.iter().map(|(shape, n)| format!("{n} {shape}")).collect::<Vec<_>>();
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}, {} threads at once; medians of {} rounds, least and greatest in brackets\n\n\
             {} events ({}), {:.1} MB as lines of JSON, {} problems\n\
             {} rules of {} files run; loaded and compiled in {} ms, their filters together in {} ms",
            machine.processor.as_deref().unwrap_or("unknown processor"),
            machine.cores,
            self.rounds,
            events.events,
            shapes.join(", "),
            events.bytes as f64 / 1e6,
            events.problems,
            loading.compiled,
            loading.files,
            spread(loading.load_seconds.scaled(1e3), 0),
            spread(loading.matcher_seconds.scaled(1e3), 0),
        );
        text
    }

    /// The bare parse and the hunts with all rules, beside each other.
    fn speed(&self) -> String {
        let mut table = table([
            "",
            "threads",
            "seconds",
            "of CPU",
            "events/s",
            "MB/s",
            "share of parse",
            "by CPU",
            "peak MB",
        ]);
        for parse in &self.parse {
            table.add_row([
                "bare parse".to_owned(),
                parse.threads.to_string(),
                spread(parse.seconds, 2),
                parse.cpu_seconds.map_or_else(not_known, |cpu| format!("{:.2}", cpu.median)),
                format!("{:.0}", parse.events_per_second),
                format!("{:.0}", parse.megabytes_per_second),
                "1".to_owned(),
                "1".to_owned(),
                String::new(),
            ]);
        }
        for hunt in &self.hunt {
            table.add_row([
                format!("hunt, {} rules", hunt.rules),
                hunt.threads.to_string(),
                spread(hunt.seconds, 2),
                hunt.cpu_seconds.map_or_else(not_known, |cpu| format!("{:.2}", cpu.median)),
                format!("{:.0}", self.events.events as f64 / hunt.seconds.median),
                format!("{:.0}", self.events.bytes as f64 / 1e6 / hunt.seconds.median),
                hunt.share_of_parse.map_or_else(not_known, |share| spread(share, 3)),
                hunt.share_of_parse_cpu.map_or_else(not_known, |share| format!("{:.3}", share.median)),
                hunt.peak_bytes.map_or_else(not_known, |peak| format!("{:.0}", peak as f64 / 1e6)),
            ]);
        }
        align(table, 1)
    }

    fn gain_by_threads(&self) -> String {
        let mut text = String::new();
        let mut say = |what: &str, one: Option<Spread>, many: (NonZeroUsize, Spread)| {
            if let (Some(one), (threads, many)) = (one, many)
                && threads.get() > 1
            {
                let gain = one.median / many.median;
                let _ = writeln!(text, "{what} on {threads} threads: {gain:.2} times as fast as on one");
            }
        };
        let one = self.parse.iter().find(|runs| runs.threads.get() == 1).map(|runs| runs.seconds);
        self.parse.iter().for_each(|runs| say("bare parse", one, (runs.threads, runs.seconds)));
        let all = self.hunt.iter().map(|runs| runs.rules).max().unwrap_or_default();
        let full = || self.hunt.iter().filter(|runs| runs.rules == all);
        let one = full().find(|runs| runs.threads.get() == 1).map(|runs| runs.seconds);
        full().for_each(|runs| say("hunt", one, (runs.threads, runs.seconds)));
        text
    }

    /// What an event costs with how many rules, on one thread.
    fn cost_by_rules(&self) -> String {
        let mut runs: Vec<_> = self.hunt.iter().filter(|runs| runs.threads.get() == 1).collect();
        runs.sort_by_key(|runs| runs.rules);
        let hundred = runs.iter().find(|runs| runs.rules == 100);
        let mut table = table(["rules", "ns an event", "against 100 rules", "events hit", "alerts"]);
        for runs in &runs {
            let cost = runs.nanoseconds_per_event;
            let against = hundred.map(|hundred| cost.median / hundred.nanoseconds_per_event.median);
            table.add_row([
                runs.rules.to_string(),
                spread(cost, 0),
                against.map_or_else(not_known, |against| format!("{against:.2}")),
                runs.events_hit.to_string(),
                runs.alerts.to_string(),
            ]);
        }
        align(table, 0)
    }

    fn stages(&self) -> String {
        let names = Stages::default().named().map(|(name, _)| name);
        let mut table = table(["share of the threads' time", "threads"].into_iter().chain(names));
        let mut add = |what: String, threads: NonZeroUsize, stages: &Stages| {
            let shares = stages.named().map(|(_, seconds)| {
                let share = 100.0 * seconds / stages.total();
                if share == 0.0 { String::new() } else { format!("{share:.1} %") }
            });
            table.add_row([what, threads.to_string()].into_iter().chain(shares));
        };
        for runs in &self.hunt {
            add(format!("{} rules", runs.rules), runs.threads, &runs.stages);
        }
        if let Some(logs) = &self.event_logs {
            add(format!("{} event logs", logs.files), NonZeroUsize::MIN, &logs.stages);
        }
        align(table, 1)
    }

    fn event_logs(&self) -> Option<String> {
        let logs = self.event_logs.as_ref()?;
        Some(format!(
            "{} event logs, {} records, {:.1} MB as JSON, one thread: the evtx crate renders them in {} s, \
             the hunt takes {} s: {} times\n",
            logs.files,
            logs.records,
            logs.json_bytes as f64 / 1e6,
            spread(logs.render_seconds, 3),
            spread(logs.hunt_seconds, 3),
            spread(logs.times_of_render, 2),
        ))
    }
}

fn not_known() -> String {
    "n/a".to_owned()
}

fn spread(figures: Spread, digits: usize) -> String {
    let Spread { median, min, max } = figures;
    format!("{median:.digits$} ({min:.digits$}-{max:.digits$})")
}

fn table<'n>(names: impl IntoIterator<Item = &'n str>) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(names);
    table
}

/// Writes a table with all columns from `first` on to the right.
fn align(mut table: Table, first: usize) -> String {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}
