//! Commands that are more than an expression: `GROK`, `DISSECT`, `SAMPLE`, `LOOKUP JOIN` and `ENRICH`, and
//! those that need all rows at once, `CHANGE_POINT` and `COMPLETION`.

mod change_point;
mod completion;
mod extract;
mod lookup;
mod parts;
mod sample;

pub(crate) use change_point::{MOST_POINTS, change_point};
pub use completion::{Inference, InferenceError};
pub(crate) use completion::{MOST_PROMPTS, completion};
pub(crate) use lookup::{LookupIndex, narrowed};
pub(crate) use parts::{dissect, grok};
pub(crate) use sample::sample;
