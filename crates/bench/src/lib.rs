//! Measures Rulehound: the hunt beside the bare parse of the same bytes, and what benches need for their input.
//!
//! The yardstick ([`parse`]) is the time to read lines of JSON into a simd-json tape and do nothing with it. The
//! harness ([`harness`]) takes turns between it and the hunt, in one process, over the same file.

mod event_logs;
pub mod generate;
pub mod harness;
pub mod parse;
mod records;
pub mod report;
pub mod statistics;
mod usage;
