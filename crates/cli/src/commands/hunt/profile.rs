//! `hunt --profile-rules`: what each rule cost, and which predicates and fields were the dearest.

use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table};
use rulehound_engine::hunt::{HuntProfile, RuleAtom, RuleCost};
use rulehound_rules::Rule;

use super::telling::shortened;
use crate::output::{Output, printable};

/// Predicates and fields that are shown.
const DEAREST: usize = 20;

/// Longest predicate that is shown, in characters.
const LONGEST_PREDICATE: usize = 90;

/// Writes the profile to standard error. `rules` are those of the hunt, in their order.
pub(super) fn write(profile: &HuntProfile, rules: &[&Rule], output: &Output) -> io::Result<()> {
    let mut out = output.stderr();
    let of_rules: Duration = profile.rules.iter().map(total).sum();
    writeln!(
        out,
        "\nRules by cost, in milliseconds of all threads. Work that rules share counts for the first."
    )?;
    writeln!(out, "{}\n", of_rule_costs(profile, rules, of_rules, output))?;
    writeln!(out, "Dearest predicates, without the judging of strings")?;
    writeln!(out, "{}\n", of_atoms(&profile.atoms, rules, output))?;
    writeln!(out, "Dearest fields: each value that was not remembered is judged once, for all rules")?;
    writeln!(out, "{}", of_columns(profile, output))
}

fn of_rule_costs(profile: &HuntProfile, rules: &[&Rule], all: Duration, output: &Output) -> Table {
    let mut table = output.table(["Share", "Matching", "Correlating", "Hits", "Rule"]);
    let mut costs: Vec<(&RuleCost, &&Rule)> = profile.rules.iter().zip(rules).collect();
    costs.sort_by_key(|(cost, _)| std::cmp::Reverse((total(cost), cost.hits)));
    for (cost, rule) in costs {
        let share = 100.0 * total(cost).as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
        table.add_row([
            right(format!("{share:.1} %")),
            right(milliseconds(cost.matching)),
            right(milliseconds(cost.correlating)),
            right(cost.hits.to_string()),
            Cell::new(printable(&rule.name)),
        ]);
    }
    table
}

fn of_atoms(atoms: &[RuleAtom], rules: &[&Rule], output: &Output) -> Table {
    let mut table = output.table(["Time", "Asked", "Predicate", "First rule that has it"]);
    for atom in atoms.iter().take(DEAREST) {
        let rule = rules.get(atom.rule).map_or("", |rule| &rule.name);
        table.add_row([
            right(milliseconds(atom.time)),
            right(atom.asked.to_string()),
            Cell::new(printable(&shortened(&atom.predicate, LONGEST_PREDICATE))),
            Cell::new(printable(rule)),
        ]);
    }
    table
}

fn of_columns(profile: &HuntProfile, output: &Output) -> Table {
    let mut table = output.table(["Time", "Values judged", "Predicates", "Field"]);
    for column in profile.columns.iter().take(DEAREST) {
        table.add_row([
            right(milliseconds(column.time)),
            right(column.judged.to_string()),
            right(column.atoms.to_string()),
            Cell::new(printable(&column.field)),
        ]);
    }
    table
}

fn total(cost: &RuleCost) -> Duration {
    cost.matching + cost.correlating
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}
