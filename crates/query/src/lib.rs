//! The query languages: text to syntax tree to one shared [`Plan`] of [`Filter`]s, with diagnostics that
//! point at the text. No events and no I/O here.

mod diagnostic;
pub mod eql;
mod expr;
mod filter;
mod functions;
mod pattern;
mod plan;
mod regex;

pub use diagnostic::{Diagnostic, Severity};
pub use expr::{ArithmeticOp, Expr, Function};
pub use filter::{CompareOp, Element, Filter, Pattern, Predicate, Test, WildcardPart};
pub use pattern::{PatternError, PatternMatcher, PatternScratch, PatternSet, PatternSetError, Patterns};
pub use plan::{
    EventOrder, JoinKey, NewTermsPlan, Pipe, Plan, Query, SampleFilter, SamplePlan, SequencePlan, Step,
    ThreatEntry, ThreatMatchPlan, ThresholdPlan, Window,
};
pub use regex::RegexError;
