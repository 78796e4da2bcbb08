//! Everything that can be wrong with an ES|QL query: one entry a kind, with its code, message and help. Nothing else in
//! this folder writes a message.

use std::ops::Range;

use super::functions::SignatureError;
use super::{DissectError, GrokError, Type};
use crate::diagnostic::{self, Kind, did_you_mean, hint, problems};
use crate::{Diagnostic, Severity};

problems! {
    /// One kind of problem, with the facts that its text needs.
    pub(crate) enum Problem;

    // Lexer
    UnexpectedCharacter { character: char }: "esql::syntax::unexpected-character",
        format!("unexpected character `{}`", character.escape_debug()),
        unexpected_character_help(*character);
    ForeignOperator { operator: &'static str }: "esql::syntax::unknown-operator",
        format!("ES|QL has no operator `{operator}`"),
        foreign_operator_help(operator);
    NumberOutOfRange: "esql::syntax::number-out-of-range",
        "this number is out of range",
        None;
    UnterminatedComment: "esql::syntax::unterminated-comment",
        "this comment is not closed",
        hint("close it with `*/`; comments nest");
    UnterminatedName: "esql::syntax::unterminated-name",
        "this quoted name is not closed",
        hint("close it with a backquote; a backquote in a name is doubled");
    EmptyName: "esql::syntax::empty-name",
        "a name cannot be empty",
        None;
    UnterminatedString: "esql::string::unterminated",
        "this string is not closed",
        hint("close it with `\"`; strings end on the line they begin, a line break is `\\n`");
    UnknownEscape: "esql::string::unknown-escape",
        "unknown escape sequence in a string",
        hint("known are \\t \\n \\r \\\" \\\\; a backslash is doubled, or stands in a raw string \"\"\"...\"\"\"");
    SingleQuotes: "esql::string::single-quotes",
        "strings are written in double quotes",
        hint("write \"...\" instead of '...'");

    // Parser
    Expected { expected: &'static str, found: String }: "esql::syntax::unexpected",
        format!("expected {expected}, found {found}"),
        expected_help(found);
    TooDeep { limit: usize }: "esql::syntax::too-deep",
        format!("this expression nests deeper than {limit} levels"),
        None;
    Assignment: "esql::syntax::assignment",
        "`=` is not a comparison",
        hint("write `==` to compare");
    ChainedComparison: "esql::syntax::chained-comparison",
        "comparisons cannot be chained",
        hint("compare two at a time and join them with `AND`, or put one in parentheses");
    ComparisonAsOperand { operator: &'static str }: "esql::syntax::ambiguous-operator",
        format!("`{operator}` asks about the whole comparison before it"),
        hint("put the comparison in parentheses if that is meant, else join the two with `AND`");
    PatternNotConstant { operator: &'static str }: "esql::syntax::pattern-not-constant",
        format!("`{operator}` takes a string, or strings in parentheses"),
        hint("it compares with constant patterns only");
    MatchField: "esql::syntax::match-field",
        "`:` takes a field before it",
        hint("as in `message : \"words\"`");
    MixedList: "esql::syntax::mixed-list",
        "a list has numbers, strings or booleans, not several of them",
        None;
    UnknownUnit { unit: String, similar: Vec<String> }: "esql::syntax::unknown-unit",
        format!("unknown unit of time `{unit}`"),
        did_you_mean(similar).or_else(|| {
            hint("the units are milliseconds, seconds, minutes, hours, days, weeks, months, quarters and years")
        });
    Parameter: "esql::syntax::parameter",
        "a parameter has no value here",
        hint("write the value itself; a name with a question mark is written in backquotes");
    WildcardHere { name: String }: "esql::syntax::wildcard",
        format!("`{name}` has a wildcard, which cannot stand here"),
        hint("wildcards are for `KEEP` and `DROP`; a name with a star is written in backquotes");
    UnknownOption { option: String, known: &'static str }: "esql::syntax::unknown-option",
        format!("unknown option `{option}`"),
        format!("the option is `{known}`");
    RepeatedOption { option: String }: "esql::syntax::repeated-option",
        format!("the option `{option}` is given twice"),
        None;
    NoSource { command: String }: "esql::syntax::no-source",
        format!("a query cannot begin with `{command}`"),
        hint("it begins with `FROM` and the indices, or with `ROW`");
    SourceLater { command: String }: "esql::syntax::source-later",
        format!("`{command}` can only stand at the beginning of a query"),
        None;
    UnknownCommand { name: String, similar: Vec<String> }: "esql::unknown-command",
        format!("unknown command `{name}`"),
        did_you_mean(similar);
    NotSupported { what: String }: "esql::not-supported",
        format!("{what} is not supported"),
        None;

    // Names
    UnknownColumn { name: String, similar: Vec<String> }: "esql::unknown-column",
        format!("unknown column `{name}`"),
        did_you_mean(similar);
    UnmappedColumn { name: String, similar: Vec<String> }: "esql::unknown-column",
        format!("unknown column `{name}`: it is taken for a keyword"),
        did_you_mean(similar);
    UnknownMetadata { name: String, similar: Vec<String> }: "esql::unknown-metadata",
        format!("unknown metadata field `{name}`"),
        did_you_mean(similar);
    NoColumnLike { pattern: String }: "esql::no-column-like",
        format!("no column is named like `{pattern}`"),
        None;
    NotGrouped { name: String }: "esql::not-grouped",
        format!("`{name}` has no one value for a group"),
        hint("name it behind `BY`, or take an aggregate of it");
    AggregateOutside { name: &'static str }: "esql::aggregate-outside",
        format!("`{name}` is an aggregate, which only `STATS` computes"),
        None;
    AggregateInside { name: &'static str }: "esql::aggregate-inside",
        format!("`{name}` is an aggregate, which cannot be an argument of another or of its filter"),
        hint("compute it in a `STATS` before");
    UnknownLookup { name: String, similar: Vec<String> }: "esql::unknown-lookup",
        format!("there is no lookup table `{name}`"),
        did_you_mean(similar).or_else(|| Some(format!("give one with `--lookup {name}=FILE`")));
    NoPolicy { name: String }: "esql::no-policy",
        format!("the lookup table `{name}` does not say which field `ENRICH` compares with"),
        format!("give it with `--lookup {name}:FIELD=FILE`");
    UnknownLookupField { name: String, table: String, similar: Vec<String> }: "esql::unknown-column",
        format!("the table `{table}` has no field `{name}`"),
        did_you_mean(similar);
    UnknownFunction { name: String, similar: Vec<String> }: "esql::unknown-function",
        format!("unknown function `{name}`"),
        did_you_mean(similar);
    UnknownType { name: String, similar: Vec<String> }: "esql::unknown-type",
        format!("unknown type `{name}`"),
        did_you_mean(similar);

    // Types
    Arguments { error: SignatureError }: "esql::arguments",
        error.to_string(),
        None;
    GrokPattern { error: GrokError }: "esql::grok-pattern",
        error.to_string(),
        match error {
            GrokError::UnknownPattern { similar, .. } => did_you_mean(similar),
            _ => None,
        };
    DissectPattern { error: DissectError }: "esql::dissect-pattern",
        error.to_string(),
        None;
    NotBoolean { found: Type }: "esql::not-boolean",
        format!("a condition must be of type boolean, not {found}"),
        hint("compare it with something");


    BadInterval { unit: String }: "esql::bad-interval",
        format!("there are not that many {unit}"),
        None;
    BadPattern { reason: String }: "esql::bad-pattern",
        format!("invalid pattern: {reason}"),
        None;
    NotAValue { ty: Type }: "esql::not-a-value",
        format!("this is no value of type {ty}"),
        None;
    NoConversion { from: Type, to: Type }: "esql::no-conversion",
        format!("{from} cannot be taken for {to}"),
        None;
    NotSortable { ty: Type }: "esql::not-sortable",
        format!("values of type {ty} have no order"),
        None;
    NotNumeric { command: &'static str, ty: Type }: "esql::not-numeric",
        format!("`{command}` takes a column of numbers, not of type {ty}"),
        None;
    NotStringInput { command: &'static str, ty: Type }: "esql::not-a-string",
        format!("`{command}` takes a string, not a value of type {ty}"),
        hint("convert it with `TO_STRING`");
    NotAString { what: &'static str }: "esql::not-a-string",
        format!("{what} must be a constant string"),
        None;
    BadLimit: "esql::bad-limit",
        "a limit is a whole number, and not negative",
        None;
    BadProbability: "esql::bad-probability",
        "a probability is a number between 0 and 1",
        None;
    NoInferenceId: "esql::no-inference-id",
        "`COMPLETION` must say which inference endpoint answers",
        hint("add `WITH { \"inference_id\": \"...\" }`");
    StarArgument { name: String }: "esql::star-argument",
        format!("`{name}` does not take `*`"),
        hint("only `COUNT(*)` does");
    ArgumentCount { name: String, wanted: &'static str, given: usize }: "esql::arguments",
        format!("`{name}` takes {wanted} arguments, not {given}"),
        None;
    UnknownFunctionOption { name: String }: "esql::unknown-option",
        format!("unknown option `{name}`"),
        None;
    JoinCondition: "esql::join-condition",
        "a join is on columns that both tables have, or on equality of two columns",
        None;
    JoinTypes { left: Type, right: Type }: "esql::join-types",
        format!("{left} and {right} are never equal"),
        None;

    // Full text
    NotAField: "esql::not-a-field",
        "only fields of an index can be searched, and this is computed",
        None;
    SearchTooLate: "esql::search-too-late",
        "a full-text question can only be asked of events, not behind `STATS`, `LIMIT` and their like",
        None;
    Inner { message: String, is_error: bool }: "esql::inner",
        message.clone(),
        None;

    TooManyProblems { more: usize }: "esql::too-many-problems",
        format!("and {more} more problems, not shown"),
        None;
}

/// The code of a name that is no column.
pub const UNKNOWN_COLUMN: &str = "esql::unknown-column";

impl Problem {
    fn severity(&self) -> Severity {
        match self {
            Self::ComparisonAsOperand { .. }
            | Self::UnmappedColumn { .. }
            | Self::Inner { is_error: false, .. } => Severity::Warning,
            _ => Severity::Error,
        }
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

/// The problems of a query of ES|QL.
pub(crate) type Problems = diagnostic::Problems<Problem>;

fn unexpected_character_help(character: char) -> Option<String> {
    match character {
        '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' => {
            hint("strings are written in straight double quotes")
        }
        c if c.is_alphabetic() => hint("a name with other letters than a to z is written in backquotes"),
        '#' | '$' => hint("a name with this character is written in backquotes; a comment begins with `//`"),
        _ => None,
    }
}

fn foreign_operator_help(operator: &str) -> Option<String> {
    hint(match operator {
        "&&" | "&" => "write `AND`",
        "||" => "write `OR`",
        "<>" => "write `!=`",
        "=~" => "compare `TO_LOWER` of both with `==`",
        _ => "write `NOT`",
    })
}

/// Columns that are named like keywords, and what stands before where it is not expected.
fn expected_help(found: &str) -> Option<String> {
    let word = found.trim_matches('`');
    if super::parser::is_reserved(word) {
        return Some(format!("a column of this name is written in backquotes: `` `{word}` ``"));
    }
    match word {
        ";" => hint("a query has no end mark; leave it out"),
        "-" => hint("a name with a hyphen is written in backquotes"),
        _ => None,
    }
}
