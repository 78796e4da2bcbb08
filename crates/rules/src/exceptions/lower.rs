//! From exceptions to filters, as Kibana's `buildExceptionFilter` and `removeExpiredExceptions` have it: of the items of a
//! list one must hold, of the entries of an item all; those under `nested` of one object of the array.
//!
//! Different on purpose:
//!
//! - Kibana drops an expired item from the runs after its time. Here it counts for the events before that time
//!   (`@timestamp`), so that a hunt over old events gives what Kibana gave then.
//! - Value lists of every length are applied before events are joined; Kibana looks up long ones afterwards, and for
//!   sequences not at all.

use std::collections::HashMap;

use rulehound_query::{CompareOp, Element, Filter, Predicate, Question, Test, ask, ask_list};
use rulehound_schema::{Field, FieldType, Schema, Value};

use super::{EntryOperator, ExceptionEntry, ExceptionItem, ValueListReference};

/// The values of value lists, by the id of the list.
pub(crate) trait ValueLists {
    /// `None`: there is no such list.
    fn values(&mut self, list: &ValueListReference) -> Option<Vec<&str>>;
}

/// An item as a filter that holds of the events it excepts, and what there is to say of it.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// `None` if it cannot be applied.
    pub(crate) filter: Option<Filter>,
    /// Why it cannot, and what of it has no effect.
    pub(crate) problems: Vec<ItemProblem>,
}

/// Something that is wrong with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ItemProblem {
    /// An entry asks what its field cannot answer.
    Question(String),
    /// There is no such value list.
    NoValueList(String),
    /// Values of a list that are none of the field: how many, and the first.
    Misfits { list: String, field: String, count: usize, first: String },
}

/// The systems' names stand in one of these, as Kibana's `transformOsType` has it.
const OS_FIELDS: [&str; 2] = ["host.os.type", "host.os.name.caseless"];

/// Lowers an item.
pub(crate) fn lower(item: &ExceptionItem, lists: &mut dyn ValueLists, asked: &mut AskedLists) -> Lowered {
    let mut lowering = Lowering { schema: Schema::catalogue(), lists, asked, problems: Vec::new() };
    let entries: Option<Vec<Filter>> = item.entries.iter().map(|entry| lowering.entry(entry, "")).collect();
    let filter = entries.map(|entries| {
        let systems = item.os_types.iter().flat_map(|os| OS_FIELDS.map(|field| (field, os)));
        let systems: Vec<Filter> = systems
            .filter_map(|(field, os)| ask(lowering.schema, field, Question::Phrase(os)).ok())
            .collect();
        let of_system = if item.os_types.is_empty() { Filter::Constant(true) } else { Filter::any(systems) };
        let in_time = item.expire_time.as_ref().map(|time| {
            let timestamp = Field::new("@timestamp", FieldType::Date);
            let test = Test::Compare(CompareOp::Lt, Value::Date(time.millis()));
            Filter::Predicate(Predicate { field: timestamp, test })
        });
        Filter::all(in_time.into_iter().chain([of_system]).chain(entries))
    });
    Lowered { filter, problems: lowering.problems }
}

/// What was asked about value lists, by list and field: the values are held once for all who ask.
#[derive(Debug, Default)]
pub(crate) struct AskedLists(HashMap<(String, String), Option<Filter>>);

struct Lowering<'a> {
    schema: &'a Schema,
    lists: &'a mut dyn ValueLists,
    asked: &'a mut AskedLists,
    problems: Vec<ItemProblem>,
}

impl Lowering<'_> {
    /// An entry about a field below `parent`; `None` after noting why it cannot be lowered.
    fn entry(&mut self, entry: &ExceptionEntry, parent: &str) -> Option<Filter> {
        let full = |field: &str| format!("{parent}{field}");
        let (operator, filter) = match entry {
            ExceptionEntry::Match { field, operator, value } => {
                (*operator, self.ask(&full(field), Question::Phrase(value))?)
            }
            ExceptionEntry::MatchAny { field, operator, value } => {
                let field = full(field);
                let each = value.iter().map(|value| self.ask(&field, Question::Phrase(value)));
                (*operator, Filter::any(each.collect::<Option<Vec<_>>>()?))
            }
            ExceptionEntry::Wildcard { field, operator, value } => {
                (*operator, self.ask(&full(field), Question::Wildcard(value))?)
            }
            ExceptionEntry::Exists { field, operator } => {
                (*operator, self.ask(&full(field), Question::Exists)?)
            }
            ExceptionEntry::List { field, operator, list } => (*operator, self.list(&full(field), list)?),
            ExceptionEntry::Nested { field, entries } => {
                let parent = format!("{}.", full(field));
                let each = entries.iter().map(|entry| self.entry(entry, &parent));
                let filter = Filter::all(each.collect::<Option<Vec<_>>>()?);
                let array = parent.trim_end_matches('.').into();
                return Some(Filter::Element(Box::new(Element { array, filter })));
            }
        };
        Some(match operator {
            EntryOperator::Included => filter,
            EntryOperator::Excluded => filter.negated(),
        })
    }

    fn ask(&mut self, field: &str, question: Question<'_>) -> Option<Filter> {
        ask(self.schema, field, question)
            .map_err(|error| self.problems.push(ItemProblem::Question(error.to_string())))
            .ok()
    }

    fn list(&mut self, field: &str, list: &ValueListReference) -> Option<Filter> {
        let key = (list.id.clone(), field.to_owned());
        if let Some(known) = self.asked.0.get(&key) {
            return known.clone();
        }
        let filter = self.new_list(field, list);
        self.asked.0.insert(key, filter.clone());
        filter
    }

    fn new_list(&mut self, field: &str, list: &ValueListReference) -> Option<Filter> {
        let Some(values) = self.lists.values(list) else {
            self.problems.push(ItemProblem::NoValueList(list.id.clone()));
            return None;
        };
        match ask_list(self.schema, field, &list.id, list.list_type == "text", &values) {
            Ok((filter, misfits)) => {
                if let Some(first) = misfits.first() {
                    self.problems.push(ItemProblem::Misfits {
                        list: list.id.clone(),
                        field: field.to_owned(),
                        count: misfits.len(),
                        first: (*first).to_owned(),
                    });
                }
                Some(filter)
            }
            Err(error) => {
                self.problems.push(ItemProblem::Question(error.to_string()));
                None
            }
        }
    }
}
