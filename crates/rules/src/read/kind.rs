//! Reading what a rule has by its type.

use std::ops::Range;

use super::behavior::read_behavior;
use super::decode::{Findings, FromTable, OneOrMany, Table};
use crate::kind::{
    Cardinality, EqlRule, Language, MachineLearningRule, NewTermsRule, QuerySource, RuleKind, RuleType,
    SavedQueryRule, ThreatMapping, ThreatMappingEntry, ThreatMatchRule, Threshold, ThresholdRule,
};
use rulehound_schema::DateMath;

/// Fields that some type has: on a rule of another type they mean nothing and are kept.
pub(super) const TYPE_FIELDS: &[&str] = &[
    "anomaly_threshold",
    "concurrent_searches",
    "data_view_id",
    "event_category_override",
    "filters",
    "history_window_start",
    "index",
    "items_per_search",
    "language",
    "machine_learning_job_id",
    "new_terms",
    "new_terms_fields",
    "query",
    "saved_id",
    "threat_filters",
    "threat_index",
    "threat_indicator_path",
    "threat_language",
    "threat_mapping",
    "threat_query",
    "threshold",
    "tiebreaker_field",
    "timestamp_field",
];

/// Where an indicator's fields stand in its document, unless the rule says otherwise.
const DEFAULT_INDICATOR_PATH: &str = "threat.indicator";

/// Reads the type and what goes with it.
pub(super) fn read_kind(t: &mut Table, findings: &mut Findings) -> Option<RuleKind> {
    Some(match t.required("type", findings)? {
        RuleType::Behavior => RuleKind::Behavior(read_behavior(t, findings)?),
        RuleType::Eql => RuleKind::Eql(read_eql(t, findings)?),
        RuleType::Esql => RuleKind::Esql(read_source(t, &[Language::Esql], findings)?),
        RuleType::MachineLearning => RuleKind::MachineLearning(read_machine_learning(t, findings)?),
        RuleType::NewTerms => RuleKind::NewTerms(read_new_terms(t, findings)?),
        RuleType::Query => RuleKind::Query(read_optional_query(t, findings)?),
        RuleType::SavedQuery => {
            let saved_id = t.required("saved_id", findings);
            let source = read_optional_query(t, findings)?;
            RuleKind::SavedQuery(SavedQueryRule { source, saved_id: saved_id?, saved: None })
        }
        RuleType::ThreatMatch => RuleKind::ThreatMatch(read_threat_match(t, findings)?),
        RuleType::Threshold => {
            let threshold = t.required("threshold", findings);
            let source = read_source(t, KIBANA_LANGUAGES, findings)?;
            RuleKind::Threshold(ThresholdRule { source, threshold: threshold? })
        }
    })
}

/// The languages that Kibana's search bar speaks; the first is the default.
const KIBANA_LANGUAGES: &[Language] = &[Language::Kuery, Language::Lucene];

/// Indices and a query, which must be there, in one of `languages`; the first is meant if the rule does not say.
pub(super) fn read_source(
    t: &mut Table,
    languages: &[Language],
    findings: &mut Findings,
) -> Option<QuerySource> {
    let query = t.required("query", findings);
    read_source_of(query, t, languages, findings)
}

/// Indices and a query, empty if left out: `query` rules may have filters alone, or a saved query.
fn read_optional_query(t: &mut Table, findings: &mut Findings) -> Option<QuerySource> {
    let query = match t.get("query") {
        None => Some(String::new()),
        Some(_) => t.required("query", findings),
    };
    read_source_of(query, t, KIBANA_LANGUAGES, findings)
}

fn read_source_of(
    query: Option<String>,
    t: &mut Table,
    languages: &[Language],
    findings: &mut Findings,
) -> Option<QuerySource> {
    let language_span = t.get("language").map(|node| node.span.clone());
    let language: Option<Language> = t.optional("language", findings);
    if let (Some(language), Some(span)) = (language, language_span)
        && !languages.contains(&language)
    {
        let message = format!("a rule of this type cannot have a query in `{language}`");
        let words: Vec<&str> = languages.iter().map(|language| language.as_str()).collect();
        findings.error(
            "rule::language",
            span,
            message,
            Some(format!("its query is in {}", words.join(" or "))),
        );
    }
    Some(QuerySource {
        index: t.list("index", findings),
        data_view_id: t.optional("data_view_id", findings),
        view_index: Vec::new(),
        filters: t.list("filters", findings),
        language: language.or_else(|| languages.first().copied())?,
        query: query?,
    })
}

fn read_eql(t: &mut Table, findings: &mut Findings) -> Option<EqlRule> {
    let event_category_override = t.optional("event_category_override", findings);
    let timestamp_field = t.optional("timestamp_field", findings);
    let tiebreaker_field = t.optional("tiebreaker_field", findings);
    let source = read_source(t, &[Language::Eql], findings)?;
    Some(EqlRule { source, event_category_override, timestamp_field, tiebreaker_field })
}

fn read_machine_learning(t: &mut Table, findings: &mut Findings) -> Option<MachineLearningRule> {
    let span = t.get("anomaly_threshold").map(|node| node.span.clone());
    let threshold: Option<i64> = t.required("anomaly_threshold", findings);
    let jobs: Option<OneOrMany<String>> = t.required("machine_learning_job_id", findings);
    let anomaly_threshold = u64::try_from(threshold?).ok().filter(|threshold| *threshold <= 100);
    if let (None, Some(span)) = (anomaly_threshold, span) {
        let message = "`rule.anomaly_threshold` must be from 0 to 100".to_owned();
        findings.error("rule::out-of-range", span, message, None);
    }
    Some(MachineLearningRule { anomaly_threshold: anomaly_threshold?, machine_learning_job_id: jobs?.0 })
}

fn read_new_terms(t: &mut Table, findings: &mut Findings) -> Option<NewTermsRule> {
    let is_api = t.get("new_terms_fields").is_some() || t.get("history_window_start").is_some();
    let terms = if is_api {
        let span = t.get("new_terms_fields").map(|node| node.span.clone());
        let fields: Option<Vec<String>> = t.required("new_terms_fields", findings);
        let start = t.required("history_window_start", findings);
        if let Some((fields, span)) = fields.as_ref().zip(span) {
            check_new_terms("rule.new_terms_fields", fields, span, findings);
        }
        fields.zip(start).map(|(new_terms_fields, start)| NewTerms { new_terms_fields, start })
    } else {
        t.required("new_terms", findings)
    };
    let source = read_source(t, KIBANA_LANGUAGES, findings)?;
    let NewTerms { new_terms_fields, start } = terms?;
    Some(NewTermsRule { source, new_terms_fields, history_window_start: start })
}

fn check_new_terms(name: &str, fields: &[String], span: Range<usize>, findings: &mut Findings) {
    if !(1..=3).contains(&fields.len()) {
        let message = format!("`{name}` must name one to three fields, not {}", fields.len());
        findings.error("rule::out-of-range", span, message, None);
    }
}

/// What is new, and since when. TOML has it in a table, `new_terms`, in which each value stands beside the name of the
/// API's field.
struct NewTerms {
    new_terms_fields: Vec<String>,
    start: DateMath,
}

impl FromTable for NewTerms {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let span = t.span.clone();
        t.optional::<String>("field", findings);
        let fields: Option<Vec<String>> = t.required("value", findings);
        let windows: Option<Vec<HistoryWindow>> = t.required("history_window_start", findings);
        let fields = fields?;
        check_new_terms("rule.new_terms.value", &fields, span.clone(), findings);
        let windows = windows?;
        if windows.len() != 1 {
            let message =
                format!("`rule.new_terms.history_window_start` must have one entry, not {}", windows.len());
            findings.error("rule::out-of-range", span, message, None);
        }
        let start = windows.into_iter().next()?.start;
        Some(Self { new_terms_fields: fields, start })
    }
}

struct HistoryWindow {
    start: DateMath,
}

impl FromTable for HistoryWindow {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        t.optional::<String>("field", findings);
        Some(Self { start: t.required("value", findings)? })
    }
}

impl FromTable for Threshold {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let field: Option<OneOrMany<String>> = t.optional("field", findings);
        let value = t.required("value", findings);
        let cardinality = t.list("cardinality", findings);
        let field = field.map(|many| many.0).unwrap_or_default();
        Some(Self {
            field: field.into_iter().filter(|name| !name.is_empty()).collect(),
            value: value?,
            cardinality,
        })
    }
}

impl FromTable for Cardinality {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (field, value) = (t.required("field", findings), t.required("value", findings));
        Some(Self { field: field?, value: value? })
    }
}

fn read_threat_match(t: &mut Table, findings: &mut Findings) -> Option<ThreatMatchRule> {
    let threat_index = t.required("threat_index", findings);
    let threat_query = t.optional("threat_query", findings).unwrap_or_else(|| "*:*".to_owned());
    let threat_language = t.optional("threat_language", findings).unwrap_or(Language::Kuery);
    let threat_filters = t.list("threat_filters", findings);
    let threat_mapping = t.required("threat_mapping", findings);
    let threat_indicator_path =
        t.optional("threat_indicator_path", findings).unwrap_or_else(|| DEFAULT_INDICATOR_PATH.to_owned());
    let source = read_source(t, KIBANA_LANGUAGES, findings)?;
    Some(ThreatMatchRule {
        source,
        threat_index: threat_index?,
        threat_query,
        threat_language,
        threat_filters,
        threat_mapping: threat_mapping?,
        threat_indicator_path,
    })
}

impl FromTable for ThreatMapping {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let span = t.span.clone();
        let entries: Vec<ThreatMappingEntry> = t.required("entries", findings)?;
        if entries.is_empty() {
            findings.error("rule::empty", span, "`rule.threat_mapping.entries` is empty".to_owned(), None);
        }
        Some(Self { entries })
    }
}

impl FromTable for ThreatMappingEntry {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (field, value) = (t.required("field", findings), t.required("value", findings));
        let entry_type = t.optional("type", findings).unwrap_or_else(|| "mapping".to_owned());
        let negate = t.optional("negate", findings).unwrap_or_default();
        Some(Self { field: field?, entry_type, value: value?, negate })
    }
}
