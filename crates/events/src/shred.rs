//! From JSON records to columns.

use std::sync::Arc;

use crate::{EventBatch, Layout, Origin};

/// Takes records, one JSON object each, and builds [`EventBatch`]es: parses, normalises what is raw, and
/// puts the values of the layout's fields into columns.
#[derive(Debug)]
pub struct Shredder {
    layout: Arc<Layout>,
}

impl Shredder {
    /// A shredder for the fields of a layout.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self { layout }
    }

    /// Takes one record.
    pub fn push(&mut self, _json: &[u8], _origin: Origin) {
        unimplemented!()
    }

    /// The events taken so far.
    pub fn finish(&mut self) -> EventBatch {
        let _ = &self.layout;
        unimplemented!()
    }
}
