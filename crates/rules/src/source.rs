//! From the query of a rule and its Kibana filters to what a single event must satisfy.

use rulehound_query::{CompiledFilter, Diagnostic, Filter, kuery};
use rulehound_schema::Schema;
use serde_json::Value;

use crate::compile::NotRun;
use crate::kind::{Language, QuerySource};

/// A query in KQL or Lucene, compiled with its filters.
#[derive(Clone, Debug)]
pub struct CompiledSource {
    /// What an event must satisfy, or why there is no such thing: a reason not to run the rule, or none, if the
    /// problems say why.
    pub filter: Result<Filter, Option<NotRun>>,
    /// Problems with the query; they point into its text.
    pub diagnostics: Vec<Diagnostic>,
    /// Problems with the filters, a sentence each.
    pub filter_problems: Vec<String>,
}

/// Compiles the query and the filters of a rule, against the built-in catalogue of fields.
pub fn compile_source(source: &QuerySource) -> CompiledSource {
    compile_search(&source.query, source.language, &source.filters)
}

/// The same for a query that stands elsewhere, such as that of the indicators.
pub fn compile_search(query: &str, language: Language, filters: &[Value]) -> CompiledSource {
    let schema = Schema::catalogue();
    let CompiledFilter { filter, diagnostics } = match language {
        Language::Kuery => kuery::compile(query, kuery::Options { schema }),
        Language::Lucene | Language::Eql | Language::Esql => return not_run(NotRun::Language(language)),
    };
    if !filters.is_empty() && filter.is_some() {
        return CompiledSource { diagnostics, ..not_run(NotRun::Filters) };
    }
    CompiledSource { filter: filter.ok_or(None), diagnostics, filter_problems: Vec::new() }
}

fn not_run(reason: NotRun) -> CompiledSource {
    CompiledSource { filter: Err(Some(reason)), diagnostics: Vec::new(), filter_problems: Vec::new() }
}
