//! Events and alerts as tables: what an ES|QL query computes, on DataFusion.

mod aggregates;
mod columns;
mod commands;
mod events;
mod functions;
mod lookup;
mod lower;
mod precise;
mod query;
mod rows;
mod rule;
mod types;
mod warnings;

pub use commands::{Inference, InferenceError};
pub use events::EventSource;
pub use lookup::Lookup;
pub use query::{QueryError, Ran, RunOptions, run};
pub use rows::row_values;
pub use rule::RuleTables;
pub use types::arrow_type;
pub use warnings::{EsqlOptions, Warnings};
