//! From the syntax tree to a checked query: names become columns, expressions get types.
//!
//! Fields of the source become columns when they are first read. A name stands for the last column that was called so.

mod aggregate;
mod call;
mod constant;
mod expression;
mod lookup;
mod scope;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rulehound_schema::{Field, FieldType, IndexPatterns, Schema};

use super::ast::{self, Command, Name, NamePattern, Span, Spanned};
use super::plan::{Column, ColumnId, Expr, ExprKind, Literal, SortKey, TableQuery, TableSource, TableStep};
use super::problem::{Problem, Problems};
use super::pushdown;
use super::types::Type;
use super::{Dissect, Grok};
use crate::Filter;
use aggregate::Aggregating;
use scope::Scope;

/// What a query is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields there are.
    pub schema: &'a Schema,
    /// The fields that the events have by default, those that `*` stands for; others of the schema may be read by
    /// name.
    pub fields: &'a [String],
    /// Whether the schema has all fields there are: then any other name is an error, else a warning, and a keyword.
    pub knows_all: bool,
    /// The tables of `LOOKUP JOIN` and `ENRICH`, by name.
    pub lookups: &'a BTreeMap<String, LookupTable>,
    /// How many rows there are at most if the query does not say.
    pub limit: Option<u64>,
}

/// A table to look values up in.
#[derive(Clone, Debug, Default)]
pub struct LookupTable {
    /// The field that `ENRICH` compares with; none for a lookup index.
    pub match_field: Option<String>,
    /// Its fields.
    pub fields: Vec<(String, FieldType)>,
}

/// Checks a query. What is wrong is added to the problems; the result is of use only if there are no errors.
pub(super) fn analyze(
    query: &ast::Query,
    text: &str,
    options: Options<'_>,
    problems: &mut Problems,
) -> TableQuery {
    let mut analyzer = Analyzer {
        options,
        text,
        problems,
        columns: 0,
        fields: Vec::new(),
        unmapped: BTreeSet::new(),
        tests: Vec::new(),
        scope: Scope::default(),
        steps: Vec::new(),
        aggregating: None,
        sees_events: false,
        reads_all: false,
    };
    let row = analyzer.source(&query.source);
    let mut is_aggregating = false;
    for command in &query.commands {
        is_aggregating |= matches!(command.value, Command::Stats { .. });
        analyzer.command(command);
    }
    let has_limit = analyzer.steps.iter().any(|step| matches!(step, TableStep::Limit(_)));
    if let Some(limit) = options.limit.filter(|_| !has_limit) {
        analyzer.steps.push(TableStep::Limit(limit));
    }
    let Analyzer { fields, tests, scope, steps, reads_all, .. } = analyzer;
    let reads_all = reads_all || scope.is_open();
    let source = match (&query.source.value, row) {
        (ast::Source::From { patterns, .. }, _) => {
            let patterns = IndexPatterns::new(patterns.iter().map(|pattern| &pattern.value));
            TableSource::Events { patterns, fields, tests }
        }
        (ast::Source::Row(_), row) => TableSource::Row(row),
    };
    let filter = pushdown::necessary(&source, &steps);
    TableQuery { source, steps, output: scope.columns().to_vec(), filter, is_aggregating, reads_all }
}

struct Analyzer<'a> {
    options: Options<'a>,
    text: &'a str,
    problems: &'a mut Problems,
    /// How many columns there are.
    columns: u32,
    /// The fields read so far.
    fields: Vec<(Column, Field)>,
    /// Those that nobody knows: they are taken for keywords, and converted to what they are used as.
    unmapped: BTreeSet<ColumnId>,
    tests: Vec<(Column, Filter)>,
    scope: Scope,
    steps: Vec<TableStep>,
    /// What is known of a `STATS` while it is read.
    aggregating: Option<Aggregating>,
    /// Whether rows are still events of the source, of which full-text questions may be asked.
    sees_events: bool,
    reads_all: bool,
}

impl Analyzer<'_> {
    fn column(&mut self, name: &str, ty: Type) -> Column {
        let id = ColumnId(self.columns);
        self.columns += 1;
        Column { id, name: name.into(), ty }
    }

    /// The columns of the source come into scope; of `ROW` their values are given.
    fn source(&mut self, source: &Spanned<ast::Source>) -> Vec<(Column, Expr)> {
        match &source.value {
            ast::Source::From { metadata, .. } => {
                self.sees_events = true;
                let options = self.options;
                let names =
                    options.fields.iter().filter_map(|name| Some((name, options.schema.field(name)?)));
                let names: Vec<(&String, Field)> =
                    names.filter(|(_, field)| is_column(field.field_type)).collect();
                let columns: Vec<Column> =
                    names.into_iter().map(|(name, field)| self.field_column(name, field)).collect();
                self.scope = Scope::of_source(columns);
                for name in metadata {
                    self.metadata(name);
                }
                Vec::new()
            }
            ast::Source::Row(assignments) => {
                self.scope = Scope::closed(Vec::new());
                let mut row = Vec::new();
                for assignment in assignments {
                    let value = self.expression(&assignment.value);
                    let name = self.name_of(assignment);
                    let column = self.column(&name, value.ty);
                    self.scope.set(column.clone());
                    row.push((column, value));
                }
                row
            }
        }
    }

    /// A column for a field of the source.
    fn field_column(&mut self, name: &str, field: Field) -> Column {
        let column = self.column(name, Type::of_field(field.field_type));
        self.fields.push((column.clone(), field));
        column
    }

    fn metadata(&mut self, name: &Name) {
        let field_type = match name.value.as_str() {
            "_id" | "_index" | "_index_mode" | "_ignored" | "_tier" => FieldType::Keyword,
            "_version" => FieldType::Long,
            "_score" => FieldType::Double,
            "_source" => FieldType::Object,
            other => {
                let known = METADATA.iter().copied();
                let similar = crate::suggest::similar(other, known, 1);
                return self
                    .problems
                    .add(name.span.clone(), Problem::UnknownMetadata { name: other.to_owned(), similar });
            }
        };
        let ty = if &name.value == "_source" { Type::Source } else { Type::of_field(field_type) };
        let column = self.column(&name.value, ty);
        self.fields.push((column.clone(), Field::new(name.value.as_str(), field_type)));
        self.scope.set(column);
    }

    /// The column that a name stands for; if there is none, that is told, and `None`.
    fn resolve(&mut self, name: &Name) -> Option<Column> {
        if let Some(column) = self.scope.get(&name.value) {
            return Some(column.clone());
        }
        let schema = self.options.schema;
        let may_read = self.scope.may_read(&name.value) && !METADATA.contains(&name.value.as_str());
        let field = schema.field(&name.value).filter(|field| may_read && is_column(field.field_type));
        let is_unmapped = field.is_none();
        let field = match field {
            Some(field) => field,
            None => {
                let is_open = may_read && !self.options.knows_all;
                let similar = self.similar(&name.value);
                let name_text = name.value.clone();
                let problem = match is_open {
                    true => Problem::UnmappedColumn { name: name_text, similar },
                    false => Problem::UnknownColumn { name: name_text, similar },
                };
                self.problems.add(name.span.clone(), problem);
                if !is_open {
                    return None;
                }
                // Nobody knows all fields that events may have.
                Field::new(name.value.as_str(), FieldType::Keyword)
            }
        };
        let column = self.field_column(&name.value, field);
        self.scope.add_field(column.clone());
        if is_unmapped {
            self.unmapped.insert(column.id);
        }
        Some(column)
    }

    /// Names that may be meant by one.
    fn similar(&self, name: &str) -> Vec<String> {
        let columns = self.scope.columns().iter().map(|column| &*column.name);
        let mut similar = crate::suggest::similar(name, columns, 2);
        if similar.is_empty() && self.scope.is_open() {
            similar = self.options.schema.suggest(name).into_iter().map(str::to_owned).collect();
        }
        similar
    }

    /// The name of what is assigned: its text, if it has no other.
    fn name_of(&self, assignment: &ast::Assignment) -> String {
        match (&assignment.name, &assignment.value.kind) {
            (Some(name), _) => name.value.clone(),
            (None, ast::ExprKind::Column(name)) => name.value.clone(),
            (None, _) => self.text.get(assignment.value.span.clone()).unwrap_or_default().to_owned(),
        }
    }

    fn command(&mut self, command: &Spanned<Command>) {
        match &command.value {
            Command::Where(condition) => {
                let condition = self.condition(condition);
                self.steps.push(TableStep::Filter(condition));
            }
            Command::Eval(assignments) => self.eval(assignments),
            Command::Keep(patterns) => self.keep(patterns),
            Command::Drop(patterns) => self.drop(patterns),
            Command::Rename(renames) => renames.iter().for_each(|(from, to)| self.rename(from, to)),
            Command::Stats { aggregates, by } => self.stats(aggregates, by),
            Command::InlineStats { aggregates, by } => self.inline_stats(aggregates, by),
            Command::Sort(orders) => self.sort(orders),
            Command::Limit(count) => self.limit(count),
            Command::MvExpand(name) => self.mv_expand(name),
            Command::Dissect { input, pattern, append_separator } => {
                self.dissect(input, pattern, append_separator.as_deref());
            }
            Command::Grok { input, patterns } => self.grok(input, patterns),
            Command::Enrich { policy, on, with } => self.enrich(policy, on.as_ref(), with),
            Command::LookupJoin { index, on } => self.lookup_join(index, on),
            Command::ChangePoint { value, key, output } => {
                self.change_point(value, key.as_ref(), output.as_ref(), &command.span);
            }
            Command::Completion { target, prompt, options } => {
                self.completion(target.as_ref(), prompt, options, &command.span);
            }
            Command::Sample(probability) => self.sample(probability),
        }
    }

    fn eval(&mut self, assignments: &[ast::Assignment]) {
        // Each may read those before it: a step of their own for all would not do.
        for assignment in assignments {
            let value = self.expression(&assignment.value);
            let name = self.name_of(assignment);
            let column = self.column(&name, value.ty);
            self.scope.set(column.clone());
            self.extend(column, value);
        }
    }

    /// Adds a column, to the step before if that can be: if none of its columns is read.
    fn extend(&mut self, column: Column, value: Expr) {
        if let Some(TableStep::Extend(columns)) = self.steps.last_mut() {
            let mut reads_them = false;
            value.for_each_column(&mut |id| reads_them |= columns.iter().any(|(column, _)| column.id == id));
            if !reads_them {
                return columns.push((column, value));
            }
        }
        self.steps.push(TableStep::Extend(vec![(column, value)]));
    }

    fn keep(&mut self, patterns: &[NamePattern]) {
        for pattern in patterns {
            if let [name] = pattern.parts.as_slice() {
                self.resolve(&Spanned { value: name.clone(), span: pattern.span.clone() });
            }
        }
        let has_stars = patterns.iter().any(|pattern| pattern.parts.len() > 1);
        self.reads_all |= has_stars && self.scope.is_open();
        let is_strict = !self.scope.is_open() || self.options.knows_all;
        for place in self.scope.keep(patterns) {
            // An unknown name was told of before, and of fields that nobody asked for there may be such ones.
            if let Some(pattern) = patterns.get(place).filter(|one| one.parts.len() > 1 && is_strict) {
                self.no_match(pattern);
            }
        }
    }

    fn no_match(&mut self, pattern: &NamePattern) {
        let problem = Problem::NoColumnLike { pattern: pattern.parts.join("*") };
        self.problems.add(pattern.span.clone(), problem);
    }

    fn drop(&mut self, patterns: &[NamePattern]) {
        for pattern in patterns {
            match pattern.parts.as_slice() {
                [name] => {
                    let name = Spanned { value: name.clone(), span: pattern.span.clone() };
                    if self.resolve(&name).is_some() {
                        self.scope.remove(&name.value);
                    }
                }
                _ => {
                    let names = self.scope.matching(pattern);
                    if names.is_empty() && (!self.scope.is_open() || self.options.knows_all) {
                        self.no_match(pattern);
                    }
                    names.iter().for_each(|name| self.scope.remove(name));
                }
            }
        }
    }

    fn rename(&mut self, from: &Name, to: &Name) {
        if let Some(column) = self.resolve(from) {
            let renamed = Column { name: to.value.as_str().into(), ..column };
            self.scope.replace(&from.value, renamed);
        }
    }

    fn sort(&mut self, orders: &[ast::Order]) {
        let keys = orders.iter().map(|order| {
            let value = self.expression(&order.value);
            if matches!(value.ty, Type::GeoPoint | Type::CartesianPoint | Type::Source | Type::Unsupported) {
                self.problems.add(value.span.clone(), Problem::NotSortable { ty: value.ty });
            }
            let nulls_first = order.nulls_first.unwrap_or(order.descending);
            SortKey { value, descending: order.descending, nulls_first }
        });
        let keys = keys.collect();
        self.steps.push(TableStep::Sort(keys));
    }

    fn limit(&mut self, count: &ast::Expr) {
        let value = self.expression(count);
        let limit = match value.kind {
            ExprKind::Literal(Literal::Integer(limit)) => u64::try_from(limit).ok(),
            ExprKind::Literal(Literal::Long(limit)) => u64::try_from(limit).ok(),
            _ => None,
        };
        match limit {
            Some(limit) => {
                self.sees_events = false;
                self.steps.push(TableStep::Limit(limit));
            }
            None => self.problems.add(count.span.clone(), Problem::BadLimit),
        }
    }

    fn sample(&mut self, probability: &ast::Expr) {
        match self.expression(probability).kind {
            ExprKind::Literal(Literal::Double(part)) if part > 0.0 && part < 1.0 => {
                self.steps.push(TableStep::Sample(part));
            }
            _ => self.problems.add(probability.span.clone(), Problem::BadProbability),
        }
    }

    fn mv_expand(&mut self, name: &Name) {
        let Some(from) = self.resolve(name) else { return };
        let to = self.column(&from.name, from.ty);
        self.scope.replace(&from.name.clone(), to.clone());
        self.sees_events = false;
        self.steps.push(TableStep::MvExpand { from: from.id, to });
    }

    fn dissect(&mut self, input: &ast::Expr, pattern: &Spanned<String>, append_separator: Option<&str>) {
        let input = self.string(input, "DISSECT");
        let separator = append_separator.unwrap_or_default();
        let dissect = match Dissect::new(&pattern.value, separator) {
            Ok(dissect) => dissect,
            Err(error) => {
                return self.problems.add(pattern.span.clone(), Problem::DissectPattern { error });
            }
        };
        let names = dissect.outputs().iter();
        let output: Vec<Column> = names.map(|name| self.column(name, Type::Keyword)).collect();
        output.iter().for_each(|column| self.scope.set(column.clone()));
        let (pattern, separator) = (pattern.value.as_str().into(), separator.into());
        self.steps.push(TableStep::Dissect { input, pattern, append_separator: separator, output });
    }

    fn grok(&mut self, input: &ast::Expr, patterns: &[Spanned<String>]) {
        let input = self.string(input, "GROK");
        // Each on its own first, so that an error is told where it is.
        let mut checked = patterns.iter().map(|one| (Grok::new(&[&one.value]), &one.span));
        let error = checked.find_map(|(grok, span)| Some((grok.err()?, span.clone())));
        let patterns: Vec<Arc<str>> = patterns.iter().map(|one| one.value.as_str().into()).collect();
        let whole = (input.span.start..input.span.end, Grok::new(&patterns));
        let grok = match (error, whole) {
            (None, (_, Ok(grok))) => grok,
            (Some((error, span)), _) | (None, (span, Err(error))) => {
                return self.problems.add(span, Problem::GrokPattern { error });
            }
        };
        let columns = grok.outputs().iter();
        let output: Vec<Column> = columns.map(|output| self.column(&output.name, output.ty)).collect();
        output.iter().for_each(|column| self.scope.set(column.clone()));
        self.steps.push(TableStep::Grok { input, patterns, output });
    }

    fn change_point(&mut self, value: &Name, key: Option<&Name>, output: Option<&(Name, Name)>, span: &Span) {
        let timestamp = Spanned { value: "@timestamp".to_owned(), span: span.clone() };
        let Some(number) = self.resolve(value) else { return };
        let Some(key) = self.resolve(key.unwrap_or(&timestamp)) else { return };
        if !(number.ty.is_number() || number.ty == Type::Null) {
            let problem = Problem::NotNumeric { command: "CHANGE_POINT", ty: number.ty };
            return self.problems.add(value.span.clone(), problem);
        }
        let name =
            |name: Option<&Name>, usual: &str| name.map_or(usual.to_owned(), |name| name.value.clone());
        let kind = self.column(&name(output.map(|names| &names.0), "type"), Type::Keyword);
        let pvalue = self.column(&name(output.map(|names| &names.1), "pvalue"), Type::Double);
        self.scope.set(kind.clone());
        self.scope.set(pvalue.clone());
        self.sees_events = false;
        self.steps.push(TableStep::ChangePoint { value: number.id, key: key.id, kind, pvalue });
    }

    fn completion(
        &mut self,
        target: Option<&Name>,
        prompt: &ast::Expr,
        options: &[(Spanned<String>, ast::Expr)],
        span: &Span,
    ) {
        let prompt = self.string(prompt, "COMPLETION");
        let mut inference_id = None;
        for (option, value) in options {
            match (option.value.as_str(), &value.kind) {
                ("inference_id", ast::ExprKind::String(id)) => inference_id = Some(id.as_str().into()),
                ("inference_id", _) => {
                    self.problems.add(value.span.clone(), Problem::NotAString { what: "inference_id" });
                }
                (other, _) => self
                    .problems
                    .add(option.span.clone(), Problem::UnknownFunctionOption { name: other.to_owned() }),
            }
        }
        let Some(inference_id) = inference_id else {
            return self.problems.add(span.clone(), Problem::NoInferenceId);
        };
        let name = target.map_or("completion", |name| name.value.as_str());
        let output = self.column(name, Type::Keyword);
        self.scope.set(output.clone());
        self.steps.push(TableStep::Completion { prompt, inference_id, output });
    }

    /// An expression that must be a string.
    fn string(&mut self, expr: &ast::Expr, command: &'static str) -> Expr {
        let expr = self.expression(expr);
        if !(expr.ty.is_string() || expr.ty == Type::Null) {
            self.problems.add(expr.span.clone(), Problem::NotStringInput { command, ty: expr.ty });
        }
        expr
    }

    /// An expression that must be true or false.
    fn condition(&mut self, expr: &ast::Expr) -> Expr {
        let expr = self.expression(expr);
        let expr = if self.is_unmapped(&expr) { self.as_type(expr, Type::Boolean) } else { expr };
        if !matches!(expr.ty, Type::Boolean | Type::Null) {
            self.problems.add(expr.span.clone(), Problem::NotBoolean { found: expr.ty });
        }
        expr
    }
}

/// The metadata fields that `METADATA` may name.
const METADATA: [&str; 8] =
    ["_id", "_ignored", "_index", "_index_mode", "_score", "_source", "_tier", "_version"];

/// Whether a field of the type is a column at all.
fn is_column(field_type: FieldType) -> bool {
    !matches!(field_type, FieldType::Object | FieldType::Nested)
}
