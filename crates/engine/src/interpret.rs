//! The plain interpreter: one filter on one event. Small and obviously right: it serves `explain` and is the
//! oracle that the columnar matcher is held to.

use rulehound_query::Filter;
use rulehound_schema::FieldSource;

/// Whether the filter holds on the event.
pub fn matches(_filter: &Filter, _event: &dyn FieldSource) -> bool {
    unimplemented!()
}
