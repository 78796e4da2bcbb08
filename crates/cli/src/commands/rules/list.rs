//! `rulehound rules list`: rules, one a line.

use std::io::Write;

use comfy_table::{Cell, CellAlignment, ColumnConstraint};
use rulehound_rules::{LoadedRule, RuleSet, Status};
use serde_json::{Value, json};

use crate::args::{ListArgs, ListOutput, RuleStatus};
use crate::commands::{Exit, Failure};
use crate::output::{Output, printable, severity_color, write_json};

pub(super) fn run(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let set = RuleSet::load(&args.paths);
    // Broken files cannot be listed: that they are missing must be seen.
    let mut errors = set.problems.iter().filter(|problem| problem.is_error()).peekable();
    let exit = if errors.peek().is_some() { Exit::FoundProblem } else { Exit::Ran };
    for problem in errors {
        output.problem(problem);
    }
    if set.is_unreadable() {
        return Err(Failure::NoRules(args.paths.clone()));
    }
    let rules: Vec<&LoadedRule> = set.rules.iter().filter(|loaded| is_wanted(loaded, args)).collect();
    let mut out = output.stdout();
    match args.output {
        ListOutput::Table => write_table(&rules, output, &mut out)?,
        ListOutput::Ndjson => {
            for loaded in rules {
                writeln!(out, "{}", to_json(loaded))?;
            }
        }
        ListOutput::Json => {
            write_json(&mut out, &rules.into_iter().map(to_json).collect())?;
        }
    }
    out.flush()?;
    Ok(exit)
}

fn is_wanted(loaded: &LoadedRule, args: &ListArgs) -> bool {
    let rule = &loaded.rule;
    let has_tag = |tag: &String| rule.tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
    let of_tactic = |wanted: &String| {
        rule.threat
            .iter()
            .map(|threat| &threat.tactic)
            .any(|tactic| tactic.id.eq_ignore_ascii_case(wanted) || tactic.name.eq_ignore_ascii_case(wanted))
    };
    (args.types.is_empty() || args.types.contains(&rule.rule_type()))
        && (args.severities.is_empty() || args.severities.contains(&rule.severity))
        && (args.statuses.is_empty() || args.statuses.contains(&status(loaded)))
        && (args.tactics.is_empty() || args.tactics.iter().any(of_tactic))
        && args.tags.iter().all(has_tag)
}

fn status(loaded: &LoadedRule) -> RuleStatus {
    match loaded.status {
        Status::Compiled(_) => RuleStatus::Compiled,
        Status::NotRun(_) => RuleStatus::NotRun,
        Status::Failed => RuleStatus::Failed,
    }
}

fn tactics(loaded: &LoadedRule) -> Vec<&str> {
    let mut tactics: Vec<&str> = Vec::new();
    for threat in &loaded.rule.threat {
        if !tactics.contains(&threat.tactic.name.as_str()) {
            tactics.push(&threat.tactic.name);
        }
    }
    tactics
}

fn to_json(loaded: &LoadedRule) -> Value {
    let rule = &loaded.rule;
    json!({
        "rule_id": rule.rule_id,
        "name": rule.name,
        "type": rule.rule_type(),
        "severity": rule.severity,
        "risk_score": rule.risk_score,
        "version": rule.version,
        "tactics": tactics(loaded),
        "tags": rule.tags,
        "status": loaded.status.as_str(),
        "reason": match loaded.status {
            Status::NotRun(reason) => Some(reason.to_string()),
            Status::Compiled(_) | Status::Failed => None,
        },
        "file": loaded.file.display().to_string(),
    })
}

fn write_table(rules: &[&LoadedRule], output: &Output, out: &mut dyn Write) -> std::io::Result<()> {
    let mut table = output.table(["Severity", "Risk", "Type", "Status", "Name", "Tactics", "Rule id"]);
    for loaded in rules {
        let rule = &loaded.rule;
        table.add_row([
            Cell::new(rule.severity).fg(severity_color(rule.severity)),
            Cell::new(rule.risk_score).set_alignment(CellAlignment::Right),
            Cell::new(rule.rule_type()),
            Cell::new(loaded.status.as_str()),
            Cell::new(printable(&rule.name)),
            Cell::new(printable(&tactics(loaded).join(", "))),
            Cell::new(printable(rule.rule_id.as_str())),
        ]);
    }
    // Names and tactics may be wrapped; an id that is could not be copied.
    if let Some(ids) = table.column_mut(6) {
        ids.set_constraint(ColumnConstraint::ContentWidth);
    }
    writeln!(out, "{}", table.trim_fmt())
}
