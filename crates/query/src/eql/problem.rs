//! Everything that can be wrong with an EQL query: one variant a kind, from which code, message and help are
//! made. Nothing else in this folder writes a message.

use std::ops::Range;

use crate::{Diagnostic, Severity};

/// One kind of problem, with the facts that its message needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Problem {
    // Lexer
    UnexpectedCharacter { character: char },
    ForeignOperator { operator: &'static str },
    NumberOutOfRange,
    UnterminatedComment,
    UnterminatedName,
    EmptyName,
    UnterminatedString,
    UnknownEscape,
    BadUnicodeEscape,
    NoSuchCharacter,
    SingleQuotes,
    OldRawString,
    // Parser
    Expected { expected: &'static str, found: String },
    TooDeep { limit: usize },
    Assignment,
    ChainedComparison,
    NotBeforePattern { operator: &'static str },
    PatternNotConstant { operator: &'static str },
    ArrayIndex,
    ProcessRelationship { name: String },
    Fork,
    MethodCall,
    UnknownOption { found: String, expected: &'static str },
    RepeatedClause { clause: &'static str },
    MaxspanWithoutUnit { number: i64 },
    MaxspanUnit { unit: String },
    MaxspanNotWhole,
    MaxspanNotPositive,
    Runs { found: String },
    UnknownPipe { name: String, similar: Option<String> },
    UnsupportedPipe { name: String },
    PipeArguments { name: String, found: usize },
    PipeLimit { name: String },
    // Shape of sequences and samples
    JoinUnsupported,
    TooFewSteps { found: usize },
    MissingWithoutMaxspan,
    OnlyMissing,
    MissingUntil,
    RunsOnUntil,
    SampleSize { found: usize },
    SampleWithoutKeys,
    SamplePipe,
    SampleMissing,
    SampleRuns,
    KeyNotField,
    KeyCount { expected: usize, found: usize },
    KeyTypes { name: String, found: String, other: String, expected: String },
    // Fields
    UnknownField { name: String, similar: Vec<String>, strict: bool },
    UnusableField { name: String, field_type: String },
    ObjectField { name: String },
    NestedField { name: String, parent: String },
    TextField { name: String },
    NoCategoryField { name: String },
    // Types
    UnknownFunction { name: String, similar: Option<String> },
    ArgumentCount { function: &'static str, expected: String, found: usize },
    ArgumentType { function: &'static str, position: usize, expected: &'static str, found: String },
    ArgumentNotConstant { function: &'static str, position: usize },
    NotCaseAware { function: &'static str },
    BadNetwork { text: String },
    OperandType { operator: &'static str, expected: &'static str, found: String },
    StringOperator { operator: &'static str, found: String, instead: &'static str },
    FieldComparison { operator: &'static str, field: String },
    NotBoolean { found: String },
    BadConstant { field: String, field_type: String, strict: bool },
    Incomparable { operator: &'static str, left: String, right: String },
    BadRegex { reason: String },
    TooManyProblems { more: usize },
}

impl Problem {
    /// Stable name of the kind. Those under `eql::syntax` and `eql::string` are about the form of the text
    /// alone; the others need the query to be understood.
    pub(super) fn code(&self) -> &'static str {
        use Problem as P;
        match self {
            P::UnexpectedCharacter { .. } => "eql::syntax::unexpected-character",
            P::ForeignOperator { .. } => "eql::syntax::unknown-operator",
            P::NumberOutOfRange => "eql::syntax::number-out-of-range",
            P::UnterminatedComment => "eql::syntax::unterminated-comment",
            P::UnterminatedName => "eql::syntax::unterminated-name",
            P::EmptyName => "eql::syntax::empty-name",
            P::UnterminatedString => "eql::string::unterminated",
            P::UnknownEscape => "eql::string::unknown-escape",
            P::BadUnicodeEscape => "eql::string::bad-unicode-escape",
            P::NoSuchCharacter => "eql::string::no-such-character",
            P::SingleQuotes => "eql::string::single-quotes",
            P::OldRawString => "eql::string::old-raw-string",
            P::Expected { .. } => "eql::syntax::unexpected",
            P::TooDeep { .. } => "eql::syntax::too-deep",
            P::Assignment => "eql::syntax::assignment",
            P::ChainedComparison => "eql::syntax::chained-comparison",
            P::NotBeforePattern { .. } => "eql::syntax::misplaced-not",
            P::PatternNotConstant { .. } => "eql::syntax::pattern-not-constant",
            P::ArrayIndex => "eql::syntax::array-index",
            P::ProcessRelationship { .. } => "eql::syntax::process-relationship",
            P::Fork => "eql::syntax::fork",
            P::MethodCall => "eql::syntax::method-call",
            P::UnknownOption { .. } => "eql::syntax::unknown-option",
            P::RepeatedClause { .. } => "eql::syntax::repeated-clause",
            P::MaxspanWithoutUnit { .. } => "eql::syntax::maxspan-without-unit",
            P::MaxspanUnit { .. } => "eql::syntax::maxspan-unit",
            P::MaxspanNotWhole => "eql::syntax::maxspan-not-whole",
            P::MaxspanNotPositive => "eql::syntax::maxspan-not-positive",
            P::Runs { .. } => "eql::syntax::runs",
            P::UnknownPipe { .. } => "eql::syntax::unknown-pipe",
            P::UnsupportedPipe { .. } => "eql::syntax::unsupported-pipe",
            P::PipeArguments { .. } => "eql::syntax::pipe-arguments",
            P::PipeLimit { .. } => "eql::pipe-limit",
            P::JoinUnsupported => "eql::join-unsupported",
            P::TooFewSteps { .. } => "eql::too-few-steps",
            P::MissingWithoutMaxspan => "eql::missing-without-maxspan",
            P::OnlyMissing => "eql::only-missing",
            P::MissingUntil => "eql::missing-until",
            P::RunsOnUntil => "eql::runs-on-until",
            P::SampleSize { .. } => "eql::sample-size",
            P::SampleWithoutKeys => "eql::sample-without-keys",
            P::SamplePipe => "eql::sample-pipe",
            P::SampleMissing => "eql::sample-missing",
            P::SampleRuns => "eql::sample-runs",
            P::KeyNotField => "eql::key-not-field",
            P::KeyCount { .. } => "eql::key-count",
            P::KeyTypes { .. } => "eql::key-types",
            P::UnknownField { .. } => "eql::unknown-field",
            P::UnusableField { .. } => "eql::unusable-field",
            P::ObjectField { .. } => "eql::object-field",
            P::NestedField { .. } => "eql::nested-field",
            P::TextField { .. } => "eql::text-field",
            P::NoCategoryField { .. } => "eql::no-category-field",
            P::UnknownFunction { .. } => "eql::unknown-function",
            P::ArgumentCount { .. } => "eql::argument-count",
            P::ArgumentType { .. } => "eql::argument-type",
            P::ArgumentNotConstant { .. } => "eql::argument-not-constant",
            P::NotCaseAware { .. } => "eql::not-case-aware",
            P::BadNetwork { .. } => "eql::bad-network",
            P::OperandType { .. } => "eql::operand-type",
            P::StringOperator { .. } => "eql::string-operator",
            P::FieldComparison { .. } => "eql::field-comparison",
            P::NotBoolean { .. } => "eql::not-boolean",
            P::BadConstant { .. } => "eql::bad-constant",
            P::Incomparable { .. } => "eql::incomparable",
            P::BadRegex { .. } => "eql::bad-regex",
            P::TooManyProblems { .. } => "eql::too-many-problems",
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Problem::UnknownField { strict: false, .. } | Problem::BadConstant { strict: false, .. } => {
                Severity::Warning
            }
            _ => Severity::Error,
        }
    }

    /// What is wrong, in one sentence.
    fn message(&self) -> String {
        use Problem as P;
        match self {
            P::UnexpectedCharacter { character } => {
                format!("unexpected character `{}`", character.escape_debug())
            }
            P::ForeignOperator { operator } => format!("EQL has no operator `{operator}`"),
            P::NumberOutOfRange => "this number is out of range".into(),
            P::UnterminatedComment => "this comment is not closed".into(),
            P::UnterminatedName => "this quoted field name is not closed".into(),
            P::EmptyName => "a field name cannot be empty".into(),
            P::UnterminatedString => "this string is not closed".into(),
            P::UnknownEscape => "unknown escape sequence in a string".into(),
            P::BadUnicodeEscape => "a Unicode escape needs two to eight hexadecimal digits in braces".into(),
            P::NoSuchCharacter => "there is no character with this code".into(),
            P::SingleQuotes => "strings are written in double quotes".into(),
            P::OldRawString => "raw strings are written in three double quotes".into(),
            P::Expected { expected, found } => format!("expected {expected}, found {found}"),
            P::TooDeep { limit } => format!("this expression nests deeper than {limit} levels"),
            P::Assignment => "`=` is not a comparison".into(),
            P::ChainedComparison => "comparisons cannot be chained".into(),
            P::NotBeforePattern { operator } => format!("`not` cannot stand before `{operator}`"),
            P::PatternNotConstant { operator } => {
                format!("`{operator}` compares with constants only, not with fields or expressions")
            }
            P::ArrayIndex => "array indexes are not supported".into(),
            P::ProcessRelationship { name } => {
                format!("process relationships (`{name} of`) are not supported")
            }
            P::Fork => "`fork` is not supported".into(),
            P::MethodCall => "functions cannot be called as methods".into(),
            P::UnknownOption { found, expected } => {
                format!("unknown option `{found}`, expected `{expected}`")
            }
            P::RepeatedClause { clause } => format!("`{clause}` is given twice"),
            P::MaxspanWithoutUnit { .. } => "`maxspan` needs a unit of time".into(),
            P::MaxspanUnit { unit } => format!("unknown unit of time `{unit}`"),
            P::MaxspanNotWhole => "`maxspan` takes a whole number".into(),
            P::MaxspanNotPositive => "`maxspan` must be positive".into(),
            P::Runs { found } => format!("`runs` must be a whole number from 1 to 100, found {found}"),
            P::UnknownPipe { name, .. } => format!("unknown pipe `{name}`"),
            P::UnsupportedPipe { name } => format!("the pipe `{name}` is not supported"),
            P::PipeArguments { name, found } => {
                format!("the pipe `{name}` takes exactly one argument, found {found}")
            }
            P::PipeLimit { name } => format!("the pipe `{name}` takes a constant integer, zero or more"),
            P::JoinUnsupported => "`join` is not supported".into(),
            P::TooFewSteps { found } => format!("a sequence needs at least 2 steps, found {found}"),
            P::MissingWithoutMaxspan => "a sequence with missing events needs `with maxspan`".into(),
            P::OnlyMissing => "a sequence needs at least one step that is not a missing event".into(),
            P::MissingUntil => "`until` cannot be a missing event".into(),
            P::RunsOnUntil => "`until` cannot have `runs`".into(),
            P::SampleSize { found } => format!("a sample has 2 to 5 filters, found {found}"),
            P::SampleWithoutKeys => "a sample needs at least one join key".into(),
            P::SamplePipe => "samples cannot be followed by pipes".into(),
            P::SampleMissing => "a sample cannot have missing events".into(),
            P::SampleRuns => "a sample cannot have `runs`".into(),
            P::KeyNotField => "a join key must be a field".into(),
            P::KeyCount { expected, found } => format!("expected {expected} join keys, found {found}"),
            P::KeyTypes { name, found, other, expected } => format!(
                "the join key `{name}` of type {found} does not compare with the key `{other}` of type {expected}"
            ),
            P::UnknownField { name, .. } => format!("unknown field `{name}`"),
            P::UnusableField { name, field_type } => {
                format!("the field `{name}` has the type {field_type}, which cannot be compared")
            }
            P::ObjectField { name } => format!("`{name}` is an object, only its subfields have values"),
            P::NestedField { name, parent } if name == parent => {
                format!("the field `{name}` is nested, which is not supported")
            }
            P::NestedField { name, parent } => {
                format!("the field `{name}` lies below the nested field `{parent}`, which is not supported")
            }
            P::TextField { name } => format!("the field `{name}` is analysed text, which EQL cannot compare"),
            P::NoCategoryField { name } => format!("the event category field `{name}` does not exist"),
            P::UnknownFunction { name, .. } => format!("unknown function `{name}`"),
            P::ArgumentCount { function, expected, found } => {
                format!("`{function}` takes {expected}, found {found}")
            }
            P::ArgumentType { function, position, expected, found } => {
                format!(
                    "the {} argument of `{function}` must be {expected}, found {found}",
                    ordinal(*position)
                )
            }
            P::ArgumentNotConstant { function, position } => {
                format!("the {} argument of `{function}` must be a constant", ordinal(*position))
            }
            P::NotCaseAware { function } => format!("`{function}` has no case-insensitive form"),
            P::BadNetwork { text } => format!("`{text}` is not an IP address or a network in CIDR notation"),
            P::OperandType { operator, expected, found } => {
                format!("`{operator}` needs {expected}, found {found}")
            }
            P::StringOperator { operator, found, .. } => {
                format!("`{operator}` compares strings only, found {found}")
            }
            P::FieldComparison { .. } => "a field can only be compared with a constant".into(),
            P::NotBoolean { found } => format!("a condition must be true or false, found {found}"),
            P::BadConstant { field, field_type, .. } => {
                format!("this is no value for the field `{field}` of type {field_type}")
            }
            P::Incomparable { operator, left, right } => {
                format!("`{operator}` cannot compare {left} with {right}")
            }
            P::BadRegex { reason } => format!("invalid regular expression: {reason}"),
            P::TooManyProblems { more } => format!("and {more} more problems, not shown"),
        }
    }

    /// What would be right.
    fn help(&self) -> Option<String> {
        use Problem as P;
        Some(match self {
            P::ForeignOperator { operator } => match *operator {
                "&&" | "&" => "write `and`".into(),
                "||" => "write `or`".into(),
                "!:" => "write `not field : \"value\"`".into(),
                _ => "write `not`".into(),
            },
            P::UnterminatedComment => "close it with `*/`; comments nest".into(),
            P::UnterminatedName => "close it with a backtick; a backtick in a name is doubled".into(),
            P::UnterminatedString => {
                "close it with `\"`; strings end on the line they begin, a line break is `\\n`".into()
            }
            P::UnknownEscape => {
                "known are \\b \\t \\n \\f \\r \\\" \\' \\\\ \\u{...}; a backslash is doubled, or stands in a raw string \
                 \"\"\"...\"\"\""
                    .into()
            }
            P::BadUnicodeEscape => "as in `\\u{e9}` or `\\u{1f600}`".into(),
            P::SingleQuotes => "write \"...\" instead of '...'".into(),
            P::OldRawString => "write \"\"\"...\"\"\" instead of ?\"...\"".into(),
            P::Expected { found, .. } => return keyword_help(found),
            P::Assignment => "write `==` to compare, `:` to ignore case and use wildcards".into(),
            P::ChainedComparison => "compare two at a time and join them with `and`".into(),
            P::NotBeforePattern { operator } => format!("write `not field {operator} ...`"),
            P::PatternNotConstant { operator: ":" } => {
                "give a constant, or a list of constants in parentheses".into()
            }
            P::PatternNotConstant { .. } => "give a string, or a list of strings in parentheses".into(),
            P::ArrayIndex => {
                "a comparison with a field of several values holds if any of them passes; leave the index out".into()
            }
            P::ProcessRelationship { .. } => "write a sequence joined by `process.entity_id`".into(),
            P::Fork => "leave it out".into(),
            P::MethodCall => "write `length(value)` instead of `value:length()`".into(),
            P::MaxspanWithoutUnit { number } => format!("as in `{number}s`"),
            P::MaxspanUnit { .. } => "the units are ms, s, m, h and d".into(),
            P::MaxspanNotWhole => "use a smaller unit, as in `30s` for half a minute".into(),
            P::UnknownPipe { similar: Some(similar), .. } => format!("did you mean `{similar}`?"),
            P::UnknownPipe { .. } | P::UnsupportedPipe { .. } => "the pipes are `head` and `tail`".into(),
            P::JoinUnsupported => "use `sequence by`, or `sample by` if the order does not matter".into(),
            P::MissingWithoutMaxspan => "as in `sequence with maxspan=5m [...] ![...]`".into(),
            P::SampleWithoutKeys => "as in `sample by host.id [...] [...]`".into(),
            P::KeyCount { .. } => "every step joins by the same number of keys, and so does `until`".into(),
            P::UnknownField { name, similar, strict } => return unknown_field_help(name, similar, *strict),
            P::TextField { .. } => "use a keyword subfield of it, if the mapping has one".into(),
            P::UnknownFunction { similar: Some(similar), .. } => format!("did you mean `{similar}`?"),
            P::NotCaseAware { .. } => {
                "only between~, endsWith~, indexOf~, startsWith~ and stringContains~ ignore case".into()
            }
            P::BadNetwork { .. } => "as in \"10.0.0.0/8\" or \"fe80::/10\"".into(),
            P::OperandType { operator: "+" | "-" | "*" | "/" | "%", found, .. } if found == "boolean" => {
                "`in`, `like`, `regex` and `:` bind to the value right before them; use parentheses".into()
            }
            P::StringOperator { instead, .. } => format!("use `{instead}`"),
            P::FieldComparison { field, operator } => format!(
                "`{operator}` against the field `{field}` cannot be answered; compare each with a constant, or join two \
                 events in a sequence"
            ),
            P::NotBoolean { .. } => "compare it with something".into(),
            _ => return None,
        })
    }
}

fn unknown_field_help(name: &str, similar: &[String], strict: bool) -> Option<String> {
    if !similar.is_empty() {
        let names: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
        return Some(format!("did you mean {}?", names.join(" or ")));
    }
    strict.then(|| format!("write `?{name}` if it may be missing"))
}

/// Names in the wrong case and words that need quoting.
fn keyword_help(found: &str) -> Option<String> {
    let word = found.trim_matches('`');
    let lower = word.to_ascii_lowercase();
    let keyword = super::parser::is_keyword(&lower);
    if keyword && lower != word {
        Some(format!("keywords are lower case: write `{lower}`"))
    } else if keyword {
        Some(format!("a field of this name is written in backticks: `` `{word}` ``"))
    } else {
        None
    }
}

fn ordinal(position: usize) -> String {
    match position {
        1 => "first".into(),
        2 => "second".into(),
        3 => "third".into(),
        4 => "fourth".into(),
        n => format!("{n}th"),
    }
}

/// Collects problems, the first hundred of them.
#[derive(Debug, Default)]
pub(super) struct Problems {
    diagnostics: Vec<Diagnostic>,
    dropped: usize,
}

impl Problems {
    const LIMIT: usize = 100;

    pub(super) fn add(&mut self, span: Range<usize>, problem: Problem) {
        if self.diagnostics.len() >= Self::LIMIT {
            self.dropped += 1;
            return;
        }
        self.diagnostics.push(Diagnostic {
            code: problem.code(),
            severity: problem.severity(),
            message: problem.message(),
            span,
            label: None,
            help: problem.help(),
        });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.dropped > 0 || self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// The problems in the order of the text.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
        self.diagnostics.dedup();
        if self.dropped > 0 {
            let end = self.diagnostics.last().map_or(0, |d| d.span.end);
            let problem = Problem::TooManyProblems { more: self.dropped };
            self.diagnostics.push(Diagnostic {
                code: problem.code(),
                severity: problem.severity(),
                message: problem.message(),
                span: end..end,
                label: None,
                help: None,
            });
        }
        self.diagnostics
    }
}
