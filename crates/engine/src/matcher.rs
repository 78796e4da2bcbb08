//! The columnar matcher: many filters over a batch of events at once.

use arrow_buffer::BooleanBuffer;
use rulehound_events::EventBatch;
use rulehound_query::Filter;
use rulehound_schema::Field;

/// A filter of a [`Matcher`], in the order they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterId(pub u32);

/// Filters compiled together: a predicate that several share is judged once.
#[derive(Debug)]
pub struct Matcher {}

impl Matcher {
    /// Compiles filters.
    pub fn new(_filters: Vec<Filter>) -> Self {
        unimplemented!()
    }

    /// The fields that the filters read.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        std::iter::empty()
    }

    /// For each filter that holds on any event of the batch, the rows on which it does.
    pub fn evaluate(&self, _batch: &EventBatch) -> Vec<(FilterId, BooleanBuffer)> {
        unimplemented!()
    }
}
