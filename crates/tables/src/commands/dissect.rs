//! Holds the place of what another change brings: take that one.
use datafusion::arrow::array::{ArrayRef, StringViewArray};
use datafusion::common::Result;
use rulehound_query::esql::Column;
use std::sync::Arc;
#[derive(Debug)]
pub(super) struct Dissect;
impl Dissect {
    pub(super) fn new(_: &Arc<str>, _: &Arc<str>, _: &[Column]) -> Result<Self> {
        Ok(Self)
    }
    pub(super) fn gives_list(&self, _: usize) -> bool {
        false
    }
    pub(super) fn apply(&self, _: &StringViewArray) -> Result<Vec<ArrayRef>> {
        Ok(Vec::new())
    }
}
