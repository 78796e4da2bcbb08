//! The rule: everything that a detection rule says, whatever format it was read from.

use std::time::Duration;

use rulehound_query::Window;
use serde::Serialize;
use serde_json::Value;

use rulehound_schema::DateMath;

use crate::interval::Interval;
use crate::kind::{JsonObject, QuerySource, RuleKind, RuleType};
use crate::threat::Threat;
use crate::values::{
    BuildingBlockType, MappingOperator, Maturity, MissingFieldsStrategy, RiskScore, RuleId, RuleVersion,
    Severity, TimeUnit,
};

/// A detection rule. Serialised, it has the shape of Kibana's detection API; [`Rule::metadata`] and
/// [`Rule::transform`], which only the TOML format knows, are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// What it is known by.
    pub rule_id: RuleId,
    /// What it is called.
    pub name: String,
    /// What it finds and why that matters.
    pub description: String,
    /// Whether a live engine runs it.
    pub enabled: bool,
    /// How bad a match is.
    pub severity: Severity,
    /// How dangerous a match is.
    pub risk_score: RiskScore,
    /// What its type alone has: query, indices, threshold, ...
    #[serde(flatten)]
    pub kind: RuleKind,
    /// When it runs and how far it looks back.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// What an alert takes from the event instead of from the rule.
    #[serde(flatten)]
    pub overrides: Overrides,
    /// Who wrote it.
    pub author: Vec<String>,
    /// Under which licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Which version of it this is.
    pub version: RuleVersion,
    /// ATT&CK.
    pub threat: Vec<Threat>,
    /// Links to read more.
    pub references: Vec<String>,
    /// What harmless activity may match.
    pub false_positives: Vec<String>,
    /// The investigation guide, Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What must be set up for events to arrive, Markdown.
    pub setup: String,
    /// Fields shown first in an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub investigation_fields: Option<InvestigationFields>,
    /// Alerts are building blocks, hidden by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub building_block_type: Option<BuildingBlockType>,
    /// Alerts that are alike are folded into one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_suppression: Option<AlertSuppression>,
    /// Lists of exceptions, by reference.
    pub exceptions_list: Vec<ExceptionList>,
    /// Packages that bring the events.
    pub related_integrations: Vec<RelatedIntegration>,
    /// Fields that the query reads.
    pub required_fields: Vec<RequiredField>,
    /// Where Kibana writes the alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_index: Option<String>,
    /// How Kibana's timeline opens for an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_id: Option<String>,
    /// The title of that timeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_title: Option<String>,
    /// How often Kibana acts on alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<String>,
    /// Fields with no meaning here (`actions`, `meta`, fields of another rule type, unknown ones), as they were.
    #[serde(flatten)]
    pub extra: JsonObject,
    /// What the repository of the rule keeps about it.
    #[serde(skip)]
    pub metadata: Metadata,
    /// What the guide's placeholders stand for: `osquery`, `investigate`.
    #[serde(skip)]
    pub transform: JsonObject,
}

/// When a rule runs, over which events, and how many alerts it may give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Every so often.
    pub interval: Interval,
    /// Over events not older than this.
    pub from: DateMath,
    /// And not younger than this.
    pub to: DateMath,
    /// The most alerts of one run.
    pub max_signals: u64,
}

/// What an alert takes from the event instead of from the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overrides {
    /// The severity, where a field has a value.
    pub severity_mapping: Vec<SeverityMapping>,
    /// The risk score: the number in a field.
    pub risk_score_mapping: Vec<RiskScoreMapping>,
    /// The name: the text in a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_name_override: Option<String>,
    /// The time by which events are searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_override: Option<String>,
    /// Events without that field are left out, instead of searched by `@timestamp`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timestamp_override_fallback_disabled: bool,
}

/// A severity that holds where a field has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeverityMapping {
    /// The event's field.
    pub field: String,
    /// How it is compared.
    pub operator: MappingOperator,
    /// With what.
    pub value: String,
    /// The severity then.
    pub severity: Severity,
}

/// A field whose number is the risk score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskScoreMapping {
    /// The event's field.
    pub field: String,
    /// How it is compared.
    pub operator: MappingOperator,
    /// With what; empty takes the field's own number.
    pub value: String,
    /// The score then, if it is not the field's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_score: Option<RiskScore>,
}

/// Fields shown first in an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvestigationFields {
    /// Their names.
    pub field_names: Vec<String>,
}

/// How alerts that are alike are folded into one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertSuppression {
    /// Alerts are alike if they have the same values here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// For how long; one run if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<SuppressionDuration>,
    /// What happens with alerts that lack a field.
    pub missing_fields_strategy: MissingFieldsStrategy,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SuppressionDuration {
    /// How many.
    pub value: u64,
    /// Of what.
    pub unit: TimeUnit,
}

/// A list of exceptions, kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionList {
    /// Its id in Kibana.
    pub id: String,
    /// Its id for people.
    pub list_id: String,
    /// `detection`, `endpoint`, ...
    #[serde(rename = "type")]
    pub list_type: String,
    /// `single` or `agnostic` of Kibana's spaces.
    pub namespace_type: String,
}

/// A package that brings the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelatedIntegration {
    /// The package.
    pub package: String,
    /// Which versions of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Which part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
}

/// A field that the query reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequiredField {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub field_type: Option<String>,
    /// Whether ECS has it.
    pub ecs: bool,
}

/// What the repository of a rule keeps about it (`[metadata]`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Metadata {
    /// `2020/02/18`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<String>,
    /// `2024/05/21`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_date: Option<String>,
    /// How far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maturity: Option<Maturity>,
    /// Packages that bring the events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub integration: Vec<String>,
    /// The oldest Elastic Stack that has what it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_stack_version: Option<String>,
    /// Why that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_stack_comments: Option<String>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation_date: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated_reason: Option<String>,
    /// A building block may run on another schedule than building blocks should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bypass_bbr_timing: Option<bool>,
    /// It turns another product's alerts into alerts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion: Option<bool>,
    /// The rest.
    #[serde(flatten)]
    pub extra: JsonObject,
}

impl Schedule {
    /// How long a stretch of time one run searches.
    pub fn look_back(&self) -> Duration {
        self.from.before_now().saturating_sub(self.to.before_now())
    }

    /// When it runs and which stretch of time each run sees. Should it look back less than from one run to the next,
    /// it is taken to look back so far: Kibana would miss what lies between.
    pub fn window(&self) -> Window {
        let (interval, delay) = (self.interval.duration(), self.to.before_now());
        Window { interval, look_back: self.from.before_now().max(interval + delay), delay }
    }
}

impl SuppressionDuration {
    /// Its length.
    pub fn span(&self) -> Duration {
        let seconds = match self.unit {
            TimeUnit::Second => 1,
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 3600,
        };
        Duration::from_secs(self.value.saturating_mul(seconds))
    }
}

impl Rule {
    /// The type as a word.
    pub fn rule_type(&self) -> RuleType {
        self.kind.rule_type()
    }

    /// Indices, query and filters; a machine-learning rule has none.
    pub fn source(&self) -> Option<&QuerySource> {
        self.kind.source()
    }

    /// The index patterns that are searched; none means all, or that the query names its own.
    pub fn index(&self) -> &[String] {
        self.source().map_or(&[], QuerySource::searched)
    }

    /// The query, if the type has one.
    pub fn query(&self) -> Option<&str> {
        self.source().map(|source| source.query.as_str())
    }

    /// Whether it was withdrawn: kept for the record and not run.
    pub fn is_deprecated(&self) -> bool {
        self.metadata.maturity == Some(Maturity::Deprecated)
    }

    /// Whether its alerts are building blocks.
    pub fn is_building_block(&self) -> bool {
        self.building_block_type.is_some()
    }

    /// The rule in the shape of Kibana's detection API.
    pub fn to_json(&self) -> Value {
        // Every map in a rule has strings for keys and every number is finite, so this cannot fail.
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
