//! `rulehound explain`: why a rule matched or did not.

mod render;

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use rulehound_engine::explain::{Explainer, PlanExplanation};
use rulehound_events::Layout;
use rulehound_query::Query;
use rulehound_rules::{Rule, Status};
use serde_json::json;

use super::rules::one;
use super::{Exit, Failure};
use crate::args::{ExplainArgs, ExplainOutput, OneRule};
use crate::output::{Output, printable, write_json};
use crate::reading::{self, Threads};

pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<Exit, Failure> {
    let asked = OneRule { rule: args.rule.clone(), rules: args.rules.clone() };
    let Some(loaded) = one::load(&asked, output)? else { return Ok(Exit::FoundProblem) };
    let rule = &loaded.rule;
    let query = match &loaded.status {
        Status::Compiled(query) => query,
        Status::NotRun(reason) => {
            write_not_run(rule, &reason.to_string(), args.output, output)?;
            return Ok(Exit::FoundProblem);
        }
        // What is wrong with it was said when it was loaded.
        Status::Failed => return Ok(Exit::FoundProblem),
    };
    let (explanation, read) = explain(rule, query, args, output)?;
    let mut out = output.stdout();
    match args.output {
        ExplainOutput::Text => render::render(&mut out, rule, &explanation)?,
        ExplainOutput::Json => {
            let about =
                json!({"rule_id": rule.rule_id, "name": rule.name, "type": rule.rule_type().as_str()});
            let explained = json!({"rule": about, "explanation": explanation});
            write_json(&mut out, &explained)?;
        }
    }
    out.flush()?;
    Ok(read)
}

/// Reads the events and explains the rule over them.
fn explain(
    rule: &Rule,
    query: &Query,
    args: &ExplainArgs,
    output: &Output,
) -> Result<(PlanExplanation, Exit), Failure> {
    let explainer = Explainer::of_rule(rule, query, args.limit, args.id.clone())?;
    let layout = Arc::new(Layout::new(explainer.fields()));
    let scanned = reading::scan(&args.inputs, layout, Threads::Many, output, &|batch| {
        explainer.observe(&batch);
        ControlFlow::Continue(())
    })?;
    let read = if scanned.problems.is_empty() { Exit::Ran } else { Exit::FoundProblem };
    Ok((explainer.finish(), read))
}

fn write_not_run(rule: &Rule, reason: &str, format: ExplainOutput, output: &Output) -> std::io::Result<()> {
    let mut out = output.stdout();
    match format {
        ExplainOutput::Text => writeln!(out, "{} is not run: {reason}", printable(&rule.name))?,
        ExplainOutput::Json => writeln!(out, "{:#}", json!({"rule": about(rule), "not_run": reason}))?,
    }
    out.flush()
}

/// Which rule it is.
fn about(rule: &Rule) -> serde_json::Value {
    json!({"rule_id": rule.rule_id, "name": rule.name, "type": rule.rule_type().as_str()})
}
