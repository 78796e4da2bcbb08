//! From the query of a rule and its Kibana filters to what a single event must satisfy.

use rulehound_query::{CompiledFilter, Diagnostic, Filter, dsl, kuery, lucene};
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
        Language::Lucene => lucene::compile(query, lucene::Options { schema }),
        Language::Eql | Language::Esql => return not_run(NotRun::Language(language)),
    };
    let (filters, filter_problems) = compile_filters(filters);
    let filter = match filter {
        Some(filter) if filter_problems.is_empty() => Ok(Filter::all([filter, filters])),
        _ => Err(None),
    };
    CompiledSource { filter, diagnostics, filter_problems }
}

fn not_run(reason: NotRun) -> CompiledSource {
    CompiledSource { filter: Err(Some(reason)), diagnostics: Vec::new(), filter_problems: Vec::new() }
}

/// What all Kibana filters of a rule together ask, and what is wrong with some.
pub(crate) fn compile_filters(filters: &[Value]) -> (Filter, Vec<String>) {
    let (mut parts, mut problems) = (Vec::new(), Vec::new());
    for (filter, number) in filters.iter().zip(1..) {
        match dsl::compile_filter(filter, Schema::catalogue()) {
            Ok(filter) => parts.push(filter),
            Err(error) => problems.push(format!("filter {number}: {error}")),
        }
    }
    (Filter::all(parts), problems)
}
