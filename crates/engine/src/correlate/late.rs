//! Conditions on other events than the one at hand: earlier events of a sequence, events of ancestors.
//!
//! The matcher sees one event. So the filter of a step is taken apart: what the event may satisfy ([`possible`]) is for
//! the matcher, and what is left is decided later, from values that were captured with the hit. Whether an ancestor had
//! an event is answered by whoever knows the processes, as the value of a field of its own ([`LateStep::answer`]).

use std::borrow::Cow;
use std::sync::Arc;

use rulehound_query::{Element, Filter, Plan, Predicate, SequencePlan, Test};
use rulehound_schema::{Field, FieldSource, FieldType, Value};
use serde::{Deserialize, Serialize};

use super::{Captured, KeyValue};
use crate::{element, interpret};

/// The process of an event, its parent, and its ancestors as far as the event lists them.
pub(crate) const PROCESS: &str = "process.entity_id";
pub(crate) const PARENT: &str = "process.parent.entity_id";
/// Elastic Defend's list, the nearest first.
pub(crate) const ANCESTRY: &str = "process.Ext.ancestry";

/// The filter that holds wherever `filter` holds for some answers about other events. The filter itself, if it asks
/// about none.
pub(crate) fn possible(filter: &Filter) -> Cow<'_, Filter> {
    if filter.asks_others() { Cow::Owned(bound(filter, true)) } else { Cow::Borrowed(filter) }
}

/// The filter with what it asks of other events answered so that it holds, or (`holds` false) that it does not.
fn bound(filter: &Filter, holds: bool) -> Filter {
    match filter {
        _ if !filter.asks_others() => filter.clone(),
        Filter::And(parts) => Filter::all(parts.iter().map(|part| bound(part, holds))),
        Filter::Or(parts) => Filter::any(parts.iter().map(|part| bound(part, holds))),
        Filter::Not(inner) => negated(bound(inner, !holds)),
        Filter::Element(element) if holds => {
            let Element { array, filter } = &**element;
            Filter::Element(Box::new(Element { array: array.clone(), filter: bound(filter, true) }))
        }
        _ => Filter::Constant(holds),
    }
}

fn negated(filter: Filter) -> Filter {
    match filter {
        Filter::Constant(answer) => Filter::Constant(!answer),
        other => Filter::Not(Box::new(other)),
    }
}

/// Those of the parts that must all hold which ask about other events.
pub(crate) fn conjuncts_on_others(filter: &Filter) -> impl Iterator<Item = &Filter> {
    let parts = match filter {
        Filter::And(parts) => &parts[..],
        other => std::slice::from_ref(other),
    };
    parts.iter().filter(|part| part.asks_others())
}

/// The plan with all questions about ancestors answered so that it is found, and for each step these questions.
pub(crate) fn without_ancestors(plan: &Plan) -> (Plan, Vec<Vec<Filter>>) {
    let mut plan = plan.clone();
    let mut asked = Vec::new();
    let mut answer = |filter: &mut Filter| {
        let mut questions = Vec::new();
        *filter = assume(filter, true, &mut questions);
        asked.push(questions);
    };
    match &mut plan {
        Plan::Event(filter) => answer(filter),
        Plan::Sequence(plan) => {
            plan.steps.iter_mut().chain(&mut plan.until).for_each(|step| answer(&mut step.filter));
        }
        _ => {}
    }
    (plan, asked)
}

/// As [`bound`], for questions about ancestors alone, which are put into `asked`.
fn assume(filter: &Filter, holds: bool, asked: &mut Vec<Filter>) -> Filter {
    match filter {
        Filter::And(parts) => Filter::all(parts.iter().map(|part| assume(part, holds, asked))),
        Filter::Or(parts) => Filter::any(parts.iter().map(|part| assume(part, holds, asked))),
        Filter::Not(inner) => negated(assume(inner, !holds, asked)),
        Filter::Descendant(_) => {
            asked.push(filter.clone());
            Filter::Constant(holds)
        }
        other => other.clone(),
    }
}

/// What is decided later, step by step.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatePlan(Vec<LateStep>);

/// What is decided later of one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct LateStep {
    /// What is left to be asked. `None`: the matcher has decided.
    filter: Option<Filter>,
    /// What must be captured: a place for each answer about ancestors, what the filter reads of the event, the processes
    /// by which ancestors are found, what later steps read of the event.
    captures: Vec<Field>,
    /// What ancestors are asked, in the order of their answers.
    ancestors: Vec<Filter>,
    /// The places in `captures` of what later steps read.
    kept: Vec<usize>,
    /// The last step that reads an event of this one.
    last_reader: Option<usize>,
}

/// What is kept of an event for later steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    step: usize,
    values: Captured,
}

impl LatePlan {
    pub(crate) fn new(plan: &Plan) -> Self {
        match plan {
            Plan::Event(filter) => Self(vec![LateStep::new(filter)]),
            Plan::Sequence(plan) => Self::of_sequence(plan),
            _ => Self::default(),
        }
    }

    pub(crate) fn of_sequence(plan: &SequencePlan) -> Self {
        if !plan.asks_others() {
            return Self::default();
        }
        let filters = || plan.steps.iter().chain(&plan.until).map(|step| &step.filter);
        let mut steps: Vec<LateStep> = filters().map(LateStep::new).collect();
        for (reader, filter) in filters().enumerate() {
            filter.for_each_earlier(&mut |step, field| {
                if let Some(read) = steps.get_mut(step) {
                    let place = read.place(field);
                    if !read.kept.contains(&place) {
                        read.kept.push(place);
                    }
                    read.last_reader = read.last_reader.max(Some(reader));
                }
            });
        }
        Self(steps)
    }

    /// What is decided later of a step, `until` being the last.
    pub(crate) fn step(&self, step: usize) -> Option<&LateStep> {
        self.0.get(step)
    }

    /// What of an event that was taken for `step` later steps read.
    pub(crate) fn keep(&self, step: usize, captured: &Captured) -> Option<Kept> {
        let late = self.step(step)?;
        late.last_reader?;
        let values =
            late.kept.iter().map(|place| captured.get(*place).cloned().unwrap_or_default()).collect();
        Some(Kept { step, values })
    }

    /// Drops what no step after `step` reads.
    pub(crate) fn forget(&self, step: usize, kept: &mut Vec<Kept>) {
        kept.retain(|kept| self.step(kept.step).is_some_and(|late| late.last_reader > Some(step)));
    }

    /// Whether what is left of a step's condition holds, for an event of these values and these earlier events.
    pub(crate) fn holds(&self, step: usize, captured: &Captured, earlier: &[Kept]) -> bool {
        let Some(late) = self.step(step) else { return true };
        let Some(filter) = &late.filter else { return true };
        interpret::matches(filter, &Event { plan: self, late, captured, earlier })
    }
}

impl LateStep {
    fn new(filter: &Filter) -> Self {
        let mut late = Self::default();
        let left = conjuncts_on_others(filter).map(|part| with_answers(part, &mut late.ancestors));
        let left: Vec<Filter> = left.collect();
        if left.is_empty() {
            return late;
        }
        let left = element::prepared(&Filter::all(left));
        late.captures = (0..late.ancestors.len()).map(answer_field).collect();
        own_fields(&left, &mut |field| _ = late.place(field));
        if !late.ancestors.is_empty() {
            for name in [PROCESS, PARENT, ANCESTRY] {
                late.place(&Field::new(name, FieldType::Keyword));
            }
        }
        late.filter = Some(left);
        late
    }

    /// The place of a field among the captures.
    fn place(&mut self, field: &Field) -> usize {
        match self.captures.iter().position(|known| known.name == field.name) {
            Some(place) => place,
            None => {
                self.captures.push(field.clone());
                self.captures.len() - 1
            }
        }
    }

    /// The fields whose values must be captured with a hit.
    pub(crate) fn captures(&self) -> &[Field] {
        &self.captures
    }

    /// What ancestors are asked.
    pub(crate) fn ancestors(&self) -> &[Filter] {
        &self.ancestors
    }

    /// The captured values with the answers about ancestors in their places. `ask` is given the number of a question.
    pub(crate) fn answer(&self, captured: &Captured, mut ask: impl FnMut(usize) -> bool) -> Captured {
        let values = captured.iter().zip(&self.captures).map(|(values, field)| match number_of(field) {
            Some(number) => vec![KeyValue::Boolean(ask(number))],
            None => values.clone(),
        });
        values.collect()
    }

    /// The captured values of a field.
    pub(crate) fn values_of<'c>(&self, name: &str, captured: &'c Captured) -> &'c [KeyValue] {
        let place = self.captures.iter().position(|field| &*field.name == name);
        place.and_then(|place| captured.get(place)).map_or(&[], |values| values)
    }
}

/// The start of the names of the fields in which answers stand. No field of a document has such a name.
const ANSWER: &str = "descendant of ";

fn answer_field(number: usize) -> Field {
    Field::new(format!("{ANSWER}{number}"), FieldType::Boolean)
}

fn number_of(field: &Field) -> Option<usize> {
    field.name.strip_prefix(ANSWER)?.parse().ok()
}

/// The filter with answers in the place of questions about ancestors, which are put into `asked`.
fn with_answers(filter: &Filter, asked: &mut Vec<Filter>) -> Filter {
    let mut all = |parts: &[Filter]| parts.iter().map(|part| with_answers(part, asked)).collect::<Vec<_>>();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(inner) => Filter::Not(Box::new(with_answers(inner, asked))),
        Filter::Descendant(ancestor) => {
            let field = answer_field(asked.len());
            asked.push((**ancestor).clone());
            Filter::Predicate(Predicate { field, test: Test::In(vec![Value::Boolean(true)]) })
        }
        other => other.clone(),
    }
}

/// Calls `f` with what a filter reads of its own event. Arrays of objects are fields of the type `object`.
fn own_fields(filter: &Filter, f: &mut dyn FnMut(&Field)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| own_fields(part, f)),
        Filter::Not(inner) => own_fields(inner, f),
        Filter::Shared(inner) => own_fields(inner, f),
        Filter::Element(element) => {
            f(&Field::new(element.array.clone(), FieldType::Object));
            own_fields(&element.filter, &mut |field| {
                if element.inner_name(&field.name).is_none() {
                    f(field);
                }
            });
        }
        Filter::Constant(_) | Filter::Predicate(_) | Filter::Computed(_) | Filter::Descendant(_) => {
            filter.for_each_field(f);
        }
    }
}

/// An event as it was captured, after earlier ones.
struct Event<'a> {
    plan: &'a LatePlan,
    late: &'a LateStep,
    captured: &'a Captured,
    earlier: &'a [Kept],
}

impl FieldSource for Event<'_> {
    fn values<'a>(&'a self, field: &Field) -> Vec<Value<'a>> {
        self.late.values_of(&field.name, self.captured).iter().filter_map(KeyValue::to_value).collect()
    }

    fn earlier<'a>(&'a self, step: usize, field: &Field) -> Vec<Value<'a>> {
        let (Some(late), Some(kept)) =
            (self.plan.step(step), self.earlier.iter().find(|kept| kept.step == step))
        else {
            return Vec::new();
        };
        let is_here =
            |place: &&usize| late.captures.get(**place).is_some_and(|known| known.name == field.name);
        let place = late.kept.iter().position(|place| is_here(&place));
        let values = place.and_then(|place| kept.values.get(place));
        values.into_iter().flatten().filter_map(KeyValue::to_value).collect()
    }

    fn objects(&self, path: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
        let texts = self.late.values_of(path, self.captured).iter();
        let object = |text: &KeyValue| match text {
            KeyValue::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
        texts.filter_map(object).collect()
    }
}

/// The objects at a path of an event, as texts.
pub(super) fn objects_of(path: &str, event: &dyn FieldSource) -> Vec<KeyValue> {
    let objects = event.objects(path).into_iter();
    objects.map(|object| KeyValue::String(Arc::from(serde_json::Value::Object(object).to_string()))).collect()
}

#[cfg(test)]
mod tests;
