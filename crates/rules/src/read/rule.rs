//! Reading a rule from its table.

use super::behavior;
use super::decode::{Findings, FromTable, NonEmpty, OneOrMany, Table};
use super::kind::TYPE_FIELDS;
use rulehound_schema::DateMath;

use crate::interval::Interval;
use crate::kind::{JsonObject, RuleKind};
use crate::rule::{
    AlertSuppression, ExceptionList, InvestigationFields, Metadata, Overrides, RelatedIntegration,
    RequiredField, RiskScoreMapping, Rule, Schedule, SeverityMapping, SuppressionDuration,
};
use crate::values::{MappingOperator, MissingFieldsStrategy, RuleVersion};

/// Fields that the format knows and that mean nothing here: kept without a word.
const KEPT: &[&str] =
    &["actions", "response_actions", "meta", "revision", "threat_mappings", "immutable", "namespace"];

/// Fields that Kibana gives an installed rule: kept likewise.
pub(super) const KEPT_OF_INSTALLED: &[&str] = &[
    "id",
    "alias_purpose",
    "alias_target_id",
    "created_at",
    "created_by",
    "execution_summary",
    "outcome",
    "rule_source",
    "updated_at",
    "updated_by",
];

/// Reads the rest of a rule's table, after its type. Fields of the names `kept` are kept without a word. `None`: it has
/// errors, which are among the findings.
pub(super) fn read_rule(
    mut table: Table,
    kind: Option<RuleKind>,
    kept: &[&'static str],
    findings: &mut Findings,
) -> Option<Rule> {
    let t = &mut table;
    let rule_id = t.required("rule_id", findings);
    let name: Option<NonEmpty> = t.required("name", findings);
    let description: Option<NonEmpty> = t.required("description", findings);
    let severity = t.required("severity", findings);
    let risk_score = t.required("risk_score", findings);
    if t.get("author").is_none() {
        let message = "`rule` has no `author`".to_owned();
        findings.warning(
            "rule::missing-field",
            t.span.clone(),
            message,
            Some("add `author = [\"...\"]`".into()),
        );
    }
    // Read in the order written: all that may be left out first, so that every problem is found before the
    // first missing field ends it.
    let rule = Rule {
        schedule: read_schedule(t, findings),
        overrides: read_overrides(t, findings),
        enabled: t.optional("enabled", findings).unwrap_or(true),
        author: t.list("author", findings),
        license: t.optional("license", findings),
        tags: t.list("tags", findings),
        version: t.optional("version", findings).unwrap_or(RuleVersion::FIRST),
        threat: t.list("threat", findings),
        references: t.list("references", findings),
        false_positives: t.list("false_positives", findings),
        note: t.optional("note", findings),
        setup: t.optional("setup", findings).unwrap_or_default(),
        investigation_fields: t.optional("investigation_fields", findings),
        building_block_type: t.optional("building_block_type", findings),
        alert_suppression: t.optional("alert_suppression", findings),
        exceptions_list: t.list("exceptions_list", findings),
        related_integrations: t.list("related_integrations", findings),
        required_fields: t.list("required_fields", findings),
        output_index: t.optional("output_index", findings),
        timeline_id: t.optional("timeline_id", findings),
        timeline_title: t.optional("timeline_title", findings),
        throttle: t.optional("throttle", findings),
        extra: table.rest(&[KEPT, TYPE_FIELDS, behavior::FIELDS, kept].concat(), findings),
        metadata: Metadata::default(),
        transform: JsonObject::new(),
        rule_id: rule_id?,
        name: name?.0,
        description: description?.0,
        severity: severity?,
        risk_score: risk_score?,
        kind: kind?,
    };
    (!findings.has_errors()).then_some(rule)
}

fn read_schedule(t: &mut Table, findings: &mut Findings) -> Schedule {
    Schedule {
        interval: t.optional("interval", findings).unwrap_or_else(Interval::five_minutes),
        from: t.optional("from", findings).unwrap_or_else(DateMath::six_minutes_ago),
        to: t.optional("to", findings).unwrap_or_else(DateMath::now),
        max_signals: t.optional("max_signals", findings).unwrap_or(100),
    }
}

fn read_overrides(t: &mut Table, findings: &mut Findings) -> Overrides {
    Overrides {
        severity_mapping: t.list("severity_mapping", findings),
        risk_score_mapping: t.list("risk_score_mapping", findings),
        rule_name_override: t.optional("rule_name_override", findings),
        timestamp_override: t.optional("timestamp_override", findings),
        timestamp_override_fallback_disabled: t
            .optional("timestamp_override_fallback_disabled", findings)
            .unwrap_or_default(),
    }
}

/// Reads the `[metadata]` table.
pub(super) fn read_metadata(mut t: Table, findings: &mut Findings) -> Metadata {
    Metadata {
        creation_date: t.optional("creation_date", findings),
        updated_date: t.optional("updated_date", findings),
        maturity: t.optional("maturity", findings),
        integration: t
            .optional::<OneOrMany<String>>("integration", findings)
            .map(|many| many.0)
            .unwrap_or_default(),
        min_stack_version: t.optional("min_stack_version", findings),
        min_stack_comments: t.optional("min_stack_comments", findings),
        deprecation_date: t.optional("deprecation_date", findings),
        deprecated_reason: t.optional("deprecated_reason", findings),
        bypass_bbr_timing: t.optional("bypass_bbr_timing", findings),
        promotion: t.optional("promotion", findings),
        // A repository keeps what it likes about its rules: nothing here is unknown.
        extra: t.into_rest(),
    }
}

impl FromTable for AlertSuppression {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        Some(Self {
            group_by: t.list("group_by", findings),
            duration: t.optional("duration", findings),
            missing_fields_strategy: t
                .optional("missing_fields_strategy", findings)
                .unwrap_or(MissingFieldsStrategy::Suppress),
        })
    }
}

impl FromTable for SuppressionDuration {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (value, unit) = (t.required("value", findings), t.required("unit", findings));
        Some(Self { value: value?, unit: unit? })
    }
}

impl FromTable for ExceptionList {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (id, list_id) = (t.required("id", findings), t.required("list_id", findings));
        let (list_type, namespace_type) =
            (t.required("type", findings), t.required("namespace_type", findings));
        Some(Self { id: id?, list_id: list_id?, list_type: list_type?, namespace_type: namespace_type? })
    }
}

impl FromTable for InvestigationFields {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        Some(Self { field_names: t.required("field_names", findings)? })
    }
}

impl FromTable for RelatedIntegration {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let package = t.required("package", findings);
        let (version, integration) = (t.optional("version", findings), t.optional("integration", findings));
        Some(Self { package: package?, version, integration })
    }
}

impl FromTable for RequiredField {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let name = t.required("name", findings);
        let field_type = t.optional("type", findings);
        let ecs = t.optional("ecs", findings).unwrap_or_default();
        Some(Self { name: name?, field_type, ecs })
    }
}

impl FromTable for SeverityMapping {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let (field, severity) = (t.required("field", findings), t.required("severity", findings));
        let operator = t.optional("operator", findings).unwrap_or(MappingOperator::Equals);
        let value = t.optional("value", findings).unwrap_or_default();
        Some(Self { field: field?, operator, value, severity: severity? })
    }
}

impl FromTable for RiskScoreMapping {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let field = t.required("field", findings);
        let operator = t.optional("operator", findings).unwrap_or(MappingOperator::Equals);
        let value = t.optional("value", findings).unwrap_or_default();
        let risk_score = t.optional("risk_score", findings);
        Some(Self { field: field?, operator, value, risk_score })
    }
}
