//! Rule types, and what each type alone has.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::values::vocabulary;
use rulehound_schema::DateMath;

vocabulary! {
    /// The types of rule there are.
    RuleType {
        /// Event correlation as Elastic Endpoint does it, on one machine.
        Behavior = "behavior",
        /// Event correlation: single events, sequences, samples.
        Eql = "eql",
        /// ES|QL.
        Esql = "esql",
        /// Anomalies that a machine-learning job found.
        MachineLearning = "machine_learning",
        /// A value not seen before.
        NewTerms = "new_terms",
        /// KQL or Lucene over single events.
        Query = "query",
        /// Like `query`, its text kept in Kibana under an id.
        SavedQuery = "saved_query",
        /// Events that share a value with an indicator.
        ThreatMatch = "threat_match",
        /// More matches than a number.
        Threshold = "threshold",
    }
}

vocabulary! {
    /// The languages a query is written in.
    Language {
        /// Event Query Language.
        Eql = "eql",
        /// ES|QL.
        Esql = "esql",
        /// KQL, the Kibana Query Language.
        Kuery = "kuery",
        /// Lucene's query string.
        Lucene = "lucene",
    }
}

/// What a rule has by its type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleKind {
    /// See [`RuleType::Behavior`].
    Behavior(BehaviorRule),
    /// See [`RuleType::Eql`].
    Eql(EqlRule),
    /// See [`RuleType::Esql`].
    Esql(QuerySource),
    /// See [`RuleType::MachineLearning`].
    MachineLearning(MachineLearningRule),
    /// See [`RuleType::NewTerms`].
    NewTerms(NewTermsRule),
    /// See [`RuleType::Query`].
    Query(QuerySource),
    /// See [`RuleType::SavedQuery`].
    SavedQuery(SavedQueryRule),
    /// See [`RuleType::ThreatMatch`].
    ThreatMatch(ThreatMatchRule),
    /// See [`RuleType::Threshold`].
    Threshold(ThresholdRule),
}

/// Which events a rule looks at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuerySource {
    /// Index patterns; empty where the query names its own (ES|QL) or a data view does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<String>,
    /// Kibana's data view, instead of `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_view_id: Option<String>,
    /// The index patterns of the data view, if it was loaded.
    #[serde(skip)]
    pub view_index: Vec<String>,
    /// The query, as written.
    pub query: String,
    /// What it is written in.
    pub language: Language,
    /// Kibana filters that events must pass as well, in Elasticsearch's query DSL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Value>,
}

/// An `eql` rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EqlRule {
    /// Indices, query, filters.
    #[serde(flatten)]
    pub source: QuerySource,
    /// The field that `process where` compares with `process`, instead of `event.category`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_category_override: Option<String>,
    /// The field that orders events, instead of `@timestamp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_field: Option<String>,
    /// The field that orders events of the same moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiebreaker_field: Option<String>,
}

/// A `behavior` rule: one of Elastic Endpoint's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BehaviorRule {
    /// Query, in the endpoint's dialect of EQL, and the indices of the endpoint's events.
    #[serde(flatten)]
    pub source: QuerySource,
    /// The systems that it is for.
    pub os_list: Vec<OperatingSystem>,
    /// What the endpoint does when it matches. Kept for who acts on the alert.
    pub actions: Vec<ResponseAction>,
    /// What the endpoint does as well, if it is told to.
    pub optional_actions: Vec<ResponseAction>,
    /// The endpoint asks Elastic what is known of the files before it alerts. Noted, and not done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reputation: bool,
    /// The oldest endpoint that has what it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_endpoint_version: Option<String>,
    /// The newest endpoint that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_endpoint_version: Option<String>,
}

vocabulary! {
    /// Operating systems, as `host.os.type` names them.
    OperatingSystem {
        /// Linux.
        Linux = "linux",
        /// macOS.
        Macos = "macos",
        /// Windows.
        Windows = "windows",
    }
}

/// What the endpoint does about a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResponseAction {
    /// Such as `kill_process`.
    pub action: String,
    /// The field that says to what.
    pub field: String,
    /// Which event of the match has the field, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<i64>,
    /// To its descendants too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tree: bool,
}

/// A `saved_query` rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedQueryRule {
    /// Indices, query, filters.
    #[serde(flatten)]
    pub source: QuerySource,
    /// The saved query's id in Kibana.
    pub saved_id: String,
    /// What is asked in place of `source`, if the saved query was loaded.
    #[serde(skip)]
    pub saved: Option<QuerySource>,
}

/// A `machine_learning` rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineLearningRule {
    /// The least anomaly score that alerts, 0 to 100.
    pub anomaly_threshold: u64,
    /// The jobs that find the anomalies. Never empty.
    pub machine_learning_job_id: Vec<String>,
}

/// A `new_terms` rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewTermsRule {
    /// Indices, query, filters.
    #[serde(flatten)]
    pub source: QuerySource,
    /// One to three fields, whose values together must be new.
    pub new_terms_fields: Vec<String>,
    /// Since when a value counts as seen.
    pub history_window_start: DateMath,
}

/// A `threshold` rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdRule {
    /// Indices, query, filters.
    #[serde(flatten)]
    pub source: QuerySource,
    /// How many of what.
    pub threshold: Threshold,
}

/// How many matches, of what, are too many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// Fields to count by; empty counts all matches together.
    pub field: Vec<String>,
    /// The least number of matches that alerts.
    pub value: u64,
    /// How many different values of another field there must be as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cardinality: Vec<Cardinality>,
}

/// A least number of different values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cardinality {
    /// The field.
    pub field: String,
    /// The least number of its different values.
    pub value: u64,
}

/// A `threat_match` (indicator match) rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThreatMatchRule {
    /// Indices, query, filters.
    #[serde(flatten)]
    pub source: QuerySource,
    /// Index patterns of the indicators.
    pub threat_index: Vec<String>,
    /// Which indicators.
    pub threat_query: String,
    /// What `threat_query` is written in.
    pub threat_language: Language,
    /// Kibana filters that indicators must pass as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub threat_filters: Vec<Value>,
    /// Which fields must be equal: one of these, and of it all entries.
    pub threat_mapping: Vec<ThreatMapping>,
    /// Where the indicator's fields stand in its document.
    pub threat_indicator_path: String,
}

/// Entries that must all hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreatMapping {
    /// Never empty.
    pub entries: Vec<ThreatMappingEntry>,
}

/// An event's field that must equal an indicator's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreatMappingEntry {
    /// The event's field.
    pub field: String,
    /// Always `mapping`.
    #[serde(rename = "type")]
    pub entry_type: String,
    /// The indicator's field.
    pub value: String,
    /// The entry holds where the values differ.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub negate: bool,
}

impl QuerySource {
    /// The index patterns that are searched: those of the data view, if it was loaded.
    pub fn searched(&self) -> &[String] {
        if self.view_index.is_empty() { &self.index } else { &self.view_index }
    }
}

impl SavedQueryRule {
    /// What is asked: the saved query, if it was loaded.
    pub fn asked(&self) -> &QuerySource {
        self.saved.as_ref().unwrap_or(&self.source)
    }
}

impl RuleKind {
    /// The type as a word.
    pub fn rule_type(&self) -> RuleType {
        match self {
            Self::Behavior(_) => RuleType::Behavior,
            Self::Eql(_) => RuleType::Eql,
            Self::Esql(_) => RuleType::Esql,
            Self::MachineLearning(_) => RuleType::MachineLearning,
            Self::NewTerms(_) => RuleType::NewTerms,
            Self::Query(_) => RuleType::Query,
            Self::SavedQuery(_) => RuleType::SavedQuery,
            Self::ThreatMatch(_) => RuleType::ThreatMatch,
            Self::Threshold(_) => RuleType::Threshold,
        }
    }

    /// Indices, query and filters; a machine-learning rule has none.
    pub fn source(&self) -> Option<&QuerySource> {
        match self {
            Self::Behavior(rule) => Some(&rule.source),
            Self::Eql(rule) => Some(&rule.source),
            Self::Esql(source) | Self::Query(source) => Some(source),
            Self::MachineLearning(_) => None,
            Self::NewTerms(rule) => Some(&rule.source),
            Self::SavedQuery(rule) => Some(rule.asked()),
            Self::ThreatMatch(rule) => Some(&rule.source),
            Self::Threshold(rule) => Some(&rule.source),
        }
    }

    /// What the rule itself says of its indices, query and filters, to change it.
    pub(crate) fn source_mut(&mut self) -> Option<&mut QuerySource> {
        match self {
            Self::Behavior(rule) => Some(&mut rule.source),
            Self::Eql(rule) => Some(&mut rule.source),
            Self::Esql(source) | Self::Query(source) => Some(source),
            Self::MachineLearning(_) => None,
            Self::NewTerms(rule) => Some(&mut rule.source),
            Self::SavedQuery(rule) => Some(&mut rule.source),
            Self::ThreatMatch(rule) => Some(&mut rule.source),
            Self::Threshold(rule) => Some(&mut rule.source),
        }
    }
}

/// A JSON object.
pub type JsonObject = Map<String, Value>;
