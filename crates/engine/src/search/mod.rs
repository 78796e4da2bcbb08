//! One query over event files: what Elasticsearch's `_eql/search` does over indices.
//!
//! Threads read and match; what is needed of the matches is kept. Single events (`single`) keep no more than
//! the results asked for. Steps of sequences and samples (`joined`) are kept until all is read, their
//! documents in a temporary file, then put in order and correlated. Either way the order of results is that
//! of the events' time, tiebreaker and place in the input, whatever the number of threads.

mod arrival;
mod dynamic;
mod joined;
pub(crate) mod pipes;
mod response;
mod single;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use rulehound_events::Layout;
use rulehound_events::read::{Input, ScanOptions, ScanReport};
use rulehound_query::{EventOrder, Plan, Query};

use crate::correlate::{Key, steps};
use crate::{FoundEvent, Matcher, MatcherError};

pub use dynamic::{Discovered, discover};
pub use response::{event_json, response_json, sequence_json};

/// How to search.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// Which fields put events in order.
    pub order: EventOrder,
    /// The most results. It is applied before the query's own pipes, to the end of the results that the first
    /// of them takes; without pipes to the last results, as Elasticsearch does.
    pub size: usize,
    /// The most samples of one join key.
    pub max_samples_per_key: usize,
    /// How to read; the layout is the search's own.
    pub scan: ScanOptions,
}

/// So many results Elasticsearch gives if nobody says how many.
pub const DEFAULT_SIZE: usize = 10;

impl SearchOptions {
    /// Elasticsearch's defaults: ten results, one sample a key.
    pub fn new(order: EventOrder) -> Self {
        Self { order, size: DEFAULT_SIZE, max_samples_per_key: 1, scan: ScanOptions::default() }
    }
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Search {
    /// The results.
    pub results: Results,
    /// How many events, sequences or samples there are, those left out by size and pipes included.
    pub found: u64,
    /// Events that matched a step of a sequence but have no time, so that they could not be put in order.
    pub without_time: u64,
    /// Hits of steps that were left out because of [`crate::correlate::TooManyKeys`].
    pub too_many_keys: u64,
    /// What was read, and what was not.
    pub scan: ScanReport,
}

/// Results, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Results {
    /// Of a query over single events.
    Events(Vec<FoundEvent>),
    /// Of a sequence.
    Sequences(Vec<FoundSequence>),
    /// Of a sample, in the order of the join keys.
    Samples(Vec<FoundSequence>),
}

/// The events of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSequence {
    /// What joins them.
    pub key: Key,
    /// One a step; `None` where an event is missing as asked.
    pub events: Vec<Option<FoundEvent>>,
}

/// A search that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A pattern of the query does not compile.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
    /// Matched events could not be kept or read back.
    #[error("cannot keep matched events in a temporary file: {0}")]
    Spool(#[from] io::Error),
}

/// Runs a query over all events of the inputs.
///
/// # Errors
///
/// If the query cannot be matched, or its matches cannot be kept. What is wrong with the inputs is no error:
/// it stands in [`Search::scan`].
pub fn search(query: &Query, inputs: &[Input], options: &SearchOptions) -> Result<Search, SearchError> {
    let filters = steps(&query.plan).iter().map(|step| step.filter.clone().into_owned()).collect();
    let matcher = Matcher::new(filters)?;
    let layout = Arc::new(layout(query, &matcher, &options.order));
    let options = SearchOptions { scan: ScanOptions { layout, ..options.scan.clone() }, ..options.clone() };
    match query.plan {
        Plan::Event(_) => Ok(single::search(query, &matcher, inputs, &options)),
        _ => joined::search(query, &matcher, inputs, &options),
    }
}

/// The fields that the search reads.
fn layout(query: &Query, matcher: &Matcher, order: &EventOrder) -> Layout {
    let steps = steps(&query.plan);
    let keys = steps.iter().flat_map(|step| &*step.keys).filter_map(|key| key.field.as_ref());
    let captures = steps.iter().flat_map(|step| &step.captures);
    let order = std::iter::once(&order.timestamp).chain(&order.fallback).chain(&order.tiebreaker);
    Layout::new(matcher.fields().chain(keys).chain(captures).chain(order).cloned())
}

impl Results {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Sequences(found) | Self::Samples(found) => found.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
