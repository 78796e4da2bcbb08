//! The engine: compile a set of rules, match events, correlate hits, explain, build alerts.

pub mod alert;
pub mod correlate;
pub mod interpret;
pub mod matcher;
pub mod scope;
