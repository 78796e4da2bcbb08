//! Explanations as text: a tree of the condition, one leaf a line with what it saw, and what decided in a
//! closing line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use rulehound_engine::explain::{
    Alternative, Deciding, ExplainedEvent, JoinExplanation, KeyProgress, PlanExplanation, Role, Seen,
    StepExplanation, Stop, Term, TermKind,
};
use rulehound_rules::Rule;
use serde_json::Value as Json;

use crate::output::printable;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DECIDES: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// Most values of a field, and most alternatives of a predicate, that are written out.
const MOST_SHOWN: usize = 4;
/// Longest value, in characters, that is written out whole.
const LONGEST_VALUE: usize = 240;

/// Writes the explanation of a rule.
pub(super) fn render(out: &mut dyn Write, rule: &Rule, plan: &PlanExplanation) -> io::Result<()> {
    writeln!(out, "{TITLE}{}{TITLE:#} {FAINT}{}{FAINT:#}", printable(&rule.name), rule.rule_id.as_str())?;
    let patterns = rule.index();
    let Some(joins) = &plan.joins else {
        return plan.steps.iter().try_for_each(|step| render_events(out, step, plan.events, patterns));
    };
    for (number, step) in (1..).zip(&plan.steps) {
        render_step(out, number, step)?;
    }
    render_joins(out, joins, &plan.steps)?;
    for (number, step) in (1..).zip(&plan.steps) {
        let never_matched =
            step.matched == 0 && !matches!(step.role, Role::Event | Role::Missing | Role::Until);
        if never_matched || plan.events == 1 {
            writeln!(out, "\n{TITLE}closest to {}{TITLE:#}", step_name(number, step.role))?;
            render_closest(out, step, patterns)?;
        }
    }
    Ok(())
}

fn render_events(
    out: &mut dyn Write,
    step: &StepExplanation,
    events: u64,
    patterns: &[String],
) -> io::Result<()> {
    match (events, step.matched) {
        (0, _) => return writeln!(out, "no events to explain it on"),
        (1, 1) if step.out_of_scope > 0 => {
            writeln!(out, "the event would match, but the rule does not see its index")?;
        }
        (1, 1) => writeln!(out, "the event matches")?,
        (1, _) => writeln!(out, "the event does not match")?,
        (_, 0) => writeln!(out, "none of {events} events matches; the closest:")?,
        (_, matched) => writeln!(out, "{matched} of {events} events match{}; the closest:", unseen(step))?,
    }
    if step.role == Role::Row {
        writeln!(
            out,
            "this is what the query needs of each event; what it makes of those that match, `rulehound query` shows"
        )?;
    }
    render_asks_others(out, step)?;
    render_closest(out, step, patterns)
}

/// What the events alone do not tell.
fn render_asks_others(out: &mut dyn Write, step: &StepExplanation) -> io::Result<()> {
    step.asks_others.iter().try_for_each(|asked| {
        writeln!(out, "  {WARNING}not judged on the event alone:{WARNING:#} {}", printable(asked))
    })
}

fn render_closest(out: &mut dyn Write, step: &StepExplanation, patterns: &[String]) -> io::Result<()> {
    for event in &step.closest {
        writeln!(out)?;
        render_event(out, event, patterns)?;
    }
    Ok(())
}

fn render_event(out: &mut dyn Write, event: &ExplainedEvent, patterns: &[String]) -> io::Result<()> {
    let (file, id) = (printable(&event.file), printable(&event.id));
    writeln!(out, "{TITLE}event {id}{TITLE:#} {FAINT}{file}:{}{FAINT:#}", event.position)?;
    let explanation = &event.explanation;
    render_term(out, &explanation.condition, true, Indent { line: "  ", below: "  " })?;
    match explanation.deciding.as_slice() {
        _ if explanation.holds => writeln!(out, "  {GOOD}matches{GOOD:#}")?,
        [] => writeln!(out, "  {BAD}fails whatever the event{BAD:#}")?,
        deciding => writeln!(out, "  {DECIDES}fails on {} and nothing else{DECIDES:#}", decided(deciding))?,
    }
    if event.in_scope {
        return Ok(());
    }
    let index = event.index.as_deref().map(printable).unwrap_or_default();
    let patterns = patterns.join(", ");
    writeln!(out, "  {WARNING}but the rule does not see it: index {index} is not among {patterns}{WARNING:#}")
}

/// Names the fields that decide, each once.
fn decided(deciding: &[Deciding]) -> String {
    let mut names: Vec<String> = Vec::new();
    for leaf in deciding {
        let fields = leaf.fields.join(" and ");
        let name = if leaf.should_hold { fields } else { format!("{fields} (excluded)") };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What stands before a part: on its own line, and on those below it.
#[derive(Clone, Copy)]
struct Indent<'a> {
    line: &'a str,
    below: &'a str,
}

/// Writes a part. Its mark says whether it holds; its colour, whether that is as `wanted`.
fn render_term(out: &mut dyn Write, term: &Term, wanted: bool, indent: Indent<'_>) -> io::Result<()> {
    let (mark, style) = mark(term.holds, wanted);
    write!(out, "{FAINT}{}{FAINT:#}{style}{mark}{style:#} ", indent.line)?;
    match &term.kind {
        TermKind::Constant => writeln!(out, "{}", term.holds),
        TermKind::And { terms } => {
            writeln!(out, "all of")?;
            render_children(out, terms, wanted, indent.below)
        }
        TermKind::Or { terms } => {
            writeln!(out, "any of")?;
            render_children(out, terms, wanted, indent.below)
        }
        TermKind::Not { term: inner } => match &inner.kind {
            TermKind::And { terms } => {
                writeln!(out, "not all of")?;
                render_children(out, terms, !wanted, indent.below)
            }
            TermKind::Or { terms } => {
                writeln!(out, "none of")?;
                render_children(out, terms, !wanted, indent.below)
            }
            TermKind::Constant | TermKind::Not { .. } => {
                writeln!(out, "not")?;
                render_children(out, std::slice::from_ref(inner), !wanted, indent.below)
            }
            TermKind::Predicate { .. } | TermKind::Computed { .. } => {
                write!(out, "not ")?;
                render_leaf(out, inner, indent.below)
            }
        },
        TermKind::Predicate { .. } | TermKind::Computed { .. } => render_leaf(out, term, indent.below),
    }
}

fn render_children(out: &mut dyn Write, terms: &[Term], wanted: bool, below: &str) -> io::Result<()> {
    let Some((last, terms)) = terms.split_last() else { return Ok(()) };
    for term in terms {
        let (line, below) = (format!("{below}├─ "), format!("{below}│  "));
        render_term(out, term, wanted, Indent { line: &line, below: &below })?;
    }
    let (line, below) = (format!("{below}└─ "), format!("{below}   "));
    render_term(out, last, wanted, Indent { line: &line, below: &below })
}

fn render_leaf(out: &mut dyn Write, leaf: &Term, below: &str) -> io::Result<()> {
    let style = if leaf.decides { DECIDES } else { Style::new() };
    match &leaf.kind {
        TermKind::Predicate { text, seen, alternatives } => {
            let text = match alternatives.len() {
                0..=2 => printable(text).into_owned(),
                many => format!("{} : any of {many} alternatives", printable(&seen.field)),
            };
            writeln!(out, "{style}{text}{style:#}  {FAINT}saw{FAINT:#} {}", values(seen))?;
            render_alternatives(out, alternatives, leaf.decides, below)
        }
        TermKind::Computed { text, is_null, inputs } => {
            write!(out, "{style}{}{style:#} ", printable(text))?;
            for seen in inputs {
                write!(out, " {FAINT}saw {}{FAINT:#} {}", printable(&seen.field), values(seen))?;
            }
            writeln!(out, "{}", if *is_null { "; so it is null" } else { "" })
        }
        _ => writeln!(out),
    }
}

/// The alternatives that held; if none did and it matters, those that the values are most alike.
fn render_alternatives(
    out: &mut dyn Write,
    alternatives: &[Alternative],
    decides: bool,
    below: &str,
) -> io::Result<()> {
    let mut shown: Vec<&Alternative> = alternatives.iter().filter(|alternative| alternative.holds).collect();
    if shown.is_empty() && decides && alternatives.len() > 2 {
        shown.extend(alternatives);
        shown.sort_by_key(|alternative| std::cmp::Reverse(alternative.nearness));
    }
    let hidden = shown.len().saturating_sub(MOST_SHOWN);
    for alternative in shown.into_iter().take(MOST_SHOWN) {
        let (mark, style) = mark(alternative.holds, !decides);
        let text = printable(&alternative.text);
        writeln!(out, "{FAINT}{below}{FAINT:#}    {style}{mark}{style:#} {text}")?;
    }
    if hidden > 0 {
        writeln!(out, "{FAINT}{below}    … {hidden} more{FAINT:#}")?;
    }
    Ok(())
}

fn mark(holds: bool, wanted: bool) -> (char, Style) {
    (if holds { '✓' } else { '✗' }, if holds == wanted { GOOD } else { BAD })
}

/// The values of a field, as JSON writes them.
fn values(seen: &Seen) -> String {
    if seen.values.is_empty() {
        return "nothing: the field is missing".to_owned();
    }
    let mut shown: Vec<String> = seen.values.iter().take(MOST_SHOWN).map(value).collect();
    if let Some(hidden) = seen.values.len().checked_sub(MOST_SHOWN).filter(|hidden| *hidden > 0) {
        shown.push(format!("… {hidden} more"));
    }
    shown.join(", ")
}

fn value(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", printable(text.get(..end).unwrap_or_default())),
        None => printable(&text).into_owned(),
    }
}

fn step_name(number: usize, role: Role) -> String {
    match role {
        Role::Event | Role::Step => format!("step {number}"),
        Role::Missing => format!("step {number} (missing)"),
        Role::Until => "until".to_owned(),
        Role::Sample => format!("filter {number}"),
        Role::Counted => "events".to_owned(),
        Role::Matched => format!("events, mapping {}", number.div_ceil(2)),
        Role::Indicator => format!("indicators, mapping {}", number / 2),
        Role::Row => "rows".to_owned(),
    }
}

fn render_step(out: &mut dyn Write, number: usize, step: &StepExplanation) -> io::Result<()> {
    let wanted = !matches!(step.role, Role::Missing | Role::Until);
    let style = if (step.matched > 0) == wanted { GOOD } else { Style::new() };
    let style = if wanted && step.matched == 0 { BAD } else { style };
    let name = step_name(number, step.role);
    write!(out, "{name:<16} {style}{} events match{style:#}{}", step.matched, unseen(step))?;
    match step.unjoined {
        0 => writeln!(out)?,
        unjoined => writeln!(out, ", {unjoined} of them have a null key or no time and join nothing")?,
    }
    render_asks_others(out, step)
}

/// How many of the events that match the rule does not see.
fn unseen(step: &StepExplanation) -> String {
    match step.out_of_scope {
        0 => String::new(),
        unseen => format!(", {unseen} of them in an index that the rule does not see"),
    }
}

fn render_joins(out: &mut dyn Write, joins: &JoinExplanation, steps: &[StepExplanation]) -> io::Result<()> {
    let JoinExplanation { keys, complete, farthest } = joins;
    if *keys == 0 {
        return writeln!(out, "\nno event to begin with");
    }
    writeln!(out, "\n{complete} of {keys} keys complete; the farthest:")?;
    let counts = |role| matches!(role, Role::Step | Role::Missing | Role::Sample);
    let to_reach = steps.iter().filter(|step| counts(step.role)).count();
    for KeyProgress { key, matched, reached, stop } in farthest {
        let key: Vec<String> = key.iter().map(value).collect();
        let key = if key.is_empty() { "all events".to_owned() } else { key.join(", ") };
        let matched = matched.iter().map(usize::to_string).collect::<Vec<_>>().join("/");
        write!(out, "  {TITLE}{key}{TITLE:#}  {FAINT}events by step {matched}{FAINT:#}  ")?;
        match stop {
            None => writeln!(out, "{GOOD}complete{GOOD:#}")?,
            Some(stop) if to_reach == 0 => writeln!(out, "{BAD}{}{BAD:#}", stopped(stop))?,
            Some(stop) => writeln!(out, "came to {reached} of {to_reach}: {BAD}{}{BAD:#}", stopped(stop))?,
        }
    }
    Ok(())
}

fn stopped(stop: &Stop) -> String {
    match stop {
        Stop::NeverMatched { step } => format!("step {step} never matched"),
        Stop::NotAfter { step } => format!("step {step} matched, but not after the steps before it"),
        Stop::OutsideMaxspan { step, over_millis } => {
            format!("step {step} matched, but {} outside maxspan", duration(*over_millis))
        }
        Stop::BelowThreshold => "below the threshold in every window".to_owned(),
        Stop::NoPair => "no event and indicator together".to_owned(),
        Stop::Until { step } => format!("until ended it before step {step}"),
        Stop::NotMissing { step } => {
            format!("an event that should be missing stood in the way of step {step}")
        }
        Stop::EarlierEvents { step } => {
            format!("step {step} matched, but not what it asks about the events before it")
        }
        Stop::SeveralLimits { step } => format!("step {step} matched, but several limits stood against it"),
    }
}

/// A span in its two largest units.
fn duration(millis: u64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let Some(largest) = UNITS.iter().position(|(unit, _)| millis >= *unit) else { return "0ms".to_owned() };
    let mut rest = millis;
    let parts = UNITS.iter().skip(largest).take(2).map(|(unit, name)| {
        let count = rest / unit;
        rest %= unit;
        (count, name)
    });
    parts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count}{name}"))
        .collect::<Vec<_>>()
        .join(" ")
}
