//! The `rulehound` command: arguments in, text out, nothing clever.

mod args;
mod commands;
mod diagnostics;
mod moment;
mod output;
mod reading;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::commands::{Exit, Failure};
use crate::output::Output;

fn main() -> ExitCode {
    let Cli { color, command } = Cli::parse();
    let output = Output::new(color);
    match commands::run(command, &output) {
        Ok(Exit::Ran) => ExitCode::SUCCESS,
        Ok(Exit::FoundProblem) => ExitCode::from(1),
        // Whoever read the results has seen enough.
        Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            output.error(&failure);
            ExitCode::from(2)
        }
    }
}
