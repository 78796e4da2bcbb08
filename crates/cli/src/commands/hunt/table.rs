//! Alerts for a person: grouped by rule, the worst first.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement};
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
        if let Some(host) = field(document, "host.name").and_then(Value::as_str) {
            group.hosts.insert(host.to_owned());
        }
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

    /// The table, two lines a rule: what there is, and what happened. `rules` are those of the hunt, in
    /// their order.
    pub(super) fn table(&self, rules: &[&Rule], output: &Output) -> String {
        let mut rows: Vec<(&Rule, &Group)> =
            self.groups.iter().filter_map(|(rule, group)| Some((*rules.get(*rule)?, group))).collect();
        rows.sort_by(|(a_rule, a), (b_rule, b)| {
            (b.severity, b.alerts).cmp(&(a.severity, a.alerts)).then_with(|| a_rule.name.cmp(&b_rule.name))
        });
        let header = ["Severity", "Alerts", "Rule", "First and last (UTC)", "Hosts", "ATT&CK"];
        let mut table = output.table(header);
        // Rows stay on one line each: the terminal may wrap them, but what happened goes between them.
        table.set_content_arrangement(ContentArrangement::Disabled);
        for (rule, group) in &rows {
            table.add_row(vec![
                Cell::new(group.severity).fg(severity_color(group.severity)).add_attribute(Attribute::Bold),
                Cell::new(group.alerts).set_alignment(CellAlignment::Right),
                Cell::new(shortened(&printable(&rule.name), LONGEST_NAME)).add_attribute(Attribute::Bold),
                Cell::new(group.times()),
                Cell::new(printable(&group.hosts_named())),
                Cell::new(attack(rule)),
            ]);
        }
        let told = rows.iter().map(|(_, group)| group.told());
        let mut text = String::new();
        for (line, told) in table.lines().zip(std::iter::once(String::new()).chain(told)) {
            text.push_str(line.trim_end());
            text.push('\n');
            if !told.is_empty() {
                text.push_str(&format!("{:INDENT$}{DIM}{}{DIM:#}\n", "", printable(&told)));
            }
        }
        text
    }
}

impl Group {
    fn told(&self) -> String {
        shortened(&self.telling.join(" ⇒ "), LONGEST_TELLING)
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
