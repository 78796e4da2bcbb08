//! The field catalogue: which fields there are, what type each has, how a JSON value becomes a value
//! of that type, and which index names a pattern stands for.
//!
//! Everything else in the workspace asks this crate; it knows nothing of queries, rules or events.

mod catalogue;
mod coerce;
mod date;
mod date_math;
mod field;
mod index_pattern;
mod mapping;
mod schema;
mod value;
mod version;

pub use coerce::{Misfit, Scalar, coerce, parse_ip};
pub use date::{DateFormat, PatternPart, Unit, UnknownDateFormat, date_span, parse_date};
pub use date_math::{Bound, DateMath, DateMathError, DateSteps};
pub use field::{Field, FieldType, Parameters};
pub use index_pattern::IndexPatterns;
pub use mapping::MappingError;
pub use schema::Schema;
pub use value::{DataType, FieldSource, Value};
pub use version::{compare_versions, version_key};
