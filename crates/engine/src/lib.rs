//! The engine: compile a set of rules, match events, correlate hits, explain, build alerts.

pub mod alert;
pub mod correlate;
mod element;
mod event;
pub mod explain;
pub mod hunt;
pub mod interpret;
mod matcher;
mod order;
mod scope;
pub mod search;
mod spell;
mod spool;
pub mod tables;

pub use event::FoundEvent;
pub use matcher::{AtomCost, ColumnCost, FilterCost, FilterId, MatchProfile, Matcher, MatcherError};
pub use scope::index_filter;
