//! `rulehound rules`: check, list and show rules.

mod check;
mod list;
pub(super) mod one;
mod show;

use super::{Exit, Failure};
use crate::args::RulesCommand;
use crate::output::Output;

pub(crate) fn run(command: &RulesCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        RulesCommand::Check(args) => check::run(args, output),
        RulesCommand::List(args) => list::run(args, output),
        RulesCommand::Show(args) => show::run(args, output),
        RulesCommand::Page(args) => show::run_page(args, output),
    }
}
