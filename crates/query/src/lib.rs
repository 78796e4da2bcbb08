//! The query languages: text to syntax tree to one shared [`Plan`] of [`Filter`]s, with diagnostics that
//! point at the text. No events and no I/O here.

mod constant;
mod diagnostic;
pub mod dsl;
pub mod eql;
pub mod esql;
mod expr;
mod filter;
mod functions;
pub mod kuery;
mod leaf;
pub mod lucene;
mod pattern;
mod phrase;
mod plan;
mod problem;
mod question;
mod regex;
mod scan;
mod suggest;
mod value_set;
mod words;

pub use diagnostic::{Diagnostic, Severity};
pub use expr::{ArithmeticOp, Expr, Function};
pub use filter::{CompareOp, Element, Filter, Pattern, Predicate, Test, WildcardPart};
pub use functions::parse_network;
pub use leaf::LeafError;
pub use pattern::{PatternError, PatternMatcher, PatternScratch, PatternSet, PatternSetError, Patterns};
pub use phrase::{Phrase, PhraseMatcher, PhraseScratch, PhraseSet};
pub use plan::{
    EventOrder, JoinKey, NewTermsPlan, Pipe, Plan, Query, SampleFilter, SamplePlan, SequencePlan, Step,
    TablePlan, ThreatEntry, ThreatMatchPlan, ThresholdPlan, Window,
};
pub use problem::CompiledFilter;
pub use question::{ListTooLong, Question, QuestionError, ask, ask_list};
pub use regex::RegexError;
pub use value_set::ValueSet;
