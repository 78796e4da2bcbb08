//! The command line. Names and outputs are an interface that scripts rely on.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rulehound_engine::correlate::Limits;
use rulehound_rules::{RuleType, Severity};

/// Runs Elastic's detection rules over security events in files.
#[derive(Debug, Parser)]
#[command(
    name = "rulehound",
    version,
    about,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 ran, 1 ran and found a problem in what it was given, 2 could not run"
)]
pub(crate) struct Cli {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run rules over events and print the alerts
    Hunt(HuntArgs),
    /// Run one query over events
    // A `ROW` of ES|QL reads none.
    #[command(mut_arg("events", |arg| arg.required(false)))]
    Query(QueryArgs),
    /// Check, list and show rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Show why a rule matched or did not, predicate by predicate
    Explain(ExplainArgs),
    /// Print the events as the engine sees them: normalised, one ECS document a line
    Events(EventsArgs),
}

/// Where events come from.
#[derive(Args, Debug)]
pub(crate) struct EventInputs {
    /// Files, folders or globs of events, also compressed; `-` is standard input
    #[arg(value_name = "EVENTS", required = true)]
    pub(crate) events: Vec<PathBuf>,
    /// The index of events that do not say theirs
    #[arg(long, value_name = "NAME")]
    pub(crate) index: Option<String>,
    /// Number of threads; all cores unless told otherwise
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct HuntArgs {
    /// A rule, or a folder of rules; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) rules: Vec<PathBuf>,
    /// Only events at this time or later: a date, or date math such as `now-1d`
    #[arg(long, value_name = "T")]
    pub(crate) from: Option<String>,
    /// Only events at this time or earlier
    #[arg(long, value_name = "T")]
    pub(crate) to: Option<String>,
    /// `table` is for people, grouped by rule; `ndjson` and `json` are alerts as Kibana keeps them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: HuntOutput,
    /// Tell on standard error what each rule cost and hit, and which predicates and fields were the dearest
    #[arg(long)]
    pub(crate) profile_rules: bool,
    /// Most that is remembered for one rule and key: different values counted, events and indicators held against each
    /// other; what is dropped is told
    #[arg(long, value_name = "N", default_value_t = Limits::default().per_key)]
    pub(crate) state_limit: usize,
    /// Most events that are judged at once; changes no alert
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) batch_rows: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) inference: InferenceArgs,
    #[command(flatten)]
    pub(crate) inputs: EventInputs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HuntOutput {
    Table,
    Ndjson,
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    /// The query's language
    #[arg(long, default_value = "eql")]
    pub(crate) language: QueryLanguage,
    /// An Elasticsearch index mapping; may be repeated, mappings are merged. Unknown fields are errors then
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Vec<PathBuf>,
    /// The field that orders events
    #[arg(long, value_name = "F", default_value = "@timestamp")]
    pub(crate) timestamp_field: String,
    /// The field that `process where` compares with `process`
    #[arg(long, value_name = "F", default_value = "event.category")]
    pub(crate) event_category_field: String,
    /// The field that orders events of the same moment
    #[arg(long, value_name = "F")]
    pub(crate) tiebreaker_field: Option<String>,
    /// The most results: 10, of ES|QL 1000 unless the query has a LIMIT
    #[arg(long, value_name = "N")]
    pub(crate) size: Option<usize>,
    /// The most samples of one join key
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) max_samples_per_key: usize,
    /// `response` is one JSON object of the shape of Elasticsearch's answer
    #[arg(long, value_name = "FORMAT", default_value = "response")]
    pub(crate) output: QueryOutput,
    /// A table for LOOKUP JOIN, from a file of records; `POLICY:FIELD=FILE` is one for ENRICH that matches FIELD; may be
    /// repeated
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) lookup: Vec<String>,
    /// Memory that sorting and grouping of ES|QL may take, in MiB; the rest goes to temporary files
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(crate) memory_limit: usize,
    #[command(flatten)]
    pub(crate) inference: InferenceArgs,
    /// The query, or `@FILE` to read it from a file
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) inputs: EventInputs,
}

/// Where `COMPLETION` of ES|QL asks a language model.
#[derive(Args, Debug)]
pub(crate) struct InferenceArgs {
    /// A service with OpenAI's API that answers COMPLETION, such as `http://localhost:11434/v1`; its key is read from
    /// RULEHOUND_INFERENCE_KEY
    #[arg(long, value_name = "URL")]
    pub(crate) inference_url: Option<String>,
    /// The model to ask; else the one that the query calls its inference_id
    #[arg(long, value_name = "NAME", requires = "inference_url")]
    pub(crate) inference_model: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryLanguage {
    Eql,
    Kuery,
    Lucene,
    Esql,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryOutput {
    Response,
    Ndjson,
    Table,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The rule: its file, or its id or name if `--rules` says where to look
    #[arg(long, value_name = "PATH")]
    pub(crate) rule: String,
    /// Where to look for a rule by its id or name; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) rules: Vec<PathBuf>,
    /// The most events and join keys that are shown, the closest first
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) limit: usize,
    /// Only the event with this `_id`
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// `json` is one object: the condition as a tree, with what each part says and saw
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ExplainOutput,
    #[command(flatten)]
    pub(crate) inputs: EventInputs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainOutput {
    Text,
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct EventsArgs {
    /// `ndjson` is one ECS document a line
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) output: EventsOutput,
    #[command(flatten)]
    pub(crate) inputs: EventInputs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventsOutput {
    Ndjson,
    Table,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Load, validate and compile rules; print what is wrong with them, and counts by type
    Check(CheckArgs),
    /// List rules, one a line
    List(ListArgs),
    /// Print all there is to a rule
    Show(ShowArgs),
    /// Write the documentation page of a rule
    Page(PageArgs),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Counts: `loaded` are the rules that could be read. Each file is in one of `compiled`, `not run` \
    (deprecated, or in a language that its type does not run) and `failed` (its problems are shown). Warnings stop no rule \
    and do not change the exit code."
)]
pub(crate) struct CheckArgs {
    /// `json` is one object: counts, and a list of problems
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: CheckOutput,
    /// Name every rule that is not run, with the reason
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Rules, or folders of rules
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckOutput {
    Table,
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// `ndjson` is one object a rule
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: ListOutput,
    /// Only rules of this type; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = rule_type())]
    pub(crate) types: Vec<RuleType>,
    /// Only rules of this severity; may be repeated
    #[arg(long = "severity", value_name = "SEVERITY", value_parser = severity())]
    pub(crate) severities: Vec<Severity>,
    /// Only rules with this tag, letters of either case; may be repeated, all must be there
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Only rules of this tactic, by id or name; may be repeated
    #[arg(long = "tactic", value_name = "TACTIC")]
    pub(crate) tactics: Vec<String>,
    /// Only rules of this status; may be repeated
    #[arg(long = "status", value_name = "STATUS")]
    pub(crate) statuses: Vec<RuleStatus>,
    /// Rules, or folders of rules
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListOutput {
    Table,
    Ndjson,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum RuleStatus {
    Compiled,
    NotRun,
    Failed,
}

/// Which rule is meant.
#[derive(Args, Debug)]
pub(crate) struct OneRule {
    /// The rule: its file, or its id or name if `--rules` says where to look
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// Where to look for a rule by its id or name; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) rules: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// `json` is the rule in the shape of Kibana's API, `ndjson` the same on one line, as Kibana imports it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ShowOutput,
    #[command(flatten)]
    pub(crate) rule: OneRule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowOutput {
    Text,
    Json,
    Ndjson,
}

#[derive(Args, Debug)]
pub(crate) struct PageArgs {
    /// The format of the page
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    pub(crate) format: PageFormat,
    #[command(flatten)]
    pub(crate) rule: OneRule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    Markdown,
    Html,
}

fn rule_type() -> impl TypedValueParser<Value = RuleType> {
    PossibleValuesParser::new(RuleType::ALL.iter().map(|value| value.as_str()))
        .try_map(|word| RuleType::from_word(&word).ok_or("no type of rule"))
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().map(|value| value.as_str()))
        .try_map(|word| Severity::from_word(&word).ok_or("no severity"))
}
