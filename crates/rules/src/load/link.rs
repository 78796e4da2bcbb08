//! What rules refer to and is loaded beside them: exception lists, value lists, saved queries, data views.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulehound_query::{Diagnostic, Filter, Severity};

use super::value_lists::{ValueListFiles, values_for};
use super::{LoadedRule, Shared, broken_filter};
use crate::compile::{Status, compile};
use crate::exceptions::{AskedLists, ExceptionItem, ItemProblem, ListHeader, ListKey, Namespace, lower};
use crate::kind::RuleKind;
use crate::problem::Problem;
use crate::read::Contents;
use crate::rule::{ExceptionList, Rule};
use crate::saved::{DataView, SavedQuery};

/// An exception list that was loaded.
#[derive(Clone, Debug)]
pub struct LoadedList {
    /// What it is known by.
    pub key: ListKey,
    /// What it says of itself, if that was loaded and not its items alone.
    pub header: Option<ListHeader>,
    /// Its items, in the order in which they were loaded.
    pub items: Vec<ExceptionItem>,
    /// How many rules that can be run refer to it.
    pub rules: usize,
}

/// Gathers what files hold beside rules, and puts it to the rules when all are read.
#[derive(Default)]
pub(super) struct Linker {
    lists: BTreeMap<ListKey, List>,
    values: ValueListFiles,
    asked: AskedLists,
    saved_queries: HashMap<String, SavedQuery>,
    data_views: HashMap<String, DataView>,
    connectors: usize,
    problems: Vec<Problem>,
}

#[derive(Default)]
struct List {
    header: Option<ListHeader>,
    items: Vec<PlacedItem>,
    /// What it excepts, once it was asked for.
    filter: Option<Arc<Filter>>,
    rules: usize,
}

struct PlacedItem {
    item: ExceptionItem,
    file: PathBuf,
    folder: PathBuf,
    source: Arc<str>,
    span: Range<usize>,
}

impl PlacedItem {
    fn problem(
        &self,
        code: &'static str,
        severity: Severity,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let diagnostic = Diagnostic { code, severity, message, span: self.span.clone(), label: None, help };
        Problem { file: self.file.clone(), source: Some(self.source.clone()), rule_id: None, diagnostic }
    }

    /// How messages call it.
    fn name(&self) -> &str {
        if self.item.name.is_empty() { &self.item.item_id } else { &self.item.name }
    }
}

impl Linker {
    /// Takes what a file holds beside rules.
    pub(super) fn add(&mut self, file: &Path, folder: &Path, source: &Arc<str>, contents: Contents) {
        for header in contents.lists {
            let list = self.lists.entry(header.key()).or_default();
            list.header.get_or_insert(header);
        }
        for (item, span) in contents.items {
            let (file, folder, source) = (file.to_owned(), folder.to_owned(), source.clone());
            self.add_item(PlacedItem { item, file, folder, source, span });
        }
        self.values.add(contents.values);
        self.connectors += contents.connectors;
        self.saved_queries.extend(contents.saved_queries.into_iter().map(|query| (query.id.clone(), query)));
        self.data_views.extend(contents.data_views.into_iter().map(|view| (view.id.clone(), view)));
    }

    /// Adds an item to its list. Each export has the lists that its rules refer to, so that an item may come several times.
    fn add_item(&mut self, placed: PlacedItem) {
        let list = self.lists.entry(placed.item.list()).or_default();
        let id = &placed.item.item_id;
        match list.items.iter().find(|known| known.item.item_id == *id && !id.is_empty()) {
            Some(known) if known.item.entries == placed.item.entries => {}
            Some(known) => {
                let message =
                    format!("exception `{id}` is there already, with other entries, and is passed over");
                let help = Some(format!("the one in {} was loaded first", known.file.display()));
                self.problems.push(placed.problem(
                    "exception::duplicate-id",
                    Severity::Warning,
                    message,
                    help,
                ));
            }
            None => list.items.push(placed),
        }
    }

    /// Gives a rule what it refers to. What is missing is told as a diagnostic at the field that refers to it.
    pub(super) fn link(
        &mut self,
        loaded: &mut LoadedRule,
        span: &dyn Fn(&str) -> Range<usize>,
        findings: &mut Vec<Diagnostic>,
    ) {
        if !matches!(loaded.status, Status::Compiled(_)) {
            return;
        }
        self.link_data_view(&mut loaded.rule, span, findings);
        self.link_saved_query(loaded, span, findings);
        let Status::Compiled(query) = &mut loaded.status else { return };
        let mut passes = Vec::new();
        for reference in &loaded.rule.exceptions_list {
            match self.exceptions(reference) {
                Some(filter) if *filter == Filter::Constant(false) => {}
                Some(filter) => passes.push(Filter::Shared(filter).negated()),
                None => findings.push(missing(
                    "rule::missing-exception-list",
                    format!(
                        "the exception list `{}` is not loaded: what it excepts gives alerts",
                        reference.list_id
                    ),
                    span("exceptions_list"),
                    Severity::Warning,
                )),
            }
        }
        query.plan.restrict(&Filter::all(passes));
    }

    /// What a list excepts; `None` if it is not loaded.
    fn exceptions(&mut self, reference: &ExceptionList) -> Option<Arc<Filter>> {
        let namespace = Namespace::from_word(&reference.namespace_type)?;
        let list = self.lists.get_mut(&ListKey { list_id: reference.list_id.clone(), namespace })?;
        list.rules += 1;
        if let Some(filter) = &list.filter {
            return Some(filter.clone());
        }
        let mut filters = Vec::new();
        for placed in &list.items {
            let mut values = values_for(&mut self.values, &placed.folder, &mut self.problems);
            let lowered = lower(&placed.item, &mut values, &mut self.asked);
            self.problems.extend(lowered.problems.into_iter().map(|problem| of_item(placed, problem)));
            filters.extend(lowered.filter);
        }
        let filter = Arc::new(Filter::any(filters));
        list.filter = Some(filter.clone());
        Some(filter)
    }

    fn link_data_view(
        &self,
        rule: &mut Rule,
        span: &dyn Fn(&str) -> Range<usize>,
        findings: &mut Vec<Diagnostic>,
    ) {
        let Some(source) = rule.kind.source_mut() else { return };
        let Some(id) = &source.data_view_id else { return };
        match self.data_views.get(id) {
            Some(view) => source.view_index = view.index.clone(),
            None => {
                let instead = if source.index.is_empty() { "all indices are" } else { "its own indices are" };
                findings.push(missing(
                    "rule::missing-data-view",
                    format!("the data view `{id}` is not loaded: {instead} searched"),
                    span("data_view_id"),
                    Severity::Warning,
                ));
            }
        }
    }

    fn link_saved_query(
        &self,
        loaded: &mut LoadedRule,
        span: &dyn Fn(&str) -> Range<usize>,
        findings: &mut Vec<Diagnostic>,
    ) {
        let RuleKind::SavedQuery(rule) = &mut loaded.rule.kind else { return };
        let id = rule.saved_id.clone();
        let Some(saved) = self.saved_queries.get(&id) else {
            let has_own = !rule.source.query.trim().is_empty() || !rule.source.filters.is_empty();
            let (severity, instead) = match has_own {
                true => (Severity::Warning, "the rule's own query is asked"),
                false => (Severity::Error, "the rule has no query of its own"),
            };
            if !has_own {
                loaded.status = Status::Failed;
            }
            let message = format!("the saved query `{id}` is not loaded: {instead}");
            return findings.push(missing("rule::missing-saved-query", message, span("saved_id"), severity));
        };
        rule.saved = Some(saved.in_place_of(&rule.source));
        let compilation = compile(&loaded.rule);
        loaded.status = compilation.status;
        // They point into the saved query, which stands elsewhere.
        findings.extend(compilation.diagnostics.into_iter().map(|diagnostic| Diagnostic {
            message: format!("in the saved query `{id}`: {}", diagnostic.message),
            span: span("saved_id"),
            ..diagnostic
        }));
        let of_filters = compilation.filter_problems.into_iter();
        findings.extend(
            of_filters.map(|message| {
                broken_filter(format!("in the saved query `{id}`: {message}"), span("saved_id"))
            }),
        );
    }

    /// What was loaded beside rules, and what is wrong with it.
    pub(super) fn finish(self) -> (Shared, Vec<Problem>) {
        let lists = self.lists.into_iter().map(|(key, list)| LoadedList {
            key,
            header: list.header,
            items: list.items.into_iter().map(|placed| placed.item).collect(),
            rules: list.rules,
        });
        let shared = Shared {
            exception_lists: lists.collect(),
            value_lists: self.values.finish(),
            saved_queries: self.saved_queries.len(),
            data_views: self.data_views.len(),
            connectors: self.connectors,
        };
        (shared, self.problems)
    }
}

fn missing(code: &'static str, message: String, span: Range<usize>, severity: Severity) -> Diagnostic {
    let help = Some("load the export that has it together with the rule".to_owned());
    Diagnostic { code, severity, message, span, label: None, help }
}

/// A problem with an item, at its place.
fn of_item(placed: &PlacedItem, problem: ItemProblem) -> Problem {
    let name = placed.name();
    match problem {
        ItemProblem::Question(what) => {
            let message = format!("exception `{name}` cannot be applied: {what}");
            placed.problem("exception::question", Severity::Error, message, None)
        }
        ItemProblem::NoValueList(id) => {
            let message = format!("exception `{name}` is not applied: the value list `{id}` is not loaded");
            let help =
                format!("put its values, one a line, into the file `value_lists/{id}` beside this one");
            placed.problem("exception::missing-value-list", Severity::Warning, message, Some(help))
        }
        ItemProblem::Misfits { list, field, count, first } => {
            let message =
                format!("{count} values of the value list `{list}` are none of `{field}`, first: `{first}`");
            placed.problem("exception::value-misfit", Severity::Warning, message, None)
        }
    }
}
