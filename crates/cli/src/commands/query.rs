//! `rulehound query`.

use super::{Exit, Failure};
use crate::args::QueryArgs;
use crate::output::Output;

pub(crate) fn run(_args: &QueryArgs, _output: &Output) -> Result<Exit, Failure> {
    Err(Failure::NotBuilt("query"))
}
