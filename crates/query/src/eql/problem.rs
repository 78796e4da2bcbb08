//! Everything that can be wrong with an EQL query: one entry a kind, with its code, message and help. Nothing else in
//! this folder writes a message.

use std::ops::Range;

use crate::diagnostic::{self, Kind, did_you_mean, hint, problems};
use crate::{Diagnostic, Severity};

problems! {
    /// One kind of problem, with the facts that its text needs.
    pub(super) enum Problem;

    // Lexer
    UnexpectedCharacter { character: char }: "eql::syntax::unexpected-character",
        format!("unexpected character `{}`", character.escape_debug()),
        unexpected_character_help(*character);
    ForeignOperator { operator: &'static str }: "eql::syntax::unknown-operator",
        format!("EQL has no operator `{operator}`"),
        foreign_operator_help(operator);
    NumberOutOfRange: "eql::syntax::number-out-of-range",
        "this number is out of range",
        None;
    UnterminatedComment: "eql::syntax::unterminated-comment",
        "this comment is not closed",
        hint("close it with `*/`; comments nest");
    UnterminatedName: "eql::syntax::unterminated-name",
        "this quoted field name is not closed",
        hint("close it with a backtick; a backtick in a name is doubled");
    EmptyName: "eql::syntax::empty-name",
        "a field name cannot be empty",
        None;
    UnterminatedString: "eql::string::unterminated",
        "this string is not closed",
        hint("close it with `\"`; strings end on the line they begin, a line break is `\\n`");
    UnknownEscape: "eql::string::unknown-escape",
        "unknown escape sequence in a string",
        hint("known are \\b \\t \\n \\f \\r \\\" \\' \\\\ \\u{...}; a backslash is doubled, or stands in a raw string \"\"\"...\"\"\"");
    BadUnicodeEscape: "eql::string::bad-unicode-escape",
        "a Unicode escape needs two to eight hexadecimal digits in braces",
        hint("as in `\\u{e9}` or `\\u{1f600}`");
    NoSuchCharacter: "eql::string::no-such-character",
        "there is no character with this code",
        None;
    SingleQuotes: "eql::string::single-quotes",
        "strings are written in double quotes",
        hint("write \"...\" instead of '...'");
    OldRawString: "eql::string::old-raw-string",
        "raw strings are written in three double quotes",
        hint("write \"\"\"...\"\"\" instead of ?\"...\"");

    // Parser
    Expected { expected: &'static str, found: String }: "eql::syntax::unexpected",
        format!("expected {expected}, found {found}"),
        keyword_help(found);
    TooDeep { limit: usize }: "eql::syntax::too-deep",
        format!("this expression nests deeper than {limit} levels"),
        None;
    Assignment: "eql::syntax::assignment",
        "`=` is not a comparison",
        hint("write `==` to compare, `:` to ignore case and use wildcards");
    ChainedComparison: "eql::syntax::chained-comparison",
        "comparisons cannot be chained",
        hint("compare two at a time and join them with `and`");
    NotBeforePattern { operator: &'static str }: "eql::syntax::misplaced-not",
        format!("`not` cannot stand before `{operator}`"),
        format!("write `not field {operator} ...`");
    PatternNotConstant { operator: &'static str }: "eql::syntax::pattern-not-constant",
        format!("`{operator}` compares with constants only, not with fields or expressions"),
        hint("give a constant, or a list of constants in parentheses");
    ArrayIndex: "eql::syntax::array-index",
        "array indexes are not supported",
        hint("a comparison with a field of several values holds if any of them passes; leave the index out");
    ProcessRelationship { name: String }: "eql::syntax::process-relationship",
        format!("process relationships (`{name} of`) are not supported"),
        hint("write a sequence joined by `process.entity_id`");
    Fork: "eql::syntax::fork",
        "`fork` is not supported",
        hint("leave it out");
    MethodCall: "eql::syntax::method-call",
        "functions cannot be called as methods",
        hint("write `length(value)` instead of `value:length()`");
    UnknownOption { found: String, expected: &'static str }: "eql::syntax::unknown-option",
        format!("unknown option `{found}`, expected `{expected}`"),
        None;
    RepeatedClause { clause: &'static str }: "eql::syntax::repeated-clause",
        format!("`{clause}` is given twice"),
        None;
    MaxspanWithoutUnit { number: i64 }: "eql::syntax::maxspan-without-unit",
        "`maxspan` needs a unit of time",
        format!("as in `{number}s`");
    MaxspanUnit { unit: String }: "eql::syntax::maxspan-unit",
        format!("unknown unit of time `{unit}`"),
        hint("the units are ms, s, m, h and d");
    MaxspanNotWhole: "eql::syntax::maxspan-not-whole",
        "`maxspan` takes a whole number",
        hint("use a smaller unit, as in `30s` for half a minute");
    MaxspanNotPositive: "eql::syntax::maxspan-not-positive",
        "`maxspan` must be positive",
        None;
    Runs { found: String }: "eql::syntax::runs",
        format!("`runs` must be a whole number from 1 to 100, found {found}"),
        None;
    UnknownPipe { name: String, similar: Option<String> }: "eql::syntax::unknown-pipe",
        format!("unknown pipe `{name}`"),
        did_you_mean(similar).unwrap_or_else(|| "the pipes are `head` and `tail`".into());
    UnsupportedPipe { name: String }: "eql::syntax::unsupported-pipe",
        format!("the pipe `{name}` is not supported"),
        hint("the pipes are `head` and `tail`");

    // Pipes, sequences, samples
    PipeArguments { name: String, found: usize }: "eql::pipe-arguments",
        format!("the pipe `{name}` takes exactly one argument, found {found}"),
        None;
    PipeLimit { name: String }: "eql::pipe-limit",
        format!("the pipe `{name}` takes a constant integer, zero or more"),
        None;
    Join: "eql::join-unsupported",
        "Elasticsearch parses `join` and does not run it",
        hint("use `sequence by`, or `sample by` if the order does not matter");
    JoinUntil: "eql::join-without-order",
        "`until` has no effect on a join, whose events have no order",
        None;
    TooFewSteps { found: usize }: "eql::too-few-steps",
        format!("a sequence needs at least 2 steps, found {found}"),
        None;
    MissingWithoutMaxspan: "eql::missing-without-maxspan",
        "a sequence with missing events needs `with maxspan`",
        hint("as in `sequence with maxspan=5m [...] ![...]`");
    OnlyMissing: "eql::only-missing",
        "a sequence needs at least one step that is not a missing event",
        None;
    MissingUntil: "eql::missing-until",
        "`until` cannot be a missing event",
        None;
    RunsOnUntil: "eql::runs-on-until",
        "`until` cannot have `runs`",
        None;
    SampleSize { kind: &'static str, most: usize, found: usize }: "eql::sample-size",
        format!("a {kind} has 2 to {most} filters, found {found}"),
        None;
    SampleWithoutKeys: "eql::sample-without-keys",
        "a sample needs at least one join key",
        hint("as in `sample by host.id [...] [...]`");
    SamplePipe: "eql::sample-pipe",
        "samples cannot be followed by pipes",
        None;
    SampleMissing { kind: &'static str }: "eql::sample-missing",
        format!("a {kind} cannot have missing events"),
        None;
    SampleRuns { kind: &'static str }: "eql::sample-runs",
        format!("a {kind} cannot have `runs`"),
        None;
    KeyNotField: "eql::key-not-field",
        "a join key must be a field",
        None;
    KeyCount { expected: usize, found: usize }: "eql::key-count",
        format!("expected {expected} join keys, found {found}"),
        hint("every step joins by the same number of keys, and so does `until`");
    KeyTypes { name: String, found: String, other: String, expected: String }: "eql::key-types",
        format!("the join key `{name}` of type {found} does not compare with the key `{other}` of type {expected}"),
        None;

    // Fields
    UnknownField { name: String, similar: Vec<String>, strict: bool }: "eql::unknown-field",
        format!("unknown field `{name}`"),
        did_you_mean(similar).or_else(|| strict.then(|| format!("write `?{name}` if it may be missing")));
    UnusableField { name: String, field_type: String }: "eql::unusable-field",
        format!("the field `{name}` has the type {field_type}, which cannot be compared"),
        None;
    ObjectField { name: String }: "eql::object-field",
        format!("`{name}` is an object, only its subfields have values"),
        None;
    NestedField { name: String, parent: String }: "eql::nested-field",
        format!("the field `{name}` lies below the nested field `{parent}`, which is not supported"),
        None;
    TextField { name: String }: "eql::text-field",
        format!("the field `{name}` is analysed text, which EQL cannot compare"),
        hint("use a keyword subfield of it, if the mapping has one");
    NoCategoryField { name: String }: "eql::no-category-field",
        format!("the event category field `{name}` does not exist"),
        None;

    // The endpoint's dialect
    ArraySearch: "eql::array-search",
        "`_arraysearch` takes an array, a variable and a condition",
        hint("as in `_arraysearch(process.thread.Ext.call_stack, $entry, $entry.symbol_info : \"*!Sleep\")`");
    ArraySearchEarlier: "eql::array-search-earlier",
        "`_arraysearch` cannot look into an earlier event",
        hint("search the array in the step that the event is of");
    UnknownVariable { name: String }: "eql::unknown-variable",
        format!("there is no variable `{name}` here"),
        hint("a variable is the second argument of `_arraysearch`, and stands in its condition only");
    WholeElement { name: String }: "eql::whole-element",
        format!("`{name}` is an object, only its fields have values"),
        format!("write `{name}.field`; elements that are no objects are values of the array itself");
    UnknownEvent { name: String }: "eql::unknown-event",
        format!("no earlier step is called `{name}`"),
        format!("a step before this one must end in `] as {name}`");
    WholeEvent { name: String }: "eql::whole-event",
        format!("`{name}` is an event, only its fields have values"),
        format!("write `{name}.field`");
    NameTwice { name: String }: "eql::name-twice",
        format!("two steps are called `{name}`"),
        None;
    NamedMissing: "eql::named-missing",
        "an event that is missing cannot have a name",
        None;
    NamedRuns: "eql::named-runs",
        "a step with `runs` has several events, and cannot have a name",
        hint("write the step out as often as it runs");
    NameWithoutSequence: "eql::name-without-sequence",
        "only the steps of a sequence can have names",
        None;
    MisplacedDescendant: "eql::misplaced-descendant",
        "`descendant of` cannot stand here",
        hint("it stands in a condition on an event or on a step of a sequence, outside of `_arraysearch` and of another `descendant of`");

    // Types
    UnknownFunction { name: String, similar: Option<String> }: "eql::unknown-function",
        format!("unknown function `{name}`"),
        did_you_mean(similar);
    ArgumentCount { function: &'static str, expected: String, found: usize }: "eql::argument-count",
        format!("`{function}` takes {expected}, found {found}"),
        None;
    CaseArgument: "eql::case-argument",
        "Elasticsearch has withdrawn the fifth argument of `between`, whether case counts",
        hint("write `between~` where case does not count, and leave it out where it does");
    ArgumentType { function: &'static str, position: usize, expected: &'static str, found: String }:
        "eql::argument-type",
        format!("the {} argument of `{function}` must be {expected}, found {found}", ordinal(*position)),
        None;
    ArgumentNotConstant { function: &'static str, position: usize }: "eql::argument-not-constant",
        format!("the {} argument of `{function}` must be a constant", ordinal(*position)),
        None;
    NotCaseAware { function: &'static str }: "eql::not-case-aware",
        format!("`{function}` has no case-insensitive form"),
        hint("only between~, endsWith~, indexOf~, startsWith~ and stringContains~ ignore case");
    BadNetwork { text: String }: "eql::bad-network",
        format!("`{text}` is not an IP address or a network in CIDR notation"),
        hint("as in \"10.0.0.0/8\" or \"fe80::/10\"");
    OperandType { operator: &'static str, expected: &'static str, found: String }: "eql::operand-type",
        format!("`{operator}` needs {expected}, found {found}"),
        (found == "boolean")
            .then(|| "`in`, `like`, `regex` and `:` bind to the value right before them; use parentheses".to_owned());
    StringOperator { operator: &'static str, found: String, instead: &'static str }: "eql::string-operator",
        format!("`{operator}` compares strings only, found {found}"),
        format!("use `{instead}`");
    FieldComparison { operator: &'static str, field: String }: "eql::field-comparison",
        format!("`{operator}` compares with constants only, not with the field `{field}`"),
        hint("compare each field with a constant, or join two events in a sequence");
    NotBoolean { found: String }: "eql::not-boolean",
        format!("a condition must be true or false, found {found}"),
        hint("compare it with something");
    BadConstant { field: String, field_type: String, strict: bool }: "eql::bad-constant",
        format!("this is no value for the field `{field}` of type {field_type}"),
        None;
    Incomparable { operator: &'static str, left: String, right: String }: "eql::incomparable",
        format!("`{operator}` cannot compare {left} with {right}"),
        None;
    BadRegex { reason: String }: "eql::bad-regex",
        format!("invalid regular expression: {reason}"),
        None;
    TooManyProblems { more: usize }: "eql::too-many-problems",
        format!("and {more} more problems, not shown"),
        None;
}

impl Problem {
    /// Without a mapping nobody knows the fields for sure.
    fn severity(&self) -> Severity {
        match self {
            Self::UnknownField { strict: false, .. } | Self::BadConstant { strict: false, .. } => {
                Severity::Warning
            }
            Self::JoinUntil | Self::CaseArgument => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// What the query means where a lenient reading lets it run; `None` if no reading does.
    fn lenient_meaning(&self) -> Option<&'static str> {
        Some(match self {
            Self::Join => "it gives one event of each filter for each key, in any order",
            Self::NotBoolean { .. } | Self::ArgumentType { .. } => {
                "neither this condition nor its negation holds for any event"
            }
            Self::StringOperator { operator: ":", .. } | Self::OperandType { operator: ":", .. } => {
                "equal values match"
            }
            _ => return None,
        })
    }

    /// As a warning, if a lenient reading lets the query run.
    fn leniently_at(&self, span: Range<usize>) -> Option<Diagnostic> {
        let meaning = self.lenient_meaning()?;
        let help = Some(format!("Elasticsearch refuses to run this; here {meaning}"));
        Some(Diagnostic { severity: Severity::Warning, help, ..self.at(span) })
    }
}

fn unexpected_character_help(character: char) -> Option<String> {
    match character {
        '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' => {
            hint("strings are written in straight double quotes")
        }
        ';' => hint("a query has no end mark; leave it out"),
        c if c.is_alphabetic() => hint("a field name with other letters than a to z is written in backticks"),
        _ => None,
    }
}

fn foreign_operator_help(operator: &str) -> Option<String> {
    hint(match operator {
        "&&" | "&" => "write `and`",
        "||" => "write `or`",
        "!:" => "write `not field : \"value\"`",
        _ => "write `not`",
    })
}

/// Keywords in the wrong case, and fields that are named like keywords.
fn keyword_help(found: &str) -> Option<String> {
    let word = found.trim_matches('`');
    let lower = word.to_ascii_lowercase();
    if !super::parser::is_keyword(&lower) {
        return None;
    }
    Some(if lower == word {
        format!("a field of this name is written in backticks: `` `{word}` ``")
    } else {
        format!("keywords are lower case: write `{lower}`")
    })
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

impl Kind for Problem {
    fn at(&self, span: Range<usize>) -> Diagnostic {
        let (code, message, help) = self.text();
        Diagnostic { code, severity: self.severity(), message, span, label: None, help }
    }

    fn too_many(more: usize) -> Self {
        Self::TooManyProblems { more }
    }
}

/// The problems of a query of EQL.
pub(super) type Problems = diagnostic::Problems<Problem>;

impl Problems {
    /// Adds what a lenient reading lets pass, as a warning; whether it lets it.
    pub(super) fn tolerate(&mut self, span: Range<usize>, problem: &Problem) -> bool {
        let warning = problem.leniently_at(span);
        warning.map(|warning| self.push(warning)).is_some()
    }
}
