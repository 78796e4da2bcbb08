//! `rulehound rules check`: what is wrong with rules, and how many of which type there are.

use std::collections::BTreeMap;
use std::io::Write;

use comfy_table::{Cell, CellAlignment};
use rulehound_query::Severity;
use rulehound_rules::{Counts, LoadedRule, NotRun, Problem, RuleSet, Shared, Status};
use serde_json::{Value, json};

use crate::args::{CheckArgs, CheckOutput};
use crate::commands::{Exit, Failure};
use crate::diagnostics::render_problem;
use crate::output::{Output, counted, printable, write_json};

pub(super) fn run(args: &CheckArgs, output: &Output) -> Result<Exit, Failure> {
    let set = RuleSet::load(&args.paths);
    let mut out = output.stdout();
    match args.output {
        CheckOutput::Json => write_json(&mut out, &to_json(&set))?,
        CheckOutput::Table => write_table(&set, args.verbose, output, &mut out)?,
    }
    out.flush()?;
    if set.is_unreadable() {
        return Err(Failure::NoRules(args.paths.clone()));
    }
    let broken = set.problems.iter().any(Problem::is_error);
    Ok(if broken { Exit::FoundProblem } else { Exit::Ran })
}

fn to_json(set: &RuleSet) -> Value {
    let problems: Vec<Value> = set.problems.iter().map(problem_to_json).collect();
    let not_run: Vec<Value> = not_run(set)
        .map(|(loaded, reason)| {
            json!({
                "rule_id": loaded.rule.rule_id,
                "name": loaded.rule.name,
                "type": loaded.rule.rule_type(),
                "file": loaded.file,
                "reason": reason.to_string(),
            })
        })
        .collect();
    json!({
        "rules": set.counts(),
        "problems": problems,
        "not_run": not_run,
        "shared": shared_to_json(&set.shared),
        "other_files": set.other_files,
    })
}

/// What was loaded beside rules.
fn shared_to_json(shared: &Shared) -> Value {
    let lists = shared.exception_lists.iter().map(|list| {
        json!({
            "list_id": list.key.list_id,
            "namespace_type": list.key.namespace,
            "name": list.header.as_ref().map(|header| &header.name),
            "items": list.items.len(),
            "rules": list.rules,
        })
    });
    let value_lists = shared.value_lists.iter().map(|list| {
        let file = list.file.as_ref().map(|file| file.display().to_string());
        json!({ "id": list.id, "values": list.values, "file": file })
    });
    json!({
        "exception_lists": lists.collect::<Vec<_>>(),
        "value_lists": value_lists.collect::<Vec<_>>(),
        "saved_queries": shared.saved_queries,
        "data_views": shared.data_views,
        "connectors": shared.connectors,
    })
}

fn problem_to_json(problem: &Problem) -> Value {
    let position = problem.position();
    let diagnostic = &problem.diagnostic;
    json!({
        "file": problem.file.display().to_string(),
        "line": position.map(|position| position.line),
        "column": position.map(|position| position.column),
        "rule_id": problem.rule_id,
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": diagnostic.code,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
    })
}

fn not_run(set: &RuleSet) -> impl Iterator<Item = (&LoadedRule, NotRun)> {
    set.rules.iter().filter_map(|loaded| match loaded.status {
        Status::NotRun(reason) => Some((loaded, reason)),
        Status::Compiled(_) | Status::Failed => None,
    })
}

fn write_table(set: &RuleSet, verbose: bool, output: &Output, out: &mut dyn Write) -> std::io::Result<()> {
    for problem in &set.problems {
        writeln!(out, "{}", render_problem(problem))?;
    }
    if verbose {
        for (loaded, reason) in not_run(set) {
            let name = printable(&loaded.rule.name);
            writeln!(out, "not run: {name} ({}): {reason}", loaded.file.display())?;
        }
        writeln!(out)?;
    }
    write_counts(set, output, out)?;
    write_shared(&set.shared, out)?;
    write_summary(set, verbose, out)
}

fn write_counts(set: &RuleSet, output: &Output, out: &mut dyn Write) -> std::io::Result<()> {
    let mut table = output.table(["Type", "Loaded", "Compiled", "Not run", "Failed"]);
    let counts = set.counts();
    let row = |name: &str, counts: &Counts| {
        let numbers = [counts.loaded, counts.compiled, counts.not_run, counts.failed];
        let numbers = numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right));
        [Cell::new(name)].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    for (rule_type, counts) in &counts.by_type {
        table.add_row(row(rule_type, counts));
    }
    table.add_row(row("total", &counts.total));
    writeln!(out, "{}", table.trim_fmt())
}

/// What was loaded beside rules, and which exception lists no rule refers to.
fn write_shared(shared: &Shared, out: &mut dyn Write) -> std::io::Result<()> {
    let lists = &shared.exception_lists;
    let items: usize = lists.iter().map(|list| list.items.len()).sum();
    let values: usize = shared.value_lists.iter().map(|list| list.values).sum();
    let mut parts = Vec::new();
    if !lists.is_empty() {
        parts.push(format!("{} with {}", count(lists.len(), "exception list"), count(items, "item")));
    }
    if !shared.value_lists.is_empty() {
        parts.push(format!(
            "{} with {}",
            count(shared.value_lists.len(), "value list"),
            count(values, "value")
        ));
    }
    match shared.saved_queries {
        0 => {}
        1 => parts.push("1 saved query".to_owned()),
        many => parts.push(format!("{many} saved queries")),
    }
    for (number, noun) in [(shared.data_views, "data view"), (shared.connectors, "connector")] {
        if number > 0 {
            parts.push(count(number, noun));
        }
    }
    if !parts.is_empty() {
        writeln!(out, "\nbeside them: {}", parts.join(", "))?;
    }
    for list in lists.iter().filter(|list| list.rules == 0) {
        let id = printable(&list.key.list_id);
        writeln!(out, "no rule that can be run refers to the exception list {id} ({})", list.key.namespace)?;
    }
    Ok(())
}

fn count(number: usize, noun: &str) -> String {
    counted(number as u64, noun)
}

/// What the numbers do not say: why rules are not run, how many warnings there are, what was passed over.
fn write_summary(set: &RuleSet, verbose: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let mut reasons = BTreeMap::<NotRun, usize>::new();
    for (_, reason) in not_run(set) {
        *reasons.entry(reason).or_default() += 1;
    }
    if !reasons.is_empty() {
        writeln!(out, "\nnot run{}:", if verbose { "" } else { " (--verbose names them)" })?;
        for (reason, count) in reasons {
            writeln!(out, "{count:>6}  {reason}")?;
        }
    }
    let errors = set.problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = set.problems.len() - errors;
    writeln!(out, "\n{}, {}", counted(errors as u64, "error"), counted(warnings as u64, "warning"))?;
    if set.other_files > 0 {
        writeln!(out, "{} passed over: hidden, or without rules", counted(set.other_files as u64, "file"))?;
    }
    Ok(())
}
