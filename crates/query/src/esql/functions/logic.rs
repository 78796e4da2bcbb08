//! Logic, comparisons, and questions for null. After Elastic's "ES|QL operators", `EsqlBinaryComparison` and
//! `In`.

use super::VALUES;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const ORDERED: &[Type] =
    &[Boolean, Integer, Long, UnsignedLong, Double, Keyword, Text, Date, DateNanos, Ip, Version];
const ANY: &[Type] = &[
    Boolean,
    Integer,
    Long,
    UnsignedLong,
    Double,
    Keyword,
    Text,
    Date,
    DateNanos,
    DatePeriod,
    TimeDuration,
    Ip,
    Version,
    GeoPoint,
    CartesianPoint,
    Source,
    Unsupported,
];
const BOOLEAN: &[Type] = &[Boolean];
const EQUALITY: &[Param] = &[Param::new("lhs", VALUES).common(), Param::new("rhs", VALUES).common()];
const ORDER: &[Param] = &[Param::new("lhs", ORDERED).common(), Param::new("rhs", ORDERED).common()];

pub(super) const FUNCTIONS: &[Signature] = &[
    operator("or", &[Param::new("left", BOOLEAN), Param::new("right", BOOLEAN)]),
    operator("and", &[Param::new("left", BOOLEAN), Param::new("right", BOOLEAN)]),
    operator("not", &[Param::new("field", BOOLEAN)]),
    operator("equals", EQUALITY),
    operator("not_equals", EQUALITY),
    operator("less_than", ORDER),
    operator("less_than_or_equal", ORDER),
    operator("greater_than", ORDER),
    operator("greater_than_or_equal", ORDER),
    operator("in", &[Param::new("field", VALUES).common(), Param::new("inlist", VALUES).common()]).variadic(),
    operator("is_null", &[Param::new("field", ANY)]),
    operator("is_not_null", &[Param::new("field", ANY)]),
];

const fn operator(name: &'static str, params: &'static [Param]) -> Signature {
    Signature::new(name, params, Returns::Fixed(Boolean))
}
