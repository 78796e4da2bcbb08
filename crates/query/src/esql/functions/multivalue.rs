//! Functions of the several values of a row. After Elastic's "ES|QL multivalue functions".

use super::signature::{Param, Returns, Signature};
use super::{STRINGS, VALUES};
use crate::esql::Type::{self, *};

const NUMBERS: &[Type] = &[Double, Integer, Long, UnsignedLong];
const ORDERED: &[Type] =
    &[Boolean, Double, Integer, Long, UnsignedLong, Date, DateNanos, Ip, Keyword, Text, Version];

const FIELD: &[Param] = &[Param::new("field", VALUES)];
const ORDERED_FIELD: &[Param] = &[Param::new("field", ORDERED)];
const NUMBER: &[Param] = &[Param::new("number", NUMBERS)];
const TWO_FIELDS: &[Param] = &[Param::new("field1", VALUES).common(), Param::new("field2", VALUES).common()];

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("mv_append", TWO_FIELDS, Returns::Common),
    Signature::new("mv_avg", NUMBER, Returns::Fixed(Double)),
    Signature::new(
        "mv_concat",
        &[Param::new("string", STRINGS), Param::new("delim", STRINGS)],
        Returns::Fixed(Keyword),
    ),
    Signature::new(
        "mv_contains",
        &[Param::new("superset", VALUES).common(), Param::new("subset", VALUES).common()],
        Returns::Fixed(Boolean),
    ),
    Signature::new("mv_count", FIELD, Returns::Fixed(Integer)),
    Signature::new("mv_dedupe", FIELD, Returns::Argument(0)),
    Signature::new("mv_difference", TWO_FIELDS, Returns::Common),
    Signature::new("mv_first", FIELD, Returns::Argument(0)),
    Signature::new("mv_intersection", TWO_FIELDS, Returns::Common),
    Signature::new("mv_intersects", TWO_FIELDS, Returns::Fixed(Boolean)),
    Signature::new("mv_last", FIELD, Returns::Argument(0)),
    Signature::new("mv_max", ORDERED_FIELD, Returns::Argument(0)),
    Signature::new("mv_median", NUMBER, Returns::Argument(0)),
    Signature::new("mv_median_absolute_deviation", NUMBER, Returns::Argument(0)),
    Signature::new("mv_min", ORDERED_FIELD, Returns::Argument(0)),
    Signature::new(
        "mv_percentile",
        &[Param::new("number", &[Double, Integer, Long]), Param::new("percentile", &[Double, Integer, Long])],
        Returns::Argument(0),
    ),
    Signature::new(
        "mv_pseries_weighted_sum",
        &[Param::new("number", &[Double]), Param::new("p", &[Double]).constant()],
        Returns::Fixed(Double),
    ),
    Signature::new(
        "mv_slice",
        &[
            Param::new("field", VALUES),
            Param::new("start", &[Integer]),
            Param::new("end", &[Integer]).optional(),
        ],
        Returns::Argument(0),
    ),
    Signature::new(
        "mv_sort",
        &[Param::new("field", ORDERED), Param::new("order", STRINGS).optional().constant()],
        Returns::Argument(0),
    ),
    Signature::new("mv_sum", NUMBER, Returns::Argument(0)),
    Signature::new("mv_union", TWO_FIELDS, Returns::Common),
    Signature::new(
        "mv_zip",
        &[
            Param::new("string1", STRINGS),
            Param::new("string2", STRINGS),
            Param::new("delim", STRINGS).optional(),
        ],
        Returns::Fixed(Keyword),
    ),
];
