//! The documentation page of a rule. What it says is decided here, once; [`markdown`] and [`html`] only
//! decide how it looks.

mod html;
mod markdown;

use crate::kind::{BehaviorRule, ResponseAction, RuleKind};
use crate::rule::Rule;
use crate::threat::Threat;

/// The documentation page of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    title: String,
    blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Heading(&'static str),
    /// Running text.
    Paragraph(String),
    /// A name and its value.
    Fact(&'static str, Vec<Inline>),
    /// Values, and what they are called.
    List(Option<&'static str>, Vec<Item>),
    /// Text that keeps its lines; the language it is in.
    Code(&'static str, String),
    /// The author's own Markdown.
    Markdown(String),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Inline {
    Text(String),
    /// Text that leads somewhere, where the format can show that.
    Link(&'static str, &'static str),
    /// An address, shown as it is.
    Url(String),
    /// Raised, small.
    Superscript(&'static str),
}

/// An item of a list, and facts below it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    line: Vec<Inline>,
    facts: Vec<(&'static str, Inline)>,
}

const DATE_MATH: Inline = Inline::Link(
    "Date Math format",
    "https://www.elastic.co/guide/en/elasticsearch/reference/current/common-options.html#date-math",
);
const LOOK_BACK: Inline = Inline::Link(
    "Additional look-back time",
    "https://www.elastic.co/guide/en/security/current/rules-ui-create.html#rule-schedule",
);

impl Page {
    /// The page of a rule.
    pub fn of(rule: &Rule) -> Self {
        let mut blocks = vec![Block::Paragraph(one_line(&rule.description))];
        blocks.push(fact("Rule type", rule.rule_type().as_str()));
        blocks.push(list("Rule indices", rule.index()));
        blocks.extend(type_facts(&rule.kind));
        blocks.push(fact("Severity", rule.severity.as_str()));
        blocks.push(fact("Risk score", &rule.risk_score.to_string()));
        blocks.push(fact("Runs every", rule.schedule.interval.as_str()));
        blocks.push(Block::Fact(
            "Searches indices from",
            vec![
                Inline::Text(format!("{} (", rule.schedule.from)),
                DATE_MATH,
                Inline::Text(", see also ".to_owned()),
                LOOK_BACK,
                Inline::Text(")".to_owned()),
            ],
        ));
        blocks.push(fact("Maximum alerts per execution", &rule.schedule.max_signals.to_string()));
        blocks.push(urls("References", &rule.references));
        blocks.push(list("Tags", &rule.tags));
        blocks.push(fact("Version", &rule.version.to_string()));
        blocks.push(list("Rule authors", &rule.author));
        blocks.push(fact("Rule license", rule.license.as_deref().unwrap_or(NONE)));
        if !rule.false_positives.is_empty() {
            blocks.push(Block::Heading("Potential false positives"));
            blocks.extend(rule.false_positives.iter().map(|text| Block::Markdown(text.trim().to_owned())));
        }
        blocks.extend(guide("Investigation guide", rule.note.as_deref()));
        blocks.extend(guide("Setup", Some(&rule.setup)));
        if let Some(source) = rule.source() {
            blocks.push(Block::Heading("Rule query"));
            blocks.push(Block::Code(source.language.as_str(), source.query.trim().to_owned()));
        }
        blocks.extend(rule.threat.iter().flat_map(threat));
        Self { title: one_line(&rule.name), blocks }
    }
}

/// What stands where there is nothing.
const NONE: &str = "None";

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

fn fact(name: &'static str, value: &str) -> Block {
    Block::Fact(name, vec![text(value)])
}

fn list(name: &'static str, values: &[String]) -> Block {
    list_of(name, values.iter().map(|value| text(value)))
}

fn urls(name: &'static str, values: &[String]) -> Block {
    list_of(name, values.iter().map(|value| Inline::Url(value.clone())))
}

fn list_of(name: &'static str, values: impl Iterator<Item = Inline>) -> Block {
    let items: Vec<Item> = values.map(|value| Item { line: vec![value], facts: Vec::new() }).collect();
    if items.is_empty() { fact(name, NONE) } else { Block::List(Some(name), items) }
}

/// An author's Markdown below a heading, without that heading where the author wrote it too.
fn guide(heading: &'static str, markdown: Option<&str>) -> Vec<Block> {
    let markdown = markdown.unwrap_or_default().trim();
    let (first, rest) = markdown.split_once('\n').unwrap_or((markdown, ""));
    let repeats =
        first.starts_with('#') && first.trim_start_matches('#').trim().eq_ignore_ascii_case(heading);
    match if repeats { rest.trim() } else { markdown } {
        "" => Vec::new(),
        markdown => vec![Block::Heading(heading), Block::Markdown(markdown.to_owned())],
    }
}

/// What rules of one type alone have to say.
fn type_facts(kind: &RuleKind) -> Vec<Block> {
    match kind {
        RuleKind::MachineLearning(rule) => vec![
            list("Machine learning jobs", &rule.machine_learning_job_id),
            fact("Anomaly threshold", &rule.anomaly_threshold.to_string()),
        ],
        RuleKind::NewTerms(rule) => vec![
            list("New terms fields", &rule.new_terms_fields),
            fact("History window", rule.history_window_start.as_str()),
        ],
        RuleKind::Threshold(rule) => {
            let threshold = &rule.threshold;
            let cardinality = threshold.cardinality.iter().map(|of| format!("{}: {}", of.field, of.value));
            let mut blocks =
                vec![fact("Threshold", &threshold.value.to_string()), list("Counted by", &threshold.field)];
            if !threshold.cardinality.is_empty() {
                blocks.push(list_of("Different values", cardinality.map(Inline::Text)));
            }
            blocks
        }
        RuleKind::ThreatMatch(rule) => {
            let entries = rule.threat_mapping.iter().flat_map(|mapping| &mapping.entries);
            let mapping =
                entries.map(|entry| Inline::Text(format!("{} matches {}", entry.field, entry.value)));
            vec![list("Indicator indices", &rule.threat_index), list_of("Indicator mapping", mapping)]
        }
        RuleKind::Behavior(rule) => behavior_facts(rule),
        RuleKind::Eql(_) | RuleKind::Esql(_) | RuleKind::Query(_) | RuleKind::SavedQuery(_) => Vec::new(),
    }
}

fn behavior_facts(rule: &BehaviorRule) -> Vec<Block> {
    let action = |of: &ResponseAction| {
        let ResponseAction { action, field, state, tree } = of;
        let event = state.map(|state| format!(" of event {state}")).unwrap_or_default();
        let tree = if *tree { ", with its descendants" } else { "" };
        Inline::Text(format!("{action}: {field}{event}{tree}"))
    };
    let systems = rule.os_list.iter().map(|system| text(system.as_str()));
    let mut blocks = vec![
        list_of("Operating systems", systems),
        list_of("Response actions", rule.actions.iter().map(action)),
        list_of("Optional response actions", rule.optional_actions.iter().map(action)),
        fact("Asks for the reputation of files", if rule.reputation { "Yes" } else { "No" }),
    ];
    let versions =
        [("Oldest endpoint", &rule.min_endpoint_version), ("Newest endpoint", &rule.max_endpoint_version)];
    blocks.extend(versions.into_iter().filter_map(|(name, version)| Some(fact(name, version.as_ref()?))));
    blocks
}

fn threat(threat: &Threat) -> Vec<Block> {
    let mut framework = vec![text(&threat.framework)];
    if threat.framework == "MITRE ATT&CK" {
        framework.push(Inline::Superscript("TM"));
    }
    let tactic = &threat.tactic;
    let mut items = vec![attack_item("Tactic:", &tactic.name, &tactic.id, &tactic.reference)];
    for technique in &threat.technique {
        items.push(attack_item("Technique:", &technique.name, &technique.id, &technique.reference));
        items.extend(
            technique
                .subtechnique
                .iter()
                .map(|sub| attack_item("Sub-technique:", &sub.name, &sub.id, &sub.reference)),
        );
    }
    vec![Block::Fact("Framework", framework), Block::List(None, items)]
}

fn attack_item(kind: &str, name: &str, id: &str, reference: &str) -> Item {
    let facts =
        vec![("Name", text(name)), ("ID", text(id)), ("Reference URL", Inline::Url(reference.to_owned()))];
    Item { line: vec![text(kind)], facts }
}
