//! `rulehound-bench`: how fast a hunt is, beside the bare parse of the same bytes.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rulehound_bench::harness::{self, Plan};
use rulehound_events::read::Input;

/// Measures a hunt beside the bare parse of the same bytes: in one process, by turns, over several rounds.
#[derive(Debug, Parser)]
#[command(name = "rulehound-bench", version, arg_required_else_help = true)]
struct Arguments {
    /// A rule, or a folder of rules; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    rules: Vec<PathBuf>,
    /// How often each run is made; an uncounted one comes before
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: NonZeroUsize,
    /// Numbers of threads
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2")]
    threads: Vec<NonZeroUsize>,
    /// Numbers of rules to hunt with beside all of them; `0` for none
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "10,100,1000")]
    rule_counts: Vec<usize>,
    /// How to write the figures
    #[arg(long, value_enum, default_value_t)]
    output: OutputForm,
    /// Files and folders of events; `-` for standard input
    #[arg(required = true)]
    events: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum OutputForm {
    /// Tables in Markdown
    #[default]
    Table,
    /// One JSON document
    Json,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan {
        rules: arguments.rules,
        events: arguments.events.into_iter().map(Input::from_argument).collect(),
        rounds: arguments.rounds,
        threads: arguments.threads,
        rule_counts: arguments.rule_counts.into_iter().filter(|count| *count > 0).collect(),
    };
    let mut tell = |what: &str| {
        let _ = writeln!(std::io::stderr(), "{what}");
    };
    let report = harness::run(&plan, &mut tell)?;
    let mut out = std::io::stdout().lock();
    match arguments.output {
        OutputForm::Table => out.write_all(report.to_markdown().as_bytes())?,
        OutputForm::Json => {
            serde_json::to_writer_pretty(&mut out, &report)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
