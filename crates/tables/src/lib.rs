//! Events and alerts as tables: what an ES|QL query computes, on DataFusion.

mod functions;
mod types;
mod warnings;

pub use types::arrow_type;
pub use warnings::{EsqlOptions, Warnings};
