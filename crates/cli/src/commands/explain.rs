//! `rulehound explain`.

use super::{Exit, Failure};
use crate::args::ExplainArgs;
use crate::output::Output;

pub(crate) fn run(_args: &ExplainArgs, _output: &Output) -> Result<Exit, Failure> {
    Err(Failure::NotBuilt("explain"))
}
