//! A checked ES|QL query: every name is a column, every expression has a type.

use std::ops::Range;
use std::sync::Arc;

use rulehound_schema::{Field, IndexPatterns};

use super::functions::{Aggregation, Function};
use super::types::Type;
use crate::Filter;

/// A checked query over a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuery {
    /// Where rows come from.
    pub source: TableSource,
    /// What is done with them, in order.
    pub steps: Vec<TableStep>,
    /// What comes out, in order.
    pub output: Vec<Column>,
    /// What a row of the source must satisfy to play any part in the result: necessary, not sufficient. The steps ask
    /// it again.
    pub filter: Filter,
    /// Whether rows of the result stand for several of the source: `STATS`, but not `INLINE STATS`.
    pub is_aggregating: bool,
    /// Whether the result depends on which fields there are that the query does not name.
    pub reads_all: bool,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSource {
    /// Events of these indices.
    Events {
        /// What stands behind `FROM`.
        patterns: IndexPatterns,
        /// The fields that are read, metadata fields (`_id`, `_index`, `_version`, `_source`, ...) among them.
        fields: Vec<(Column, Field)>,
        /// Questions to the event that only its index can answer (`KQL`, `MATCH`): booleans, never null.
        tests: Vec<(Column, Filter)>,
    },
    /// One row of constants.
    Row(Vec<(Column, Expr)>),
}

/// A column, the same from where it is made to where it is last read, whatever it is called meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Which column: no two of a query have the same.
    pub id: ColumnId,
    /// What it is called. Names may come again: a later one hides the earlier.
    pub name: Arc<str>,
    /// The type of its values.
    pub ty: Type,
}

/// A column of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// What is done with rows.
#[derive(Clone, Debug, PartialEq)]
pub enum TableStep {
    /// Rows for which it is true.
    Filter(Expr),
    /// New columns, each of the columns before the step.
    Extend(Vec<(Column, Expr)>),
    /// One row a group, of the groups' columns and the aggregates. A row with several values in a group expression
    /// belongs to the group of each. Without groups one row, whatever there is.
    Aggregate(AggregateStep),
    /// The same, but every row is kept and gets the aggregates of its group. The groups' expressions are columns.
    InlineAggregate(AggregateStep),
    /// In this order.
    Sort(Vec<SortKey>),
    /// The first so many.
    Limit(u64),
    /// One row a value of a column; the new column has the single values.
    MvExpand {
        /// The column whose values are taken apart.
        from: ColumnId,
        /// What takes its place.
        to: Column,
    },
    /// Parts of a string by delimiters. No match: all null.
    Dissect {
        /// The string.
        input: Expr,
        /// The pattern, checked.
        pattern: Arc<str>,
        /// What stands between parts that are appended.
        append_separator: Arc<str>,
        /// The keys of the pattern in their order, each a keyword.
        output: Vec<Column>,
    },
    /// Parts of a string by regular expressions, of which the first that matches counts. No match: all null.
    Grok {
        /// The string.
        input: Expr,
        /// The patterns, checked.
        patterns: Vec<Arc<str>>,
        /// The names of the patterns in their order.
        output: Vec<Column>,
    },
    /// Columns from the rows of a table of its own that have the same values.
    Lookup(LookupStep),
    /// The point at which the values of a column change: its row gets the kind of change and the p-value.
    ChangePoint {
        /// The numbers.
        value: ColumnId,
        /// What puts them in order.
        key: ColumnId,
        /// A keyword.
        kind: Column,
        /// A double.
        pvalue: Column,
    },
    /// What a language model answers.
    Completion {
        /// The prompt.
        prompt: Expr,
        /// The id of the inference endpoint.
        inference_id: Arc<str>,
        /// The answer, a keyword.
        output: Column,
    },
    /// About this part of the rows, chosen by chance.
    Sample(f64),
}

impl TableStep {
    /// Calls `f` with every expression of the step.
    pub fn for_each_expr(&self, f: &mut dyn FnMut(&Expr)) {
        match self {
            Self::Filter(value)
            | Self::Dissect { input: value, .. }
            | Self::Grok { input: value, .. }
            | Self::Completion { prompt: value, .. } => f(value),
            Self::Extend(columns) => columns.iter().for_each(|(_, value)| f(value)),
            Self::Aggregate(step) | Self::InlineAggregate(step) => {
                step.groups.iter().for_each(|(_, value)| f(value));
                let calls = step.aggregates.iter().map(|(_, call)| call);
                calls.flat_map(|call| call.args.iter().chain(&call.filter)).for_each(f);
            }
            Self::Sort(keys) => keys.iter().for_each(|key| f(&key.value)),
            Self::Limit(_)
            | Self::MvExpand { .. }
            | Self::Lookup(_)
            | Self::ChangePoint { .. }
            | Self::Sample(_) => {}
        }
    }
}

/// `STATS`.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateStep {
    /// What makes the groups.
    pub groups: Vec<(Column, Expr)>,
    /// What is said of each.
    pub aggregates: Vec<(Column, AggregateCall)>,
}

/// An aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub function: Aggregation,
    /// Its arguments; none for `COUNT(*)`.
    pub args: Vec<Expr>,
    /// The rows that count.
    pub filter: Option<Expr>,
}

/// `LOOKUP JOIN` and `ENRICH`.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupStep {
    /// The name of the lookup index or of the policy.
    pub table: Arc<str>,
    /// Whether `table` names a policy of `ENRICH`.
    pub is_policy: bool,
    /// Columns here and the fields there that must be equal.
    pub on: Vec<(ColumnId, Arc<str>)>,
    /// The columns that come in, and their fields there.
    pub output: Vec<(Column, Arc<str>)>,
}

/// By what rows are put in order. Of several values the least counts in ascending order, the greatest in descending.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value.
    pub value: Expr,
    /// Greatest first.
    pub descending: bool,
    /// Rows without a value come first.
    pub nulls_first: bool,
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its values.
    pub ty: Type,
    /// Where it stands in the text.
    pub span: Range<usize>,
}

impl Expr {
    /// Calls `f` with every column that it reads, once a mention.
    pub fn for_each_column(&self, f: &mut dyn FnMut(ColumnId)) {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Now => {}
            ExprKind::Column(column) => f(*column),
            ExprKind::Call(_, args) => args.iter().for_each(|arg| arg.for_each_column(f)),
        }
    }

    /// Whether it depends on when the query runs.
    pub fn reads_now(&self) -> bool {
        match &self.kind {
            ExprKind::Now => true,
            ExprKind::Literal(_) | ExprKind::Column(_) => false,
            ExprKind::Call(_, args) => args.iter().any(Self::reads_now),
        }
    }

    /// Whether it is the same for all rows.
    pub fn is_constant(&self) -> bool {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Now => true,
            ExprKind::Column(_) => false,
            ExprKind::Call(_, args) => args.iter().all(Self::is_constant),
        }
    }
}

/// What an expression computes.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// When the query runs: a `date`, the same for all rows.
    Now,
    /// The values of a column.
    Column(ColumnId),
    /// A function or operator of arguments, which have the types that it wants: conversions are calls too.
    Call(Function, Vec<Expr>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// Of type `boolean`.
    Boolean(bool),
    /// Of type `integer`.
    Integer(i32),
    /// Of type `long`.
    Long(i64),
    /// Of type `unsigned_long`.
    UnsignedLong(u64),
    /// Of type `double`.
    Double(f64),
    /// Of type `keyword`.
    Keyword(Arc<str>),
    /// Milliseconds since the epoch.
    Date(i64),
    /// Nanoseconds since the epoch.
    DateNanos(i64),
    /// An address in IPv6 terms.
    Ip(std::net::Ipv6Addr),
    /// Of type `version`, as written.
    Version(Arc<str>),
    /// Of type `date_period`: months and days.
    DatePeriod {
        /// Years are twelve.
        months: i32,
        /// Weeks are seven.
        days: i32,
    },
    /// Milliseconds.
    TimeDuration(i64),
    /// Several values of one type, at least two.
    List(Vec<Literal>),
}
