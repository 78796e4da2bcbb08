//! The subcommands, one module each.

mod events;
mod explain;
mod hunt;
mod query;
mod rules;

use std::path::PathBuf;

use rulehound_engine::hunt::HuntError;
use rulehound_engine::search::SearchError;
use rulehound_schema::MappingError;
use rulehound_tables::QueryError;

use crate::args::Command;
use crate::moment::MomentError;
use crate::output::Output;

/// How a command that could run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was well.
    Ran,
    /// Something was wrong with what it was given.
    FoundProblem,
}

/// Why a command could not run, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Results could not be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    /// There is no rule in what was named.
    #[error("no rule could be read from {}", list(.0))]
    NoRules(Vec<PathBuf>),
    /// Nothing of what was named could be opened.
    #[error("cannot open {}", list(.0))]
    NoEvents(Vec<PathBuf>),
    /// No events were named.
    #[error("say which events are to be read: files, folders, or `-` for standard input")]
    NoInputs,
    /// A rule that is no file, and no place to look for it.
    #[error("no such file: {0}; to name a rule by its id or name, say where to look with `--rules PATH`")]
    NoSuchFile(String),
    /// No rule has that id or name.
    #[error("no rule has the id or name `{0}`")]
    NoSuchRule(String),
    /// More than one rule is meant.
    #[error("{count} rules are meant by `{name}`: name one by its file or id")]
    ManyRules {
        /// What was named.
        name: String,
        /// How many rules that is.
        count: usize,
    },
    /// A query over a table that could not be run to its end.
    #[error("cannot run the query: {0}")]
    Table(#[from] QueryError),
    /// A lookup table that is not named as it should be.
    #[error("`--lookup {0}` names no table: write NAME=FILE, or POLICY:FIELD=FILE for `ENRICH`")]
    Lookup(String),
    /// A file that could not be read.
    #[error("cannot read {}: {error}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Mappings that could not be understood.
    #[error("cannot use the mapping: {0}")]
    Mapping(#[from] MappingError),
    /// A field that an argument names and the mapping does not.
    #[error("the mapping has no field `{0}`")]
    UnknownField(String),
    /// A field that should order events but holds no dates.
    #[error("`{0}` holds no dates and cannot put events in order")]
    NoDate(String),
    /// A search that could not be done.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A rule with a pattern that cannot be compiled.
    #[error(transparent)]
    Matcher(#[from] rulehound_engine::MatcherError),
    /// A hunt that could not be done.
    #[error(transparent)]
    Hunt(#[from] HuntError),
    /// A moment that cannot be read.
    #[error(transparent)]
    Moment(#[from] MomentError),
}

/// Paths as a message lists them.
fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn run(command: Command, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Hunt(args) => hunt::run(&args, output),
        Command::Query(args) => query::run(&args, output),
        Command::Rules(command) => rules::run(&command, output),
        Command::Explain(args) => explain::run(&args, output),
        Command::Events(args) => events::run(&args, output),
    }
}
