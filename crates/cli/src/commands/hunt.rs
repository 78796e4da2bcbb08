//! `rulehound hunt`.

use super::{Exit, Failure};
use crate::args::HuntArgs;
use crate::output::Output;

pub(crate) fn run(_args: &HuntArgs, _output: &Output) -> Result<Exit, Failure> {
    Err(Failure::NotBuilt("hunt"))
}
