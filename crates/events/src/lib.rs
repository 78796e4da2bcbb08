//! From bytes to typed, columnar events: readers for the formats in which logs lie about, normalisers from
//! raw records to ECS, and the [`EventBatch`] that everything after works on.
//!
//! ```text
//! bytes --read--> records (JSON) --normalize--> ECS document --shred--> EventBatch
//! ```

mod batch;
mod buffer;
mod column;
mod compact;
mod document;
mod index_name;
mod json;
mod layout;
mod leaves;
mod misfit;
pub mod normalize;
pub mod read;
mod record;
mod shred;
mod source;
mod strings;

pub use batch::{EventBatch, EventRow, Origin};
pub use document::DocumentRow;
pub use index_name::index_of;
pub use layout::Layout;
pub use misfit::{MisfitCount, Misfits};
pub use record::{RecordError, RecordFormat};
pub use shred::Shredder;

/// A JSON object: an event as a document.
pub type Document = serde_json::Map<String, serde_json::Value>;
