//! Detection rules: the model, readers and writers of the formats they are kept in, validation, versions,
//! ATT&CK and documentation pages.

mod attack;
mod compile;
mod counts;
mod exceptions;
mod interval;
mod kind;
mod load;
mod page;
mod problem;
mod read;
mod rule;
mod saved;
mod source;
mod threat;
mod values;
mod versions;

pub use compile::{NotRun, Status};
pub use counts::{Counts, RuleCounts};
pub use exceptions::{
    EntryOperator, EntryType, ExceptionEntry, ExceptionItem, ExpireTime, ListHeader, ListKey, Namespace,
    ValueListReference,
};
pub use interval::{Interval, IntervalError};
pub use kind::{
    BehaviorRule, Cardinality, EqlRule, JsonObject, Language, MachineLearningRule, NewTermsRule,
    OperatingSystem, QuerySource, ResponseAction, RuleKind, RuleType, SavedQueryRule, ThreatMapping,
    ThreatMappingEntry, ThreatMatchRule, Threshold, ThresholdRule,
};
pub use load::{LoadedList, LoadedRule, LoadedValueList, RuleSet, Shared, UnreadRule};
pub use page::Page;
pub use problem::{Position, Problem};
pub use rule::{
    AlertSuppression, ExceptionList, InvestigationFields, Metadata, Overrides, RelatedIntegration,
    RequiredField, RiskScoreMapping, Rule, Schedule, SeverityMapping, SuppressionDuration,
};
pub use rulehound_schema::{Bound, DateMath};
pub use source::{CompiledSource, compile_search, compile_source};
pub use threat::{Subtechnique, Tactic, Technique, Threat};
pub use values::{
    BuildingBlockType, MappingOperator, Maturity, MissingFieldsStrategy, RiskScore, RuleId, RuleVersion,
    Severity, TimeUnit,
};
