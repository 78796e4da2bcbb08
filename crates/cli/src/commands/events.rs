//! `rulehound events`.

use super::{Exit, Failure};
use crate::args::EventsArgs;
use crate::output::Output;

pub(crate) fn run(_args: &EventsArgs, _output: &Output) -> Result<Exit, Failure> {
    Err(Failure::NotBuilt("events"))
}
