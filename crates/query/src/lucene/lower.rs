//! From clauses to [`Filter`], as `QueryStringQueryParser` asks.

use std::collections::BTreeSet;

use rulehound_schema::{Field, Value};

use super::Reading;
use super::ast::{Asked, Clause, Name, Node, Occur, Question};
use crate::leaf::{self, LeafError};
use crate::problem::{Problem, Problems};
use crate::{CompareOp, Filter, Pattern, PatternMatcher};

/// The filter that holds where the query does; `None` if nothing is asked, for analysis left no word. Problems are
/// reported.
pub(super) fn lower(query: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<Filter> {
    Lowering { reading, problems }.node(query)
}

struct Lowering<'a> {
    reading: &'a Reading<'a>,
    problems: &'a mut Problems,
}

/// The fields that are asked.
struct Named {
    fields: Vec<Field>,
    is_lenient: bool,
}

impl Lowering<'_> {
    fn node(&mut self, node: &Node) -> Option<Filter> {
        match node {
            Node::Clauses(clauses) => self.clauses(clauses),
            Node::Asked(asked) => self.asked(asked),
        }
    }

    /// A `bool` query: all that must hold, none that must not; if nothing must, something that should.
    fn clauses(&mut self, clauses: &[Clause]) -> Option<Filter> {
        let (mut must, mut should) = (Vec::new(), Vec::new());
        let mut has_positive = false;
        for clause in clauses {
            let Some(filter) = self.node(&clause.node) else { continue };
            match clause.occur {
                Occur::Must => {
                    has_positive = true;
                    must.push(filter);
                }
                Occur::MustNot => must.push(filter.negated()),
                Occur::Should => should.push(filter),
            }
        }
        if must.is_empty() && should.is_empty() {
            return None;
        }
        if !has_positive && !should.is_empty() {
            must.push(Filter::any(should));
        }
        Some(Filter::all(must))
    }

    fn asked(&mut self, asked: &Asked) -> Option<Filter> {
        let name = asked.field.as_ref();
        if let Some(name) = name.filter(|name| name.text == "_exists_")
            && let Question::Text(text) | Question::Phrase(text, _) = &asked.question
        {
            let name = Name { text: text.clone(), span: name.span.start..asked.span.end };
            return Some(self.exists(&name));
        }
        let is_everything = name.map_or(self.reading.fields.is_none(), |name| name.text == "*");
        match &asked.question {
            Question::Wildcard(text) if text == "*" => match name {
                _ if is_everything => Some(Filter::Constant(true)),
                Some(name) => Some(self.exists(name)),
                None => {
                    let fields = self.reading.fields.iter().flatten();
                    Some(Filter::any(fields.map(|field| leaf::exists(self.reading.schema, field))))
                }
            },
            Question::Text(text) if name.is_some() => match comparison(text) {
                Some((op, bound)) => Some(self.range(asked, &[(op, bound)])),
                None => self.ask(asked),
            },
            Question::Range { from, to, from_included, to_included } => {
                let from = from.as_deref().filter(|from| *from != "*");
                let to = to.as_deref().filter(|to| *to != "*");
                let from =
                    from.map(|from| (if *from_included { CompareOp::Gte } else { CompareOp::Gt }, from));
                let to = to.map(|to| (if *to_included { CompareOp::Lte } else { CompareOp::Lt }, to));
                let bounds: Vec<_> = from.into_iter().chain(to).collect();
                Some(self.range(asked, &bounds))
            }
            _ => self.ask(asked),
        }
    }

    fn exists(&mut self, name: &Name) -> Filter {
        let named = self.named(name, None);
        Filter::any(named.fields.iter().map(|field| leaf::exists(self.reading.schema, field)))
    }

    /// Between bounds; with none, that there is a value.
    fn range(&mut self, asked: &Asked, bounds: &[(CompareOp, &str)]) -> Filter {
        let first = bounds.first().map(|(_, bound)| Value::String((*bound).to_owned().into()));
        let named = self.fields(asked, first.as_ref());
        let reading = self.reading;
        let question = |field: &Field| {
            if bounds.is_empty() {
                return Ok(leaf::exists(reading.schema, field));
            }
            let parts = bounds.iter().map(|(op, bound)| {
                leaf::range(field, *op, &Value::String((*bound).to_owned().into()), &reading.dates)
            });
            Ok(Filter::all(parts.collect::<Result<Vec<_>, LeafError>>()?))
        };
        self.any(asked, &named, |field| question(field).map(Some)).unwrap_or(Filter::Constant(false))
    }

    fn ask(&mut self, asked: &Asked) -> Option<Filter> {
        let named = self.fields(asked, None);
        let reading = self.reading;
        self.any(asked, &named, |field| put(field, &asked.question, reading))
    }

    /// Puts a question to each of the fields: one must answer yes. `None` if none of them is asked anything.
    fn any(
        &mut self,
        asked: &Asked,
        named: &Named,
        question: impl Fn(&Field) -> Result<Option<Filter>, LeafError>,
    ) -> Option<Filter> {
        let mut parts = Vec::new();
        for field in &named.fields {
            if !named.is_lenient && field.field_type.data_type().is_none() {
                self.problems.add(asked.span.clone(), Problem::NoValues { field: field.clone() });
            }
            match question(field) {
                Ok(filter) => parts.extend(filter),
                Err(_) if named.is_lenient => parts.push(Filter::Constant(false)),
                Err(error) => {
                    self.problems.add(asked.span.clone(), Problem::Leaf(error));
                    parts.push(Filter::Constant(false));
                }
            }
        }
        let is_silent = parts.is_empty() && !named.fields.is_empty();
        (!is_silent).then(|| Filter::any(parts))
    }

    fn fields(&mut self, asked: &Asked, compared_with: Option<&Value<'_>>) -> Named {
        match (&asked.field, &self.reading.fields) {
            (Some(name), _) if name.text != "*" => self.named(name, compared_with),
            (None, Some(fields)) => Named { fields: fields.clone(), is_lenient: self.reading.is_lenient },
            _ => {
                Named { fields: leaf::searched(self.reading.schema).into_iter().collect(), is_lenient: true }
            }
        }
    }

    /// The fields that a name stands for, in which `*` is any run of characters.
    fn named(&mut self, name: &Name, compared_with: Option<&Value<'_>>) -> Named {
        let schema = self.reading.schema;
        let is_lenient = self.reading.is_lenient;
        if name.text.contains('*') {
            let matcher = PatternMatcher::new(&Pattern::wildcard(&name.text, false));
            let fields = matcher.map_or_else(|_| BTreeSet::new(), |matcher| leaf::expand(schema, &matcher));
            if fields.is_empty() {
                self.problems.add(name.span.clone(), Problem::NoFieldLike { name: name.text.clone() });
            }
            return Named { fields: fields.into_iter().collect(), is_lenient: true };
        }
        let fields = match schema.field(&name.text) {
            Some(field) => vec![field],
            None => {
                self.problems.unknown_field(name.span.clone(), &name.text, schema);
                if schema.is_strict() { Vec::new() } else { vec![leaf::guess(&name.text, compared_with)] }
            }
        };
        Named { fields, is_lenient }
    }
}

/// `>10`, `>=10`, `<10`, `<=10` as the text behind a field.
fn comparison(text: &str) -> Option<(CompareOp, &str)> {
    let operators =
        [(">=", CompareOp::Gte), (">", CompareOp::Gt), ("<=", CompareOp::Lte), ("<", CompareOp::Lt)];
    operators.into_iter().find_map(|(symbol, op)| {
        let bound = text.strip_prefix(symbol)?;
        (!bound.is_empty()).then_some((op, bound))
    })
}

/// Puts a question to one field; `None` if analysis leaves nothing of it.
fn put(field: &Field, question: &Question, reading: &Reading<'_>) -> Result<Option<Filter>, LeafError> {
    let value = |text: &str| Value::String(text.to_owned().into());
    let is_silent = |text: &str| field.field_type.is_text() && leaf::words(field, &value(text)).is_empty();
    Ok(Some(match question {
        Question::Text(text) | Question::Phrase(text, _) if is_silent(text) => return Ok(None),
        Question::Text(text) => leaf::matching(field, &value(text), reading.operator, &reading.dates)?,
        Question::Phrase(text, slop) => {
            leaf::phrase(field, &value(text), slop.unwrap_or(reading.slop), false, &reading.dates)?
        }
        Question::Prefix(text) if reading.analyze_wildcard && field.field_type.is_text() => {
            if is_silent(text) {
                return Ok(None);
            }
            leaf::bool_prefix(field, &value(text), reading.operator, &reading.dates)?
        }
        Question::Prefix(text) => leaf::pattern(field, leaf::prefix(text))?,
        Question::Wildcard(text) => {
            let parts = leaf::escaped_wildcard(text);
            leaf::pattern(field, Pattern::Wildcard { parts, case_insensitive: false })?
        }
        Question::Regex(source) => {
            leaf::pattern(field, Pattern::Regex { source: source.as_str().into(), case_insensitive: false })?
        }
        Question::Fuzzy(text, distance) => leaf::pattern(field, leaf::fuzzy(text, *distance, 0))?,
        // Ranges are asked elsewhere.
        Question::Range { .. } => return Ok(None),
    }))
}
