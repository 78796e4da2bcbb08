//! The engine: compile a set of rules, match events, correlate hits, explain, build alerts.

pub mod alert;
pub mod correlate;
pub mod explain;
pub mod interpret;
mod matcher;
pub mod scope;
pub mod search;

pub use matcher::{FilterId, Matcher, MatcherError};
