//! Alerts for a person: grouped by rule, the worst first.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;
use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, Row};
use rulehound_engine::alert::{Alert, field};
use rulehound_rules::{Rule, Severity};
use serde_json::Value;

use super::telling::{shortened, telling};
use crate::output::{Output, printable, severity_color};

/// Hosts that are named; the rest is a number.
const HOSTS_NAMED: usize = 2;

/// Longest name of a rule, in characters.
const LONGEST_NAME: usize = 60;

/// Longest line on what happened, in characters.
const LONGEST_TELLING: usize = 110;

/// To how many characters it is cut where the terminal is narrower still.
const SHORTEST_TELLING: usize = 20;

/// Under this width of the terminal, in characters, times, hosts and ATT&CK get a line of their own.
const NARROW: u16 = 140;

/// Where the names of rules begin, in characters.
const INDENT: usize = 19;

const DIM: Style = Style::new().dimmed();

/// The alerts of each rule that gave any, told apart by severity where the rule overrides it.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<usize, Group>,
}

#[derive(Debug)]
struct Group {
    severity: Severity,
    alerts: u64,
    first: Option<String>,
    last: Option<String>,
    hosts: BTreeSet<String>,
    /// What happened, from the events of the first alert.
    telling: Vec<String>,
    /// The group id of the first alert, whose building blocks tell what happened.
    told_of: Option<Value>,
}

impl Groups {
    /// Counts an alert of the rule at that place. Building blocks of a sequence only add to what is told of it.
    pub(super) fn add(&mut self, rule: usize, alert: &Alert) {
        let document = &alert.document;
        let group_id = document.get("kibana.alert.group.id").cloned();
        let is_part = document.contains_key("kibana.alert.group.index");
        let is_whole = group_id.is_some() && !is_part;
        let group = self.groups.entry(rule).or_insert_with(|| Group {
            severity: alert.severity,
            alerts: 0,
            first: None,
            last: None,
            hosts: BTreeSet::new(),
            telling: Vec::new(),
            told_of: group_id.clone(),
        });
        let hosts = match field(document, "host.name") {
            Some(Value::Array(hosts)) => hosts.as_slice(),
            host => host.map_or(&[][..], std::slice::from_ref),
        };
        group.hosts.extend(hosts.iter().filter_map(Value::as_str).map(str::to_owned));
        let time = document.get("kibana.alert.original_time").and_then(Value::as_str).map(str::to_owned);
        if time.is_some() {
            group.first = group.first.take().into_iter().chain(time.clone()).min();
            group.last = group.last.take().max(time);
        }
        if !is_part {
            group.alerts += 1;
            group.severity = group.severity.max(alert.severity);
        }
        let tells = if is_part { group.told_of == group_id } else { group.alerts == 1 && !is_whole };
        if tells {
            group.telling.extend(telling(document));
        }
    }

    /// Whether there are no alerts.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The table: of each rule a line on what there is and one on what happened, and where the terminal is
    /// narrow a line between them for what does not fit. `rules` are those of the hunt, in their order.
    pub(super) fn table(&self, rules: &[&Rule], output: &Output) -> String {
        let mut rows: Vec<(&Rule, &Group)> =
            self.groups.iter().filter_map(|(rule, group)| Some((*rules.get(*rule)?, group))).collect();
        rows.sort_by(|(a_rule, a), (b_rule, b)| {
            (b.severity, b.alerts).cmp(&(a.severity, a.alerts)).then_with(|| a_rule.name.cmp(&b_rule.name))
        });
        let header = ["Severity", "Alerts", "Rule", "First and last (UTC)", "Hosts", "ATT&CK"];
        let mut table = output.table(header);
        // What happened goes between the rows: they stay on one line each, cut where the terminal is narrow.
        let width = table.width().filter(|_| table.is_tty());
        let is_narrow = width.is_some_and(|width| width < NARROW);
        for (number, column) in table.column_iter_mut().enumerate() {
            match number {
                3..=5 if is_narrow => drop(column.set_constraint(ColumnConstraint::Hidden)),
                0 | 1 | 3 => drop(column.set_constraint(ColumnConstraint::ContentWidth)),
                _ => {}
            }
        }
        if let Some(header) = table.header().cloned() {
            table.set_header(one_line(header));
        }
        let told_width = width.map_or(LONGEST_TELLING, |width| {
            usize::from(width).saturating_sub(INDENT).clamp(SHORTEST_TELLING, LONGEST_TELLING)
        });
        for (rule, group) in &rows {
            table.add_row(one_line(Row::from(vec![
                Cell::new(group.severity).fg(severity_color(group.severity)).add_attribute(Attribute::Bold),
                Cell::new(group.alerts).set_alignment(CellAlignment::Right),
                Cell::new(shortened(&printable(&rule.name), LONGEST_NAME)).add_attribute(Attribute::Bold),
                Cell::new(group.times()),
                Cell::new(printable(&group.hosts_named())),
                Cell::new(attack(rule)),
            ])));
        }
        let told = rows.iter().map(|(rule, group)| {
            let hidden = is_narrow.then(|| group.in_a_line(rule, told_width));
            [hidden.unwrap_or_default(), group.told(told_width)]
        });
        let mut text = String::new();
        for (line, told) in table.lines().zip(std::iter::once(Default::default()).chain(told)) {
            text.push_str(line.trim_end());
            text.push('\n');
            for told in told.iter().filter(|told| !told.is_empty()) {
                text.push_str(&format!("{:INDENT$}{DIM}{}{DIM:#}\n", "", printable(told)));
            }
        }
        text
    }
}

fn one_line(mut row: Row) -> Row {
    row.max_height(1);
    row
}

impl Group {
    /// What the hidden columns of a narrow table say.
    fn in_a_line(&self, rule: &Rule, width: usize) -> String {
        let parts = [self.times(), self.hosts_named(), attack(rule)];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        shortened(&parts.join(" · "), width)
    }

    fn told(&self, width: usize) -> String {
        shortened(&self.telling.join(" ⇒ "), width)
    }

    /// `2026-10-01 10:00:00`, and when the last was: only its time if it was on the same day.
    fn times(&self) -> String {
        let moment = |time: &Option<String>| {
            time.as_deref().and_then(|time| time.get(..19)).unwrap_or("").replace('T', " ")
        };
        let (first, last) = (moment(&self.first), moment(&self.last));
        match (first.split_once(' '), last.split_once(' ')) {
            _ if first == last => first,
            (Some((first_day, _)), Some((last_day, time))) if first_day == last_day => {
                format!("{first} – {time}")
            }
            _ => format!("{first} – {last}"),
        }
    }

    fn hosts_named(&self) -> String {
        let named: Vec<&str> = self.hosts.iter().take(HOSTS_NAMED).map(|host| short_name(host)).collect();
        match self.hosts.len().saturating_sub(HOSTS_NAMED) {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}

/// The name of a host without its domain; an address as it is.
fn short_name(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() { host } else { host.split('.').next().unwrap_or(host) }
}

/// The most precise techniques of a rule, or its tactics if it names none.
fn attack(rule: &Rule) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for technique in rule.threat.iter().flat_map(|threat| &threat.technique) {
        match technique.subtechnique.as_slice() {
            [] => ids.push(&technique.id),
            precise => ids.extend(precise.iter().map(|technique| technique.id.as_str())),
        }
    }
    if ids.is_empty() {
        ids.extend(rule.threat.iter().map(|threat| threat.tactic.id.as_str()));
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.join(" ")
}
