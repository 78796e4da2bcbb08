//! The one rule that a command is about.

use std::path::{Path, PathBuf};

use rulehound_rules::{LoadedRule, Problem, RuleSet};

use crate::args::OneRule;
use crate::commands::Failure;
use crate::output::Output;

/// Finds the rule that is meant: a file, else an id or a name among the rules of `--rules`. What is wrong
/// with it goes to standard error. `None`: it is too broken to be read, which has been said.
pub(in crate::commands) fn load(args: &OneRule, output: &Output) -> Result<Option<LoadedRule>, Failure> {
    let is_path = Path::new(&args.rule).exists();
    let paths = if is_path { vec![PathBuf::from(&args.rule)] } else { args.rules.clone() };
    if paths.is_empty() {
        return Err(Failure::NoSuchFile(args.rule.clone()));
    }
    let set = RuleSet::load(&paths);
    let is_unreadable = set.is_unreadable();
    let is_meant = |loaded: &LoadedRule| {
        is_path
            || loaded.rule.rule_id.as_str() == args.rule
            || loaded.rule.name.eq_ignore_ascii_case(&args.rule)
    };
    let mut meant: Vec<LoadedRule> = set.rules.into_iter().filter(is_meant).collect();
    let problems = set.problems.iter().filter(|problem| {
        is_path
            || meant.iter().any(|loaded| is_about(problem, loaded))
            || meant.is_empty() && problem.is_error()
    });
    for problem in problems {
        output.problem(problem);
    }
    match (meant.len(), meant.pop()) {
        (1, Some(loaded)) => Ok(Some(loaded)),
        (_, None) if is_unreadable => Err(Failure::NoRules(paths)),
        (_, None) if is_path => Ok(None),
        (_, None) => Err(Failure::NoSuchRule(args.rule.clone())),
        (count, Some(_)) => Err(Failure::ManyRules { name: args.rule.clone(), count }),
    }
}

/// Whether a problem is one of a rule, or of the file that it is in.
fn is_about(problem: &Problem, loaded: &LoadedRule) -> bool {
    loaded.file == problem.file && problem.rule_id.as_ref().is_none_or(|id| *id == loaded.rule.rule_id)
}
